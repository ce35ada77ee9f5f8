import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { Evidence, firstBroken } from '../../functions/api/evidence.ts';
import { Problem } from '../../functions/api/problem.ts';
import { Plan } from '../../functions/shared/plan.ts';
import type { LoopbackServer } from '../../local/aws/loopback-server.ts';
import { startApi } from '../../local/runtime/local-api.ts';
import { type Runtime, startRuntime } from '../../local/runtime/runtime.ts';
import { ANN, JOANN, PETRA, TOMAS } from '../../local/vendors/company.ts';
import { allSimulated, type VendorServers } from '../../local/vendors/start-vendors.ts';
import { call, hire, keyedUrl, newcomer, OVER, reached, runIn, termination } from '../requests.ts';
import { stubWideLimits } from '../wide-limits.ts';

let runtime: Runtime;
let vendors: VendorServers;
let api: LoopbackServer & { key: string };
let url: string;

beforeAll(async () => {
  stubWideLimits(vi.stubEnv);
  runtime = await startRuntime({ delayScale: 0.0005 });
  vendors = allSimulated(runtime.vendors);
  api = await startApi(runtime, 0);
  url = keyedUrl(api.url, api.key);
});
beforeEach(() => {
  for (const { journal } of Object.values(vendors)) journal.length = 0;
});
afterAll(async () => {
  await api.close();
  await runtime.close();
  vi.unstubAllEnvs();
});

const writes = () => Object.values(vendors).flatMap((vendor) => vendor.writes());
const inDriftwood = { apps: [{ app: 'driftwood' as const }] };

async function planOf(workflow: string, detail: unknown): Promise<Plan> {
  const { status, text } = await call(`${url}/plans`, 'POST', { workflow, detail });
  expect(status, text).toBe(200);
  return z.parse(Plan, JSON.parse(text));
}

async function refusal(path: string, body: unknown) {
  const { status, headers, text } = await call(`${url}${path}`, 'POST', body);
  expect(headers.get('content-type')).toBe('application/problem+json');
  return { ...z.parse(Problem, JSON.parse(text)), status };
}

it('shows what a request would change, then does exactly that, and the evidence holds the plan', async () => {
  const detail = termination(TOMAS, inDriftwood);
  const plan = await planOf('offboarding', detail);
  expect(plan).toMatchObject({ workflow: 'offboarding', employeeId: TOMAS.employeeId, status: 'go' });
  expect(plan.apps).toMatchObject([{ app: 'driftwood', writes: [{ operation: 'deactivateUser' }] }]);
  expect(writes()).toEqual([]);

  const answer = await call(`${url}/offboardings`, 'POST', { ...detail, planId: plan.planId });
  expect(answer.status).toBe(202);
  const { name, origin } = runIn(answer);
  expect(origin).toMatchObject({ planId: plan.planId });
  await reached(url, name, OVER);
  expect(writes().map(({ method, path, body }) => ({ method, path, body }))).toEqual(
    plan.apps.flatMap(({ writes: planned }) =>
      planned.map(({ method, path, body }) => ({ method, path, body })),
    ),
  );
  const evidence = z.parse(Evidence, JSON.parse((await call(`${url}/runs/${name}/evidence`)).text));
  expect(evidence.entries.find(({ kind }) => kind === 'plan')?.data).toEqual({
    ...plan,
    moment: expect.any(String),
  });
  expect(firstBroken(evidence)).toBeNull();
});

it('answers a repeat with the run that was started, though nothing is left to be done', async () => {
  const detail = termination(PETRA, inDriftwood);
  const { planId } = await planOf('offboarding', detail);
  const ask = () =>
    call(`${url}/offboardings`, 'POST', { ...detail, planId }, 'application/json', {
      'idempotency-key': `k-${planId}`,
    });
  const first = runIn(await ask());
  await reached(url, first.name, OVER);
  const again = await ask();
  expect(again.status).toBe(200);
  expect(runIn(again).name).toBe(first.name);
});

