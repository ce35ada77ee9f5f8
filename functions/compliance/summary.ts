import * as z from 'zod/mini';

/** The result of a sync. */
export const ComplianceSummary = z.object({
  /** How many people are in the files. */
  people: z.int(),
  /** How many active people have each status; `unknown` when Drata gives none. */
  active: z.record(z.string(), z.int()),
  /** How many people's status will be read again soon. */
  pending: z.int(),
  files: z.array(z.string()),
});
export type ComplianceSummary = z.infer<typeof ComplianceSummary>;
