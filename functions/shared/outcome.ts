import * as z from 'zod/mini';
import { Asks } from './asks.ts';
import { HeldReason } from './held-reason.ts';
import { SHOWN_FACTS, type ShownFact } from './shown-facts.ts';

/**
 * What one step did. `found`, `not_found` and `not_needed` come from steps that only look;
 * `changed`, `invited` and `already_done` from steps that write. `incomplete` wrote what it could, and its follow-ups
 * name what is left; `held` waits for a person's release.
 */
export const StepStatus = z.enum([
  'found',
  'not_found',
  'not_needed',
  'changed',
  'invited',
  'already_done',
  'incomplete',
  'held',
]);

/** A step that ended. */
export const StepDone = z.object({
  step: z.string(),
  status: StepStatus,
  /** When it began and ended, as ISO instants. */
  startedAt: z.optional(z.string()),
  endedAt: z.optional(z.string()),
  ms: z.int(),
  /** How often it was tried until it ended so; of a hand-over in parts, its last part. */
  attempts: z.optional(z.int()),
  /** The id that the vendor gave to the step's last request, where it gave one. */
  vendorRequestId: z.optional(z.string()),
});
export type StepDone = z.infer<typeof StepDone>;

/** One thing that is different in the app now. The counts belong to records that change their owner. */
export const Change = z.object({
  what: z.string(),
  /** Whether the person can log in since then, or cannot any more; what a rescind takes back. */
  login: z.optional(z.enum(['opened', 'shut'])),
  /** How many records the leaver owned before the first write. */
  initial: z.optional(z.int()),
  /** How many of these are the new owner's now. */
  moved: z.optional(z.int()),
  /** How many were deleted, or given to somebody else, meanwhile. */
  gone: z.optional(z.int()),
  /** How many the app does not let change their owner; they are among the remaining ones. */
  refused: z.optional(z.int()),
  /** How many the app still shows as the leaver's. */
  remaining: z.optional(z.int()),
  /** The new owner's account, by the id that the vendor gives it. */
  newOwner: z.optional(z.string()),
});
export type Change = z.infer<typeof Change>;

/** What the steps of one app have done so far. It travels through the app's chain of steps. */
export const Outcome = z.object({
  status: z.union([StepStatus, z.literal('pending')]),
  /** The account, by the id that the vendor gives it, as text; null until it is found or created. */
  account: z.nullable(
    z.looseObject({
      vendorUserId: z.string(),
      /** Whether the person could log in when the run first looked. */
      wasOpen: z.optional(z.boolean()),
    }),
  ),
  /** A leaver's other open accounts in the same app, which are to be shut too. */
  others: z._default(z.array(z.looseObject({ vendorUserId: z.string() })), []),
  steps: z.array(StepDone),
  changes: z.array(Change),
  /** What a person has to do, in one sentence each. */
  followUps: z.array(z.string()),
  asks: z._default(Asks, {}),
  /** What HR tells and the app does not show, because it could not be written; each is in a follow-up. */
  unwritten: z._default(z.array(z.enum(SHOWN_FACTS)), []),
  /** Why the last step waits for a person. */
  held: z._default(z.array(HeldReason), []),
});
export type Outcome = z.infer<typeof Outcome>;

/** What a step returns; `account` only when it learned or changed which account it is. */
export type StepResult = LeftOver & {
  status: z.infer<typeof StepStatus>;
  account?: Outcome['account'];
  others?: Outcome['others'];
  changes?: Change[];
  held?: HeldReason[];
};

/** What is left to a person. */
export type LeftOver = { followUps?: string[]; asks?: Asks; unwritten?: ShownFact[] | undefined };

