/** Claims about how a program or a statement ended, and when. */
import { compareValues } from './compare-value.ts';
import { failed, passed, unproven, withinBound, type ClaimOf, type JudgeFacts, type Judgement } from './judgement.ts';

/** A shell's own codes for "cannot execute" and "not found": no program ran, so none of its failures was seen. */
const notExecuted: ReadonlyMap<number, string> = new Map([
  [126, 'the shell found it and could not execute it'],
  [127, 'the shell found no program of that name'],
]);

export function judgeExitCode({ code }: ClaimOf<'exit-code'>, facts: JudgeFacts): Judgement {
  return judgeEnd([code], facts);
}

export function judgeExitCodes({ codes }: ClaimOf<'exit-codes'>, facts: JudgeFacts): Judgement {
  return judgeEnd(codes, facts);
}

function judgeEnd(codes: readonly number[], { evidence: { exitCode, signal }, doubt }: JudgeFacts): Judgement {
  if (signal !== undefined) return failed(`ended by ${signal}`);
  if (exitCode === undefined) return failed('no exit code');
  const actual = `exit code ${exitCode}`;
  // A code that the block would end with also if what it carries out had failed shows nothing.
  if (codes.includes(exitCode)) return doubt === undefined || exitCode !== 0 ? passed(actual) : unproven(actual, `${doubt}, so the exit code proves nothing`);
  const meaning = notExecuted.get(exitCode);
  return failed(actual, ...(meaning === undefined ? [] : [meaning]));
}

/** The time that the step took, as it stands in the record. */
export function judgeDuration(claim: ClaimOf<'duration'>, facts: JudgeFacts): Judgement {
  const { durationMs } = facts.evidence;
  const actual = durationMs < 1_000 ? `${Math.round(durationMs * 1_000) / 1_000} ms` : `${Math.round(durationMs) / 1_000} s`;
  const comparison = compareValues({ type: 'duration', text: `${durationMs} ms` }, claim.operator, claim.limit);
  if (comparison.kind === 'incomparable') return failed(actual, comparison.reason);
  return (comparison.kind === 'held' ? passed : failed)(actual);
}

/**
 * Classes of SQLSTATE by which a statement was not understood, or the server could not work: it was not the statement's
 * meaning that was rejected. `42501` (permission denied) is.
 */
const notJudged = /^(?:08|26|42(?!501)|53|54|55|57|58|F0|XX)/;

/** Something must fail by itself: what a guard refused, what never started or was killed did not. */
export function judgeFails(claim: ClaimOf<'fails'>, facts: JudgeFacts): Judgement {
  const { evidence } = facts;
  if (evidence.sqlFailure) {
    const actual = `${evidence.sqlFailure.sqlstate}: ${evidence.sqlFailure.message}`;
    if (claim.pattern === undefined && notJudged.test(evidence.sqlFailure.sqlstate))
      return failed(actual, 'the server could not understand the statement, or not work: what it means was not rejected');
    return withPattern(claim, actual, facts);
  }
  if (evidence.signal !== undefined) return failed(`ended by ${evidence.signal}`, 'killed is not failed');
  if (evidence.exitCode === undefined) return failed('it did not fail');
  const actual = `exit code ${evidence.exitCode}`;
  if (notExecuted.has(evidence.exitCode)) return failed(actual, 'the shell says that the program could not be executed: its own failure was not seen');
  return evidence.exitCode === 0 ? failed(actual) : withPattern(claim, actual, facts);
}

export function judgeTestsPass(claim: ClaimOf<'tests-pass'>, facts: JudgeFacts): Judgement {
  const { tests, exitCode, signal } = facts.evidence;
  if (!tests) return failed('no closing line of a test runner was printed');
  const parts = [`${tests.passed} passed`, `${tests.failed} failed`, `${tests.skipped} skipped`, `${tests.errors} errors`];
  const actual = parts.filter((part) => !part.startsWith('0 ') || part === '0 passed').join(', ');
  if (tests.failed > 0 || tests.errors > 0) return failed(actual);
  if (signal !== undefined || exitCode !== 0)
    return failed(actual, signal !== undefined ? `the test runner was ended by ${signal}` : `the test runner ended with exit code ${exitCode}`);
  if (tests.passed === 0) return failed(actual, tests.skipped > 0 ? 'every test was skipped' : 'no test ran');
  const { passed: wanted } = claim;
  if (wanted !== undefined && !withinBound(wanted.bound, wanted.count, tests.passed)) return failed(actual);
  if (facts.doubt !== undefined) return unproven(actual, `${facts.doubt}, so the exit code says nothing about the tests`);
  return passed(actual);
}

/** The SQLSTATE alone proves little: 23502 for another column is another fault. */
export function judgeSqlFails(claim: ClaimOf<'sql-fails'>, facts: JudgeFacts): Judgement {
  const { sqlFailure } = facts.evidence;
  if (!sqlFailure) return failed('the statement was not rejected');
  const { sqlstate, message, column, constraint, table } = sqlFailure;
  const named = [column === undefined ? [] : [`column ${column}`], constraint === undefined ? [] : [`constraint ${constraint}`]].flat();
  const actual = [sqlstate, ...named].join(' on ');
  const held =
    sqlstate === claim.sqlstate &&
    (claim.column === undefined || column === claim.column) &&
    (claim.constraint === undefined || constraint === claim.constraint) &&
    (claim.table === undefined || table === claim.table.slice(claim.table.lastIndexOf('.') + 1));
  if (!held) return failed(actual, `the server said: ${message}`);
  return passed(actual, `the server said: ${message}`);
}

function withPattern(claim: ClaimOf<'fails'>, actual: string, facts: JudgeFacts): Judgement {
  if (claim.pattern === undefined) return passed(actual);
  const { gathered } = facts;
  if (gathered?.kind !== 'output') return unproven(actual, 'the output was not searched');
  if (gathered.problem !== undefined) return failed(actual, gathered.problem);
  return gathered.found ? passed(`${actual}, \`${claim.pattern}\` found in ${gathered.place}`) : failed(actual, `\`${claim.pattern}\` was not printed`);
}
