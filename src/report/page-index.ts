/**
 * The page about many executions: a section a plan, a row an execution, newest first. Static, without script, bounded: what has no room
 * is counted. What it says is the ledger's word, as `proofplan history` reads it.
 */
import { dirname, join, relative, sep } from 'node:path';
import { type History, type HistorySource, type HistorySummary, type PastExecution, type PlanHistory } from '../model/history.ts';
import { executionIdPattern } from '../model/journal-entry.ts';
import { verdictOrder } from '../model/verdict.ts';
import { durationChart, indexStyle, verdictStrip } from './page-index-chart.ts';
import { element, type PageContent, type PageNode } from './page-node.ts';
import { codeNode, factsNode, tableNode, verdictNode } from './page-part.ts';
import { renderPageShell } from './page-shell.ts';
import { count, renderDuration } from './verdict-mark.ts';

export interface IndexPageOptions {
  /** Where the page will lie, absolute: links to reports lead from there. */
  readonly page: string;
  /** The absolute folders of the sources, by the paths that the history calls them. */
  readonly folders: ReadonlyMap<string, string>;
  /** Of the program that makes the page. */
  readonly version: string;
}

/** More sections, and more rows in all of them, are no page that a person reads. */
const mostPlans = 200;
const mostRows = 1_000;
const leastRows = 3;
const mostUnits = 300;
const mostNames = 10;

export function renderIndexPage(history: History, options: IndexPageOptions): string {
  const plans = history.plans.toSorted((a, b) => newestOf(b).localeCompare(newestOf(a)));
  const shown = plans.slice(0, mostPlans);
  const rows = Math.max(leastRows, Math.floor(mostRows / Math.max(1, shown.length)));
  const failing = plans.filter(({ summary }) => summary.failingSince !== null).length;
  const title = failing === 0 ? 'Executions' : `${count(failing, 'plan')} not passing · Executions`;
  const older = plans.length - shown.length;
  const body: readonly PageContent[] = [
    element('h1', {}, 'Executions'),
    headNode(history, failing),
    history.sources.map(flawNode),
    shown.length > 1 ? planTable(shown) : undefined,
    shown.map((plan, index) => planNode(plan, index, rows, options)),
    older > 0 ? element('p', {}, `${count(older, 'plan')} more, executed before all of these: `, codeNode('proofplan history')) : undefined,
    element(
      'p',
      { className: ['soft', 'small'] },
      `Made by proofplan ${options.version} at ${history.at}. Which executions there were and how they ended is the ledger’s word; whether a record is whole, `,
      codeNode('proofplan audit verify DIR'),
      ' tells.',
    ),
  ];
  return renderPageShell({ title, body, style: indexStyle });
}

function headNode({ sources, plans }: History, failing: number): PageContent {
  const executions = sources.reduce((sum, source) => sum + source.executions, 0);
  return factsNode([
    ['Folders', sources.map(({ path }) => [codeNode(cut(path)), ' '])],
    ['Plans', plans.length === 0 ? 'none was executed yet' : `${plans.length}, ${failing === 0 ? 'each passed when it was last executed' : `${failing} not passing`}`],
    ['Executions', String(executions)],
  ]);
}

/** Where a ledger is not whole, nothing below is more than somebody's word. */
function flawNode({ path, flaws, strangers }: HistorySource): PageContent {
  const [first] = flaws;
  if (!first && strangers.length === 0) return undefined;
  const names = strangers.slice(0, mostNames).join(', ');
  return element(
    'div',
    { className: ['banner', 'v-error'] },
    element('p', {}, element('strong', { className: ['mark', 'v-error', 'small-mark'] }, '! the ledger is not whole'), ' ', codeNode(`${path}/ledger.jsonl`)),
    first ? element('p', {}, `Line ${first.lineNumber}: ${first.message} (byte ${first.offset}). What it says from there on, nothing vouches for.`) : undefined,
    strangers.length > 0 ? element('p', {}, `It does not know ${count(strangers.length, 'execution')} whose folders are there: ${names}${strangers.length > mostNames ? ' …' : ''}`) : undefined,
  );
}

