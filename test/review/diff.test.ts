import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { afterAll, describe, expect, test } from 'vitest';
import type { Claim } from '../../src/model/claim.ts';
import type { DoneProbe, Repetition, Step } from '../../src/model/step.ts';
import { createSqlParser } from '../../src/policy/sql-parser.ts';
import { partOrder, type Change, type Comparison } from '../../src/review/compare-change.ts';
import { comparePlan } from '../../src/review/compare-plan.ts';
import { compareClaims } from '../../src/review/compare-relation.ts';
import { presenceRules } from '../../src/review/compare-presence-rule.ts';
import { facetRules } from '../../src/review/compare-rule.ts';
import { diffedPlan, diffOf } from '../../src/review/diff-data.ts';
import { renderDiffMarkdown } from '../../src/review/diff-markdown.ts';
import { renderDiff } from '../../src/review/diff-terminal.ts';
import { edited, planOf, readPlanText, type PlanText } from './diff-fixture.ts';

const parser = createSqlParser();
afterAll(() => parser.close());

const compare = async (old: PlanText, next: PlanText): Promise<Comparison> => comparePlan(await planOf(old, parser), await planOf(next, parser));
const fixture = (name: string): PlanText => readPlanText(`fixtures/diff/${name}.md`);
const short = ({ class: is, part, change, facet }: Change): string => [is, part, change, ...(facet === undefined ? [] : [facet])].join(' ');
const lines = (changes: readonly Change[], part: Change['part'], change: Change['change']): readonly string[] =>
  changes.filter((each) => each.part === part && each.change === change).map((each) => (each.old ?? each.new)?.text ?? '');

describe('v2 against v4', () => {
  const compared = compare(readPlanText('plans/run-proof-v2.md'), readPlanText('plans/run-proof-v4.md'));

  test('five expectations of its Expected lines are lost, and one of them has become weaker, too', async () => {
    const { changes } = await compared;
    const lost = changes.filter((each) => each.part === 'expectation' && each.change === 'lost' && each.class === 'weaker').map((each) => each.old);
    const expected = [
      expect.stringMatching(/\b1 trace row$/),
      'step_count >= 1',
      'integrity_model = HASH_CHAIN',
      'verification_status = VERIFIED',
      'chain_length == step_count',
    ];
    expect(lost.map((each) => each?.text.replaceAll('`', ''))).toEqual(expect.arrayContaining(expected));
    expect(lost.filter((each) => (each?.line ?? 0) >= 89 && (each?.line ?? 0) <= 129)).toHaveLength(5);
  });

  test('the order, the named tables, two criteria and "Execute from" are lost', async () => {
    const { changes } = await compared;
    const policies = lines(changes, 'policy', 'lost');
    expect(policies).toContain('Fix the `origin_system_id` default/trigger contradiction before attempting any test run.');
    expect(policies).toContain('Do not insert into `runs`, `aos_traces`, or `aos_trace_steps` directly.');
    expect(lines(changes, 'criterion', 'lost')).toEqual([expect.stringMatching(/schema is no longer/), expect.stringMatching(/^All run creation paths/)]);
    expect(lines(changes, 'direction', 'lost')).toEqual(['Execute from `backend/`:']);
    expect(changes.filter((each) => each.part === 'criterion' && each.change === 'lost').every((each) => each.class === 'weaker')).toBe(true);
  });

  test('the other way round what was lost is added, and nothing added is called weaker', async () => {
    const { changes } = await compare(readPlanText('plans/run-proof-v4.md'), readPlanText('plans/run-proof-v2.md'));
    expect(lines(changes, 'criterion', 'added')).toEqual([expect.stringMatching(/schema is no longer/), expect.stringMatching(/^All run creation paths/)]);
    expect(changes.filter((each) => each.change === 'added' && each.class === 'weaker')).toEqual([]);
    expect(changes.filter((each) => each.change === 'lost' && each.class === 'stronger')).toEqual([]);
  });
});

