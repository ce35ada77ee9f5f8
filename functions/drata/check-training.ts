import * as z from 'zod/mini';
import { step } from '../shared/step.ts';
import { waitSeconds } from '../training/waits.ts';
import { type DrataClient, drata } from './client.ts';
import type { TrainingCheck } from './training.ts';

const Moment = z.pipe(z.iso.datetime({ offset: true }), z.transform(Date.parse));

const Round = z.object({
  // Only an id may become a part of the path.
  personnelId: z.nullable(z.string().check(z.regex(/^[\w-]+$/, { error: 'must be an id of Drata' }))),
  /** By which address, and by when, a record comes that is not there yet. */
  trainee: z._default(z.object({ email: z.optional(z.string()), appearsBy: z.optional(Moment) }), {}),
  startedAt: Moment,
  deadline: Moment,
  /** When the state was entered, by the clock of Step Functions, which also times the waits. */
  now: Moment,
});
type Round = z.infer<typeof Round>;

/**
 * A check and how long to wait for the next one. `overdue` means still pending at the deadline, and `absent` that no record
 * has come by its own.
 */
type CheckedRound = Omit<TrainingCheck, 'status'> & {
  status: TrainingCheck['status'] | 'overdue' | 'absent';
  waitSeconds: number;
  personnelId: string | null;
};

export const handler = step({
  name: 'DrataCheckTraining',
  client: drata,
  input: Round,
  run: checkRound,
});

/** One round of a follow-up. @throws the errors of `VendorHttp` */
async function checkRound(
  client: DrataClient,
  { personnelId: known, trainee, ...times }: Round,
): Promise<CheckedRound> {
  const personnelId = known ?? (await findRecord(client, trainee.email));
  if (personnelId === null) {
    const wait = waitSeconds({ ...times, deadline: trainee.appearsBy ?? times.deadline });
    const status = wait === 0 ? 'absent' : 'pending';
    return { status, missing: ['a record in Drata'], waitSeconds: wait, personnelId };
  }
  const check = await client.checkTraining(personnelId);
  const wait = check.status === 'pending' ? waitSeconds(times) : 0;
  const isOverdue = check.status === 'pending' && wait === 0;
  return { ...check, status: isOverdue ? 'overdue' : check.status, waitSeconds: wait, personnelId };
}

/** The record that the identity provider has brought; null while there is none, and where there are several. */
async function findRecord(client: DrataClient, email: string | undefined): Promise<string | null> {
  if (email === undefined) return null;
  const found = await client.findPersonnel({ vendorUserId: null, addresses: [email], isThorough: true });
  const [first, another] = found;
  return first === undefined || another !== undefined ? null : first.account.vendorUserId;
}
