/** What a page says behind the blocks of the plan: of policies, preconditions, tasks, steps, expectations, criteria, report fields. */
import type { EventData } from '../model/event.ts';
import type { Verdict } from '../model/verdict.ts';
import { anchor, spanLink, type PagePlaces } from './page-anchor.ts';
import { shorten } from './page-detail.ts';
import { element, type PageContent, type PageNode } from './page-node.ts';
import { codeNode, verdictNode } from './page-part.ts';
import { noteContent, quoted } from './page-quote.ts';
import type { PageRecord, PageStep } from './page-record.ts';
import { expectationNode, spanOf, stepNode, stepVerdict, type StepRoom } from './page-step.ts';
import type { PlanRemark } from './page-text.ts';
import { policyLink } from './page-top.ts';

/** Expectations whose sentence stands elsewhere than the step: they are told there. */
export function separateExpectations({ steps, opened }: PageRecord): ReadonlySet<EventData['expectation']> {
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

/** Behind which stretch of the plan what is told. */
export function remarksOf(
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
    const span = spanOf(step);
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
  // In a YAML plan nothing is filled in: the value stands behind the line that asks for it.
  const withValue = record.opened?.plan.form === 'yaml';
  for (const each of record.fields.values()) judged(each.value === undefined ? 'unproven' : 'none', each.span, fieldLine(each, places, withValue));
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

function fieldLine({ label, value, origin, span }: EventData['report-field'], places: PagePlaces, withValue: boolean): PageNode {
  return value === undefined
    ? element(
        'p',
        { className: ['head'] },
        verdictNode('unproven', 'not filled'),
        ` ${shorten(label, 200)}: nothing that was executed supplies it (`,
        spanLink(places, span),
        ')',
      )
    : element(
        'p',
        { className: ['head', 'small'] },
        `${shorten(label, 200)}: `,
        withValue ? [codeNode(shorten(value)), ', '] : undefined,
        noteContent(origin ?? 'from evidence', places),
      );
}
