/** What each step may do to the database: from the policies, the production path and the writes that the addendum declares. */
import type { Policy } from '../model/policy.ts';
import type { Access } from '../model/step.ts';
import { isExecuted, type StepDraft } from './draft.ts';
import { inScope } from './judge-static.ts';

/** The access of a step under these policies. */
export function accessOf(step: StepDraft, policies: readonly Policy[]): Access {
  const access = capabilityOf(step, policies);
  const fixed = policies.some((policy) => policy.rule.kind === 'no-ddl' && inScope(policy, step));
  return fixed && access.capability === 'production' ? { ...access, fixedSchema: true } : access;
}

function capabilityOf(step: StepDraft, policies: readonly Policy[]): Access {
  const granted = step.grantedAt ? { grantedAt: step.grantedAt } : {};
  if (step.kind === 'rg-check') return { capability: 'none', writes: [] };
  if (step.sql?.mode === 'probe') return { capability: 'probe', writes: [], ...granted };
  if (step.productionPath) return { capability: 'production', writes: step.writes, ...granted };
  if (step.kind !== 'shell' || step.testRunner || !isExecuted(step)) return { capability: 'read', writes: [] };
  if (step.writes.length > 0) return { capability: 'write', writes: step.writes, ...granted };
  const restricted = policies.some((policy) => (policy.rule.kind === 'no-manual-writes' || policy.rule.kind === 'read-only') && inScope(policy, step));
  return restricted ? { capability: 'read', writes: [] } : { capability: 'production', writes: [] };
}
