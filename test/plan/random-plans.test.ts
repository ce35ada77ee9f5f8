import { expect, it } from 'vitest';
import { provePlans } from './random-plans.ts';

it.each(['guide', 'live'] as const)(
  'random plans in the dialect %s write nothing, and the runs do exactly what they say',
  async (dialect) => {
    const { planned, done } = await provePlans(dialect, { seed: 7, cases: 1 });
    expect(planned).toBeGreaterThan(0);
    expect(done).toBeGreaterThan(0);
  },
);
