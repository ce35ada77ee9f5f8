import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// On a clean clone nothing is known yet of how long a file takes, and a slow one that begins last leaves a core idle.
const SLOW = ['local/runtime', 'local/cli', 'reconciliation/reconciliation'];

class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isSlow = ({ moduleId }: TestSpecification) => SLOW.some((name) => moduleId.includes(name));
    const sorted = await super.sort(files);
    return [...sorted.filter(isSlow), ...sorted.filter((file) => !isSlow(file))];
  }
}

// Every worker and every command that a test starts would otherwise compile the same modules again.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('node_modules/.cache/node', import.meta.url));

// They start no server and set nothing of their process, so they share one, and what it has imported. Every other file
// has a process of its own, and its own servers on loopback.
const PURE = [
  'test/{docs,imports,state-machines}.test.ts',
  'test/api/openapi.test.ts',
  'test/cdk/settings.test.ts',
  'test/compliance/record.test.ts',
  'test/contacts/source.test.ts',
  'test/events/samples.test.ts',
  'test/files/files.test.ts',
  'test/local/real-apps.test.ts',
  'test/rate-limit/rate-limit.test.ts',
  'test/shared/{event-bus,events,moment,outcome,priority}.test.ts',
  'test/training/waits.test.ts',
  'test/vendor/{ensure,match,paging,reassign}.test.ts',
  'test/webhooks/{events,fuzz}.test.ts',
];

export default defineConfig({
  test: {
    // One less than there are cores is the default, which on two cores leaves one idle.
    maxWorkers: '100%',
    sequence: { sequencer: SlowFirst },
    // For a machine that is busy with other things.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      { extends: true, test: { name: 'pure', include: PURE, isolate: false } },
      {
        extends: true,
        test: {
          name: 'servers',
          include: ['test/**/*.test.ts'],
          // test/slow/ has vitest.slow.config.ts.
          exclude: [...PURE, 'test/slow/**'],
        },
      },
    ],
  },
});
