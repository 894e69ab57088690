/** How strongly a policy can be kept at best, by its kind. What an execution really reached stands in its record; a test holds both together. */
import type { Plan } from '../model/plan.ts';
import type { Policy, PolicyKind, Strength } from '../model/policy.ts';

export const bestStrength: Readonly<Record<PolicyKind, Strength>> = {
  'no-manual-writes': 'PREVENTED',
  'read-only': 'PREVENTED',
  'no-execution': 'ATTESTED',
  'no-sqlite-fallback': 'DETECTED',
  'stop-on-failure': 'PREVENTED',
  order: 'PREVENTED',
  'no-ddl': 'PREVENTED',
  'no-undeclared-env': 'PREVENTED',
  'no-workspace-change': 'DETECTED',
  'no-substitution': 'ATTESTED',
  'fresh-evidence': 'DETECTED',
  'attempt-limit': 'PREVENTED',
  'no-network': 'PREVENTED',
  'forbidden-target': 'ATTESTED',
  'forbidden-command': 'ATTESTED',
  isolation: 'PREVENTED',
  accepted: 'UNENFORCED',
};

/** A rule about a database where no step reaches one is kept by the steps themselves: nothing stands guard. */
export function expectedStrength({ rule, scope }: Policy, { steps }: Pick<Plan, 'steps'>): Strength {
  const bySearches = rule.kind === 'read-only' || rule.kind === 'no-ddl';
  const inScope = steps.filter(
    (step) => (step.role === 'step' || step.role === 'teardown') && (scope.kind === 'document' || (scope.kind === 'step' ? scope.step === step.id : isWithin(step.section, scope.section))),
  );
  if (bySearches && inScope.every((step) => step.kind === 'rg-check')) return 'ATTESTED';
  if (rule.kind === 'no-network' && rule.permit.length > 0) return 'UNENFORCED';
  // A question of the runner's own starts no process.
  if ((rule.kind === 'isolation' || rule.kind === 'no-network') && inScope.every((step) => step.kind === 'sql-assert')) return 'ATTESTED';
  return bestStrength[rule.kind];
}

function isWithin(section: string, scope: string): boolean {
  return section === scope || section.startsWith(`${scope}.`);
}
