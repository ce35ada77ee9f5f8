import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { orderStore } from '../../functions/tables/order-store.ts';
import type { LoopbackServer } from '../../local/aws/loopback-server.ts';
import { IDENTITY_TABLE } from '../../local/aws/tables.ts';
import { startApi } from '../../local/runtime/local-api.ts';
import { type Runtime, startRuntime } from '../../local/runtime/runtime.ts';
import {
  type Answer,
  call,
  hire,
  hireLater,
  keyedUrl,
  newcomer,
  OVER,
  reached,
  runIn,
  termination,
} from '../requests.ts';

// The API is loaded before the runtime sets its environment.
vi.hoisted(() => {
  process.env.POWERTOOLS_LOG_LEVEL = 'SILENT';
});

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

const ask = (method: string, path: string, body?: unknown) => call(`${api.url}${path}`, method, body);
const takeOver = (employeeId: string, previousEmployeeId: unknown) =>
  ask('POST', `/employees/${employeeId}/takeover`, { previousEmployeeId });

async function joined() {
  const person = newcomer();
  const { name } = runIn(await ask('POST', '/onboardings', hire(person)));
  await reached(api.url, name, OVER);
  return person;
}

function expectProblem({ status, headers, text }: Answer, wanted: number, detail: string): void {
  expect([status, headers.get('content-type')]).toEqual([wanted, 'application/problem+json']);
  expect(JSON.parse(text)).toMatchObject({ status: wanted, detail: expect.stringContaining(detail) });
}

it('moves profile and accounts to the new id, and answers a repeat the same', async () => {
  const { employeeId: old, email } = await joined();
  const before = JSON.parse((await ask('GET', `/employees/${old}`)).text);
  for (const _ of ['once', 'again']) {
    const { status, text } = await takeOver('N-100', old);
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({
      employeeId: 'N-100',
      profile: { email, previousEmployeeIds: [old] },
      accounts: before.accounts,
    });
  }
  expect((await ask('GET', `/employees/${old}`)).status).toBe(404);
});

it('stops the run that waits for the old id, and supersedes its later events', async () => {
  const person = newcomer();
  const { name } = runIn(await ask('POST', '/onboardings', hireLater(person)));
  await reached(api.url, name, ['waiting']);
  expect((await takeOver('N-200', person.employeeId)).status).toBe(200);
  expect(await reached(api.url, name, ['superseded'])).toMatchObject({ report: { supersededBy: 'N-200' } });
  const late = await ask('POST', '/offboardings', termination(person));
  expect([late.status, runIn(late).status]).toEqual([200, 'superseded']);
});

it('answers 404 where nobody is known by the old id, and 409 where it was given to a third one', async () => {
  expectProblem(await takeOver('N-300', 'NOBODY'), 404, 'Nobody is known by the employee id NOBODY');
  const { employeeId: old } = await joined();
  await takeOver('N-301', old);
  expectProblem(await takeOver('N-302', old), 409, `Employee ${old} is N-301 by now`);
});

it('answers 409 while a run acts for the old id, and takes nothing from it', async () => {
  const person = newcomer();
  const run = runIn(await ask('POST', '/onboardings', hireLater(person)));
  await reached(api.url, run.name, ['waiting']);
  const orders = orderStore(IDENTITY_TABLE);
  const order = await orders.read(person.employeeId);
  const active = { workflow: 'onboarding' as const, name: run.name };
  await orders.replace(person.employeeId, order, { ...order, active });
  const answer = await takeOver('N-400', person.employeeId);
  expectProblem(
    answer,
    409,
    `The run ${run.name} for employee ${person.employeeId} is not over. Wait for its end`,
  );
  expect((await orders.read(person.employeeId)).movedTo).toBeNull();
});

it.each([{}, { previousEmployeeId: 'N-600' }, { previousEmployeeId: 'with space' }])(
  'answers 422 to %j',
  async (body) => {
    const answer = await ask('POST', '/employees/N-600/takeover', body);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([422, 'application/problem+json']);
  },
);
