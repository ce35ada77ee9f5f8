import {
  authorizationCodeGrantRequest,
  calculatePKCECodeChallenge,
  generateRandomCodeVerifier,
  generateRandomState,
  None,
  processAuthorizationCodeResponse,
  validateAuthResponse,
} from 'oauth4webapi';
import type { PageConfig } from '../../page-config.ts';
import { ALL_RIGHTS, type Session } from './session.ts';

type Issuer = Extract<PageConfig, { signIn: 'token' }>;

/** What has to outlive the way to the issuer and back. No token is among it. */
type Begun = { verifier: string; state: string; hash: string };

const BEGUN_NAME = 'tenure-sign-in';

const redirectUri = () => `${location.origin}/`;

/**
 * Leaves for the issuer: authorization code with PKCE, https://www.rfc-editor.org/rfc/rfc9700#section-2.1.1.
 *
 * @param hash the place in the page to come back to.
 */
export async function signIn(issuer: Issuer, hash: string): Promise<void> {
  const begun: Begun = { verifier: generateRandomCodeVerifier(), state: generateRandomState(), hash };
  sessionStorage.setItem(BEGUN_NAME, JSON.stringify(begun));
  const url = new URL(issuer.authorizationEndpoint);
  const asked = {
    client_id: issuer.clientId,
    redirect_uri: redirectUri(),
    response_type: 'code',
    scope: issuer.scope,
    state: begun.state,
    code_challenge: await calculatePKCECodeChallenge(begun.verifier),
    code_challenge_method: 'S256',
    ...(issuer.audience === null ? {} : { audience: issuer.audience }),
  };
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
  location.assign(url);
}

/** Whether the address is that of a return from the issuer. */
export function isReturn(): boolean {
  const asked = new URLSearchParams(location.search);
  return asked.has('state') && (asked.has('code') || asked.has('error'));
}

/**
 * The session of somebody who comes back from the issuer; null where nobody has left for it from this tab. The token is kept
 * in memory only.
 *
 * @throws Error when the issuer has refused, or its answer is not the one that was asked for.
 */
export async function finishSignIn(issuer: Issuer): Promise<Session | null> {
  const parameters = new URL(location.href);
  const kept = sessionStorage.getItem(BEGUN_NAME);
  sessionStorage.removeItem(BEGUN_NAME);
  // The tab wrote it itself.
  const begun = kept === null ? null : (JSON.parse(kept) as Begun);
  history.replaceState(null, '', `/${begun?.hash ?? ''}`);
  if (begun === null) return null;
  const server = { issuer: issuer.issuer, token_endpoint: issuer.tokenEndpoint };
  const client = { client_id: issuer.clientId };
  const answered = validateAuthResponse(server, client, parameters, begun.state);
  const response = await authorizationCodeGrantRequest(
    server,
    client,
    None(),
    answered,
    redirectUri(),
    begun.verifier,
  );
  const tokens = await processAuthorizationCodeResponse(server, client, response);
  return sessionOf(issuer, tokens.access_token, tokens.scope);
}

/**
 * What an access token allows. API Gateway checks the token; here it is only read for what to show.
 *
 * @param granted the scopes that the issuer has named beside the token.
 */
export function sessionOf({ scopes }: Pick<Issuer, 'scopes'>, token: string, granted = ''): Session {
  const claims = claimsOf(token);
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html: scope or scp
  const named = [claims.scope, claims.scp, granted].flat().flatMap((text) => String(text ?? '').split(' '));
  const who = [claims.email, claims.preferred_username, claims.username, claims.sub].find(
    (name) => typeof name === 'string',
  );
  return {
    bearer: token,
    rights: ALL_RIGHTS.filter((right) => named.includes(scopes[right])),
    who: who ?? null,
  };
}

function claimsOf(token: string): Record<string, unknown> {
  const [, payload = ''] = token.split('.');
  try {
    const bytes = Uint8Array.from(atob(payload.replaceAll('-', '+').replaceAll('_', '/')), (character) =>
      character.charCodeAt(0),
    );
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    // An issuer may hand out tokens that only it can read.
    return {};
  }
}
