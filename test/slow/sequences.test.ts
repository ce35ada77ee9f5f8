import { afterAll, beforeAll, it, vi } from 'vitest';
import type { Runtime } from '../../local/runtime/runtime.ts';
import { playSequences, startSequenceRuntime } from '../runs/sequences.ts';
import { stubWideLimits } from '../wide-limits.ts';

let runtime: Runtime;

beforeAll(async () => {
  stubWideLimits(vi.stubEnv);
  runtime = await startSequenceRuntime();
});
afterAll(async () => {
  await runtime.close();
  vi.unstubAllEnvs();
});

it('2,000 sequences of events end as HR last asked, and touch nobody else', async () => {
  await playSequences(runtime, { seed: 2_000, numRuns: 2_000, longest: 6, mostApps: 3 });
}, 3_000_000);
