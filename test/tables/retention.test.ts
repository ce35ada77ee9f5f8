import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { erase } from '../../functions/erasure/erase.ts';
import { runSourcesFromEnvironment } from '../../functions/runs/run-sources.ts';
import { HrEvent } from '../../functions/shared/events.ts';
import { erasureStore } from '../../functions/tables/erasure-store.ts';
import { graphStore } from '../../functions/tables/graph-store.ts';
import { reportDays } from '../../functions/tables/retention.ts';
import { IDENTITY_TABLE } from '../../local/aws/tables.ts';
import { type Runtime, startRuntime } from '../../local/runtime/runtime.ts';
import { hire, hrEvent, newcomer, termination } from '../requests.ts';

const DAY_MS = 86_400_000;
let runtime: Runtime;

beforeAll(async () => {
  runtime = await startRuntime({ delayScale: 0.0005 });
});
afterAll(() => runtime.close());
beforeEach(() => vi.stubEnv('LEAVER_DAYS', '300'));
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

let hours = 0;
const play = (kind: HrEvent['detail-type'], detail: object) => {
  hours += 1;
  return runtime.play(
    z.parse(HrEvent, { ...hrEvent(kind, detail), time: new Date(Date.UTC(2025, 2, 3, hours)).toISOString() }),
  );
};
/** The clock of whoever reads; DynamoDB has removed nothing. */
const inDays = (days: number) => vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + days * DAY_MS });

async function known({ employeeId, email }: { employeeId: string; email: string }) {
  const { store, roster } = runtime;
  return {
    profile: (await store.readProfile(employeeId)) !== null,
    address: (await store.findByAddress(email)).length > 0,
    accounts: (await store.readAccounts(employeeId)).length > 0,
    roster: (await roster.find('driftwood', employeeId)) !== null,
    runs: (await store.readRuns(employeeId)).length,
  };
}

const ALL = { profile: true, address: true, accounts: true, roster: true };
const NONE = { profile: false, address: false, accounts: false, roster: false };

it('who a leaver was is gone after some days, and their reports are after others', {
  tags: 'slow',
}, async () => {
  const person = newcomer();
  await play('employee.hired', hire(person));
  const { name } = await runtime.put({
    ...hrEvent('employee.terminated', termination(person)),
    time: '2025-06-01T00:00:00Z',
  });
  await runtime.over('offboarding', name);
  inDays(299);
  expect(await known(person)).toEqual({ ...ALL, runs: 2 });
  vi.useRealTimers();
  inDays(301);
  expect(await known(person)).toEqual({ ...NONE, runs: 2 });
  vi.useRealTimers();
  inDays(401);
  expect(await known(person)).toEqual({ ...NONE, runs: 0 });
  expect(await runtime.store.findRun(name)).toBeNull();
  const range = { from: '2024-01-01T00:00:00Z', before: '2099-01-01T00:00:00Z' };
  for await (const { employeeId } of runtime.store.followUps.newest(range))
    expect(employeeId).not.toBe(person.employeeId);
});

it('who comes back is known for good', async () => {
  const person = newcomer();
  await play('employee.hired', hire(person));
  await play('employee.terminated', termination(person));
  await play('employee.hired', hire(person));
  inDays(5_000);
  expect(await known(person)).toEqual({ ...ALL, runs: 0 });
});

it('whose reports have expired can be erased', { tags: 'slow' }, async () => {
  const person = newcomer();
  await play('employee.hired', hire(person));
  await play('employee.terminated', termination(person));
  inDays(1_000);
  const client = new DynamoDBClient({});
  const sources = {
    ...runSourcesFromEnvironment(),
    store: runtime.store,
    erasures: erasureStore(IDENTITY_TABLE, client),
    files: [],
  };
  expect(await erase(sources, person.employeeId)).toMatchObject({ isComplete: true });
  client.destroy();
});

it('a row that has expired is not read though DynamoDB has not removed it', async () => {
  const client = new DynamoDBClient({});
  const graph = graphStore(IDENTITY_TABLE, { client });
  const row = {
    ...{ app: 'drift' as const, employeeId: 'E-1', vendorUserId: '1' },
    ...{ roles: [], permissions: [], groups: [], managers: [], controls: [] },
    verifiedAt: new Date(Date.now() - 31 * DAY_MS).toISOString(),
  };
  await graph.write([row]);
  expect(await graph.find('drift', 'E-1')).toBeNull();
  for await (const { employeeId } of graph.readAll('drift')) expect(employeeId).not.toBe('E-1');
  client.destroy();
});

it('a number of days that is none is named', () => {
  vi.stubEnv('REPORT_DAYS', 'ten');
  expect(reportDays).toThrow('REPORT_DAYS: must be a number of days');
});
