import { expect, it } from 'vitest';
import { provePlans } from '../plan/random-plans.ts';

it.each(['guide', 'live'] as const)(
  '500 random plans in the dialect %s write nothing, and the runs do exactly what they say',
  async (dialect) => {
    const { planned, done, byStatus } = await provePlans(dialect, { seed: 16, cases: 500 });
    // Not all of them are about nothing.
    expect(planned).toBeGreaterThan(500);
    expect(done).toBeGreaterThan(500);
    expect(byStatus.go).toBeGreaterThan(350);
    expect(byStatus.held).toBeGreaterThan(20);
  },
  3_600_000,
);
