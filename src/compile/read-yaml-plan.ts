/**
 * A YAML plan becomes the same draft as a document, with its own bindings as the addendum. A quotation is an id or a text of
 * the plan; what a part of the plan says about itself is quoted by a key that no text can hold.
 */
import type { MarkdownDocument } from '../parse/markdown-document.ts';
import type { YamlDocument } from '../parse/yaml-document.ts';
import type { SqlParser } from '../policy/sql-parser.ts';
import { compileCapture, compileInput, compilePrecondition } from './addendum-entry.ts';
import { compileCriterion, compilePolicy, compileReportField, compileTask } from './addendum-judgement.ts';
import type { Addendum, AddendumCaptureSource, QuotingEntry } from './addendum-shape.ts';
import { sourceOf } from './bind-capture.ts';
import type { Draft, SectionDraft, StepDraft } from './draft.ts';
import { compileQuery } from './query.ts';
import { indexQuotations, type QuotationIndex, type Stretch } from './quotation.ts';
import { newStep, readShell } from './read-code.ts';
import { booleanAt, entriesAt, itemsAt, numberAt, partOf, textAt, textsAt, type YamlPart } from './yaml-part.ts';
import { compileHeading } from './section.ts';

export interface YamlReading {
  readonly draft: Draft;
  readonly addendum: Addendum;
  readonly quotations: QuotationIndex;
}

export async function readYamlPlan(yaml: YamlDocument, parser: SqlParser): Promise<YamlReading> {
  const document: MarkdownDocument = { text: yaml.text, blocks: [] };
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

  draft.metadata.push(...entriesAt(top, 'metadata').map(([name, part]) => ({ name, text: part.text, span: part.span })));
  for (const part of itemsAt(top, 'preconditions')) {
    const variable = part.get('variable');
    draft.preconditions.push({
      ...common(part),
      searches: [],
      ...(variable ? { variable: { name: textAt(variable, 'name'), value: textAt(variable, 'value') } } : {}),
    });
  }
  for (const part of itemsAt(top, 'policies')) {
    const scope = part.get('section')
      ? ({ kind: 'section', section: textAt(part, 'section') } as const)
      : part.get('step')
        ? ({ kind: 'step', step: textAt(part, 'step') } as const)
        : undefined;
    draft.policies.push({
      ...common(part),
      origin: 'text',
      codes: [...(part.get('text')?.text ?? part.text).matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ''),
      wholeSection: false,
      ...(scope ? { scope } : {}),
    });
  }
  draft.tasks.push(...itemsAt(top, 'tasks').map(common));
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
  for (const part of itemsAt(top, 'steps')) await readStep(draft, yaml, part, parser);

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
      if (clauses.length === 0) return [quote(part, compileCriterion)];
      return clauses.map((clause) => ({
        ...quote(part, compileCriterion),
        witnesses: compileCriterion(clause).witnesses,
        clause: { text: textAt(clause, 'text'), span: clause.span },
      }));
    }),
    report: itemsAt(top, 'report').map((part) => quote(part, compileReportField)),
    accept: [],
  };
  return { draft, addendum, quotations: quotationsOf(draft, document, keyed) };
}

/** By the key of a part, by a step's id or title, else by text as it stands in the file. */
function quotationsOf(draft: Draft, document: MarkdownDocument, keyed: ReadonlyMap<string, Stretch>): QuotationIndex {
  const text = indexQuotations(document);
  return {
    nearest: text.nearest,
    find: (quotation) => {
      const own = keyed.get(quotation);
      if (own) return [own];
      const steps = draft.steps.filter((step) => step.fixedId === quotation || step.title === quotation);
      return steps.length > 0 ? steps.map(({ start, end }) => ({ start, end })) : text.find(quotation);
    },
  };
}

