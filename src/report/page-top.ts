/** The first screen of a page: the verdict and why, what failed first, what it was executed with. */
import type { EventData } from '../model/event.ts';
import type { Diagnostic, Severity } from '../model/diagnostic.ts';
import type { Verdict } from '../model/verdict.ts';
import { anchor, linkTo, spanLink, stepLink, type PagePlaces } from './page-anchor.ts';
import { shorten } from './page-detail.ts';
import { outputEndNode } from './page-evidence.ts';
import { element, type PageContent, type PageNode } from './page-node.ts';
import { codeNode, factsNode, verdictNode, verdictWord } from './page-part.ts';
import { noteContent, quoted } from './page-quote.ts';
import type { PageRecord, PageStep } from './page-record.ts';
import { expectationNode, isUnderWay, stepMark, stepState } from './page-step.ts';
import { count, renderDuration, verdictMarks } from './verdict-mark.ts';

/** How far a record goes. `open`: it is being written; `broken`: it ends before it was closed, or cannot be read to its end. */
export type PageEnd = 'closed' | 'open' | 'broken';

export interface PageHead {
  readonly execution: string;
  readonly end: PageEnd;
  /** What is wrong with the record, in sentences. */
  readonly problems: readonly string[];
  /** The last line of the journal that the page is made from. */
  readonly head: { readonly entry: number; readonly sha256: string } | undefined;
}

/** The verdict as the page may show it: never `passed` for a record that has no end. */
export function shownVerdict({ verdict }: PageRecord, end: PageEnd): { readonly verdict: Verdict; readonly word: string } {
  if (end === 'open') return { verdict: 'none', word: 'running' };
  if (end === 'broken') return { verdict: 'error', word: 'no verdict' };
  if (verdict === undefined) return { verdict: 'error', word: 'no verdict' };
  return verdict.verdict === 'none' ? { verdict: 'unproven', word: 'unproven' } : { verdict: verdict.verdict, word: verdict.verdict };
}

export function titleOf(record: PageRecord, { end, execution }: PageHead): string {
  const { verdict, word } = shownVerdict(record, end);
  return `${verdictMarks[verdict]} ${word}: ${record.opened?.plan.title ?? execution}`;
}

export function bannerNode(record: PageRecord, page: PageHead): PageNode {
  const { verdict, word } = shownVerdict(record, page.end);
  const broken = page.end === 'broken';
  const recorded = record.verdict
    ? `The journal holds the verdict \`${verdictWord(record.verdict.verdict)}\`, but the record was not closed after it: that is no verdict.`
    : 'The record ends before a verdict was reached.';
  const cutIn = [...record.steps.values()].findLast(isUnderWay);
  const running = page.end === 'open' ? `This execution is under way: ${nowDoing(record)}. The page is loaded anew every few seconds.` : undefined;
  return element(
    'div',
    { className: ['banner', `v-${verdict}`], role: broken ? 'alert' : undefined },
    element('p', {}, verdictNode(verdict, word)),
    element('p', { className: ['why'] }, quoted(broken ? `This record is not complete. ${recorded}` : (running ?? record.verdict?.reason ?? recorded))),
    broken && cutIn ? element('p', {}, `Under way where it ends: ${stepName(cutIn)}.`) : undefined,
    broken ? page.problems.map((problem) => element('p', {}, quoted(problem))) : undefined,
    broken
      ? element(
          'p',
          {},
          'What is there is shown below as far as it goes. In the folder of this file ',
          codeNode('proofplan audit verify .'),
          ' says more, and ',
          codeNode('proofplan resume .'),
          ' goes on where it was only cut.',
        )
      : undefined,
    element('p', { className: ['soft'] }, counts(record).join(' · ')),
  );
}

function nowDoing({ steps, verdict }: PageRecord): string {
  const all = [...steps.values()];
  const step = all.findLast(isUnderWay);
  if (step) return stepName(step);
  if (verdict) return 'all has been judged, and the record is being closed';
  return all.some(({ startedAt }) => startedAt !== undefined) ? 'between two steps' : 'before the first step';
}

function stepName({ id, planned, earlierCount }: PageStep): string {
  return `step ${id}${planned === undefined ? '' : `, ${shorten(planned.title, 300)}`}${earlierCount === 0 ? '' : `, attempt ${earlierCount + 1}`}`;
}

