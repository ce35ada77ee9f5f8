import { randomUUID } from 'node:crypto';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { logger } from '../../functions/shared/logger.ts';
import { createWebhookApp } from '../../functions/webhooks/app.ts';
import { PipedriveCredential } from '../../functions/webhooks/credential.ts';
import { webhookSecret, webhookSecretName } from '../../functions/webhooks/secret.ts';
import type { LoopbackServer } from '../../local/aws/loopback-server.ts';
import { startSecretsManager } from '../../local/aws/secrets-manager.ts';
import { PIPEDRIVE_USER, pipedriveWebhook } from '../../local/vendors/webhooks.ts';

const NAME = webhookSecretName('pipedrive');
const OLD = 'the-password-until-now';
const NEW = 'the-password-from-now-on';
const MINUTE_MS = 60_000;

// The refusals are meant.
logger.setLogLevel('SILENT');

let manager: LoopbackServer;
let client: SecretsManagerClient;
let reads: number;
let isDown: boolean;
let time: number;
let app: ReturnType<typeof createWebhookApp>;

beforeEach(async () => {
  manager = await startSecretsManager(new Map([[NAME, textOf(OLD)]]), 'key');
  client = connect(manager.url);
  reads = 0;
  isDown = false;
  time = Date.UTC(2026, 0, 5, 12);
  app = appWith(secret());
});
afterEach(async () => {
  client.destroy();
  await manager.close();
});

function connect(endpoint: string): SecretsManagerClient {
  const credentials = { accessKeyId: 'key', secretAccessKey: 'x' };
  const connected = new SecretsManagerClient({ endpoint, region: 'local', credentials, maxAttempts: 1 });
  connected.middlewareStack.add(
    (next, { commandName }) =>
      (request) => {
        if (commandName === 'GetSecretValueCommand') reads += 1;
        return isDown ? Promise.reject(new Error('not now')) : next(request);
      },
    { step: 'initialize' },
  );
  return connected;
}

const secret = (vendor = 'pipedrive') =>
  webhookSecret(vendor, PipedriveCredential, { client, now: () => time });

/** Events of a kind that nothing waits for, so that only who sends matters. */
function appWith(pipedrive: () => Promise<PipedriveCredential>) {
  const unused = () => Promise.reject(new Error('Nothing is taken here.'));
  return createWebhookApp({
    drift: unused,
    pipedrive,
    store: { claim: unused, keep: unused, release: unused, closeConversation: unused, isClosed: unused },
    bus: { putEvents: unused },
  });
}

const send = async (password: string) => {
  const deal = { event: 'updated.deal', meta: { id: 5, timestamp: 1 } };
  return (await app.request('/webhooks/pipedrive', pipedriveWebhook(deal, password))).status;
};
const textOf = (...passwords: string[]) => JSON.stringify({ user: PIPEDRIVE_USER, passwords });
const storeText = (text: string) =>
  client.send(
    new PutSecretValueCommand({ SecretId: NAME, SecretString: text, ClientRequestToken: randomUUID() }),
  );

describe("a webhook's secret", () => {
  it('is read once a minute, however many requests come and whatever they prove', async () => {
    for (let sent = 0; sent < 20; sent += 1) expect(await send(OLD)).toBe(202);
    for (let sent = 0; sent < 20; sent += 1) expect(await send(NEW)).toBe(401);
    expect(reads).toBe(1);
    time += MINUTE_MS - 1;
    await send(NEW);
    expect(reads).toBe(1);
    time += 1;
    await send(NEW);
    expect(reads).toBe(2);
  });

  it('that was replaced is refused, and the new one taken, once the minute is over', async () => {
    expect(await send(OLD)).toBe(202);
    await storeText(textOf(NEW));
    time += MINUTE_MS - 1;
    expect(await send(OLD)).toBe(202);
    expect(await send(NEW)).toBe(401);
    time += 1;
    expect(await send(NEW)).toBe(202);
    expect(await send(OLD)).toBe(401);
  });

  it('is changed without a refusal when both are stored in between', async () => {
    expect(await send(OLD)).toBe(202);
    await storeText(textOf(NEW, OLD));
    time += MINUTE_MS;
    expect([await send(OLD), await send(NEW)]).toEqual([202, 202]);
    await storeText(textOf(NEW));
    time += MINUTE_MS;
    expect([await send(OLD), await send(NEW)]).toEqual([401, 202]);
  });

  it.each(['', 'no JSON', '{}', textOf('too-short'), textOf(OLD, NEW, 'the-password-of-next-year')])(
    'that is not of the documented form (%j) takes nothing, and is read once a minute too',
    async (text) => {
      await storeText(text);
      expect([await send(OLD), await send(OLD)]).toEqual([503, 503]);
      expect(reads).toBe(1);
      await storeText(textOf(NEW));
      time += MINUTE_MS;
      expect(await send(NEW)).toBe(202);
    },
  );

  it('without a value says which one to store, and is read once a minute too', async () => {
    const read = secret('drift');
    for (let asked = 0; asked < 2; asked += 1)
      await expect(read()).rejects.toMatchObject({
        name: 'WebhookSecretError',
        message: expect.stringContaining('tenure/drift/webhook'),
      });
    expect(reads).toBe(1);
  });

  it('that cannot be read is asked for again by the next request, and the one held before no longer counts', async () => {
    expect(await send(OLD)).toBe(202);
    time += MINUTE_MS;
    isDown = true;
    expect(await send(OLD)).toBe(500);
    isDown = false;
    expect(await send(OLD)).toBe(202);
  });
});
