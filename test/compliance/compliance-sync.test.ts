import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { ComplianceSummary } from '../../functions/compliance/summary.ts';
import { type ComplianceRow, complianceStore } from '../../functions/tables/compliance-store.ts';
import type { StepEnd } from '../../local/aws/engine.ts';
import { leapingClock } from '../../local/aws/leaping-clock.ts';
import { startLoopbackServer } from '../../local/aws/loopback-server.ts';
import { IDENTITY_TABLE } from '../../local/aws/tables.ts';
import { type Runtime, startRuntime } from '../../local/runtime/runtime.ts';
import { ANN, KENJI, ZOE } from '../../local/vendors/company.ts';
import type { DrataPersonnel, DrataState } from '../../local/vendors/drata-state.ts';
import type { VendorServer } from '../../local/vendors/vendor-server.ts';

const Put = z.object({ Entries: z.array(z.unknown()) });

const DAY_MS = 86_400_000;
// More than a step asks again by itself.
const REFUSALS = 5;

let runtime: Runtime;
let folder: string;
let drata: VendorServer<DrataState>;
let onStepEnd: (end: StepEnd) => void;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tenure-compliance-'));
  onStepEnd = () => {};
  runtime = await startRuntime({
    delayScale: 0.0001,
    filesDirectory: folder,
    onStepEnd: (end) => onStepEnd(end),
  });
  if (runtime.vendors.drata === undefined) throw new Error('Drata is not simulated.');
  drata = runtime.vendors.drata;
});
afterEach(() => runtime.close());

const personnel = (email: string): DrataPersonnel => {
  const found = drata.state.personnel.find((one) => one.email === email);
  if (found === undefined) throw new Error(`${email} is not seeded.`);
  return found;
};
const sync = async (): Promise<ComplianceSummary> => {
  const { output, failure } = await runtime.syncCompliance();
  expect(failure).toBeNull();
  return ComplianceSummary.parse(output);
};
const rowsOf = (ending: 'json' | 'csv') => {
  const text = readFileSync(join(folder, `compliance/personnel.${ending}`), 'utf8');
  return ending === 'json' ? JSON.parse(text) : parse(text, { columns: true });
};
const rowOf = (email: string, rows = rowsOf('json')) =>
  rows.find((row: { email: string }) => row.email === email);
const changes = () => runtime.busEvents.filter((event) => event['detail-type'] === 'compliance.changed');
/** A record as Drata has it right after it was created. */
const pend = (email: string) =>
  Object.assign(personnel(email), { complianceStatus: 'PENDING', createdAt: Date.now() });
const readAll = async (): Promise<ComplianceRow[]> => {
  const rows: ComplianceRow[] = [];
  for await (const row of complianceStore(IDENTITY_TABLE).readAll()) rows.push(row);
  return rows;
};
const countSteps = (name: string) => {
  const count = { steps: 0 };
  onStepEnd = ({ step }) => {
    if (step === name) count.steps += 1;
  };
  return count;
};

