import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { BAMBOO, BOB, bamboo, bob, KEYS, NOON, receiver, refuseChanged, WORKER } from './hr-requests.ts';

it('BambooHR: the body and then the time are signed, with either of two keys, and a repeat is told once', async () => {
  const { post, put } = receiver();
  for (const key of KEYS) {
    const answer = await post('/webhooks/bamboohr', bamboo(BAMBOO, { key }), BAMBOO);
    expect(answer.status).toBe(202);
  }
  expect(put).toMatchObject([
    { detailType: 'webhook.received', detail: { vendor: 'bamboohr', sourceIds: ['67890'] } },
  ]);
});

it('BambooHR: the older form names several employees', async () => {
  const { post, put } = receiver();
  const body = JSON.stringify({
    employees: [
      { id: 1, action: 'Updated' },
      { id: '2', action: 'Created', fields: {} },
    ],
  });
  expect((await post('/webhooks/bamboohr', bamboo(body), body)).status).toBe(202);
  expect(put).toMatchObject([{ detail: { sourceIds: ['1', '2'] } }]);
});

it.each([
  ['an older time', { at: NOON - 301_000 }],
  ['a time that is to come', { at: NOON + 301_000 }],
  ['another key', { key: 'somebody-elses-key' }],
])('BambooHR: %s is 401, and nothing is read', async (_, options) => {
  const { post, put, read } = receiver();
  const answer = await post('/webhooks/bamboohr', bamboo(BAMBOO, options), BAMBOO);
  expect({ status: answer.status, put, read }).toEqual({ status: 401, put: [], read: [] });
});

it('BambooHR: the time before the body is another signature', async () => {
  const timestamp = String(NOON / 1000);
  const signature = createHmac('sha256', KEYS[0] ?? '')
    .update(timestamp + BAMBOO)
    .digest('hex');
  const { post } = receiver();
  const answer = await post(
    '/webhooks/bamboohr',
    { 'x-bamboohr-timestamp': timestamp, 'x-bamboohr-signature': signature },
    BAMBOO,
  );
  expect(answer.status).toBe(401);
});

it('BambooHR: what is not ready is 5xx, because it never sends again after 4xx', async () => {
  const noSecret = receiver({ bamboohr: async () => Promise.reject(new Error('no secret')) });
  expect((await noSecret.post('/webhooks/bamboohr', bamboo(BAMBOO), BAMBOO)).status).toBe(500);
  const noBus = receiver({ bus: { putEvents: async () => Promise.reject(new Error('down')) } });
  expect((await noBus.post('/webhooks/bamboohr', bamboo(BAMBOO), BAMBOO)).status).toBe(500);
});

it('HiBob: the body is signed, and the employee is read', async () => {
  const { post, put } = receiver();
  expect((await post('/webhooks/hibob', bob(BOB), BOB)).status).toBe(202);
  expect(put).toMatchObject([{ detail: { vendor: 'hibob', sourceIds: ['3332883884017713811'] } }]);
  expect((await post('/webhooks/hibob', bob(BOB, 'somebody-elses-key'), BOB)).status).toBe(401);
});

it.each(['"Ping test"', 'Ping test', '{"text":"Ping test"}'])(
  'HiBob: the ping %s is answered, signed or not',
  async (ping) => {
    const { post, put } = receiver();
    expect((await post('/webhooks/hibob', {}, ping)).status).toBe(202);
    expect((await post('/webhooks/hibob', bob(ping), ping)).status).toBe(202);
    expect((await post('/webhooks/hibob', bob(ping, 'somebody-elses-key'), ping)).status).toBe(401);
    expect(put).toEqual([]);
  },
);

it('plain: a bearer secret, and an event or a worker', async () => {
  const { post, put } = receiver();
  const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });
  for (const key of KEYS) expect((await post('/webhooks/hr', bearer(key), WORKER)).status).toBe(202);
  const event = JSON.stringify({
    ...{ id: 'e-1', source: 'hr', time: '2026-03-02T11:00:00Z', 'detail-type': 'termination.rescinded' },
    detail: { employee: { employeeId: 'E-17' } },
  });
  expect((await post('/webhooks/hr', bearer(KEYS[0] ?? ''), event)).status).toBe(202);
  expect(await (await post('/webhooks/hr', bearer(KEYS[0] ?? ''), event)).json()).toEqual({
    status: 'duplicate',
  });
  expect(put.map(({ detail }) => detail)).toMatchObject([
    { body: { sourceId: '17' } },
    { body: { sourceId: '17' } },
    { body: { id: 'e-1' } },
  ]);
  expect((await post('/webhooks/hr', bearer('somebody-elses-key'), WORKER)).status).toBe(401);
  expect((await post('/webhooks/hr', {}, WORKER)).status).toBe(401);
  expect((await post('/webhooks/hr', bearer(KEYS[0] ?? ''), '{"sourceId":"1","wage":3}')).status).toBe(422);
});

it('of requests that were changed in one place none is accepted', async () => {
  expect(await refuseChanged(600)).toBe(0);
});
