import { createHash, randomBytes } from 'node:crypto';
import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import type { OAuthCredential } from '../../functions/credentials/credential.ts';
import { oauthRequest, requestTokens } from '../../functions/credentials/token-endpoint.ts';
import type { App } from '../../functions/shared/apps.ts';
import type { Sleep } from '../../functions/shared/sleep.ts';
import { secretName } from '../../functions/vendor/surface.ts';
import { isSameText } from '../aws/caller.ts';
import { type LoopbackServer, startLoopbackServer } from '../aws/loopback-server.ts';
import { type Application, CALLBACK_PATH, endpointsOf } from './oauth-application.ts';

const PATIENCE_MS = 5 * 60 * 1000;

/** The person declined or did not answer, or the vendor broke the protocol; the message is for a person. */
export class AuthorizationError extends Error {
  override readonly name = 'AuthorizationError';
}

/**
 * Guides a person through the authorization-code flow: https://www.rfc-editor.org/rfc/rfc6749#section-4.1, with
 * PKCE, https://www.rfc-editor.org/rfc/rfc7636, which vendors that do not know it ignore.
 *
 * @throws AuthorizationError, and what `requestTokens` throws.
 */
export async function authorize(
  options: Application & {
    vendor: App;
    /** 0 for any. */
    port: number;
    tell: (...lines: string[]) => void;
    sleep: Sleep;
    now?: () => number;
  },
): Promise<OAuthCredential> {
  const { vendor, clientId, clientSecret, tokenUrl, now = Date.now } = options;
  const state = randomBytes(32).toString('base64url');
  const verifier = randomBytes(32).toString('base64url');
  const redirect = await awaitRedirect(options.port, state);
  try {
    options.tell('Open this URL in a browser, log in as an admin and agree:', '');
    options.tell(`${authorizationUrl(options, redirect.uri, state, verifier)}`, '');
    const code = await Promise.race([redirect.code, giveUp(options.sleep)]);
    const tokens = await requestTokens({
      vendor,
      operation: 'authorize',
      secretName: secretName({ vendor, surface: 'rest' }),
      ask: oauthRequest(
        vendor,
        { clientId, clientSecret, tokenUrl },
        endpointsOf(vendor).clientAuthentication,
        { grant_type: 'authorization_code', code, redirect_uri: redirect.uri, code_verifier: verifier },
      ),
      fetch,
      now,
    });
    const { accessToken, refreshToken, expiresAt } = tokens;
    if (accessToken === undefined || refreshToken === undefined)
      throw new AuthorizationError(
        'The vendor gave no refresh token, or nothing else. Allow offline access in the OAuth application, then try again.',
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
    // A request with another state does not come from the URL that was printed. The right one may still come.
    if (!isSameText(query.state ?? '', state))
      return context.text('This is not the link that tenure is waiting for.', 400);
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

async function giveUp(sleep: Sleep): Promise<never> {
  await sleep(PATIENCE_MS);
  throw new AuthorizationError('Nobody came back within five minutes. Nothing was stored; try again.');
}