test.each(['plans/run-proof-v2.md', 'plans/run-proof-v4.md', 'fixtures/diff/payments.md', 'fixtures/diff/dns-cutover.md'])(
  '%s does not differ from itself',
  async (path) => {
    expect(await compare(readPlanText(path), readPlanText(path))).toEqual({ changes: [], counts: { weaker: 0, unclear: 0, stronger: 0, equal: 0 } });
  },
);

test('a plan in Markdown and the same in YAML demand the same', async () => {
  const { changes } = await compare(readPlanText('fixtures/same-plan/order-import.md'), readPlanText('fixtures/same-plan/order-import.plan.yaml'));
  expect(changes.filter((each) => each.class === 'weaker').map(short)).toEqual([]);
  expect(changes.filter((each) => each.part === 'section' || each.part === 'direction')).toEqual([]);
});

test('two large documents with nothing in common are compared in a moment', async () => {
  const large = (word: string): PlanText => ({
    path: `${word}.md`,
    addendum: undefined,
    text: `# A\n\n## 1. Rules\n\n${Array.from({ length: 1500 }, (_, index) => `- Never ${word}${index} the thing ${word}.\n`).join('')}\n## 2. Run\n\n\`\`\`bash\ntrue\n\`\`\`\n`,
  });
  const [old, next] = [await planOf(large('push'), parser), await planOf(large('pull'), parser)];
  const start = performance.now();
  expect(comparePlan(old, next).changes.length).toBeGreaterThan(1500);
  expect(performance.now() - start).toBeLessThan(10_000);
});

/** Fixture, what is replaced by what, and all that must be said: neither less nor anything else that is weaker or unclear. */
const edits: readonly (readonly [name: string, file: string, from: string, to: string, expected: readonly string[]])[] = [
  ['a lower bound falls', 'game-release', 'Expected: at least 10 rows', 'Expected: at least 5 rows', ['weaker expectation changed claim']],
  ['a lower bound rises', 'game-release', 'Expected: at least 10 rows', 'Expected: at least 20 rows', ['stronger expectation changed claim']],
  ['an open bound is closed', 'backup-restore', '`restored > 100`', '`restored >= 100`', ['weaker expectation changed claim']],
  ['exactly becomes at least', 'payments', '`balance == 0`', '`balance >= 0`', ['weaker expectation changed claim']],
  ['another number', 'game-release', 'Expected: at least 10 rows', 'Expected: exactly 3 rows', ['unclear expectation changed claim']],
  ['the opposite', 'payments', '`balance == 0`', '`balance != 0`', ['unclear expectation changed claim']],
  ['a text becomes one of two', 'payments', '`refund_status = SETTLED`', '`refund_status in { SETTLED, PENDING }`', ['weaker expectation changed claim']],
  ['exact rows become at least', 'hospital-interface', '1 row,', 'at least 1 row,', ['weaker expectation changed claim']],
  ['fewer protected tables', 'payments', '`refunds` or `ledger_entries`', '`refunds`', ['weaker policy changed tables']],
  ['a limit of attempts rises', 'payments', 'Max 2 attempts', 'Max 3 attempts', ['weaker policy changed attempts']],
  ['a limit of attempts falls', 'payments', 'Max 2 attempts', 'Max 1 attempts', ['stronger policy changed attempts']],
  ['evidence is not demanded any more', 'payments', 'Stop on failure and report evidence.', 'Stop on failure.', ['weaker policy changed evidence']],
  ['a policy goes', 'dns-cutover', '- Do not retry.\n', '', ['weaker policy lost']],
  ['a policy comes', 'dns-cutover', '- Do not retry.\n', '- Do not retry.\n- Never skip a step.\n', ['stronger policy added']],
  ['a bracket goes', 'payments', ' (DB Read-Only)', '', ['weaker policy lost']],
  ['a criterion goes', 'payments', '- The ledger `balance` is 0.\n', '', ['weaker criterion lost']],
  ['a report field goes', 'payments', '**Balance:** `<balance>`\n', '', ['weaker report field lost']],
  ['a precondition goes', 'dns-cutover', '- `DNS_VIEW=external`\n', '', ['weaker precondition lost']],
  ['an expectation goes', 'game-release', '- output contains "0 timeouts"\n', '', ['weaker expectation lost']],
  ['a negative expectation goes', 'game-release', '- output does not contain "desync"\n', '', ['weaker expectation lost']],
  ['a task goes', 'backup-restore', '2. Tell the archive team.\n', '', ['weaker task lost']],
  ['another word in a task', 'backup-restore', '2. Tell the archive team.', '2. Warn the archive team.', ['unclear task reworded text']],
  ['upper case in a command', 'game-release', 'make build', 'make BUILD', ['unclear step changed text']],
  [
    'upper case in a name',
    'payments',
    'The ledger `balance` is',
    'The ledger `Balance` is',
    ['unclear criterion changed text', 'weaker criterion changed witnesses'],
  ],
  ['the other way round', 'backup-restore', '2. Tell the archive team.', '2. The archive team tell.', ['unclear task reworded text']],
  [
    'another word in a criterion',
    'game-release',
    '- Season tests pass.',
    '- Season tests rest.',
    ['unclear criterion reworded text', 'weaker criterion changed witnesses'],
  ],
  ['a detail of a task changes', 'backup-restore', '30 days', '3 days', ['unclear task reworded']],
  ['a capture goes', 'hospital-interface', '- Message ID\n', '', ['weaker capture lost']],
  ['the place to run in goes', 'dns-cutover', 'Execute from `dns/`:\n\n', '', ['unclear direction lost', 'unclear step changed workingDirectory']],
  ['an option of a command changes', 'game-release', '--rounds 10', '--rounds 1', ['unclear step changed text']],
  ['a query changes', 'game-release', 'season = 4 ORDER', 'season = 5 ORDER', ['unclear step changed text']],
  ['a step goes', 'dns-cutover', '```bash\nrg -n "NS\\s+ns1|NS\\s+ns2" zones/example.org.zone\n```\n', '', ['weaker step lost']],
];

