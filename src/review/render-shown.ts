/** `show` for people: one step in full, or the whole execution in short. */
import type { EventData, ExecutionEvent } from '../model/event.ts';
import { evidencePath } from '../model/journal-entry.ts';
import { renderOrigin } from '../model/origin-text.ts';
import { plainLine, plainLines } from './plain-text.ts';
import type { ShownExecution, ShownStep } from './show.ts';

/** The whole execution: opening, preparation, steps, criteria, policies, verdict. Text without a last line feed. */
export function renderExecution(shown: ShownExecution): string {
  const lines: string[] = [];
  for (const [index, event] of shown.events.entries()) {
    const time = event.ts.slice(11, 23);
    const add = (text: string): number => lines.push(`${String(event.seq).padStart(5)}  ${time}  ${plainLine(text)}`);
    switch (event.kind) {
      case 'opened':
        add(`opened ${shown.execution}, attempt ${event.data.attempt}: ${event.data.plan.path}, SHA-256 ${event.data.plan.sha256}`);
        if (event.data.isolation !== undefined)
          add(`isolation up to ${event.data.isolation.level}${event.data.isolation.reason === undefined ? '' : `: ${event.data.isolation.reason}`}`);
        break;
      case 'preparation':
        add(`prepared: ${event.data.command} (exit code ${event.data.exitCode})`);
        break;
      case 'canary':
        if (isFirstCanary(event.data, shown.events[index - 1])) add(`canaries at the ${event.data.moment}: ${countCanaries(shown.events, event.data.moment)}`);
        if (!event.data.refused) add(`canary at the ${event.data.moment}: ${event.data.name} (${event.data.layer}) NOT refused: ${event.data.detail}`);
        break;
      case 'diagnostic': {
        const { severity, span, message } = event.data;
        add(`${severity}${span === undefined ? '' : ` at ${span.path}:${span.start.line}`}: ${message}`);
        break;
      }
      case 'precondition':
        add(`precondition ${event.data.id} ${event.data.verdict}: ${event.data.text}`);
        break;
      case 'resumed':
        add(`resumed after entry ${event.data.after}${event.data.torn === null ? '' : ', whose successor was torn'}`);
        break;
      case 'step-ended':
        add(
          `step ${event.data.step}${event.data.attempt > 1 || event.data.again ? `, attempt ${event.data.attempt},` : ''} ${event.data.verdict} (${event.data.outcome}, ${Math.round(event.data.durationMs)} ms): ${event.data.title}`,
        );
        break;
      case 'step-not-run':
        add(`step ${event.data.step} ${event.data.notNeeded ? 'not needed' : 'not run'}: ${event.data.reason}`);
        break;
      case 'decision':
        if (event.data.effect === 'refuse') add(`refused in step ${event.data.step}: ${event.data.reason}`);
        break;
      case 'tripwire':
        add(`tripwire after step ${event.data.step}: ${event.data.what}${event.data.explained ? ' (explained)' : ''}`);
        break;
      case 'witness':
        add(`witness ${event.data.witness} at step ${event.data.step}: ${event.data.root ?? event.data.problem ?? 'no rows'}`);
        break;
      case 'criterion':
        add(`criterion ${event.data.id} ${event.data.verdict === 'none' ? 'not judged' : event.data.verdict}: ${event.data.text}`);
        break;
      case 'policy-enforced':
        add(
          `policy ${event.data.id} ${event.data.strength} by ${event.data.by}, ${event.data.permitted} permitted, ${event.data.refused} refused: ${event.data.text}`,
        );
        break;
      case 'verdict':
        add(`verdict ${event.data.verdict}, exit code ${event.data.exitCode}: ${event.data.reason}`);
        break;
      default:
        break;
    }
  }
  if (shown.unknown > 0) lines.push(`${shown.unknown} entries are of kinds that this version does not know`);
  return lines.join('\n');
}

/** One line tells how many there were at a moment and how many of them were refused. */
function isFirstCanary({ moment }: EventData['canary'], before: ExecutionEvent | undefined): boolean {
  return before?.kind !== 'canary' || before.data.moment !== moment;
}

function countCanaries(events: readonly ExecutionEvent[], moment: EventData['canary']['moment']): string {
  const own = events.flatMap((event) => (event.kind === 'canary' && event.data.moment === moment ? [event] : []));
  return `${own.filter(({ data }) => data.refused).length} of ${own.length} refused, ${own.length === 1 ? 'entry' : 'entries'} ${[...new Set([own[0]?.seq, own.at(-1)?.seq])].join(' to ')}`;
}

