/**
 * What a person sees while an execution goes on: a line a step, and on a terminal a region that lives. A reader of
 * events, like every report: it can only show.
 */
import type { ChalkInstance } from 'chalk';
import type { StatementTally } from '../model/contract.ts';
import type { EventData, EventKind, ExecutionEvent } from '../model/event.ts';
import type { RegionSlot } from './live-region.ts';
import { stripToLine } from './strip-control.ts';
import { renderCapture, renderDecision, renderOutputs, renderPolicy, type DetailStyle } from './terminal-detail.ts';
import { renderLine } from './terminal-line.ts';
import { count, outcomeWord, paintVerdict, renderDuration, verdictMarks } from './verdict-mark.ts';

/** 0: what is judged, a line each; 1: also what held, what was captured and decided; 2: also what steps printed. */
export type Verbosity = 0 | 1 | 2;

export interface ProgressOptions {
  readonly slot: RegionSlot;
  readonly colours: ChalkInstance;
  /** On a terminal its width, at this moment; undefined: lines are not broken. */
  readonly columns: () => number | undefined;
  /** Is there a region that shows what goes on? If not, it is said when it begins. */
  readonly live: boolean;
  readonly verbosity?: Verbosity;
  /** Put around the writing of what steps printed, where somebody else reads commands out of it. */
  readonly around?: (write: () => void) => void;
}

/** `line` shows what prepares; `guarded` is asked for what the gateway decided so far; `event` what happens; `close` takes the region's place away. */
export interface Progress {
  readonly line: (text: string) => void;
  readonly guarded: (tally: () => StatementTally) => void;
  readonly event: (event: ExecutionEvent) => void;
  readonly close: () => void;
}

type Shown = { readonly [K in EventKind]?: (data: EventData[K], seq: number) => void };

