/** The last lines of an execution on a terminal: the verdict with its counts and reason, where the report is, what to do next. */
import type { ChalkInstance } from 'chalk';
import type { ExecutionEvent } from '../model/event.ts';
import type { JournalState } from '../model/journal-entry.ts';
import { isPassing, settledEvents } from '../model/settled-event.ts';
import { renderShellWord } from '../model/shell-word.ts';
import type { Verdict } from '../model/verdict.ts';
import { dataOf, lastAttempts } from './data-of.ts';
import { displayWidth, wrapProse } from './display-width.ts';
import { stripToLine } from './strip-control.ts';
import { count, paintVerdict, renderDuration, verdictMarks } from './verdict-mark.ts';

export interface Ending {
  readonly verdict: Verdict;
  readonly reason: string;
  readonly folder: string;
  readonly execution: string;
  readonly attempt: number;
  readonly journal: JournalState;
  /** The reports that are in the folder, by their names there. */
  readonly reports: readonly string[];
}

export interface EndingOptions {
  readonly colours: ChalkInstance;
  /** How the command is called here: `proofplan`, or `npm run proofplan --` in a clone. */
  readonly command: string;
  /** The width of the terminal; undefined: lines are not broken. */
  readonly columns?: number;
}

export function renderEnding(ending: Ending, all: readonly ExecutionEvent[], { colours, command, columns }: EndingOptions): string {
  const events = settledEvents(all);
  const paint = paintVerdict(ending.verdict, colours);
  const verdict = `${verdictMarks[ending.verdict]} ${ending.verdict === 'none' ? 'unproven' : ending.verdict}`;
  const [first = '', ...others] = joinParts(countAll(events, durationOf(all)), columns === undefined ? undefined : columns - displayWidth(verdict) - 3);
  return [
    `${paint(verdict)}  ${first}`,
    ...others.map((line) => `${' '.repeat(displayWidth(verdict))}  ${line}`),
    ...wrap(stripToLine(ending.reason), columns).map((line) => `  ${line}`),
    '',
    ...ending.reports.map((name, index) => `${index === 0 ? 'report  ' : '        '}${stripToLine(ending.folder)}/${name}`),
    `next    ${command} ${nextCommand(ending, events)}`,
  ].join('\n');
}

/** The line by which a witness outside can hold on to this execution: it is the last that a command prints. */
export function renderAuditLine({ journal, execution, attempt }: Pick<Ending, 'journal' | 'execution' | 'attempt'>): string {
  return `AUDIT root=${journal.root} size=${journal.entries} execution=${execution} attempt=${attempt}`;
}

function countAll(events: readonly ExecutionEvent[], durationMs: number): readonly string[] {
  const planned = dataOf(events, 'opened')[0]?.steps.length ?? 0;
  const ended = lastAttempts(events).filter(({ outcome }) => outcome !== 'blocked').length;
  const notNeeded = dataOf(events, 'step-not-run').filter(({ notNeeded }) => notNeeded).length;
  const refusals = dataOf(events, 'decision').reduce((sum, { effect, count: times }) => sum + (effect === 'refuse' ? times : 0), 0);
  const found = dataOf(events, 'tripwire').filter(({ effect }) => effect === 'refuse').length;
  return [
    `${ended} of ${count(planned, 'step')} run${notNeeded === 0 ? '' : `, ${notNeeded} not needed`}`,
    fraction(dataOf(events, 'expectation'), 'expectation', 'held'),
    fraction(dataOf(events, 'criterion'), 'criterion', 'met'),
    fraction(dataOf(events, 'policy-enforced'), 'policy', 'kept'),
    count(refusals + found, 'refusal'),
    fields(dataOf(events, 'report-field').map(({ value }) => value !== undefined)),
    renderDuration(durationMs),
  ].filter((part) => part !== '');
}

/** From the first entry to the last, without the time in which no process was there. */
function durationOf(events: readonly ExecutionEvent[]): number {
  return events.reduce((sum, { kind, ts }, index) => {
    const before = events[index - 1];
    return before === undefined || kind === 'resumed' ? sum : sum + Math.max(0, Date.parse(ts) - Date.parse(before.ts));
  }, 0);
}

/** Counts stay whole. */
function joinParts(parts: readonly string[], columns = Number.POSITIVE_INFINITY): readonly string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    if (last !== undefined && displayWidth(last) + displayWidth(part) + 3 <= columns) lines[lines.length - 1] = `${last} · ${part}`;
    else lines.push(part);
  }
  return lines;
}

function wrap(text: string, columns: number | undefined): readonly string[] {
  return columns === undefined ? [text] : wrapProse(text, Math.max(20, columns - 3));
}

function fraction(judged: readonly { readonly verdict: Verdict }[], noun: string, word: string): string {
  return judged.length === 0 ? '' : `${judged.filter(({ verdict }) => verdict === 'passed').length} of ${count(judged.length, noun)} ${word}`;
}

function fields(filled: readonly boolean[]): string {
  return filled.length === 0 ? '' : `${filled.filter(Boolean).length} of ${count(filled.length, 'report field')} filled`;
}

/** One: of what did not pass the first step that shows why, and of a pass the proof that its record is whole. */
function nextCommand({ verdict, folder: path }: Ending, events: readonly ExecutionEvent[]): string {
  const folder = renderShellWord(path);
  if (verdict === 'passed') return `audit verify ${folder}`;
  const step = events.flatMap((event) => {
    // An attempt that another one followed shows nothing of the end.
    if (event.kind === 'step-ended' && !isPassing(event.data) && event.data.verdict !== 'passed' && event.data.verdict !== 'none') return [event.data.step];
    return event.kind === 'decision' && event.data.effect === 'refuse' && event.data.step !== '' ? [event.data.step] : [];
  })[0];
  return `show ${folder}${step === undefined ? '' : ` ${step}`}`;
}
