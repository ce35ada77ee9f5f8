import * as z from 'zod/mini';
import { step } from '../shared/step.ts';
import { waitSeconds } from '../training/waits.ts';
import { type DrataClient, drata } from './client.ts';
import type { TrainingCheck } from './training.ts';

const Moment = z.pipe(z.iso.datetime({ offset: true }), z.transform(Date.parse));

const Round = z.object({
  // Only an id may become a part of the path.
  personnelId: z.string().check(z.regex(/^[\w-]+$/, { error: 'must be an id of Drata' })),
  startedAt: Moment,
  deadline: Moment,
  /** When the state was entered, by the clock of Step Functions, which also times the waits. */
  now: Moment,
});
type Round = z.infer<typeof Round>;

/** A check and how long to wait for the next one. `overdue` means still pending at the deadline. */
type CheckedRound = Omit<TrainingCheck, 'status'> & {
  status: TrainingCheck['status'] | 'overdue';
  waitSeconds: number;
};

export const handler = step({
  name: 'DrataCheckTraining',
  client: drata,
  input: Round,
  run: checkRound,
});

/** One round of a follow-up. @throws the errors of `VendorHttp` */
async function checkRound(client: DrataClient, { personnelId, ...times }: Round): Promise<CheckedRound> {
  const check = await client.checkTraining(personnelId);
  const wait = check.status === 'pending' ? waitSeconds(times) : 0;
  const isOverdue = check.status === 'pending' && wait === 0;
  return { ...check, status: isOverdue ? 'overdue' : check.status, waitSeconds: wait };
}
