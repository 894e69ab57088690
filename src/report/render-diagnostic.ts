/**
 * The one renderer of messages: headline, frame into the author's file, notes, help. Its form is that of compilers which
 * people like to read (rustc's annotated snippets).
 */
import type { ChalkInstance } from 'chalk';
import type { Diagnostic, Severity } from '../model/diagnostic.ts';
import type { Span } from '../model/span.ts';
import { displayWidth, drawCells, wrapWords, type Cell } from './display-width.ts';
import { stripControl, stripToLine } from './strip-control.ts';

/** `sourceOf` gives a file's text as the spans count it (without byte order mark), or undefined where it cannot be shown. */
export interface DiagnosticStyle {
  readonly colours: ChalkInstance;
  readonly columns: number;
  readonly sourceOf: (path: string) => string | undefined;
}

/** Of each part of a message. */
const mostCharacters = 2_000;

/** The message as text without a last line feed. The headline is never broken, so that it can be searched for. */
export function renderDiagnostic(diagnostic: Diagnostic, style: DiagnosticStyle): string {
  const { severity, code, span } = diagnostic;
  const paint = painter(severity, style.colours);
  const { blue, bold } = style.colours;
  const gutter = span === undefined ? 1 : String(span.start.line).length;
  const bar = blue(`${' '.repeat(gutter + 1)}|`);
  const frame = span === undefined ? [] : renderFrame(span, diagnostic.label, gutter, paint, style);
  const facts = [
    ...(diagnostic.notes ?? []).map((note) => renderFact('note', note, gutter, style)),
    ...(diagnostic.help === undefined ? [] : [renderFact('help', diagnostic.help, gutter, style)]),
  ];
  return [
    `${paint(`${severity}[${code}]`)}${bold(`: ${shorten(stripToLine(diagnostic.message))}`)}`,
    ...(span === undefined ? [] : [`${' '.repeat(gutter)}${blue('-->')} ${stripToLine(span.path)}:${span.start.line}:${span.start.column}`]),
    ...frame,
    ...(frame.length > 0 && facts.length > 0 ? [bar] : []),
    ...facts,
  ].join('\n');
}

/** All messages, worst first within the order of the file, with an empty line between. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], style: DiagnosticStyle): string {
  return diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, style)).join('\n\n');
}

/** Of a text that quotes a word of megabytes, the beginning and the end; whole in the record, and in what `--json` says. */
function shorten(text: string): string {
  if (text.length <= mostCharacters) return text;
  const [begins, ends] = [
    text.slice(0, (mostCharacters * 3) / 4).replace(/[\ud800-\udbff]$/, ''),
    text.slice(-mostCharacters / 4).replace(/^[\udc00-\udfff]/, ''),
  ];
  return `${begins}… (${text.length - begins.length - ends.length} characters) …${ends}`;
}

function painter(severity: Severity, colours: ChalkInstance): (text: string) => string {
  if (severity === 'warning') return colours.yellow.bold;
  return severity === 'refused' ? colours.magenta.bold : colours.red.bold;
}

let divided: { readonly source: string; readonly lines: readonly string[] } | undefined;

/** Those of the last text are kept: the messages of a file come together, and it may have thousands. */
function linesOf(source: string | undefined): readonly string[] {
  if (source === undefined) return [];
  if (divided?.source !== source) divided = { source, lines: source.split(/\r\n|\n|\r/) };
  return divided.lines;
}

