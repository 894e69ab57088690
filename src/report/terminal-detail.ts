/** What `-v` and `-vv` show beside what is judged: names, decisions, policies, and what a step printed. */
import type { ChalkInstance } from 'chalk';
import type { EventData } from '../model/event.ts';
import type { OutputEvidence } from '../model/evidence.ts';
import { cutToWidth } from './display-width.ts';
import { renderOrigin } from '../model/origin-text.ts';
import { stripControl, stripToLine } from './strip-control.ts';
import { renderLine } from './terminal-line.ts';
import { count, paintVerdict, verdictMarks } from './verdict-mark.ts';

export interface DetailStyle {
  readonly colours: ChalkInstance;
  /** On a terminal its width; undefined: lines are not broken. */
  readonly columns: () => number | undefined;
}

/** Of a statement, and of a line that a step printed, as much as tells it from others. */
const mostStatementCells = 160;
const mostLineCells = 400;

export function renderCapture({ name, text, origin, conflict }: EventData['capture'], seq: number, style: DetailStyle): string {
  const other = conflict === undefined ? '' : `; ${stripToLine(conflict.text ?? 'NULL')} in ${stripToLine(renderOrigin(conflict.origin))}`;
  return detail('=', `${stripToLine(name)} is ${stripToLine(text ?? 'NULL')}`, `${stripToLine(renderOrigin(origin))}${other}, entry ${seq}`, style);
}

export function renderDecision({ rule, text, count: times, rowCount }: EventData['decision'], seq: number, style: DetailStyle): string {
  const rows = rowCount === undefined ? '' : `, ${count(rowCount, 'row')}`;
  return detail(
    '·',
    `permitted: ${cutToWidth(stripToLine(text), mostStatementCells)}`,
    `${rule}${times === 1 ? '' : `, ${times} times`}${rows}, entry ${seq}`,
    style,
  );
}

export function renderPolicy({ verdict, text, strength, by, permitted, refused }: EventData['policy-enforced'], { colours, columns }: DetailStyle): string {
  const facts = [
    ...(verdict === 'passed' ? [] : [verdict === 'none' ? 'not judged' : verdict]),
    `${strength} by ${stripToLine(by)}`,
    `${permitted} permitted`,
    `${refused} refused`,
  ];
  return renderLine(
    {
      lead: `${paintVerdict(verdict, colours)(verdictMarks[verdict])} policy  `,
      plainLead: `${verdictMarks[verdict]} policy  `,
      text: stripToLine(text),
      facts: facts.join(', '),
      paintFacts: colours.dim,
    },
    columns(),
  );
}

/** What is kept in the record of each stream, behind a bar: its beginning and its end; empty where nothing was printed. */
export function renderOutputs(outputs: readonly OutputEvidence[], style: DetailStyle): string {
  return outputs
    .filter(({ bytes }) => bytes > 0)
    .map((output) =>
      [`    ${style.colours.dim(`${output.stream}, ${count(output.lines, 'line')}`)}`, ...outputLines(output).map((line) => bar(line, style))].join('\n'),
    )
    .join('\n');
}

/** The last lines of a stream, each behind a bar. */
export function renderOutputEnd(output: OutputEvidence, mostLines: number, style: DetailStyle): readonly string[] {
  return outputLines(output)
    .slice(-mostLines)
    .map((line) => bar(line, style));
}

function outputLines({ bytes, head, tail }: OutputEvidence): readonly string[] {
  const left = bytes - Buffer.byteLength(head) - Buffer.byteLength(tail);
  // A program that draws a line anew says each of them with a lone CR.
  const lines = (text: string): string[] => stripControl(text.replaceAll(/\r+\n/g, '\n').replaceAll('\r', '\n')).trimEnd().split('\n');
  if (tail === '') return lines(head);
  return [...lines(head), ...(left > 0 ? [`… ${left} bytes, which are in the record`] : []), ...lines(tail)];
}

function bar(line: string, { colours, columns }: DetailStyle): string {
  const room = Math.max(10, Math.min(mostLineCells, (columns() ?? mostLineCells) - 7));
  return `    ${colours.dim('│')} ${cutToWidth(line.replaceAll('\t', '    '), room)}`;
}

function detail(sign: string, text: string, facts: string, { colours, columns }: DetailStyle): string {
  return renderLine({ lead: `    ${colours.dim(sign)} `, plainLead: `    ${sign} `, text, facts, paintFacts: colours.dim }, columns());
}
