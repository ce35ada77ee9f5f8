import * as z from 'zod/mini';

export const OUTCOMES = ['created', 'updated', 'unchanged', 'failed'] as const;

/** The result of a row. It holds ids, but no address and no value of an attribute. */
export const ContactResult = z.object({
  /** The number of the line on which the row begins, or of the element in a JSON array; the first is 1. */
  row: z.int(),
  /** Null when the row has no CRM id that can be read. */
  crmId: z.nullable(z.string()),
  outcome: z.enum(OUTCOMES),
  /** The contact in Drift; null when the row failed before the contact was known. */
  contactId: z.nullable(z.int()),
  /** What a person should know: why the row failed, or what Drift did differently. */
  note: z.nullable(z.string()),
});
export type ContactResult = z.infer<typeof ContactResult>;
