import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readEventFiles } from '../../local/event-files.ts';
import { type Runtime, startRuntime } from '../../local/runtime.ts';
import { COORDINATION_TABLE } from '../../local/tables.ts';

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
  events.set('ApiHandler', getEmployee(first?.detail.employee.employeeId ?? ''));
  const direct = { SecretId: 'tenure/pipedrive/rest', TableName: COORDINATION_TABLE };
  for (const peer of ['empty-handler', 'sdk-clients', 'sdk-clients-lean', 'usual-stack'])
    events.set(peer, direct);
  return { events, runtime };
}

// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
function getEmployee(employeeId: string): unknown {
  const path = `/employees/${employeeId}`;
  return {
    version: '2.0',
    routeKey: 'GET /employees/{employeeId}',
    rawPath: path,
    rawQueryString: '',
    headers: { host: 'api.example' },
    pathParameters: { employeeId },
    requestContext: { domainName: 'api.example', http: { method: 'GET', path } },
    isBase64Encoded: false,
  };
}
