import { expect, test } from 'vitest';
import { createPytestObserver, parsePytestSummary } from '../../src/engine/pytest-summary.ts';

const counts = (passed: number, failed = 0, skipped = 0, errors = 0) => ({ passed, failed, skipped, errors });

test.each([
  ['3 passed in 0.02s', counts(3)],
  ['3 passed, 1 skipped in 0.02s', counts(3, 0, 1)],
  ['1 failed, 2 passed in 1.50s', counts(2, 1)],
  ['1 failed, 2 passed, 1 warning in 83.50s (0:01:23)', counts(2, 1)],
  ['==== 5 passed, 2 warnings in 0.12s ====', counts(5)],
  ['=========================== 1 failed, 1 passed, 1 error in 0.05s ===========================', counts(1, 1, 0, 1)],
  ['2 errors in 0.10s', counts(0, 0, 0, 2)],
  ['1 passed, 1 xfailed, 2 xpassed in 0.01s', counts(1, 0, 3)],
  ['3 deselected in 0.01s', counts(0)],
  ['1 passed, 3 deselected in 0.01s', counts(1)],
  ['2 skipped in 0.01s', counts(0, 0, 2)],
  ['no tests ran in 0.00s', counts(0)],
  ['============ no tests ran in 0.01s ============', counts(0)],
  ['4 tests collected in 0.01s', counts(0)],
  ['1/4 tests collected (3 deselected) in 0.01s', counts(0)],
  ['1 passed, 3 subtests passed in 0.02s', counts(1)],
  ['1 passed, 1 subtests failed in 0.02s', counts(1, 1)],
  ['1 passed, 1 rerun in 90061.00s (1 day, 1:01:01)', counts(1)],
])('%s', (line, expected) => {
  expect(parsePytestSummary(line)).toEqual(expected);
});

test.each([
  '',
  '3 passed',
  'passed in 0.02s',
  '3 tests passed in 0.02s',
  'I had 3 passed in 0.02s',
  '3 passed in 0.02s, really',
  '3 passed, and more in 0.02s',
  'tests/test_a.py ... [100%]',
])('no summary: %j', (line) => {
  expect(parsePytestSummary(line)).toBeUndefined();
});

test('every closing line counts: one printed by a test takes no failure back', () => {
  const observer = createPytestObserver();
  const lines = [
    'collected 1 item',
    '99 passed in 0.01s',
    'F',
    '\u001b[31m=== \u001b[31m\u001b[1m1 failed\u001b[0m\u001b[31m in 0.03s\u001b[0m\u001b[31m ===\u001b[0m',
  ];
  for (const [index, line] of lines.entries()) observer.readLine(line, index + 1, false);
  expect(observer.counts()).toEqual(counts(99, 1));
});

test('no closing line, no counts', () => {
  const observer = createPytestObserver();
  observer.readLine('Killed', 1, false);
  expect(observer.counts()).toBeUndefined();
});
