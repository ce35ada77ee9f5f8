import { expect, it } from 'vitest';
import { expectSameEnd } from './year.ts';

it('a few months of a small company end in the same accounts, whichever source told of it', {
  tags: 'slow',
}, async () => {
  const { bamboohr, hibob } = await expectSameEnd(5, 20);
  for (const { webhooks } of [bamboohr, hibob])
    expect(Math.min(webhooks.taken, webhooks.lost, webhooks.doubled)).toBeGreaterThan(0);
});
