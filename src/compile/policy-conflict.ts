/** Policies that cannot both be kept, or that the plan's own steps contradict: each reported with both places. */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Policy, PolicyRule } from '../model/policy.ts';
import type { Span } from '../model/span.ts';
import { overlaps, span, type Binder } from './bind.ts';
import { isExecuted, type StepDraft } from './draft.ts';
import { inScope, isInPart } from './judge-static.ts';
import { fold } from './prose.ts';

type Ordering = Policy & { readonly rule: Extract<PolicyRule, { readonly kind: 'order' }> };

export function policyConflicts(binder: Binder, policies: readonly Policy[]): readonly Diagnostic[] {
  const orders = policies.filter((policy): policy is Ordering => policy.rule.kind === 'order');
  return [
    ...policies.flatMap((policy) => writersWhereNothingIsWritten(binder, policy)),
    ...writesThatCriteriaNeed(binder, policies),
    ...unknownParts(binder, orders),
    ...cycles(orders),
    ...orders.flatMap((policy) => againstTheText(binder, policy, orders)),
  ];
}

function writersWhereNothingIsWritten(binder: Binder, policy: Policy): readonly Diagnostic[] {
  if (policy.rule.kind !== 'read-only') return [];
  const writers = binder.draft.steps.filter(
    (step) => isExecuted(step) && (step.productionPath || step.writes.length > 0) && step.sql?.mode !== 'probe' && inScope(policy, step),
  );
  return writers.map((step) =>
    conflict(
      policy,
      `this allows no writing, and step ${step.id} is declared to write`,
      [`step ${step.id} stands at ${placeOf(span(binder, step))}`, ...(step.grantedAt ? [`it may write by ${placeOf(step.grantedAt)}`] : [])],
      'say in which sections nothing is written, or take the permission away from the step',
    ),
  );
}

const refusedWrite =
  /\b(?:inserts?|updates?|deletes?|writes?|inserting|updating|deleting|writing)\b.*\b(?:fails?|(?:is|are) (?:rejected|refused|denied)|violates?|raises?)\b/;

/** "An insert without a price fails" is shown by trying it, and a policy forbids to try; a probe that is rolled back does both. */
function writesThatCriteriaNeed(binder: Binder, policies: readonly Policy[]): readonly Diagnostic[] {
  const policy = policies.find(({ rule, scope }) => scope.kind === 'document' && (rule.kind === 'no-manual-writes' || rule.kind === 'read-only'));
  if (!policy) return [];
  const bound = [...(binder.addendum?.probes ?? []), ...(binder.addendum?.criteria ?? [])].flatMap((entry) => binder.quotations.find(entry.at));
  return binder.draft.criteria
    .filter((criterion) => refusedWrite.test(fold(criterion.text)) && !bound.some((place) => overlaps(place, criterion)))
    .map(
      (criterion): Diagnostic => ({
        severity: 'error',
        code: 'compile/policy-conflict',
        message: 'this criterion needs a statement that a policy forbids',
        span: span(binder, criterion),
        notes: [`${placeOf(policy.span)} forbids it: ${policy.text}`],
        help: `in the addendum, under \`probes:\`, write { at: '${criterion.text.replace(/'/g, "''")}', sql: 'insert …', expect: 'fails with … on column …' }: the runner sends it and rolls it back`,
      }),
    );
}

/** A part that does not exist holds nothing back. */
function unknownParts(binder: Binder, orders: readonly Ordering[]): readonly Diagnostic[] {
  return orders.flatMap((policy) =>
    [policy.rule.before, policy.rule.after]
      .filter((part) => !binder.draft.steps.some((step) => isInPart(step, part)) && !binder.draft.sections.some((section) => section.number === part))
      .map((part) => conflict(policy, `the plan has no ${nameOf(part)}, so nothing waits for anything`, [], 'name a section or a step of this plan')),
  );
}

/** A waits for B and B for A, over however many sentences. */
function cycles(orders: readonly Ordering[]): readonly Diagnostic[] {
  const reported = new Set<Ordering>();
  return orders.flatMap((policy): readonly Diagnostic[] => {
    if (reported.has(policy)) return [];
    const way = wayBack(orders, policy.rule.after, policy.rule.before, new Set([policy]));
    if (way === undefined) return [];
    for (const other of [policy, ...way]) reported.add(other);
    const last = way.at(-1) ?? policy;
    return [
      conflict(
        policy,
        `${nameOf(policy.rule.before)} and ${nameOf(policy.rule.after)} wait for each other`,
        way.map((other) => `${placeOf(other.span)} says: ${other.text}`),
        `keep one order: take back this sentence or that of line ${last.span.start.line}`,
      ),
    ];
  });
}

/** Orders by which `to` must wait for `from`. */
function wayBack(orders: readonly Ordering[], from: string, to: string, used: ReadonlySet<Ordering>): readonly Ordering[] | undefined {
  for (const next of orders) {
    if (used.has(next) || next.rule.before !== from) continue;
    if (next.rule.after === to) return [next];
    const rest = wayBack(orders, next.rule.after, to, new Set([...used, next]));
    if (rest) return [next, ...rest];
  }
  return undefined;
}

/** Steps run in the order of the text: what stands later cannot have held before. */
function againstTheText(binder: Binder, policy: Ordering, orders: readonly Ordering[]): readonly Diagnostic[] {
  if (wayBack(orders, policy.rule.after, policy.rule.before, new Set([policy])) !== undefined) return [];
  const sooner = binder.draft.steps.filter((step) => step.role === 'step' && isInPart(step, policy.rule.before));
  const later = binder.draft.steps.filter((step) => step.role === 'step' && isInPart(step, policy.rule.after));
  const [waiting] = later;
  const late = sooner.find((step): step is StepDraft => waiting !== undefined && step.start > waiting.start && !later.includes(step));
  if (!late || !waiting) return [];
  return [
    conflict(
      policy,
      `step ${waiting.id} must wait for step ${late.id}, which stands after it`,
      [`step ${waiting.id} stands at ${placeOf(span(binder, waiting))}`, `step ${late.id} stands at ${placeOf(span(binder, late))}`],
      'bring the sections into the order that is demanded',
    ),
  ];
}

function conflict(policy: Policy, message: string, notes: readonly string[], help: string): Diagnostic {
  return { severity: 'error', code: 'compile/policy-conflict', message, span: policy.span, label: `policy ${policy.id}`, notes, help };
}

function placeOf(at: Span): string {
  return `${at.path}:${at.start.line}:${at.start.column}`;
}

function nameOf(part: string): string {
  return part.startsWith('step ') ? part : `section ${part}`;
}
