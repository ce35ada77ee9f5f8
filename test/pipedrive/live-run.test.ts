import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { HrEvent } from '../../functions/shared/events.ts';
import { type Finding, findingStore } from '../../functions/tables/finding-store.ts';
import { IDENTITY_TABLE } from '../../local/aws/tables.ts';
import { type Runtime, startRuntime } from '../../local/runtime/runtime.ts';
import { ANN, KENJI, MARA } from '../../local/vendors/company.ts';
import { allSimulated } from '../../local/vendors/start-vendors.ts';
import { stubWideLimits } from '../wide-limits.ts';

let runtime: Runtime;

beforeAll(async () => {
  stubWideLimits(vi.stubEnv);
  const filesDirectory = join(tmpdir(), 'files');
  runtime = await startRuntime({ delayScale: 0.0005, dialect: 'live', filesDirectory });
});
afterAll(async () => {
  await runtime.close();
  vi.unstubAllEnvs();
});

const event = (sample: string, detail: object) => {
  const read = JSON.parse(readFileSync(new URL(`../../events/${sample}`, import.meta.url), 'utf8'));
  return z.parse(HrEvent, { ...read, detail: { ...read.detail, apps: [{ app: 'pipedrive' }], ...detail } });
};
const play = async (sample: string, detail: object = {}) => {
  const report = await runtime.play(event(sample, detail));
  expect(report.status).toBe('complete');
  return report.apps.find(({ app }) => app === 'pipedrive');
};

it('takes a hire, a change, a leaver and the reconciliation through Pipedrive as it answers today', {
  tags: 'slow',
}, async () => {
  const { pipedrive } = allSimulated(runtime.vendors);
  const { state, journal } = pipedrive;
  const hired = await play('1-zoe-is-hired.json', {
    apps: [{ app: 'pipedrive', role: 'Account Executive' }],
  });
  const zoe = state.users.at(-1);
  expect(hired).toMatchObject({ status: 'done', vendorUserId: String(zoe?.id) });
  expect(state.roleAssignments).toContainEqual(expect.objectContaining({ user_id: zoe?.id, role_id: 1 }));

  const told = await play('changes/5-zoe-marries.json');
  expect(told).toMatchObject({
    vendorUserId: String(zoe?.id),
    followUps: [expect.stringContaining(`of Pipedrive user ${zoe?.id} by hand`)],
  });

  const ann = state.users.find(({ email }) => email === ANN.email);
  const mara = state.users.find(({ email }) => email === MARA.email);
  const left = await play('3-ann-leaves.json');
  expect(left).toMatchObject({ status: 'done', vendorUserId: String(ann?.id) });
  expect(ann?.active_flag).toBe(false);
  const open = [...state.deals.filter(({ status }) => status === 'open'), ...state.persons];
  expect(open.filter(({ user_id }) => user_id === ann?.id)).toEqual([]);
  expect(open.filter(({ user_id }) => user_id === mara?.id)).toHaveLength(110);

  state.archivedDeals.push({ id: 1700, title: 'Kept', user_id: ann?.id ?? 0 });
  const { run, failure } = await runtime.reconcile({ graph: true, apps: ['pipedrive'] });
  expect(failure).toBeNull();
  const found: Finding[] = [];
  for await (const finding of findingStore(IDENTITY_TABLE).read(run)) found.push(finding);
  expect(found.filter(({ kind }) => kind === 'records_of_leaver')).toMatchObject([
    { detail: expect.stringContaining('archived open deals (1)') },
  ]);

  expect(new Set(journal.map(({ dialect }) => dialect))).toEqual(new Set(['live']));
  expect(journal.filter(({ status }) => status >= 400)).toEqual([]);
});

it("shuts no stranger's pending invitation, which shows no name, for a mistyped address", async () => {
  const { state } = allSimulated(runtime.vendors).pipedrive;
  const { employeeId, email } = KENJI;
  await play('2-kenji-is-hired-again.json', { apps: [{ app: 'pipedrive' }] });
  const invited = { id: 7_700, name: 'kai.x', email: 'kai.x@northlight.example', active_flag: true };
  state.users.push({ ...invited, is_admin: 0, created: '2026-11-01 09:00:00', last_login: null });
  const mistyped = event('3-ann-leaves.json', { employee: { employeeId, email: invited.email } });
  const report = await runtime.play(mistyped);
  expect(report.apps).toMatchObject([{ status: 'failed', error: { name: 'IdentityConflictError' } }]);
  expect(report.apps[0]?.error?.message).toContain('7700 has an address that only this event gives');
  expect(state.users.find(({ id }) => id === invited.id)?.active_flag).toBe(true);

  const corrected = event('3-ann-leaves.json', { employee: { employeeId, email } });
  expect(await runtime.play({ ...corrected, id: 'corrected' })).toMatchObject({ status: 'complete' });
  const open = state.users.filter((user) => user.email === email && user.active_flag);
  expect(open).toEqual([]);
});

it('gives nothing to who had the new owner’s address before, and all to who has it once that is told apart', {
  tags: 'slow',
}, async () => {
  const { state } = allSimulated(runtime.vendors).pipedrive;
  const nothing = { title: null, department: null, managerEmail: null, timeZone: null };
  const names = { firstName: 'Kim', lastName: 'Falk', startDate: '2025-01-01' };
  const address = 'kim@northlight.example';
  const userOf = (id: number, email: string) => {
    const user = { id, email, name: 'Kim', active_flag: true, created: '2026-11-01 09:00:00' };
    state.users.push({ ...user, is_admin: 0, last_login: null });
    return state.users.at(-1) ?? expect.fail();
  };
  const former = userOf(7_701, address);
  userOf(7_702, 'nils@northlight.example');
  state.deals.push({ id: 9_001, title: 'Open', user_id: 7_702, status: 'open' });
  const keep = (employeeId: string, email: string) =>
    runtime.store.writeProfile(employeeId, { ...nothing, ...names, email });
  await keep('E-71', address);
  await runtime.store.writeAccount('E-71', {
    ...{ app: 'pipedrive', vendorUserId: '7701', email: address, status: 'active', role: null },
    ...{ verifiedAt: '2026-01-01T00:00:00.000Z', execution: 'hired' },
  });
  await keep('E-71', 'kim.falk@northlight.example');
  await keep('E-72', address);

  const leave = event('3-ann-leaves.json', {
    employee: { employeeId: 'E-73', email: 'nils@northlight.example' },
    reassignTo: address,
  });
  const report = await runtime.play({ ...leave, id: 'nils-leaves' });
  expect(report.apps).toMatchObject([{ status: 'shut', error: { name: 'InvalidInputError' } }]);
  const [followUp = ''] = report.apps[0]?.followUps ?? [];
  expect(followUp).toMatch(
    /^Urgent: .* account 7701 .* employee E-72's, and is recorded for employee E-71\./,
  );
  expect(JSON.stringify(report.apps)).not.toContain('kim');
  expect(state.deals.at(-1)?.user_id).toBe(7_702);

  former.email = 'kim.falk@northlight.example';
  userOf(7_703, address);
  expect(await runtime.play({ ...leave, id: 'nils-leaves-again' })).toMatchObject({ status: 'complete' });
  expect(state.deals.at(-1)?.user_id).toBe(7_703);
});
