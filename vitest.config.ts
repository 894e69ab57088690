import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    environment: 'node',
    globalSetup: ['./test/support/build-once.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Two at a time: many tests start servers and processes of their own.
    maxWorkers: 2,
    // Goldens are written by `npm run goldens` alone.
    update: 'none',
    allowOnly: false,
    reporters: ['default', './test/support/summary-reporter.ts'],
  },
});
