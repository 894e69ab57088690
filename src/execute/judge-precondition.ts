/** What must hold before the first step. Judged, never fulfilled: a precondition sets no variable and seeds no row. */
import type { PreconditionData, PrerequisiteOutcome } from '../model/event.ts';
import type { Precondition, PreconditionCheck } from '../model/plan.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Verdict } from '../model/verdict.ts';

export interface PreconditionFacts {
  /** Why the database did not answer; undefined when it did. */
  readonly databaseProblem: string | undefined;
  readonly verdictOfStep: (step: string) => Verdict;
  readonly prerequisites?: readonly PrerequisiteOutcome[];
}

export function judgePrecondition(precondition: Precondition, facts: PreconditionFacts): PreconditionData {
  const notes = precondition.checks.flatMap((check) => unmetNotes(check, facts));
  const { id, text, span, checks } = precondition;
  // Without a check nobody looked, so nobody knows.
  if (checks.length === 0) return { id, text, span, verdict: 'unproven', notes: ['nothing checks it'] };
  if (notes.length > 0) return { id, text, span, verdict: 'unproven', notes };
  return { id, text, span, verdict: 'passed', notes: checks.flatMap((check) => metNotes(check, facts)) };
}

/** Is it unmet by what is known before anything is started: by the text alone, or by how a plan ended that it links? */
export function isUnmetBefore(precondition: Precondition, prerequisites: readonly PrerequisiteOutcome[]): boolean {
  return precondition.checks.some(
    (check) =>
      (check.kind === 'environment' && check.unmetBy.length > 0) || (check.kind === 'plan' && outcomeOf(check.link, prerequisites)?.verdict !== 'passed'),
  );
}

export function preconditionDiagnostic({ text, span, notes }: PreconditionData, precondition: Precondition): Diagnostic {
  const environment = precondition.checks.find((check) => check.kind === 'environment');
  const plan = precondition.checks.find((check) => check.kind === 'plan');
  return {
    severity: 'warning',
    code: 'execute/precondition-not-met',
    message: `the precondition \`${text.replaceAll('`', '').trim()}\` does not hold: nothing was executed`,
    span,
    label: 'must hold before the first step',
    notes,
    help: environment
      ? `let the command itself set \`${environment.variable}=${environment.value}\`: the runner sets nothing that the plan does not say`
      : plan
        ? `see why \`${plan.link}\` did not pass, and execute both again`
        : 'bring it about outside of the plan, then execute the plan again',
  };
}

function unmetNotes(check: PreconditionCheck, { databaseProblem, verdictOfStep, prerequisites = [] }: PreconditionFacts): readonly string[] {
  switch (check.kind) {
    case 'environment':
      return check.unmetBy.map(
        ({ step, span, found }) =>
          `step ${step} (line ${span.start.line}) ${found === undefined ? `does not set \`${check.variable}\`` : `sets \`${check.variable}=${found}\``}`,
      );
    case 'database-reachable':
      return databaseProblem === undefined ? [] : [databaseProblem];
    case 'plan': {
      const outcome = outcomeOf(check.link, prerequisites);
      if (outcome?.verdict === 'passed') return [];
      if (outcome === undefined) return [`the plan \`${check.link}\` was not executed before this one`];
      return [`the plan \`${check.link}\` was executed first, and ended ${outcome.verdict}${placeOf(outcome)}`];
    }
    case 'step':
      return verdictOfStep(check.step) === 'passed'
        ? []
        : [`step ${check.step}, which checks it, ${verdictOfStep(check.step) === 'none' ? 'was not run' : 'did not hold'}`];
  }
}

/** What a reader of the record needs to find the execution that this one rests on. */
function metNotes(check: PreconditionCheck, { prerequisites = [] }: PreconditionFacts): readonly string[] {
  const outcome = check.kind === 'plan' ? outcomeOf(check.link, prerequisites) : undefined;
  return outcome === undefined ? [] : [`the plan \`${outcome.link}\` was executed first, and passed${placeOf(outcome)}`];
}

function outcomeOf(link: string, prerequisites: readonly PrerequisiteOutcome[]): PrerequisiteOutcome | undefined {
  return prerequisites.find((outcome) => outcome.link === link);
}

function placeOf({ execution, root }: PrerequisiteOutcome): string {
  return execution === undefined ? '' : `: execution ${execution}${root === undefined ? '' : `, root ${root}`}`;
}
