import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { FindingList, ListedFinding, listFindings } from '../../functions/api/findings.ts';
import { Employee } from '../../functions/api/schemas.ts';
import { fixOpenLogins } from '../../functions/reconciliation/fix.ts';
import { hashOfEmail } from '../../functions/shared/email.ts';
import { acceptanceStore } from '../../functions/tables/acceptance-store.ts';
import { findingStore, type StoredFinding } from '../../functions/tables/finding-store.ts';
import type { LoopbackServer } from '../../local/aws/loopback-server.ts';
import { IDENTITY_TABLE } from '../../local/aws/tables.ts';
import { startApi } from '../../local/runtime/local-api.ts';
import { type Runtime, startRuntime } from '../../local/runtime/runtime.ts';
import { systemUser } from '../../local/runtime/system-user.ts';
import { call, inDays, keyedUrl } from '../requests.ts';

let runtime: Runtime;
let api: LoopbackServer;

beforeAll(async () => {
  runtime = await startRuntime();
  const { url, key, close } = await startApi(runtime, 0);
  api = { url: keyedUrl(url, key), close };
});
afterAll(async () => {
  await api.close();
  await runtime.close();
});

const LEAVER: StoredFinding = {
  ...{ kind: 'leaver_can_log_in', app: 'drift', vendorUserId: '7', employeeId: 'E-1' },
  detail: 'The employee has left, and the account is open.',
};
const ORPHAN: StoredFinding = {
  ...{ kind: 'orphan_account', app: 'pipedrive', vendorUserId: '42', employeeId: null },
  detail: 'The account is open, and nobody is known to own it.',
};
const INVITED: StoredFinding = {
  ...{ kind: 'pending_invitation', app: 'salesloft', vendorUserId: 'invitation:3', employeeId: 'E-2' },
  detail: 'The invitation has not been accepted for 20 days.',
};
const DAY_MS = 86_400_000;
let runs = 0;

/** A reconciliation of the apps of these findings, later than those before. */
async function found(...findings: StoredFinding[]): Promise<string> {
  runs += 1;
  const run = `run-${runs}`;
  const store = findingStore(IDENTITY_TABLE);
  await store.write(run, findings);
  const startedAt = new Date(Date.parse('2026-11-01') + runs * DAY_MS).toISOString();
  for (const app of ['drift', 'pipedrive', 'salesloft'] as const)
    await store.conclude({ app, run, startedAt, counts: countsOf(findings, app) });
  return run;
}

function countsOf(findings: readonly StoredFinding[], app: string) {
  const count = (kind: string) => findings.filter((one) => one.app === app && one.kind === kind).length;
  const none = { missing_account: 0, vanished_account: 0, changed_email: 0, different_role: 0 };
  return {
    ...none,
    records_of_leaver: 0,
    leaver_can_log_in: count('leaver_can_log_in'),
    orphan_account: count('orphan_account'),
    pending_invitation: count('pending_invitation'),
  };
}

async function list(query = ''): Promise<FindingList> {
  const { status, text } = await call(`${api.url}/findings${query}`);
  expect(status, text).toBe(200);
  return z.parse(FindingList, JSON.parse(text));
}
const kinds = async (query = '') => (await list(query)).findings.map(({ kind }) => kind);
async function idOf(kind: StoredFinding['kind']): Promise<string> {
  const one = (await list('?status=all')).findings.find((finding) => finding.kind === kind);
  return one?.id ?? 'none';
}
const post = (id: string, how: string, body?: unknown) =>
  call(`${api.url}/findings/${id}/${how}`, 'POST', body);
const accept = (id: string, body: object = {}) =>
  post(id, 'accept', { reason: 'The audit needs it.', until: inDays(5), ...body });

it('lists nothing before the first reconciliation', async () => {
  expect(await list()).toEqual({ findings: [], reconciled: [] });
});

it('lists what the last reconciliation of each app has found, by app, kind and employee', async () => {
  await found(LEAVER, { ...ORPHAN, vendorUserId: '41' });
  const run = await found(LEAVER, ORPHAN, INVITED);
  const { findings, reconciled } = await list();
  const last = { run, foundAt: expect.any(String), status: 'open', acceptance: null };
  expect(findings).toEqual(
    [LEAVER, ORPHAN, INVITED].map((one) => ({ ...one, ...last, id: expect.any(String) })),
  );
  expect(reconciled.map(({ app, counts }) => [app, counts.orphan_account])).toEqual([
    ['drift', 0],
    ['pipedrive', 1],
    ['salesloft', 0],
  ]);
  expect(await kinds('?app=pipedrive')).toEqual(['orphan_account']);
  expect(await kinds('?kind=pending_invitation')).toEqual(['pending_invitation']);
  expect(await kinds('?employeeId=E-1')).toEqual(['leaver_can_log_in']);
  for (const query of ['?app=slack', '?kind=x', '?status=x', '?cursor=%20', '?employeeId='])
    expect((await call(`${api.url}/findings${query}`)).status).toBe(422);
});

it('goes on page by page, once through all', async () => {
  const many = Array.from({ length: 230 }, (_, number) => ({ ...ORPHAN, vendorUserId: String(number) }));
  await found(LEAVER, ...many, INVITED);
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await list(cursor === undefined ? '' : `?cursor=${cursor}`);
    expect(page.findings.length).toBeLessThanOrEqual(100);
    seen.push(...page.findings.map(({ id }) => id));
    cursor = page.cursor;
  } while (cursor !== undefined);
  expect(seen).toHaveLength(232);
  expect(new Set(seen).size).toBe(232);
});

