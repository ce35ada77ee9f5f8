import * as z from 'zod/mini';

/** The coordination table's name, from the environment. */
export function coordinationTableFromEnvironment(): string {
  const { COORDINATION_TABLE } = z.parse(
    z.object({ COORDINATION_TABLE: z.string().check(z.minLength(3)) }),
    process.env,
  );
  return COORDINATION_TABLE;
}
