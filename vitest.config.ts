import { defineConfig } from 'vitest/config';

/** SQLite files in folders that every execution watches. */
const alone = ['test/alone/**/*.test.ts', 'test/guard/sqlite-watch.test.ts'];

export default defineConfig({
  test: {
    environment: 'node',
    globalSetup: ['./test/support/build-once.ts'],
    // As the program has it (src/cli/start.ts): each file of tests that compiles plans would wait for it.
    execArgv: ['--no-regexp-tier-up'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Two at a time: many tests start servers and processes of their own.
    maxWorkers: 2,
    // Goldens are written by `npm run goldens` alone.
    update: 'none',
    allowOnly: false,
    // Tests of what the whole machine shares run when all others have ended.
    projects: [
      { extends: true, test: { name: 'proofplan', include: ['test/**/*.test.ts'], exclude: [...alone, 'test/soak/**'], sequence: { groupOrder: 0 } } },
      { extends: true, test: { name: 'alone', include: alone, sequence: { groupOrder: 1 }, maxWorkers: 1 } },
    ],
    reporters: ['default', './test/support/summary-reporter.ts'],
  },
});