describe('a compliance sync', () => {
  it('writes everybody into the table and both files, leavers too, and nothing to Drata', async () => {
    const { people, active, pending, files } = await sync();
    const all = drata.state.personnel;
    const isActive = ({ isActive }: { isActive: boolean }) => isActive;
    expect(people).toBe(all.length);
    expect(active).toEqual({ COMPLIANT: all.filter(isActive).length - 1, NON_COMPLIANT: 1 });
    expect(pending).toBe(0);
    expect(files).toEqual(['compliance/personnel.json', 'compliance/personnel.csv']);
    expect(await readAll()).toEqual(rowsOf('json'));
    const { id } = personnel(KENJI.email);
    const expected = { personnelId: id, employeeId: KENJI.employeeId, complianceStatus: 'COMPLIANT' };
    expect(rowOf(KENJI.email)).toMatchObject({
      ...expected,
      isActive: false,
      trainingStatus: { assigned: 1, completed: 1 },
    });
    expect(rowOf(KENJI.email, rowsOf('csv'))).toMatchObject({
      ...expected,
      isActive: 'false',
      trainingStatus: '{"assigned":1,"completed":1}',
    });
    expect(drata.writes()).toEqual([]);
  });

  it('puts each change on the bus once, with what was before, and without an address', async () => {
    await sync();
    expect(changes()).toHaveLength(drata.state.personnel.length);
    await sync();
    expect(changes()).toHaveLength(drata.state.personnel.length);
    const ann = Object.assign(personnel(ANN.email), { complianceStatus: 'NON_COMPLIANT' });
    personnel(KENJI.email).trainingStatus.completed = 0;
    await sync();
    const [first, second, ...more] = changes().slice(drata.state.personnel.length);
    expect(more).toEqual([]);
    expect(first).toMatchObject({
      source: 'tenure',
      detail: {
        personnelId: ann.id,
        employeeId: ANN.employeeId,
        before: { complianceStatus: 'COMPLIANT', trainingStatus: { assigned: 1, completed: 1 } },
        after: { complianceStatus: 'NON_COMPLIANT', trainingStatus: { assigned: 1, completed: 1 } },
      },
    });
    expect(second).toMatchObject({
      detail: { employeeId: KENJI.employeeId, after: { trainingStatus: { assigned: 1, completed: 0 } } },
    });
    expect(JSON.stringify(changes())).not.toContain('@');
  });

  it('goes page by page where Drata gives short pages and no total', async () => {
    Object.assign(drata.state, { omitsTotal: true, maxLimit: 25 });
    expect((await sync()).people).toBe(drata.state.personnel.length);
  });

  it('goes on after the last page that is stored when Drata refuses in the middle', async () => {
    drata.state.maxLimit = 25;
    const { journal } = drata;
    const push = journal.push.bind(journal);
    journal.push = (...entries) => {
      if (journal.length === 2) drata.inject({ times: REFUSALS, status: 503, body: 'later' });
      return push(...entries);
    };
    const walks = countSteps('DrataSyncCompliance');
    expect((await sync()).people).toBe(drata.state.personnel.length);
    expect(walks.steps).toBeGreaterThan(1);
    expect(journal).toHaveLength(Math.ceil(drata.state.personnel.length / 25) + REFUSALS);
  });

  it('fails when Drata keeps refusing, and writes no file', async () => {
    drata.inject({ status: 401, body: '{}' });
    const { failure } = await runtime.syncCompliance();
    expect(failure).toMatch(/Drata listCompliance/);
    expect(() => rowsOf('json')).toThrow(/ENOENT/);
  });

  it('keeps for a day what a shifted page hid, and leaves out whom Drata has not listed for longer', {
    tags: 'slow',
  }, async () => {
    await sync();
    const [kept, gone] = [personnel(ANN.email), personnel(KENJI.email)];
    drata.state.personnel = drata.state.personnel.filter((one) => one !== kept && one !== gone);
    const row = (await readAll()).find(({ personnelId }) => personnelId === gone.id);
    if (row === undefined) throw new Error('There is no row.');
    const longAgo = new Date(Date.now() - DAY_MS - 1000).toISOString();
    await complianceStore(IDENTITY_TABLE).write([{ ...row, seenAt: longAgo }]);
    await sync();
    expect(rowOf(ANN.email)).toBeDefined();
    expect(rowOf(KENJI.email)).toBeUndefined();
  });
});

it('counts apart of whom Drata says nothing, and goes on where it has removed somebody who was pending', {
  tags: 'slow',
}, async () => {
  const { id } = Object.assign(personnel(ANN.email), { complianceStatus: null });
  pend(ZOE.email);
  onStepEnd = ({ step }) => {
    if (step === 'ComplianceWriteFiles')
      drata.state.personnel = drata.state.personnel.filter(({ email }) => email !== ZOE.email);
  };
  const { active } = await sync();
  expect(active).toMatchObject({ unknown: 1, PENDING: 1 });
  expect((await readAll()).find(({ personnelId }) => personnelId === id)).toMatchObject({
    complianceStatus: null,
  });
});

