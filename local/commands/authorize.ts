import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { ParseArgsOptionsConfig } from 'node:util';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import * as z from 'zod/mini';
import { ALL_SURFACES } from '../../functions/app-descriptions.ts';
import type { OAuthCredential, OAuthEndpoints } from '../../functions/credentials/credential.ts';
import { requestTokens } from '../../functions/credentials/token-endpoint.ts';
import type { App } from '../../functions/shared/apps.ts';
import { isConfidentialUrl } from '../../functions/shared/confidential-url.ts';
import { parseJson } from '../../functions/shared/json.ts';
import type { Sleep } from '../../functions/shared/sleep.ts';
import { secretName } from '../../functions/vendor/surface.ts';
import { type LoopbackServer, startLoopbackServer } from '../aws/loopback-server.ts';
import { keepSecret, readSecretsEntry } from '../runtime/secrets-file.ts';
import { UsageError } from '../runtime/usage-error.ts';
import { readPort } from './arguments.ts';
import { parseCommand } from './command-runtime.ts';

const ENDPOINTS: ReadonlyMap<App, OAuthEndpoints> = new Map(
  ALL_SURFACES.flatMap(({ vendor, oauth }) => (oauth === undefined ? [] : [[vendor, oauth] as const])),
);
const OAUTH_VENDORS = [...ENDPOINTS.keys()];
const OAuthVendor = z.enum(OAUTH_VENDORS);

function endpointsOf(vendor: App): OAuthEndpoints {
  const endpoints = ENDPOINTS.get(vendor);
  if (endpoints === undefined) throw new UsageError(`authorize: ${vendor} has no OAuth`);
  return endpoints;
}

/** Somebody said no, nobody answered, or the vendor did not keep to the protocol; the message is for a person. */
export class AuthorizationError extends Error {
  override readonly name = 'AuthorizationError';
}

// Vendors redirect only to a URL that is registered with them, so the port stays the same.
const DEFAULT_PORT = 8917;
const CALLBACK_PATH = '/callback';
const PATIENCE_MS = 5 * 60 * 1000;

const AUTHORIZE_HELP = `npm start -- authorize VENDOR: gives tenure OAuth tokens for ${new Intl.ListFormat('en', { type: 'disjunction' }).format(OAUTH_VENDORS)}

It prints a URL. Open it, log in as an admin and agree; the vendor then sends the browser back to this machine.
Register http://127.0.0.1:${DEFAULT_PORT}${CALLBACK_PATH} as the redirect URI of your OAuth application first.

  --secrets FILE   store the tokens in this secrets file
  --aws            store them in Secrets Manager, with the AWS credentials and region of the environment
  --port N         wait for the browser on this port instead of ${DEFAULT_PORT}

The application's id and secret are taken from <VENDOR>_CLIENT_ID and <VENDOR>_CLIENT_SECRET in the environment, or
from what is stored already. <VENDOR>_AUTHORIZE_URL and <VENDOR>_TOKEN_URL replace the vendor's own.
Exit codes: 0 stored, 1 not authorized, 2 bad usage.
`;

const OPTIONS = {
  aws: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  port: { type: 'string' },
  secrets: { type: 'string' },
} as const satisfies ParseArgsOptionsConfig;

/** Where the outcome goes, and where the application's id and secret may stand already. */
type Place = { title: string; read: () => Promise<unknown>; keep: (text: string) => Promise<void> };

/**
 * The command line of `authorize`; returns the exit code.
 *
 * @throws UsageError
 */
export async function authorizeCommand(words: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommand('authorize', words, OPTIONS, true);
  if (values.help) {
    console.log(AUTHORIZE_HELP);
    return 0;
  }
  const [word, ...more] = positionals;
  const vendor = z.safeParse(OAuthVendor, word).data;
  if (vendor === undefined || more.length > 0)
    throw new UsageError(`authorize: expected one of ${OAUTH_VENDORS.join(', ')}`);
  const place = placeOf(vendor, values);
  const port = readPort(values.port ?? String(DEFAULT_PORT), 1);
  try {
    const application = readApplication(vendor, process.env, await place.read());
    const credential = await authorize({
      vendor,
      ...application,
      port,
      tell: (line) => console.log(line),
      // Not waited for once everything else is over.
      sleep: (ms) => wait(ms, undefined, { ref: false }),
    });
    await place.keep(JSON.stringify(credential));
  } catch (error) {
    if (!(error instanceof Error) || error instanceof UsageError) throw error;
    console.error(error.message);
    return 1;
  }
  console.log(`Stored ${secretName({ vendor, surface: 'rest' })} in ${place.title}.`);
  return 0;
}

export type Application = { authorizeUrl: string; tokenUrl: string; clientId: string; clientSecret: string };

/**
 * Walks a person through the authorization-code flow: https://www.rfc-editor.org/rfc/rfc6749#section-4.1, with
 * PKCE, https://www.rfc-editor.org/rfc/rfc7636, which vendors that do not know it ignore.
 *
 * @throws AuthorizationError, and what `requestTokens` throws.
 */