export function counts(record: PageRecord): readonly string[] {
  const steps = [...record.steps.values()];
  const expectations = steps.flatMap((step) => [...step.expectations.values()]);
  const policies = [...record.policies.values()];
  const held = (list: readonly { readonly verdict: Verdict }[], noun: string, word: string): string =>
    list.length === 0 ? '' : `${list.filter(({ verdict }) => verdict === 'passed').length} of ${count(list.length, noun)} ${word}`;
  const notNeeded = steps.filter(({ notRun }) => notRun?.notNeeded).length;
  return [
    `${steps.filter(({ ended }) => ended && ended.outcome !== 'blocked').length} of ${count(record.opened?.steps.length ?? steps.length, 'step')} run${notNeeded === 0 ? '' : `, ${notNeeded} not needed`}`,
    held(expectations, 'expectation', 'held'),
    held([...record.criteria.values()], 'criterion', 'met'),
    policiesKept(policies),
    record.refusals.length === 0 ? '' : `${record.refusals.length + (record.more.get('decision') ?? 0)} refused`,
    record.fields.size === 0
      ? ''
      : `${[...record.fields.values()].filter(({ value }) => value !== undefined).length} of ${count(record.fields.size, 'report field')} filled`,
  ].filter((part) => part !== '');
}

/** They are judged at the end: before it none is broken. */
function policiesKept(policies: readonly { readonly enforced?: EventData['policy-enforced'] }[]): string {
  if (policies.length === 0) return '';
  const judged = policies.filter(({ enforced }) => enforced !== undefined);
  return judged.length === 0
    ? `${count(policies.length, 'policy')} not judged`
    : `${judged.filter(({ enforced }) => enforced?.verdict === 'passed').length} of ${count(policies.length, 'policy')} kept`;
}

export function factNode(record: PageRecord, { execution, head }: PageHead): PageNode {
  const { opened, firstAt, lastAt, lists } = record;
  if (!opened) return factsNode([['execution', execution]]);
  const { plan, addendum, workspace, database, environment, isolation, options } = opened;
  const levels = [...new Set([...record.steps.values()].flatMap(({ ended }) => ended?.isolation ?? []))];
  return factsNode([
    ['plan', [codeNode(plan.path), element('div', { className: ['soft', 'small'] }, `SHA-256 ${plan.sha256}`)]],
    ['addendum', addendum ? [codeNode(addendum.path), element('div', { className: ['soft', 'small'] }, `SHA-256 ${addendum.sha256}`)] : undefined],
    [
      'commit',
      workspace.commit === null ? 'workspace without version control' : [codeNode(workspace.commit), `, ${count(workspace.dirtyCount, 'changed file')}`],
    ],
    ['execution', `${execution}, attempt ${opened.attempt}${lists.resumed.length === 0 ? '' : `, gone on with ${lists.resumed.length} times after a cut`}`],
    [
      'time',
      firstAt === undefined
        ? undefined
        : `${firstAt} to ${lastAt ?? firstAt}, ${renderDuration(Math.max(0, Date.parse(lastAt ?? firstAt) - Date.parse(firstAt)))}`,
    ],
    [
      'environment',
      `${environment ?? 'none'}${database ? `, PostgreSQL ${database.version}, ${database.ownServer ? 'a server of this execution alone' : 'a server that was there before'}${database.copyOf === undefined ? '' : `, a copy of ${shorten(database.copyOf, 200)}`}` : ''}`,
    ],
    ['set', opened.set ? `plan ${opened.set.index} of ${opened.set.count}, SHA-256 of the set ${opened.set.sha256}` : undefined],
    [
      'prerequisites',
      (opened.prerequisites ?? []).map(({ link, verdict, execution: other }) =>
        element('div', {}, verdictNode(verdict), ` ${shorten(link, 200)}`, other === undefined ? undefined : `, execution ${other}`),
      ),
    ],
    [
      'isolation',
      isolation
        ? `${levels.length === 0 ? 'none' : levels.join(', ')}; this machine reaches ${isolation.level}${isolation.reason === undefined ? '' : `: ${shorten(isolation.reason)}`}`
        : undefined,
    ],
    ['only', options.dryRun ? 'dry run: nothing was carried out' : options.only === null ? undefined : `step ${options.only} was asked for`],
    ['journal', head ? [`up to entry ${head.entry}, SHA-256 of that line `, element('span', { className: ['small'] }, head.sha256)] : undefined],
  ]);
}

