/** The end of a test run: names the tests that could not run on this machine and why, then one line of counts. */
import type { Reporter, TestCase, TestModule } from 'vitest/node';
import { needPrefix } from './machine-need.ts';

export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const lost = tests.filter((test) => noteOf(test)?.startsWith(needPrefix) === true);
    // With a filter by name (`-t`) vitest reports the others as skipped; without one a skipped test is a mistake.
    const left = process.argv.includes('-t') ? [] : tests.filter((test) => test.result().state === 'skipped' && !lost.includes(test));
    const notCollected = modules.filter((module) => module.errors().length > 0).length;
    const failed = tests.filter((test) => test.result().state === 'failed').length + notCollected + unhandled.length + left.length;
    const passed = tests.filter((test) => test.result().state === 'passed').length;
    const lines = [
      ...lost.map((test) => ` could not run: ${place(test)}: ${noteOf(test)}`),
      ...left.map((test) => ` skipped without a need of the machine: ${place(test)}`),
      `${passed} passed, ${failed} failed${lost.length === 0 ? '' : `, ${lost.length} could not run on this machine`}`,
    ];
    // Behind everything else that is printed: vitest's own summary may come later than this.
    process.once('exit', () => process.stdout.write(`${lines.join('\n')}\n`));
    if (failed > 0 || passed === 0) process.exitCode = 1;
  }
}

function noteOf(test: TestCase): string | undefined {
  const result = test.result();
  return result.state === 'skipped' ? result.note : undefined;
}

function place(test: TestCase): string {
  return `${test.module.relativeModuleId} > ${test.fullName}`;
}
