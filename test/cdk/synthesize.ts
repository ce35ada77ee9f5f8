import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import {
  DISABLE_ASSET_STAGING_CONTEXT,
  DISABLE_CREATION_STACK_TRACES,
  DISABLE_METADATA_STACK_TRACE,
} from 'aws-cdk-lib/cx-api';
import { vi } from 'vitest';
import * as z from 'zod/mini';
import { readSettings } from '../../cdk/settings.ts';
import { LAMBDA_NAMES, TenureStack } from '../../cdk/tenure-stack.ts';
import { CONTEXT } from './context.ts';

const Resource = z.object({
  Type: z.string(),
  Properties: z._default(z.record(z.string(), z.unknown()), {}),
  DeletionPolicy: z.optional(z.string()),
  DependsOn: z._default(z.array(z.string()), []),
});
export type Resource = z.infer<typeof Resource>;

const Statement = z.object({
  Effect: z.string(),
  Action: z.pipe(z.union([z.string(), z.array(z.string())]), z.transform(asList)),
  // A role's trust names no resource.
  Resource: z.pipe(z._default(z.unknown(), []), z.transform(asList)),
  Condition: z.optional(z.unknown()),
  Principal: z.optional(z.unknown()),
});
export type Statement = z.infer<typeof Statement>;

const InlinePolicies = z._default(z.array(z.object({ PolicyDocument: z.unknown() })), []);
const PolicyDocument = z.object({ Statement: z.array(Statement) });

/** Folders as `bundleLambdas` makes them, with nothing in the files: a template holds no more than their hashes. */
function emptyBundles(folder: string): string {
  const bundles = join(folder, 'bundles');
  for (const name of LAMBDA_NAMES) {
    mkdirSync(join(bundles, name), { recursive: true });
    writeFileSync(join(bundles, name, 'index.mjs'), '');
  }
  return bundles;
}

export type Deployment = {
  app: App;
  /** The whole template as JSON text. */
  text: string;
  /** How many resources there are. */
  count: number;
  /** All resources of a type, by logical id. */
  all: (type: string) => [string, Resource][];
  /** The properties of the only resource of a type, or of the only one with these properties. */
  only: (type: string, properties?: Record<string, unknown>) => Resource['Properties'];
  /** The properties of a Lambda, by the name that the code has for it. */
  lambda: (name: string) => Resource['Properties'];
  /** A value of the template for a person: what it refers to is written as type and name. */
  read: (value: unknown) => string;
  /** A policy document, resources and conditions read. */
  statements: (document: unknown) => Statement[];
  /** All that a role may do. */
  access: (role: unknown) => Statement[];
  /** What each role may do. */
  roles: () => Statement[][];
};

/** The stack as `cdk synth` makes it. @param context what `-c` sets. */
export function synthesize(context: Record<string, string> = {}): Deployment {
  // CDK's own check of the template takes seconds; .ci/cfn-lint runs it, and a stricter one after it.
  vi.stubEnv('CDK_VALIDATION', 'false');
  const folder = mkdtempSync(join(tmpdir(), 'tenure-cdk-'));
  const app = new App({
    // A copy of every bundle says nothing that its hash does not.
    context: {
      [DISABLE_ASSET_STAGING_CONTEXT]: true,
      [DISABLE_METADATA_STACK_TRACE]: true,
      [DISABLE_CREATION_STACK_TRACES]: true,
      ...CONTEXT,
      ...context,
    },
    outdir: join(folder, 'out'),
  });
  const settings = readSettings(app.node);
  const stack = new TenureStack(app, 'tenure', { settings, bundles: emptyBundles(folder) });
  const template = Template.fromStack(stack).toJSON();
  rmSync(folder, { recursive: true });
  const resources = z.parse(z.record(z.string(), Resource), template.Resources);
  const all = memoize((type: string) => Object.entries(resources).filter(([, { Type }]) => Type === type));
  const read = (value: unknown) => readValue(value, resources);
  const statements = (document: unknown) =>
    z.parse(PolicyDocument, document).Statement.map((statement) => ({
      ...statement,
      Resource: statement.Resource.map(read),
      Condition: readLeaves(statement.Condition, read),
    }));
  const accessOf = memoize((role: string) => {
    const own = all('AWS::IAM::Role').find(([id]) => read({ Ref: id }) === role)?.[1].Properties;
    const beside = all('AWS::IAM::Policy').filter(([, { Properties }]) =>
      asList(Properties.Roles).map(read).includes(role),
    );
    const documents = [
      ...z.parse(InlinePolicies, own?.Policies),
      ...beside.map(([, { Properties }]) => Properties),
    ];
    return documents.flatMap(({ PolicyDocument }) => statements(PolicyDocument));
  });
  const access = (role: unknown) => accessOf(read(role));
  const only: Deployment['only'] = (type, properties = {}) => {
    const fitting = all(type).filter(([, { Properties }]) =>
      Object.entries(properties).every(([name, value]) => read(Properties[name]) === value),
    );
    const [found, another] = fitting;
    if (found === undefined || another !== undefined)
      throw new Error(`There are ${fitting.length} ${type} with ${JSON.stringify(properties)}.`);
    return found[1].Properties;
  };
  return {
    app,
    text: JSON.stringify(template),
    count: Object.keys(resources).length,
    all,
    access,
    roles: () => all('AWS::IAM::Role').map(([id]) => access({ Ref: id })),
    read,
    statements,
    only,
    lambda: (name) => only('AWS::Lambda::Function', { FunctionName: `tenure-${settings.stage}-${name}` }),
  };
}

/** Works out what a text leads to once. */
function memoize<T>(make: (text: string) => T): (text: string) => T {
  const made = new Map<string, T>();
  return (text) => {
    const known = made.get(text);
    if (known !== undefined) return known;
    const value = make(text);
    made.set(text, value);
    return value;
  };
}

const Ref = z.object({ Ref: z.string() });
const GetAtt = z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) });
const Join = z.object({ 'Fn::Join': z.tuple([z.string(), z.array(z.unknown())]) });
const NAMES = [
  'Name',
  'FunctionName',
  'TableName',
  'LogGroupName',
  'StateMachineName',
  'QueueName',
  'TopicName',
];

function readValue(value: unknown, resources: Record<string, Resource>): string {
  const referred = z.safeParse(Ref, value).data?.Ref ?? z.safeParse(GetAtt, value).data?.['Fn::GetAtt'][0];
  if (referred !== undefined) return readName(referred, resources[referred]);
  const join = z.safeParse(Join, value).data?.['Fn::Join'];
  if (join !== undefined) return join[1].map((part) => readValue(part, resources)).join(join[0]);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function readName(id: string, resource: Resource | undefined): string {
  if (resource === undefined) return `<${id.replace('AWS::', '')}>`;
  const name = NAMES.map((property) => resource.Properties[property]).find(
    (text) => typeof text === 'string',
  );
  return `${resource.Type.split('::').at(-1)} ${name ?? id}`;
}

function readLeaves(value: unknown, read: (value: unknown) => string): unknown {
  if (Array.isArray(value)) return value.map(read);
  const isReference = [Ref, GetAtt, Join].some((form) => z.safeParse(form, value).success);
  if (typeof value !== 'object' || value === null || isReference)
    return value === undefined ? undefined : read(value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, readLeaves(inner, read)]));
}

function asList<T>(value: T | T[]): T[] {
  return Array.isArray(value) ? value : [value];
}