test.each(edits)('%s (%s)', async (_name, file, from, to, expected) => {
  const old = fixture(file);
  const { changes } = await compare(old, edited(old, from, to));
  const told = changes.filter((each) => each.class !== 'equal').map(short);
  for (const each of expected) expect(told).toContain(each);
  const classes = new Set(expected.map((each) => each.split(' ')[0]));
  if (!classes.has('weaker')) expect(told.filter((each) => each.startsWith('weaker'))).toEqual([]);
});

test('an exit code that is hidden is weaker, and the line that hides it is shown', async () => {
  const old = fixture('dns-cutover');
  const { changes } = await compare(old, edited(old, 'ns1.example.net --type MX --name example.org', 'ns1.example.net --type MX --name example.org || true'));
  expect(changes.map(short)).toContain('weaker step changed concealment');
  expect(changes.find((each) => each.facet === 'concealment')?.new?.text).toContain('|| true');
});

test('a step in another section, in the same order, is moved and equal; in another order it is unclear', async () => {
  const old = fixture('game-release');
  const block = '```bash\n./bin/simulate --players 64 --rounds 10\n```\n\nExpected:\n- output contains "0 timeouts"\n- output does not contain "desync"\n';
  const without = edited(old, `## Gate 2: matchmaking\n\n${block}\n`, '');
  const renamed = edited(without, '## Gate 3: leaderboard\n', `## Gate 3: load\n\n${block}\n## Gate 3b: leaderboard\n`);
  const moved = (await compare(old, renamed)).changes;
  expect(moved.filter((each) => each.part === 'step' && each.class !== 'equal')).toEqual([]);
  expect(moved.filter((each) => each.part === 'expectation' && each.change === 'lost')).toEqual([]);
  const first = edited(without, '## Gate 1: build\n', `## Gate 0: load\n\n${block}\n## Gate 1: build\n`);
  expect((await compare(old, first)).changes.map(short)).toContain('unclear step moved order');
});