async function readStep(draft: Draft, yaml: YamlDocument, part: YamlPart, parser: SqlParser): Promise<void> {
  const kind = textAt(part, 'kind') as StepDraft['kind'];
  const id = part.get('id')?.text;
  const section = sectionOf(draft, yaml, part.get('section')?.text ?? id?.match(/^(.+)\.[^.]+$/)?.[1] ?? '1', part.get('section')?.text ?? '');
  const body = part.get('run') ?? part.get('sql') ?? part.get('patterns') ?? part;
  const text = body.text;
  const place = {
    ...stretchOf(part),
    place: placeOf(yaml, body),
    title: part.get('title')?.text ?? (section.title === '' ? kind : section.title),
    role: 'step' as const,
  };
  const step = kind === 'shell' || kind === 'coordinator-call' ? readShell(draft, section, text, place) : newStep(draft, section, text, place);
  step.kind = kind;
  if (kind === 'rg-check') {
    const patterns = itemsAt(part, 'patterns').map((pattern) => pattern.text);
    const paths = itemsAt(part, 'in').map((path) => path.text);
    const fixedStrings = booleanAt(part, 'fixed') ?? false;
    step.search = {
      arguments: [
        '--line-number',
        ...(fixedStrings ? ['--fixed-strings'] : ['--multiline']),
        ...patterns.flatMap((pattern) => ['--regexp', pattern]),
        '--',
        ...paths,
      ],
      patterns,
      paths,
      fixedStrings,
      quantity: booleanAt(part, 'absent') ? 'none' : 'each',
    };
  } else if (kind === 'sql-assert') {
    const query = await compileQuery(text, parser, booleanAt(part, 'probe') ? 'probe' : 'read');
    step.splices = query.splices;
    step.command = query.sql.text;
    step.sql = query.sql;
    step.supplies.push(...query.sql.columns.map((column) => column.name));
  } else {
    delete step.search;
    const fields = itemsAt(part, 'fields').map((field) => field.text);
    if (fields.length > 0) step.fields = fields;
    step.supplies.splice(0, step.supplies.length, ...(kind === 'coordinator-call' ? step.fields : []));
    if (part.get('testRunner')) step.testRunner = 'pytest';
  }
  if (id !== undefined) step.fixedId = id;
  step.workingDirectory = part.get('workingDirectory')?.text ?? '.';
  step.timeoutMs = numberAt(part, 'timeoutMs');
  step.environment = { ...textsAt(part, 'environment') };
  step.writes.push(...itemsAt(part, 'writes').map((table) => table.text));
  step.productionPath = booleanAt(part, 'productionPath') ?? false;
  if (step.writes.length > 0 || step.productionPath) step.grantedAt = part.span;
  const once = booleanAt(part, 'once');
  if (once !== undefined) step.once = once;
  const only = part.get('onlyIf');
  if (only) step.condition = { kind: 'not-captured', name: textAt(only, 'notCaptured'), span: only.span };
  for (const capture of itemsAt(part, 'captures')) {
    const entry = compileCapture(capture);
    for (const source of entry.sources as readonly AddendumCaptureSource[])
      step.captures.push({ name: entry.name ?? '', type: entry.type ?? 'text', span: entry.span, optional: entry.optional ?? false, source: sourceOf(source) });
  }
  for (const claim of itemsAt(part, 'expect')) draft.claims.push({ text: claim.text, ...stretchOf(claim), section, steps: [step], block: -1, origin: 'text' });
}

function sectionOf(draft: Draft, yaml: YamlDocument, number: string, title: string): SectionDraft {
  const existing = draft.sections.find((section) => section.number === number);
  if (existing) return existing;
  const heading = compileHeading(title);
  const section: SectionDraft = { number, title: heading.title, level: 2, meaning: 'steps', brackets: heading.brackets, start: 0, end: yaml.text.text.length };
  draft.sections.push(section);
  return section;
}

/** Maps an offset of a scalar's text to the file: line by line, as block scalars are indented. */
function placeOf(yaml: YamlDocument, part: YamlPart): (offset: number) => number {
  const source = yaml.text.text;
  const lines = part.text.split('\n');
  const starts: number[] = [];
  let cursor = part.span.start.offset;
  for (const line of lines) {
    const found = source.indexOf(line, cursor);
    const at = found === -1 || found > part.span.end.offset ? cursor : found;
    starts.push(at);
    cursor = at + line.length;
  }
  return (offset) => {
    const before = part.text.slice(0, offset);
    const line = before.split('\n').length - 1;
    return Math.min((starts[line] ?? part.span.start.offset) + before.length - (before.lastIndexOf('\n') + 1), part.span.end.offset);
  };
}

function stretchOf(part: YamlPart): Stretch {
  return { start: part.span.start.offset, end: part.span.end.offset };
}
