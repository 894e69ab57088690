/** The tables behind the plan: policies, criteria with their witnesses, preconditions, tasks, values, what was refused, messages. */
import type { EventData } from '../model/event.ts';
import type { PolicyRule } from '../model/policy.ts';
import type { Verdict } from '../model/verdict.ts';
import { anchor, linkTo, spanLink, stepLink, type PagePlaces } from './page-anchor.ts';
import { shorten } from './page-detail.ts';
import { element, type PageContent, type PageNode } from './page-node.ts';
import { codeNode, tableNode, verdictNode } from './page-part.ts';
import { noteContent, originContent, quoted } from './page-quote.ts';
import type { PageRecord } from './page-record.ts';
import { diagnosticNode, policyLink } from './page-top.ts';

/** So many rows of a table stand in a page. */
const mostRows = 500;

function sectionNode(id: string, title: string, content: PageContent): PageContent {
  return element('section', { ariaLabelledBy: [id] }, element('h2', { id }, title), content);
}

function leftOut(shown: number, all: number, what: string): PageContent {
  return all > shown ? element('p', { className: ['left-out'] }, `${all - shown} more ${what}: proofplan show .`) : undefined;
}

/** Declared → rule → how strongly, by what layer → canary → what was put before it → verdict. */
export function policySection({ policies, refusals }: PageRecord, places: PagePlaces): PageContent {
  if (policies.size === 0) return undefined;
  const rows = [...policies].slice(0, mostRows).map(([id, { declared, enforced }]) => {
    const data = enforced ?? declared;
    const refused = refusals.filter((each) => each.policies.includes(id));
    return {
      id: anchor('policy', id),
      cells: [
        [
          element('strong', {}, id),
          ' ',
          quoted(data?.text ?? ''),
          ' ',
          data ? element('span', { className: ['soft', 'small'] }, spanLink(places, data.span), scopeOf(declared)) : undefined,
        ],
        data ? ruleContent(data.rule) : undefined,
        enforced ? [element('strong', {}, enforced.strength), ` by ${shorten(enforced.by)}`] : 'not judged',
        enforced ? (enforced.canary === null ? 'none' : listed(enforced.canary)) : undefined,
        enforced
          ? [
              `${enforced.permitted} permitted, ${enforced.refused} refused`,
              refused.length === 0
                ? undefined
                : element(
                    'span',
                    {},
                    ': ',
                    refused.slice(0, 10).flatMap((each, index) => [index === 0 ? '' : ', ', linkTo(places, anchor('entry', each.seq), `entry ${each.seq}`)]),
                  ),
            ]
          : undefined,
        verdictNode(enforced?.verdict ?? 'none'),
      ],
    };
  });
  const columns = ['policy', 'rule', 'strength and layer', 'canary', 'put before it', 'verdict'].map((title) => ({ title }));
  return sectionNode('policies', 'Policies', [
    tableNode(
      'What the plan forbids or demands, how that was kept, and what came of it. A canary is the forbidden act that the runner itself tries.',
      columns,
      rows,
    ),
    leftOut(rows.length, policies.size, 'policies'),
  ]);
}

function scopeOf(declared: EventData['policy-declared'] | undefined): string {
  if (declared === undefined) return '';
  const { scope, origin } = declared;
  const where = scope.kind === 'section' ? `, section ${scope.section}` : scope.kind === 'step' ? `, step ${scope.step}` : '';
  return `${where}${origin === 'text' ? '' : `, from the ${origin}`}`;
}

function ruleContent({ kind, ...rest }: PolicyRule): PageContent {
  const parts = Object.entries(rest).flatMap(([name, value]) =>
    Array.isArray(value) && value.length === 0 ? [] : [`${name}: ${Array.isArray(value) ? value.join(', ') : String(value)}`],
  );
  return [codeNode(kind), parts.length === 0 ? undefined : element('div', { className: ['soft', 'small'] }, shorten(parts.join('; ')))];
}

/** A list in one sentence, folded where it is long. */
function listed(text: string): PageContent {
  if (text.length < 80) return text;
  const parts = shorten(text, 4_000).split(/(?<=: (?:not )?refused), /);
  return element(
    'details',
    {},
    element('summary', {}, `${parts.length} tried`),
    element(
      'ul',
      { className: ['small'] },
      parts.map((part) => element('li', {}, quoted(part))),
    ),
  );
}

export function criterionSection(record: PageRecord, places: PagePlaces): PageContent {
  const { criteria } = record;
  if (criteria.size === 0) return undefined;
  const expectations = new Map([...record.steps.values()].flatMap((step) => [...step.expectations.values()].map((each) => [each.id, each] as const)));
  const rows = [...criteria.values()].slice(0, mostRows).map((data) => ({
    id: anchor('criterion', data.id),
    cells: [
      [element('strong', {}, data.id), ' ', quoted(data.text), ' ', element('span', { className: ['soft', 'small'] }, spanLink(places, data.span))],
      element(
        'ul',
        { className: ['plain'] },
        data.clauses.slice(0, 50).map((clause) => clauseNode(clause, expectations, places)),
      ),
      verdictNode(data.verdict),
    ],
  }));
  const columns = [{ title: 'criterion' }, { title: 'clauses and what establishes each' }, { title: 'verdict' }];
  return sectionNode('criteria', 'Acceptance criteria', [
    tableNode('Each clause of a criterion needs a witness of its own.', columns, rows),
    leftOut(rows.length, criteria.size, 'criteria'),
  ]);
}

type Clause = EventData['criterion']['clauses'][number];

