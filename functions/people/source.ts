import * as z from 'zod/mini';
import { DateFormat, USUAL_DATES } from '../hr/roster-format.ts';

/** The file of an import, as the input of a reconciliation names it. */
export const PeopleInput = z.strictObject({
  /** The file's name, below the folder for people. */
  file: z.string().check(z.regex(/^people\/./, { error: 'must begin with people/' })),
  /** Field → column, for columns with names of their own. */
  columns: z._default(z.record(z.string(), z.string()), {}),
  /** How days are written; never guessed. */
  dates: z._default(DateFormat, USUAL_DATES),
  /** Whether only to say what would be linked. */
  plan: z._default(z.boolean(), false),
});
export type PeopleInput = z.infer<typeof PeopleInput>;

/** The file once it is checked. */
export const PeopleSource = z.object({
  file: z.string(),
  version: z.string(),
  columns: z.record(z.string(), z.string()),
  dates: z._default(DateFormat, USUAL_DATES),
  plan: z.boolean(),
  /** How many people it names. */
  count: z.int(),
});
export type PeopleSource = z.infer<typeof PeopleSource>;
