import { expect, it } from 'vitest';
import { expectSameEnd } from '../hr/year.ts';

it('a year of 300 people ends in the same accounts, whichever source told of it', async () => {
  const years = await expectSameEnd(300);
  for (const { events, webhooks } of [years.bamboohr, years.hibob]) {
    expect(new Set(events.map(({ type }) => type)).size).toBe(5);
    expect(Math.min(webhooks.lost, webhooks.doubled)).toBeGreaterThan(50);
  }
}, 900_000);
