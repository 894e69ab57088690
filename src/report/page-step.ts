/** What a page says of a step behind its block: verdict, values with origins, what it was held to, and its evidence. */
import type { EventData } from '../model/event.ts';
import type { Span } from '../model/span.ts';
import type { Verdict } from '../model/verdict.ts';
import { anchor, spanLink, type PagePlaces } from './page-anchor.ts';
import { shorten } from './page-detail.ts';
import { evidenceNode } from './page-evidence.ts';
import { element, type PageContent, type PageNode } from './page-node.ts';
import { codeNode, verdictNode } from './page-part.ts';
import { noteContent, originContent, quoted } from './page-quote.ts';
import type { PageStep } from './page-record.ts';
import { count, outcomeWord, renderDuration } from './verdict-mark.ts';

/** How much of a step stands in its place: all, one line, nothing. */
export type StepRoom = 'whole' | 'line';

export function stepVerdict(step: PageStep): Verdict {
  return step.ended?.verdict ?? 'none';
}

/** Where the plan has it. */
export function spanOf({ ended, notRun, planned }: PageStep): Span | undefined {
  return ended?.span ?? notRun?.span ?? planned?.span;
}

/** It began, and nothing says how it ended. */
export function isUnderWay({ startedAt, ended, notRun }: PageStep): boolean {
  return startedAt !== undefined && !ended && !notRun;
}

/** `completed in 0.9s`, `not run`, `under way`. */
export function stepState({ ended, notRun, startedAt }: PageStep): string {
  if (ended) return `${outcomeWord(ended.outcome, ended.exitCode, ended.signal) || 'completed'} in ${renderDuration(ended.durationMs)}`;
  if (notRun) return notRun.notNeeded ? 'not needed' : 'not run';
  return startedAt === undefined ? 'not reached' : 'began, and the record does not say how it ended';
}

export function stepMark(step: PageStep): PageNode {
  if (step.ended) return verdictNode(step.ended.verdict, step.ended.verdict === 'none' ? step.ended.outcome : undefined);
  return verdictNode(
    'none',
    step.notRun?.notNeeded === true ? 'not needed' : step.notRun ? 'not run' : step.startedAt === undefined ? 'not reached' : 'cut off',
  );
}

export function stepNode(step: PageStep, room: StepRoom, own: readonly EventData['expectation'][], places: PagePlaces): PageNode {
  const { ended, notRun } = step;
  const kind = ended?.kind ?? notRun?.kind ?? step.planned?.kind ?? 'step';
  const span = spanOf(step);
  const head = element(
    'p',
    { className: ['head'] },
    stepMark(step),
    ' ',
    element('a', { href: `#${anchor('step', step.id)}`, className: ['self'] }, `step ${step.id}`),
    element(
      'span',
      { className: ['soft'] },
      ` ${kind}, ${stepState(step)}${step.earlierCount > 0 ? `, on attempt ${ended?.attempt ?? step.earlierCount + 1}` : ''}`,
      span ? [', ', spanLink(places, span)] : undefined,
    ),
  );
  const properties = { id: anchor('step', step.id), className: ['remark', `v-${stepVerdict(step)}`] };
  if (room === 'line') {
    const held = [...step.expectations.values()];
    return element(
      'div',
      properties,
      head,
      held.length === 0 ? undefined : element('p', { className: ['soft', 'small'] }, `${count(held.length, 'expectation')} held; proofplan show . ${step.id}`),
    );
  }
  // An expectation that does not hold says by itself why the step did not pass.
  const tellsWhy = ended?.verdict === 'passed' || [...step.expectations.values()].some(({ verdict }) => verdict !== 'passed' && verdict === ended?.verdict);
  return element(
    'div',
    properties,
    head,
    notRun ? element('p', {}, quoted(notRun.reason)) : undefined,
    ended?.reason === undefined || tellsWhy ? undefined : element('p', {}, quoted(ended.reason)),
    ended?.problem ? element('p', {}, `cannot be judged: ${shorten(ended.problem.message, 2_000)}`) : undefined,
    attemptsNode(step),
    valuesNode(step, places),
    own.map((each) => expectationNode(each, places)),
    ended ? evidenceNode(step, places) : undefined,
  );
}

export function expectationNode(data: EventData['expectation'], places: PagePlaces): PageNode {
  const by = data.origin === 'implied' ? 'implied' : data.origin === 'addendum' ? 'bound by the addendum' : undefined;
  return element(
    'div',
    { className: ['judged', `v-${data.verdict}`], id: anchor('expectation', data.id) },
    element('p', {}, verdictNode(data.verdict), ' ', quoted(data.text), by === undefined ? undefined : element('span', { className: ['soft'] }, ` (${by})`)),
    element('p', { className: ['actual'] }, quoted(data.actual)),
    data.notes.length === 0
      ? undefined
      : element(
          'ul',
          { className: ['soft', 'small'] },
          data.notes.slice(0, 50).map((note) => element('li', {}, noteContent(note, places))),
        ),
  );
}

function attemptsNode({ earlier, earlierCount }: PageStep): PageContent {
  if (earlierCount === 0) return undefined;
  const lines = earlier.map((each) =>
    element(
      'li',
      {},
      verdictNode(each.verdict, each.verdict === 'none' ? each.outcome : undefined),
      ` attempt ${each.attempt}, ${renderDuration(each.durationMs)}`,
      each.cut ? [' (', quoted(each.cut.because, 600), ')'] : undefined,
      each.reason === undefined ? undefined : [': ', quoted(each.reason, 600)],
    ),
  );
  const left = earlierCount - earlier.length;
  return element('ul', { className: ['small'] }, left > 0 ? element('li', {}, `${count(left, 'attempt')} before these`) : undefined, lines);
}

function valuesNode({ captures }: PageStep, places: PagePlaces): PageContent {
  const taken = captures.filter(({ captured }) => captured);
  if (taken.length === 0) return undefined;
  return element(
    'ul',
    { className: ['values'] },
    taken.map((value) =>
      element(
        'li',
        {},
        codeNode(shorten(value.name)),
        ' = ',
        codeNode(value.text === null ? 'null' : shorten(value.text)),
        element('span', { className: ['soft'] }, ' ', originContent(value.origin, places)),
        value.conflict ? element('span', {}, ` but ${value.conflict.text ?? 'null'}: `, originContent(value.conflict.origin, places)) : undefined,
      ),
    ),
  );
}
