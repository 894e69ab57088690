/** What must hold before the first step. Judged, never fulfilled: a precondition sets no variable and seeds no row. */
import type { PreconditionData } from '../model/event.ts';
import type { Precondition, PreconditionCheck } from '../model/plan.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Verdict } from '../model/verdict.ts';

export interface PreconditionFacts {
  /** Why the database did not answer; undefined when it did. */
  readonly databaseProblem: string | undefined;
  readonly verdictOfStep: (step: string) => Verdict;
}

export function judgePrecondition(precondition: Precondition, facts: PreconditionFacts): PreconditionData {
  const notes = precondition.checks.flatMap((check) => unmetNotes(check, facts));
  const { id, text, span, checks } = precondition;
  // Without a check nobody looked, so nobody knows.
  if (checks.length === 0) return { id, text, span, verdict: 'unproven', notes: ['nothing checks it'] };
  return { id, text, span, verdict: notes.length === 0 ? 'passed' : 'unproven', notes };
}

/** Is it unmet by the text alone? Then nothing needs to be started to know. */
export function isUnmetByText(precondition: Precondition): boolean {
  return precondition.checks.some((check) => check.kind === 'environment' && check.unmetBy.length > 0);
}

export function preconditionDiagnostic({ text, span, notes }: PreconditionData, precondition: Precondition): Diagnostic {
  const environment = precondition.checks.find((check) => check.kind === 'environment');
  return {
    severity: 'warning',
    code: 'execute/precondition-not-met',
    message: `the precondition \`${text.replaceAll('`', '').trim()}\` does not hold: nothing was executed`,
    span,
    label: 'must hold before the first step',
    notes,
    help: environment
      ? `let the command itself set \`${environment.variable}=${environment.value}\`: the runner sets nothing that the plan does not say`
      : 'bring it about outside of the plan, then execute the plan again',
  };
}

function unmetNotes(check: PreconditionCheck, { databaseProblem, verdictOfStep }: PreconditionFacts): readonly string[] {
  switch (check.kind) {
    case 'environment':
      return check.unmetBy.map(
        ({ step, span, found }) =>
          `step ${step} (line ${span.start.line}) ${found === undefined ? `does not set \`${check.variable}\`` : `sets \`${check.variable}=${found}\``}`,
      );
    case 'database-reachable':
      return databaseProblem === undefined ? [] : [databaseProblem];
    case 'step':
      return verdictOfStep(check.step) === 'passed'
        ? []
        : [`step ${check.step}, which checks it, ${verdictOfStep(check.step) === 'none' ? 'was not run' : 'did not hold'}`];
  }
}
