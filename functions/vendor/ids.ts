import * as z from 'zod/mini';

/** An id that is a number, also where a vendor writes it as a text. */
export const NumberId = z.pipe(
  z.union([z.int(), z.string().check(z.regex(/^[1-9]\d{0,14}$/))]),
  z.transform(Number),
);

/** An id that is a text, also where a vendor writes it as a number. */
export const TextId = z.pipe(z.union([z.string(), z.int()]), z.transform(String));
