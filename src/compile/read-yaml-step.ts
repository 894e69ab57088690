/** One step of a YAML plan: what it executes by its kind, what it may do, and what it must show. */
import type { YamlDocument } from '../parse/yaml-document.ts';
import type { SqlParser } from '../policy/sql-parser.ts';
import { compileCapture, conductAt } from './addendum-entry.ts';
import type { AddendumCapture } from './addendum-shape.ts';
import { sourceOf } from './bind-capture.ts';
import type { Draft, SectionDraft, StepDraft } from './draft.ts';
import { compileQuery } from './query.ts';
import type { Stretch } from './quotation.ts';
import { newStep, readShell } from './read-code.ts';
import { captureName } from './reading.ts';
import { parseSearch } from './search-command.ts';
import { compileHeading } from './section.ts';
import { claimAt } from './yaml-claim.ts';
import { booleanAt, itemsAt, numberAt, textAt, textsAt, type YamlPart } from './yaml-part.ts';

/** Answers with the captures of the step as entries, so that what they say is checked as an addendum's is. */
export async function readYamlStep(
  draft: Draft,
  yaml: YamlDocument,
  part: YamlPart,
  parser: SqlParser,
  role: StepDraft['role'] = 'step',
): Promise<readonly AddendumCapture[]> {
  const kind = textAt(part, 'kind') as StepDraft['kind'];
  const id = part.get('id')?.text;
  const section = sectionOf(
    draft,
    yaml,
    part.get('section')?.text ?? id?.match(/^(.+)\.[^.]+$/)?.[1] ?? (role === 'teardown' ? 'teardown' : '1'),
    part.get('section')?.text ?? '',
  );
  const body = part.get('run') ?? part.get('sql') ?? part.get('patterns') ?? part;
  const text = part.get('text')?.text ?? body.text;
  const place = {
    ...stretchOf(part),
    place: placeOf(yaml, body),
    title: part.get('title')?.text ?? (section.title === '' ? kind : section.title),
    role: (part.get('role')?.text ?? role) as StepDraft['role'],
  };
  const step = kind === 'shell' || kind === 'coordinator-call' ? readShell(draft, section, text, place) : newStep(draft, section, text, place);
  step.kind = kind;
  if (kind === 'rg-check') readYamlSearch(draft, part, step);
  else if (kind === 'sql-assert') await readYamlQuery(part, step, text, parser);
  else {
    delete step.search;
    const fields = itemsAt(part, 'fields').map((field) => field.text);
    if (fields.length > 0) step.fields = fields;
    step.supplies.splice(0, step.supplies.length, ...(kind === 'coordinator-call' ? step.fields : []));
    if (part.get('testRunner')) step.testRunner = 'pytest';
  }
  if (id !== undefined) step.fixedId = id;
  readPermission(part, step);
  const only = part.get('onlyIf');
  if (only) step.condition = { kind: 'not-captured', name: textAt(only, 'notCaptured'), span: only.span };
  for (const claim of itemsAt(part, 'expect')) readExpectation(draft, claim, step);
  return itemsAt(part, 'captures').map((capture) => readCapture(capture, step));
}

export function stretchOf(part: YamlPart): Stretch {
  return { start: part.span.start.offset, end: part.span.end.offset };
}

export function sectionOf(draft: Draft, yaml: YamlDocument, number: string, title: string): SectionDraft {
  const existing = draft.sections.find((section) => section.number === number);
  if (existing) return existing;
  const heading = compileHeading(title);
  const section: SectionDraft = { number, title: heading.title, level: 2, meaning: 'steps', brackets: heading.brackets, start: 0, end: yaml.text.text.length };
  draft.sections.push(section);
  return section;
}

