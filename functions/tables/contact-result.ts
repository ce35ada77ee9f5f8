import * as z from 'zod/mini';

export const OUTCOMES = ['created', 'updated', 'unchanged', 'failed'] as const;

/** What became of a row. Ids only: no address and no attribute's value. */
export const ContactResult = z.object({
  /** The line on which the row begins, the first of the file being 1; in a JSON array, which element it is. */
  row: z.int(),
  /** Null when the row has none that can be read. */
  crmId: z.nullable(z.string()),
  outcome: z.enum(OUTCOMES),
  /** The contact in Drift; null when the row failed before it was known. */
  contactId: z.nullable(z.int()),
  /** What a person should know: why the row failed, or what Drift did otherwise than it was told. */
  note: z.nullable(z.string()),
});
export type ContactResult = z.infer<typeof ContactResult>;