function renderFrame(span: Span, label: string | undefined, gutter: number, paint: (text: string) => string, style: DiagnosticStyle): readonly string[] {
  const line = linesOf(style.sourceOf(span.path))[span.start.line - 1];
  if (line === undefined) return label === undefined ? [] : [renderFact('note', label, gutter, style)];
  const { blue } = style.colours;
  const bar = blue(`${' '.repeat(gutter + 1)}|`);
  const { text, indent, length } = drawLine(line, span, Math.max(40, style.columns) - gutter - 3);
  const severalLines = span.end.line > span.start.line && span.end.column > 1 ? `to line ${span.end.line}` : '';
  const said = [shorten(stripToLine(label ?? '')), severalLines].filter((part) => part !== '').join(', ');
  const carets = `${' '.repeat(indent)}${paint('^'.repeat(length))}`;
  const fits = gutter + 3 + indent + length + 1 + displayWidth(said) <= Math.max(40, style.columns);
  const under =
    said === ''
      ? [carets]
      : fits
        ? [`${carets} ${paint(said)}`]
        : [carets, ...underLabel(said, indent, gutter, style).map((part) => `${part.indent}${paint(part.text)}`)];
  return [bar, `${blue(`${span.start.line} |`)}${text === '' ? '' : ` ${text}`}`, ...under.map((part) => `${bar} ${part}`)];
}

/** A label too long for its line stands below the carets, as far to the right as leaves it thirty columns. */
function underLabel(label: string, indent: number, gutter: number, style: DiagnosticStyle): readonly { readonly indent: string; readonly text: string }[] {
  const available = Math.max(40, style.columns) - gutter - 3;
  const left = Math.min(indent, Math.max(0, available - Math.max(30, Math.min(60, displayWidth(label)))));
  return wrapWords(label, available - left).map((text) => ({ indent: ' '.repeat(left), text }));
}

/** The line in at most `available` cells with the span's beginning in sight: where the carets start and how many they are. */
function drawLine(line: string, span: Span, available: number): { readonly text: string; readonly indent: number; readonly length: number } {
  const cells = drawCells(line);
  const from = span.start.column - 1;
  const to = span.end.line > span.start.line ? line.trimEnd().length : span.end.column - 1;
  const before = sum(cells.filter((cell) => cell.offset < from));
  const marked = sum(cells.filter((cell) => cell.offset >= from && cell.offset < to));
  const length = Math.max(1, marked);
  if (sum(cells) <= available) return { text: join(cells), indent: before, length };
  // Two cells are for `…` at the ends; at most a third of the room shows what stands before the marked part.
  const room = available - 2;
  const first = Math.max(0, Math.min(before - Math.floor(room / 3), sum(cells) - room));
  const window = windowOf(cells, first, room);
  const ellipsis = window.start > 0 ? 1 : 0;
  const indent = before - window.start + ellipsis;
  return {
    text: `${window.start > 0 ? '…' : ''}${join(window.cells)}${window.cut ? '…' : ''}`,
    indent,
    length: Math.max(1, Math.min(length, available - indent)),
  };
}

function windowOf(cells: readonly Cell[], first: number, room: number): { readonly cells: readonly Cell[]; readonly start: number; readonly cut: boolean } {
  let column = 0;
  let start: number | undefined;
  let shown = 0;
  const taken: Cell[] = [];
  for (const cell of cells) {
    if (column >= first && shown + cell.width <= room) {
      start ??= column;
      taken.push(cell);
      shown += cell.width;
    } else if (start !== undefined) return { cells: taken, start, cut: true };
    column += cell.width;
  }
  return { cells: taken, start: start ?? 0, cut: false };
}

function renderFact(kind: 'note' | 'help', text: string, gutter: number, style: DiagnosticStyle): string {
  const { blue, bold } = style.colours;
  const lead = `${' '.repeat(gutter + 1)}= ${kind}: `;
  const lines = shorten(stripControl(text))
    .split('\n')
    .flatMap((line) => (line.startsWith(' ') ? [line.replaceAll('\t', '    ')] : wrapWords(line, Math.max(40, style.columns) - lead.length)));
  return lines
    .map((line, index) => (index === 0 ? `${' '.repeat(gutter + 1)}${blue('=')} ${bold(kind)}: ${line}` : `${' '.repeat(lead.length)}${line}`.trimEnd()))
    .join('\n');
}

function sum(cells: readonly Cell[]): number {
  return cells.reduce((total, cell) => total + cell.width, 0);
}

function join(cells: readonly Cell[]): string {
  return cells
    .map((cell) => cell.text)
    .join('')
    .trimEnd();
}
