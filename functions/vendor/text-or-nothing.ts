import * as z from 'zod/mini';

/**
 * A text that a vendor may leave out: absent, null, empty and blank all come to null, because vendors use any of them
 * to say "not so" or "not known".
 */
export const textOrNothing = z.pipe(z.optional(z.nullable(z.string())), z.transform(blankToNull));

/** The same for a text whose absence means something else than its emptiness: absent stays undefined. */
export const textOrNothingIfTold = z.optional(
  z.pipe(
    z.nullable(z.string()),
    z.transform((text: string | null) => blankToNull(text)),
  ),
);

function blankToNull(text: string | null | undefined): string | null {
  // Half of a character cannot be stored; it stands as U+FFFD then.
  return (text ?? '').trim() === '' ? null : (text?.toWellFormed() ?? null);
}
