import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import type { App } from '../functions/shared/apps.ts';
import { HrEvent } from '../functions/shared/events.ts';
import { type Runtime, startRuntime } from '../local/runtime/runtime.ts';
import { stubWideLimits } from './wide-limits.ts';

// Every call counts against a limit that thousands of executions share, so each one is listed here. Where there is
// more than the vendor's guide asks for, the line says what for.

let runtime: Runtime;

beforeEach(async () => {
  stubWideLimits(vi.stubEnv);
  runtime = await startRuntime({ delayScale: 0.0005 });
  const { pipedrive } = runtime.vendors;
  if (pipedrive === undefined) throw new Error('Pipedrive is not simulated.');
  // Three deals of Ann's, on one page.
  pipedrive.state.deals = pipedrive.state.deals.filter(({ id }) => id < 1003 || id >= 1200);
});
afterEach(() => runtime.close());

async function play(sample: string, detail: object = {}): Promise<void> {
  const text = readFileSync(new URL(`../events/${sample}`, import.meta.url), 'utf8');
  const event = JSON.parse(text);
  const report = await runtime.play(z.parse(HrEvent, { ...event, detail: { ...event.detail, ...detail } }));
  expect(report.status).toBe('complete');
}

/** The calls that an app received, in order; ids are left out, and a call repeated in a row stands once with its count. */
function callsOf(app: App): string[] {
  const runs: { call: string; count: number }[] = [];
  for (const { surface, method, path } of runtime.vendors[app]?.journal ?? []) {
    const call = `${surface} ${method} ${path.replaceAll(/\/(?=[^/]*\d)[\w-]+/g, '/{id}')}`;
    const last = runs.at(-1);
    if (last?.call === call) last.count += 1;
    else runs.push({ call, count: 1 });
  }
  return runs.map(({ call, count }) => (count === 1 ? call : `${call} ×${count}`));
}

describe('a joiner costs', () => {
  it('Pipedrive: find; look once more, create, read back; role', async () => {
    await play('1-zoe-is-hired.json');
    expect(callsOf('pipedrive')).toEqual([
      // The second look is the create step's own: a retry of it must never invite twice.
      'rest GET /users/find ×2',
      'rest POST /users',
      'rest GET /users/find',
      'rest GET /roles',
      'rest GET /users/{id}/roleAssignments',
      'rest POST /roles/{id}/assignments',
      'rest GET /users/{id}/roleAssignments',
    ]);
  });

  it('Drata: one walk for the record and the manager, one PATCH, read back', async () => {
    await play('1-zoe-is-hired.json');
    expect(callsOf('drata')).toEqual([
      'rest GET /personnel ×2',
      'rest PATCH /personnel/{id}',
      'rest GET /personnel/{id}',
    ]);
  });

  it('SalesLoft: one walk, and SCIM for an invitation that REST does not list; look, provision, read back', async () => {
    await play('1-zoe-is-hired.json');
    expect(callsOf('salesloft')).toEqual([
      'rest GET /users ×2',
      'scim GET /Users ×2',
      'scim POST /Users',
      'scim GET /Users',
    ]);
  });

  it('SalesLoft, hired again: one walk; both surfaces, reactivate, read back; whether an invitation is open', async () => {
    await play('2-kenji-is-hired-again.json');
    expect(callsOf('salesloft')).toEqual([
      'rest GET /users ×2',
      'rest GET /users/{id}',
      'scim GET /Users/{id}',
      'scim PATCH /Users/{id}',
      'rest GET /users/{id}',
      'rest GET /pending_email_accounts',
    ]);
  });

  it('Drift: find on both surfaces; look, provision, read back; the id that contacts refer to', async () => {
    await play('1-zoe-is-hired.json');
    expect(callsOf('drift')).toEqual([
      'rest GET /users',
      'scim GET /Users ×2',
      'scim POST /Users',
      'scim GET /Users',
      'rest GET /users',
    ]);
  });

  it('Driftwood: find; look, invite, read back', async () => {
    await play('1-zoe-is-hired.json');
    expect(callsOf('driftwood')).toEqual([
      'rest POST /users-list ×2',
      'rest POST /users-invite',
      'rest POST /users-list',
    ]);
  });

  it('Driftwood, with a mail for the first password: whether there is one yet, the mail', async () => {
    await play('1-zoe-is-hired.json', { apps: [{ app: 'driftwood', passwordEmail: true }] });
    expect(callsOf('driftwood')).toEqual([
      'rest POST /users-list ×2',
      'rest POST /users-invite',
      'rest POST /users-list ×2',
      'rest POST /users-forgot-password',
    ]);
  });
});

