/** Claims about how a program or a statement ended and what it printed. */
import { counted, failed, passed, unproven, type ClaimOf, type JudgeFacts, type Judgement } from './judgement.ts';

/** A shell's own codes for "cannot execute" and "not found": no program ran, so none of its failures was seen. */
const notExecuted: readonly number[] = [126, 127];

export function judgeExitCode(claim: ClaimOf<'exit-code'>, facts: JudgeFacts): Judgement {
  const { exitCode, signal } = facts.evidence;
  if (signal !== undefined) return failed(`ended by ${signal}`);
  if (exitCode === undefined) return failed('no exit code');
  return (exitCode === claim.code ? passed : failed)(`exit code ${exitCode}`);
}

/** Something must fail by itself: what a guard refused, what never started or was killed did not. */
export function judgeFails(claim: ClaimOf<'fails'>, facts: JudgeFacts): Judgement {
  const { evidence } = facts;
  if (evidence.sqlFailure) {
    const actual = `${evidence.sqlFailure.sqlstate}: ${evidence.sqlFailure.message}`;
    return withPattern(claim, actual, facts);
  }
  if (evidence.signal !== undefined) return failed(`ended by ${evidence.signal}`, 'killed is not failed');
  if (evidence.exitCode === undefined) return failed('it did not fail');
  const actual = `exit code ${evidence.exitCode}`;
  if (notExecuted.includes(evidence.exitCode)) return failed(actual, 'the shell says that the program could not be executed: its own failure was not seen');
  return evidence.exitCode === 0 ? failed(actual) : withPattern(claim, actual, facts);
}

export function judgeOutput(claim: ClaimOf<'output'>, facts: JudgeFacts): Judgement {
  const { gathered } = facts;
  if (gathered?.kind !== 'output') return unproven('the output was not searched');
  if (gathered.problem !== undefined) return failed('the output could not be searched', gathered.problem);
  if (claim.text === '') return unproven('every output contains the empty text: this proves nothing');
  const actual = gathered.found ? `found in ${gathered.place}` : 'not found in the output';
  return (gathered.found !== claim.negated ? passed : failed)(actual);
}

export function judgeTestsPass(facts: JudgeFacts): Judgement {
  const { tests, exitCode, signal } = facts.evidence;
  if (!tests) return failed('no closing line of a test runner was printed');
  const parts = [`${tests.passed} passed`, `${tests.failed} failed`, `${tests.skipped} skipped`, `${tests.errors} errors`];
  const actual = parts.filter((part) => !part.startsWith('0 ') || part === '0 passed').join(', ');
  if (tests.failed > 0 || tests.errors > 0) return failed(actual);
  if (signal !== undefined || exitCode !== 0)
    return failed(actual, signal !== undefined ? `the test runner was ended by ${signal}` : `the test runner ended with exit code ${exitCode}`);
  if (tests.passed === 0) return failed(actual, tests.skipped > 0 ? 'every test was skipped' : 'no test ran');
  return passed(actual);
}

export function judgeRows(claim: ClaimOf<'rows'>, facts: JudgeFacts): Judgement {
  const { rows } = facts.evidence;
  if (!rows) return failed('no rows were answered');
  const actual = counted(rows.rowCount, 'row');
  if (claim.bound === 'at-least') {
    if (claim.count === 0) return unproven(actual, 'every query gives at least 0 rows: this proves nothing');
    return (rows.rowCount >= claim.count ? passed : failed)(actual);
  }
  return (claim.bound === 'exactly' ? rows.rowCount === claim.count : rows.rowCount <= claim.count) ? passed(actual) : failed(actual);
}

/** The SQLSTATE alone proves little: 23502 for another column is another fault. */
export function judgeSqlFails(claim: ClaimOf<'sql-fails'>, facts: JudgeFacts): Judgement {
  const { sqlFailure } = facts.evidence;
  if (!sqlFailure) return failed('the statement was not rejected');
  const { sqlstate, message, column, constraint } = sqlFailure;
  const named = [column === undefined ? [] : [`column ${column}`], constraint === undefined ? [] : [`constraint ${constraint}`]].flat();
  const actual = [sqlstate, ...named].join(' on ');
  const held =
    sqlstate === claim.sqlstate &&
    (claim.column === undefined || column === claim.column) &&
    (claim.constraint === undefined || constraint === claim.constraint);
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
