/**
 * `report.html`: the plan as it stands with verdicts, values and folded evidence in place, between a first screen that says what came
 * of it and tables that say how it is known. One file, no script, nothing that is loaded; made from journal and evidence alone.
 */
import { messageOf, type Checked } from '../model/diagnostic.ts';
import type { EventData } from '../model/event.ts';
import type { Verdict } from '../model/verdict.ts';
import { anchor, spanLink, type PagePlaces } from './page-anchor.ts';
import { auditSection } from './page-audit.ts';
import { shorten } from './page-detail.ts';
import { element, type PageContent, type PageNode } from './page-node.ts';
import { verdictNode } from './page-part.ts';
import { renderPlan } from './page-plan.ts';
import { readPage, type PageSource, type ReadPageOptions } from './page-read.ts';
import type { PageRecord, PageStep } from './page-record.ts';
import { reportStyle } from './page-report-style.ts';
import { criterionSection, judgedSection, messageSection, policySection, refusedSection, valueSection } from './page-section.ts';
import { renderPageShell } from './page-shell.ts';
import { expectationNode, noteContent, quoted, stepNode, stepVerdict, type StepRoom } from './page-step.ts';
import type { PlanRemark } from './page-text.ts';
import { timelineSection } from './page-timeline.ts';
import { bannerNode, factNode, failureNode, policyLink, titleOf } from './page-top.ts';
import { count } from './verdict-mark.ts';

/** Steps that passed and have evidence in the page, and those that have a line of their own behind them. */
const mostWhole = 400;
const mostLines = 2_500;

/** Renders the page of an execution's folder. Its diagnostics say what the page says too: where the record breaks off. */
export async function readReportPage(folder: string, options: ReadPageOptions = {}): Promise<Checked<string>> {
  try {
    const { value, diagnostics } = await readPage(folder, options);
    return { value: value && renderReportPage(value), diagnostics };
  } catch (error) {
    // The data of an entry is trusted to have its kind's shape; one that was edited, or written by another version, may not.
    const message = `an entry of the journal does not have the form of its kind: ${messageOf(error)}`;
    return { value: undefined, diagnostics: [{ severity: 'error', code: 'journal/unreadable', message, help: `proofplan audit verify ${folder}` }] };
  }
}

export function renderReportPage({ record, head, document }: PageSource): string {
  const rooms = roomsOf(record);
  const separate = separateExpectations(record);
  const anchors = new Set(knownAnchors(record, rooms));
  let hasLine: (line: number) => boolean = () => true;
  const places: PagePlaces = {
    planPath: record.opened?.plan.path,
    has: (to) => (to.startsWith('line-') ? hasLine(Number(to.slice('line-'.length))) : anchors.has(to)),
  };
  const plan = renderPlan({
    document,
    path: record.opened?.plan.path ?? '',
    form: record.opened?.plan.form ?? 'markdown',
    remarks: remarksOf(record, rooms, separate, places),
    fields: record.fields.values(),
  });
  ({ hasLine } = plan);
  const folded = [...record.steps.values()].filter(({ id }) => !rooms.has(id)).length;
  const body = [
    element('a', { href: '#plan', className: ['skip'] }, 'to the plan'),
    element('header', {}, element('h1', {}, shorten(record.opened?.plan.title ?? head.execution, 300)), bannerNode(record, head), contents(record)),
  ];
  const after = [
    policySection(record, places),
    criterionSection(record, places),
    judgedSection(record, places),
    refusedSection(record, places),
    valueSection(record, places),
    timelineSection(record, places),
    messageSection(record, places),
    auditSection(record, head),
  ];
  const planHead = element(
    'div',
    {},
    element('h2', { id: 'plan' }, 'The plan and what came of it'),
    folded === 0
      ? undefined
      : element('p', { className: ['left-out'] }, `${count(folded, 'step')} that passed have no remark of their own here: proofplan show . STEP`),
  );
  return renderPageShell({
    title: titleOf(record, head),
    style: reportStyle,
    body: [
      body,
      [failureNode(record, places), factSection(record, head), planHead],
      ...plan.parts,
      after,
      element('p', { className: ['print-note'] }, 'Folded evidence that is not on this paper stands in the file report.html.'),
    ],
  });
}

function factSection(record: PageRecord, head: PageSource['head']): PageNode {
  return element(
    'section',
    { ariaLabelledBy: ['facts'] },
    element('h2', { id: 'facts', className: ['unseen'] }, 'What was executed, and with what'),
    factNode(record, head),
  );
}

function contents({ policies, criteria, refusals, steps }: PageRecord): PageNode {
  const links: readonly (readonly [string, string] | undefined)[] = [
    ['plan', 'Plan'],
    policies.size === 0 ? undefined : ['policies', 'Policies'],
    criteria.size === 0 ? undefined : ['criteria', 'Criteria'],
    refusals.length === 0 ? undefined : ['refused', 'Refused'],
    steps.size === 0 ? undefined : ['timeline', 'Steps and time'],
    ['audit', 'Audit trail'],
  ];
  return element(
    'nav',
    { ariaLabel: 'Contents' },
    element(
      'ul',
      {},
      links.flatMap((link) => (link ? [element('li', {}, element('a', { href: `#${link[0]}` }, link[1]))] : [])),
    ),
  );
}

/** How much of each step stands in the page; a step that is not here is counted. */
function roomsOf({ steps }: PageRecord): ReadonlyMap<string, StepRoom> {
  const rooms = new Map<string, StepRoom>();
  let [passed, others] = [0, 0];
  for (const step of steps.values()) {
    const isPassed = step.ended?.verdict === 'passed' || step.notRun?.notNeeded === true;
    const number = isPassed ? passed++ : others++;
    if (number < mostWhole && (step.ended === undefined || step.detail !== undefined || !isPassed)) rooms.set(step.id, 'whole');
    else if (number < mostLines) rooms.set(step.id, 'line');
  }
  return rooms;
}