export function createProgress({ slot, colours, columns, live, verbosity = 0, around = (write) => write() }: ProgressOptions): Progress {
  /** What belongs below the line of the step that is under way. */
  let below: string[] = [];
  let judged: EventData['expectation'][] = [];
  const canaries: EventData['canary'][] = [];
  let current: string | undefined;
  let lastReason: string | undefined;
  let planned = 0;
  const begun = new Set<string>();
  let tally: (() => StatementTally) | undefined;
  let preparing: { readonly text: string; readonly sinceMs: number } | undefined;
  let preparedSinceMs: number | undefined;

  const style: DetailStyle = { colours, columns };
  const put = (verdict: keyof typeof verdictMarks, name: string, text: string, facts = '', indent = ''): string =>
    renderLine(
      {
        lead: `${indent}${paintVerdict(verdict, colours)(verdictMarks[verdict])} ${name === '' ? '' : `${name}  `}`,
        plainLead: `${indent}${verdictMarks[verdict]} ${name === '' ? '' : `${name}  `}`,
        text: stripToLine(text),
        facts,
        paintFacts: colours.dim,
      },
      columns(),
    );
  const line = (text: string): void => slot.line(text);
  /** Each line for itself: what is coloured beyond the end of a line colours what is drawn there, too. */
  const eachDim = (lines: string): string =>
    lines
      .split('\n')
      .map((part) => colours.dim(part))
      .join('\n');
  const dim = (text: string, behind = ''): string => eachDim(renderLine({ lead: '', plainLead: '', text, facts: behind }, columns()).replaceAll('\n', '\n  '));
  const note = (text: string): void => {
    if (current === undefined) line(text);
    else below.push(text);
  };

  const facts = (): string => {
    const { permitted = 0, refused = 0 } = tally?.() ?? {};
    return tally === undefined ? '' : `gateway: ${permitted} permitted, ${refused} refused`;
  };

  const prepared = (): void => {
    if (preparing === undefined) return;
    if (live) line(dim(preparing.text, renderDuration(performance.now() - preparing.sinceMs)));
    preparing = undefined;
  };

  const ended = (data: EventData['step-ended']): void => {
    const own = judged.filter(({ step }) => step === data.step);
    const held = own.filter((each) => each.verdict === 'passed').length;
    const said = [
      data.attempt > 1 || data.again ? `attempt ${data.attempt}` : '',
      outcomeWord(data.outcome, data.exitCode, data.signal),
      own.length === 0 ? '' : held === own.length ? `${count(held, 'expectation')} held` : `${held} of ${count(own.length, 'expectation')} held`,
      renderDuration(data.durationMs),
    ].filter((fact) => fact !== '');
    const lines = [put(data.verdict, stepName(data), data.title, said.join(', ')), ...below];
    for (const each of own) if (verbosity > 0 || each.verdict !== 'passed') lines.push(put(each.verdict, '', `${each.text}: ${each.actual}`, '', '    '));
    current = undefined;
    below = [];
    judged = [];
    line(lines.join('\n'));
    const printed = verbosity > 1 ? renderOutputs(data.outputs, style) : '';
    if (printed !== '') around(() => line(printed));
    slot.set({ title: `step ${data.step} has ended`, facts });
  };

  const show: Shown = {
    opened: (data) => {
      prepared();
      if (preparedSinceMs !== undefined) line(colours.dim(`prepared in ${renderDuration(performance.now() - preparedSinceMs)}`));
      planned = data.steps.length;
      const title = renderLine({ lead: '', plainLead: '', text: stripToLine(data.plan.title) }, columns());
      line(
        title
          .split('\n')
          .map((part) => colours.bold(part))
          .join('\n'),
      );
      line(dim(openedFacts(data)));
      slot.set({ title: 'raising the guards' });
    },
    canary: (data) => {
      canaries.push(data);
      if (!data.refused) line(put('error', '', `canary ${data.name} was not refused by ${data.layer}: ${data.detail}`));
    },
    precondition: (data) => {
      line(put(data.verdict, 'precondition', data.text));
      if (data.verdict !== 'passed') for (const each of data.notes) line(renderLine({ lead: '    ', plainLead: '    ', text: stripToLine(each) }, columns()));
    },
    resumed: (data) => {
      prepared();
      const under = data.cut.map(({ step }) => step).join(', ');
      line(colours.bold(`resumed after entry ${data.after}${under === '' ? '' : `; step ${under} was under way`}`));
    },
    'step-started': (data) => {
      judged = [];
      below = [];
      current = data.step;
      begun.add(data.step);
      // All canaries have answered before the first step: one line for all of them.
      if (canaries.length > 0 && canaries.every((each) => each.refused))
        line(put('passed', '', 'guards', `${canaries.length} of ${canaries.length} canaries refused`));
      canaries.length = 0;
      slot.set({ title: `${begun.size}/${planned} · ${stepName(data)}  ${data.title}`, facts });
    },
    expectation: (data) => void judged.push(data),
    'step-ended': ended,
    'step-not-run': (data) => {
      // A stop has one reason for all that follows: it is said once.
      const reason = data.reason === lastReason ? '' : `: ${stripToLine(data.reason)}`;
      lastReason = data.reason;
      const lead = `${data.notNeeded ? '·' : '–'} ${stepName(data)}  `;
      const facts = `${data.notNeeded ? 'not needed' : 'not run'}${reason}`;
      line(eachDim(renderLine({ lead, plainLead: lead, text: stripToLine(data.title), facts }, columns())));
    },
    tripwire: (data) => {
      if (data.effect === 'refuse') note(put('refused', '', `tripwire after step ${data.step}: ${data.what}`, '', '    '));
    },
    decision: (data, seq) => {
      if (data.effect === 'refuse') note(put('refused', '', data.reason.includes(`step ${data.step}`) ? data.reason : `step ${data.step}: ${data.reason}`, '', '    '));
      else if (verbosity > 0) note(renderDecision(data, seq, style));
    },
    capture: (data, seq) => {
      if (verbosity > 0) note(renderCapture(data, seq, style));
    },
    criterion: (data) => line(put(data.verdict, 'criterion', data.text, data.verdict === 'passed' ? '' : data.verdict === 'none' ? 'unproven' : data.verdict)),
    'policy-enforced': (data) => {
      if (verbosity > 0 || data.verdict !== 'passed') line(renderPolicy(data, style));
    },
    'policy-declared': (data) => {
      if (verbosity > 0) line(put('none', 'policy', data.text, `line ${data.span.start.line}`));
    },
    files: () => slot.set({ title: 'closing the record' }),
  };

  return {
    line: (text) => {
      prepared();
      const shown = stripToLine(text);
      if (!live) line(dim(shown));
      preparing = { text: shown, sinceMs: performance.now() };
      preparedSinceMs ??= preparing.sinceMs;
      slot.set({ title: shown });
    },
    guarded: (given) => {
      tally = given;
    },
    event: (event) => (show[event.kind] as ((data: unknown, seq: number) => void) | undefined)?.(event.data, event.seq),
    close: () => {
      prepared();
      slot.close();
    },
  };
}

function stepName(data: { readonly step: string; readonly kind: string }): string {
  return `${data.step} ${data.kind}`;
}

function openedFacts(data: EventData['opened']): string {
  return [
    stripToLine(data.plan.path),
    ...(data.environment === null ? [] : [`environment ${stripToLine(data.environment)}`]),
    ...(data.database === undefined ? [] : [`PostgreSQL ${data.database.version}${data.database.ownServer ? ', started for this execution' : ''}`]),
    count(data.steps.length, 'step'),
    // A record without a commit tells nobody which source was tested.
    data.workspace.commit === null
      ? 'no version control'
      : `commit ${data.workspace.commit.slice(0, 7)}${data.workspace.dirtyCount === 0 ? '' : ', with changes'}`,
    `attempt ${data.attempt}`,
  ].join(' · ');
}
