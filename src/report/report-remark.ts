/** What `report.md` says about each event, as lines of a Markdown quotation. */
import type { EventData } from '../model/event.ts';
import type { Verdict } from '../model/verdict.ts';
import { digestPattern, evidencePath } from '../model/journal-entry.ts';
import { renderOrigin } from '../model/origin-text.ts';
import { stripControl, stripToLine } from './strip-control.ts';
import { count, outcomeWord, renderDuration, verdictMarks } from './verdict-mark.ts';

/** So many lines of a step's output stand in the report when it did not pass; all of it is in the evidence. */
const tailLines = 12;
/** Of the attempts before the last, so many are told here; all are in the record. */
const mostAttempts = 10;

export function remarkStep(
  data: EventData['step-ended'],
  captures: readonly EventData['capture'][],
  attempts: readonly EventData['step-ended'][] = [data],
): readonly string[] {
  const ended = outcomeWord(data.outcome, data.exitCode, data.signal);
  const outputs = data.outputs.filter((output) => output.bytes > 0);
  return [
    `${verdict(data.verdict)} step ${data.step} (${data.kind}), ${ended === '' ? 'completed' : ended} in ${renderDuration(data.durationMs)}${attempts.length > 1 ? `, on attempt ${data.attempt}` : ''}`,
    ...attempts
      .slice(0, -1)
      .slice(-mostAttempts)
      .map(
        (each) =>
          `attempt ${each.attempt}: ${each.verdict === 'none' ? each.outcome : each.verdict}${each.cut === undefined ? '' : ` (${prose(each.cut.because)})`}${each.reason === undefined ? '' : `: ${prose(each.reason)}`}`,
      ),
    ...(data.problem === undefined ? [] : [`cannot be judged: ${prose(data.problem.message)}`]),
    ...captures
      .filter((capture) => capture.captured)
      .map((capture) => `recorded ${code(capture.name)} = ${capture.text === null ? 'null' : code(capture.text)} (${renderOrigin(capture.origin)})`),
    ...(data.rows === undefined ? [] : [`${count(data.rows.rowCount, 'row')}${data.rows.rowCount === 1 ? `: ${renderRow(data.rows)}` : ''}`]),
    ...(data.sqlFailure === undefined ? [] : [`the server answered ${data.sqlFailure.sqlstate}: ${prose(data.sqlFailure.message)}`]),
    ...(data.tests === undefined
      ? []
      : [`tests: ${data.tests.passed} passed, ${data.tests.failed} failed, ${data.tests.skipped} skipped, ${data.tests.errors} errors`]),
    ...data.searches.map(
      (search) =>
        `${code(search.pattern)}: ${count(search.matches, 'match').replace('matchs', 'matches')}${search.hidden === 0 ? '' : `, ${search.hidden} more in hidden or ignored files`}`,
    ),
    ...outputs.map(outputLine),
    ...data.leftover.map((process) => `left over and ended: ${code(process)}`),
    ...(data.verdict === 'passed' ? [] : outputs.flatMap((output) => tail(output.stream, output.tail === '' ? output.head : output.tail))),
  ];
}

export function remarkNotRun(data: EventData['step-not-run']): readonly string[] {
  return [`${data.notNeeded ? '· **not needed**' : '– **not run**'} step ${data.step} (${data.kind}): ${prose(data.reason)}`];
}

export function remarkExpectation(data: EventData['expectation']): readonly string[] {
  const by = data.origin === 'implied' ? ' (implied)' : data.origin === 'addendum' ? ' (bound by the addendum)' : '';
  return [`${verdict(data.verdict)} ${prose(data.text)}${by}: ${prose(data.actual)}`, ...data.notes.map((note) => `  ${prose(note)}`)];
}

export function remarkCriterion(data: EventData['criterion']): readonly string[] {
  const witnesses = data.clauses.flatMap((clause) => [
    ...(clause.witnesses.length === 0 ? [`  ${prose(clause.text)}: no witness`] : []),
    ...clause.witnesses.map(
      (witness) => `  ${prose(clause.text)}: ${witness.kind} ${witness.id}, ${witness.verdict === 'none' ? 'not judged' : witness.verdict}`,
    ),
  ]);
  return [`${verdict(data.verdict)} criterion`, ...witnesses];
}

