import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { COORDINATION_TABLE } from '../../local/aws/tables.ts';
import { readEventFiles } from '../../local/commands/event-files.ts';
import { type Runtime, startRuntime } from '../../local/runtime/runtime.ts';
import { pipedriveUserEvent, pipedriveWebhook } from '../../local/vendors/webhooks.ts';

export type Surroundings = {
  /** What each bundle is invoked with: what it was invoked with when the sample events were played. */
  events: ReadonlyMap<string, unknown>;
  runtime: Runtime;
};

/** Starts everything that a Lambda calls, and plays the sample events on it. */
export async function startSurroundings(): Promise<Surroundings> {
  const events = new Map<string, unknown>();
  const runtime = await startRuntime({
    delayScale: 0.01,
    onStepEnd: ({ step, event }) => {
      if (!events.has(step)) events.set(step, event);
    },
  });
  const folder = fileURLToPath(new URL('../../events/', import.meta.url));
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  const samples = readEventFiles(files.sort().map((name) => `${folder}${name}`)).events;
  for (const sample of samples) await runtime.play(sample);

  const [first] = samples;
  events.set('WorkflowStart', first);
  const employeeId = first?.detail.employee.employeeId ?? '';
  events.set('ApiHandler', apiRequest('GET /employees/{employeeId}', { employeeId }));
  const accounts = await runtime.store.readAccounts(employeeId);
  const userId = Number(accounts.find(({ app }) => app === 'pipedrive')?.vendorUserId);
  const { headers, body } = pipedriveWebhook(pipedriveUserEvent('updated', userId));
  const webhook = { headers, body: Buffer.from(body).toString() };
  events.set('WebhooksReceive', apiRequest('POST /webhooks/pipedrive', {}, webhook));
  const contactId = runtime.vendors.drift?.state.contacts[0]?.id;
  for (const [name, detail] of [
    ['WebhooksProcessPipedrive', { vendor: 'pipedrive', type: 'user.updated', userId }],
    ['WebhooksProcessDrift', { vendor: 'drift', type: 'new_conversation', conversationId: 1, contactId }],
  ] as const)
    events.set(name, { detail: { ...detail, eventId: 'bench' } });
  const direct = { SecretId: 'tenure/pipedrive/rest', TableName: COORDINATION_TABLE };
  for (const peer of ['empty-handler', 'sdk-clients', 'sdk-clients-lean', 'usual-stack'])
    events.set(peer, direct);
  return { events, runtime };
}

// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
function apiRequest(
  routeKey: string,
  pathParameters: Record<string, string>,
  { headers = {}, body }: { headers?: Record<string, string>; body?: string } = {},
): unknown {
  const [method, route = ''] = routeKey.split(' ');
  const path = route.replace(/\{(\w+)\}/, (_, name: string) => pathParameters[name] ?? '');
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: '',
    headers: { host: 'api.example', ...headers },
    pathParameters,
    requestContext: { domainName: 'api.example', http: { method, path } },
    isBase64Encoded: false,
    body,
  };
}
