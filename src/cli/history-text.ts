/** A plan's history for a terminal: an attempt a row, what is to be said of it below, and what all of them say together. */
import type { ChalkInstance } from 'chalk';
import type { Flake, PastExecution, PlanHistory, StepDuration, VerdictCount } from '../model/history.ts';
import { verdictOrder } from '../model/verdict.ts';
import { cutToWidth, displayWidth, wrapWords } from '../report/display-width.ts';
import { count, paintVerdict, renderDuration, verdictMarks } from '../report/verdict-mark.ts';
import { plainLine } from '../review/plain-text.ts';

export interface HistoryStyle {
  readonly columns: number;
  readonly colours: ChalkInstance;
  /** How the program is called here. */
  readonly command: string;
}

/** A row on one line needs so many cells. */
const wideColumns = 77;
const mostReasonLines = 2;
const noteIndent = 6;

/** Text without a last line feed. */
export function renderPlanHistory(plan: PlanHistory, style: HistoryStyle, step?: string): string {
  const { colours } = style;
  const severalSources = new Set(plan.attempts.map(({ output }) => output)).size > 1;
  const lines = [colours.bold(cut(plainLine(plan.path), style)), ...plan.otherPaths.map((path) => cut(`also executed as ${plainLine(path)}`, style)), ''];
  if (plan.notShown > 0)
    lines.push(...wrapWords(`${count(plan.notShown, 'other attempt')} not shown, all of them counted below: --limit all`, style.columns), '');
  if (style.columns >= wideColumns)
    lines.push(
      colours.dim(`   #  ${'execution'.padEnd(27)}  ${'verdict'.padEnd(11)} ${'took'.padStart(7)}  ${step === undefined ? 'commit    text' : ''}`.trimEnd()),
    );
  let before: PastExecution | undefined;
  for (const past of plan.attempts) {
    lines.push(...changeLines(before, past, style), ...rowLines(past, style, step), ...noteLines(past, plan, severalSources, style));
    before = past;
  }
  lines.push('', ...summaryLines(plan, style));
  if (step === undefined) lines.push(...flakeLines(plan, style), ...repetitionLines(plan, style));
  lines.push(...durationLines(plan, style, step));
  return lines.join('\n');
}

/** All plans of a ledger, a paragraph each: the path, then a strip of verdicts and what counts. Text without a last line feed. */
export function renderOverview(plans: readonly PlanHistory[], style: HistoryStyle): string {
  const blocks = plans.map(({ path, attempts, summary }) => {
    const strip = attempts.map((past) => paintOf(past, style)(markOf(past))).join('');
    return [
      style.colours.bold(cut(plainLine(path), style)),
      `  ${strip}`,
      ...wrapWords(`${count(summary.attempts, 'attempt')}: ${summaryWords(summary)}`, style.columns - 2).map((line) => `  ${line}`),
      ...sinceLines(summary, { ...style, columns: style.columns - 2 }).map((line) => `  ${line}`),
    ].join('\n');
  });
  return [...blocks, cut(`one of them: ${style.command} history PLAN`, style)].join('\n\n');
}

/** Attempts at another text are not compared as if they were at one. */
function changeLines(before: PastExecution | undefined, past: PastExecution, style: HistoryStyle): readonly string[] {
  const rule = (text: string): string => style.colours.dim(cut(`${' '.repeat(noteIndent)}── ${text}`, style));
  const broken = (before?.chained ?? true) && !past.chained ? [rule('the ledger is not whole: nothing vouches for what follows')] : [];
  if (!before) return broken;
  if (before.plan.sha256 !== past.plan.sha256)
    return [...broken, rule(`the text of the plan changed: ${short(before.plan.sha256)} → ${short(past.plan.sha256)}`)];
  const [one, other] = [before.detail?.readingSha256, past.detail?.readingSha256];
  return one !== undefined && other !== undefined && one !== other ? [...broken, rule('the same text is read otherwise from here on')] : broken;
}

function rowLines(past: PastExecution, style: HistoryStyle, step: string | undefined): readonly string[] {
  const { colours, columns } = style;
  const number = String(past.attempt).padStart(4);
  const own = step === undefined ? undefined : past.detail?.steps.find(({ id }) => id === step);
  const verdict =
    step === undefined || own === undefined ? verdictText(past) : `${verdictMarks[own.verdict]} ${own.verdict === 'none' ? own.outcome : own.verdict}`;
  const took = step === undefined ? (past.durationMs === null ? '' : renderDuration(past.durationMs)) : own === undefined ? '' : renderDuration(own.durationMs);
  const paint = own === undefined ? paintOf(past, style) : paintVerdict(own.verdict, colours);
  const painted = paint(verdict.padEnd(11));
  const where =
    own === undefined
      ? `${padCells(commitText(past), 9)} ${short(past.plan.sha256)}`
      : `step ${plainLine(own.id)}${own.attempts > 1 ? `, try ${own.attempts}` : ''}`;
  if (columns >= wideColumns)
    return [
      `${number}  ${padCells(cutToWidth(plainLine(past.execution), 27), 27)}  ${painted} ${took.padStart(7)}  ${cutToWidth(where, columns - 55)}`.trimEnd(),
    ];
  return [
    `${number}  ${painted} ${took}`.trimEnd(),
    ...[plainLine(past.execution), where.trim()].map((text) => cut(`${' '.repeat(noteIndent)}${text}`, style)),
  ];
}

