import { Hono } from 'hono';
import { expect, it } from 'vitest';
import { originOf } from '../../functions/api/origin.ts';

const app = new Hono();
app.get('/', (context) => context.json(originOf(context)));

async function originIn(env: object): Promise<unknown> {
  return (await app.request('/', {}, env)).json();
}

const requestContext = { requestId: 'r-1', accountId: '111122223333' };
const ARN = 'arn:aws:sts::111122223333:assumed-role/Hr/mara';

it.each([
  ["an IAM principal's ARN", { iam: { userArn: ARN, accessKey: 'AKIA' } }, ARN],
  [
    "a token's subject",
    { jwt: { claims: { sub: 'mara-1', email: 'mara@acme.example' }, scopes: null } },
    'mara-1',
  ],
  ['nobody, where a token names no subject', { jwt: { claims: { iss: 'https://id.example' } } }, null],
])('names %s, and the request as the access log does', async (_, authorizer, name) => {
  const env = { requestContext: { ...requestContext, authorizer } };
  expect(await originIn(env)).toEqual({
    id: 'r-1',
    source: 'api',
    receivedAt: expect.stringMatching(/^\d{4}-.*Z$/),
    requester: { via: 'api', name },
  });
});

it('names the system user who serves the API on a laptop', async () => {
  expect(await originIn({ systemUser: 'mara' })).toMatchObject({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    requester: { via: 'api', name: 'mara' },
  });
});

it('names nobody where nobody has checked', async () => {
  expect(await originIn({})).toMatchObject({ requester: { via: 'api', name: null } });
});
