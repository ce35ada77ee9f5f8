import { ExecutionAlreadyExists, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import * as z from 'zod/mini';
import { runName } from '../runs/run-name.ts';

/** Whose training is followed up. */
export type Trainee = {
  employeeId: string;
  /** The first day, as an ISO date. */
  startDate: string;
  /** By which address Drata will know them. */
  email: string;
  /** The record in Drata; null while the identity provider has brought none. */
  personnelId: string | null;
};

const DAY_MS = 86_400_000;
// An execution lives for a year: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
const LONGEST_DAYS = 360;
// When this call fails, there is no follow-up, and nobody would notice.
const MAX_ATTEMPTS = 6;

const Environment = z.object({
  TRAINING_FOLLOW_UP_STATE_MACHINE_ARN: z.string().check(z.includes(':stateMachine:')),
  TRAINING_DUE_DAYS: z.coerce.number().check(z.positive()),
  /** How long a record is waited for that Drata does not have yet. */
  DRATA_APPEARS_WITHIN_DAYS: z.coerce.number().check(z.positive()),
});

/**
 * Starts the follow-up of a hire's training, which first waits for a record that is not there yet. Its name is derived from the record and the first day, so a repeated or
 * retried onboarding does not start a second one.
 *
 * @throws the SDK's errors when Step Functions cannot be reached or refuses.
 */
export async function startTrainingFollowUp(trainee: Trainee): Promise<void> {
  const environment = z.parse(Environment, process.env);
  const { TRAINING_FOLLOW_UP_STATE_MACHINE_ARN: stateMachineArn } = environment;
  const { employeeId, email, personnelId, startDate } = trainee;
  const now = Date.now();
  const deadline = trainingDeadline(startDate, environment.TRAINING_DUE_DAYS, now);
  const appearsBy = trainingDeadline(startDate, environment.DRATA_APPEARS_WITHIN_DAYS, now);
  const start = new StartExecutionCommand({
    stateMachineArn,
    name: runName('training-follow-up', employeeId, `${personnelId ?? 'awaited'} ${startDate}`),
    input: JSON.stringify({ employeeId, personnelId, deadline, email, appearsBy }),
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
