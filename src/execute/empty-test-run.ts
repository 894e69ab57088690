/** A run of tests that ran none and ended well all the same: "0 tests failed" is no success. */
import type { StepEvidence } from '../model/evidence.ts';

/** Closing lines of test runners that found nothing to run. */
const none = [
  /^Ran 0 tests in \d/m, // unittest
  /^NO TESTS RAN/m,
  /^No tests? (?:files? )?found, exiting with code 0/m, // jest, vitest
  /^\s*0 passing\b/m, // mocha
  /^No tests executed!/m, // PHPUnit
  /^0 examples, 0 failures/m, // RSpec
  /^No tests were found!!!/m, // ctest
  /^1\.\.0\b/m, // TAP
  /^No test is available in /m, // dotnet
  /^(?:\[[A-Z]+\] )?Tests run: 0,/m, // Maven
  /^running 0 tests$/m, // cargo
  /\[no test files\]$|\[no tests to run\]$/m, // go
];

/** Lines of the same runners that tell of a test. */
const some =
  /^Ran [1-9]\d* tests? in|\b[1-9]\d* (?:passing|passed|examples?)\b|^running [1-9]\d* tests?$|^1\.\.[1-9]|\bTests run: [1-9]|^ok\s+\S+\s+(?:[\d.]+s|\(cached\))$/m;

/** In words that stand before "so …"; undefined where nothing says so. */
export function emptyTestRun({ outputs = [] }: StepEvidence): string | undefined {
  const shown = outputs.flatMap(({ head, tail }) => [head, tail]);
  if (shown.some((text) => some.test(text))) return undefined;
  const line = shown.flatMap((text) => none.flatMap((pattern) => pattern.exec(text)?.[0].trim() ?? []))[0];
  return line === undefined ? undefined : `no test ran (\`${line}\`)`;
}
