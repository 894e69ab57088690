/** What a page says of a step behind its block: verdict, values with origins, what it was held to, and its evidence, folded. */
import type { EventData } from '../model/event.ts';
import type { RowsEvidence, SearchEvidence } from '../model/evidence.ts';
import { evidencePath } from '../model/journal-entry.ts';
import type { Origin } from '../model/value.ts';
import type { Verdict } from '../model/verdict.ts';
import { anchor, spanLink, stepLink, type PagePlaces } from './page-anchor.ts';
import { shorten, type CutText, type StepDetail } from './page-detail.ts';
import { element, type PageContent, type PageNode } from './page-node.ts';
import { codeNode, factsNode, tableNode, verdictNode } from './page-part.ts';
import type { PageStep } from './page-record.ts';
import { renderOrigin } from './origin-text.ts';
import { count, outcomeWord, renderDuration } from './verdict-mark.ts';

/** How much of a step stands in its place: all, one line, nothing. */
export type StepRoom = 'whole' | 'line';

export function stepVerdict(step: PageStep): Verdict {
  return step.ended?.verdict ?? 'none';
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
    step.notRun?.notNeeded === true ? 'not needed' : step.notRun ? 'not run' : step.startedAt === undefined ? 'not reached' : 'under way',
  );
}

export function stepNode(step: PageStep, room: StepRoom, own: readonly EventData['expectation'][], places: PagePlaces): PageNode {
  const { ended, notRun } = step;
  const kind = ended?.kind ?? notRun?.kind ?? step.planned?.kind ?? 'step';
  const span = ended?.span ?? notRun?.span ?? step.planned?.span;
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

/** The plan's own words, with code where they have it. */
export function quoted(text: string, most = 2_000): PageContent {
  return shorten(text, most)
    .split(/(`[^`]+`)/)
    .map((part) => (/^`[^`]+`$/.test(part) ? codeNode(part.slice(1, -1)) : part));
}

/** `row 1 of step 3.1` leads to the step. */
export function noteContent(note: string, places: PagePlaces): PageContent {
  return shorten(note, 2_000)
    .split(/(\bstep [0-9A-Za-z.]*[0-9A-Za-z])/)
    .map((part, index) => (index % 2 === 1 ? stepLink(places, part.slice('step '.length), part) : quoted(part)));
}

export function originContent(origin: Origin, places: PagePlaces): PageContent {
  return noteContent(renderOrigin(origin), places);
}

function attemptsNode({ earlier, earlierCount }: PageStep): PageContent {
  if (earlierCount === 0) return undefined;
  const lines = earlier.map((each) =>
    element(
      'li',
      {},
      verdictNode(each.verdict, each.verdict === 'none' ? each.outcome : undefined),
      ` attempt ${each.attempt}, ${renderDuration(each.durationMs)}`,
      each.cut ? ` (${each.cut.because})` : undefined,
      each.reason === undefined ? undefined : `: ${shorten(each.reason)}`,
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

function evidenceNode(step: PageStep, places: PagePlaces): PageNode {
  const { ended, detail, decisions, decisionCount, tripwires, entries } = step;
  const content: PageContent[] = [];
  if (detail === undefined) content.push(element('p', { className: ['left-out'] }, `Too much for this page: `, codeNode(`proofplan show . ${step.id}`)));
  else
    content.push(
      startedNode(detail, places),
      detail.outputs.map(outputNode),
      detail.rows ? rowsNode(detail.rows, step.id) : undefined,
      detail.searches.map(searchNode),
    );
  if (ended?.sqlFailure) content.push(element('p', {}, 'the server answered ', codeNode(ended.sqlFailure.sqlstate), `: ${shorten(ended.sqlFailure.message)}`));
  if (ended?.tests)
    content.push(
      element('p', {}, `tests: ${ended.tests.passed} passed, ${ended.tests.failed} failed, ${ended.tests.skipped} skipped, ${ended.tests.errors} errors`),
    );
  for (const process of ended?.leftover ?? []) content.push(element('p', {}, 'left over and ended: ', codeNode(shorten(process))));
  if (decisions.length > 0) {
    const rows = decisions.map((each) => ({
      cells: [
        element('pre', {}, shorten(each.text)),
        `${each.rule}${each.fates.length === 0 ? '' : `, ${each.fates.join(', ')}`}`,
        String(each.count),
        String(each.seq),
      ],
    }));
    const left = decisionCount - decisions.length;
    content.push(
      tableNode(
        `Permitted${left > 0 ? `: the first of ${decisionCount}` : ''}`,
        [{ title: 'statement or command' }, { title: 'rule' }, { title: 'times', number: true }, { title: 'entry', number: true }],
        rows,
      ),
    );
  }
  for (const found of tripwires)
    content.push(
      element('p', {}, `${found.effect === 'refuse' ? '⊘ refused' : '· seen'}: ${found.kind}, ${shorten(found.what)}${found.explained ? ' (explained)' : ''}`),
    );
  const facts = factsNode([
    ['journal', `entries ${entries[0]} to ${entries[1]}`],
    ['program', ended?.program ? [codeNode(ended.program.path), ` SHA-256 ${ended.program.sha256}`] : undefined],
    ['isolation', ended?.isolation],
    ['statements', ended ? `${ended.statements.permitted} permitted, ${ended.statements.refused} refused` : undefined],
  ]);
  const open = ended !== undefined && ended.verdict !== 'passed' ? { open: true } : {};
  return element('details', open, element('summary', {}, `Evidence of step ${step.id}`), element('div', { className: ['evidence'] }, content, facts));
}

function startedNode({ started }: StepDetail, places: PagePlaces): PageContent {
  if (!started) return undefined;
  const { access, action, asWritten, values, timeoutMs } = started;
  return [
    element('p', { className: ['small', 'soft'] }, asWritten ? 'Executed as it is written:' : 'Executed:'),
    cutNode(action, 'the whole is in the journal'),
    factsNode([
      ['database', `${access.capability}${access.writes.length === 0 ? '' : `: ${access.writes.join(', ')}`}`],
      ['time limit', renderDuration(timeoutMs)],
      [
        'values',
        values.length === 0
          ? undefined
          : element(
              'ul',
              { className: ['values'] },
              values.map((value) =>
                element(
                  'li',
                  {},
                  codeNode(shorten(value.name)),
                  ' = ',
                  codeNode(value.text ?? 'null'),
                  element('span', { className: ['soft'] }, ' ', originContent(value.origin, places)),
                ),
              ),
            ),
      ],
    ]),
  ];
}

function outputNode({ stream, bytes, lines, sha256, text }: StepDetail['outputs'][number]): PageContent {
  const path = evidencePath(sha256);
  return [
    element('p', { className: ['small', 'soft'] }, `${stream}, ${count(lines, 'line')}, ${count(bytes, 'byte')}: `, element('a', { href: path }, path)),
    cutNode({ ...text, head: plainOutput(text.head), tail: plainOutput(text.tail) }, 'the whole is in the file'),
  ];
}

/** Colours and movements of a terminal say nothing here; what else steers one is shown as a sign. */
function plainOutput(text: string): string {
  return text.replace(/\u001b\[[0-?]*[ -/]*[@-~]/g, '');
}

function cutNode({ head, left, tail }: CutText, where: string): PageContent {
  return element(
    'pre',
    {},
    element('code', {}, head, left > 0 ? [element('span', { className: ['left-out'] }, `\n… ${left} more; ${where} …\n`), tail] : undefined),
  );
}

function rowsNode({ columns, rows, rowCount }: RowsEvidence, step: string): PageContent {
  if (columns.length === 0 || rows.length === 0) return element('p', { className: ['small'] }, count(rowCount, 'row'));
  const more = rowCount > rows.length ? `, the first ${rows.length} of them` : '';
  return tableNode(
    `${count(rowCount, 'row')} of step ${step}${more}`,
    columns.map(({ name, type }) => ({ title: `${name} ${type}` })),
    rows.map((row) => ({
      cells: columns.map((_, index) => (row[index]?.text === null ? element('span', { className: ['soft'] }, 'NULL') : codeNode(row[index]?.text ?? ''))),
    })),
  );
}

function searchNode({ pattern, matches, hits, hidden }: SearchEvidence): PageContent {
  const head = element(
    'p',
    { className: ['small'] },
    codeNode(pattern),
    ` ${matches === 1 ? '1 match' : `${matches} matches`}${hidden === 0 ? '' : `, ${hidden} more in hidden or ignored files`}${hits.length < matches ? `, the first ${hits.length} here` : ''}`,
  );
  if (hits.length === 0) return head;
  return [head, element('pre', {}, element('code', {}, hits.map((hit) => `${hit.path}:${hit.lineNumber}: ${hit.text}\n`).join('')))];
}
