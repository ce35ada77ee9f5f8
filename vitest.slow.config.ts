import { defineConfig } from 'vitest/config';

// What proves at length; `npm test` has a smaller one of each.
export default defineConfig({
  test: {
    include: ['test/slow/**/*.test.ts'],
    globalSetup: ['test/temporary-folder.ts'],
    maxWorkers: '100%',
    hookTimeout: 600_000,
  },
});
