import {
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  ExecutionDoesNotExist,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import * as z from 'zod/mini';
import { oncePerPlace } from '../shared/once-per-place.ts';
import { currentPlanning, isPlanning } from '../shared/planning.ts';
import type { Workflow } from '../shared/workflow.ts';
import type { RunRef } from '../tables/order-store.ts';

/** The state machines of this deployment, and the way to them. */
export type StateMachines = { client: SFNClient; arns: Record<Workflow, string> };

const stepFunctions = oncePerPlace(() => new SFNClient({}));

/** The state machines that the environment names. */
export function stateMachinesFromEnvironment(): StateMachines {
  const Arn = z.string().check(z.includes(':stateMachine:'));
  const environment = z.parse(
    z.object({
      ONBOARDING_STATE_MACHINE_ARN: Arn,
      OFFBOARDING_STATE_MACHINE_ARN: Arn,
      UPDATE_STATE_MACHINE_ARN: Arn,
    }),
    process.env,
  );
  return {
    client: stepFunctions(),
    arns: {
      onboarding: environment.ONBOARDING_STATE_MACHINE_ARN,
      offboarding: environment.OFFBOARDING_STATE_MACHINE_ARN,
      update: environment.UPDATE_STATE_MACHINE_ARN,
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

/** Whether a run waits or runs. @throws the SDK's errors */
export async function isOpenRun(machines: StateMachines, run: RunRef): Promise<boolean> {
  return (await describeRun(machines, run))?.status === 'running';
}

/** How a run stands with Step Functions; null where it is not known, or not any more. @throws the SDK's errors */
export async function describeRun(
  machines: StateMachines,
  { workflow, name }: RunRef,
): Promise<{
  status: 'running' | 'succeeded' | 'failed';
  /** As an ISO instant. */
  startedAt: string;
} | null> {
  const describe = new DescribeExecutionCommand({
    executionArn: executionArn(machines, workflow, name),
    includedData: 'METADATA_ONLY',
  });
  try {
    const { status, startDate } = await machines.client.send(describe);
    return { status: foundStatus(status), startedAt: isoInstant(startDate) };
  } catch (error) {
    if (error instanceof ExecutionDoesNotExist) return null;
    throw error;
  }
}

function foundStatus(status: DescribeExecutionOutput['status']): 'succeeded' | 'running' | 'failed' {
  if (status === 'SUCCEEDED') return 'succeeded';
  return status === 'RUNNING' || status === 'PENDING_REDRIVE' ? 'running' : 'failed';
}

/**
 * Starts an execution, or takes note of it where it is only planned.
 *
 * @param input as JSON.
 * @throws ExecutionAlreadyExists; the SDK's errors
 */
export async function startExecution(
  { client, arns }: StateMachines,
  { workflow, name }: RunRef,
  input: string,
): Promise<Date | undefined> {
  const planning = currentPlanning();
  if (planning !== undefined) {
    planning.startedWith = input;
    return new Date();
  }
  const start = new StartExecutionCommand({ stateMachineArn: arns[workflow], name, input });
  return (await client.send(start)).startDate;
}

/** Stops a run; does nothing where there is none, or where it is only planned. @throws the SDK's errors */
export async function stopRun(
  { client, arns }: StateMachines,
  { workflow, name }: RunRef,
  reason: { error: string; cause: string },
): Promise<void> {
  if (isPlanning()) return;
  const stop = new StopExecutionCommand({
    executionArn: executionArn({ client, arns }, workflow, name),
    ...reason,
  });
  await client.send(stop).catch((error: unknown) => {
    if (!(error instanceof ExecutionDoesNotExist)) throw error;
  });
}

/** An SDK's date as an ISO instant. */
export function isoInstant(date: Date | undefined): string {
  return z.parse(z.date(), date).toISOString();
}
