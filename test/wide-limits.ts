import { ALL_SURFACES } from '../functions/app-descriptions.ts';
import { limitVariable } from '../functions/vendor/surface.ts';

const WIDE = JSON.stringify({ capacity: 100_000, windowMs: 2_000 });

/** The environment of a company that no vendor limits, for tests that are about something else: nothing waits. */
export const WIDE_LIMITS: Record<string, string> = Object.fromEntries(
  ALL_SURFACES.map((surface) => [limitVariable(surface), WIDE]),
);

/** Sets that environment through `stub`, which is vitest's `stubEnv`. */
export function stubWideLimits(stub: (name: string, value: string) => unknown): void {
  for (const [name, value] of Object.entries(WIDE_LIMITS)) stub(name, value);
}
