import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { handle } from 'hono/aws-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import * as z from 'zod/mini';
import type { BusEvent } from '../../functions/shared/event-bus.ts';
import { logger } from '../../functions/shared/logger.ts';
import { webhookStore } from '../../functions/tables/webhook-store.ts';
import { createWebhookApp, MAX_WEBHOOK_BYTES, type WebhookSources } from '../../functions/webhooks/app.ts';
import { DriftCredential, driftSignature } from '../../functions/webhooks/credential.ts';
import { COORDINATION_TABLE, startTables, type TablesEndpoint } from '../../local/aws/tables.ts';
import {
  DRIFT_SIGNING_KEY,
  driftConversationEvent,
  driftWebhook,
  PIPEDRIVE_PASSWORD,
  PIPEDRIVE_USER,
  pipedriveUserEvent,
  pipedriveWebhook,
  type SentWebhook,
} from '../../local/vendors/webhooks.ts';

const NOON = Date.UTC(2026, 0, 5, 12);
const OLD_KEY = 'the-key-before-this-one';

// The log belongs to the one test that reads it.
logger.setLogLevel('SILENT');

let tables: TablesEndpoint;
let client: DynamoDBClient;
let time: number;
let put: BusEvent[];
let busFails: boolean;
let conversation = 100;

beforeAll(async () => {
  tables = await startTables('test');
  client = connect();
});
afterAll(async () => {
  client.destroy();
  await tables.close();
});
beforeEach(() => {
  time = NOON;
  put = [];
  busFails = false;
  conversation += 1;
});