function noteLines(past: PastExecution, { path }: PlanHistory, severalSources: boolean, style: HistoryStyle): readonly string[] {
  const { detail, pruned } = past;
  const reason = past.verdict === 'passed' || !detail?.reason ? [] : [plainLine(detail.reason)];
  const notes = [
    ...(past.ending === 'cut'
      ? [
          `killed or cut off: it has no end${past.resumable ? `; ${style.command} resume ${plainLine(past.output)}/executions/${plainLine(past.execution)}` : ''}`,
        ]
      : []),
    ...(detail !== undefined && detail.resumed > 0 ? [`cut and gone on with ${detail.resumed === 1 ? 'once' : `${detail.resumed} times`}`] : []),
    ...(past.folder === 'pruned'
      ? [
          `its record is gone: ${pruned ? `pruned on ${plainLine(pruned.at).slice(0, 10)} (${plainLine(pruned.rule)})` : 'a prune that was killed has left a part of it'}`,
        ]
      : []),
    ...(past.folder === 'there' && pruned ? [`said to be pruned on ${plainLine(pruned.at).slice(0, 10)}, and still there`] : []),
    ...(past.folder === 'gone' ? ['its record is gone, and nobody has pruned it'] : []),
    ...(past.differs === undefined ? [] : [`the folder is not the record that the ledger registered: ${past.differs}`]),
    ...(past.endedTwice ? ['the ledger says more than once how it ended: the worst counts'] : []),
    ...(past.attempt === past.counted ? [] : [`registered as attempt ${past.attempt}, attempt ${past.counted} by counting: lines of the ledger are missing`]),
    ...(past.plan.path === path ? [] : [`as ${plainLine(past.plan.path)}`]),
    ...(severalSources ? [`in ${plainLine(past.output)}`] : []),
  ];
  const room = style.columns - noteIndent;
  const told = [...reason.flatMap((text) => firstLines(text, room)), ...notes.flatMap((text) => wrapWords(text, room))];
  return told.map((line) => `${' '.repeat(noteIndent)}${cutToWidth(line, Math.max(20, room))}`);
}

function firstLines(text: string, columns: number): readonly string[] {
  const lines = wrapWords(text, columns);
  return lines.length > mostReasonLines ? [...lines.slice(0, mostReasonLines - 1), `${cutToWidth(lines[mostReasonLines - 1] ?? '', columns - 1)}…`] : lines;
}

function summaryLines({ summary }: PlanHistory, style: HistoryStyle): readonly string[] {
  return [...wrapWords(`${count(summary.attempts, 'attempt')}: ${summaryWords(summary)}`, style.columns), ...sinceLines(summary, style)];
}

function sinceLines({ lastPass, failingSince }: PlanHistory['summary'], style: HistoryStyle): readonly string[] {
  const named = (past: PastExecution): string => `attempt ${past.attempt}, ${plainLine(past.execution)}`;
  const told = (label: string, text: string): readonly string[] =>
    wrapWords(text, style.columns - label.length - 2).map((line, index) => cut(`${index === 0 ? label : '    '}${line}`, style));
  const failing = failingSince
    ? told('not since   ', `${named(failingSince)} ${failingSince.verdict === 'passed' ? 'is not vouched for' : (failingSince.verdict ?? 'has no end')}`)
    : [];
  return [...told('last pass   ', lastPass ? named(lastPass) : 'never'), ...failing.map((line) => style.colours.red(line))];
}

function summaryWords({ verdicts, cut: noEnd, running, pruned, gone }: PlanHistory['summary']): string {
  const ends = [verdictWords(verdicts), ...(noEnd > 0 ? [`${noEnd} without an end`] : []), ...(running > 0 ? [`${running} running now`] : [])];
  const records = [...(pruned > 0 ? [`${pruned} pruned`] : []), ...(gone > 0 ? [`${gone} gone without a word`] : [])];
  return [ends.filter((word) => word !== '').join(', '), ...(records.length === 0 ? [] : [`of the records ${records.join(', ')}`])].join('; ');
}

function flakeLines({ flaky, examined, summary }: PlanHistory, style: HistoryStyle): readonly string[] {
  if (flaky.length === 0) return [];
  const of = examined < summary.attempts ? ` (of the newest ${examined} attempts)` : '';
  return [
    '',
    style.colours.yellow(cut(`flaky: nothing that is known was different, but the verdict${of}`, style)),
    ...flaky.flatMap((flake) => describeFlake(flake, style)),
  ];
}

