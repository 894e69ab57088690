/** What stands in a plan beside its steps, as items. */
import type { Plan, PreconditionCheck } from '../model/plan.ts';
import type { Policy } from '../model/policy.ts';
import type { Item } from './compare-item.ts';
import { headingsOf, lineOf } from './compare-place.ts';
import type { Reference } from './compare-step.ts';
import { foldWords, wordsOf } from './compare-words.ts';

type Plain = Readonly<Record<string, unknown>>;

export function titleItem(plan: Plan): Item {
  const at = plan.blocks.find((block) => block.becomes.includes('title'))?.span.start.line ?? 1;
  return { ...bare('title', ''), identities: ['title'], text: plan.title, at: { path: plan.path, line: at, text: plan.title }, facets: { text: plan.title } };
}

/** `first` is what the first paired step of a section is called: a renamed section is known by its contents. */
export function sectionItems(plan: Plan, first: (number: string, title: string) => string | undefined): readonly Item[] {
  return headingsOf(plan).map(({ block, title, number, meaning }) => ({
    part: 'section',
    id: number,
    identities: [`${foldWords(title)} ${number}`, foldWords(title), first(number, title) ?? ''],
    family: '',
    words: wordsOf(title),
    text: title,
    at: lineOf(block.span, block.text),
    facets: { title, number, ...(meaning === '' ? {} : { meaning }) },
  }));
}

export function policyItems(plan: Plan, refer: Reference): readonly Item[] {
  return plan.policies.map((policy) => {
    const { kind, ...parameters } = policy.rule as Plain & { readonly kind: string };
    const scope = scopeOf(policy, refer);
    const { writer, before, after, by: _by, ...values } = parameters;
    const facets = {
      ...values,
      ...(typeof writer === 'string' ? { writer: refer('step', writer) } : {}),
      ...(typeof before === 'string' ? { before: endOfOrder(before, refer) } : {}),
      ...(typeof after === 'string' ? { after: endOfOrder(after, refer) } : {}),
      ...(kind === 'accepted' ? {} : { kind }),
      accepted: kind === 'accepted',
      scope,
      origin: policy.origin,
      text: policy.text,
    };
    const text = foldWords(policy.text);
    return {
      part: 'policy',
      id: policy.id,
      identities: [`${kind} ${scope} ${text}`, `${kind} ${text}`, `${scope} ${text}`, text, `${kind} ${scope}`, kind === 'accepted' ? '' : kind],
      family: kind,
      words: wordsOf(policy.text),
      text: policy.text,
      at: lineOf(policy.span, policy.text),
      facets,
    };
  });
}

/** A section's number (`2`) or a step's (`step 2.1`). */
function endOfOrder(named: string, refer: Reference): string {
  return named.startsWith('step ') ? refer('step', named.slice('step '.length)) : refer('section', named);
}

function scopeOf({ scope }: Policy, refer: Reference): string {
  if (scope.kind === 'document') return 'document';
  return scope.kind === 'section' ? refer('section', scope.section) : refer('step', scope.step);
}

export function plainItems(plan: Plan, refer: Reference): readonly Item[] {
  const witness = ({ kind, id }: { readonly kind: 'expectation' | 'step' | 'policy'; readonly id: string }): string => refer(kind, id);
  return [
    ...plan.metadata.map(({ name, text, span }) => ({
      ...bare('metadata', name),
      text: `${name}: ${text}`,
      at: lineOf(span, `${name}: ${text}`),
      facets: { text },
    })),
    ...plan.protectedTables.map((name) => ({ ...bare('protected table', name), text: name, at: lineOf(placeOfTable(plan, name), name), facets: {} })),
    ...plan.inputs.map(({ name, span, neededBy, ...rest }) => ({
      ...bare('input', name),
      text: name,
      at: lineOf(span, `<${name}>`),
      facets: { ...rest, neededBy: refer('step', neededBy) },
    })),
    ...plan.preconditions.map(({ id, text, span, checks, ...rest }) => ({
      ...sentence('precondition', id, text),
      at: lineOf(span, text),
      facets: { ...rest, text, checks: checks.map((check) => checkOf(check, refer)) },
    })),
    ...plan.tasks.map(({ id, text, span, verifiedBy, ...rest }) => ({
      ...sentence('task', id, text),
      at: lineOf(span, text),
      facets: { ...rest, text, verifiedBy: verifiedBy.map((each) => refer('expectation', each)) },
    })),
    ...plan.criteria.map(({ id, text, span, clauses, ...rest }) => ({
      ...sentence('criterion', id, text),
      at: lineOf(span, text),
      facets: {
        text,
        clauses: clauses.length,
        unwitnessed: clauses.filter((clause) => clause.witnesses.length === 0).length,
        witnesses: clauses.flatMap((clause) => clause.witnesses.map(witness)),
        ...rest,
      },
    })),
    ...plan.report.map(({ label, span, source }) => ({
      ...bare('report field', foldWords(label)),
      id: label,
      words: wordsOf(label),
      text: label,
      at: lineOf(span, label),
      facets: {
        text: label,
        filled: source.kind !== 'none',
        ...(source.kind === 'none'
          ? {}
          : {
              source:
                source.kind === 'word'
                  ? { ...source, of: source.of.map(witness) }
                  : 'step' in source
                    ? { ...source, step: refer('step', source.step) }
                    : source,
            }),
      },
    })),
  ];
}

/** A check without places, and with the steps called as both plans call them. */
function checkOf(check: PreconditionCheck, refer: Reference): string {
  if (check.kind === 'step') return refer('step', check.step);
  if (check.kind !== 'environment') return JSON.stringify(check);
  return JSON.stringify({ ...check, unmetBy: check.unmetBy.map(({ step, found }) => ({ step: refer('step', step), found })) });
}

function placeOfTable(plan: Plan, table: string): Plan['policies'][number]['span'] {
  const named = plan.policies.find((policy) => policy.rule.kind === 'no-manual-writes' && policy.rule.tables.includes(table));
  return named?.span ?? { path: plan.path, start: { offset: 0, line: 1, column: 1 }, end: { offset: 0, line: 1, column: 1 } };
}

function bare(part: Item['part'], name: string): Omit<Item, 'text' | 'at' | 'facets'> {
  return { part, id: name, identities: [name], family: '', words: [] };
}

function sentence(part: Item['part'], id: string, text: string): Omit<Item, 'at' | 'facets'> {
  return { part, id, identities: [text, foldWords(text)], family: '', words: wordsOf(text), text };
}
