/**
 * What stands below the frame of the message that decided: what was expected and what there was, each with the entry of the journal
 * that holds it, and the end of what the step printed. Everything is taken from recorded events.
 */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { EventData, EventKind, ExecutionEvent } from '../model/event.ts';
import type { Span } from '../model/span.ts';
import { cutToWidth, wrapProse } from './display-width.ts';
import { renderOrigin } from '../model/origin-text.ts';
import { stripToLine } from './strip-control.ts';
import { renderOutputEnd, type DetailStyle } from './terminal-detail.ts';
import { count, outcomeWord } from './verdict-mark.ts';

type Entry<K extends EventKind> = EventData[K] & { readonly seq: number };

interface Row {
  readonly name: string;
  readonly text: string;
}

/** Of what a step printed: where a program fails, it says so last. */
const mostLines = 10;
const mostValues = 8;
const mostStatementCells = 300;

/** The message that the verdict rests on: the one that its reason tells, else the first of the worst. Undefined where nothing was said. */
export function decidingDiagnostic(diagnostics: readonly Diagnostic[], reason: string): Diagnostic | undefined {
  const order: readonly Diagnostic['severity'][] = ['error', 'refused', 'failed', 'warning'];
  const worst = order.find((severity) => diagnostics.some((diagnostic) => diagnostic.severity === severity));
  return diagnostics.find(({ message }) => reason.includes(message)) ?? diagnostics.find(({ severity }) => severity === worst);
}

/** Lines without a last line feed; undefined where the record tells no more than the message. */
export function renderFailure(diagnostic: Diagnostic, events: readonly ExecutionEvent[], style: DetailStyle): string | undefined {
  // Several claims may stand in one sentence: the one that was told has its finding beside the carets.
  const expectation = entries(events, 'expectation').findLast(
    ({ verdict, span, actual }) => verdict !== 'passed' && isAt(span, diagnostic.span) && diagnostic.label === actual,
  );
  const steps = entries(events, 'step-ended');
  const named = /\bstep (\d[\w.]*\w|\d)/.exec(diagnostic.message)?.[1];
  const step =
    steps.findLast((each) => each.step === (expectation?.step ?? named)) ??
    (expectation === undefined ? steps.findLast(({ span }) => isAt(span, diagnostic.span)) : undefined);
  const refusal = entries(events, 'decision').find((each) => each.effect === 'refuse' && (each.step === step?.step || isAt(each.span, diagnostic.span)));
  const rows: readonly Row[] = [
    ...(diagnostic.severity === 'refused' && refusal !== undefined ? refusalRows(refusal, events) : []),
    ...(expectation === undefined ? [] : expectationRows(expectation, events)),
    ...(step === undefined ? [] : stepRows(step)),
  ];
  const printed = step === undefined || step.verdict === 'passed' ? [] : step.outputs.filter(({ bytes }) => bytes > 0);
  const width = Math.max(0, ...rows.map(({ name }) => name.length), ...printed.map(({ stream }) => stream.length));
  const room = (style.columns() ?? 120) - width - 5;
  const lead = (name: string): string => `  ${style.colours.bold(name.padEnd(width))}  `;
  const lines = [
    ...rows.flatMap(({ name, text }) => wrapProse(text, Math.max(20, room)).map((line, index) => `${lead(index === 0 ? name : '')}${line}`)),
    ...printed.flatMap((output) => {
      const end = renderOutputEnd(output, mostLines, style);
      const said = output.lines > end.length ? `of ${count(output.lines, 'line')} the last ${end.length}` : count(output.lines, 'line');
      return [`${lead(output.stream)}${style.colours.dim(said)}`, ...end];
    }),
  ];
  return lines.length === 0 ? undefined : lines.join('\n');
}

function expectationRows({ text, actual, seq, span }: Entry<'expectation'>, events: readonly ExecutionEvent[]): readonly Row[] {
  const said = `${text} ${actual}`;
  const known = new Map(entries(events, 'capture').map((capture) => [capture.name, capture]));
  const values = [...known.values()].filter(({ name }) => new RegExp(`(?<![\\w.])${escape(name)}(?![\\w.])`).test(said)).slice(0, mostValues);
  return [
    { name: 'expected', text: `${stripToLine(text)} (line ${span.start.line})` },
    { name: 'actual', text: `${stripToLine(actual)} (journal entry ${seq})` },
    ...values.map((value) => ({
      name: 'value',
      text: `${stripToLine(value.name)} is ${stripToLine(value.text ?? 'NULL')}: ${stripToLine(renderOrigin(value.origin))} (journal entry ${value.seq})`,
    })),
  ];
}

function refusalRows({ text, sqlstate, seq, policies, count: times, rule }: Entry<'decision'>, events: readonly ExecutionEvent[]): readonly Row[] {
  const sentences = entries(events, 'policy-declared').filter(({ id }) => policies.includes(id));
  return [
    ...sentences.slice(0, 3).map((sentence) => ({ name: 'forbidden', text: `${stripToLine(sentence.text)} (line ${sentence.span.start.line})` })),
    { name: 'refused', text: `${cutToWidth(stripToLine(text), mostStatementCells)} (journal entry ${seq})` },
    { name: 'answer', text: `${sqlstate === undefined ? '' : `SQLSTATE ${sqlstate}, `}rule ${rule}${times === 1 ? '' : `, ${times} times`}` },
  ];
}

function stepRows({ step, kind, outcome, exitCode, signal, seq }: Entry<'step-ended'>): readonly Row[] {
  const ended = outcomeWord(outcome, exitCode, signal);
  return [{ name: 'step', text: `${step} ${kind}${ended === '' ? '' : `: ${ended}`} (journal entry ${seq})` }];
}

function entries<K extends EventKind>(events: readonly ExecutionEvent[], kind: K): readonly Entry<K>[] {
  return events.filter((event) => event.kind === kind).map(({ seq, data }) => ({ ...(data as EventData[K]), seq }));
}

function isAt(span: Span | undefined, other: Span | undefined): boolean {
  return span !== undefined && other !== undefined && span.path === other.path && span.start.offset === other.start.offset;
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
