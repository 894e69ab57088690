/** Which policy sentences a decision answers for. */
import type { Plan } from '../model/plan.ts';
import type { Policy, PolicyKind } from '../model/policy.ts';
import type { Step } from '../model/step.ts';

/** A write is refused for either of these; which of them a guard names first is chance. */
const aboutWrites: readonly PolicyKind[] = ['no-manual-writes', 'read-only'];

/** Is the policy in force for this step? */
export function isInScope(policy: Pick<Policy, 'scope'>, step: Pick<Step, 'id' | 'section'>): boolean {
  switch (policy.scope.kind) {
    case 'document':
      return true;
    case 'section':
      return isInPart(step, policy.scope.section);
    case 'step':
      return policy.scope.step === step.id;
  }
}

/** Does the step stand in the section (`2`) or in one below it (`2.1`), or is it the step that `step 2.1` names? */
export function isInPart(step: Pick<Step, 'id' | 'section'>, part: string): boolean {
  if (part.startsWith('step ')) return step.id === part.slice('step '.length);
  return step.section === part || step.section.startsWith(`${part}.`);
}

/** A part as people call it. */
export function namePart(part: string): string {
  return part.startsWith('step ') ? part : `section ${part}`;
}

/** The policies of a kind that are in force for a step, in the order of the text. */
export function policiesFor(plan: Plan, step: Pick<Step, 'id' | 'section'>, kind: PolicyKind | undefined): readonly Policy[] {
  if (kind === undefined) return [];
  const kinds = aboutWrites.includes(kind) ? aboutWrites : [kind];
  return plan.policies.filter((policy) => kinds.includes(policy.rule.kind) && isInScope(policy, step));
}
