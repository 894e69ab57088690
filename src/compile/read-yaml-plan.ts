/**
 * A YAML plan becomes the same draft as a document, with its own bindings as the addendum. A quotation is an id or a text of
 * the plan; what a part of the plan says about itself is quoted by a key that no text can hold.
 */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { PolicyScope } from '../model/policy.ts';
import type { MarkdownDocument } from '../parse/markdown-document.ts';
import type { YamlDocument } from '../parse/yaml-document.ts';
import type { SqlParser } from '../policy/sql-parser.ts';
import { addendumConflicts } from './addendum-conflict.ts';
import { compileInput, compilePrecondition } from './addendum-entry.ts';
import { compileCriterion, compilePolicy, compileReportField, compileTask } from './addendum-judgement.ts';
import type { Addendum, AddendumCapture, QuotingEntry } from './addendum-shape.ts';
import type { ConditionKind } from './condition.ts';
import type { Draft, PreconditionCheckDraft, SectionDraft } from './draft.ts';
import { indexQuotations, type QuotationIndex, type Stretch } from './quotation.ts';
import { readYamlStep, sectionOf, stretchOf } from './read-yaml-step.ts';
import { oneAPlace } from './schema-diagnostic.ts';
import { entriesAt, given, itemsAt, partOf, placedAt, textAt, type YamlPart } from './yaml-part.ts';

export interface YamlReading {
  readonly draft: Draft;
  readonly addendum: Addendum;
  readonly quotations: QuotationIndex;
}

export async function readYamlPlan(yaml: YamlDocument, parser: SqlParser): Promise<YamlReading> {
  const document: MarkdownDocument = { text: yaml.text, blocks: [], roots: [] };
  const top = partOf(yaml);
  const draft: Draft = {
    document,
    diagnostics: [],
    title: textAt(top, 'title'),
    metadata: [],
    sections: [],
    steps: [],
    policies: [],
    claims: [],
    acceptance: [],
    captures: [],
    conduct: [],
    searches: [],
    preconditions: [],
    tasks: [],
    criteria: [],
    report: [],
    notes: new Map(),
    lines: [],
  };
  const keyed = new Map<string, Stretch>();
  const quote = <T extends QuotingEntry>(part: YamlPart, compile: (part: YamlPart) => T): T => {
    const key = `\u0000${part.span.start.offset}`;
    keyed.set(key, stretchOf(part));
    return { ...compile(part), at: key, atSpan: part.span };
  };
  const section = sectionOf(draft, yaml, '0', '');
  const common = (
    part: YamlPart,
  ): { readonly text: string; readonly start: number; readonly end: number; readonly section: SectionDraft; readonly block: number } => ({
    text: part.get('text')?.text ?? part.text,
    ...stretchOf(part),
    section,
    block: -1,
  });

  // One label may stand several times in a document; here it then has a list.
  draft.metadata.push(...entriesAt(top, 'metadata').flatMap(([name, part]) => part.items().map((item) => ({ name, text: item.text, span: item.span }))));
  for (const part of itemsAt(top, 'preconditions')) {
    const variable = part.get('variable');
    draft.preconditions.push({
      ...common(part),
      searches: [],
      ...(part.get('plan') ? { plans: [textAt(part, 'plan')] } : {}),
      ...(variable ? { variable: { name: textAt(variable, 'name'), value: textAt(variable, 'value') } } : {}),
      ...(part.get('checks') ? { checks: itemsAt(part, 'checks').map(checkOf) } : {}),
    });
  }
  for (const part of itemsAt(top, 'policies')) {
    draft.policies.push({
      ...common(part),
      origin: 'text',
      codes: [...(part.get('text')?.text ?? part.text).matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ''),
      wholeSection: false,
      scope: scopeAt(part),
    });
  }
  draft.tasks.push(
    ...itemsAt(top, 'tasks').map((part) => ({ ...common(part), ...given({ condition: part.get('condition')?.text as ConditionKind | undefined }) })),
  );
  draft.criteria.push(
    ...itemsAt(top, 'criteria').map((part) => ({
      ...common(part),
      ...(part.get('clauses') ? { clauses: itemsAt(part, 'clauses').map((clause) => textAt(clause, 'text')) } : {}),
    })),
  );
  for (const part of itemsAt(top, 'report')) {
    const label = part.get('label') ?? part;
    const words = itemsAt(part, 'words')
      .map((word) => word.text)
      .join('/');
    draft.report.push({ ...common(part), text: label.text, label: label.text, hole: { written: `<${words === '' ? 'value' : words}>`, ...stretchOf(label) } });
  }
  const captures: AddendumCapture[] = [];
  for (const part of itemsAt(top, 'steps')) captures.push(...(await readYamlStep(draft, yaml, part, parser)));
  for (const part of itemsAt(top, 'teardown')) {
    captures.push(...(await readYamlStep(draft, yaml, part, parser, 'teardown')));
    const role = part.get('role');
    if (role && role.text !== 'teardown')
      draft.diagnostics.push({
        severity: 'error',
        code: 'compile/conflicting-keys',
        message: `what stands under \`teardown\` has no role \`${role.text}\``,
        span: role.span,
        help: 'remove `role`, or write the step under `steps`',
      });
  }
  for (const part of itemsAt(top, 'policies')) draft.diagnostics.push(...scopeProblems(draft, part));

  const bound = (part: YamlPart, ...keys: readonly string[]): boolean => keys.some((key) => part.get(key) !== undefined);
  const addendum: Addendum = {
    path: yaml.path,
    span: top.span,
    plan: { text: yaml.path, span: top.span },
    defaults: [],
    inputs: entriesAt(top, 'inputs').map(([name, part]) => compileInput(name, part)),
    preconditions: itemsAt(top, 'preconditions')
      .filter((part) => bound(part, 'run', 'sql', 'holds'))
      .map((part) => quote(part, compilePrecondition)),
    searches: [],
    probes: [],
    steps: [],
    captures: [],
    expectations: [],
    policies: itemsAt(top, 'policies')
      .filter((part) => bound(part, 'rule', 'accept'))
      .map((part) => quote(part, compilePolicy)),
    tasks: itemsAt(top, 'tasks')
      .filter((part) => bound(part, 'verifiedBy'))
      .map((part) => quote(part, compileTask)),
    criteria: itemsAt(top, 'criteria').flatMap((part) => {
      const clauses = itemsAt(part, 'clauses');
      if (clauses.length === 0) return bound(part, 'witness') ? [quote(part, compileCriterion)] : [];
      return clauses
        .filter((clause) => bound(clause, 'witness'))
        .map((clause) => ({
          ...quote(part, compileCriterion),
          witnesses: compileCriterion(clause).witnesses,
          clause: { text: textAt(clause, 'text'), span: clause.span },
        }));
    }),
    report: itemsAt(top, 'report')
      .filter((part) => bound(part, 'name', 'sql', 'yes', 'rows', 'files'))
      .map((part) => quote(part, compileReportField)),
    accept: [],
  };
  draft.diagnostics.push(...oneAPlace(addendumConflicts({ ...addendum, captures }, top)));
  const quotable = ['steps', 'teardown', 'policies'].flatMap((key) => itemsAt(top, key).map(stretchOf));
  return { draft, addendum, quotations: quotationsOf(draft, indexQuotations(document), keyed, quotable) };
}

