import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LoopbackServer } from '../../local/aws/loopback-server.ts';
import { startSecretsManager } from '../../local/aws/secrets-manager.ts';
import { keepSecret, readSecretsEntry, readSecretsFile } from '../../local/runtime/secrets-file.ts';

const NAME = 'tenure/pipedrive/rest';
const ID = 'a-version-id-of-at-least-32-characters';

describe('the Secrets Manager on loopback', () => {
  let server: LoopbackServer;
  let client: SecretsManagerClient;
  let puts: string[][];
  const connect = (accessKeyId: string) =>
    new SecretsManagerClient({
      endpoint: server.url,
      region: 'local',
      credentials: { accessKeyId, secretAccessKey: 'x' },
      maxAttempts: 1,
    });

  beforeEach(async () => {
    puts = [];
    server = await startSecretsManager(new Map([[NAME, 'first']]), 'the-key', {
      onPut: (...put) => puts.push(put),
      now: () => Date.UTC(2026, 0, 5),
    });
    client = connect('the-key');
  });
  afterEach(async () => {
    client.destroy();
    await server.close();
  });

  const read = (VersionId?: string) => client.send(new GetSecretValueCommand({ SecretId: NAME, VersionId }));
  const put = (SecretString: string, more = {}) =>
    client.send(new PutSecretValueCommand({ SecretId: NAME, SecretString, ...more }));
  const move = (MoveToVersionId: string, RemoveFromVersionId?: string) =>
    client.send(
      new UpdateSecretVersionStageCommand({
        SecretId: NAME,
        VersionStage: 'AWSCURRENT',
        MoveToVersionId,
        RemoveFromVersionId,
      }),
    );
  const failure = (promise: Promise<unknown>) =>
    promise.then(
      () => 'no error',
      (error: Error) => error.name,
    );

  it('gives the version in force with its id, its labels and its age', async () => {
    expect(await read()).toMatchObject({
      SecretString: 'first',
      VersionId: expect.any(String),
      VersionStages: ['AWSCURRENT'],
      CreatedDate: new Date('2026-01-05T00:00:00Z'),
    });
  });

  it('puts a new version in force, and tells of it', async () => {
    const { VersionId = '' } = await read();
    await put('second');
    expect(await read()).toMatchObject({ SecretString: 'second' });
    expect(await read(VersionId)).toMatchObject({ SecretString: 'first', VersionStages: ['AWSPREVIOUS'] });
    expect(puts).toEqual([[NAME, 'second']]);
  });

  it('puts a version twice under the same id only if it says the same', async () => {
    await put('second', { ClientRequestToken: ID });
    await put('second', { ClientRequestToken: ID });
    expect(await failure(put('third', { ClientRequestToken: ID }))).toBe('ResourceExistsException');
    expect(await read()).toMatchObject({ SecretString: 'second', VersionId: ID });
  });

  it('moves the label only from the version that has it', async () => {
    const { VersionId = '' } = await read();
    await put('second', { ClientRequestToken: ID, VersionStages: ['TENURE_REFRESHED'] });
    expect(await read()).toMatchObject({ SecretString: 'first' });
    expect(await failure(move(ID))).toBe('InvalidParameterException');
    expect(await failure(move(ID, ID))).toBe('InvalidParameterException');
    expect(await failure(move('unknown', VersionId))).toBe('ResourceNotFoundException');
    await move(ID, VersionId);
    expect(await read()).toMatchObject({ SecretString: 'second' });
  });

  it('refuses what is not signed with the key, and secrets that it does not have', async () => {
    const stranger = connect('another-key');
    const ask = stranger.send(new PutSecretValueCommand({ SecretId: NAME, SecretString: 'mine' }));
    expect(await failure(ask)).toBe('AccessDeniedException');
    stranger.destroy();
    expect(await failure(client.send(new GetSecretValueCommand({ SecretId: 'other' })))).toBe(
      'ResourceNotFoundException',
    );
    expect(puts).toEqual([]);
  });
});

describe('the secrets file', () => {
  let folder: string;
  let file: string;
  let count = 0;
  const mode = (path: string) => statSync(path).mode & 0o777;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tenure-secrets-'));
  });
  beforeEach(() => {
    count += 1;
    mkdirSync(join(folder, String(count)));
    file = join(folder, String(count), 'secrets.json');
  });

  it('is made where there is none, for its owner only', () => {
    keepSecret(file, NAME, '{"token":"new"}');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ [NAME]: { token: 'new' } });
    expect(mode(file)).toBe(0o600);
  });

  it('keeps the other entries, is closed to others from then on, and leaves no draft behind', () => {
    writeFileSync(file, JSON.stringify({ other: { token: 'x' }, [NAME]: { token: 'old' } }), { mode: 0o644 });
    keepSecret(file, NAME, '{"token":"new"}');
    expect([...readSecretsFile(file).secrets]).toEqual([
      ['other', '{"token":"x"}'],
      [NAME, '{"token":"new"}'],
    ]);
    expect(mode(file)).toBe(0o600);
    expect(readdirSync(join(folder, String(count)))).toEqual(['secrets.json']);
  });

  it('is written where a link to it leads', () => {
    const link = `${file}-link`;
    writeFileSync(file, '{}', { mode: 0o600 });
    symlinkSync(file, link);
    keepSecret(link, NAME, '{"token":"new"}');
    expect(readSecretsEntry(file, NAME)).toEqual({ token: 'new' });
  });

  it.each([0o640, 0o604, 0o660, 0o602])('is refused with the mode %o, and says what closes it', (open) => {
    writeFileSync(file, '{}');
    chmodSync(file, open);
    expect(readSecretsFile(file).problems).toEqual([
      `${file}: others on this machine can read it; close it with: chmod 600 ${file}`,
    ]);
    expect(() => readSecretsEntry(file, NAME)).toThrow(`chmod 600 ${file}`);
    const odd = `${file} of Ann's`;
    writeFileSync(odd, '{}');
    chmodSync(odd, open);
    expect(readSecretsFile(odd).problems[0]).toContain(`chmod 600 '${file} of Ann'\\''s'`);
  });

  it.each(['not JSON: hush', '["hush"]'])('is left alone when it is something else: %s', (text) => {
    writeFileSync(file, text, { mode: 0o600 });
    for (const act of [() => keepSecret(file, NAME, '{}'), () => readSecretsEntry(file, NAME)])
      expect(act).toThrow(
        expect.objectContaining({ message: `${file} is not a secrets file, and is left as it is.` }),
      );
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect(readSecretsFile(file).problems).toEqual([
      `${file}: is not JSON of the form secret name → {"token":"…"}`,
    ]);
  });

  it('names what is wrong in it, and quotes no value', () => {
    const content = '{ "tenure/pipedrive/webhook": { "user": "tenure", "passwords": ["hush"] } }';
    writeFileSync(file, content, { mode: 0o600 });
    const [problem, ...more] = readSecretsFile(file).problems;
    expect(more).toEqual([]);
    expect(problem).toContain('tenure/pipedrive/webhook: expected ');
    expect(problem).not.toContain('hush');
    expect(readSecretsFile(`${file}-elsewhere`).problems).toEqual([
      `${file}-elsewhere: there is no such file`,
    ]);
  });
});
