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
import type { ClientAuthentication, OAuthClient } from './credential.ts';

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
const TokenRefusal = z.object({ error: z.string().check(z.regex(/^[a-z_]{1,40}$/)) });

/**
 * Asks a vendor's token endpoint for tokens: https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3 and section 6.
 *
 * @throws InvalidGrantError, VendorAuthError, VendorRateLimitedError, VendorUnavailableError, VendorResponseError
 */
export async function requestTokens(request: {
  vendor: App;
  operation: string;
  secretName: string;
  client: OAuthClient;
  clientAuthentication: ClientAuthentication;
  grant: Grant;
  fetch: typeof fetch;
  now: () => number;
}): Promise<Tokens> {
  const { vendor, operation, client, now } = request;
  const call = { vendor, operation, method: 'POST', path: new URL(client.tokenUrl).pathname };
  // Measured from before the request, so that the token is never taken for valid longer than the vendor does.
  const askedAt = now();
  const { response, json } = await post(request, call);
  if (!response.ok) throw refusalOf(request, { ...call, status: response.status }, response, json);
  const parsed = z.safeParse(TokenAnswer, json);
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
    client: OAuthClient;
    clientAuthentication: ClientAuthentication;
    grant: Grant;
    fetch: typeof globalThis.fetch;
  },
  call: VendorCall,
): Promise<{ response: Response; json: unknown }> {
  try {
    const { client, grant } = request;
    const proof = proofOf(client, request.clientAuthentication);
    const response = await request.fetch(client.tokenUrl, {
      method: 'POST',
      headers: { accept: 'application/json', ...proof.headers },
      body: new URLSearchParams({ ...grant, ...proof.parameters }),
      // A redirect that is followed would send the tokens to another server.
      redirect: 'manual',
      signal: AbortSignal.timeout(TOKEN_TIMEOUT_MS),
    });
    return { response, json: parseJson(await response.text()) };
  } catch {
    // The cause may quote the request, so it is left out.
    throw new VendorUnavailableError(call, 'could not be completed because the connection failed');
  }
}

function refusalOf(
  { secretName, now, vendor }: { secretName: string; now: () => number; vendor: App },
  call: VendorCall & { status: number },
  response: Response,
  json: unknown,
): Error {
  const code = z.safeParse(TokenRefusal, json).data?.error;
  if (code === 'invalid_grant') return new InvalidGrantError(call);
  if (call.status === 429) return new VendorRateLimitedError(call, requestedWaitMs(response.headers, now()));
  if (call.status >= 500 || call.status === 408) return new VendorUnavailableError(call, 'failed');
  if (call.status < 400) return new VendorResponseError(call, 'a redirect');
  return new VendorAuthError(
    call,
    secretName,
    `The token endpoint gives as reason: ${code ?? 'none'}. Check clientId, clientSecret and tokenUrl in that secret, then run ${authorizeCommand(vendor)}.`,
  );
}

/** What a person types to give tenure new OAuth tokens. */
export function authorizeCommand(vendor: App): string {
  return `npm start -- authorize ${vendor}`;
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
