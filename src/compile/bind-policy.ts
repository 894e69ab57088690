/** Policy sentences become rules with parameters; what no phrase understands is reported, never dropped. */
import type { BaselineSentence } from '../model/environment.ts';
import type { Policy, PolicyKind, PolicyRule } from '../model/policy.ts';
import type { AddendumPolicy } from './addendum-shape.ts';
import { orderOf } from './bind-order.ts';
import { scopeOf } from './bind-scope.ts';
import { overlaps, placesOf, span, type Binder } from './bind.ts';
import type { PolicyDraft } from './draft.ts';
import { isExecuted, note } from './draft.ts';
import { openRuleOf } from './open-rule.ts';
import { phrasesIn } from './phrasebook.ts';
import { policyConflicts } from './policy-conflict.ts';
import { identifiersIn, ruleOf, strictest, type PlanPart } from './policy-parameter.ts';
import { fold } from './prose.ts';
import { shorten } from './quotation.ts';

export interface PolicyBinding {
  readonly policies: readonly Policy[];
  readonly protectedTables: readonly string[];
  /** Where each policy stands in the document, by id. */
  readonly starts: ReadonlyMap<string, number>;
}

type Rule = Exclude<PolicyRule, { readonly kind: 'accepted' }>;

export function bindPolicies(binder: Binder, baseline: readonly BaselineSentence[]): PolicyBinding {
  const policies: Policy[] = [];
  const starts = new Map<string, number>();
  const plan: PlanPart = { protectedTables: tablesOf(binder, baseline), writer: binder.draft.steps.find((step) => step.productionPath)?.id };
  const entries = (binder.addendum?.policies ?? [])
    .filter((entry) => !weakensBaseline(binder, entry, baseline))
    .map((entry) => ({ entry, places: placesOf(binder, entry) }));
  const push = (policy: Omit<Policy, 'id'>, draft?: PolicyDraft): void => {
    const id = `P${policies.length + 1}`;
    policies.push({ id, ...policy });
    if (draft) {
      starts.set(id, draft.start);
      note(binder.draft, draft.block, 'policy', `policy ${id} (${policy.rule.kind})`);
    }
  };
  for (const draft of [...binder.draft.policies].sort((a, b) => a.start - b.start)) {
    const common = { text: draft.text, span: span(binder, draft), scope: scopeOf(binder, draft) };
    const bound = entries.filter(({ places }) => places.some((place) => overlaps(place, draft))).map(({ entry }) => entry);
    for (const entry of bound) binder.used.add(entry);
    const read = rulesIn(binder, draft, plan);
    const { rules, accepted } = draft.block === -1 && bound.length > 0 ? ownRules(bound) : bindRules(binder, read, bound);
    for (const rule of rules) push({ ...common, rule, origin: bound.length > 0 && !read.includes(rule) ? 'addendum' : draft.origin }, draft);
    for (const by of accepted) push({ ...common, rule: { kind: 'accepted', by }, origin: 'addendum' }, draft);
    if (rules.length === 0 && accepted.length === 0) reportUnenforced(binder, draft, draft.text);
    else if (bound.length === 0) for (const clause of openClauses(draft.text)) reportUnenforced(binder, draft, clause);
  }
  for (const sentence of baseline) {
    const rules = kindsOf(sentence.text, false)
      .map((kind) => ruleOf(kind, sentence.text, codesOf(sentence.text), plan))
      .filter((rule) => rule !== undefined);
    for (const rule of rules) push({ text: sentence.text, span: sentence.span, scope: { kind: 'document' }, rule, origin: 'baseline' });
    if (rules.length === 0)
      binder.diagnostics.push({
        severity: 'error',
        code: 'compile/unenforced-policy',
        message: `no guard is known for this rule of the baseline: \`${sentence.text.replace(/`/g, '')}\``,
        span: sentence.span,
        label: 'demanded of every plan',
        help: 'reword it as one of the phrases that `proofplan explain compile/unenforced-policy` lists',
      });
  }
  binder.diagnostics.push(...policyConflicts(binder, policies));
  const named = policies.flatMap((policy) => (policy.rule.kind === 'no-manual-writes' ? policy.rule.tables : []));
  return {
    policies,
    protectedTables: policies.some((policy) => policy.rule.kind === 'no-manual-writes') ? [...new Set([...named, ...plan.protectedTables])] : [],
    starts,
  };
}

/** The sentence with the words above its list, where it is an item of one. */
function wordsOf(draft: PolicyDraft): string {
  return draft.lead === undefined ? draft.text : `${draft.lead} ${draft.text}`;
}

function kindsOf(text: string, heading: boolean): readonly PolicyKind[] {
  return [...new Set(phrasesIn(fold(text), heading).map((phrase) => phrase.kind))];
}

/** What the sentence says by itself. */
function rulesIn(binder: Binder, draft: PolicyDraft, plan: PlanPart): readonly Rule[] {
  const production = binder.draft.steps.find((step) => step.productionPath);
  return kindsOf(wordsOf(draft), draft.wholeSection)
    .map((kind) => (kind === 'order' ? orderOf(binder, draft, production) : ruleOf(kind, wordsOf(draft), draft.codes, plan)))
    .filter((rule): rule is Rule => rule !== undefined && rule.kind !== 'accepted');
}

