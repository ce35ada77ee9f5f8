import * as z from 'zod/mini';
import { requestedWaitMs } from '../rate-limit/rate-limit.ts';
import type { App } from '../shared/apps.ts';
import {
  VendorAuthError,
  type VendorCall,
  VendorRateLimitedError,
  VendorResponseError,
  VendorUnavailableError,
} from '../shared/errors.ts';
import { parseJson } from '../shared/json.ts';
import { readText } from '../shared/read-text.ts';
import type { ClientAuthentication, OAuthClient, RenewableCredential } from './credential.ts';

// Below the steps' own time limits.
const TOKEN_TIMEOUT_MS = 10_000;

// RFC 6749 only recommends `expires_in`. When this guess is too long, the first refusal leads to a refresh.
const DEFAULT_LIFETIME_S = 3600;
// No vendor's token lives for longer, and a date has to come of it.
const LONGEST_LIFETIME_S = 366 * 86_400;

export type Grant =
  | { grant_type: 'refresh_token'; refresh_token: string }
  | { grant_type: 'authorization_code'; code: string; redirect_uri: string; code_verifier: string };

export type Tokens = {
  /** Undefined when the answer has only a new refresh token. */
  accessToken: string | undefined;
  /** Undefined when the old refresh token stays valid. */
  refreshToken: string | undefined;
  /** As an ISO instant. */
  expiresAt: string;
};

/** The vendor says that the refresh token or the code is not valid, or no longer. */
export class InvalidGrantError extends Error {
  override readonly name = 'InvalidGrantError';
  readonly call: VendorCall;

  constructor(call: VendorCall) {
    super('The grant is not valid.');
    this.call = call;
  }
}

// A refresh token is lost for good when an answer that has one is refused for something else in it.
const TokenText = z.catch(z.optional(z.string().check(z.minLength(1))), undefined);
const Seconds = z.pipe(
  z.union([z.string(), z.number()]),
  z.pipe(z.transform(Number), z.number().check(z.gt(0), z.maximum(LONGEST_LIFETIME_S))),
);
const TokenAnswer = z
  .object({
    access_token: TokenText,
    refresh_token: TokenText,
    expires_in: z.catch(Seconds, DEFAULT_LIFETIME_S),
  })
  .check(z.refine((answer) => (answer.access_token ?? answer.refresh_token) !== undefined));
const Code = z.string().check(z.regex(/^[a-z_.]{1,40}$/));
const TokenRefusal = z.object({ error: Code });
// Driftwood's envelope: https://docs.driftwoodapp.com/api/users/
const Enveloped = z.object({ ok: z.literal(true), result: z.unknown() });
const EnvelopedRefusal = z.object({ ok: z.literal(false), error: z.optional(z.object({ code: Code })) });

/** How tokens are asked for: where, and with which headers and body. */
export type TokenRequest = {
  tokenUrl: string;
  headers: Record<string, string>;
  body: URLSearchParams | string;
  /** What a person does when the endpoint refuses the application, and when it refuses the grant. */
  advice: { application: string; grant: string };
};

/**
 * Asks a vendor's token endpoint for tokens: https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3 and section 6.
 *
 * @throws InvalidGrantError, VendorAuthError, VendorRateLimitedError, VendorUnavailableError, VendorResponseError
 */
export async function requestTokens(request: {
  vendor: App;
  operation: string;
  secretName: string;
  ask: TokenRequest;
  fetch: typeof fetch;
  now: () => number;
}): Promise<Tokens> {
  const { vendor, operation, ask, now } = request;
  const call = { vendor, operation, method: 'POST', path: new URL(ask.tokenUrl).pathname };
  // Measured from before the request, so that the token is never taken for valid longer than the vendor does.
  const askedAt = now();
  const { response, json } = await post(request, call);
  const isRefused = !response.ok || z.safeParse(EnvelopedRefusal, json).success;
  if (isRefused) throw refusalOf(request, { ...call, status: response.status }, response, json);
  const enveloped = z.safeParse(Enveloped, json);
  const parsed = z.safeParse(TokenAnswer, enveloped.success ? enveloped.data.result : json);
  if (!parsed.success)
    throw new VendorResponseError({ ...call, status: response.status }, 'an answer without tokens');
  const { access_token, refresh_token, expires_in } = parsed.data;
  return {
    accessToken: access_token,
    refreshToken: refresh_token,
    expiresAt: new Date(askedAt + expires_in * 1000).toISOString(),
  };
}

