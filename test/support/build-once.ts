import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Before all tests: dist/ as its sources are. A build that fails is said here and fails the tests that start the program. */
export function setup(): void {
  const made = spawnSync(process.execPath, [join(import.meta.dirname, '../../tools/build.mjs')], { encoding: 'utf8' });
  if (made.status !== 0) process.stderr.write(`the build failed; tests of the built program cannot pass\n${made.stderr}\n`);
}
