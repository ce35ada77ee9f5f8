import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { bundleLambdas } from '../../cdk/bundle-lambdas.ts';
import { needsOf } from '../../cdk/step-needs.ts';
import { STEP_NAMES } from '../../cdk/steps.ts';
import { LAMBDA_NAMES } from '../../cdk/tenure-stack.ts';
import { synthesize } from './synthesize.ts';

const folder = mkdtempSync(join(tmpdir(), 'tenure-bundles-'));
const loadsLater = (name: string) => needsOf(name).loadsLater === true;
const read = (name: string, file: string) => readFileSync(join(folder, name, file), 'utf8');

beforeAll(() => bundleLambdas(LAMBDA_NAMES, folder), 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// Runs beside the bundles, in a process that has nothing of this repository.
const LOAD_ALL = `
  const results = {};
  const [names, event] = JSON.parse(process.argv[1]);
  for (const name of names) {
    const { handler } = await import(process.cwd() + '/' + name + '/index.mjs');
    results[name] = await handler(event).then(({ statusCode }) => 'HTTP ' + statusCode, (error) => error.name);
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
};

// What a Lambda reads of these it must have, or it fails once it is deployed.
const GIVEN = Object.keys(ENVIRONMENT).filter((name) => name !== 'AWS_REGION');
const deployed = synthesize({ driftwoodPasswordRotationDays: '30' });

it.each(LAMBDA_NAMES)('%s is given by the stack what it reads of the environment', (name) => {
  const { Environment } = deployed.only('AWS::Lambda::Function', { FunctionName: `tenure-dev-${name}` });
  const given = Object.keys(
    z.parse(z.object({ Variables: z.record(z.string(), z.unknown()) }), Environment).Variables,
  );
  const code = readdirSync(join(folder, name))
    .filter((file) => file.endsWith('.mjs'))
    .map((file) => read(name, file))
    .join();
  const reads = GIVEN.filter((variable) => new RegExp(`\\b${variable}\\b`).test(code));
  expect(given.filter((variable) => GIVEN.includes(variable)).sort()).toEqual(reads.sort());
});

it('loads in Lambda, and keeps the names of errors although names are minified', async () => {
  const names = [
    ...STEP_NAMES,
    'WorkflowStart',
    'WebhooksProcessDrift',
    'WebhooksProcessPipedrive',
    'DriftwoodRotatePassword',
  ];
  expect(await callAll(names, {})).toEqual(
    Object.fromEntries(names.map((name) => [name, 'InvalidInputError'])),
  );
});

it('loads the API, which answers', async () => {
  const request = {
    version: '2.0',
    routeKey: 'GET /runs',
    rawPath: '/runs',
    rawQueryString: '',
    headers: { host: 'api.example' },
    requestContext: { domainName: 'api.example', http: { method: 'GET', path: '/runs' } },
    isBase64Encoded: false,
  };
  expect(await callAll(['ApiHandler'], request)).toEqual({ ApiHandler: 'HTTP 422' });
});

it('loads the webhooks, which answer', async () => {
  const request = {
    version: '2.0',
    routeKey: 'POST /webhooks/slack',
    rawPath: '/webhooks/slack',
    rawQueryString: '',
    headers: { host: 'api.example' },
    requestContext: { domainName: 'api.example', http: { method: 'POST', path: '/webhooks/slack' } },
    isBase64Encoded: false,
  };
  expect(await callAll(['WebhooksReceive'], request)).toEqual({ WebhooksReceive: 'HTTP 404' });
});

it.each(LAMBDA_NAMES)('%s is one ES module with a source map, and what it loads later', (name) => {
  const files = readdirSync(join(folder, name));
  expect(files).toEqual(expect.arrayContaining(['index.mjs', 'index.mjs.map']));
  expect(files.length > 2).toBe(loadsLater(name));
  const code = read(name, 'index.mjs');
  expect(code).toMatch(/\/\/# sourceMappingURL=index\.mjs\.map\s*$/);
  // What esbuild puts in where a CommonJS package calls require, which would fail only once it is called.
  for (const file of files.filter((candidate) => candidate.endsWith('.mjs')))
    expect(read(name, file)).not.toContain('Dynamic require of');
  expect(code).not.toContain(process.cwd());
  // It loads all of fetch at once, a fifth of an import.
  expect(code).not.toMatch(/(from|import)\s*"node:http"/);
  const { sources } = z
    .object({ sources: z.array(z.string()) })
    .parse(JSON.parse(read(name, 'index.mjs.map')));
  expect(sources.some((source) => source.includes('functions/'))).toBe(true);
});

// A cold start reads all of it. Each number is at most 5 % above the largest bundle of its kind when it was set.
const BYTE_BUDGETS = [
  { kind: 'the API', isOne: (name: string) => name === 'ApiHandler', bytes: 346_000 },
  { kind: 'the start function', isOne: (name: string) => name === 'WorkflowStart', bytes: 258_000 },
  {
    kind: 'a step that loads more later',
    isOne: (name: string) => loadsLater(name),
    // With the chunks that it imports at once.
    bytes: 375_000,
  },
  { kind: 'a step of no app', isOne: (name: string) => /^(Workflow|Training)/.test(name), bytes: 279_000 },
  { kind: 'a webhook', isOne: (name: string) => name.startsWith('Webhooks'), bytes: 354_000 },
  {
    kind: 'a step in an app that puts events on the bus',
    isOne: (name: string) => ['DrataSyncCompliance', 'DrataAskPending'].includes(name),
    bytes: 346_000,
  },
  { kind: 'a step in an app', isOne: () => true, bytes: 325_000 },
];

it.each(LAMBDA_NAMES)('%s stays within the bytes of its kind', (name) => {
  const { bytes, kind } = BYTE_BUDGETS.find(({ isOne }) => isOne(name)) ?? { bytes: 0, kind: 'nothing' };
  expect(bytesAtStart(join(folder, name), 'index.mjs'), `the budget of ${kind}`).toBeLessThanOrEqual(bytes);
});

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
