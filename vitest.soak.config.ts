import { defineConfig } from 'vitest/config';

/** `npm run soak`: what takes long, or needs root (mounts). Alone on the machine: some plays leave files where every execution looks. */
export default defineConfig({
  test: {
    environment: 'node',
    globalSetup: ['./test/support/build-once.ts'],
    // Those of which a test run plays a part, whole.
    include: ['test/soak/**/*.test.ts', 'test/guard/attack-corpus.test.ts', 'test/fault/meddling.test.ts', 'test/fault/machine.test.ts'],
    env: { PROOFPLAN_WHOLE: '1' },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 1,
    update: 'none',
    allowOnly: false,
    reporters: ['default', './test/support/summary-reporter.ts'],
  },
});
