import { expect, it } from 'vitest';
import { expectOnlyGenuineAccepted } from '../webhooks/changed-requests.ts';
import { refuseChanged } from '../webhooks/hr-requests.ts';

it('accepts none of 100,000 requests that were changed, and each of them before it was', () => {
  expectOnlyGenuineAccepted(100_000);
}, 600_000);

it('100,000 changed requests of HR systems, none is accepted', async () => {
  expect(await refuseChanged(100_000)).toBe(0);
}, 600_000);
