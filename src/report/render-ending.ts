/** The last lines of an execution on a terminal: the verdict with its counts and reason, where the report is, what to do next. */
import type { ChalkInstance } from 'chalk';
import type { ExecutionEvent } from '../model/event.ts';
import type { JournalState } from '../model/journal-entry.ts';
import { settledEvents } from '../model/settled-event.ts';
import type { Verdict } from '../model/verdict.ts';
import { dataOf, lastAttempts } from './data-of.ts';
import { stripToLine } from './strip-control.ts';
import { count, paintVerdict, verdictMarks } from './verdict-mark.ts';

export interface Ending {
  readonly verdict: Verdict;
  readonly reason: string;
  readonly folder: string;
  readonly execution: string;
  readonly attempt: number;
  readonly journal: JournalState;
  /** Is there a report in the folder? */
  readonly reported: boolean;
}

export interface EndingOptions {
  readonly colours: ChalkInstance;
  /** How the command is called here: `proofplan`, or `npm run proofplan --` in a clone. */
  readonly command: string;
}

export function renderEnding(ending: Ending, all: readonly ExecutionEvent[], { colours, command }: EndingOptions): string {
  const events = settledEvents(all);
  const paint = paintVerdict(ending.verdict, colours);
  const verdict = ending.verdict === 'none' ? 'unproven' : ending.verdict;
  return [
    `${paint(`${verdictMarks[ending.verdict]} ${verdict}`)}  ${countAll(events).join(' · ')}`,
    `  ${stripToLine(ending.reason)}`,
    '',
    ...(ending.reported ? [`report  ${ending.folder}/report.md`] : []),
    ...nextCommands(ending, events).map((next, index) => `${index === 0 ? 'next    ' : '        '}${command} ${next}`),
  ].join('\n');
}

/** The line by which a witness outside can hold on to this execution: it is the last that a command prints. */
export function renderAuditLine({ journal, execution, attempt }: Pick<Ending, 'journal' | 'execution' | 'attempt'>): string {
  return `AUDIT root=${journal.root} size=${journal.entries} execution=${execution} attempt=${attempt}`;
}

function countAll(events: readonly ExecutionEvent[]): readonly string[] {
  const planned = dataOf(events, 'opened')[0]?.steps.length ?? 0;
  const ended = lastAttempts(events).filter(({ outcome }) => outcome !== 'blocked').length;
  const notNeeded = dataOf(events, 'step-not-run').filter(({ notNeeded }) => notNeeded).length;
  return [
    `${ended} of ${count(planned, 'step')} run${notNeeded === 0 ? '' : `, ${notNeeded} not needed`}`,
    fraction(dataOf(events, 'expectation'), 'expectation', 'held'),
    fraction(dataOf(events, 'criterion'), 'criterion', 'met'),
    fraction(dataOf(events, 'policy-enforced'), 'policy', 'kept'),
    fields(dataOf(events, 'report-field').map(({ value }) => value !== undefined)),
  ].filter((part) => part !== '');
}

function fraction(judged: readonly { readonly verdict: Verdict }[], noun: string, word: string): string {
  return judged.length === 0 ? '' : `${judged.filter(({ verdict }) => verdict === 'passed').length} of ${count(judged.length, noun)} ${word}`;
}

function fields(filled: readonly boolean[]): string {
  return filled.length === 0 ? '' : `${filled.filter(Boolean).length} of ${count(filled.length, 'report field')} filled`;
}

/** The step that ended worst first where there is one: that is what a person wants to see next. */
function nextCommands({ verdict, folder }: Ending, events: readonly ExecutionEvent[]): readonly string[] {
  const bad = events.flatMap((event) => {
    if (event.kind === 'step-ended' && event.data.verdict !== 'passed' && event.data.verdict !== 'none') return [event.data.step];
    return event.kind === 'decision' && event.data.effect === 'refuse' ? [event.data.step] : [];
  });
  const step = verdict !== 'passed' && bad[0] !== undefined ? ` ${bad[0]}` : '';
  return [`show ${folder}${step}`, `audit verify ${folder}`];
}
