/** Policy sentences become rules with parameters; what no phrase understands is reported, never dropped. */
import type { Policy, PolicyRule, PolicyScope } from '../model/policy.ts';
import { wordsOf } from './bind-expectation.ts';
import { overlaps, placesOf, span, type Binder } from './bind.ts';
import type { PolicyDraft, SectionDraft, StepDraft } from './draft.ts';
import { note } from './draft.ts';
import { phrasebook } from './phrasebook.ts';
import { fold } from './prose.ts';

export interface PolicyBinding {
  readonly policies: readonly Policy[];
  readonly protectedTables: readonly string[];
  /** Where each policy stands in the document, by id. */
  readonly starts: ReadonlyMap<string, number>;
}

export function bindPolicies(binder: Binder, baseline: readonly { readonly text: string; readonly path: string }[]): PolicyBinding {
  const policies: Policy[] = [];
  const starts = new Map<string, number>();
  const protectedTables = tablesOf(binder);
  const entries = (binder.addendum?.policies ?? []).map((entry) => ({ entry, places: placesOf(binder, entry) }));
  const push = (policy: Omit<Policy, 'id'>, draft?: PolicyDraft): void => {
    const id = `P${policies.length + 1}`;
    policies.push({ id, ...policy });
    if (draft) {
      starts.set(id, draft.start);
      note(binder.draft, draft.block, 'policy', `policy ${id} (${policy.rule.kind})`);
    }
  };
  for (const draft of [...binder.draft.policies].sort((a, b) => a.start - b.start)) {
    const common = { text: draft.text, span: span(binder, draft), scope: scopeOf(draft), origin: draft.origin };
    const bound = entries.filter(({ places }) => places.some((place) => overlaps(place, draft)));
    for (const { entry } of bound) {
      binder.used.add(entry);
      if (entry.binding.kind === 'rule') push({ ...common, rule: entry.binding.rule, origin: 'addendum' }, draft);
      else push({ ...common, rule: { kind: 'accepted', by: entry.binding.by }, origin: 'addendum' }, draft);
    }
    if (bound.length > 0) continue;
    const kinds = [
      ...new Set(
        phrasebook
          .filter(
            (phrase) =>
              (draft.wholeSection || phrase.heading !== true) &&
              phrase.pattern.test(fold(draft.lead === undefined ? draft.text : `${draft.lead} ${draft.text}`)),
          )
          .map((phrase) => phrase.kind),
      ),
    ];
    const rules = kinds.map((kind) => ruleOf(binder, kind, draft, protectedTables)).filter((rule) => rule !== undefined);
    for (const rule of rules) push({ ...common, rule }, draft);
    if (rules.length === 0) {
      note(binder.draft, draft.block, 'unclaimed');
      binder.diagnostics.push({
        severity: 'error',
        code: 'compile/unenforced-policy',
        message: `no guard is known for this rule: \`${draft.text.replace(/`/g, '')}\``,
        span: span(binder, draft),
        label: 'read as a rule for the execution',
        help: `in the addendum, under \`policies:\`, write { at: '${draft.text.replace(/'/g, "''")}', rule: { kind: … } }, or accept: 'Your Name' with a reason`,
      });
    }
  }
  for (const sentence of baseline) {
    const kinds = [...new Set(phrasebook.filter((phrase) => phrase.heading !== true && phrase.pattern.test(fold(sentence.text))).map((phrase) => phrase.kind))];
    const at = { path: sentence.path, start: { offset: 0, line: 1, column: 1 }, end: { offset: 0, line: 1, column: 1 } };
    for (const kind of kinds) {
      const rule = baselineRule(kind, protectedTables, sentence.text);
      if (rule) push({ text: sentence.text, span: at, scope: { kind: 'document' }, rule, origin: 'baseline' });
    }
    if (kinds.length === 0)
      binder.diagnostics.push({
        severity: 'error',
        code: 'compile/unenforced-policy',
        message: `no guard is known for this rule of the baseline: \`${sentence.text}\``,
        span: at,
        help: 'reword it as one of the phrases that `proofplan explain compile/unenforced-policy` lists',
      });
  }
  const named = policies.flatMap((policy) => (policy.rule.kind === 'no-manual-writes' ? policy.rule.tables : []));
  return {
    policies,
    protectedTables: policies.some((policy) => policy.rule.kind === 'no-manual-writes') ? [...new Set([...named, ...protectedTables])] : [],
    starts,
  };
}