/** What did not pass, the first thing in full, with what it printed last. Undefined where everything did. */
export function failureNode(record: PageRecord, places: PagePlaces, withOutput = true): PageContent {
  const all = failures(record);
  const [diagnostic] = record.lists.diagnostic.filter(({ severity }) => severity !== 'warning');
  if (diagnostic === undefined && all.length === 0) return undefined;
  // Where a message tells of it in full, the step that it is about is enough.
  const step = [...record.steps.values()].find(({ ended }) => ended && ended.verdict !== 'passed');
  const first = diagnostic ? step && stepLine(step, places, false) : all[0]?.(places);
  const rest = all.slice(diagnostic ? 0 : 1, 51);
  return element(
    'section',
    { ariaLabelledBy: ['first'] },
    element('h2', { id: 'first' }, 'What did not pass first'),
    diagnostic ? diagnosticNode(diagnostic, places) : undefined,
    first ? element('div', { className: ['first'] }, first) : undefined,
    step && withOutput ? outputEndNode(step) : undefined,
    rest.length === 0
      ? undefined
      : element(
          'details',
          {},
          element('summary', {}, diagnostic ? `everything that did not pass: ${all.length}` : `${all.length - 1} more that did not pass`),
          element(
            'ul',
            { className: ['plain'] },
            rest.map((each) => element('li', {}, each(places))),
          ),
          all.length > 51 ? element('p', { className: ['left-out'] }, `and ${all.length - 51} more`) : undefined,
        ),
  );
}

type Failure = (places: PagePlaces) => PageContent;

/** In the order of the execution, what was judged of a step before the step. */
function failures(record: PageRecord): readonly Failure[] {
  const bad = (verdict: Verdict | undefined): boolean => verdict !== undefined && verdict !== 'passed' && verdict !== 'none';
  const found: Failure[] = [];
  for (const step of record.steps.values()) {
    for (const each of step.expectations.values()) if (bad(each.verdict)) found.push((places) => expectationNode({ ...each, id: `${each.id} first` }, places));
    if (bad(step.ended?.verdict) || step.ended?.outcome === 'blocked') found.push((places) => stepLine(step, places));
  }
  for (const each of record.preconditions.values()) if (bad(each.verdict)) found.push((places) => judgedLine(each.verdict, 'precondition', each, places));
  for (const each of record.tasks.values()) if (bad(each.verdict)) found.push((places) => judgedLine(each.verdict, 'task of a person', each, places));
  for (const { enforced } of record.policies.values())
    if (enforced && bad(enforced.verdict)) found.push((places) => judgedLine(enforced.verdict, `policy ${enforced.id}`, enforced, places));
  for (const each of record.criteria.values()) if (bad(each.verdict)) found.push((places) => judgedLine(each.verdict, `criterion ${each.id}`, each, places));
  for (const step of record.steps.values()) if (step.notRun?.notNeeded === false) found.push((places) => stepLine(step, places));
  return found;
}

function stepLine(step: PageStep, places: PagePlaces, withReason = true): PageContent {
  const reason = withReason ? (step.ended?.reason ?? step.notRun?.reason) : undefined;
  return element(
    'p',
    {},
    stepMark(step),
    ' ',
    stepLink(places, step.id),
    ` ${shorten(step.planned?.title ?? '')}: ${stepState(step)}`,
    reason === undefined ? undefined : [', ', quoted(reason)],
  );
}

function judgedLine(verdict: Verdict, what: string, { text, span }: Pick<EventData['criterion'], 'text' | 'span'>, places: PagePlaces): PageContent {
  return element('p', {}, verdictNode(verdict), ` ${what} (`, spanLink(places, span), '): ', quoted(text));
}

const severities: Readonly<Record<Severity, Verdict>> = { error: 'error', failed: 'failed', refused: 'refused', warning: 'unproven' };

export function diagnosticNode({ severity, code, message, span, label, notes, help }: Diagnostic, places: PagePlaces): PageNode {
  const verdict = severities[severity];
  return element(
    'div',
    { className: ['message', `v-${verdict}`] },
    element(
      'p',
      {},
      element('span', { className: ['mark'] }, `${verdictMarks[verdict]} ${severity}`),
      ' ',
      quoted(message),
      element('span', { className: ['soft', 'small'] }, ` [${code}]`),
    ),
    span ? element('p', {}, spanLink(places, span), label === undefined ? undefined : [': ', quoted(label)]) : undefined,
    (notes ?? []).length === 0
      ? undefined
      : element(
          'ul',
          { className: ['soft'] },
          (notes ?? []).slice(0, 50).map((note) => element('li', {}, noteContent(note, places))),
        ),
    help === undefined ? undefined : element('p', {}, element('strong', {}, 'next: '), quoted(help)),
  );
}

/** A link to a policy's row. */
export function policyLink(places: PagePlaces, id: string): PageContent {
  return linkTo(places, anchor('policy', id), id);
}
