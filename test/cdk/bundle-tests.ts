import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { bundleLambdas } from '../../cdk/bundle-lambdas.ts';
import { needsOf } from '../../cdk/step-needs.ts';
import type { Deployment } from './synthesize.ts';

const folder = mkdtempSync(join(tmpdir(), 'tenure-bundles-'));
const loadsLater = (name: string) => needsOf(name).loadsLater === true;
const read = (name: string, file: string) => readFileSync(join(folder, name, file), 'utf8');
const modules = (name: string) => readdirSync(join(folder, name)).filter((file) => file.endsWith('.mjs'));

// Runs beside the bundles, in a process that has nothing of this repository.
const LOAD_ALL = `
  const results = {};
  const [names, event] = JSON.parse(process.argv[1]);
  for (const name of names) {
    const { handler } = await import(process.cwd() + '/' + name + '/index.mjs');
    results[name] = await handler(event, { getRemainingTimeInMillis: () => 30_000 }).then(({ statusCode }) => 'HTTP ' + statusCode, (error) => error.name);
  }
  process.stdout.write('\\n' + JSON.stringify(results));
`;

/** Loads bundles and calls their handlers. Returns the name of the error of each, or its HTTP status. */
async function callAll(names: readonly string[], event: unknown): Promise<Record<string, string>> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', LOAD_ALL, JSON.stringify([names, event])],
    { cwd: folder, env: ENVIRONMENT },
  );
  return z.parse(z.record(z.string(), z.string()), JSON.parse(stdout.split('\n').at(-1) ?? ''));
}

const ENVIRONMENT = {
  AWS_REGION: 'eu-central-1',
  IDENTITY_TABLE: 'tenure-identity',
  COORDINATION_TABLE: 'tenure-coordination',
  EVENT_BUS_NAME: 'tenure-hr',
  FILES_LOCATION: 's3://tenure-files',
  ONBOARDING_STATE_MACHINE_ARN: 'arn:aws:states:eu-central-1:111122223333:stateMachine:onboarding',
  OFFBOARDING_STATE_MACHINE_ARN: 'arn:aws:states:eu-central-1:111122223333:stateMachine:offboarding',
  TENURE_APPS: '',
  TENURE_GATE: '',
  UPDATE_STATE_MACHINE_ARN: 'arn:aws:states:eu-central-1:111122223333:stateMachine:update',
};

// What a Lambda reads of these it must have, or it fails once it is deployed.
const GIVEN = Object.keys(ENVIRONMENT).filter((name) => name !== 'AWS_REGION');

/** A request without a body, as API Gateway hands it to a Lambda. */
const httpRequest = (method: string, rawPath: string) => ({
  version: '2.0',
  routeKey: `${method} ${rawPath}`,
  rawPath,
  rawQueryString: '',
  headers: { host: 'api.example' },
  requestContext: { domainName: 'api.example', http: { method, path: rawPath } },
  isBase64Encoded: false,
});

// A cold start reads all of it. Each number is at most 2 % above the largest bundle of its kind when it was set.
const BYTE_BUDGETS = [
  { kind: 'the API', isOne: (name: string) => name === 'ApiHandler', bytes: 433_500 },
  { kind: 'the start function', isOne: (name: string) => name === 'WorkflowStart', bytes: 350_000 },
  { kind: 'the settings', isOne: (name: string) => name === 'ApiSettings', bytes: 344_500 },
  { kind: 'the plans', isOne: (name: string) => name === 'ApiPlan', bytes: 592_000 },
  { kind: 'the erasure', isOne: (name: string) => name === 'ApiErase', bytes: 427_500 },
  {
    kind: 'a step that loads more later',
    isOne: loadsLater,
    // With the chunks that it imports at once.
    bytes: 411_500,
  },
  {
    kind: 'a reader of an HR system',
    isOne: (name: string) => /^(Hr|Bamboohr|Hibob)|^WorkflowReadRecord$/.test(name),
    bytes: 368_500,
  },
  {
    kind: 'the webhooks of HR systems',
    isOne: (name: string) => name === 'WebhooksReceiveHr',
    bytes: 372_500,
  },
  { kind: 'the page', isOne: (name: string) => name === 'WebHandler', bytes: 105_700 },
  { kind: 'a step of no app', isOne: (name: string) => /^(Workflow|Training)/.test(name), bytes: 351_500 },
  { kind: 'what takes webhooks', isOne: (name: string) => name === 'WebhooksReceive', bytes: 370_500 },
  {
    kind: 'what processes webhooks',
    isOne: (name: string) => name.startsWith('WebhooksProcess'),
    bytes: 403_500,
  },
  {
    kind: 'a step in an app that puts events on the bus',
    isOne: (name: string) => ['DrataSyncCompliance', 'DrataAskPending'].includes(name),
    bytes: 365_000,
  },
  // Its tokens never expire, so it holds nothing that renews them.
  { kind: 'a step in Drata', isOne: (name: string) => name.startsWith('Drata'), bytes: 360_500 },
  { kind: 'a step in an app', isOne: () => true, bytes: 390_500 },
];

/**
 * Bundles these Lambdas and defines the tests of them. What answers no request and examines no app has to refuse an
 * empty event.
 *
 * @param deployed the stack that says what each is given.
 * @param names must have ApiHandler and WebhooksReceive.
 */