test('a renamed and a renumbered section, a rewording and blank lines are equal', async () => {
  const old = fixture('payments');
  const other = edited(
    edited(edited(old, '## 4. Ledger balance', '## 7. Books'), '- Do not insert into', '- Do **not** insert into'),
    '**Record**\n',
    '\n**Record**\n\n',
  );
  const { changes, counts } = await compare(old, other);
  expect(counts).toMatchObject({ weaker: 0, unclear: 0, stronger: 0 });
  expect(changes.filter((each) => each.part === 'section').map((each) => each.new?.text)).toContain('## 7. Books');
});

test('a claim that is stated and then only implied is lost; the other way round it is gained', async () => {
  const old = fixture('dns-cutover');
  const less = edited(
    old,
    'ns1.example.net --type MX --name example.org\n```\n\n**Expected:** exit code is 0\n',
    'ns1.example.net --type MX --name example.org\n```\n',
  );
  expect((await compare(old, less)).changes.map(short)).toContain('weaker expectation lost origin');
  expect((await compare(less, old)).changes.map(short)).toContain('stronger expectation added origin');
});

test('a sentence that is not understood is told', async () => {
  const old = fixture('payments');
  const { changes } = await compare(old, edited(old, '`balance == 0`', 'the books look right'));
  expect(changes.map(short)).toEqual(expect.arrayContaining(['weaker expectation lost', 'unclear open sentence added']));
});

test('a policy that was enforced and is now accepted by name is weaker', async () => {
  const old = await planOf(fixture('dns-cutover'), parser);
  const next = {
    ...old,
    policies: old.policies.map((policy, index) => (index === 0 ? { ...policy, rule: { kind: 'accepted', by: 'Ada' } as const } : policy)),
  };
  expect(comparePlan(old, next).changes.map(short)).toContain('weaker policy changed accepted');
  expect(comparePlan(next, old).changes.map(short)).toContain('stronger policy changed accepted');
});

test('a rule that holds in a section only is weaker, and one for a smaller set is, too', async () => {
  const old = await planOf(fixture('payments'), parser);
  const next = {
    ...old,
    policies: old.policies.map((policy) => ({ ...policy, scope: { kind: 'section', section: '3' } as const })),
    protectedTables: old.protectedTables.slice(1),
  };
  expect(comparePlan(old, next).changes.map(short)).toEqual(expect.arrayContaining(['weaker policy changed scope', 'weaker protected table lost']));
});

test('the same tables in another order are equal', async () => {
  const old = fixture('payments');
  const { changes } = await compare(old, edited(old, '`refunds` or `ledger_entries`', '`ledger_entries` or `refunds`'));
  expect(changes.filter((each) => each.facet === 'tables').every((each) => each.class === 'equal')).toBe(true);
  expect(changes.some((each) => each.facet === 'tables')).toBe(true);
});

test('what no rule knows is unclear, never equal', async () => {
  const old = await planOf(fixture('payments'), parser);
  const next = {
    ...old,
    steps: old.steps.map((step) => ({ ...step, invented: 'x' })),
    policies: old.policies.map((policy) => ({ ...policy, rule: { ...policy.rule, invented: 1 } })),
  };
  const { changes } = comparePlan(old, next);
  expect(changes.length).toBe(old.steps.length + old.policies.length);
  expect(changes.every((each) => each.class === 'unclear' && each.facet === 'invented')).toBe(true);
});

test('a timeout, a folder, the permission of a step, a capture that may be missing', async () => {
  const old = await planOf(fixture('payments'), parser);
  const edit = (change: (step: Step) => Partial<Step>): readonly string[] =>
    comparePlan(old, { ...old, steps: old.steps.map((step, index) => (index === 0 ? ({ ...step, ...change(step) } as Step) : step)) }).changes.map(short);
  expect(edit(() => ({ timeoutMs: 1 }))).toEqual(['stronger step changed timeoutMs']);
  expect(edit(() => ({ timeoutMs: 86_400_000 }))).toEqual(['weaker step changed timeoutMs']);
  expect(edit(() => ({ workingDirectory: 'elsewhere' }))).toEqual(['unclear step changed workingDirectory']);
  expect(edit((step) => ({ access: { ...step.access, writes: [...step.access.writes, 'users'] } }))).toEqual(['weaker step changed writes']);
  expect(edit((step) => ({ access: { ...step.access, capability: 'read', writes: [] } }))).toEqual(
    expect.arrayContaining(['unclear step changed production', 'stronger step changed capability']),
  );
  expect(edit((step) => ({ captures: step.captures.map((capture) => ({ ...capture, optional: true })) }))).toEqual(['weaker capture changed optional']);
  expect(edit((step) => ({ captures: step.captures.map((capture) => ({ ...capture, type: 'uuid' })) }))).toEqual(['stronger capture changed type']);
});