export async function authorize(
  options: Application & {
    vendor: App;
    /** 0 for any. */
    port: number;
    tell: (line: string) => void;
    sleep: Sleep;
    now?: () => number;
  },
): Promise<OAuthCredential> {
  const { vendor, clientId, clientSecret, tokenUrl, now = Date.now } = options;
  const state = randomBytes(32).toString('base64url');
  const verifier = randomBytes(32).toString('base64url');
  const redirect = await awaitRedirect(options.port, state);
  try {
    options.tell('Open this URL in a browser, log in as an admin and agree:\n');
    options.tell(`${authorizationUrl(options, redirect.uri, state, verifier)}\n`);
    const code = await Promise.race([redirect.code, giveUp(options.sleep)]);
    const tokens = await requestTokens({
      vendor,
      operation: 'authorize',
      secretName: secretName({ vendor, surface: 'rest' }),
      client: { clientId, clientSecret, tokenUrl },
      clientAuthentication: endpointsOf(vendor).clientAuthentication,
      grant: { grant_type: 'authorization_code', code, redirect_uri: redirect.uri, code_verifier: verifier },
      fetch,
      now,
    });
    const { accessToken, refreshToken, expiresAt } = tokens;
    if (refreshToken === undefined)
      throw new AuthorizationError(
        'The vendor gave no refresh token. Allow offline access in the OAuth application, then try again.',
      );
    return { clientId, clientSecret, tokenUrl, accessToken, refreshToken, expiresAt };
  } finally {
    await redirect.server.close();
  }
}

async function awaitRedirect(
  port: number,
  state: string,
): Promise<{ server: LoopbackServer; uri: string; code: Promise<string> }> {
  const { promise: code, resolve, reject } = Promise.withResolvers<string>();
  // It may be rejected before somebody waits for it.
  code.catch(() => {});
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.get(CALLBACK_PATH, (context) => {
    const query = context.req.query();
    // Whoever sends another state did not come from the URL that was printed; the one who did may still come.
    if (!isSame(query.state ?? '', state)) return context.text('This link does not belong here.', 400);
    const { outgoing } = context.env;
    if (query.code !== undefined && query.code !== '') {
      const { code: received } = query;
      outgoing.once('finish', () => resolve(received));
      return context.text('Go back to the terminal; it says how it ended. You can close this window.');
    }
    outgoing.once('finish', () =>
      reject(new AuthorizationError('The vendor did not authorize tenure. Nothing was stored.')),
    );
    return context.text('Not authorized. Go back to the terminal.', 400);
  });
  const server = await startLoopbackServer(app.fetch, port);
  return { server, uri: `${server.url}${CALLBACK_PATH}`, code };
}

function authorizationUrl(
  { authorizeUrl, clientId }: Application,
  redirectUri: string,
  state: string,
  verifier: string,
): string {
  const url = new URL(authorizeUrl);
  const parameters = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

/** Takes the same time wherever the two differ. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

async function giveUp(sleep: Sleep): Promise<never> {
  await sleep(PATIENCE_MS);
  throw new AuthorizationError('Nobody came back within five minutes. Nothing was stored; try again.');
}

function placeOf(vendor: App, { aws = false, secrets }: { aws?: boolean; secrets?: string }): Place {
  const name = secretName({ vendor, surface: 'rest' });
  if (aws === (secrets !== undefined)) throw new UsageError('authorize: expected --secrets FILE or --aws');
  return secrets === undefined ? secretsManagerPlace(name) : secretsFilePlace(name, secrets);
}

function secretsFilePlace(name: string, file: string): Place {
  return {
    title: file,
    read: async () => {
      try {
        // Tokens that cannot be kept are lost, and the vendor's consent with them.
        accessSync(dirname(file), constants.W_OK);
        return readSecretsEntry(file, name);
      } catch (error) {
        throw new UsageError(error instanceof Error ? error.message : String(error));
      }
    },
    keep: async (text) => keepSecret(file, name, text),
  };
}

function secretsManagerPlace(name: string): Place {
  const client = new SecretsManagerClient({});
  return {
    title: 'Secrets Manager',
    read: async () => {
      const answer = await client
        .send(new GetSecretValueCommand({ SecretId: name }))
        .catch((error: unknown) => {
          // Deployed, and nobody has stored a value so far.
          if (error instanceof ResourceNotFoundException) return null;
          throw error;
        });
      return parseJson(answer?.SecretString ?? '');
    },
    keep: async (text) => {
      await client.send(new PutSecretValueCommand({ SecretId: name, SecretString: text }));
    },
  };
}

/**
 * The vendor's OAuth application: from the environment first, else from what is stored already.
 *
 * @throws UsageError
 */
export function readApplication(vendor: App, environment: NodeJS.ProcessEnv, stored: unknown): Application {
  const known = z.safeParse(
    z.object({ clientId: z.optional(z.string()), clientSecret: z.optional(z.string()) }),
    stored,
  ).data;
  const prefix = vendor.toUpperCase();
  const read = (name: string, fallback: string | undefined): string => {
    const value = environment[`${prefix}_${name}`] || fallback;
    if (value === undefined || value === '')
      throw new UsageError(`authorize: expected ${prefix}_${name} in the environment`);
    return value;
  };
  const readUrl = (name: string, fallback: string): string => {
    const url = read(name, fallback);
    if (isConfidentialUrl(url)) return url;
    throw new UsageError(`${prefix}_${name} must be an https URL (http only on loopback).`);
  };
  return {
    clientId: read('CLIENT_ID', known?.clientId),
    clientSecret: read('CLIENT_SECRET', known?.clientSecret),
    authorizeUrl: readUrl('AUTHORIZE_URL', endpointsOf(vendor).authorizeUrl),
    tokenUrl: readUrl('TOKEN_URL', endpointsOf(vendor).tokenUrl),
  };
}