function describeFlake({ planSha256, commit, verdicts, attempts, steps }: Flake, style: HistoryStyle): readonly string[] {
  const all = Object.values(verdicts).reduce((sum, number) => sum + number, 0);
  const source = commit === null ? 'the same tested files' : `commit ${shortCommit(commit)} without changes`;
  const room = style.columns - 4;
  return [
    ...wrapWords(`text ${short(planSha256)}, ${source}: of ${all} executions ${verdictWords(verdicts)}`, style.columns - 2).map(
      (line, index) => `${index === 0 ? '  ' : '    '}${line}`,
    ),
    ...wrapWords(`not passed: attempt ${listed(attempts)}`, room).map((line) => `    ${line}`),
    ...steps.map((step) => cut(`    step ${plainLine(step.id)} ${verdictWords(step.verdicts)}  ${plainLine(step.title)}`, style)),
  ];
}

function listed(numbers: readonly number[]): string {
  return numbers.length > 12 ? `${numbers.slice(0, 12).join(', ')} and ${numbers.length - 12} more` : numbers.join(', ');
}

function repetitionLines({ repetitions }: PlanHistory, style: HistoryStyle): readonly string[] {
  if (repetitions.length === 0) return [];
  const shown = repetitions.slice(-mostRepetitions);
  const more = repetitions.length > shown.length ? ` (the last ${shown.length} of ${repetitions.length})` : '';
  return [
    '',
    cut(`more than one try within an execution${more}`, style),
    ...shown.map(({ attempt, step, tries, verdict }) =>
      cut(`  attempt ${attempt}: step ${plainLine(step)} ${verdict === 'none' ? 'ended' : verdict} on try ${tries}`, style),
    ),
  ];
}

const mostRepetitions = 10;

function durationLines({ durations }: PlanHistory, style: HistoryStyle, step: string | undefined): readonly string[] {
  const steps = (durations?.steps ?? []).filter(({ id }) => step === undefined || id === step);
  if (durations === null || steps.length === 0) return [];
  const passes = Math.max(...steps.map((each) => each.count));
  const head = `durations in ${count(passes, 'execution')} of text ${short(durations.planSha256)} that passed`;
  return ['', cut(head, style), cut('  step      median  range              newest', style), ...steps.flatMap((each) => durationLine(each, style))];
}

function durationLine({ id, medianMs, minimumMs, maximumMs, newestMs, slower }: StepDuration, style: HistoryStyle): readonly string[] {
  const range = `${renderDuration(minimumMs)} – ${renderDuration(maximumMs)}`;
  const line = cut(`  ${plainLine(id).padEnd(8)} ${renderDuration(medianMs).padStart(7)}  ${range.padEnd(17)} ${renderDuration(newestMs).padStart(7)}`, style);
  if (!slower) return [line];
  const told = `much slower: ${slower.times.toFixed(1)} times the median of the ${slower.count} before (${renderDuration(slower.medianMs)}, at most ${renderDuration(slower.maximumMs)})`;
  return [line, ...wrapWords(told, style.columns - 11).map((text) => style.colours.yellow(`           ${text}`))];
}

/** `4 passed, 2 failed`, in the order of the lattice. */
function verdictWords(verdicts: VerdictCount): string {
  return verdictOrder
    .flatMap((verdict) => (verdicts[verdict] === undefined ? [] : [`${verdicts[verdict]} ${verdict === 'none' ? 'unproven' : verdict}`]))
    .join(', ');
}

function verdictText(past: PastExecution): string {
  return `${markOf(past)} ${past.ending === 'running' ? 'running' : past.ending === 'cut' ? 'no end' : (past.verdict ?? 'no end')}`;
}

function markOf({ ending, verdict }: PastExecution): string {
  return ending === 'running' ? '…' : ending === 'cut' || verdict === null ? '-' : verdictMarks[verdict];
}

function paintOf({ ending, verdict }: PastExecution, { colours }: HistoryStyle): (text: string) => string {
  return ending === 'running' ? colours.cyan : ending === 'cut' || verdict === null ? colours.red : paintVerdict(verdict, colours);
}

/** `a1b2c3d+3`: three files differ from the commit. */
function commitText({ detail }: PastExecution): string {
  if (!detail?.commit) return '-';
  return `${shortCommit(detail.commit)}${detail.dirtyCount > 0 ? '+' : ''}`;
}

function shortCommit(commit: string): string {
  return cutToWidth(plainLine(commit).slice(0, 7), 7);
}

function padCells(text: string, cells: number): string {
  return `${text}${' '.repeat(Math.max(0, cells - displayWidth(text)))}`;
}

function short(sha256: string): string {
  return plainLine(sha256).slice(0, 8);
}

function cut(text: string, { columns }: HistoryStyle): string {
  return displayWidth(text) <= columns ? text : cutToWidth(text, columns);
}
