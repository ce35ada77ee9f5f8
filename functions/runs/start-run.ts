import { createHash } from 'node:crypto';
import {
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import * as z from 'zod/mini';
import {
  type HiredDetail,
  offboardingMoment,
  onboardingMoment,
  type TerminatedDetail,
} from '../shared/events.ts';

import { Workflow } from '../shared/workflow.ts';

export type RunRequest =
  | { workflow: 'onboarding'; detail: HiredDetail }
  | {
      workflow: 'offboarding';
      detail: TerminatedDetail;
      /** Tells a request from an equal one that was fulfilled earlier. */
      occasion?: string;
    };

/** The state machines of this deployment, and the way to them. */
export type StateMachines = { client: SFNClient; arns: Record<Workflow, string> };

/** What a request for a run is answered with. */
export const StartedRun = z.object({
  workflow: Workflow,
  /** The execution's name. */
  name: z.string(),
  /** `started` by this call; `running` and `succeeded` were found. */
  status: z.enum(['started', 'running', 'succeeded']),
  /** When the execution started, as an ISO instant. */
  startedAt: z.string(),
});
export type StartedRun = z.infer<typeof StartedRun>;

/** The same request failed so often that starting it once more needs a person's decision. */
export class TooManyAttemptsError extends Error {
  override readonly name = 'TooManyAttemptsError';

  constructor(name: string) {
    super(
      `The run ${name} has ended without success ${MAX_ATTEMPTS} times. Look at its last execution, mend the cause, and start the next attempt in the Step Functions console.`,
    );
  }
}

const MAX_ATTEMPTS = 20;

/**
 * Starts the run that a request asks for, once: the execution's name comes from the request, so a repeat finds the
 * run that is running or has succeeded. After a run that failed or was stopped the next attempt is started.
 *
 * @throws InvalidInputError when a new run would have no moment; TooManyAttemptsError; the SDK's errors when Step
 *   Functions cannot be reached or refuses.
 */
export async function startRun(machines: StateMachines, request: RunRequest): Promise<StartedRun> {
  const { workflow, detail } = request;
  const occasion = 'occasion' in request ? request.occasion : '';
  // Byte for byte the same for the same request: only then does Step Functions take a repeat for one.
  const input = canonicalJson(detail);
  const firstName = runName(workflow, detail.employee.employeeId, `${input}${occasion}`);
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const name = attempt === 1 ? firstName : `${firstName}-${attempt}`;
    const run = (await findRun(machines, workflow, name)) ?? (await startNew(machines, request, name, input));
    if (run.status !== 'failed') return { workflow, name, status: run.status, startedAt: run.startedAt };
  }
  throw new TooManyAttemptsError(firstName);
}

/** The state machines that the environment names. */
export function stateMachinesFromEnvironment(): StateMachines {
  const Arn = z.string().check(z.includes(':stateMachine:'));
  const environment = z.parse(
    z.object({ ONBOARDING_STATE_MACHINE_ARN: Arn, OFFBOARDING_STATE_MACHINE_ARN: Arn }),
    process.env,
  );
  return {
    client: new SFNClient({}),
    arns: {
      onboarding: environment.ONBOARDING_STATE_MACHINE_ARN,
      offboarding: environment.OFFBOARDING_STATE_MACHINE_ARN,
    },
  };
}

/**
 * The ARN of an execution; its form:
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html
 */
export function executionArn({ arns }: StateMachines, workflow: Workflow, name: string): string {
  return `${arns[workflow].replace(':stateMachine:', ':execution:')}:${name}`;
}

type FoundRun = { status: StartedRun['status'] | 'failed'; startedAt: string };

async function findRun(
  machines: StateMachines,
  workflow: Workflow,
  name: string,
): Promise<FoundRun | undefined> {
  const describe = new DescribeExecutionCommand({
    executionArn: executionArn(machines, workflow, name),
    includedData: 'METADATA_ONLY',
  });
  try {
    const execution = await machines.client.send(describe);
    return { status: foundStatus(execution.status), startedAt: isoInstant(execution.startDate) };
  } catch (error) {
    if (error instanceof ExecutionDoesNotExist) return undefined;
    throw error;
  }
}

async function startNew(
  machines: StateMachines,
  request: RunRequest,
  name: string,
  input: string,
): Promise<FoundRun> {
  const { workflow } = request;
  checkMoment(request, new Date());
  const start = new StartExecutionCommand({ stateMachineArn: machines.arns[workflow], name, input });
  try {
    const { startDate } = await machines.client.send(start);
    return { status: 'started', startedAt: isoInstant(startDate) };
  } catch (error) {
    // Somebody else started it and it has ended since it was looked for, which takes a moment to be visible.
    const run = error instanceof ExecutionAlreadyExists && (await findRun(machines, workflow, name));
    if (run) return run;
    throw error;
  }
}

// An execution that is started and then refuses its own input would look like an accepted request.
function checkMoment(request: RunRequest, now: Date): void {
  if (request.workflow === 'onboarding') onboardingMoment(request.detail, now);
  else offboardingMoment(request.detail, now);
}

function foundStatus(status: DescribeExecutionOutput['status']): FoundRun['status'] {
  if (status === 'SUCCEEDED') return 'succeeded';
  return status === 'RUNNING' || status === 'PENDING_REDRIVE' ? 'running' : 'failed';
}

function isoInstant(date: Date | undefined): string {
  return z.parse(z.date(), date).toISOString();
}

/** At most 72 characters; Step Functions allows 80, and these only: the id's others become an underscore. */
export function runName(
  workflow: Workflow | 'training-follow-up',
  employeeId: string,
  request: string,
): string {
  const id = employeeId.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 30);
  const hash = createHash('sha256').update(request).digest('hex').slice(0, 24);
  return `${workflow}-${id}-${hash}`;
}

/** JSON with sorted keys, so that the order in which a sender writes its fields makes no difference. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, field: unknown) =>
    isRecord(field) ? Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1))) : field,
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
