import * as z from 'zod/mini';

/** Yes, no, or null where the vendor does not say: absent, null or empty. Nothing is confirmed by null. */
export const flagOrNothing = z.pipe(
  z.optional(z.nullable(z.union([z.boolean(), z.literal('')]))),
  z.transform((flag: boolean | '' | null | undefined) => (typeof flag === 'boolean' ? flag : null)),
);
