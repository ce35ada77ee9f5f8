import { afterEach, expect, it, vi } from 'vitest';
import { startApi } from '../../local/runtime/local-api.ts';
import { startRuntime } from '../../local/runtime/runtime.ts';
import { stubWideLimits } from '../wide-limits.ts';

const close: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of close.splice(0).reverse()) await end();
});

it('a worker who is posted to serve is hired as the policy says, once', async () => {
  stubWideLimits(vi.stubEnv);
  const secret = JSON.stringify({ bearerSecrets: ['a-secret-of-this-test'] });
  const runtime = await startRuntime({
    delayScale: 0.001,
    secrets: new Map([['tenure/hr/webhook', secret]]),
  });
  close.push(runtime.close);
  const api = await startApi(runtime, 0);
  close.push(api.close);
  const worker = {
    ...{ sourceId: '9001', firstName: 'Nia', lastName: 'Okafor', workEmail: 'nia.okafor@northlight.example' },
    ...{ department: 'Finance', startDate: '2026-01-05', status: 'active' },
  };
  const post = (authorization: string) =>
    fetch(`${api.url}/webhooks/hr`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization },
      body: JSON.stringify(worker),
    });
  expect((await post('Bearer somebody-elses-secret')).status).toBe(401);
  expect((await post('Bearer a-secret-of-this-test')).status).toBe(202);
  const runs = () => runtime.store.readRuns('9001');
  await vi.waitFor(async () => expect((await runs())[0]?.report?.status).toBe('complete'), {
    timeout: 30_000,
    interval: 50,
  });
  expect((await runs())[0]?.report?.apps.map(({ app }) => app)).toEqual(['drata']);
  await post('Bearer a-secret-of-this-test');
  expect(await runs()).toHaveLength(1);
});
