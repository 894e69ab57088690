import type { Claim, Expectation } from '../model/claim.ts';
import { judgeHashChain } from './judge-hash-chain.ts';
import { judgeCompare, judgeMember, judgeNull, judgeReturns } from './judge-name.ts';
import { judgeHttpStatus, judgeOutput, judgeOutputEmpty, judgeOutputLines } from './judge-output.ts';
import { judgeDuration, judgeExitCode, judgeExitCodes, judgeFails, judgeSqlFails, judgeTestsPass } from './judge-process.ts';
import { judgeEachRow, judgeRows, judgeUnique } from './judge-rows.ts';
import { judgeEachHit, judgeFound, judgeMatchCount } from './judge-search.ts';
import { printedByItself } from './printed-by-itself.ts';
import { judgeFresh, judgeWriteOrder } from './judge-write.ts';
import { failed, unproven, type JudgeFacts, type Judgement } from './judgement.ts';

/**
 * Does the evidence show what was expected? Pure. An error (a value of the wrong type, a missing name) is `failed` with a
 * note, never a silent false; what nothing could have failed is `unproven`.
 */
export function judgeExpectation(expectation: Expectation, facts: JudgeFacts): Judgement {
  const { outcome } = facts.evidence;
  // Half of an attempt's evidence can hold by accident what the whole would not.
  if (outcome !== 'completed') return unproven(`step ${expectation.step}: ${outcome}`, 'an attempt that did not complete proves nothing');
  const { claim } = expectation;
  if (demandsFailure(claim) && facts.statements.some((record) => record.step === expectation.step && record.effect === 'refuse'))
    return failed('a statement of this step was refused', 'what the guard refused did not fail by itself');
  const judgement = judgeClaimOnly(claim, facts);
  const forged = judgement.verdict === 'passed' ? printedByItself(claim, facts) : undefined;
  return forged === undefined ? judgement : unproven(judgement.actual, forged);
}

function judgeClaimOnly(claim: Claim, facts: JudgeFacts): Judgement {
  switch (claim.kind) {
    case 'compare':
      return judgeCompare(claim, facts);
    case 'member':
      return judgeMember(claim, facts);
    case 'null':
      return judgeNull(claim, facts);
    case 'rows':
      return judgeRows(claim, facts);
    case 'each-row':
      return judgeEachRow(claim, facts);
    case 'unique':
      return judgeUnique(claim, facts);
    case 'exit-code':
      return judgeExitCode(claim, facts);
    case 'exit-codes':
      return judgeExitCodes(claim, facts);
    case 'duration':
      return judgeDuration(claim, facts);
    case 'output-empty':
      return judgeOutputEmpty(claim, facts);
    case 'output-lines':
      return judgeOutputLines(claim, facts);
    case 'http-status':
      return judgeHttpStatus(claim, facts);
    case 'match-count':
      return judgeMatchCount(claim, facts);
    case 'fails':
      return judgeFails(claim, facts);
    case 'output':
      return judgeOutput(claim, facts);
    case 'tests-pass':
      return judgeTestsPass(claim, facts);
    case 'returns':
      return judgeReturns(claim, facts);
    case 'sql-fails':
      return judgeSqlFails(claim, facts);
    case 'found':
      return judgeFound(claim, facts);
    case 'each-hit':
      return judgeEachHit(claim, facts);
    case 'fresh':
      return judgeFresh(claim, facts);
    case 'write-order':
      return judgeWriteOrder(claim, facts);
    case 'hash-chain':
      return judgeHashChain(claim, facts);
  }
}

/** Does it take a failure to meet it? */
function demandsFailure(claim: Claim): boolean {
  return claim.kind === 'fails' || claim.kind === 'sql-fails' || (claim.kind === 'exit-code' && claim.code !== 0);
}