/** Expectations whose sentence stands elsewhere than the step: they are told there. */
function separateExpectations({ steps, opened }: PageRecord): ReadonlySet<EventData['expectation']> {
  const found = new Set<EventData['expectation']>();
  for (const step of steps.values()) {
    const own = step.ended?.span ?? step.planned?.span;
    for (const each of step.expectations.values()) {
      const { span } = each;
      if (span.path === opened?.plan.path && own !== undefined && (span.start.line < own.start.line || span.end.line > own.end.line)) found.add(each);
    }
  }
  return found;
}

function knownAnchors({ steps, policies, criteria, refusals }: PageRecord, rooms: ReadonlyMap<string, StepRoom>): readonly string[] {
  return [
    ...[...rooms.keys()].map((id) => anchor('step', id)),
    ...[...rooms]
      .filter(([, room]) => room === 'whole')
      .flatMap(([id]) => [...(steps.get(id)?.expectations.keys() ?? [])].map((each) => anchor('expectation', each))),
    ...[...policies.keys()].map((id) => anchor('policy', id)),
    ...[...criteria.keys()].map((id) => anchor('criterion', id)),
    ...refusals.map(({ seq }) => anchor('entry', seq)),
  ];
}

function remarksOf(
  record: PageRecord,
  rooms: ReadonlyMap<string, StepRoom>,
  separate: ReadonlySet<EventData['expectation']>,
  places: PagePlaces,
): readonly PlanRemark[] {
  const found: PlanRemark[] = [];
  const own = (path: string): boolean => path === record.opened?.plan.path;
  const judged = (verdict: Verdict, span: PlanRemark['span'], ...content: readonly PageContent[]): void => {
    if (own(span.path)) found.push({ span, passed: verdict === 'passed', node: element('div', { className: ['remark', `v-${verdict}`] }, content) });
  };
  const line = (verdict: Verdict, ...content: readonly PageContent[]): PageNode => element('p', { className: ['head'] }, verdictNode(verdict), ' ', content);
  for (const { enforced, declared } of record.policies.values()) {
    if (enforced)
      judged(
        enforced.verdict,
        enforced.span,
        line(
          enforced.verdict,
          'policy ',
          policyLink(places, enforced.id),
          `: ${enforced.strength} by ${shorten(enforced.by, 300)}; ${enforced.permitted} permitted, ${enforced.refused} refused`,
        ),
      );
    else if (declared) judged('none', declared.span, line('none', 'policy ', policyLink(places, declared.id)));
  }
  for (const each of record.preconditions.values())
    judged(
      each.verdict,
      each.span,
      line(each.verdict, 'precondition'),
      each.notes.length === 0
        ? undefined
        : element(
            'ul',
            { className: ['soft', 'small'] },
            each.notes.slice(0, 20).map((note) => element('li', {}, noteContent(note, places))),
          ),
    );
  for (const each of record.tasks.values())
    judged(
      each.verdict,
      each.span,
      line(each.verdict, `task of a person, not done by the runner${each.attestedBy === undefined ? '' : `; attested by ${shorten(each.attestedBy, 200)}`}`),
    );
  for (const step of record.steps.values()) {
    const room = rooms.get(step.id);
    const span = step.ended?.span ?? step.notRun?.span ?? step.planned?.span;
    const inside = [...step.expectations.values()].filter((each) => !separate.has(each));
    if (room !== undefined && span !== undefined)
      found.push({ span: placeOf(span, step, record), passed: stepVerdict(step) === 'passed', node: stepNode(step, room, inside, places) });
    if (room === 'whole')
      for (const each of step.expectations.values())
        if (separate.has(each))
          judged(
            each.verdict,
            each.span,
            expectationNode(each, places),
            element('p', { className: ['soft', 'small'] }, 'of ', element('a', { href: `#${anchor('step', step.id)}` }, `step ${step.id}`)),
          );
  }
  for (const each of record.criteria.values())
    judged(
      each.verdict,
      each.span,
      line(each.verdict, element('a', { href: `#${anchor('criterion', each.id)}` }, `criterion ${each.id}`)),
      criterionTold(each),
    );
  for (const each of record.fields.values()) judged(each.value === undefined ? 'unproven' : 'none', each.span, fieldLine(each, places));
  return found;
}

/** A step of another file (an addendum's) stands at the end of the plan. */
function placeOf(span: PlanRemark['span'], step: PageStep, { opened }: PageRecord): PlanRemark['span'] {
  if (span.path === opened?.plan.path) return span;
  const planned = step.planned?.span;
  if (planned !== undefined && planned.path === opened?.plan.path) return planned;
  const end = { offset: 0, line: 1_000_000_000, column: 2 };
  return { path: opened?.plan.path ?? '', start: end, end };
}

function criterionTold({ clauses }: EventData['criterion']): PageContent {
  const without = clauses.filter(({ witnesses }) => witnesses.length === 0);
  return without.length === 0
    ? undefined
    : element(
        'ul',
        { className: ['plain', 'small'] },
        without.slice(0, 20).map(({ text }) => element('li', {}, '? no witness: ', quoted(text))),
      );
}

function fieldLine({ label, value, origin, span }: EventData['report-field'], places: PagePlaces): PageNode {
  return value === undefined
    ? element(
        'p',
        { className: ['head'] },
        verdictNode('unproven', 'not filled'),
        ` ${shorten(label, 200)}: nothing that was executed supplies it (`,
        spanLink(places, span),
        ')',
      )
    : element('p', { className: ['head', 'small'] }, `${shorten(label, 200)}: `, noteContent(origin ?? 'from evidence', places));
}