/** A command is taken apart as in a document; patterns are searched across lines, each for itself. */
function readYamlSearch(draft: Draft, part: YamlPart, step: StepDraft): void {
  const quantity = booleanAt(part, 'absent') ? 'none' : part.get('found')?.text === 'any' ? 'any' : 'each';
  const run = part.get('run');
  if (run) {
    const search = parseSearch(run.text);
    if (search) step.search = { ...search, quantity };
    else
      draft.diagnostics.push({
        severity: 'error',
        code: 'compile/wrong-value',
        message: '`run` of an rg-check is one plain `rg` command with a pattern',
        span: run.span,
        help: 'write `kind: shell` for any other command',
      });
    return;
  }
  const patterns = itemsAt(part, 'patterns').map((pattern) => pattern.text);
  const paths = itemsAt(part, 'in').map((path) => path.text);
  const fixedStrings = booleanAt(part, 'fixed') ?? false;
  const flags = ['--line-number', fixedStrings ? '--fixed-strings' : '--multiline'];
  step.search = { arguments: [...flags, ...patterns.flatMap((pattern) => ['--regexp', pattern]), '--', ...paths], patterns, paths, fixedStrings, quantity };
}

async function readYamlQuery(part: YamlPart, step: StepDraft, text: string, parser: SqlParser): Promise<void> {
  const query = await compileQuery(text, parser, booleanAt(part, 'probe') ? 'probe' : 'read');
  step.splices = query.splices;
  step.command = query.sql.text;
  // What only fills the report has a name of its own, as the same column may be claimed elsewhere.
  const named = (column: string): string => `report.${captureName(step.title)}${query.sql.columns.length > 1 ? `.${column}` : ''}`;
  step.sql = step.role === 'report' ? { ...query.sql, columns: query.sql.columns.map(({ column }) => ({ column, name: named(column) })) } : query.sql;
  step.supplies.push(...step.sql.columns.map((column) => column.name));
}

function readPermission(part: YamlPart, step: StepDraft): void {
  step.workingDirectory = part.get('workingDirectory')?.text ?? '.';
  step.timeoutMs = numberAt(part, 'timeoutMs');
  step.environment = { ...textsAt(part, 'environment') };
  step.writes.push(...itemsAt(part, 'writes').map((table) => table.text));
  step.productionPath = booleanAt(part, 'productionPath') ?? false;
  if (step.writes.length > 0 || step.productionPath) step.grantedAt = part.span;
  const carries = itemsAt(part, 'carries').map((variable) => variable.text);
  if (carries.length > 0) step.carries = carries;
  const { once, repeat, doneWhen } = conductAt(part);
  if (once !== undefined) step.once = once;
  if (once === false) step.loosenedAt = part.get('once')?.keySpan ?? part.span;
  if (repeat !== undefined) step.repeat = repeat;
  if (doneWhen !== undefined) step.doneWhen = doneWhen;
}

function readExpectation(draft: Draft, part: YamlPart, step: StepDraft): void {
  const common = { ...stretchOf(part), section: step.section, steps: [step], block: -1, origin: 'text' } as const;
  const judged = part.get('is');
  const claim = part.get('claim');
  if (judged) draft.claims.push({ ...common, text: textAt(part, 'text'), claim: claimAt(judged), own: true });
  else if (claim) draft.claims.push({ ...common, text: textAt(part, 'text'), source: claim.text, own: true });
  else draft.claims.push({ ...common, text: part.text });
}

function readCapture(part: YamlPart, step: StepDraft): AddendumCapture {
  const entry = compileCapture(part);
  const { span, type = 'text', optional = false } = entry;
  const name = entry.name ?? '';
  const hidden = entry.secret ? { secret: true as const } : {};
  const variable = part.get('variable')?.text;
  if (variable !== undefined) step.captures.push({ name, type, span, optional, source: { kind: 'variable', variable }, ...hidden });
  for (const source of entry.sources) step.captures.push({ name, type, span, optional, source: sourceOf(source), ...hidden });
  // Two steps may supply one name; one step twice is a mistake.
  return { ...entry, at: `\u0000${step.start}` };
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
