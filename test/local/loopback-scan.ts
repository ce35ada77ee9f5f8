import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { request, Server } from 'node:http';
import { IDENTITY_TABLE } from '../../local/aws/tables.ts';

/** A request that nobody who belongs here would send. */
type Attack = {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string;
};

/** What came back of it. */
export type Leak = { port: number; attack: Attack; status: number; headers: object; text: string };

const LISTENING = 'tracing:net.server.listen:asyncEnd';

/** Notes the port of every HTTP server that this process opens on from now. */
export function watchPorts(): { ports: number[]; stop: () => void } {
  const ports: number[] = [];
  const onListen = (message: unknown) => {
    if (typeof message !== 'object' || message === null || !('server' in message)) return;
    const { server } = message;
    const address = server instanceof Server ? server.address() : null;
    if (typeof address === 'object' && address !== null) ports.push(address.port);
  };
  subscribe(LISTENING, onListen);
  return { ports, stop: () => unsubscribe(LISTENING, onListen) };
}

const TARGETS = [
  'DynamoDB_20120810.ListTables',
  'DynamoDB_20120810.Scan',
  'DynamoDB_20120810.PutItem',
  'secretsmanager.GetSecretValue',
  'AWSStepFunctions.StartExecution',
  'AWSStepFunctions.DescribeExecution',
  'AWSEvents.PutEvents',
];

const PATHS = [
  '/runs?employeeId=E-1005',
  '/runs/some-run',
  '/employees/E-1005',
  '/events',
  '/onboardings',
  '/v1/users',
  '/api/v2/deals',
  '/scim/v2/Users',
  '/public/personnel',
  '/api/users-list',
  '/users/list',
  '/oauth/authorize',
  '/webhooks/drift',
  '/webhooks/pipedrive',
];

const HIRED = JSON.stringify({ 'detail-type': 'employee.hired', source: 'hr', id: '1', detail: {} });
const ROW = JSON.stringify({ TableName: IDENTITY_TABLE, Item: { pk: { S: 'x' }, sk: { S: 'x' } } });

/** Requests without the key, from nowhere and from a page of another origin, and under another name of this machine. */
export function attacksOn(port: number): Attack[] {
  const own = `127.0.0.1:${port}`;
  const origins: Record<string, string>[] = [
    { host: own },
    { host: own, origin: 'https://evil.example' },
    { host: own, origin: 'null' },
    { host: own, origin: 'http://localhost:1' },
    { host: 'evil.example' },
    { host: `evil.example:${port}`, origin: `http://evil.example:${port}` },
    { host: `127.0.0.1.evil.example:${port}` },
  ];
  const guessed =
    'AWS4-HMAC-SHA256 Credential=local/20260101/local/dynamodb/aws4_request, SignedHeaders=host, Signature=00';
  return origins.flatMap((from) => [
    ...TARGETS.map((target) => ({
      method: 'POST',
      path: '/',
      headers: {
        ...from,
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': target,
        authorization: guessed,
      },
      body: ROW,
    })),
    ...PATHS.flatMap((path) => [
      { method: 'GET', path, headers: from },
      { method: 'POST', path, headers: { ...from, 'content-type': 'text/plain' }, body: HIRED },
      { method: 'PUT', path, headers: { ...from, 'content-type': 'application/json' }, body: HIRED },
      { method: 'DELETE', path, headers: from },
      {
        method: 'OPTIONS',
        path,
        headers: {
          ...from,
          'access-control-request-method': 'PUT',
          'access-control-request-headers': 'content-type,x-amz-target',
          'access-control-request-private-network': 'true',
        },
      },
    ]),
  ]);
}

/** Sends each attack to a port, and gives those that got more than a refusal. */
export async function leaksOf(port: number, attacks: readonly Attack[]): Promise<Leak[]> {
  const leaks: Leak[] = [];
  for (const attack of attacks) {
    const leak = { port, attack, ...(await send(port, attack)) };
    if (!isRefusal(leak) && !isPage(leak)) leaks.push(leak);
  }
  return leaks;
}

function isRefusal({ status, headers, text }: Leak): boolean {
  const allowsPages = Object.keys(headers).some((name) => name.startsWith('access-control-'));
  return status >= 400 && status < 500 && !allowsPages && text.length < 500 && !text.includes('northlight');
}

/** The page's own files are the same for everybody. They hold nothing, and no other origin may read or frame them. */
function isPage({ port, attack, status, headers, text }: Leak): boolean {
  const { host = '', origin } = attack.headers;
  const isOwn = origin === undefined && [`127.0.0.1:${port}`, `localhost:${port}`].includes(host);
  const policy = JSON.stringify(headers);
  const isClosed = policy.includes("frame-ancestors 'none'") && /resource-policy":"same-origin/.test(policy);
  const isRead = ['GET', 'HEAD'].includes(attack.method) && status === 200;
  return isOwn && isClosed && isRead && !policy.includes('access-control-') && !text.includes('northlight');
}

async function send(port: number, { method, path, headers, body }: Attack) {
  const asked = request({ host: '127.0.0.1', port, method, path, headers, agent: false });
  asked.end(body);
  const [answer] = await once(asked, 'response');
  let text = '';
  for await (const chunk of answer) text += String(chunk);
  return { status: Number(answer.statusCode), headers: answer.headers, text };
}
