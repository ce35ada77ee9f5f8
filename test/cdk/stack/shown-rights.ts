import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import type { Statement } from '../synthesize.ts';
import { deployment, KEY } from './deployments.ts';

const { all, read, access, statements } = deployment;
const FILE = fileURLToPath(new URL('../../../docs/rights.md', import.meta.url));

const INTRODUCTION = `# Rights

What every Lambda, state machine and schedule of a deployment may do, from the template that \`cdk synth\` makes for the
stage \`dev\`, with the rotation of Driftwood's password. Those that may do exactly the same stand together. Besides,
every Lambda writes to the log group of its kind and sends traces. At the end stand the policies of what is acted on: who may
take which role, who may invoke which Lambda, and who may use the key, the bus, the queue, the topic and the bucket.

\`npm run rights\` writes this file; the test suite fails when it is stale. What a Lambda needs is said in
[cdk/step-needs.ts](../cdk/step-needs.ts).`;

/** The roles of the stack, each with the name of what takes it. */
const holders = [
  ...all('AWS::Lambda::Function').map(([, { Properties }]) => ({
    name: String(Properties.FunctionName).replace('tenure-dev-', ''),
    role: Properties.Role,
  })),
  ...all('AWS::StepFunctions::StateMachine').map(([, { Properties }]) => ({
    name: `The state machine ${String(Properties.StateMachineName).replace('tenure-dev-', '')}`,
    role: Properties.RoleArn,
  })),
  ...all('AWS::Scheduler::Schedule').map(([, { Properties }]) => ({
    name: `The schedule ${String(Properties.Name).replace('tenure-dev-', '')}`,
    role: z.parse(z.object({ RoleArn: z.unknown() }), Properties.Target).RoleArn,
  })),
];

/** One line for each resource of a statement: actions, resource, condition. */
function lines({ Effect, Action, Resource: resources, Condition }: Statement): string[] {
  const where = conditions(Condition);
  const effect = Effect === 'Allow' ? '' : `${Effect}: `;
  return resources.map((on) => `${effect}${Action.join(', ')} on ${on}${where}`.replaceAll(KEY, 'the key'));
}

const Condition = z._default(z.record(z.string(), z.record(z.string(), z.unknown())), {});

function conditions(condition: unknown): string {
  const parts = Object.entries(z.parse(Condition, condition)).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) => `${key} ${operator} ${[values].flat().join(' or ')}`),
  );
  return parts.length === 0 ? '' : ` if ${parts.join(' and ')}`;
}

/** What every Lambda may do: the two actions on its own log group, and traces. */
function isOfEveryLambda(name: string, { Action, Resource: resources }: Statement): boolean {
  const isOwnLog = resources.join() === `LogGroup /tenure/tenure-dev/${name}`;
  const actions = Action.join();
  return (
    (isOwnLog && actions === 'logs:CreateLogStream,logs:PutLogEvents') ||
    actions === 'xray:PutTelemetryRecords,xray:PutTraceSegments'
  );
}

function document(): string {
  const groups = new Map<string, string[]>();
  for (const { name, role } of holders) {
    const shown = access(role).filter((statement) => !isOfEveryLambda(name, statement));
    const rights = shown.flatMap(lines).sort().join('\n') || 'nothing';
    groups.set(rights, [...(groups.get(rights) ?? []), name]);
  }
  const blocks = [...groups].map(
    ([rights, names]) => `## ${names.join(', ')}\n\n\`\`\`text\n${rights}\n\`\`\``,
  );
  return `${[INTRODUCTION, ...blocks, ...policies()].join('\n\n')}\n`;
}

/** What is acted on says by whom: one block for each kind. */
function policies(): string[] {
  const held = (type: string, property: string) =>
    all(type).flatMap(([, { Properties }]) => statements(Properties[property]).flatMap(granted));
  return [
    block('Who takes which role', trusts()),
    block(
      'Who invokes which Lambda',
      all('AWS::Lambda::Permission').map(([, { Properties }]) => invocation(Properties)),
    ),
    block('The key', held('AWS::KMS::Key', 'KeyPolicy')),
    block(
      'The bus',
      all('AWS::Events::EventBusPolicy').flatMap(([, { Properties }]) =>
        statements({ Statement: [Properties.Statement] }).flatMap(granted),
      ),
    ),
    block('The queue of dead letters', held('AWS::SQS::QueuePolicy', 'PolicyDocument')),
    block('The topic', held('AWS::SNS::TopicPolicy', 'PolicyDocument')),
    block('The bucket', held('AWS::S3::BucketPolicy', 'PolicyDocument')),
    ...all('AWS::IAM::ManagedPolicy').map(([, { Properties }]) =>
      block(
        `Whoever has the policy ${read(Properties.ManagedPolicyName)}`,
        statements(Properties.PolicyDocument).flatMap(lines),
      ),
    ),
  ];
}

function block(title: string, entries: readonly string[]): string {
  return `## ${title}\n\n\`\`\`text\n${[...new Set(entries)].sort().join('\n')}\n\`\`\``;
}

/** The lines of a statement that names its principal. */
function granted(statement: Statement): string[] {
  return lines(statement).map((line) => `${principal(statement)}: ${line}`);
}

function principal({ Principal }: Statement): string {
  const named = z.safeParse(z.record(z.string(), z.unknown()), Principal).data;
  return named === undefined ? String(Principal) : Object.values(named).map(read).join(', ');
}

/** Lambdas that trust the same stand together. */
function trusts(): string[] {
  return all('AWS::IAM::Role').flatMap(([id, { Properties }]) =>
    statements(Properties.AssumeRolePolicyDocument).map((statement) => {
      const { name = id } = holders.find(({ role }) => read(role) === read({ Ref: id })) ?? {};
      const by = principal(statement);
      const role = by === 'lambda.amazonaws.com' ? 'each Lambda its own' : name;
      return `${by}: ${role}${conditions(statement.Condition)}`;
    }),
  );
}

function invocation({ FunctionName, Principal, SourceArn, SourceAccount }: Record<string, unknown>): string {
  const sources = [SourceArn, SourceAccount].flatMap((source) => (source === undefined ? [] : read(source)));
  return `${read(Principal)}: ${read(FunctionName).replace('tenure-dev-', '')} for ${sources.join(' and ')}`;
}

describe('docs/rights.md', () => {
  it('shows what every role may do; after a change that is meant, npm run rights writes it', async () => {
    expect(new Set(holders.map(({ role }) => read(role))).size).toBe(all('AWS::IAM::Role').length);
    await expect(document(), 'Stale: run npm run rights, and review its diff.').toMatchFileSnapshot(FILE);
  });
});
