import * as z from 'zod/mini';

/** What a sync came to. */
export const ComplianceSummary = z.object({
  /** How many people are in the files. */
  people: z.int(),
  /** How many of the active ones have each status; `unknown` is for those of whom Drata said none. */
  active: z.record(z.string(), z.int()),
  /** How many are worth asking about again soon. */
  pending: z.int(),
  files: z.array(z.string()),
});
export type ComplianceSummary = z.infer<typeof ComplianceSummary>;
