/**
 * `report.md`: the plan document itself, its holes filled from evidence, a verdict behind each thing that was judged. Made
 * from the journal and the evidence alone, and only from what stands before the journal's end, so that it can be made
 * again from the same record, byte for byte.
 */
import type { Checked } from '../model/diagnostic.ts';
import type { EventData } from '../model/event.ts';
import { settledEvents } from '../model/settled-event.ts';
import type { Span } from '../model/span.ts';
import { byStep, dataOf, lastAttempts } from './data-of.ts';
import { notOfItsKind, readRecord, type RecordedExecution } from './read-record.ts';
import { createPlaceFinder, type Place } from './report-place.ts';
import {
  longestRun,
  prose,
  remarkCriterion,
  remarkExpectation,
  remarkField,
  remarkNotRun,
  remarkPolicy,
  remarkPrecondition,
  remarkStep,
  remarkTask,
} from './report-remark.ts';
import { splitLines, spliceReport, type Addition, type Replacement } from './report-splice.ts';
import { remarkEnd, remarkTop } from './report-summary.ts';
import { stripToLine } from './strip-control.ts';

/** Renders the report of an execution's folder. */
export async function readReport(folder: string, { closing = false }: { readonly closing?: boolean } = {}): Promise<Checked<string>> {
  try {
    const { value, diagnostics } = await readRecord(folder);
    return { value: value && renderReportMarkdown(value, { closing, problems: diagnostics.map(({ message }) => message) }), diagnostics };
  } catch (error) {
    return { value: undefined, diagnostics: [notOfItsKind(folder, error)] };
  }
}

export interface ReportOptions {
  /** The record is being closed by whoever asks: that it has no end yet is no lack. */
  readonly closing?: boolean;
  /** What is wrong with the journal, in sentences. */
  readonly problems?: readonly string[];
}

export function renderReportMarkdown({ execution, document, events: all }: RecordedExecution, { closing = false, problems = [] }: ReportOptions = {}): string {
  const events = settledEvents(all);
  const opened = dataOf(events, 'opened')[0];
  const whole = problems.length === 0 && (closing || dataOf(events, 'closed').length > 0);
  const isMarkdown = opened?.plan.form !== 'yaml';
  const text = document.replace(/^\ufeff/, '');
  const lines = splitLines(text).map((line) => line.text);
  const places = createPlaceFinder(isMarkdown ? text : '');
  const end: Place = { after: lines.length, indent: '' };
  const steps = new Map(dataOf(events, 'opened').flatMap((data) => data.steps.map((step) => [step.id, step.span] as const)));
  /** A remark about something that another file says (addendum, configuration) stands at its step, else at the end. */
  const place = (span: Span, step?: string): Place => {
    if (!isMarkdown) return end;
    if (span.path === opened?.plan.path) return places.find(span) ?? end;
    const other = step === undefined ? undefined : steps.get(step);
    return other === undefined || other.path !== opened?.plan.path ? end : (places.find(other) ?? end);
  };
  const fields = dataOf(events, 'report-field');
  const replacements = isMarkdown ? fields.flatMap((data) => replacementOf(data, lines)) : [];
  const top = topOf(lines.slice(0, places.frontMatter), replacements);
  // YAML read as Markdown would be no plan any more, and its text tags and links: it stands in a fence.
  const fence = isMarkdown ? undefined : fenceAround(text);
  const beginFence = fence === undefined ? [] : ['', `${fence}yaml`];
  const additions: Addition[] = [{ after: top, indent: '', lines: [...quoted(remarkTop(execution, events, whole ? undefined : problems)), ...beginFence] }];
  if (fence !== undefined) additions.push({ ...end, lines: [fence, ''] });
  const add = (at: Place, remark: readonly string[]): void => {
    if (remark.length > 0) additions.push({ ...at, lines: [...(at === end && places.endsInHtml ? [''] : []), ...quoted(remark)] });
  };
  /** What is told behind a plan in YAML names its line, and is told in the order of the lines. */
  const told: { readonly span: Span; readonly step: string | undefined; readonly remark: readonly string[] }[] = [];
  const tell = (span: Span, remark: readonly string[], step?: string): void => void told.push({ span, step, remark });
  const captures = byStep(dataOf(events, 'capture'));
  const attempts = byStep(dataOf(events, 'step-ended'));
  for (const data of dataOf(events, 'policy-enforced')) tell(data.span, remarkPolicy(data));
  for (const data of dataOf(events, 'precondition')) tell(data.span, remarkPrecondition(data));
  for (const data of dataOf(events, 'task')) tell(data.span, remarkTask(data));
  for (const data of lastAttempts(events)) tell(data.span, remarkStep(data, captures.get(data.step) ?? [], attempts.get(data.step)), data.step);
  for (const data of dataOf(events, 'step-not-run')) tell(data.span, remarkNotRun(data), data.step);
  for (const data of dataOf(events, 'expectation')) tell(data.span, remarkExpectation(data), data.step);
  for (const data of dataOf(events, 'criterion')) tell(data.span, remarkCriterion(data));
  for (const data of fields) tell(data.span, remarkField(data, !isMarkdown));
  if (isMarkdown) for (const { span, step, remark } of told) add(place(span, step), remark);
  else
    for (const { span, remark } of inOrder(told, opened?.plan.path))
      add(end, [`${placeName(span, opened?.plan.path)}: ${remark[0] ?? ''}`, ...remark.slice(1)]);
  add(end, remarkEnd(events));
  return spliceReport(document, execution, additions, replacements, top);
}