it('keeps what is accepted out of this list and the next, until it expires', async () => {
  await found(LEAVER, ORPHAN);
  const answer = await accept(await idOf('orphan_account'));
  expect(answer.status).toBe(200);
  const end = new Date(Date.parse(inDays(5)) + DAY_MS).toISOString();
  expect(z.parse(ListedFinding, JSON.parse(answer.text))).toMatchObject({
    status: 'accepted',
    acceptance: { by: systemUser(), reason: 'The audit needs it.', until: end },
  });
  expect(await kinds()).toEqual(['leaver_can_log_in']);
  await found(LEAVER, ORPHAN);
  expect(await kinds()).toEqual(['leaver_can_log_in']);
  expect(await kinds('?status=accepted')).toEqual(['orphan_account']);
  const stores = { findings: findingStore(IDENTITY_TABLE), acceptances: acceptanceStore(IDENTITY_TABLE) };
  const at = async (now: number) =>
    (await listFindings(stores, { status: 'open' }, now)).findings.map(({ kind }) => kind);
  expect(await at(Date.parse(end) - 1)).toEqual(['leaver_can_log_in']);
  expect(await at(Date.parse(end))).toEqual(['leaver_can_log_in', 'orphan_account']);
});

it('lists it again when it changes or the acceptance is withdrawn', async () => {
  await found(ORPHAN, INVITED);
  for (const kind of ['orphan_account', 'pending_invitation'] as const)
    expect((await accept(await idOf(kind))).status).toBe(200);
  const older = { ...INVITED, detail: 'The invitation has not been accepted for 21 days.' };
  await found({ ...ORPHAN, detail: 'Something else.' }, older);
  expect(await kinds()).toEqual(['orphan_account']);
  const id = await idOf('pending_invitation');
  expect((await post(id, 'withdraw')).status).toBe(200);
  expect(await kinds()).toEqual(['orphan_account', 'pending_invitation']);
  expect((await post(id, 'withdraw')).status).toBe(409);
});

it('refuses an acceptance without a reason or an end, and of what is not found', async () => {
  await found(ORPHAN, { ...ORPHAN, app: 'drift', vendorUserId: null });
  const [named] = (await list('?app=pipedrive&status=all')).findings;
  const id = named?.id ?? '';
  for (const body of [
    { reason: ' ' },
    { until: inDays(-2) },
    { until: 'never' },
    { until: undefined },
    { x: 1 },
  ])
    expect((await accept(id, body)).status).toBe(422);
  expect((await accept('none')).status).toBe(404);
  expect((await accept('x'.repeat(3000))).status).toBe(404);
  expect((await post('none', 'withdraw')).status).toBe(404);
  const [nameless] = (await list('?app=drift')).findings;
  expect((await accept(nameless?.id ?? '')).status).toBe(409);
  await found();
  expect((await accept(id)).status).toBe(404);
});

it('leaves a login alone that somebody lives with', async () => {
  const run = await found(LEAVER);
  await accept(await idOf('leaver_can_log_in'));
  const { runSourcesFromEnvironment } = await import('../../functions/runs/run-sources.ts');
  const stores = { findings: findingStore(IDENTITY_TABLE), acceptances: acceptanceStore(IDENTITY_TABLE) };
  const fixes = await fixOpenLogins(
    { ...stores, roster: runtime.roster, runs: runSourcesFromEnvironment() },
    { run, fix: ['leaver_can_log_in'], mostFixes: 25 },
  );
  expect(fixes).toEqual([]);
});

const PERSON = {
  ...{ firstName: 'Kim', lastName: 'Berg', startDate: '2026-01-01' },
  ...{ title: null, department: null, managerEmail: null, timeZone: null },
};
const assign = async (employeeId: string) => post(await idOf('orphan_account'), 'assign', { employeeId });

it("assigns nobody's account to an employee, and to nobody else after that", async () => {
  await runtime.store.writeProfile('E-60', { ...PERSON, email: 'kim@northlight.example' });
  await runtime.store.writeProfile('E-61', { ...PERSON, email: 'bo@northlight.example' });
  await found(ORPHAN);
  const answer = await assign('E-60');
  expect(answer.status, answer.text).toBe(200);
  expect(z.parse(Employee, JSON.parse(answer.text)).accounts.pipedrive).toMatchObject({ vendorUserId: '42' });
  expect(await runtime.roster.find('pipedrive', 'E-60')).toMatchObject({ vendorUserId: '42', login: 'open' });
  expect(await kinds()).toEqual([]);
  await found(ORPHAN);
  expect((await assign('E-61')).status).toBe(409);
  expect(await runtime.store.readAccounts('E-61')).toEqual([]);
  await found({ ...ORPHAN, vendorUserId: '43' });
  expect((await assign('E-60')).status).toBe(409);
});

it("refuses an account with another employee's address, an invitation, and an unknown employee", async () => {
  await runtime.store.writeProfile('E-62', { ...PERSON, email: 'lee@northlight.example' });
  await runtime.store.writeProfile('E-63', { ...PERSON, email: 'max@northlight.example' });
  await found({ ...ORPHAN, vendorUserId: '50', emailHash: hashOfEmail('LEE@northlight.example') });
  expect((await assign('E-63')).status).toBe(409);
  expect((await assign('E-none')).status).toBe(404);
  expect((await assign('')).status).toBe(422);
  expect(await runtime.store.readAccounts('E-63')).toEqual([]);
  expect((await assign('E-62')).status).toBe(200);
  await found({ ...ORPHAN, vendorUserId: 'invitation:9' });
  expect((await assign('E-63')).status).toBe(409);
  await found(LEAVER);
  expect((await post(await idOf('leaver_can_log_in'), 'assign', { employeeId: 'E-63' })).status).toBe(409);
});