export function remarkPolicy(data: EventData['policy-enforced']): readonly string[] {
  const canary = data.canary === null ? 'no canary' : `canary ${data.canary}`;
  return [
    `${verdict(data.verdict)} policy ${data.id} (${data.rule.kind}): ${data.strength} by ${prose(data.by)}; ${prose(canary)}; ${data.permitted} permitted, ${data.refused} refused`,
  ];
}

export function remarkPrecondition(data: EventData['precondition']): readonly string[] {
  return [`${verdict(data.verdict)} precondition`, ...data.notes.map((note) => `  ${prose(note)}`)];
}

export function remarkTask(data: EventData['task']): readonly string[] {
  if (data.condition === 'failure' && data.verdict === 'none') return ['only if something fails; the runner did not do it'];
  const by =
    data.attestedBy === undefined
      ? `verified by ${data.verifiedBy.length === 0 ? 'nothing' : data.verifiedBy.join(', ')}`
      : `attested by ${prose(data.attestedBy)}`;
  return [`${verdict(data.verdict)} task of a person, not done by the runner: ${by}`];
}

/** `withValue`: it is not filled in where it is asked for. */
export function remarkField(data: EventData['report-field'], withValue = false): readonly string[] {
  return data.value === undefined
    ? [`? **not filled** ${prose(data.label)}: nothing that was executed supplies it`]
    : [`${prose(data.label)}: ${withValue ? `${code(data.value)}, ` : ''}${data.origin === undefined ? 'from evidence' : prose(data.origin)}`];
}

export function verdict(of: Verdict): string {
  return `${verdictMarks[of]} **${of === 'none' ? 'not judged' : of}**`;
}

/** Text of a plan or a program in one line: code spans stay, nothing outside them can begin a tag or a comment. */
export function prose(text: string): string {
  return stripToLine(text)
    .split(/(`[^`]*`)/)
    .map((part, index) =>
      index % 2 === 1
        ? part
        : part
            .replaceAll('&', '&amp;')
            .replaceAll('<', '&lt;')
            .replace(/[*_[\]\\]/g, '\\$&'),
    )
    .join('');
}

/** One by one: a text of a program may have a million of them. */
export function longestRun(text: string, runs: RegExp): number {
  let longest = 0;
  for (const [run] of text.matchAll(runs)) longest = Math.max(longest, run.length);
  return longest;
}

/** A code span that holds any text (CommonMark 6.1: as many backticks around it as are not in it). */
export function code(text: string): string {
  const line = stripToLine(text);
  const longest = longestRun(line, /`+/g);
  const fence = '`'.repeat(longest + 1);
  return longest === 0 ? `${fence}${line}${fence}` : `${fence} ${line} ${fence}`;
}

/** Text as a fenced block inside a quotation. */
export function fenced(text: string): readonly string[] {
  const fence = '~'.repeat(Math.max(2, longestRun(text, /~+/g)) + 1);
  return [`${fence}text`, ...stripControl(text).split('\n'), fence];
}

/** What is no digest names no file, and could end the link. */
function outputLine({ stream, lines, bytes, sha256 }: EventData['step-ended']['outputs'][number]): string {
  const told = `${count(lines, 'line')}, ${bytes} bytes`;
  return `${stream}: ${digestPattern.test(sha256) ? `[${told}](${evidencePath(sha256)})` : `${told} ${prose(sha256)}`}`;
}

function tail(stream: string, text: string): readonly string[] {
  const lines = stripControl(text).trimEnd().split('\n');
  return ['', `the last lines of ${stream}:`, '', ...fenced(lines.slice(-tailLines).join('\n')), ''];
}

function renderRow(rows: NonNullable<EventData['step-ended']['rows']>): string {
  const [row] = rows.rows;
  return rows.columns.map((column, index) => `${prose(column.name)} = ${code(row?.[index]?.text ?? 'null')}`).join(', ');
}
