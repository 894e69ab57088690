/** The evidence of one attempt, cut to what a person reads on a page: beginnings and ends, with how much is between them. */
import type { EventData } from '../model/event.ts';
import type { OutputEvidence, RowsEvidence, SearchEvidence } from '../model/evidence.ts';

/** What stands in a page of a text; `left` counts the UTF-16 units between head and tail. */
export interface CutText {
  readonly head: string;
  readonly left: number;
  readonly tail: string;
}

export interface StepDetail {
  readonly started?: Pick<EventData['step-started'], 'access' | 'timeoutMs' | 'once' | 'environmentNames' | 'values' | 'role'> & {
    /** As the author wrote it where that is what was executed. */
    readonly asWritten: boolean;
    readonly action: CutText;
  };
  readonly outputs: readonly (Pick<OutputEvidence, 'stream' | 'bytes' | 'lines' | 'sha256'> & { readonly text: CutText })[];
  readonly rows?: RowsEvidence;
  readonly searches: readonly SearchEvidence[];
}

const mostCommand = 6_000;
/** Of a step that passed, and of one that did not. */
const mostOutput = { passed: 3_000, other: 7_000 };
/** Lines of it: a page is read by people, and what failed says so at its end as a rule. */
const mostLines = { head: 40, tail: 60 };
const mostHits = { passed: 10, other: 40 };
const mostCell = 600;
const mostColumns = 40;

export function boundDetail(started: EventData['step-started'] | undefined, ended: EventData['step-ended']): StepDetail {
  const kind = ended.verdict === 'passed' ? 'passed' : 'other';
  return {
    ...(started === undefined ? {} : { started: boundStarted(started) }),
    outputs: ended.outputs
      .filter(({ bytes }) => bytes > 0)
      .map(({ stream, bytes, lines, sha256, head, tail }) => ({ stream, bytes, lines, sha256, text: cutLines(joinCut(head, tail, bytes, mostOutput[kind])) })),
    ...(ended.rows === undefined ? {} : { rows: boundRows(ended.rows) }),
    searches: ended.searches.slice(0, mostHits.other).map((search) => ({
      ...search,
      pattern: shorten(search.pattern),
      hits: search.hits.slice(0, mostHits[kind]).map((hit) => ({ ...hit, text: shorten(hit.text) })),
    })),
  };
}

function boundStarted({
  access,
  timeoutMs,
  once,
  environmentNames,
  values,
  role,
  text,
  action,
}: EventData['step-started']): NonNullable<StepDetail['started']> {
  return {
    access,
    timeoutMs,
    once,
    role,
    environmentNames: environmentNames.slice(0, 100),
    values: values.slice(0, 100).map((value) => ({ ...value, text: value.text === null ? null : shorten(value.text) })),
    asWritten: text === action,
    action: cutText(action, mostCommand),
  };
}

function boundRows(rows: RowsEvidence): RowsEvidence {
  return {
    ...rows,
    columns: rows.columns.slice(0, mostColumns),
    rows: rows.rows.slice(0, 20).map((row) => row.slice(0, mostColumns).map((cell) => ({ ...cell, text: cell.text === null ? null : shorten(cell.text) }))),
  };
}

/** In UTF-16 units, about. */
export function detailSize(detail: StepDetail): number {
  return JSON.stringify(detail).length;
}

export function cutText(text: string, most: number): CutText {
  if (text.length <= most) return { head: text, left: 0, tail: '' };
  const half = Math.floor(most / 2);
  return { head: text.slice(0, half), left: text.length - 2 * half, tail: text.slice(-half) };
}

/** The head and the tail that were kept of an output of so many bytes, made shorter where that is too much. */
function joinCut(head: string, tail: string, bytes: number, most: number): CutText {
  const whole = tail === '' && Buffer.byteLength(head) >= bytes;
  if (whole) return cutText(head, most);
  const half = Math.floor(most / 2);
  const [begin, end] = [head.slice(0, half), tail === '' ? '' : tail.slice(-half)];
  return { head: begin, left: Math.max(1, bytes - Buffer.byteLength(begin) - Buffer.byteLength(end)), tail: end };
}

/** Of many short lines the first and the last. */
function cutLines({ head, left, tail }: CutText): CutText {
  const begin = lineStart(head, mostLines.head);
  // A text that was not cut has both in its head.
  const rest = left === 0 ? head.slice(begin) : tail;
  const end = lastLines(rest, mostLines.tail);
  if (left === 0 && end === 0) return { head, left, tail };
  return { head: head.slice(0, begin), left: left + end + (left === 0 ? 0 : head.length - begin), tail: rest.slice(end) };
}

/** Where the line after so many begins. */
function lineStart(text: string, lines: number): number {
  let at = 0;
  for (let line = 0; line < lines; line += 1) {
    const next = text.indexOf('\n', at);
    if (next < 0) return text.length;
    at = next + 1;
  }
  return at;
}

/** Where the last so many lines begin; a line feed at the end begins none. */
export function lastLines(text: string, lines: number): number {
  let at = text.endsWith('\n') ? text.length - 1 : text.length;
  for (let line = 0; line < lines; line += 1) {
    at = at === 0 ? -1 : text.lastIndexOf('\n', at - 1);
    if (at < 0) return 0;
  }
  return at + 1;
}

export function shorten(text: string, most = mostCell): string {
  return text.length <= most ? text : `${text.slice(0, most)}… (${text.length - most} characters more)`;
}
