import type { BrowserContext } from 'playwright-core';
import { ROUTES, type Scope } from '../../cdk/api.ts';
import type { PageConfig } from '../../functions/web/page-config.ts';
import type { Gateway } from '../../local/runtime/local-api.ts';

const ISSUER = 'https://login.example';

const CONFIG: PageConfig = {
  signIn: 'token',
  issuer: ISSUER,
  authorizationEndpoint: `${ISSUER}/authorize`,
  tokenEndpoint: `${ISSUER}/token`,
  clientId: 'page',
  scope: 'openid tenure/read tenure/run tenure/approve tenure/admin',
  audience: null,
  scopes: { read: 'tenure/read', run: 'tenure/run', approve: 'tenure/approve', admin: 'tenure/admin' },
};

type Claims = { sub: string; scope: string };

/** An issuer, and what API Gateway does with its tokens, so that the page can be met as it is deployed. */
export type Deployed = {
  gateway: Gateway;
  /** Whoever signs in from here is this person, and gets these scopes. */
  letIn: (context: BrowserContext, who: string, scopes: readonly Scope[]) => Promise<void>;
  /** The last token that somebody got. */
  tokenOf: (who: string) => string;
  /** No token that was given out is good any more. */
  endSessions: () => void;
};

export function deployed(): Deployed {
  const tokens = new Map<string, Claims>();
  const challenges = new Map<string, string>();
  return {
    gateway: { page: CONFIG, admit: (request) => admit(request, tokens) },
    tokenOf: (who) => [...tokens].findLast(([, { sub }]) => sub === who)?.[0] ?? '',
    endSessions: () => tokens.clear(),
    letIn: async (context, sub, scopes) => {
      await context.route(`${ISSUER}/authorize*`, async (route) => {
        const asked = new URL(route.request().url()).searchParams;
        const code = crypto.randomUUID();
        challenges.set(code, asked.get('code_challenge') ?? '');
        const back = new URL(asked.get('redirect_uri') ?? '');
        back.searchParams.set('code', code);
        back.searchParams.set('state', asked.get('state') ?? '');
        await route.fulfill({ status: 302, headers: { location: back.href } });
      });
      await context.route(`${ISSUER}/token`, async (route) => {
        const headers = { 'access-control-allow-origin': '*' };
        const sent = new URLSearchParams(route.request().postData() ?? '');
        const code = sent.get('code') ?? '';
        const challenge = challenges.get(code);
        challenges.delete(code);
        if (challenge !== (await challengeOf(sent.get('code_verifier') ?? '')))
          return route.fulfill({ status: 400, headers, json: { error: 'invalid_grant' } });
        const claims = { sub, scope: scopes.map((scope) => `tenure/${scope}`).join(' ') };
        const access_token = newToken(claims);
        tokens.set(access_token, claims);
        return route.fulfill({ headers, json: { access_token, token_type: 'Bearer', expires_in: 3600 } });
      });
    },
  };
}

/** As API Gateway does: 401 without a good token, 403 without the scope of the route. */
function admit(request: Request, tokens: ReadonlyMap<string, Claims>): ReturnType<Gateway['admit']> {
  const claims = tokens.get(request.headers.get('authorization')?.replace('Bearer ', '') ?? '');
  if (claims === undefined) return Response.json({ message: 'Unauthorized' }, { status: 401 });
  const { pathname } = new URL(request.url);
  const route = ROUTES.find(([method, path]) => method === request.method && patternOf(path).test(pathname));
  if (route !== undefined && !claims.scope.split(' ').includes(`tenure/${route[2]}`))
    return Response.json({ message: 'Forbidden' }, { status: 403 });
  return { requestContext: { requestId: crypto.randomUUID(), authorizer: { jwt: { claims } } } };
}

const patternOf = (path: string) => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`);

/** https://www.rfc-editor.org/rfc/rfc7636#section-4.2 */
async function challengeOf(verifier: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  return Buffer.from(digest).toString('base64url');
}

function newToken(claims: Claims): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return [part({ alg: 'RS256' }), part({ ...claims, jti: crypto.randomUUID() }), 'c2ln'].join('.');
}