const spanHere = { path: 'plan.md', start: { offset: 0, line: 1, column: 1 }, end: { offset: 1, line: 1, column: 2 } };
const vain = (text: string): NonNullable<Repetition['giveUpWhen']> => ({
  text,
  span: spanHere,
  claim: { kind: 'output', operator: 'contains', text, negated: false },
});
const retry: Repetition = { kind: 'retry', attempts: 3, withinMs: 60_000, pauseMs: 1_000, span: spanHere };
const { attempts: _attempts, ...anyNumber } = retry;
const probe: DoneProbe = { sql: 'SELECT id FROM orders', parameters: [], span: spanHere };

test.each<readonly [string, Partial<Step>, Partial<Step>, readonly string[]]>([
  [
    'a retry is added',
    {},
    { repeat: retry },
    ['weaker step changed attempts', 'weaker step changed repeatMs', 'equal step changed pauseMs', 'equal step changed repetition'],
  ],
  [
    'a retry is removed',
    { repeat: retry },
    {},
    ['stronger step changed attempts', 'stronger step changed repeatMs', 'equal step changed pauseMs', 'equal step changed repetition'],
  ],
  ['more attempts', { repeat: retry }, { repeat: { ...retry, attempts: 9 } }, ['weaker step changed attempts']],
  ['fewer attempts', { repeat: retry }, { repeat: { ...retry, attempts: 2 } }, ['stronger step changed attempts']],
  ['as many as the time allows', { repeat: retry }, { repeat: anyNumber }, ['weaker step changed attempts']],
  ['a number where there was none', { repeat: anyNumber }, { repeat: retry }, ['stronger step changed attempts']],
  ['more time', { repeat: retry }, { repeat: { ...retry, withinMs: 90_000 } }, ['weaker step changed repeatMs']],
  ['less time', { repeat: retry }, { repeat: { ...retry, withinMs: 30_000 } }, ['stronger step changed repeatMs']],
  ['another pause', { repeat: retry }, { repeat: { ...retry, pauseMs: 5_000 } }, ['unclear step changed pauseMs']],
  ['another kind', { repeat: retry }, { repeat: { ...retry, kind: 'eventually' } }, ['equal step changed repetition']],
  ['nothing ends it early', { repeat: { ...retry, giveUpWhen: vain('fatal') } }, { repeat: retry }, ['weaker step changed giveUpWhen']],
  ['a claim ends it early', { repeat: retry }, { repeat: { ...retry, giveUpWhen: vain('fatal') } }, ['stronger step changed giveUpWhen']],
  [
    'another claim ends it early',
    { repeat: { ...retry, giveUpWhen: vain('fatal') } },
    { repeat: { ...retry, giveUpWhen: vain('gone') } },
    ['unclear step changed giveUpWhen'],
  ],
  ['said elsewhere', { repeat: retry }, { repeat: { ...retry, span: { ...spanHere, path: 'plan.addendum.yaml' } } }, []],
  ['once no more', { once: true }, { once: false }, ['weaker step changed once']],
  ['once from now on', { once: false }, { once: true }, ['stronger step changed once']],
  ['a probe', { once: true }, { once: true, doneWhen: probe }, ['unclear step changed doneWhen']],
  ['another probe', { doneWhen: probe }, { doneWhen: { ...probe, sql: 'SELECT 1 FROM orders' } }, ['unclear step changed doneWhen']],
  ['teardown', { role: 'step' }, { role: 'teardown' }, ['weaker step changed role']],
  ['teardown no more', { role: 'teardown' }, { role: 'step' }, ['unclear step changed role']],
])('conduct: %s', async (_, before, after, wanted) => {
  const plan = await planOf(fixture('payments'), parser);
  const withStep = (change: Partial<Step>): typeof plan => ({
    ...plan,
    steps: plan.steps.map((step, index) => (index === 0 ? ({ ...step, ...change } as Step) : step)),
  });
  const { changes } = comparePlan(withStep(before), withStep(after));
  expect(
    changes
      .filter(({ part }) => part === 'step')
      .map(short)
      .toSorted(),
  ).toEqual([...wanted].toSorted());
});

