import { createServer } from 'node:http';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { secretCredential, type Token } from '../../functions/credentials/secrets.ts';
import { useSockets } from '../without-sockets.ts';

useSockets();

const NAME = 'tenure/pipedrive/rest';

/** What the Secrets Manager on loopback holds, and what it was asked. */
let secrets: Record<string, string>;
let failures: number;
let reads: string[];

// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
const manager = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  const answer = (status: number, content: object) => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(content));
  };
  if (request.method !== 'POST' || request.headers['x-amz-target'] !== 'secretsmanager.GetSecretValue')
    return answer(400, { __type: 'UnknownOperationException' });
  const { SecretId } = JSON.parse(body);
  reads.push(SecretId);
  if (failures > 0) {
    failures -= 1;
    return answer(500, { __type: 'InternalServiceError', Message: 'not now' });
  }
  const SecretString = secrets[SecretId];
  return SecretString === undefined
    ? answer(400, { __type: 'ResourceNotFoundException', Message: 'no such secret' })
    : answer(200, { Name: SecretId, VersionId: 'v-1', CreatedDate: 1_767_614_400, SecretString });
});
let client: SecretsManagerClient;

const store = (token: string) => {
  secrets[NAME] = JSON.stringify({ token });
};
const fixed = (value: string): Token => ({ value, kind: 'static' });
const OAUTH = {
  clientId: 'hush-hush',
  clientSecret: 'hush-hush',
  tokenUrl: 'https://id.example/token',
  accessToken: 'hush-hush',
  refreshToken: 'hush-hush',
  expiresAt: '2026-01-01T00:00:00Z',
};
const credential = () => secretCredential({ vendor: 'pipedrive' }, NAME, { secrets: client });

beforeAll(async () => {
  await new Promise<void>((resolve) => manager.listen(0, '127.0.0.1', resolve));
  const address = manager.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  client = new SecretsManagerClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
});
beforeEach(() => {
  secrets = {};
  failures = 0;
  reads = [];
  store('first');
});
afterAll(async () => {
  client.destroy();
  manager.closeAllConnections();
  await new Promise((resolve) => manager.close(resolve));
});

describe('the token', () => {
  it('is loaded once for any number of calls at the same time and after', async () => {
    const source = credential();
    const tokens = await Promise.all(Array.from({ length: 10 }, () => source.token()));
    expect(tokens).toEqual(tokens.map(() => fixed('first')));
    expect(await source.token()).toEqual(fixed('first'));
    expect(reads).toEqual([NAME]);
  });

  it('is not loaded before somebody asks', () => {
    expect(credential().secretName).toBe(NAME);
    expect(reads).toEqual([]);
  });

  it('is asked for again when loading failed', async () => {
    failures = 1;
    const source = credential();
    await expect(source.token()).rejects.toThrow();
    expect(await source.token()).toEqual(fixed('first'));
  });
});

describe('a refusal', () => {
  it('reads the secret once more, and keeps what it finds', async () => {
    const source = credential();
    await source.token();
    store('second');
    expect(await source.tokenAfterRefusal(fixed('first'))).toEqual(fixed('second'));
    expect(await source.token()).toEqual(fixed('second'));
    expect(reads).toHaveLength(2);
  });

  it('gives the same token when nobody has changed the secret', async () => {
    const source = credential();
    expect(await source.tokenAfterRefusal(await source.token())).toEqual(fixed('first'));
  });

  it('of a token that was replaced meanwhile reads nothing', async () => {
    const source = credential();
    await source.token();
    store('second');
    await source.tokenAfterRefusal(fixed('first'));
    expect(await source.tokenAfterRefusal(fixed('first'))).toEqual(fixed('second'));
    expect(reads).toHaveLength(2);
  });

  it('met by several calls at the same time reads the secret once more, not once each', async () => {
    const source = credential();
    await source.token();
    store('second');
    const tokens = await Promise.all(
      Array.from({ length: 5 }, () => source.tokenAfterRefusal(fixed('first'))),
    );
    expect(tokens).toEqual(tokens.map(() => fixed('second')));
    expect(reads).toHaveLength(2);
  });

  it('reads again the next time when reading failed', async () => {
    const source = credential();
    await source.token();
    store('second');
    failures = 1;
    await expect(source.tokenAfterRefusal(fixed('first'))).rejects.toThrow();
    expect(await source.token()).toEqual(fixed('second'));
  });
});

describe('a secret that cannot be used', () => {
  const unusable = [
    { what: 'does not exist', held: undefined },
    { what: 'is not JSON', held: 'hush-hush' },
    { what: 'is cut off', held: '{"token":"hush-hush' },
    { what: 'has another form', held: '{"apiKey":"hush-hush"}' },
    { what: 'has a token that is no text', held: '{"token":["hush-hush"]}' },
    { what: 'is empty', held: '{"token":""}' },
    { what: 'has tokens to renew, which this vendor does not issue', held: JSON.stringify(OAUTH) },
  ];

  it.each(unusable)('because it $what is named, and its value is not', async ({ held }) => {
    secrets = held === undefined ? {} : { [NAME]: held };
    const error = await credential()
      .token()
      .then(
        () => new Error('It did not fail.'),
        (thrown: Error) => thrown,
      );
    expect(error.name).toBe('SecretUnreadableError');
    expect(error.message).toContain(NAME);
    for (const text of [error.message, error.stack, JSON.stringify(error), String(error.cause)])
      expect(text).not.toContain('hush');
  });
});