/** One step: what was written, what was executed, what it showed, how it was judged. `folder` leads to its evidence. */
export function renderStep(step: ShownStep, folder: string): string {
  const { started, ended, notRun } = step;
  return [
    `step ${step.id}${started === undefined ? '' : ` (${started.kind}): ${plainLine(started.title)}`}`,
    ...(started === undefined
      ? []
      : [`at ${plainLine(started.span.path)}:${started.span.start.line}:${started.span.start.column}, access ${started.access.capability}`]),
    ...(notRun === undefined ? [] : [`${notRun.notNeeded ? 'not needed' : 'not run'}: ${plainLine(notRun.reason)}`]),
    ...(started === undefined ? [] : section('text', indented(started.text))),
    ...(started === undefined || started.action === started.text ? [] : section('executed', indented(started.action))),
    ...section(
      'values',
      (started?.values ?? []).map((value) => `  ${value.name} = ${plainLine(value.text ?? 'null')}  (${plainLine(renderOrigin(value.origin))})`),
    ),
    ...section(
      'attempts before',
      step.attempts
        .slice(0, -1)
        .map(
          (each) =>
            `  ${each.attempt}  ${each.verdict}${each.outcome === 'completed' ? '' : `: ${each.outcome}`}${each.cut === undefined ? '' : `, ${plainLine(each.cut.because)}`}${each.reason === undefined ? '' : `: ${plainLine(each.reason)}`}`,
        ),
    ),
    ...(ended === undefined ? [] : renderEnded(ended, folder)),
    ...section(
      'recorded',
      step.captures.map(
        (capture) =>
          `  ${capture.name} = ${plainLine(capture.text ?? 'null')}  (${plainLine(renderOrigin(capture.origin))})${capture.conflict === undefined ? '' : `, but ${plainLine(capture.conflict.text ?? 'null')} (${plainLine(renderOrigin(capture.conflict.origin))})`}`,
      ),
    ),
    ...section(
      'expectations',
      step.expectations.flatMap((each) => [
        `  ${each.verdict}  ${plainLine(each.text)}: ${plainLine(each.actual)}`,
        ...each.notes.map((note) => `    ${plainLine(note)}`),
      ]),
    ),
    ...section(
      'decisions',
      step.decisions.map((each) => `  ${each.effect} ${plainLine(each.text)}${each.count === 1 ? '' : ` (${each.count} times)`}: ${plainLine(each.reason)}`),
    ),
    ...section(
      'tripwires',
      step.tripwires.map((each) => `  ${each.kind}: ${plainLine(each.what)}${each.explained ? ' (explained)' : ''}`),
    ),
  ].join('\n');
}

function renderEnded(ended: NonNullable<ShownStep['ended']>, folder: string): readonly string[] {
  return [
    '',
    `${ended.verdict}${ended.verdict === ended.outcome ? '' : `: ${ended.outcome}`} in ${Math.round(ended.durationMs)} ms${ended.exitCode === undefined ? '' : `, exit code ${ended.exitCode}`}${ended.signal === undefined ? '' : `, ended by ${ended.signal}`}`,
    ...(ended.reason === undefined ? [] : [plainLine(ended.reason)]),
    ...(ended.problem === undefined ? [] : [`cannot be judged: ${plainLine(ended.problem.message)}`]),
    ...(ended.program === undefined ? [] : [`program ${ended.program.path}, SHA-256 ${ended.program.sha256}`]),
    ...ended.outputs.flatMap((output) =>
      output.bytes === 0
        ? []
        : section(`${output.stream}, ${counted(output.lines, 'line')}, ${counted(output.bytes, 'byte')}, whole in ${folder}/${evidencePath(output.sha256)}`, [
            ...indented(output.head),
            ...(output.tail === '' ? [] : ['  […]', ...indented(output.tail)]),
          ]),
    ),
    ...(ended.rows === undefined
      ? []
      : section(
          counted(ended.rows.rowCount, 'row'),
          ended.rows.rows.map(
            (row) => `  ${ended.rows?.columns.map((column, index) => `${column.name} = ${plainLine(row[index]?.text ?? 'null')}`).join(', ')}`,
          ),
        )),
    ...(ended.sqlFailure === undefined ? [] : [`the server answered ${ended.sqlFailure.sqlstate}: ${plainLine(ended.sqlFailure.message)}`]),
    ...ended.searches.flatMap((search) =>
      section(
        `pattern ${plainLine(search.pattern)}: ${counted(search.matches, 'match', 'matches')}`,
        search.hits.map((hit) => `  ${hit.path}:${hit.lineNumber}: ${plainLine(hit.text)}`),
      ),
    ),
    ...(ended.tests === undefined
      ? []
      : [`tests: ${ended.tests.passed} passed, ${ended.tests.failed} failed, ${ended.tests.skipped} skipped, ${ended.tests.errors} errors`]),
    ...section(
      'left over and ended',
      ended.leftover.map((each) => `  ${plainLine(each)}`),
    ),
  ];
}

/** `1 row`, `3 rows`, `2 matches`. */
function counted(number: number, noun: string, nouns = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : nouns}`;
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', title, ...lines];
}

function indented(text: string): readonly string[] {
  return plainLines(text).map((line) => `  ${line}`);
}
