/** Criteria and tasks are met only through witnesses; nothing is met by nobody speaking against it. */
import type { Criterion, Task, Witness } from '../model/plan.ts';
import type { CriterionData, TaskData, WitnessVerdict } from '../model/event.ts';
import { worst, type Verdict } from '../model/verdict.ts';

/** The verdict that a witness gave; `none` when it was not judged. */
export type WitnessLookup = (witness: Witness) => Verdict;

/** Met when every clause has a witness and all of its witnesses passed. */
export function judgeCriterion(criterion: Criterion, verdictOf: WitnessLookup): CriterionData {
  const clauses = criterion.clauses.map(({ text, witnesses }) => {
    const heard = witnesses.map((witness): WitnessVerdict => ({ ...witness, verdict: verdictOf(witness) }));
    return { text, witnesses: heard, verdict: verdictOfWitnesses(heard.map((witness) => witness.verdict)) };
  });
  const { id, text, span } = criterion;
  return { id, text, span, clauses, verdict: verdictOfWitnesses(clauses.map((clause) => clause.verdict)) };
}

/** A task is verified by expectations; one that has none needs a person's name. */
export function judgeTask(task: Task, verdictOf: WitnessLookup, attestedBy: string | undefined): TaskData {
  const { id, text, span, verifiedBy, condition } = task;
  const verdicts = verifiedBy.map((expectation) => verdictOf({ kind: 'expectation', id: expectation }));
  // A remedy that nothing called for: nobody had to do it, and nobody's word is asked for.
  if (condition === 'failure' && verifiedBy.length === 0) return { id, text, span, verdict: 'none', verifiedBy, condition };
  const verdict = verifiedBy.length === 0 && attestedBy !== undefined ? 'passed' : verdictOfWitnesses(verdicts);
  return { id, text, span, verdict, verifiedBy, ...(condition === undefined ? {} : { condition }), ...(attestedBy === undefined ? {} : { attestedBy }) };
}

/** The worst of them; `unproven` where there is none, or one was not judged. */
export function verdictOfWitnesses(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.length === 0) return 'unproven';
  return worst(verdicts.map((verdict) => (verdict === 'none' ? 'unproven' : verdict)));
}
