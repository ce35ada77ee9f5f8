import * as z from 'zod/mini';
import { OUTCOMES } from '../tables/contact-result.ts';

/** The result of a contact sync. */
export const ContactSyncSummary = z.object({
  run: z.string(),
  file: z.string(),
  /** `rows_failed` when a person has to look at the results. */
  status: z.enum(['synced', 'rows_failed']),
  rows: z.int(),
  outcomes: z.record(z.enum(OUTCOMES), z.int()),
  /** Attributes of the file that are not declared in Drift. */
  undeclared: z.array(z.string()),
  /** The result of each row, as JSON and CSV. */
  files: z.array(z.string()),
});
export type ContactSyncSummary = z.infer<typeof ContactSyncSummary>;
