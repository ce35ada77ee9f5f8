import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// On a clean clone nothing is known yet of how long a file takes, and a slow one that begins last leaves a core idle.
const SLOW = [
  'runs/sequences',
  'local/cli',
  'local/runtime',
  'cdk/stack',
  'test/vendor-contract',
  'contacts/contact-sync',
  'workflow/keep-trying',
  'doctor/doctor',
  'credentials/token-renewal',
  'api/app',
  'gate/held-runs',
  'training/training-follow-up',
  'local/order',
  'local/serve',
  'reconciliation/reconciliation',
];

class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isSlow = ({ moduleId }: TestSpecification) => SLOW.some((name) => moduleId.includes(name));
    const sorted = await super.sort(files);
    return [...sorted.filter(isSlow), ...sorted.filter((file) => !isSlow(file))];
  }
}

// Every worker and every command that a test starts would otherwise compile the same modules again.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('node_modules/.cache/node', import.meta.url));

export default defineConfig({
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    // test/slow/ has vitest.slow.config.ts, and test/browser/ vitest.web.config.ts.
    exclude: ['test/slow/**', 'test/browser/**'],
    // Every file starts its own servers on loopback, so files may run side by side. One after another they share a
    // process and the modules it has loaded; the setup file puts back what they change in it.
    isolate: false,
    // What proves at length carries this tag, or lies in test/slow/; `npm run test:slow` runs both.
    tags: [{ name: 'slow', description: 'left to `npm run test:slow`' }],
    globalSetup: ['test/temporary-folder.ts'],
    // Most code runs too seldom to be optimized: compiled plainly at once, and with fewer small collections of garbage, the
    // suite takes 4 % less.
    execArgv: ['--always-sparkplug', '--max-semi-space-size=64'],
    setupFiles: ['test/restore-process.ts'],
    // One more than there are cores: a file that waits, for a port or a child, leaves its core to another.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: SlowFirst },
    // For a machine that is busy with other things.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