test('a teardown that is gone is weaker; one whose retry is written into the text is seen with its sentence', async () => {
  const reservoir = readPlanText('fixtures/same-plan/reservoir.md');
  const gone = await compare(reservoir, edited(reservoir, '\n## 5. Restore the original settings\n\n```bash\ngauge settings load default\n```\n', ''));
  expect(gone.changes.map(short)).toContain('weaker step lost');
  expect(gone.changes.some(({ reason }) => reason.includes('cleaned up'))).toBe(true);
  const raised = await compare(reservoir, edited(reservoir, 'Retry up to 2 times', 'Retry up to 9 times'));
  expect(raised.changes.map(short)).toContain('weaker step changed attempts');
  const demoted = await compare(reservoir, edited(reservoir, '## 3. Readings', '## 3. Clean up'));
  expect(demoted.changes.map(short)).toContain('weaker step changed role');
});

const counted = (operator: '==' | '>=' | '>' | '!=', text: string): Claim => ({
  kind: 'compare',
  left: { kind: 'name', name: 'n' },
  operator,
  right: { kind: 'literal', value: { type: 'integer', text } },
});

const texted = (text: string): Claim => ({
  kind: 'compare',
  left: { kind: 'name', name: 'n' },
  operator: '==',
  right: { kind: 'literal', value: { type: 'text', text } },
});

test.each<readonly [Claim, Claim, string]>([
  [counted('>=', '1'), counted('>=', '0'), 'more'],
  [counted('>=', '0'), counted('>=', '1'), 'less'],
  [counted('>', '0'), counted('>=', '0'), 'more'],
  [counted('==', '9007199254740993'), counted('==', '9007199254740992'), 'different'],
  [counted('>=', '9007199254740993'), counted('>=', '9007199254740992'), 'more'],
  [counted('==', '3'), counted('!=', '4'), 'more'],
  [counted('>', '3'), counted('!=', '3'), 'more'],
  [counted('>=', '3'), counted('!=', '3'), 'different'],
  [counted('==', '1'), counted('==', '1.0'), 'same'],
  [counted('>=', '0.50'), counted('>', '0.5'), 'less'],
  [texted('1.10'), texted('1.1'), 'different'],
  [counted('==', '1'), texted('1'), 'different'],
  [{ kind: 'exit-code', code: 0 }, { kind: 'exit-codes', codes: [0, 1] }, 'more'],
  [{ kind: 'rows', bound: 'exactly', count: 1, noun: 'trace' }, { kind: 'rows', bound: 'at-least', count: 1, noun: '' }, 'more'],
  [{ kind: 'rows', bound: 'at-least', count: 1, noun: '' }, { kind: 'rows', bound: 'at-most', count: 1, noun: '' }, 'different'],
  [{ kind: 'found', quantity: 'each' }, { kind: 'found', quantity: 'any' }, 'more'],
  [{ kind: 'found', quantity: 'any' }, { kind: 'found', quantity: 'none' }, 'different'],
  [{ kind: 'sql-fails', sqlstate: '23502', column: 'a' }, { kind: 'sql-fails', sqlstate: '23502' }, 'more'],
  [{ kind: 'sql-fails', sqlstate: '23502', column: 'a' }, { kind: 'sql-fails', sqlstate: '23514' }, 'different'],
  [{ kind: 'each-hit', contains: 'x', withinLines: 3 }, { kind: 'each-hit', contains: 'x', withinLines: 9, except: 'y' }, 'more'],
  [{ kind: 'null', name: 'a', negated: true }, { kind: 'null', name: 'a', negated: false }, 'different'],
  [{ kind: 'output', operator: 'contains', text: 'a', negated: false }, { kind: 'output', operator: 'contains', text: 'a', negated: true }, 'different'],
])('%j against %j: %s', (old, next, relation) => {
  expect(compareClaims(old, next)).toBe(relation);
});

