import type { Expectation } from '../model/claim.ts';
import { judgeHashChain } from './judge-hash-chain.ts';
import { judgeCompare, judgeMember, judgeNull, judgeReturns } from './judge-name.ts';
import { judgeExitCode, judgeFails, judgeOutput, judgeRows, judgeSqlFails, judgeTestsPass } from './judge-process.ts';
import { judgeEachHit, judgeFound } from './judge-search.ts';
import { judgeFresh, judgeWriteOrder } from './judge-write.ts';
import { unproven, type JudgeFacts, type Judgement } from './judgement.ts';

/**
 * Does the evidence show what was expected? Pure. An error (a value of the wrong type, a missing name) is `failed` with a
 * note, never a silent false; what nothing could have failed is `unproven`.
 */
export function judgeExpectation(expectation: Expectation, facts: JudgeFacts): Judgement {
  const { outcome } = facts.evidence;
  // Half of an attempt's evidence can hold by accident what the whole would not.
  if (outcome !== 'completed') return unproven(`step ${expectation.step}: ${outcome}`, 'an attempt that did not complete proves nothing');
  const { claim } = expectation;
  switch (claim.kind) {
    case 'compare':
      return judgeCompare(claim, facts);
    case 'member':
      return judgeMember(claim, facts);
    case 'null':
      return judgeNull(claim, facts);
    case 'rows':
      return judgeRows(claim, facts);
    case 'exit-code':
      return judgeExitCode(claim, facts);
    case 'fails':
      return judgeFails(claim, facts);
    case 'output':
      return judgeOutput(claim, facts);
    case 'tests-pass':
      return judgeTestsPass(facts);
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
