import * as z from 'zod/mini';

/** The facts of a person that an app may show. */
export const SHOWN_FACTS = ['email', 'name', 'title', 'department'] as const;
export type ShownFact = (typeof SHOWN_FACTS)[number];

/** Null, or missing, is what the app does not show. */
export const ShownFacts = z.partialRecord(z.enum(SHOWN_FACTS), z.nullable(z.string()));
export type ShownFacts = z.infer<typeof ShownFacts>;

/** Those of some fields, in words, that an app may show. */
export function shownFactsAmong(fields: readonly string[]): ShownFact[] {
  return SHOWN_FACTS.filter((fact) => fields.includes(fact));
}
