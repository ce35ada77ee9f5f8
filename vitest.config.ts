import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Every file starts its own servers on loopback, so files share nothing and may run side by side.
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
});
