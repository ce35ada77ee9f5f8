import { it } from 'vitest';
import { expectOneRefreshEach } from './worker-crowd.ts';

// A crowd of four groups that read together; test/slow has the large one.
it(
  '3 workers over 36 expiries, with stalls and crashes: one refresh an expiry, no revocation',
  () => expectOneRefreshEach({ workers: 3, expiries: 36 }),
  60_000,
);