const connect = () =>
  new DynamoDBClient({
    endpoint: tables.url,
    region: 'local',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
const app = (other: Partial<WebhookSources> = {}) =>
  createWebhookApp({
    drift: async () => ({ signingKeys: [DRIFT_SIGNING_KEY, OLD_KEY] }),
    pipedrive: async () => ({ user: PIPEDRIVE_USER, passwords: [PIPEDRIVE_PASSWORD, OLD_KEY] }),
    store: webhookStore(COORDINATION_TABLE, { client, now: () => time }),
    bus: {
      putEvents: async (events) => {
        if (busFails) throw new Error('The bus is down.');
        put.push(...events);
      },
    },
    now: () => time,
    ...other,
  });
const send = async (path: string, webhook: SentWebhook, other: Partial<WebhookSources> = {}) => {
  const answer = await app(other).request(`/webhooks/${path}`, webhook);
  const body: unknown = await answer.json();
  return { status: answer.status, body };
};
const started = () => driftConversationEvent(conversation, 5001);
const accepted = { status: 202, body: { status: 'accepted' } };
const duplicate = { status: 202, body: { status: 'duplicate' } };

describe('a webhook', () => {
  it('from Drift is put on the bus, with ids and nothing else', async () => {
    expect(await send('drift', driftWebhook(started(), time))).toEqual(accepted);
    const detail = {
      vendor: 'drift',
      type: 'new_conversation',
      eventId: `new/${conversation}`,
      conversationId: conversation,
      contactId: 5001,
    };
    expect(put).toEqual([{ detailType: 'webhook.received', detail }]);
  });

  it.each([
    ['version 1', { ...pipedriveUserEvent('updated', 77, NOON) }],
    ['the guide', { ...pipedriveUserEvent('updated', 77, NOON + 1), event: 'user.updated' }],
    [
      'version 2',
      { meta: { id: 'e-1', entity: 'user', entity_id: '77', action: 'change' }, data: { name: 'Ann' } },
    ],
  ])('from Pipedrive is taken in the form of %s', async (_, event) => {
    expect(await send('pipedrive', pipedriveWebhook(event))).toEqual(accepted);
    expect(put).toMatchObject([{ detail: { vendor: 'pipedrive', type: 'user.updated', userId: 77 } }]);
    expect(JSON.stringify(put)).not.toContain('Ann');
  });

  it('is taken with either of two live secrets, and with no other', async () => {
    expect((await send('drift', driftWebhook(started(), time, OLD_KEY))).status).toBe(202);
    expect((await send('drift', driftWebhook(started(), time, 'a-key-of-somebody-else'))).status).toBe(401);
    const event = pipedriveUserEvent('added', 1, time);
    expect((await send('pipedrive', pipedriveWebhook(event, OLD_KEY))).status).toBe(202);
    expect((await send('pipedrive', pipedriveWebhook(event, 'wrong-password-of-length'))).status).toBe(401);
  });

  it('is taken with a verification token, which is what Drift itself sends', async () => {
    const drift = async () => ({ verificationTokens: [OLD_KEY] });
    const sent = { ...driftWebhook(started()), headers: { 'x-verification-token': OLD_KEY } };
    expect(await send('drift', sent, { drift })).toEqual(accepted);
    const wrong = { ...sent, headers: { 'x-verification-token': `${OLD_KEY}x` } };
    expect((await send('drift', wrong, { drift })).status).toBe(401);
    // A signature is no way around the token.
    expect((await send('drift', driftWebhook(started(), time, OLD_KEY), { drift })).status).toBe(401);
  });

  it('is refused by its headers before its body is read', async () => {
    let chunks = 0;
    const body = () =>
      new ReadableStream(
        {
          pull: (controller) => {
            chunks += 1;
            controller.enqueue(new Uint8Array(1_000));
          },
        },
        { highWaterMark: 0 },
      );
    const ask = async (vendor: string, headers: Record<string, string>) => {
      const init: RequestInit & { duplex: 'half' } = {
        method: 'POST',
        body: body(),
        headers,
        duplex: 'half',
      };
      return (await app().request(`/webhooks/${vendor}`, init)).status;
    };
    const { headers } = driftWebhook(started(), time);
    expect(await ask('drift', {})).toBe(401);
    expect(await ask('drift', { ...headers, 'x-drift-signature': 'sha256=0' })).toBe(401);
    expect(await ask('drift', { ...headers, 'x-drift-timestamp': '1' })).toBe(401);
    expect(await ask('pipedrive', { authorization: 'Basic dGVudXJlOndyb25n' })).toBe(401);
    expect(chunks).toBe(0);
    // What may be genuine is read as far as it may be long.
    expect(await ask('drift', headers)).toBe(413);
    expect(chunks).toBeLessThan(MAX_WEBHOOK_BYTES / 1_000 + 3);
  });

  it('of a vendor that the company does not have is not known', async () => {
    const { bus, store } = {
      bus: { putEvents: async () => {} },
      store: webhookStore(COORDINATION_TABLE, { client }),
    };
    const none = createWebhookApp({ bus, store });
    for (const vendor of ['drift', 'pipedrive'])
      expect((await none.request(`/webhooks/${vendor}`, driftWebhook(started(), time))).status).toBe(404);
  });

  it('is proved in one way: a secret that names both says nothing', () => {
    const both = { verificationTokens: [OLD_KEY], signingKeys: [DRIFT_SIGNING_KEY] };
    expect(z.safeParse(DriftCredential, both).success).toBe(false);
  });

  it('is not taken more than 300 s from when it was signed', async () => {
    const sent = driftWebhook(started(), time);
    time = NOON + 300_001;
    expect((await send('drift', sent)).status).toBe(401);
    time = NOON - 300_001;
    expect((await send('drift', sent)).status).toBe(401);
    time = NOON + 300_000;
    expect((await send('drift', sent)).status).toBe(202);
  });

  it.each(['', 'soon', '1767614400.0', '+1767614400', '1767614400000', '2026-01-05T12:00:00Z'])(
    'is not taken with %j for a time, whoever signed it',
    async (timestamp) => {
      const { body, headers, method } = driftWebhook(started(), time);
      const signature = driftSignature(DRIFT_SIGNING_KEY, timestamp, body);
      const sent = { 'x-drift-timestamp': timestamp, 'x-drift-signature': signature };
      expect((await send('drift', { method, body, headers: { ...headers, ...sent } })).status).toBe(401);
    },
  );

  it('is put on the bus once, however often and at the same time it is delivered', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => send('drift', driftWebhook(started(), time))),
    );
    // Whoever comes while another is at it has to come again.
    expect(answers.filter(({ status }) => ![202, 503].includes(status))).toEqual([]);
    time += 86_400_000;
    expect(await send('drift', driftWebhook(started(), time))).toEqual(duplicate);
    expect(put).toHaveLength(1);
  });

  it('is not lost when the bus does not take it: the next delivery does', async () => {
    busFails = true;
    expect((await send('drift', driftWebhook(started(), time))).status).toBe(500);
    busFails = false;
    expect(await send('drift', driftWebhook(started(), time))).toEqual(accepted);
    expect(await send('drift', driftWebhook(started(), time))).toEqual(duplicate);
    expect(put).toHaveLength(1);
  });

  it('is not lost when the Lambda dies with it: the claim runs out', async () => {
    const store = webhookStore(COORDINATION_TABLE, { client, now: () => time });
    expect(await store.claim('drift', `new/${conversation}`)).toBe('claimed');
    time += 9_999;
    const { status, headers } = await app().request('/webhooks/drift', driftWebhook(started(), time));
    expect([status, headers.get('retry-after')]).toEqual([503, '10']);
    time += 1;
    expect(await send('drift', driftWebhook(started(), time))).toEqual(accepted);
  });

  it('is not lost when whoever had it gave it back in between', async () => {
    const overtaken = connect();
    onTestFinished(() => overtaken.destroy());
    overtaken.middlewareStack.add(
      (next, { commandName }) =>
        async (request) => {
          const real = webhookStore(COORDINATION_TABLE, { client });
          if (commandName === 'GetItemCommand') await real.release('drift', `new/${conversation}`);
          return next(request);
        },
      { step: 'initialize' },
    );
    await webhookStore(COORDINATION_TABLE, { client, now: () => time }).claim('drift', `new/${conversation}`);
    const store = webhookStore(COORDINATION_TABLE, { client: overtaken, now: () => time });
    expect((await send('drift', driftWebhook(started(), time), { store })).status).toBe(503);
    expect(await send('drift', driftWebhook(started(), time))).toEqual(accepted);
  });

  it('stays taken when a delivery that was overtaken fails after all', async () => {
    const reached = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<void>();
    const putEvents = () => {
      reached.resolve();
      return answered.promise;
    };
    const overtaken = send('drift', driftWebhook(started(), time), { bus: { putEvents } });
    await reached.promise;
    time += 10_000;
    expect(await send('drift', driftWebhook(started(), time))).toEqual(accepted);
    answered.reject(new Error('The connection broke.'));
    expect((await overtaken).status).toBe(500);
    expect(await send('drift', driftWebhook(started(), time))).toEqual(duplicate);
    expect(put).toHaveLength(1);
  });

  it('tells of the bus, not of the claim, when neither can be had', async () => {
    const real = webhookStore(COORDINATION_TABLE, { client, now: () => time });
    const store = { ...real, release: () => Promise.reject(new Error('The table is busy.')) };
    const unreachable = Object.assign(new Error('no route'), { $metadata: {} });
    const bus = { putEvents: () => Promise.reject(unreachable) };
    expect((await send('drift', driftWebhook(started(), time), { store, bus })).status).toBe(503);
  });

  it('is remembered for a week', async () => {
    await send('drift', driftWebhook(started(), time));
    const Key = marshall({ pk: `WEBHOOK#drift#new/${conversation}`, sk: 'EVENT' });
    const { Item } = await client.send(new GetItemCommand({ TableName: COORDINATION_TABLE, Key }));
    expect(unmarshall(Item ?? {})).toMatchObject({ expiresAt: NOON / 1000 + 7 * 86_400 });
  });

  it('counts as taken when only the row that says so could not be written', async () => {
    const real = webhookStore(COORDINATION_TABLE, { client, now: () => time });
    const store = { ...real, keep: () => Promise.reject(new Error('The table is busy.')) };
    expect(await send('drift', driftWebhook(started(), time), { store })).toEqual(accepted);
  });

  it.each(['the secret', 'the table', 'the bus'])(
    'is answered within a second when %s is slow',
    async (slow) => {
      const never = () => new Promise<never>(() => {});
      const claimed = async () => 'claimed' as const;
      const store = {
        claim: claimed,
        keep: never,
        release: never,
        closeConversation: never,
        isClosed: never,
      };
      const sources: Record<string, Partial<WebhookSources>> = {
        'the secret': { drift: never },
        'the table': { store: { ...store, claim: never } },
        'the bus': { store, bus: { putEvents: never } },
      };
      vi.useFakeTimers();
      onTestFinished(() => {
        vi.useRealTimers();
      });
      const answer = send('drift', driftWebhook(started(), time), sources[slow]);
      await vi.advanceTimersByTimeAsync(999);
      expect((await answer).status).toBe(503);
    },
  );

  it('of a type that nothing waits for is acknowledged and left', async () => {
    const ignored = { status: 202, body: { status: 'ignored' } };
    expect(await send('drift', driftWebhook({ type: 'new_message', data: {} }, time))).toEqual(ignored);
    expect(await send('drift', driftWebhook({ type: 'from_the_future' }, time))).toEqual(ignored);
    const deal = { event: 'updated.deal', meta: { id: 5, timestamp: 1 } };
    expect(await send('pipedrive', pipedriveWebhook(deal))).toEqual(ignored);
    expect(put).toEqual([]);
  });

  it('that cannot be read says which field is wrong, and not what it holds', async () => {
    const sent = driftWebhook(
      { type: 'new_conversation', data: { conversationId: 7, contactId: 'ann@x' } },
      time,
    );
    const { status, body } = await send('drift', sent);
    expect(status).toBe(422);
    expect(body).toMatchObject({ errors: [{ path: expect.stringContaining('contactId') }] });
    expect(JSON.stringify(body)).not.toContain('ann@x');
  });

  it('that is no JSON is 400, one that is too large 413, and whoever is unknown learns neither', async () => {
    const signed = (text: string) => {
      const sent = driftWebhook({}, time);
      return { ...sent, body: new TextEncoder().encode(text) };
    };
    const basic = pipedriveWebhook({});
    expect((await send('pipedrive', { ...basic, body: new TextEncoder().encode('{"event":') })).status).toBe(
      400,
    );
    const latin1 = Buffer.from('{"event":"updated.deal","note":"M\xfcller"}', 'latin1');
    expect((await send('pipedrive', { ...basic, body: new Uint8Array(latin1) })).status).toBe(400);
    expect((await send('pipedrive', { ...basic, body: new Uint8Array(MAX_WEBHOOK_BYTES + 1) })).status).toBe(
      413,
    );
    expect((await send('drift', signed('{"event":'))).status).toBe(401);
    expect((await app().request('/webhooks/slack', { method: 'POST' })).status).toBe(404);
    const looked = await app().request('/webhooks/drift');
    expect([looked.status, looked.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('whose secret cannot be read is not taken, and not told why', async () => {
    const drift = () => Promise.reject(new Error('no secret'));
    const { status, body } = await send('drift', driftWebhook(started(), time), { drift });
    expect(status).toBe(500);
    expect(JSON.stringify(body)).not.toContain('no secret');
  });

  it('leaves neither its secrets nor its body in the log', async () => {
    const lines: string[] = [];
    const keep = (...words: unknown[]) => lines.push(JSON.stringify(words));
    for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(logger, level).mockImplementation(keep);
    busFails = true;
    await send('drift', driftWebhook({ ...started(), note: 'ann@x' }, time));
    await send('pipedrive', pipedriveWebhook({ ...pipedriveUserEvent('updated', 9), note: 'ann@x' }));
    await send('drift', driftWebhook(started(), time, 'a-key-of-somebody-else'));
    vi.restoreAllMocks();
    expect(lines.length).toBeGreaterThanOrEqual(3);
    for (const secret of [DRIFT_SIGNING_KEY, PIPEDRIVE_PASSWORD, 'ann@x', 'sha256=', 'Basic'])
      expect(lines.join('\n')).not.toContain(secret);
  });
});

describe('behind API Gateway', () => {
  const event = (sent: SentWebhook, body: string, isBase64Encoded: boolean) => ({
    version: '2.0',
    routeKey: 'POST /webhooks/drift',
    rawPath: '/webhooks/drift',
    rawQueryString: '',
    headers: sent.headers,
    requestContext: { domainName: 'api.example', http: { method: 'POST', path: '/webhooks/drift' } },
    body,
    isBase64Encoded,
  });
  // Not ASCII, so that decoding and encoding once more would show.
  const sent = () => driftWebhook({ ...started(), note: 'Łucja “O’Neil”' }, time);
  const handled = async (request: object) =>
    (await Reflect.apply(handle(app()), undefined, [request])).statusCode;

  it.each([true, false])(
    'the signature is over the raw bytes, with a body in base64: %s',
    async (isBase64) => {
      const webhook = sent();
      const body = Buffer.from(webhook.body).toString(isBase64 ? 'base64' : 'utf8');
      expect(await handled(event(webhook, body, isBase64))).toBe(202);
    },
  );

  it('a body in base64 that is not said to be is not the one that was signed', async () => {
    const webhook = sent();
    expect(await handled(event(webhook, Buffer.from(webhook.body).toString('base64'), false))).toBe(401);
  });
});