/** What a plan says under `policies` holds for all of it, whatever its words, unless a key says otherwise. */
function scopeAt(part: YamlPart): PolicyScope {
  if (part.get('section')) return { kind: 'section', section: textAt(part, 'section') };
  return part.get('step') ? { kind: 'step', step: textAt(part, 'step') } : { kind: 'document' };
}

/** A policy that is in force nowhere protects nothing. */
function scopeProblems(draft: Draft, part: YamlPart): readonly Diagnostic[] {
  const [section, step] = [part.get('section'), part.get('step')];
  const isIn = (number: string): boolean => number === section?.text || number.startsWith(`${section?.text ?? ''}.`);
  const common = { code: 'compile/entry-binds-nothing', help: 'name one that is there, or remove the policy' } as const;
  if (step && !draft.steps.some((candidate) => candidate.fixedId === step.text))
    return [{ ...common, severity: 'error', message: `no step has the id \`${step.text}\`, so this policy is in force nowhere`, span: step.span }];
  if (section && !draft.steps.some((candidate) => isIn(candidate.section.number)))
    return [{ ...common, severity: 'warning', message: `no step is in section ${section.text}, so this policy is in force nowhere`, span: section.span }];
  return [];
}

function checkOf(part: YamlPart): PreconditionCheckDraft {
  const variable = part.get('variable');
  if (variable) return { kind: 'variable', name: textAt(variable, 'name'), value: textAt(variable, 'value') };
  if (part.get('plan')) return { kind: 'plan', link: textAt(part, 'plan') };
  return part.get('step') ? { kind: 'step', step: placedAt(part, 'step') } : { kind: 'database-reachable' };
}

/** By the key of a part, by a step's id or title, by a number (`2.1/3`, `P2`), else by text of a step or a policy: a quotation never finds itself. */
function quotationsOf(draft: Draft, text: QuotationIndex, keyed: ReadonlyMap<string, Stretch>, quotable: readonly Stretch[]): QuotationIndex {
  return {
    nearest: text.nearest,
    find: (quotation) => {
      const own = keyed.get(quotation);
      if (own) return [own];
      const steps = draft.steps.filter((step) => step.fixedId === quotation);
      const named = steps.length > 0 ? steps : draft.steps.filter((step) => step.title === quotation);
      if (named.length > 0) return named.map(({ start, end }) => ({ start, end }));
      const policy = /^P\d+$/.test(quotation) ? draft.policies[Number(quotation.slice(1)) - 1] : undefined;
      if (policy) return [{ start: policy.start, end: policy.end }];
      return text.find(quotation).filter((found) => quotable.some(({ start, end }) => found.start >= start && found.end <= end));
    },
    numbered: (quotation) => {
      const [, id = '', number = ''] = /^(.+)\/(\d+)$/.exec(quotation) ?? [];
      const step = draft.steps.find((candidate) => candidate.fixedId === id);
      return step ? { step, number: Number(number) } : undefined;
    },
  };
}