function planTable(plans: readonly PlanHistory[]): PageNode {
  return tableNode(
    'Plans, the one executed last first',
    [{ title: 'Plan' }, { title: 'Newest' }, { title: 'Not passing since' }, { title: 'Attempts', number: true }],
    plans.map(({ path, summary, attempts }, index) => ({
      cells: [
        element('a', { href: `#plan-${index + 1}` }, cut(path)),
        attempts.at(-1) ? wordNode(attempts.at(-1) as PastExecution) : '',
        summary.failingSince ? `${summary.failingSince.registeredAt.slice(0, 10)}, attempt ${summary.failingSince.attempt}` : '–',
        String(summary.attempts),
      ],
    })),
  );
}

function planNode(plan: PlanHistory, index: number, mostOfPlan: number, options: IndexPageOptions): PageNode {
  const { path, summary, attempts, otherPaths, flaky, durations, repetitions } = plan;
  const slower = (durations?.steps ?? []).filter((step) => step.slower !== undefined);
  const rows = attempts.slice(-mostOfPlan);
  const left = summary.attempts - rows.length;
  return element(
    'section',
    { id: `plan-${index + 1}` },
    element('h2', {}, cut(path)),
    factsNode([
      ['Also executed as', otherPaths.length === 0 ? undefined : cut(otherPaths.join(', '))],
      ['Attempts', `${summary.attempts}: ${summaryWords(summary)}`],
      ['Last pass', summary.lastPass ? nameNode(summary.lastPass) : 'never'],
      ['Not since', summary.failingSince ? [nameNode(summary.failingSince), ' ', wordNode(summary.failingSince)] : undefined],
      [
        'Flaky',
        flaky.length === 0
          ? undefined
          : flaky.map(({ verdicts, planSha256 }) =>
              element('div', {}, `nothing that is known was different, and text ${planSha256.slice(0, 8)} ended differently: ${wordsOf(verdicts)}`),
            ),
      ],
      [
        'Much slower',
        slower.length === 0
          ? undefined
          : slower
              .slice(0, mostNames)
              .map(({ id, newestMs, slower: by }) =>
                element(
                  'div',
                  {},
                  `step ${cut(id)} in the newest pass: ${renderDuration(newestMs)}; the median of the ${by?.count ?? 0} before is ${renderDuration(by?.medianMs ?? 0)}`,
                ),
              ),
      ],
      [
        'Several tries',
        repetitions.length === 0
          ? undefined
          : repetitions
              .slice(-mostNames)
              .map(({ attempt, step, tries, verdict }) => element('div', {}, `attempt ${attempt}: step ${cut(step)} ${verdict} on try ${tries}`)),
      ],
    ]),
    element('div', { className: ['charts'] }, verdictStrip(rows), durationChart(rows, `plan-${index + 1}`)),
    tableNode(
      left > 0 ? `The newest ${rows.length}, newest first; ${left} more are counted above` : 'All attempts, newest first',
      [{ title: '#' }, { title: 'Verdict' }, { title: 'Execution' }, { title: 'Took', number: true }, { title: 'Commit' }, { title: 'Why' }],
      rows.toReversed().map((past, position, list) => ({
        cells: [
          [element('span', { className: ['unseen'] }, 'attempt '), String(past.attempt)],
          wordNode(past),
          linkNode(past, options),
          past.durationMs === null ? '–' : renderDuration(past.durationMs),
          commitNode(past),
          whyNode(past, list[position + 1]),
        ],
      })),
    ),
  );
}

function nameNode({ attempt, execution }: PastExecution): PageContent {
  return [`attempt ${attempt}, `, codeNode(cut(execution))];
}