export function proveBundles(deployed: Deployment, names: readonly string[]): void {
  const refusing = names.filter((name) => !/^(Api|WebhooksReceive|WebHandler$)|Diagnose$/.test(name));

  // No hook of its own limit: on a busy machine bundling takes long.
  beforeAll(() => bundleLambdas(names, folder), 600_000);

  it('are given by the stack what they read of the environment', () => {
    expect(names.map((name) => [name, givenTo(deployed, name)])).toEqual(
      names.map((name) => [name, readBy(name)]),
    );
  });

  it('may do nothing in AWS that their code never calls', () => {
    const unused = names.flatMap((name) => {
      const code = codeOf(name);
      const isCalled = (operation: string) => new RegExp(`["'\`]${operation}["'\`]`).test(code);
      return actionsOf(deployed, name)
        .filter((action) => !BY_LAMBDA_ITSELF.test(action) && !isCalled(operationOf(action)))
        .map((action) => `${name}: ${action}`);
    });
    expect(unused).toEqual([]);
  });

  it('load in Lambda, and keep the names of errors although names are minified', async () => {
    expect(await callAll(refusing, {})).toEqual(
      Object.fromEntries(refusing.map((name) => [name, 'InvalidInputError'])),
    );
    // Each is a process of its own.
  }, 120_000);

  it('load the API and the webhooks, which answer', async () => {
    expect(await callAll(['ApiHandler'], httpRequest('POST', '/onboardings'))).toEqual({
      ApiHandler: 'HTTP 415',
    });
    expect(await callAll(['WebhooksReceive'], httpRequest('POST', '/webhooks/slack'))).toEqual({
      WebhooksReceive: 'HTTP 404',
    });
  });

  it('are each one ES module with a source map, and what it loads later', () => {
    for (const name of names) expectOneModule(name);
  });

  it('renew tokens where the vendor has such tokens, and nowhere else', () => {
    const holding = (file: string) => names.filter((name) => sources(name).some((one) => one.endsWith(file)));
    const renewing = names.filter((name) => needsOf(name).secrets?.some(({ access }) => access === 'renew'));
    expect(renewing.length).toBeLessThan(names.length);
    for (const file of ['token-renewal.ts', 'token-endpoint.ts', 'lease.ts', 'successors.ts'])
      expect(holding(`functions/credentials/${file}`), file).toEqual(renewing);
    // People sign in with it; its bundle is the page's.
    expect(names.filter((name) => sources(name).some((one) => one.includes('/oauth4webapi/')))).toEqual(
      names.filter((name) => name === 'WebHandler'),
    );
  });

  it('stay each within the bytes of its kind', () => {
    const tooLarge = names.flatMap((name) => {
      const { bytes, kind } = BYTE_BUDGETS.find(({ isOne }) => isOne(name)) ?? { bytes: 0, kind: 'nothing' };
      const size = bytesAtStart(join(folder, name), 'index.mjs');
      return size > bytes ? [`${name}: ${size} of the ${bytes} of ${kind}`] : [];
    });
    expect(tooLarge).toEqual([]);
  });
}

function givenTo({ lambda }: Deployment, name: string): string[] {
  const { Environment } = lambda(name);
  const { Variables } = z.parse(z.object({ Variables: z.record(z.string(), z.unknown()) }), Environment);
  return GIVEN.filter((variable) => variable in Variables);
}

// The log, the traces, the dead letters and the decryption.
const BY_LAMBDA_ITSELF = /^(logs|xray|sqs|kms):/;

// Where the right has another name than the call.
const OPERATIONS: Record<string, string> = {
  's3:ListBucket': 'ListObjectsV2',
  'lambda:InvokeFunction': 'Invoke',
};

function operationOf(action: string): string {
  return OPERATIONS[action] ?? action.replace(/^.*:/, '');
}

function actionsOf({ access, lambda }: Deployment, name: string): string[] {
  return access(lambda(name).Role).flatMap(({ Action }) => Action);
}

function codeOf(name: string): string {
  return modules(name)
    .map((file) => read(name, file))
    .join();
}

function readBy(name: string): string[] {
  const code = codeOf(name);
  return GIVEN.filter((variable) => new RegExp(`\\b${variable}\\b`).test(code));
}

/** The files that a bundle is made of, with what it loads later. */
function sources(name: string): string[] {
  const maps = readdirSync(join(folder, name)).filter((file) => file.endsWith('.map'));
  return maps.flatMap((file) => z.parse(SourceMap, JSON.parse(read(name, file))).sources);
}

const SourceMap = z.object({ sources: z.array(z.string()) });

function expectOneModule(name: string): void {
  const files = readdirSync(join(folder, name));
  expect(files, name).toEqual(expect.arrayContaining(['index.mjs', 'index.mjs.map']));
  expect(files.length > 2, `${name} loads more later`).toBe(loadsLater(name));
  const code = read(name, 'index.mjs');
  expect(/\/\/# sourceMappingURL=index\.mjs\.map\s*$/.test(code), `${name} names its source map`).toBe(true);
  // What esbuild puts in where a CommonJS package calls require, which would fail only once it is called.
  const requiring = modules(name).filter((file) => read(name, file).includes('Dynamic require of'));
  expect(requiring, name).toEqual([]);
  expect(code.includes(process.cwd()), `${name} holds a path of this machine`).toBe(false);
  // It loads all of fetch at once, a fifth of an import.
  expect(/(from|import)\s*"node:http"/.test(code), `${name} imports node:http`).toBe(false);
  expect(
    sources(name).some((source) => source.includes('functions/')),
    `${name} has its sources`,
  ).toBe(true);
}

/** The bytes that a cold start loads: a file and what it imports at once, not what it may load later. */
function bytesAtStart(directory: string, file: string, seen = new Set<string>()): number {
  if (seen.has(file)) return 0;
  seen.add(file);
  const text = readFileSync(join(directory, file), 'utf8');
  const imported = [...text.matchAll(/(?:from|import)"\.\/([\w.-]+\.mjs)"/g)].map(([, name = '']) => name);
  return imported.reduce(
    (sum, name) => sum + bytesAtStart(directory, name, seen),
    statSync(join(directory, file)).size,
  );
}
