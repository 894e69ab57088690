/** The evidence of a step in a page: what was executed, with which values, what it printed, answered and found, what the guard let through. */
import type { RowsEvidence, SearchEvidence } from '../model/evidence.ts';
import type { PagePlaces } from './page-anchor.ts';
import { lastLines, shorten, type CutText, type StepDetail } from './page-detail.ts';
import { element, type PageContent, type PageNode } from './page-node.ts';
import { codeNode, evidenceLink, factsNode, tableNode } from './page-part.ts';
import { originContent } from './page-quote.ts';
import type { PageStep } from './page-record.ts';
import { count, renderDuration } from './verdict-mark.ts';

/** Folded where the step passed. */
export function evidenceNode(step: PageStep, places: PagePlaces): PageNode {
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
  return [
    element('p', { className: ['small', 'soft'] }, `${stream}, ${count(lines, 'line')}, ${count(bytes, 'byte')}: `, evidenceLink(sha256)),
    cutNode({ ...text, head: plainOutput(text.head), tail: plainOutput(text.tail) }, 'the whole is in the file'),
  ];
}

const endLines = 12;
const endColumns = 300;

/** How a step's output ends: where it did not pass, that is as a rule what a person looks for first. */
export function outputEndNode({ detail }: PageStep): PageContent {
  return (detail?.outputs ?? []).map(({ stream, lines, text }) => {
    const rest = plainOutput(text.tail === '' ? text.head : text.tail).trimEnd();
    const from = lastLines(rest, endLines);
    const shown = rest
      .slice(from)
      .split('\n')
      .map((line) => shorten(line, endColumns))
      .join('\n');
    const whole = from === 0 && text.left === 0;
    if (rest === '') return undefined;
    return [
      element('p', { className: ['small', 'soft'] }, whole ? `${stream}:` : `the end of ${stream} (${count(lines, 'line')}):`),
      element('pre', {}, element('code', {}, shown)),
    ];
  });
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
