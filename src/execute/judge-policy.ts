/**
 * Declared → enforced: how strongly each policy sentence was kept, told honestly. What nothing enforces is UNENFORCED and
 * keeps the execution from passing, unless its author accepted that by name.
 */
import type { CanaryResult } from '../model/contract.ts';
import type { CanaryData, PolicyEnforcedData } from '../model/event.ts';
import type { IsolationLevel, Policy, Strength } from '../model/policy.ts';
import type { Step } from '../model/step.ts';
import type { Verdict } from '../model/verdict.ts';
import type { RecordedDecision } from './decision-log.ts';
import { isStronger } from '../policy/decide-isolation.ts';
import { decideStrength } from '../policy/decide-strength.ts';
import type { DatabaseGuardFacts } from '../policy/guard-layer.ts';
import { verdictOfWitnesses } from './judge-criterion.ts';
import { isInPart, isInScope, namePart } from './policy-scope.ts';

export interface PolicyFacts {
  readonly steps: readonly Step[];
  /** What the guard stands before; undefined without a database, or when nothing came so far. */
  readonly database?: DatabaseGuardFacts | undefined;
  readonly canaries: readonly CanaryData[];
  readonly decisions: readonly RecordedDecision[];
  /** Did any step run? If not, only the text was judged. */
  readonly executed: boolean;
  /** Names of the process environment that steps inherit by configuration. */
  readonly inherited: readonly string[];
  /** Is there anything in the workspace whose change can be seen? */
  readonly workspaceTracked: boolean;
  /** How far a step's processes were kept apart. */
  readonly isolationOf: (step: Step) => IsolationLevel;
  /** Names that a `fresh` claim is about, with its verdict (`none`: not judged). */
  readonly freshClaims: readonly { readonly name: string; readonly verdict: Verdict }[];
}

/** One row of the table. Pure. */
export function judgePolicy(policy: Policy, facts: PolicyFacts): PolicyEnforcedData {
  const { strength, by, layers } = facts.executed ? enforcementOf(policy, facts) : beforeAnything(policy);
  const canaries = facts.canaries.filter((canary) => layers.includes(canary.layer));
  const decisions = facts.decisions.filter((decision) => decision.policies.includes(policy.id));
  const refused = sum(decisions.filter((decision) => decision.effect === 'refuse'));
  const entries = decisions.map((decision) => decision.entry);
  return {
    id: policy.id,
    text: policy.text,
    span: policy.span,
    rule: policy.rule,
    strength,
    by,
    canary: canaries.length === 0 ? null : tellCanaries(canaries),
    permitted: sum(decisions.filter((decision) => decision.effect === 'permit')),
    refused,
    firstEntry: entries.length === 0 ? null : Math.min(...entries),
    lastEntry: entries.length === 0 ? null : Math.max(...entries),
    verdict: verdictOf(policy, strength, refused, facts),
  };
}

/** Each by its name once; what happened at the end is told only where it differs from the start. */
function tellCanaries(canaries: readonly CanaryData[]): string {
  const tell = (canary: CanaryData): string => `${canary.name}: ${canary.refused ? 'refused' : 'NOT refused'}`;
  const start = canaries.filter(({ moment }) => moment === 'start');
  const end = canaries.filter(({ moment }) => moment === 'end');
  const lost = end.filter(({ refused }) => !refused).map((canary) => `${tell(canary)} at the end`);
  const again = end.length > 0 && lost.length === 0 ? ['all again at the end'] : [];
  return [...start.map(tell), ...lost, ...again].join(', ');
}

interface Enforcement {
  readonly strength: Strength;
  readonly by: string;
  readonly layers: readonly CanaryResult['layer'][];
}

const nothing: Enforcement = { strength: 'UNENFORCED', by: 'nothing', layers: [] };

function verdictOf(policy: Policy, strength: Strength, refused: number, { executed, freshClaims }: PolicyFacts): Verdict {
  if (refused > 0) return 'refused';
  if (!executed) return 'none';
  if (policy.rule.kind === 'fresh-evidence' && strength !== 'UNENFORCED') return verdictOfWitnesses(freshClaims.map((claim) => claim.verdict));
  return strength === 'UNENFORCED' && policy.rule.kind !== 'accepted' ? 'unproven' : 'passed';
}

function beforeAnything(policy: Policy): Enforcement {
  if (policy.rule.kind === 'accepted') return { ...nothing, by: `accepted by ${policy.rule.by}` };
  return { strength: 'ATTESTED', by: 'the reading of the text; nothing was executed', layers: [] };
}

/** What the sentence's own steps make of it comes first; then the one judgement of what the layers can do. */
function enforcementOf(policy: Policy, facts: PolicyFacts): Enforcement {
  const { rule } = policy;
  const reach = decideStrength(rule.kind, { ...facts, database: facts.database, isolation: 'none' });
  switch (rule.kind) {
    case 'read-only':
    case 'no-ddl': {
      // A step that may write, in a section that must not: whatever the gateway does, it does not enforce this sentence.
      const contradicted = rule.kind === 'read-only' && inScope(policy, facts).find((step) => mayChange(step));
      if (contradicted) return { ...nothing, by: `nothing: step ${contradicted.id} may write` };
      const onlySearches = inScope(policy, facts).every((step) => step.kind === 'rg-check');
      return onlySearches ? { strength: 'ATTESTED', by: 'the steps: searches only', layers: [] } : reach;
    }
    case 'no-execution': {
      const other = inScope(policy, facts).find((step) => step.kind !== 'rg-check');
      return other ? { ...nothing, by: `nothing: step ${other.id} is no search` } : reach;
    }
    case 'order':
      // An empty section holds by itself: that is no order.
      return facts.steps.some((step) => isInPart(step, rule.before)) ? reach : { ...nothing, by: `nothing: ${namePart(rule.before)} has no step` };
    case 'fresh-evidence': {
      const proven = facts.freshClaims.length > 0 && rule.names.every((name) => facts.freshClaims.some((claim) => claim.name === name));
      return proven ? reach : nothing;
    }
    case 'no-network':
      return rule.permit.length === 0 ? isolationEnforcement('network', policy, facts) : nothing;
    case 'isolation':
      return isolationEnforcement(rule.level, policy, facts);
    case 'accepted':
      return { ...nothing, by: `accepted by ${rule.by}` };
    default:
      return reach;
  }
}

/** The kernel keeps processes apart; the weakest step counts. Without a process in its reach the sentence holds by itself. */
function isolationEnforcement(level: IsolationLevel, policy: Policy, facts: PolicyFacts): Enforcement {
  const weaker = inScope(policy, facts).find((step) => runsProcess(step) && isStronger(level, facts.isolationOf(step)));
  if (weaker) return { ...nothing, by: `nothing: step ${weaker.id} runs with isolation \`${facts.isolationOf(weaker)}\`` };
  return inScope(policy, facts).some(runsProcess)
    ? { strength: 'PREVENTED', by: `isolation \`${level}\` of each process`, layers: ['isolation'] }
    : { strength: 'ATTESTED', by: 'the steps: none runs a program', layers: [] };
}

function runsProcess({ kind }: Step): boolean {
  return kind !== 'sql-assert';
}

function mayChange({ access: { capability } }: Step): boolean {
  return capability !== 'none' && capability !== 'read' && capability !== 'probe';
}

function inScope(policy: Policy, { steps }: PolicyFacts): readonly Step[] {
  return steps.filter((step) => (step.role === 'step' || step.role === 'teardown') && isInScope(policy, step));
}

function sum(decisions: readonly RecordedDecision[]): number {
  return decisions.reduce((total, decision) => total + decision.count, 0);
}
