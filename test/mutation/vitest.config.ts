import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** The tests that need nothing but the code: a mutant is tried against each of them that reaches it. */
export default defineConfig({
  root: join(import.meta.dirname, '..', '..'),
  test: {
    environment: 'node',
    include: ['test/policy/**/*.test.ts', 'test/execute/judge-policy.test.ts', 'test/guard/{scram,wire-message}.test.ts'],
    // These start servers, or overflow the parser on purpose, which the mutating process does not outlive.
    exclude: ['test/policy/{effect,sql-function,sql-parser}.test.ts'],
    testTimeout: 60_000,
    maxWorkers: 1,
    update: 'none',
  },
});
