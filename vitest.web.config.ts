import { defineConfig } from 'vitest/config';

// The page in a real browser, which npm ci has brought along.
export default defineConfig({
  test: {
    include: ['test/browser/**/*.test.ts'],
    // Each file has a browser and a company of its own.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