describe('a leaver costs', () => {
  beforeEach(() => play('3-ann-leaves.json'));

  it('Pipedrive: check the owner; find, read, deactivate, confirm; for each kind of record its pages and moves', () => {
    const records = (path: string, moves: string) => [
      `rest GET ${path}`,
      // The new owner must still be there and active, which is asked only when there is something to move.
      'rest GET /users/find',
      'rest GET /users/{id}',
      `rest PATCH ${path}/{id} ${moves}`,
      // Shows that nothing remained.
      `rest GET ${path}`,
    ];
    expect(callsOf('pipedrive')).toEqual([
      'rest GET /users/find ×2',
      'rest GET /users/{id}',
      'rest GET /users/find',
      'rest GET /users/{id}',
      'rest PUT /users/{id}',
      'rest GET /users/{id}',
      ...records('/deals', '×3'),
      ...records('/activities', '×4'),
      ...records('/persons', '×6'),
    ]);
  });

  it('Drata: one walk; read, PATCH, confirm; the controls that somebody else has to own', () => {
    expect(callsOf('drata')).toEqual([
      'rest GET /personnel ×2',
      'rest GET /personnel/{id}',
      'rest PATCH /personnel/{id}',
      'rest GET /personnel/{id}',
      'rest GET /controls',
    ]);
  });

  it('SalesLoft: one walk; read, deactivate, confirm on both surfaces', () => {
    expect(callsOf('salesloft')).toEqual([
      'rest GET /users ×2',
      'rest GET /users/{id}',
      'scim PATCH /Users/{id}',
      'rest GET /users/{id}',
      // An invitation that REST shows as inactive could still be accepted.
      'scim GET /Users/{id}',
    ]);
  });

  it('Drift: check the owner; find on both surfaces, read, deactivate, confirm; two pages of contacts and the moves', () => {
    expect(callsOf('drift')).toEqual([
      ...['rest GET /users', 'scim GET /Users', 'rest GET /users', 'scim GET /Users'],
      ...['rest GET /users', 'scim GET /Users'],
      'scim GET /Users/{id}',
      'scim PATCH /Users/{id}',
      'scim GET /Users/{id}',
      'rest GET /contacts ×2',
      ...['rest GET /users', 'scim GET /Users'],
      'rest PATCH /contacts/{id} ×9',
      // Shows that nothing remained.
      'rest GET /contacts ×2',
    ]);
  });

  it('Driftwood: find; read, deactivate, confirm', () => {
    expect(callsOf('driftwood')).toEqual([
      'rest POST /users-list ×2',
      'rest POST /users-set-active',
      'rest POST /users-list',
    ]);
  });
});

describe('Pipedrive in SCIM mode costs', () => {
  beforeEach(() => vi.stubEnv('PIPEDRIVE_MODE', 'scim'));
  afterEach(() => vi.unstubAllEnvs());

  it('a joiner: find; look on both surfaces, create, read back on both; role, and the group of its name', async () => {
    await play('1-zoe-is-hired.json');
    expect(callsOf('pipedrive')).toEqual([
      'rest GET /users/find ×2',
      'scim GET /Users',
      'scim POST /Users',
      'scim GET /Users',
      // Its answer is the id that every other step goes by.
      'rest GET /users/find',
      'rest GET /roles',
      'rest GET /users/{id}/roleAssignments',
      'scim GET /Groups',
      'rest GET /users/{id}',
      'scim GET /Users',
      'scim PATCH /Groups/{id}',
      'rest GET /users/{id}/roleAssignments',
    ]);
  });

  it('a leaver: the calls of REST, and one more to find whom SCIM has to deactivate', async () => {
    await play('3-ann-leaves.json');
    expect(callsOf('pipedrive').slice(0, 7)).toEqual([
      'rest GET /users/find ×2',
      'rest GET /users/{id}',
      'rest GET /users/find',
      'rest GET /users/{id}',
      'scim GET /Users',
      'scim PATCH /Users/{id}',
      'rest GET /users/{id}',
    ]);
  });
});
