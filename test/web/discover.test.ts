import { afterEach, expect, it, vi } from 'vitest';
import { discover } from '../../functions/web/discover.ts';

const SETTINGS = {
  issuer: 'https://id.example/pool',
  clientId: 'page',
  scope: 'openid',
  audience: null,
  scopes: { read: 'r', run: 'u', approve: 'a', admin: 'd' },
};
const ANSWER = {
  issuer: SETTINGS.issuer,
  authorization_endpoint: 'https://login.example/authorize',
  token_endpoint: 'https://login.example/token',
};

afterEach(() => {
  vi.unstubAllGlobals();
});

function issuer(answer: object): string[] {
  const asked: string[] = [];
  vi.stubGlobal('fetch', async (url: string | URL) => {
    asked.push(String(url));
    return Response.json(answer);
  });
  return asked;
}

it('asks the issuer for its endpoints', async () => {
  const asked = issuer(ANSWER);
  expect(await discover(SETTINGS)).toMatchObject({
    signIn: 'token',
    authorizationEndpoint: 'https://login.example/authorize',
    tokenEndpoint: 'https://login.example/token',
    clientId: 'page',
  });
  expect(asked).toEqual(['https://id.example/pool/.well-known/openid-configuration']);
});

it.each([
  ['of another issuer', { ...ANSWER, issuer: 'https://evil.example' }],
  ['without a token endpoint', { ...ANSWER, token_endpoint: undefined }],
  ['with an endpoint that is not https', { ...ANSWER, authorization_endpoint: 'http://login.example' }],
  ['with a script for an endpoint', { ...ANSWER, token_endpoint: 'javascript:alert(1)' }],
])('refuses an answer %s', async (_, answer) => {
  issuer(answer);
  await expect(discover(SETTINGS)).rejects.toThrow();
});
