import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  GetSecretValueCommand,
  SecretsManagerClient,
  type ServiceOutputTypes,
} from '@aws-sdk/client-secrets-manager';
import * as z from 'zod/mini';
import { APP_DESCRIPTIONS } from '../../functions/app-descriptions.ts';
import { OAuthCredential } from '../../functions/credentials/credential.ts';
import { type Leases, leases } from '../../functions/credentials/lease.ts';
import { type CredentialSource, secretCredential } from '../../functions/credentials/secrets.ts';
import { tokenRenewal } from '../../functions/credentials/token-renewal.ts';
import type { App } from '../../functions/shared/apps.ts';
import { startSecretsManager } from '../../local/aws/secrets-manager.ts';
import { COORDINATION_TABLE, startTables } from '../../local/aws/tables.ts';
import type { OAuthServer } from '../../local/vendors/oauth-server.ts';
import type { VendorServer } from '../../local/vendors/vendor-server.ts';

/** What a refresh awaits, in order. */
export const AWAITS = [
  'look',
  'lease',
  'read again',
  'claim',
  'find successor',
  'request',
  'store',
  'put in force',
  'release',
] as const;
export type Await = (typeof AWAITS)[number];

/** Called before and after each await of a worker; whoever never resolves it crashes the worker there. */
export type Hook = (at: Await, side: 'before' | 'after') => Promise<void>;

export type Backend = {
  secretName: string;
  /** A Lambda's container: its own clients, and its own memory of the secret. */
  worker: (options?: { hook?: Hook; sleep?: () => Promise<void>; fetch?: typeof fetch }) => CredentialSource;
  /** The lease table without a worker. */
  leases: Leases;
  secrets: SecretsManagerClient;
  /** What the secret holds. */
  held: () => Promise<OAuthCredential>;
  close: () => Promise<void>;
};

const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };

/** The OAuth endpoints of a vendor that has some. */
export function oauthOf({ oauth, vendor }: VendorServer): OAuthServer {
  if (oauth === undefined) throw new Error(`${vendor} offers no OAuth.`);
  return oauth;
}

/** A Secrets Manager that holds `credential`, and a coordination table. */
export async function startBackend(vendor: App, credential: object, now: () => number): Promise<Backend> {
  const secretName = `tenure/${vendor}/rest`;
  const tables = await startTables('test');
  const manager = await startSecretsManager(
    new Map([[secretName, JSON.stringify(credential)]]),
    CREDENTIALS.accessKeyId,
    { now },
  );
  const database = new DynamoDBClient({ endpoint: tables.url, region: 'local', credentials: CREDENTIALS });
  const secrets = new SecretsManagerClient({
    endpoint: manager.url,
    region: 'local',
    credentials: CREDENTIALS,
  });

  const look = sharedRead<{ response: unknown; output: ServiceOutputTypes }>();

  /** Clients of their own that share the connections. */
  const hookedClients = (hook: Hook) => {
    let holdsLease = false;
    const around = async <T>(at: Await, run: () => Promise<T>): Promise<T> => {
      await hook(at, 'before');
      const result = await run().catch(async (error: unknown) => {
        if (at === 'find successor') await hook(at, 'after');
        throw error;
      });
      if (at === 'lease') holdsLease = true;
      await hook(at, 'after');
      if (at === 'release') holdsLease = false;
      return result;
    };
    const hookedDatabase = new DynamoDBClient({
      endpoint: tables.url,
      region: 'local',
      credentials: CREDENTIALS,
      requestHandler: database.config.requestHandler,
    });
    hookedDatabase.middlewareStack.add(
      (next, context) => async (request) =>
        around(awaitOfTable(context.commandName, request.input), () => next(request)),
      { step: 'initialize' },
    );
    const hookedSecrets = new SecretsManagerClient({
      endpoint: manager.url,
      region: 'local',
      credentials: CREDENTIALS,
      requestHandler: secrets.config.requestHandler,
    });
    hookedSecrets.middlewareStack.add(
      (next, context) => async (request) => {
        const at = awaitOfSecret(context.commandName, request.input, holdsLease);
        return around(at, () => (at === 'look' ? look(() => next(request)) : next(request)));
      },
      { step: 'initialize' },
    );
    const hookedFetch: typeof fetch = (url, init) => around('request', () => fetch(url, init));
    return { database: hookedDatabase, secrets: hookedSecrets, fetch: hookedFetch };
  };

  const held = async () => {
    const { SecretString = '' } = await secrets.send(new GetSecretValueCommand({ SecretId: secretName }));
    return z.parse(OAuthCredential, JSON.parse(SecretString));
  };

  return {
    secretName,
    secrets,
    held,
    leases: leases(COORDINATION_TABLE, { client: database, now }),
    worker: (options = {}) => {
      const clients = hookedClients(options.hook ?? (async () => {}));
      const [surface = { vendor }] = APP_DESCRIPTIONS[vendor].surfaces;
      return secretCredential({ ...surface, tokenRenewal }, secretName, {
        secrets: clients.secrets,
        leases: leases(COORDINATION_TABLE, { client: clients.database, now }),
        fetch: options.fetch ?? clients.fetch,
        now,
        sleep: options.sleep ?? (() => Promise.resolve()),
      });
    },
    close: async () => {
      database.destroy();
      secrets.destroy();
      await Promise.all([tables.close(), manager.close()]);
    },
  };
}

// More would make the crowd one caller: all get the same answer at the same moment, and a missing claim goes unseen.
const MOST_SHARERS = 5;

/**
 * Lets a few who ask while a read is on its way share the next one. Nobody joins a read that was sent before they
 * asked, so each gets an answer that their own request could have got.
 */
function sharedRead<Answer>(): (read: () => Promise<Answer>) => Promise<Answer> {
  let sent: Promise<unknown> = Promise.resolve();
  let next: { answer: Promise<Answer>; sharers: number } | undefined;
  return (read) => {
    if (next !== undefined && next.sharers < MOST_SHARERS) {
      next.sharers += 1;
      return next.answer;
    }
    const group = {
      sharers: 1,
      answer: sent.then(() => {
        if (next === group) next = undefined;
        return read();
      }),
    };
    next = group;
    sent = group.answer.catch(() => {});
    return group.answer;
  };
}

const Input = z.looseObject({ VersionId: z.optional(z.string()), Item: z.optional(z.unknown()) });

function awaitOfTable(commandName: unknown, input: unknown): Await {
  if (commandName === 'DeleteItemCommand') return 'release';
  return JSON.stringify(z.parse(Input, input).Item).includes('/rest#') ? 'claim' : 'lease';
}

function awaitOfSecret(commandName: unknown, input: unknown, holdsLease: boolean): Await {
  if (commandName === 'PutSecretValueCommand') return 'store';
  if (commandName === 'UpdateSecretVersionStageCommand') return 'put in force';
  if (z.parse(Input, input).VersionId !== undefined) return 'find successor';
  return holdsLease ? 'read again' : 'look';
}