function wordNode(past: PastExecution): PageNode {
  if (past.ending === 'running') return element('span', { className: ['mark', 'v-none'] }, '… running');
  if (past.ending === 'cut' || past.verdict === null) return element('span', { className: ['mark', 'v-error'] }, '- no end');
  return verdictNode(past.verdict);
}

/** To the best of its reports that the record holds; nothing to be opened where it is gone. */
function linkNode(past: PastExecution, { page, folders }: IndexPageOptions): PageContent {
  const [report] = past.detail?.reports ?? [];
  const folder = folders.get(past.output);
  const name = cut(past.execution);
  const className = executionIdPattern.test(name) ? ['small', 'nowrap'] : ['small'];
  if (report === undefined || folder === undefined || past.folder !== 'there') return element('span', { className }, name);
  const path = relative(dirname(page), join(folder, 'executions', past.execution, report));
  return element('a', { className, href: `./${path.split(sep).map(encodeURIComponent).join('/')}` }, name);
}

function commitNode({ detail }: PastExecution): PageContent {
  if (!detail?.commit) return '–';
  return [codeNode(detail.commit.slice(0, 7)), detail.dirtyCount > 0 ? ` +${detail.dirtyCount} changed` : undefined];
}

function whyNode(past: PastExecution, before: PastExecution | undefined): PageContent {
  const { detail, pruned } = past;
  const texts = [
    ...(past.verdict !== 'passed' && detail?.reason ? [detail.reason] : []),
    ...(past.ending === 'cut' ? [past.resumable ? 'killed or cut off; it can be resumed' : 'killed or cut off'] : []),
    ...(past.folder === 'pruned' ? [pruned ? `record pruned on ${pruned.at.slice(0, 10)} (${pruned.rule})` : 'record removed in part by a prune that was killed'] : []),
    ...(past.folder === 'gone' ? ['the record is gone, and nobody has pruned it'] : []),
    ...(past.differs === undefined ? [] : [`the folder is not the record that the ledger registered: ${past.differs}`]),
    ...(past.endedTwice ? ['the ledger says more than once how it ended: the worst counts'] : []),
    ...(past.attempt === past.counted ? [] : [`attempt ${past.counted} by counting: lines of the ledger are missing`]),
    ...(past.chained ? [] : ['the ledger is not whole here: nothing vouches for this row']),
    ...(detail !== undefined && detail.resumed > 0 ? ['cut and gone on with'] : []),
    ...(before !== undefined && before.plan.sha256 !== past.plan.sha256 ? [`the text had changed: ${before.plan.sha256.slice(0, 8)} → ${past.plan.sha256.slice(0, 8)}`] : []),
  ];
  return texts.map((text) => element('div', { className: ['small'] }, cut(text)));
}

function summaryWords(summary: HistorySummary): string {
  const { verdicts, cut: noEnd, running, pruned, gone } = summary;
  const ends = [wordsOf(verdicts), ...(noEnd > 0 ? [`${noEnd} without an end`] : []), ...(running > 0 ? [`${running} running`] : [])];
  const records = [...(pruned > 0 ? [`${pruned} pruned`] : []), ...(gone > 0 ? [`${gone} gone without a word`] : [])];
  return [ends.filter((word) => word !== '').join(', '), ...(records.length === 0 ? [] : [`of the records ${records.join(', ')}`])].join('; ');
}

function wordsOf(verdicts: HistorySummary['verdicts']): string {
  return verdictOrder.flatMap((verdict) => (verdicts[verdict] === undefined ? [] : [`${verdicts[verdict]} ${verdict}`])).join(', ');
}

function newestOf({ attempts, summary }: PlanHistory): string {
  return (attempts.at(-1) ?? summary.failingSince ?? summary.lastPass)?.registeredAt ?? '';
}

function cut(text: string): string {
  const characters = Array.from(text.slice(0, 2 * mostUnits));
  return text.length > mostUnits ? `${characters.slice(0, mostUnits).join('')}…` : text;
}
