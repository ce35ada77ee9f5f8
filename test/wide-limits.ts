import { ALL_SURFACES } from '../functions/app-descriptions.ts';
import { GATE_VARIABLE } from '../functions/gate/settings.ts';
import { limitVariable } from '../functions/vendor/surface.ts';

const WIDE = JSON.stringify({ capacity: 100_000, windowMs: 2_000 });

const WIDE_GATE = JSON.stringify({
  limits: { offboarding: { people: 100_000 }, onboarding: { people: 100_000 } },
});

/** The environment of a company that no vendor and no gate limits, for tests that are about something else. */
export const WIDE_LIMITS: Record<string, string> = {
  ...Object.fromEntries(ALL_SURFACES.map((surface) => [limitVariable(surface), WIDE])),
  [GATE_VARIABLE]: WIDE_GATE,
};

/** Sets that environment through `stub`, which is vitest's `stubEnv`. */
export function stubWideLimits(stub: (name: string, value: string) => unknown): void {
  for (const [name, value] of Object.entries(WIDE_LIMITS)) stub(name, value);
}