it('refuses with the difference once the world has changed, and then does what was shown last', async () => {
  const person = newcomer();
  const detail = hire(person);
  const { planId } = await planOf('onboarding', detail);
  const { users } = vendors.driftwood.state;
  const [someone] = users;
  if (someone === undefined) throw new Error('Driftwood has no user.');
  const { email, firstName, lastName } = person;
  const name = `${firstName} ${lastName}`;
  users.push({ ...someone, id: 'usr_back', email, name, deactivated_at: '2024-06-30T17:00:00.000Z' });
  const refused = await refusal('/onboardings', { ...detail, planId });
  expect(refused).toMatchObject({ status: 409, title: 'Conflict' });
  expect(refused.detail).toContain(planId);
  expect(refused.difference).toMatchObject([{ app: 'driftwood' }]);
  expect(refused.plan?.planId).not.toBe(planId);
  expect(writes()).toEqual([]);
  const answer = await call(`${url}/onboardings`, 'POST', { ...detail, planId: refused.plan?.planId });
  expect(answer.status).toBe(202);
  await reached(url, runIn(answer).name, OVER);
});

it('refuses the plan of another request, also for the same person', async () => {
  const { planId } = await planOf('offboarding', termination(ANN, inDriftwood));
  const other = { ...termination(ANN, inDriftwood), lastWorkingDay: '2025-03-15', planId };
  expect(await refusal('/offboardings', other)).toMatchObject({ status: 409 });
  const another = { ...termination(JOANN, inDriftwood), planId };
  expect((await refusal('/offboardings', another)).detail).toContain('of another request');
  expect(writes()).toEqual([]);
});

it('refuses a plan that nobody has made, that has expired, or that is no id', async () => {
  const detail = termination(ANN, inDriftwood);
  const unknown = '0'.repeat(32);
  expect(await refusal('/offboardings', { ...detail, planId: unknown })).toMatchObject({ status: 404 });
  const plan = await planOf('offboarding', detail);
  const kept = await runtime.plans.read(plan.planId, Date.now());
  await runtime.plans.keep(plan, kept?.request ?? '', Date.now() - 8 * 86_400_000);
  expect(await refusal('/offboardings', { ...detail, planId: plan.planId })).toMatchObject({ status: 404 });
  for (const planId of ['', 'x', 7, `${unknown}0`])
    expect(await refusal('/offboardings', { ...detail, planId })).toMatchObject({
      status: 422,
      errors: [{ path: 'planId' }],
    });
});

it.each([
  [{ workflow: 'promotion', detail: {} }, 'workflow'],
  [{ detail: termination(ANN) }, 'workflow'],
  [{ workflow: 'offboarding' }, 'detail'],
  [
    { workflow: 'offboarding', detail: { ...termination(ANN), lastWorkingDay: 'soon' } },
    'detail.lastWorkingDay',
  ],
  [{ workflow: 'offboarding', detail: { ...termination(ANN), planId: '0'.repeat(32) } }, 'detail.planId'],
  [{ workflow: 'update', detail: { employee: { employeeId: 'E-1' } } }, 'detail.employee'],
  [{ workflow: 'offboarding', detail: termination(ANN), planId: 'x' }, 'planId'],
])('refuses %j as a whole, and says where', async (body, path) => {
  const refused = await refusal('/plans', body);
  expect(refused.status).toBe(422);
  expect(refused.errors.map((error) => error.path)).toContain(path);
});

it('plans a change of facts too', async () => {
  const person = newcomer();
  await reached(url, runIn(await call(`${url}/onboardings`, 'POST', hire(person))).name, OVER);
  for (const { journal } of Object.values(vendors)) journal.length = 0;
  const employee = { employeeId: person.employeeId, lastName: 'Director' };
  const { workflow, planId } = await planOf('update', { employee });
  expect(workflow).toBe('update');
  expect((await planOf('update', { employee })).planId).toBe(planId);
  expect(writes()).toEqual([]);
});