/** A fence that nothing in the text ends (CommonMark 4.5). */
function fenceAround(text: string): string {
  return '`'.repeat(Math.max(2, longestRun(text, /`+/g)) + 1);
}

/** Other files (an addendum, a configuration) last. */
function inOrder<T extends { readonly span: Span }>(told: readonly T[], planPath: string | undefined): readonly T[] {
  const line = ({ span }: T): number => (span.path === planPath ? span.start.line : Number.MAX_SAFE_INTEGER);
  return told.toSorted((a, b) => line(a) - line(b));
}

function placeName({ path, start }: Span, planPath: string | undefined): string {
  return path === planPath ? `line ${start.line}` : `${prose(path)}:${start.line}`;
}

/** Front matter is such only at a document's beginning; but a marker in it, or in a value that fills it, would be taken for the first one. */
function topOf(frontMatter: readonly string[], replacements: readonly Replacement[]): number {
  const doubtful = frontMatter.some((line) => line.includes('<!-- proofplan')) || replacements.some(({ line }) => line <= frontMatter.length);
  return doubtful ? 0 : frontMatter.length;
}

/** A remark as a quotation: lines end in a hard break, indented ones are items, and what follows a list or a fence is a paragraph of its own. */
function quoted(remark: readonly string[]): readonly string[] {
  let fence: string | undefined;
  // A text that was not expected to have lines has them inside the quotation, too.
  const single = remark.flatMap((line) => line.split(/\r\n|\n|\r/));
  const lines = single.map((line) => {
    const run = /^~{3,}/.exec(line)?.[0];
    const isFence = run !== undefined && (fence === undefined || (run === line.trimEnd() && run.length >= fence.length));
    if (isFence) fence = fence === undefined ? run : undefined;
    if (line === '' || isFence || fence !== undefined) return `> ${line}`.trimEnd();
    const told = inert(line);
    return told.startsWith('  ') ? `> - ${told.trim()}` : `> ${told}  `;
  });
  return lines.some((line) => line.startsWith('> - ') || line.startsWith('> ~')) && lines.at(-1) !== '>' ? [...lines, '>'] : lines;
}

/**
 * Whatever a record holds where a number or a name belongs: outside of code spans (CommonMark 6.1) nothing begins a tag, a comment, or a
 * code span that another line ends; no link leads anywhere but to evidence, and no address becomes one (GFM 6.9: it would take along
 * all until the next space).
 */
function inert(line: string): string {
  return line.replace(/\\[!-/:-@[-`{-~]|(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)|<|`|:\/\/|www\.|\]\((?!evidence\/sha256\/)/gi, (found) => inertForms[found.toLowerCase()] ?? found);
}

const inertForms: Readonly<Record<string, string>> = { '<': '&lt;', '`': '\\`', '](': ']\\(', '://': ':\\//', 'www.': 'www\\.' };

function replacementOf(field: EventData['report-field'], lines: readonly string[]): readonly Replacement[] {
  const { hole, value } = field;
  if (value === undefined || hole.start.line !== hole.end.line) return [];
  const line = lines[hole.start.line - 1] ?? '';
  // The hole stands in a code span as a rule, and in a table at times: the value must end neither.
  const text = stripToLine(value).replaceAll('`', "'");
  return [{ line: hole.start.line, from: hole.start.column, to: hole.end.column, text: line.trimStart().startsWith('|') ? text.replaceAll('|', '\\|') : text }];
}
