import { Hono } from 'hono';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { askForPlans, PLAN_FUNCTION_VARIABLE } from '../../functions/api/ask-for-plans.ts';
import { type Asked, requestFor } from '../../functions/api/plans.ts';
import { type LoopbackServer, startLoopbackServer } from '../../local/aws/loopback-server.ts';
import { type Runtime, startRuntime } from '../../local/runtime/runtime.ts';
import { ANN, TOMAS } from '../../local/vendors/company.ts';
import { LAMBDA_CONTEXT } from '../lambda-context.ts';
import { newcomer, termination } from '../requests.ts';
import { stubWideLimits } from '../wide-limits.ts';

// What is asked is the handler of the other Lambda, over the protocol of the SDK.
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html

let runtime: Runtime;
let lambda: LoopbackServer;
let broken: object | null = null;

beforeAll(async () => {
  stubWideLimits(vi.stubEnv);
  runtime = await startRuntime({ delayScale: 0.0005 });
  const { handler } = await import('../../functions/api/plan.ts');
  const app = new Hono().post('/2015-03-31/functions/planner/invocations', async (context) =>
    broken === null
      ? context.json(await handler(await context.req.json(), LAMBDA_CONTEXT))
      : context.json(broken, 200, { 'x-amz-function-error': 'Unhandled' }),
  );
  lambda = await startLoopbackServer(app.fetch);
  vi.stubEnv('AWS_ENDPOINT_URL_LAMBDA', lambda.url);
  vi.stubEnv(PLAN_FUNCTION_VARIABLE, 'planner');
});
afterAll(async () => {
  await lambda.close();
  await runtime.close();
  vi.unstubAllEnvs();
});

const asked = (workflow: Asked['workflow'], detail: object): Asked => ({
  ...{ workflow, detail, key: null },
  origin: {
    ...{ id: 'request-1', source: 'api', receivedAt: '2026-11-29T08:00:00.000Z' },
    requester: { via: 'api', name: 'hr' },
  },
});

it('gets the plan that the steps in this process make', async () => {
  const request = asked('offboarding', termination(TOMAS));
  const plan = await askForPlans()(request);
  expect(plan.apps.flatMap(({ writes }) => writes).length).toBeGreaterThan(3);
  const here = await runtime.planRequest(requestFor(request));
  expect(plan).toEqual({ ...here, moment: plan.moment });
});

it('refuses as the other Lambda does', async () => {
  const request = asked('update', { employee: { employeeId: newcomer().employeeId, title: 'Director' } });
  await expect(askForPlans()(request)).rejects.toMatchObject({
    name: 'RequestError',
    status: 422,
    message: expect.stringContaining('Nobody is known'),
  });
});

it('says what to do about a plan that takes too long, and tells nothing of another fault', async () => {
  broken = { errorType: 'Sandbox.Timedout', errorMessage: 'Task timed out after 26.00 seconds' };
  const request = asked('offboarding', termination(ANN));
  await expect(askForPlans()(request)).rejects.toMatchObject({ name: 'RequestError', status: 503 });
  broken = { errorType: 'TypeError', errorMessage: 'secret' };
  await expect(askForPlans()(request)).rejects.toMatchObject({
    name: 'Error',
    message: 'The Lambda that works out plans failed: TypeError',
  });
});
