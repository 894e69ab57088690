/**
 * What a person sees while an execution goes on: a line a step, and on a terminal a last line that lives. A reader of
 * events, like every report: it can only show.
 */
import type { ChalkInstance } from 'chalk';
import type { EventData, EventKind, ExecutionEvent } from '../model/event.ts';
import { cutToWidth } from './display-width.ts';
import { stripToLine } from './strip-control.ts';
import { count, outcomeWord, paintVerdict, renderDuration, verdictMarks } from './verdict-mark.ts';

export interface ProgressOptions {
  readonly write: (text: string) => void;
  readonly colours: ChalkInstance;
  /** May the last line be written over again? */
  readonly live: boolean;
  readonly columns: number;
}

/** `line` shows what prepares; `event` what happens; `close` takes the live line away. */
export interface Progress {
  readonly line: (text: string) => void;
  readonly event: (event: ExecutionEvent) => void;
  readonly close: () => void;
}

const erase = '\r\u001b[2K';
const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMs = 200;

export function createProgress(options: ProgressOptions): Progress {
  const { colours } = options;
  const live = createLiveLine(options);
  const expectations = new Map<string, EventData['expectation'][]>();
  const canaries: EventData['canary'][] = [];
  let lastReason: string | undefined;
  const line = (text: string): void => live.above(text);

  const ended = (data: EventData['step-ended']): void => {
    live.set(undefined);
    const own = expectations.get(data.step) ?? [];
    const held = own.filter((each) => each.verdict === 'passed').length;
    const facts = [
      data.attempt > 1 || data.again ? `attempt ${data.attempt}` : '',
      outcomeWord(data.outcome, data.exitCode, data.signal),
      own.length === 0 ? '' : held === own.length ? `${count(held, 'expectation')} held` : `${held} of ${count(own.length, 'expectation')} held`,
      renderDuration(data.durationMs),
    ].filter((fact) => fact !== '');
    line(`${mark(data.verdict, colours)} ${stepName(data, colours)}  ${colours.dim(facts.join(', '))}`);
    for (const each of own.filter(({ verdict }) => verdict !== 'passed')) {
      line(`    ${mark(each.verdict, colours)} ${stripToLine(each.text)}: ${stripToLine(each.actual)}`);
    }
  };

  const show: { readonly [K in EventKind]?: (data: EventData[K]) => void } = {
    opened: (data) => {
      line(colours.bold(stripToLine(data.plan.title)));
      line(colours.dim(openedFacts(data)));
    },
    canary: (data) => {
      canaries.push(data);
      if (!data.refused) line(`${mark('error', colours)} canary ${data.name} was not refused by ${data.layer}: ${stripToLine(data.detail)}`);
    },
    precondition: (data) => {
      line(`${mark(data.verdict, colours)} precondition  ${stripToLine(data.text)}`);
      if (data.verdict !== 'passed') for (const note of data.notes) line(`    ${stripToLine(note)}`);
    },
    resumed: (data) => {
      const under = data.cut.map(({ step }) => step).join(', ');
      line(colours.bold(`resumed after entry ${data.after}${under === '' ? '' : `; step ${under} was under way`}`));
    },
    'step-started': (data) => {
      expectations.delete(data.step);
      // All canaries have answered before the first step: one line for all of them.
      if (canaries.length > 0 && canaries.every((each) => each.refused)) line(`${mark('passed', colours)} guards  ${colours.dim(`${canaries.length} of ${canaries.length} canaries refused`)}`);
      canaries.length = 0;
      live.set(`${data.step} ${data.kind}  ${stripToLine(data.title)}`);
    },
    expectation: (data) => {
      expectations.set(data.step, [...(expectations.get(data.step) ?? []), data]);
    },
    'step-ended': ended,
    'step-not-run': (data) => {
      // A stop has one reason for all that follows: it is said once.
      const reason = data.reason === lastReason ? '' : `: ${stripToLine(data.reason)}`;
      lastReason = data.reason;
      line(colours.dim(`${data.notNeeded ? '·' : '–'} ${data.step} ${data.kind}  ${stripToLine(data.title)}  ${data.notNeeded ? 'not needed' : 'not run'}${reason}`));
    },
    tripwire: (data) => {
      if (data.effect === 'refuse') line(`    ${mark('refused', colours)} tripwire after step ${data.step}: ${stripToLine(data.what)}`);
    },
    decision: (data) => {
      if (data.effect === 'refuse') line(`    ${mark('refused', colours)} step ${data.step}: ${stripToLine(data.reason)}`);
    },
    criterion: (data) => line(`${mark(data.verdict, colours)} criterion  ${stripToLine(data.text)}${data.verdict === 'passed' ? '' : `  ${data.verdict === 'none' ? 'unproven' : data.verdict}`}`),
  };

  return {
    line: (text) => line(colours.dim(stripToLine(text))),
    event: (event) => (show[event.kind] as ((data: unknown) => void) | undefined)?.(event.data),
    close: () => live.set(undefined),
  };
}

function mark(verdict: keyof typeof verdictMarks, colours: ChalkInstance): string {
  return paintVerdict(verdict, colours)(verdictMarks[verdict]);
}

function stepName(data: { readonly step: string; readonly kind: string; readonly title: string }, colours: ChalkInstance): string {
  return `${colours.bold(data.step)} ${data.kind}  ${stripToLine(data.title)}`;
}

function openedFacts(data: EventData['opened']): string {
  return [
    stripToLine(data.plan.path),
    ...(data.environment === null ? [] : [`environment ${stripToLine(data.environment)}`]),
    ...(data.database === undefined ? [] : [`PostgreSQL ${data.database.version}${data.database.ownServer ? ', started for this execution' : ''}`]),
    count(data.steps.length, 'step'),
    // A record without a commit tells nobody which source was tested.
    data.workspace.commit === null ? 'no version control' : `commit ${data.workspace.commit.slice(0, 7)}${data.workspace.dirtyCount === 0 ? '' : ', with changes'}`,
    `attempt ${data.attempt}`,
  ].join(' · ');
}

/** The line below all others that is written over again. Without a terminal it is not there at all: no escape code reaches a pipe. */
function createLiveLine(options: ProgressOptions): { readonly above: (text: string) => void; readonly set: (text: string | undefined) => void } {
  const { write, colours, columns } = options;
  let shown: { readonly text: string; readonly since: number; frame: number } | undefined;
  let timer: NodeJS.Timeout | undefined;
  const draw = (): string => {
    if (shown === undefined) return '';
    const seconds = Math.floor((performance.now() - shown.since) / 1000);
    return `${colours.cyan(frames[shown.frame % frames.length])} ${cutToWidth(`${shown.text}  ${seconds}s`, columns - 3)}`;
  };
  return {
    above: (text) => write(shown === undefined ? `${text}\n` : `${erase}${text}\n${draw()}`),
    set: (text) => {
      if (!options.live) return;
      clearInterval(timer);
      timer = undefined;
      if (shown !== undefined) write(erase);
      shown = text === undefined ? undefined : { text, since: performance.now(), frame: 0 };
      if (shown === undefined) return;
      write(draw());
      timer = setInterval(() => {
        if (shown !== undefined) shown.frame += 1;
        write(`${erase}${draw()}`);
      }, frameMs);
      timer.unref();
    },
  };
}
