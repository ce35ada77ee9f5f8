import { defineConfig } from 'vitest/config';
import config from './vitest.config.ts';

// What proves at length; `npm test` has a smaller one of each.
export default defineConfig({
  test: { ...config.test, include: ['test/slow/**/*.test.ts'], exclude: [], hookTimeout: 600_000 },
});
