import type { LambdaEvent } from 'hono/aws-lambda';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Runtime, startRuntime } from '../../local/runtime/runtime.ts';
import { hireLater, newcomer } from '../requests.ts';

type HttpApiEvent = Extract<LambdaEvent, { routeKey: string }>;
type Answer = { statusCode: number; headers: Record<string, string>; body: string };

let runtime: Runtime;
let handle: (event: HttpApiEvent) => Promise<Answer>;

beforeAll(async () => {
  runtime = await startRuntime();
  // It reads the environment when it is loaded, as a Lambda does when its container starts.
  const { handler } = await import('../../functions/api/handler.ts');
  handle = async (event) => JSON.parse(JSON.stringify(await handler(event)));
});
afterAll(() => runtime.close());

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html */
function httpApiEvent(
  routeKey: string,
  rawPath: string,
  options: Partial<Pick<HttpApiEvent, 'body' | 'isBase64Encoded' | 'pathParameters' | 'rawQueryString'>> = {},
): HttpApiEvent {
  const [method = 'GET'] = routeKey.split(' ');
  return {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString: '',
    headers: { 'content-type': 'application/json', host: 'api.example' },
    body: null,
    isBase64Encoded: false,
    requestContext: {
      accountId: '111122223333',
      apiId: 'api',
      authentication: null,
      authorizer: {},
      domainName: 'api.example',
      domainPrefix: 'api',
      http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' },
      requestId: 'r-1',
      routeKey,
      stage: '$default',
      time: '12/Mar/2025:19:03:58 +0000',
      timeEpoch: 1583348638390,
    },
    ...options,
  };
}

it.each([
  ['as text', (body: string) => ({ body })],
  ['in base64', (body: string) => ({ body: Buffer.from(body).toString('base64'), isBase64Encoded: true })],
])('starts a run for a body that comes %s', async (_, encoded) => {
  const body = JSON.stringify(hireLater(newcomer()));
  const answer = await handle(httpApiEvent('POST /onboardings', '/onboardings', encoded(body)));
  expect(answer.statusCode).toBe(202);
  const { name } = JSON.parse(answer.body);
  expect(answer.headers.location).toBe(`/runs/${name}`);

  const read = httpApiEvent('GET /runs/{name}', `/runs/${name}`, { pathParameters: { name } });
  expect(JSON.parse((await handle(read)).body)).toMatchObject({ name });
});

it('reads the query', async () => {
  const event = httpApiEvent('GET /runs', '/runs', { rawQueryString: 'employeeId=E-0000' });
  expect(await handle(event)).toMatchObject({ statusCode: 200, body: '{"runs":[]}' });
});

it.each(['E-1', 'a/b', '50%', 'a?b', 'Ž'])(
  'finds the employee %s, though API Gateway has decoded the path and put the stage in front',
  async (employeeId) => {
    await runtime.store.writeAccount(employeeId, {
      app: 'drata',
      vendorUserId: `d-${employeeId}`,
      email: 'x@northlight.example',
      status: 'active',
      role: null,
      verifiedAt: '2025-03-12T00:00:00.000Z',
      execution: 'run-1',
    });
    const event = httpApiEvent('GET /employees/{employeeId}', `/dev/employees/${employeeId}`, {
      pathParameters: { employeeId },
    });
    const answer = await handle(event);
    expect(answer.statusCode).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({ employeeId, accounts: { drata: {} } });
  },
);

it('answers with a problem where there is no route', async () => {
  const answer = await handle(httpApiEvent('$default', '/nothing'));
  expect(answer.statusCode).toBe(404);
  expect(answer.headers['content-type']).toBe('application/problem+json');
});
