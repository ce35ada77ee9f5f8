import * as z from 'zod/mini';

/**
 * What one step did. `found`, `not_found` and `not_needed` come from steps that only look;
 * `changed`, `invited` and `already_done` from steps that write.
 */
export const StepStatus = z.enum(['found', 'not_found', 'not_needed', 'changed', 'invited', 'already_done']);

/** One thing that is different in the app now. The counts belong to records that change their owner. */
export const Change = z.object({
  what: z.string(),
  /** Whether the person can log in since then, or cannot any more; what a rescind takes back. */
  login: z.optional(z.enum(['opened', 'shut'])),
  moved: z.optional(z.int()),
  remaining: z.optional(z.int()),
});
export type Change = z.infer<typeof Change>;

/** What the steps of one app have done so far. It travels through the app's chain of steps. */
export const Outcome = z.object({
  status: z.union([StepStatus, z.literal('pending')]),
  /** The account, by the id that the vendor gives it, as text; null until it is found or created. */
  account: z.nullable(z.looseObject({ vendorUserId: z.string() })),
  /** A leaver's other open accounts in the same app, which are to be shut too. */
  others: z._default(z.array(z.looseObject({ vendorUserId: z.string() })), []),
  steps: z.array(z.object({ step: z.string(), status: StepStatus, ms: z.int() })),
  changes: z.array(Change),
  /** What a person has to do, in one sentence each. */
  followUps: z.array(z.string()),
});
export type Outcome = z.infer<typeof Outcome>;

/** What a step returns; `account` only when it learned or changed which account it is. */
export type StepResult = {
  status: z.infer<typeof StepStatus>;
  account?: Outcome['account'];
  others?: Outcome['others'];
  changes?: Change[];
  followUps?: string[];
};

/** The outcome before any step has run. */
export function pendingOutcome(followUps: string[] = []): Outcome {
  return { status: 'pending', account: null, others: [], steps: [], changes: [], followUps };
}

/** The outcome after one more step. `ms` is that step's duration in milliseconds. */
export function withStep(before: Outcome, step: string, ms: number, result: StepResult): Outcome {
  return {
    status: result.status,
    account: result.account === undefined ? before.account : result.account,
    others: result.others ?? before.others,
    steps: [...before.steps, { step, status: result.status, ms }],
    changes: [...before.changes, ...(result.changes ?? [])],
    followUps: [...new Set([...before.followUps, ...(result.followUps ?? [])])],
  };
}
