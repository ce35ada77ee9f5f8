import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ExecutionDoesNotExist, SFNClient } from '@aws-sdk/client-sfn';
import type { Hono } from 'hono';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { createApp } from '../../functions/api/app.ts';
import { Problem } from '../../functions/api/problem.ts';
import { Run, RunList } from '../../functions/api/schemas.ts';
import type { App } from '../../functions/shared/apps.ts';
import { logger } from '../../functions/shared/logger.ts';
import { heldApp, type Report } from '../../functions/shared/report.ts';
import { acceptanceStore } from '../../functions/tables/acceptance-store.ts';
import { diagnosisStore } from '../../functions/tables/diagnosis-store.ts';
import { findingStore } from '../../functions/tables/finding-store.ts';
import { graphStore } from '../../functions/tables/graph-store.ts';
import { holdStore } from '../../functions/tables/hold-store.ts';
import { identityStore } from '../../functions/tables/identity-store.ts';
import { orderStore } from '../../functions/tables/order-store.ts';
import { rosterStore } from '../../functions/tables/roster-store.ts';
import { IDENTITY_TABLE, startTables, type TablesEndpoint } from '../../local/aws/tables.ts';
import { noPlans } from '../no-plans.ts';

let tables: TablesEndpoint;
let client: DynamoDBClient;
let app: Hono;
const DAY_MS = 86_400_000;
const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString();
// Characters that no name of an execution has, and more of them than fit into one.
const ODD_ID = `Łódź/№ 7 ${'x'.repeat(50)}`;

beforeAll(async () => {
  logger.setLogLevel('SILENT');
  tables = await startTables('test');
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  client = new DynamoDBClient({ endpoint: tables.url, region: 'local', credentials });
  const sfn = new SFNClient({ region: 'local', credentials });
  // Step Functions has forgotten all of them.
  vi.spyOn(sfn, 'send').mockImplementation(() => {
    throw new ExecutionDoesNotExist({ message: 'No.', $metadata: {} });
  });
  const store = identityStore(IDENTITY_TABLE, client);
  app = createApp({
    machines: {
      client: sfn,
      arns: { onboarding: 'a:stateMachine:b', offboarding: 'a:stateMachine:c', update: 'a:stateMachine:d' },
    },
    order: orderStore(IDENTITY_TABLE, client),
    store,
    roster: rosterStore(IDENTITY_TABLE, client),
    graph: graphStore(IDENTITY_TABLE, { client }),
    holds: holdStore(IDENTITY_TABLE, client),
    plans: noPlans(),
    diagnoses: diagnosisStore(IDENTITY_TABLE, client),
    findings: findingStore(IDENTITY_TABLE, { client: client }),
    acceptances: acceptanceStore(IDENTITY_TABLE, client),
  });
  const write = (execution: string, days: number, status: Report['status'], of: App, employeeId = 'E-1') =>
    store.writeReport(
      { workflow: 'offboarding', execution, startedAt: daysAgo(days) },
      { workflow: 'offboarding', employeeId, email: '', status, apps: [heldApp(of)] },
    );
  await write('r-000', 70, 'superseded', 'drift', ODD_ID);
  for (let number = 1; number <= 60; number += 1)
    await write(
      `r-${String(number).padStart(3, '0')}`,
      61 - number,
      number === 30 ? 'failed' : 'complete',
      'drata',
      `E-${number}`,
    );
  await store.writeRun('E-61', {
    workflow: 'onboarding',
    execution: 'r-061',
    startedAt: daysAgo(0.5),
    apps: ['drift'],
  });
});
afterAll(async () => {
  client.destroy();
  await tables.close();
});

async function list(query: string): Promise<RunList> {
  const answer = await app.request(`/runs${query}`);
  expect(answer.status).toBe(200);
  return z.parse(RunList, await answer.json());
}
const names = ({ runs }: RunList) => runs.map(({ name }) => name);
const numbered = (from: number, to: number) =>
  Array.from({ length: from - to + 1 }, (_, index) => `r-${String(from - index).padStart(3, '0')}`);

it('lists the runs for everybody, the newest first, a page at a time', async () => {
  const first = await list('');
  expect(names(first)).toEqual(numbered(61, 12));
  expect(first.runs[0]).toMatchObject({ employeeId: 'E-61', status: 'stopped', report: null });
  const second = await list(`?cursor=${first.cursor}`);
  expect(names(second)).toEqual(numbered(11, 0));
  expect(second.cursor).toBeUndefined();
});

it.each([
  ['?status=failed', ['r-030']],
  ['?status=stopped', ['r-061']],
  ['?status=held', []],
  ['?app=drift', ['r-061', 'r-000']],
  [`?from=${daysAgo(2.5)}`, ['r-061', 'r-060', 'r-059']],
  [`?from=${daysAgo(30).slice(0, 10)}&to=${daysAgo(30).slice(0, 10)}`, ['r-031']],
  [`?to=${daysAgo(65)}`, ['r-000']],
  ['?employeeId=E-30&status=failed', ['r-030']],
  ['?employeeId=E-30&status=complete', []],
  ['?from=9999-12-31', []],
  ['?from=0001-01-01&to=0001-01-02', []],
])('lists those that %s asks for', async (query, expected) => {
  expect(names(await list(query))).toEqual(expected);
});

it.each(['status=gone', 'from=yesterday', 'to=2026-13-01', 'app=slack', 'cursor=%20', 'cursor=abc'])(
  'refuses %s',
  async (query) => {
    const answer = await app.request(`/runs?${query}`);
    expect(answer.status).toBe(422);
    const { errors } = z.parse(Problem, await answer.json());
    expect(errors.map(({ path }) => path)).toEqual([query.split('=')[0]]);
  },
);

it('finds a run by its name that Step Functions does not know, whatever the employee id looks like', async () => {
  const answer = await app.request('/runs/r-000');
  expect(z.parse(Run, await answer.json())).toMatchObject({ employeeId: ODD_ID, status: 'superseded' });
  expect(z.parse(Run, await (await app.request('/runs/r-061')).json())).toMatchObject({ status: 'stopped' });
  for (const unknown of ['none', 'x'.repeat(3000), 'a%2Fb'])
    expect((await app.request(`/runs/${unknown}`)).status).toBe(404);
});
