/** Reasons speak to the author of a plan. Where there is no plan, the same is said without its words. */
import type { Decision } from '../model/policy.ts';
import type { SqlJudgement } from './decide-sql.ts';

const words: readonly (readonly [RegExp, string])[] = [
  [/which only the production path may write/g, 'which is protected'],
  [/\b(a|this) step\b/g, '$1 command'],
];

export function plainDecision(decision: Decision): Decision {
  const reason = words.reduce((text, [ofPlan, plain]) => text.replaceAll(ofPlan, plain), decision.reason);
  return reason === decision.reason ? decision : { ...decision, reason };
}

export function plainJudgement(judgement: SqlJudgement): SqlJudgement {
  const statements = judgement.statements.map((statement) => ({ ...statement, decision: plainDecision(statement.decision) }));
  return { ...judgement, decision: plainDecision(judgement.decision), statements };
}
