import * as z from 'zod/mini';
import { APPS } from '../shared/apps.ts';
import { FINDING_KINDS } from '../tables/finding-store.ts';

/** How many people have an account in an app, and how many HR wants to have one. */
export const HeadCount = z.object({
  /** People who can log in. */
  active: z.int(),
  deactivated: z.int(),
  /** People who could log in by accepting an invitation. */
  invited: z.int(),
  /** Employees who should have an open account, by the runs so far. */
  expected: z.int(),
});
export type HeadCount = z.infer<typeof HeadCount>;

/** One leaver who could still log in, and what was done about it. */
export const Fix = z.object({
  employeeId: z.string(),
  status: z.enum(['started', 'running', 'succeeded', 'failed']),
  /** The offboarding's name. */
  run: z.nullable(z.string()),
  error: z.nullable(z.string()),
});
export type Fix = z.infer<typeof Fix>;

/** The result of a reconciliation. */
export const Summary = z.object({
  run: z.string(),
  /** `leavers_can_log_in` comes before `findings`, because it is urgent. */
  status: z.enum(['clean', 'findings', 'leavers_can_log_in']),
  apps: z.array(
    z.object({
      app: z.enum(APPS),
      /** Null when the app could not be reconciled; `error` says why. */
      accounts: z.nullable(z.int()),
      findings: z.nullable(z.record(z.enum(FINDING_KINDS), z.int())),
      headCount: z.nullable(HeadCount),
      error: z.nullable(z.string()),
      /** For how many employees the graph was read, and why it could not be read for the others. */
      graph: z.object({ people: z.int(), error: z.nullable(z.string()) }),
    }),
  ),
  fixes: z.array(Fix),
  files: z.array(z.string()),
});
export type Summary = z.infer<typeof Summary>;
