import { ExecutionAlreadyExists, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import * as z from 'zod/mini';
import { runName } from '../runs/start-run.ts';

/** Whose training is followed up. */
export type Trainee = {
  employeeId: string;
  /** The first day, as an ISO date. */
  startDate: string;
  /** The record in Drata. */
  personnelId: string;
};

const DAY_MS = 86_400_000;
// An execution lives for a year: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
const LONGEST_DAYS = 360;
// When this call fails, there is no follow-up, and nobody would notice.
const MAX_ATTEMPTS = 6;

const Environment = z.object({
  TRAINING_FOLLOW_UP_STATE_MACHINE_ARN: z.string().check(z.includes(':stateMachine:')),
  TRAINING_DUE_DAYS: z.coerce.number().check(z.positive()),
});

/**
 * Starts the follow-up of a hire's training. Its name is derived from the record and the first day, so a repeated or
 * retried onboarding does not start a second one.
 *
 * @throws the SDK's errors when Step Functions cannot be reached or refuses.
 */
export async function startTrainingFollowUp(trainee: Trainee): Promise<void> {
  const { TRAINING_FOLLOW_UP_STATE_MACHINE_ARN: stateMachineArn, TRAINING_DUE_DAYS } = z.parse(
    Environment,
    process.env,
  );
  const { employeeId, personnelId, startDate } = trainee;
  const deadline = trainingDeadline(startDate, TRAINING_DUE_DAYS, Date.now());
  const start = new StartExecutionCommand({
    stateMachineArn,
    name: runName('training-follow-up', employeeId, `${personnelId} ${startDate}`),
    input: JSON.stringify({ employeeId, personnelId, deadline }),
  });
  try {
    await new SFNClient({ maxAttempts: MAX_ATTEMPTS }).send(start);
  } catch (error) {
    if (!(error instanceof ExecutionAlreadyExists)) throw error;
  }
}

/**
 * When the training has to be complete: `dueDays` after the first day, or after now if that is later.
 *
 * @param now when the follow-up begins, in epoch milliseconds.
 */
export function trainingDeadline(startDate: string, dueDays: number, now: number): string {
  const due = Math.max(now, Date.parse(startDate)) + dueDays * DAY_MS;
  return new Date(Math.min(due, now + LONGEST_DAYS * DAY_MS)).toISOString();
}
