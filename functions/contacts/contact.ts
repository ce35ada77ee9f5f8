import * as z from 'zod/mini';
import { EmailAddress } from '../shared/email.ts';

const MOST_ATTRIBUTES = 100;

const trimmed = z.string().check(z.trim());
// JSON can hold half of a surrogate pair, which UTF-8 cannot.
const isPrintable = z.regex(/^[^\p{Cc}\p{Cs}]+$/u, {
  error: 'must not hold control characters or halves of a character',
});

/** The id of a contact in the CRM, as text; the CRM may write it as a number. */
export const CrmId = z.pipe(
  z.union([trimmed, z.pipe(z.int(), z.transform(String))], { error: 'must be a text or a whole number' }),
  z.string().check(z.minLength(1), z.maxLength(200), isPrintable),
);

const AttributeName = z.string().check(z.trim(), z.minLength(1), z.maxLength(100), isPrintable);
const AttributeText = z.string().check(
  z.maxLength(4_000),
  z.refine((text) => text.isWellFormed(), { error: 'must not hold halves of a character' }),
);
const AttributeValue = z.union([AttributeText, z.number(), z.boolean()], {
  error: 'must be a text of at most 4000 characters, a number, true or false',
});

/** A row of the CRM's file: the contact's id and address, and an attribute under each other name. */
export const Contact = z.pipe(
  z.pipe(z.record(z.string(), z.unknown()), z.transform(asContact)),
  z.object({
    crmId: CrmId,
    email: z.pipe(trimmed, EmailAddress),
    attributes: z.record(AttributeName, AttributeValue).check(
      z.refine((attributes) => Object.keys(attributes).length <= MOST_ATTRIBUTES, {
        error: `must be at most ${MOST_ATTRIBUTES}`,
      }),
    ),
  }),
);
export type Contact = z.infer<typeof Contact>;

/** An empty cell changes nothing, so it is left out. */
function asContact({ crmId, email, ...others }: Record<string, unknown>) {
  const attributes = Object.entries(others)
    .map(([name, value]): [string, unknown] => [name, typeof value === 'string' ? value.trim() : value])
    .filter(([, value]) => value !== '' && value !== null);
  return { crmId, email, attributes: Object.fromEntries(attributes) };
}