/** Tables that the document names: in its queries and, in backticks, in its policies. */
function tablesOf(binder: Binder): readonly string[] {
  const named = binder.draft.policies
    .filter((draft) => phrasebook.some((phrase) => phrase.kind === 'no-manual-writes' && phrase.pattern.test(fold(draft.text))))
    .flatMap((draft) => draft.codes.filter((code) => identifier.test(code)));
  const queried = binder.draft.steps.filter((step) => step.role === 'step' && step.sql?.mode === 'read').flatMap((step) => step.sql?.relations ?? []);
  return [...new Set([...named, ...queried])].filter((relation) => !/^(pg_catalog|information_schema)\./.test(relation) && !relation.startsWith('pg_'));
}

function scopeOf(draft: PolicyDraft): PolicyScope {
  if (draft.scope) return draft.scope;
  return draft.wholeSection ? { kind: 'section', section: draft.section.number } : { kind: 'document' };
}

const identifier = /^[A-Za-z_][\w]*(?:\.[A-Za-z_]\w*)?$/;

function ruleOf(binder: Binder, kind: PolicyRule['kind'], draft: PolicyDraft, protectedTables: readonly string[]): PolicyRule | undefined {
  const production = binder.draft.steps.find((step) => step.productionPath);
  const codes = draft.codes.filter((code) => identifier.test(code));
  switch (kind) {
    case 'no-manual-writes':
      return { kind, tables: codes.length > 0 ? codes : protectedTables, ...(production ? { writer: production.id } : {}) };
    case 'no-sqlite-fallback':
      return { kind, identifiers: codes, files: [] };
    case 'stop-on-failure':
      return { kind, evidence: /\bevidence\b|\breport\b/.test(fold(draft.text)) };
    case 'order':
      return orderOf(binder, draft, production);
    case 'fresh-evidence':
      return { kind, names: [] };
    case 'attempt-limit':
      return { kind, attempts: Number(fold(draft.text).match(/\bmax(?:imum)?(?: of)? (\d+)/)?.[1] ?? 1) };
    case 'no-network':
      return { kind, permit: [] };
    case 'accepted':
      return undefined;
    default:
      return { kind };
  }
}

function baselineRule(kind: PolicyRule['kind'], protectedTables: readonly string[], text: string): PolicyRule | undefined {
  switch (kind) {
    case 'no-manual-writes':
      return { kind, tables: [...text.matchAll(/`([A-Za-z_][\w.]*)`/g)].map((match) => match[1] ?? '').concat(protectedTables) };
    case 'no-sqlite-fallback':
      return { kind, identifiers: [], files: [] };
    case 'stop-on-failure':
      return { kind, evidence: true };
    case 'attempt-limit':
      return { kind, attempts: Number(fold(text).match(/\bmax(?:imum)?(?: of)? (\d+)/)?.[1] ?? 1) };
    case 'no-network':
      return { kind, permit: [] };
    case 'fresh-evidence':
      return { kind, names: [] };
    case 'order':
    case 'accepted':
      return undefined;
    default:
      return { kind };
  }
}

/** "(Required Before Testing)" and "Fix X before attempting any test run": that section first, then the one that runs. */
function orderOf(binder: Binder, draft: PolicyDraft, production: StepDraft | undefined): PolicyRule | undefined {
  const sections = binder.draft.sections.filter((section) => section.level === topLevel(binder));
  const own = sections.find((section) => draft.start >= section.start && draft.start < section.end);
  const before = draft.wholeSection
    ? own
    : nearest(
        sections.filter((section) => section !== own && section.meaning === 'tasks'),
        draft.text,
      );
  const after = production
    ? sections.find((section) => production.start >= section.start && production.start < section.end)
    : sections.find((section) => before !== undefined && section.start > before.start && binder.draft.steps.some((step) => step.section === section));
  return before && after && before !== after ? { kind: 'order', before: before.number, after: after.number } : undefined;
}

function topLevel(binder: Binder): number {
  return Math.min(...binder.draft.sections.map((section) => section.level));
}

function nearest(sections: readonly SectionDraft[], text: string): SectionDraft | undefined {
  const words = wordsOf(text);
  return [...sections].sort((a, b) => shared(b) - shared(a))[0];
  function shared(section: SectionDraft): number {
    return wordsOf(section.title).filter((word) => words.includes(word)).length;
  }
}
