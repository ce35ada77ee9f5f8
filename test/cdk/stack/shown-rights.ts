import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import type { Statement } from '../synthesize.ts';
import { deployment, KEY } from './deployments.ts';

const { all, read, access } = deployment;
const FILE = fileURLToPath(new URL('../../../docs/rights.md', import.meta.url));

const INTRODUCTION = `# Rights

What every Lambda, state machine and schedule of a deployment may do, from the template that \`cdk synth\` makes for the
stage \`dev\`, with the rotation of Driftwood's password. Those that may do exactly the same stand together. Besides,
every Lambda writes to the log group of its kind and sends traces.

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
  return `${[INTRODUCTION, ...blocks].join('\n\n')}\n`;
}

describe('docs/rights.md', () => {
  it('shows what every role may do; after a change that is meant, npm run rights writes it', async () => {
    expect(new Set(holders.map(({ role }) => read(role))).size).toBe(all('AWS::IAM::Role').length);
    await expect(document(), 'Stale: run npm run rights, and review its diff.').toMatchFileSnapshot(FILE);
  });
});
