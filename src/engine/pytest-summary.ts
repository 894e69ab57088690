/**
 * The counts of pytest's own closing line (`TerminalReporter.short_test_summary` and `summary_stats` of pytest 3 to 9). A test
 * can print a line that looks like it, but not after the last one unless it also runs after pytest: the exit code stands
 * beside these counts for that reason.
 */
import type { TestCounts } from '../model/evidence.ts';
import { withoutEscapes } from './line-observer.ts';
import type { LineReader } from './line-splitter.ts';

const closing = /^=* ?(.+) in \d+(?:\.\d+)?s(?: \(\d+(?: days?, \d+)?:\d{2}:\d{2}\))? ?=*$/;
const part =
  /^(\d+) (passed|failed|skipped|errors?|xfailed|xpassed|deselected|warnings?|rerun|subtests? (?:passed|failed|skipped|xfailed|xpassed)|tests? collected|tests? deselected)$/;
const nothingRan = /^no tests (?:ran|collected)(?: \(\d+ deselected\))?$/;
const collectedOf = /^(?:\d+\/)?\d+ tests? collected(?: \(\d+ deselected\))?$/;
/** The longest line that can be a summary. */
const longestSummary = 300;

export interface PytestObserver {
  readonly readLine: LineReader;
  /** Absent when no closing line was printed: then nothing is known about any test. */
  readonly counts: () => TestCounts | undefined;
}

/** Every closing line counts: a block may run pytest twice, and a line that somebody prints takes no failure back. */
export function createPytestObserver(): PytestObserver {
  let sum: TestCounts | undefined;
  return {
    readLine: (raw) => {
      if (raw.length > longestSummary || !raw.includes(' in ')) return;
      const counts = parsePytestSummary(withoutEscapes(raw).trim());
      if (counts) sum = sum === undefined ? counts : { passed: sum.passed + counts.passed, failed: sum.failed + counts.failed, skipped: sum.skipped + counts.skipped, errors: sum.errors + counts.errors };
    },
    counts: () => sum,
  };
}

/** `=== 1 failed, 2 passed in 0.03s ===`, with or without the rule; undefined for any other line. */
export function parsePytestSummary(line: string): TestCounts | undefined {
  const body = closing.exec(line)?.[1];
  if (body === undefined) return undefined;
  const counts = { passed: 0, failed: 0, skipped: 0, errors: 0 };
  for (const piece of body.split(', ')) {
    const found = part.exec(piece);
    if (found === null) {
      // Collecting is not running: no test passed.
      if (nothingRan.test(piece) || collectedOf.test(piece)) continue;
      return undefined;
    }
    const count = Number(found[1]);
    const outcome = found[2] as string;
    if (outcome === 'passed') counts.passed += count;
    else if (outcome === 'failed' || /^subtests? failed$/.test(outcome)) counts.failed += count;
    else if (outcome === 'error' || outcome === 'errors') counts.errors += count;
    // A test that is expected to fail proves nothing, whichever way it went.
    else if (outcome === 'skipped' || outcome === 'xfailed' || outcome === 'xpassed') counts.skipped += count;
  }
  return counts;
}