function clauseNode({ text, verdict, witnesses }: Clause, expectations: ReadonlyMap<string, EventData['expectation']>, places: PagePlaces): PageNode {
  const lines = witnesses.slice(0, 50).map((witness) => {
    const expectation = witness.kind === 'expectation' ? expectations.get(witness.id) : undefined;
    const to = anchor(witness.kind, witness.id);
    return element(
      'li',
      {},
      verdictNode(witness.verdict),
      ' ',
      linkTo(places, to, `${witness.kind} ${witness.id}`),
      expectation ? [': ', quoted(expectation.text, 400)] : undefined,
    );
  });
  return element(
    'li',
    {},
    verdictNode(verdict === 'none' ? 'unproven' : verdict),
    ' ',
    quoted(text),
    element('ul', { className: ['plain', 'small'] }, lines.length === 0 ? element('li', {}, '? no witness: nothing that was executed establishes it') : lines),
  );
}

export function judgedSection({ preconditions, tasks }: PageRecord, places: PagePlaces): PageContent {
  const rows = (
    list: readonly {
      readonly kind: 'precondition' | 'task';
      readonly id: string;
      readonly text: string;
      readonly span: EventData['task']['span'];
      readonly verdict: Verdict;
      readonly told: PageContent;
    }[],
  ): PageNode =>
    tableNode(
      'What had to hold before the first step, and what people do outside the runner.',
      ['what', 'text', 'established by', 'verdict'].map((title) => ({ title })),
      list.slice(0, mostRows).map((each) => ({
        id: anchor(each.kind, each.id),
        cells: [
          `${each.kind} ${each.id}`,
          [quoted(each.text), ' ', element('span', { className: ['soft', 'small'] }, spanLink(places, each.span))],
          each.told,
          verdictNode(each.verdict),
        ],
      })),
    );
  const list = [
    ...[...preconditions.values()].map((each) => ({
      ...each,
      kind: 'precondition' as const,
      told: element(
        'ul',
        { className: ['plain'] },
        each.notes.slice(0, 20).map((note) => element('li', {}, noteContent(note, places))),
      ),
    })),
    ...[...tasks.values()].map((each) => ({ ...each, kind: 'task' as const, told: taskContent(each) })),
  ];
  return list.length === 0 ? undefined : sectionNode('preconditions', 'Preconditions and tasks', [rows(list), leftOut(mostRows, list.length, 'of these')]);
}

function taskContent({ condition, verdict, attestedBy, verifiedBy }: EventData['task']): PageContent {
  if (condition === 'failure' && verdict === 'none') return 'only if something fails; the runner did not do it';
  if (attestedBy !== undefined) return `attested by ${shorten(attestedBy)}`;
  return verifiedBy.length === 0 ? 'nothing verifies it' : `verified by ${shorten(verifiedBy.join(', '))}`;
}

export function valueSection(record: PageRecord, places: PagePlaces): PageContent {
  const inputs = record.opened?.inputs ?? [];
  const captures = [...record.steps.values()].flatMap((step) => step.captures.filter(({ captured }) => captured));
  const all = [...inputs, ...captures];
  if (all.length === 0) return undefined;
  const rows = all.slice(0, mostRows).map((value) => ({
    cells: [codeNode(shorten(value.name)), codeNode(value.text === null ? 'null' : shorten(value.text)), value.type, originContent(value.origin, places)],
  }));
  const columns = ['name', 'value', 'type', 'origin'].map((title) => ({ title }));
  return sectionNode('values', 'Values and where they came from', [
    tableNode('Given from outside, or taken out of evidence. A secret is ***.', columns, rows),
    leftOut(rows.length, all.length + (record.more.get('capture') ?? 0), 'values'),
  ]);
}

export function refusedSection({ refusals, more, lists }: PageRecord, places: PagePlaces): PageContent {
  const rows = refusals.map((each) => ({
    id: anchor('entry', each.seq),
    cells: [
      [stepLink(places, each.step), `, entry ${each.seq}`],
      element('pre', {}, shorten(each.text, 2_000)),
      [
        quoted(each.reason),
        element(
          'div',
          { className: ['soft', 'small'] },
          `${each.rule}${each.sqlstate === undefined ? '' : `, SQLSTATE ${each.sqlstate}`}, by ${each.source}${each.count === 1 ? '' : `, ${each.count} times`}`,
          each.span ? [', ', spanLink(places, each.span)] : undefined,
        ),
      ],
      each.policies.length === 0 ? 'the guard itself' : each.policies.flatMap((id, index) => [index === 0 ? '' : ', ', policyLink(places, id)]),
    ],
  }));
  const trips = lists.tripwire
    .filter(({ effect }) => effect === 'refuse')
    .map((each) => ({ cells: [stepLink(places, each.step), shorten(each.what, 2_000), `found afterwards (${each.kind})`, each.policies.join(', ')] }));
  if (rows.length + trips.length === 0) return undefined;
  const columns = ['step', 'what', 'why it was refused', 'policy'].map((title) => ({ title }));
  return sectionNode('refused', 'Refused actions', [
    tableNode('What a policy or a guard stopped, or found afterwards.', columns, [...rows, ...trips]),
    leftOut(rows.length, rows.length + (more.get('decision') ?? 0), 'refusals'),
  ]);
}

export function messageSection({ lists, more }: PageRecord, places: PagePlaces): PageContent {
  const { diagnostic } = lists;
  if (diagnostic.length === 0) return undefined;
  return sectionNode('messages', 'Messages', [
    diagnostic.map((each) => diagnosticNode(each, places)),
    leftOut(diagnostic.length, diagnostic.length + (more.get('diagnostic') ?? 0), 'messages'),
  ]);
}
