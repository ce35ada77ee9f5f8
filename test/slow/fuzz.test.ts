import { it } from 'vitest';
import { expectOnlyGenuineAccepted } from '../webhooks/changed-requests.ts';

it('accepts none of 100,000 requests that were changed, and each of them before it was', () => {
  expectOnlyGenuineAccepted(100_000);
}, 600_000);
