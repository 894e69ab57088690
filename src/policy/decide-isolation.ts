/** How far a step's processes must be kept apart, by the plan's policies: the strongest demand that reaches the step. */
import type { IsolationLevel, Policy, PolicyScope } from '../model/policy.ts';

const order: readonly IsolationLevel[] = ['none', 'process', 'network'];

/** `demanded`: less must not start. `wanted`: what to use where the machine allows it. Both `none` where nothing asks. */
export interface IsolationDemand {
  readonly demanded: IsolationLevel;
  readonly wanted: IsolationLevel;
  /** The policy that demands most. */
  readonly policy?: Policy;
}

/** `inScope` says whether a policy's scope reaches the step; for a whole plan it is always true. Pure. */
export function decideIsolation(policies: readonly Policy[], inScope: (scope: PolicyScope) => boolean): IsolationDemand {
  let demanded: IsolationLevel = 'none';
  let wanted: IsolationLevel = 'none';
  let policy: Policy | undefined;
  for (const candidate of policies) {
    if (!inScope(candidate.scope)) continue;
    const { rule } = candidate;
    // Where a rule names hosts that may be reached, a network of its own would cut those off too.
    if (rule.kind === 'no-network' && rule.permit.length === 0) wanted = 'network';
    if (rule.kind !== 'isolation' || !isStronger(rule.level, demanded)) continue;
    demanded = rule.level;
    policy = candidate;
  }
  return { demanded, wanted: isStronger(demanded, wanted) ? demanded : wanted, ...(policy === undefined ? {} : { policy }) };
}

/** Is `level` more than `than`? */
export function isStronger(level: IsolationLevel, than: IsolationLevel): boolean {
  return order.indexOf(level) > order.indexOf(than);
}
