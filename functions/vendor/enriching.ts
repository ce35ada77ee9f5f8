import * as z from 'zod/mini';
import { TextId } from './ids.ts';
import { textOrNothing, textOrNothingIfTold } from './text-or-nothing.ts';

// Parsing never waits, so the answer that is being parsed is the only one.
let counted: Map<string, number> | undefined;

/**
 * A field that only adds to an answer, so that it can fail nothing: in a form that is not the documented one it counts
 * as absent. `leavingOut` counts how often.
 *
 * @param field its name, for the log.
 * @param absent what stands for it then.
 */
export function enriching<T>(field: string, schema: z.ZodMiniType<T>, absent: T): z.ZodMiniType<T> {
  const told = z.pipe(
    z.unknown(),
    z.transform((value: unknown) => {
      const parsed = z.safeParse(schema, value);
      if (parsed.success) return parsed.data;
      counted?.set(field, (counted.get(field) ?? 0) + 1);
      return absent;
    }),
  );
  return z.pipe(z.optional(z.unknown()), told);
}

/** A text that only adds to an answer; null where there is none. */
export function enrichingText(field: string): z.ZodMiniType<string | null> {
  return enriching(field, textOrNothing, null);
}

/** An id that only adds to an answer; null where there is none. */
export function enrichingId(field: string): z.ZodMiniType<string | null> {
  return enriching(field, z.pipe(z.optional(z.nullable(TextId)), textOrNothing), null);
}

/** As `enrichingText`, where absent means something else than empty. */
export function enrichingTextIfTold(field: string): z.ZodMiniType<string | null | undefined> {
  return enriching(field, textOrNothingIfTold, undefined);
}

/** Parses, and tells which fields were left out how often; empty as a rule. */
export function leavingOut<T>(parse: () => T): { parsed: T; leftOut: Record<string, number> } {
  const counts = new Map<string, number>();
  counted = counts;
  try {
    const parsed = parse();
    return { parsed, leftOut: Object.fromEntries(counts) };
  } finally {
    counted = undefined;
  }
}
