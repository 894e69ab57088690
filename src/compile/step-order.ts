/** The order in which steps are carried out: preconditions, steps, what fills the report; teardown at last, its sections from the last to the first. */
import type { Draft, StepDraft } from './draft.ts';

const ranks = { precondition: 0, step: 1, report: 2, teardown: 3 } as const;

/** The order of a plan's steps: that of the text, by what they are for. */
export function byRole(one: StepDraft, two: StepDraft): number {
  return ranks[one.role] - ranks[two.role] || one.start - two.start;
}

export function inOrderOfExecution(draft: Draft): readonly StepDraft[] {
  const sections = [
    ...new Set(
      draft.steps
        .filter(({ role }) => role === 'teardown')
        .toSorted(byRole)
        .map(({ section }) => section.number),
    ),
  ];
  const turn = ({ section }: StepDraft): number => -sections.indexOf(section.number);
  return draft.steps.toSorted((a, b) => (a.role === 'teardown' && b.role === 'teardown' ? turn(a) - turn(b) : 0) || byRole(a, b));
}

/** Is `one` carried out before `two`? */
export function isBefore(draft: Draft, one: StepDraft, two: StepDraft): boolean {
  const order = inOrderOfExecution(draft);
  return order.indexOf(one) < order.indexOf(two);
}
