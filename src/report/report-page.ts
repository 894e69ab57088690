/**
 * `report.html`: the plan as it stands with verdicts, values and folded evidence in place, between a first screen that says what came
 * of it and tables that say how it is known. One file, no script, nothing that is loaded; made from journal and evidence alone.
 */
import type { Checked } from '../model/diagnostic.ts';
import { anchor, type PagePlaces } from './page-anchor.ts';
import { auditSection } from './page-audit.ts';
import { shorten } from './page-detail.ts';
import { element, type PageNode } from './page-node.ts';
import { renderPlan } from './page-plan.ts';
import { remarksOf, separateExpectations } from './page-remark.ts';
import { readPage, type PageSource, type ReadPageOptions } from './page-read.ts';
import type { PageRecord } from './page-record.ts';
import { reportStyle } from './page-report-style.ts';
import { criterionSection, judgedSection, messageSection, policySection, refusedSection, valueSection } from './page-section.ts';
import { notOfItsKind } from './read-record.ts';
import { renderPageShell } from './page-shell.ts';
import { spanOf, type StepRoom } from './page-step.ts';
import { timelineSection } from './page-timeline.ts';
import { bannerNode, factNode, failureNode, titleOf } from './page-top.ts';
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
    return { value: undefined, diagnostics: [notOfItsKind(folder, error)] };
  }
}

export function renderReportPage({ record, head, document }: PageSource): string {
  const rooms = roomsOf(record);
  const separate = separateExpectations(record);
  const anchors = new Set(knownAnchors(record, rooms));
  let hasLine: (line: number) => boolean = () => false;
  const places: PagePlaces = {
    planPath: record.opened?.plan.path,
    has: (to) => (to.startsWith('line-') ? hasLine(Number(to.slice('line-'.length))) : anchors.has(to)),
  };
  const plan = renderPlan({
    document,
    path: record.opened?.plan.path ?? '',
    form: record.opened?.plan.form ?? 'markdown',
    remarks: (isLine) => {
      hasLine = isLine;
      return remarksOf(record, rooms, separate, places);
    },
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
    // Of what another hand wrote: nowhere in the plan, and so nowhere in the page.
    if (spanOf(step) === undefined) continue;
    const isPassed = step.ended?.verdict === 'passed' || step.notRun?.notNeeded === true;
    const number = isPassed ? passed++ : others++;
    if (number < mostWhole && (step.ended === undefined || step.detail !== undefined || !isPassed)) rooms.set(step.id, 'whole');
    else if (number < mostLines) rooms.set(step.id, 'line');
  }
  return rooms;
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