describe('somebody whose status is not computed yet', () => {
  it('is pending, not non-compliant, and asked about again until the status is there', async () => {
    const zoe = pend(ZOE.email);
    const seen: unknown[] = [];
    onStepEnd = ({ step }) => {
      if (step === 'ComplianceWriteFiles') seen.push(rowOf(ZOE.email).complianceStatus);
      // Minutes go by.
      if (seen.length === 2) zoe.createdAt = 0;
    };
    const { active, pending } = await sync();
    expect(seen).toEqual(['PENDING', 'PENDING', 'NON_COMPLIANT']);
    expect({ active: active.PENDING, pending }).toEqual({ active: undefined, pending: 0 });
    const ofZoe = changes().flatMap(({ detail }) =>
      JSON.stringify(detail).includes(zoe.id) ? [detail] : [],
    );
    expect(ofZoe).toMatchObject([
      { before: null, after: { complianceStatus: 'PENDING' } },
      { before: { complianceStatus: 'PENDING' }, after: { complianceStatus: 'NON_COMPLIANT' } },
    ]);
  });

  it('is asked about alone: the others are not listed again', { tags: 'slow' }, async () => {
    const zoe = pend(ZOE.email);
    onStepEnd = ({ step }) => {
      if (step === 'DrataAskPending') zoe.createdAt = 0;
    };
    await sync();
    const paths = drata.journal.map(({ path }) => path);
    expect(paths).toEqual(['/personnel', '/personnel', `/personnel/${zoe.id}`, `/personnel/${zoe.id}`]);
  });

  it('is left to the next sync after half an hour', { tags: 'slow' }, async () => {
    pend(ZOE.email);
    const rounds = countSteps('DrataAskPending');
    expect((await sync()).active.PENDING).toBe(1);
    expect(rounds.steps).toBe(6);
  });

  it('is left to the hourly sync after a day', { tags: 'slow' }, async () => {
    pend(ZOE.email);
    await sync();
    const row = (await readAll()).find(({ email }) => email === ZOE.email);
    if (row === undefined) throw new Error('There is no row.');
    const longAgo = new Date(Date.now() - DAY_MS - 1000).toISOString();
    await complianceStore(IDENTITY_TABLE).write([{ ...row, since: longAgo }]);
    const rounds = countSteps('DrataAskPending');
    const { active, pending } = await sync();
    expect({ active: active.PENDING, pending, rounds: rounds.steps }).toEqual({
      active: 1,
      pending: 0,
      rounds: 0,
    });
    expect(rowOf(ZOE.email).since).toBe(longAgo);
  });
});

it('never hands a spreadsheet a formula', { tags: 'slow' }, async () => {
  personnel(ANN.email).externalId = '=1+1';
  await sync();
  const cells: string[] = rowsOf('csv').flatMap((row: object) => Object.values(row));
  expect(cells).toContain("'=1+1");
  for (const cell of cells) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
});

it('asks again after five minutes', { tags: 'slow' }, async () => {
  const clock = leapingClock();
  const slow = await startRuntime({ filesDirectory: folder, clock });
  try {
    const zoe = slow.vendors.drata?.state.personnel.find(({ email }) => email === ZOE.email);
    if (zoe === undefined) throw new Error('Zoë is not seeded.');
    Object.assign(zoe, { complianceStatus: 'PENDING', createdAt: clock.now() });
    const { output } = await slow.syncCompliance();
    expect(ComplianceSummary.parse(output).pending).toBe(0);
    expect(Math.round((clock.now() - Date.now()) / 1000)).toBe(300);
  } finally {
    await slow.close();
  }
});

it('puts the changes again that a busy bus did not take', async () => {
  let isBusy = true;
  const bus = await startLoopbackServer(async (request) => {
    const { Entries } = Put.parse(await request.json());
    const answer = isBusy ? { ErrorCode: 'ThrottlingException' } : { EventId: 'taken' };
    isBusy = false;
    return Response.json({ FailedEntryCount: 0, Entries: Entries.map(() => answer) });
  });
  vi.stubEnv('AWS_ENDPOINT_URL_EVENTBRIDGE', bus.url);
  expect((await sync()).people).toBe(drata.state.personnel.length);
  expect(isBusy).toBe(false);
  vi.unstubAllEnvs();
  await bus.close();
});
