import { it } from 'vitest';
import { expectOnlyGenuineAccepted } from './changed-requests.ts';

it('accepts none of 5,000 requests that were changed, and each of them before it was', () => {
  expectOnlyGenuineAccepted(5_000);
}, 60_000);