async function post(
  request: {
    ask: TokenRequest;
    fetch: typeof globalThis.fetch;
  },
  call: VendorCall,
): Promise<{ response: Response; json: unknown }> {
  try {
    const { tokenUrl, headers, body } = request.ask;
    const response = await request.fetch(tokenUrl, {
      method: 'POST',
      headers: { accept: 'application/json', ...headers },
      body,
      // A redirect that is followed would send the tokens to another server.
      redirect: 'manual',
      signal: AbortSignal.timeout(TOKEN_TIMEOUT_MS),
    });
    return { response, json: parseJson(await readText(response)) };
  } catch {
    // The cause may quote the request, so it is left out.
    throw new VendorUnavailableError(call, 'could not be completed because the connection failed');
  }
}

function refusalOf(
  { secretName, now, ask }: { secretName: string; now: () => number; ask: TokenRequest },
  call: VendorCall & { status: number },
  response: Response,
  json: unknown,
): Error {
  const enveloped = z.safeParse(EnvelopedRefusal, json);
  const code = enveloped.data?.error?.code ?? z.safeParse(TokenRefusal, json).data?.error;
  if (code === 'invalid_grant' || code?.startsWith('token.')) return new InvalidGrantError(call);
  if (call.status === 429 || code === 'rate_limit.exceeded')
    return new VendorRateLimitedError(call, requestedWaitMs(response.headers, now()));
  if (call.status >= 500 || call.status === 408) return new VendorUnavailableError(call, 'failed');
  if (call.status < 400 && !enveloped.success) return new VendorResponseError(call, 'a redirect');
  return new VendorAuthError(
    call,
    secretName,
    `The token endpoint gives as reason: ${code ?? 'none'}. ${ask.advice.application}`,
  );
}

/** What a person types to give tenure new OAuth tokens. */
export function authorizeCommand(vendor: App): string {
  return `npm start -- authorize ${vendor}`;
}

const CHECK_APPLICATION = 'Check clientId, clientSecret and tokenUrl in that secret';
const LOG_IN_AGAIN = 'Log in to the app again, and store the new refresh token in that secret.';

/** A request of OAuth 2.0, with the application's proof of itself. */
export function oauthRequest(
  vendor: App,
  client: OAuthClient,
  how: ClientAuthentication,
  grant: Grant,
): TokenRequest {
  const { headers, parameters } = proofOf(client, how);
  return {
    tokenUrl: client.tokenUrl,
    headers,
    body: new URLSearchParams({ ...grant, ...parameters }),
    advice: {
      application: `${CHECK_APPLICATION}, then run ${authorizeCommand(vendor)}.`,
      grant: `Run ${authorizeCommand(vendor)}.`,
    },
  };
}

/** The request that renews credentials, in the way of their kind. */
export function renewalRequest(
  vendor: App,
  how: ClientAuthentication,
  credential: RenewableCredential,
): TokenRequest {
  if (!('grant' in credential))
    return oauthRequest(vendor, credential, how, {
      grant_type: 'refresh_token',
      refresh_token: credential.refreshToken,
    });
  const { tokenUrl } = credential;
  const headers = { 'content-type': 'application/json' };
  if (credential.grant === 'refresh_token')
    return {
      ...{ tokenUrl, headers, body: JSON.stringify({ refresh_token: credential.refreshToken }) },
      advice: { application: LOG_IN_AGAIN, grant: LOG_IN_AGAIN },
    };
  const { grant, clientId, clientSecret } = credential;
  return {
    ...{ tokenUrl, headers },
    body: JSON.stringify({ grant_type: grant, client_id: clientId, client_secret: clientSecret }),
    advice: { application: `${CHECK_APPLICATION}.`, grant: `${CHECK_APPLICATION}.` },
  };
}

/** How the application proves itself: https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1 */
function proofOf(
  { clientId, clientSecret }: OAuthClient,
  how: ClientAuthentication,
): { headers: Record<string, string>; parameters: Record<string, string> } {
  if (how === 'request body')
    return { headers: {}, parameters: { client_id: clientId, client_secret: clientSecret } };
  const text = `${formEncode(clientId)}:${formEncode(clientSecret)}`;
  return { headers: { authorization: `Basic ${Buffer.from(text).toString('base64')}` }, parameters: {} };
}

function formEncode(value: string): string {
  return new URLSearchParams({ '': value }).toString().slice(1);
}