/** A YAML plan says itself what its sentence means: nothing is read into it beside that. */
function ownRules(bound: readonly AddendumPolicy[]): { readonly rules: readonly Rule[]; readonly accepted: readonly string[] } {
  return {
    rules: bound.flatMap(({ binding }) => (binding.kind === 'rule' ? [binding.rule] : [])),
    accepted: bound.flatMap(({ binding }) => (binding.kind === 'accept' ? [binding.by] : [])),
  };
}

/** An addendum strengthens: its rules are added to what is read, or joined with the rule of the same kind. */
function bindRules(
  binder: Binder,
  read: readonly Rule[],
  bound: readonly AddendumPolicy[],
): { readonly rules: readonly Rule[]; readonly accepted: readonly string[] } {
  const rules = [...read];
  const accepted: string[] = [];
  for (const entry of bound) {
    const { binding } = entry;
    if (binding.kind === 'rule') {
      const at = rules.findIndex((rule) => rule.kind === binding.rule.kind);
      const joined = at === -1 ? undefined : strictest(rules[at] ?? binding.rule, binding.rule);
      if (joined === undefined || joined.kind === 'accepted') rules.push(binding.rule);
      else rules[at] = joined;
      continue;
    }
    const enforced = rules.find((rule) => !unguarded.has(rule.kind));
    if (enforced)
      binder.diagnostics.push({
        severity: 'error',
        code: 'compile/addendum-weakens',
        message: `\`${shorten(entry.at).replace(/`/g, '')}\` is enforced as ${enforced.kind}, so nobody can accept that it is not`,
        span: entry.span,
        help: 'remove the entry; to take the rule back, change the plan itself',
      });
    else {
      accepted.push(binding.by);
      rules.length = 0;
    }
  }
  return { rules, accepted };
}

/** Kinds that not every machine can keep: a person may answer for them. */
const unguarded: ReadonlySet<PolicyKind> = new Set(['no-network']);

/** The baseline is the organisation's: a plan's addendum can neither accept nor reinterpret a sentence of it. */
function weakensBaseline(binder: Binder, entry: AddendumPolicy, baseline: readonly BaselineSentence[]): boolean {
  const quoted = plain(entry.at);
  const sentence = baseline.find(({ text }) => plain(text).includes(quoted));
  if (!sentence || binder.quotations.find(entry.at).length > 0) return false;
  binder.used.add(entry);
  binder.diagnostics.push({
    severity: 'error',
    code: 'compile/addendum-weakens',
    message: `\`${shorten(entry.at).replace(/`/g, '')}\` belongs to the baseline, which no addendum changes`,
    span: entry.atSpan,
    notes: [`it stands at ${sentence.span.path}:${sentence.span.start.line}:${sentence.span.start.column}`],
    help: 'remove the entry; the baseline is changed in the configuration, for all plans',
  });
  return true;
}

function plain(text: string): string {
  return fold(text).replace(/`/g, '');
}

function reportUnenforced(binder: Binder, draft: PolicyDraft, words: string): void {
  note(binder.draft, draft.block, 'policy', undefined, 'unenforced: no guard is known for it');
  const about = openRuleOf(fold(words));
  binder.diagnostics.push({
    severity: 'error',
    code: 'compile/unenforced-policy',
    message:
      words === draft.text
        ? `no guard is known for this rule: \`${words.replace(/`/g, '')}\``
        : `only a part of this rule is understood; no guard is known for: \`${words.replace(/`/g, '')}\``,
    span: span(binder, draft),
    label: 'read as a rule for the execution',
    ...(about === undefined ? {} : { notes: [`it is about ${about}, which the runner does not watch`] }),
    help: `in the addendum, under \`policies:\`, write { at: '${draft.text.replace(/'/g, "''")}', rule: { kind: … } }, or accept: 'Your Name' with a reason`,
  });
}

/** Clauses that forbid by themselves and are not understood, in a sentence of which another part is. */
function openClauses(text: string): readonly string[] {
  const clauses = text.split(
    /(?:\s*[,;·]|\s+[-–—]|\s+(?:and|or|nor|but))\s+(?=(?:and |or |nor |but )?(?:also )?(?:never|no|do not|don[’']t|must not|may not|shall not)\s)/i,
  );
  const forbidding =
    /^(?:(?:and|or|nor|but|also) )*(?:never|no(?! more than\b| later than\b| less than\b| matter\b| longer\b)|do not|don't|must not|may not|shall not) /;
  return clauses.length < 2
    ? []
    : clauses
        .filter((clause) => forbidding.test(fold(clause)) && phrasesIn(fold(clause)).length === 0)
        .map((clause) => clause.replace(/^(?:(?:and|or|nor|but|also) )+|[.!]$/gi, ''));
}

/** Tables that the document names: in its queries and, in backticks, in its policies. The baseline's are named too. */
function tablesOf(binder: Binder, baseline: readonly BaselineSentence[]): readonly string[] {
  const sentences = [
    ...binder.draft.policies.map((draft) => ({ text: wordsOf(draft), codes: draft.codes })),
    ...baseline.map(({ text }) => ({ text, codes: codesOf(text) })),
  ];
  const named = sentences.filter(({ text }) => kindsOf(text, false).includes('no-manual-writes')).flatMap(({ codes }) => identifiersIn(codes));
  const queried = binder.draft.steps.filter((step) => isExecuted(step) && step.sql?.mode === 'read').flatMap((step) => step.sql?.relations ?? []);
  return [...new Set([...named, ...queried])].filter((relation) => !/^(pg_catalog|information_schema)\./.test(relation) && !relation.startsWith('pg_'));
}

function codesOf(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
}
