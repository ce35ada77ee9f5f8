import { it } from 'vitest';
import { expectOneRefreshEach } from '../credentials/worker-crowd.ts';

it(
  '200 workers over 50 expiries, with stalls and crashes: one refresh an expiry, no revocation',
  () => expectOneRefreshEach({ workers: 200, expiries: 50 }),
  600_000,
);