test.each<readonly [string, string, string, Change['part']]>([
  ['dns-cutover', '- Stop at the first failure.', '- Stop at the **first** failure.', 'policy'],
  ['backup-restore', '2. Tell the archive team.', '2. Tell the **archive** team.', 'task'],
  ['game-release', '- Season tests pass.', '-  Season  tests pass.', 'criterion'],
])('markup and spaces change nothing that counts (%s)', async (file, from, to, part) => {
  const old = fixture(file);
  const { changes, counts } = await compare(old, edited(old, from, to));
  expect(counts).toMatchObject({ weaker: 0, unclear: 0, stronger: 0 });
  expect(changes.every((each) => each.part === part)).toBe(true);
});

test('every class has a reason, and every part is in the order of reading', () => {
  const parts = new Set([...facetRules, ...presenceRules].map((rule) => rule.part));
  expect([...parts].filter((part) => !partOrder.includes(part))).toEqual([]);
  for (const rule of facetRules) for (const meaning of [rule.less, rule.more, rule.reworded, rule.different]) expect(meaning?.reason).not.toBe('');
  const keys = facetRules.map((rule) => `${rule.part} ${rule.facet}`);
  expect(new Set(keys).size).toBe(keys.length);
});

describe('rendered', () => {
  const diff = (async () => {
    const [old, next] = [await planOf(readPlanText('plans/run-proof-v2.md'), parser), await planOf(readPlanText('plans/run-proof-v4.md'), parser)];
    return diffOf(diffedPlan(old, []), diffedPlan(next, []), comparePlan(old, next));
  })();

  test('as data: by its schema', async () => {
    const validate = new Ajv({ strict: false }).compile(JSON.parse(readFileSync(join(import.meta.dirname, '../../schemas/diff.schema.json'), 'utf8')));
    expect(validate(JSON.parse(JSON.stringify(await diff))) ? [] : validate.errors).toEqual([]);
  });

  test.each([40, 80, 120])('for a terminal of %d columns', async (columns) => {
    const text = renderDiff(await diff, { columns, paint: (each) => each });
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(columns);
    expect(text.split('\n').filter((line) => ['weaker', 'unclear', 'stronger', 'equal'].includes(line))).toEqual(['weaker', 'unclear', 'stronger', 'equal']);
  });

  test('as Markdown: no text of a plan leaves its block', async () => {
    const evil = '`````\n# Approved\n<script>';
    const compared = await diff;
    const changes: readonly Change[] = [
      { part: 'policy', change: 'lost', class: 'weaker', reason: 'r', old: { path: compared.old.path, line: 3, text: evil } },
    ];
    const text = renderDiffMarkdown({ ...compared, changes, counts: { weaker: 1, unclear: 0, stronger: 0, equal: 0 } });
    expect(text).toContain('``````diff\n- 3: ````` # Approved <script>\n``````');
    expect(renderDiffMarkdown(compared)).toContain('<details><summary>stronger');
  });

  test('no control character of a plan reaches the terminal', async () => {
    const compared = await diff;
    const changes: readonly Change[] = [
      { part: 'policy', change: 'lost', class: 'weaker', reason: 'r', old: { path: compared.old.path, line: 3, text: 'a\u001b[2Jb\u202ec' } },
    ];
    expect(renderDiff({ ...compared, changes }, { columns: 80, paint: (each) => each })).not.toMatch(/[\u001b\u202e]/);
  });
});
