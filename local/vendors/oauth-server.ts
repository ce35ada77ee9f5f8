import { createHash, randomUUID } from 'node:crypto';
import type { ClientAuthentication, OAuthCredential } from '../../functions/credentials/credential.ts';
import { limitBody, type VendorApp, type VendorContext } from './vendor-app.ts';

// OAuth 2.0, https://www.rfc-editor.org/rfc/rfc6749, with PKCE, https://www.rfc-editor.org/rfc/rfc7636.

export type OAuthRules = {
  authorizePath: string;
  tokenPath: string;
  /** The one way of client authentication that the vendor accepts. */
  clientAuthentication: ClientAuthentication;
  /** How long an access token is valid. */
  lifetimeMs: number;
  /** Whether every refresh gives a new refresh token. The use of an old one then revokes all tokens of the grant. */
  rotates: boolean;
};

export type OAuthServer = {
  authorizeUrl: string;
  tokenUrl: string;
  clientId: string;
  clientSecret: string;
  /** Makes a grant, as a person's consent would. */
  grant: () => OAuthCredential;
  /** Whether this is an access token that is valid now. */
  accepts: (accessToken: string | undefined) => boolean;
  /** How often tokens were refreshed. */
  refreshes: number;
  /** How often a refresh token was used twice, which revoked its grant. */
  revocations: number;
};

/** The tokens that came from one consent. */
type Family = {
  refreshToken: string;
  spent: Set<string>;
  accessTokens: Map<string, number>;
  revoked: boolean;
};
type Code = { redirectUri: string; challenge: string | undefined; expiresAt: number };

const CODE_LIFE_MS = 60_000;

/** Adds a vendor's OAuth endpoints to its routes. */
export function oauthRoutes(
  app: VendorApp,
  rules: OAuthRules,
  origin: () => string,
  now: () => number,
): OAuthServer {
  // They hold characters that the client has to encode.
  const clientId = `client:${randomUUID()}`;
  const clientSecret = `s&cret +%${randomUUID()}`;
  const families: Family[] = [];
  const codes = new Map<string, Code>();

  const issue = (family: Family) => {
    const accessToken = randomUUID();
    family.accessTokens.set(accessToken, now() + rules.lifetimeMs);
    return { accessToken, refreshToken: family.refreshToken };
  };

  const consent = () => {
    const family: Family = {
      refreshToken: randomUUID(),
      spent: new Set(),
      accessTokens: new Map(),
      revoked: false,
    };
    families.push(family);
    return issue(family);
  };

  const server: OAuthServer = {
    get authorizeUrl() {
      return `${origin()}${rules.authorizePath}`;
    },
    get tokenUrl() {
      return `${origin()}${rules.tokenPath}`;
    },
    clientId,
    clientSecret,
    grant: () => ({
      clientId,
      clientSecret,
      tokenUrl: server.tokenUrl,
      ...consent(),
      expiresAt: new Date(now() + rules.lifetimeMs).toISOString(),
    }),
    accepts: (accessToken) =>
      families.some(
        ({ revoked, accessTokens }) => !revoked && (accessTokens.get(accessToken ?? '') ?? 0) > now(),
      ),
    refreshes: 0,
    revocations: 0,
  };

  const refresh = (refreshToken: string) => {
    const reused = families.find(({ spent }) => spent.has(refreshToken));
    if (reused !== undefined) {
      server.revocations += 1;
      reused.revoked = true;
      return undefined;
    }
    const family = families.find(
      (candidate) => !candidate.revoked && candidate.refreshToken === refreshToken,
    );
    if (family === undefined) return undefined;
    server.refreshes += 1;
    if (rules.rotates) {
      family.spent.add(refreshToken);
      family.refreshToken = randomUUID();
    }
    return issue(family);
  };

  const redeem = (form: URLSearchParams) => {
    const code = codes.get(form.get('code') ?? '');
    codes.delete(form.get('code') ?? '');
    if (code === undefined || code.expiresAt < now() || code.redirectUri !== form.get('redirect_uri'))
      return undefined;
    if (code.challenge !== undefined && code.challenge !== challengeOf(form.get('code_verifier') ?? ''))
      return undefined;
    return consent();
  };

  // The simulated person always agrees.
  app.get(rules.authorizePath, (context) => {
    const { response_type, client_id, redirect_uri = '', state, ...rest } = context.req.query();
    if (response_type !== 'code' || client_id !== clientId || !redirect_uri.startsWith('http://127.0.0.1:'))
      return context.text('This application is not known.', 400);
    const code = randomUUID();
    codes.set(code, {
      redirectUri: redirect_uri,
      challenge: rest.code_challenge,
      expiresAt: now() + CODE_LIFE_MS,
    });
    const answer = new URLSearchParams({ code, ...(state === undefined ? {} : { state }) });
    return context.redirect(`${redirect_uri}?${answer}`);
  });

  app.post(rules.tokenPath, limitBody, async (context) => {
    if (!context.req.header('content-type')?.startsWith('application/x-www-form-urlencoded'))
      return context.json({ error: 'invalid_request' }, 400);
    const form = new URLSearchParams(await context.req.text());
    const proof = rules.clientAuthentication === 'http basic' ? basicProof(context) : bodyProof(form);
    if (proof.clientId !== clientId || proof.clientSecret !== clientSecret)
      return context.json({ error: 'invalid_client' }, 401);
    const grantType = form.get('grant_type');
    if (grantType !== 'refresh_token' && grantType !== 'authorization_code')
      return context.json({ error: 'unsupported_grant_type' }, 400);
    const tokens = grantType === 'refresh_token' ? refresh(form.get('refresh_token') ?? '') : redeem(form);
    if (tokens === undefined)
      return context.json({ error: 'invalid_grant', error_description: 'The grant is not valid.' }, 400);
    const isKept = grantType === 'refresh_token' && !rules.rotates;
    return context.json({
      access_token: tokens.accessToken,
      token_type: 'Bearer',
      expires_in: rules.lifetimeMs / 1000,
      ...(isKept ? {} : { refresh_token: tokens.refreshToken }),
    });
  });

  return server;
}

type Proof = { clientId: string | null; clientSecret: string | null };

function basicProof(context: VendorContext): Proof {
  const basic = context.req.header('authorization')?.match(/^Basic (\S+)$/)?.[1] ?? '';
  const [id = '', secret = ''] = Buffer.from(basic, 'base64').toString().split(':');
  return { clientId: formDecode(id), clientSecret: formDecode(secret) };
}

function bodyProof(form: URLSearchParams): Proof {
  return { clientId: form.get('client_id'), clientSecret: form.get('client_secret') };
}

function formDecode(text: string): string {
  return new URLSearchParams(`value=${text}`).get('value') ?? '';
}

function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}