/** A result with more that is left to a person. */
export function withLeft(result: StepResult, more: LeftOver): StepResult {
  const followUps = [...(result.followUps ?? []), ...(more.followUps ?? [])];
  const asks = { ...result.asks, ...more.asks };
  const unwritten = [...(result.unwritten ?? []), ...(more.unwritten ?? [])];
  return {
    ...result,
    ...(followUps.length > 0 ? { followUps } : {}),
    ...(Object.keys(asks).length > 0 ? { asks } : {}),
    ...(unwritten.length > 0 ? { unwritten } : {}),
  };
}

/** The outcome before any step has run. */
export function pendingOutcome({ followUps = [], asks = {}, unwritten = [] }: LeftOver = {}): Outcome {
  return {
    ...{ status: 'pending', account: null, others: [], steps: [], changes: [], held: [] },
    ...{ followUps, asks, unwritten },
  };
}

/**
 * The outcome after one more step.
 *
 * @param facts when that step began and ended, how often it was tried, and the vendor's id of its last request.
 */
export function withStep(
  before: Outcome,
  step: string,
  facts: { startedAt: Date; endedAt: Date; attempts: number; vendorRequestId: string | null },
  result: StepResult,
): Outcome {
  const { startedAt, endedAt, attempts, vendorRequestId } = facts;
  const done: StepDone = {
    step,
    status: result.status,
    startedAt: startedAt.toISOString(),
    endedAt: endedAt.toISOString(),
    ms: Math.max(0, endedAt.getTime() - startedAt.getTime()),
    attempts,
    ...(vendorRequestId === null ? {} : { vendorRequestId }),
  };
  return {
    ...before,
    status: isStillInvited(before, result) ? 'invited' : result.status,
    account: result.account === undefined ? before.account : asFirstSeen(before, result.account),
    others: result.others ?? before.others,
    steps: [...before.steps, done],
    changes: [...before.changes, ...(result.changes ?? [])],
    followUps: [...new Set([...before.followUps, ...(result.followUps ?? [])])],
    asks: { ...before.asks, ...result.asks },
    unwritten: [...new Set([...before.unwritten, ...(result.unwritten ?? [])])],
    held: result.held ?? [],
  };
}

/** An account as the first look saw it: when a login is tried again, an attempt before may have shut it. */
function asFirstSeen({ account: before }: Outcome, account: Outcome['account']): Outcome['account'] {
  const wasOpen = before?.wasOpen;
  return account === null || wasOpen === undefined ? account : { ...account, wasOpen };
}

const LOGIN_AFTER: Partial<Record<string, NonNullable<Change['login']>>> = {
  onboarding: 'opened',
  offboarding: 'shut',
};
const IS_THROUGH: readonly StepResult['status'][] = ['changed', 'invited', 'already_done', 'not_needed'];

/**
 * A step's result, with the change of the login where no step has told of it: an attempt that breaks off after its write
 * tells nothing, and the next one finds everything done. docs/decisions/0047 says how.
 */
export function tellingLogin(
  { outcome, workflow }: { outcome: Outcome; workflow?: unknown },
  result: StepResult,
): StepResult {
  const login = LOGIN_AFTER[String(workflow)];
  const { account = outcome.account, changes = [] } = result;
  if (login === undefined || account === null || !IS_THROUGH.includes(result.status)) return result;
  // Who had no account could not log in.
  const wasOpen = outcome.account === null ? false : outcome.account.wasOpen;
  if (wasOpen !== (login === 'shut')) return result;
  if ([...outcome.changes, ...changes].some((change) => change.login !== undefined)) return result;
  return { ...result, changes: [{ what: `login ${login} since the run looked first`, login }, ...changes] };
}

// What a later step may say without saying that the person has accepted.
const SAYS_NOTHING_OF_IT: readonly StepResult['status'][] = ['not_needed', 'already_done', 'changed'];

/** Whether an invitation of an earlier step still waits: the step about something else does not accept it. */
function isStillInvited(before: Outcome, { status }: StepResult): boolean {
  return before.status === 'invited' && SAYS_NOTHING_OF_IT.includes(status);
}
