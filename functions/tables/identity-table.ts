import * as z from 'zod/mini';

/** The identity table's name, from the environment. */
export function identityTableFromEnvironment(): string {
  const { IDENTITY_TABLE } = z.parse(
    z.object({ IDENTITY_TABLE: z.string().check(z.minLength(3)) }),
    process.env,
  );
  return IDENTITY_TABLE;
}
