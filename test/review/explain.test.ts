/** A plan made by hand: what `explain` says about each kind of block, step, claim, policy and hole. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import type { Block, Plan } from '../../src/model/plan.ts';
import type { PolicyRule } from '../../src/model/policy.ts';
import type { Step } from '../../src/model/step.ts';
import { judgePolicy } from '../../src/execute/judge-policy.ts';
import { displayWidth } from '../../src/report/display-width.ts';
import { expectedStrength } from '../../src/review/expected-strength.ts';
import { explainPlan } from '../../src/review/explain.ts';
import { renderExplanation } from '../../src/review/render-explanation.ts';
import { createCompiler } from '../compile/plan-of.ts';
import { root } from '../support/command.ts';
import { sampleDocument, samplePath, spanOf } from '../support/sample-execution.ts';

const at = (text: string) => spanOf(sampleDocument, text);

function block(text: string, disposition: Block['disposition'], rest: Partial<Block> = {}): Block {
  return { span: at(text), type: 'paragraph', disposition, text, becomes: [], ...rest };
}

const shell: Step = {
  kind: 'shell',
  id: '1.1',
  title: 'Do it',
  section: '1',
  text: 'echo <db_url> <x>',
  command: 'echo "$PP_db_url" "$PP_x"',
  splices: [
    { name: 'db_url', offset: 5, length: 8, replacement: '"$PP_db_url"', format: 'plain', carrier: 'PP_db_url' },
    { name: 'x', offset: 14, length: 3, replacement: '"$PP_x"', format: 'plain', carrier: 'PP_x' },
  ],
  span: at('```bash'),
  access: { capability: 'production', writes: [] },
  captures: [{ name: 'run_id', type: 'integer', span: at('Run ID'), optional: false, source: { kind: 'label', label: 'Run ID' }, boundBy: 'addendum' }],
  expectations: [{ id: '1.1/1', step: '1.1', text: 'exit code is 0', span: at('```bash'), claim: { kind: 'exit-code', code: 0 }, origin: 'implied' }],
  timeoutMs: 1500,
  role: 'step',
  once: true,
  workingDirectory: 'backend',
  environment: {},
};

const sql: Step = {
  kind: 'sql-assert',
  id: '1.2',
  title: 'Rows',
  section: '1',
  text: 'SELECT 1 AS n;',
  sql: 'SELECT 1 AS n;',
  splices: [],
  parameters: [],
  columns: [{ column: 'n', name: 'n' }],
  mode: 'read',
  span: at('SELECT 1 AS n;'),
  access: { capability: 'read', writes: [] },
  captures: [],
  expectations: [
    {
      id: '1.2/1',
      step: '1.2',
      text: '`n == 1`',
      span: at('n == 1'),
      claim: { kind: 'compare', left: { kind: 'name', name: 'n' }, operator: '==', right: { kind: 'literal', value: { type: 'integer', text: '1' } } },
      origin: 'text',
    },
  ],
  condition: { kind: 'not-captured', name: 'run_id', span: at('Do it') },
  timeoutMs: 600_000,
  role: 'step',
  once: false,
};

const plan: Plan = {
  path: samplePath,
  form: 'markdown',
  title: 'A sample\u001b[2J',
  sha256: 'ab'.repeat(32),
  addendum: { path: 'plans/sample.addendum.yaml', sha256: 'cd'.repeat(32) },
  metadata: [],
  inputs: [{ name: 'db_url', type: 'database', span: at('Do it'), neededBy: '1.1', secret: false }],
  preconditions: [
    {
      id: 'Q1',
      text: 'ready',
      span: at('Do it'),
      checks: [{ kind: 'database-reachable' }, { kind: 'environment', variable: 'A', value: 'b', unmetBy: [{ step: '1.1', span: at('Do it') }] }],
    },
  ],
  tasks: [{ id: 'T1', text: 'Fix it', span: at('Do it'), verifiedBy: [] }],
  policies: [
    {
      id: 'P1',
      text: 'No manual DB inserts.',
      span: at('No manual DB inserts.'),
      scope: { kind: 'document' },
      rule: { kind: 'no-manual-writes', tables: ['runs'] },
      origin: 'text',
    },
  ],
  steps: [shell, sql],
  criteria: [
    {
      id: 'C1',
      text: 'It works.',
      span: at('It works.'),
      clauses: [
        { text: 'It works', witnesses: [{ kind: 'expectation', id: '1.2/1' }] },
        { text: 'for ever', witnesses: [] },
      ],
    },
  ],
  report: [{ label: 'Run ID', span: at('**Run ID:**'), hole: at('<run_id>'), source: { kind: 'name', name: 'run_id' } }],
  blocks: [
    block('# A sample', 'metadata', { type: 'heading', becomes: ['title'] }),
    block('**Policy:** No manual DB inserts.', 'policy', { becomes: ['policy P1'] }),
    block('- Do it:\n  ```bash\n  echo "Run ID: 7"\n  ```', 'step', { type: 'list', becomes: ['step 1.1'] }),
    block('- Do it:', 'precondition', { becomes: ['precondition 1', 'task 1'] }),
    block('```bash\n  echo "Run ID: 7"\n  ```', 'step', { type: 'code', becomes: ['step 1.1', 'capture run_id'] }),
    block('- **Expected:** `n == 1`,\n  and `m == 2`.', 'expectation', { becomes: ['expectation 1.2/1'], boundBy: 'addendum' }),
    block('```sql\nSELECT 1 AS n;\n```', 'step', { type: 'code', becomes: ['step 1.2'] }),
    block('1. It works.', 'criterion', { becomes: ['criterion C1'] }),
    block('2. It is proven.', 'unclaimed', { reason: 'no sentence of this form is known' }),
    block('**Run ID:** `<run_id>`', 'report field', { becomes: ['report field "Run ID"'] }),
  ],
  protectedTables: ['runs'],
};

const explanation = explainPlan(plan, [{ severity: 'warning', code: 'parse/empty-document', message: 'm', span: at('It works.'), label: '', notes: [] }]);

test('as data: by its schema', () => {
  const validate = new Ajv({ strict: false }).compile(JSON.parse(readFileSync(join(import.meta.dirname, '../../schemas/explain.schema.json'), 'utf8')));
  expect(validate(JSON.parse(JSON.stringify(explanation))) ? [] : validate.errors).toEqual([]);
  expect(explanation.counts).toEqual({ total: 10, accounted: 9, unclaimed: 1, unread: 0, boundByAddendum: 1 });
  expect(explanation.placeholders).toEqual([
    { name: 'db_url', type: 'database', suppliedBy: 'the runner', neededBy: ['step 1.1'], secret: false },
    { name: 'x', type: 'text', suppliedBy: null, neededBy: ['step 1.1'], secret: false },
  ]);
});

test('for people', () => {
  expect(renderExplanation(explanation).split('\n')).toEqual([
    'plans/sample.md: A sample [2J',
    'with plans/sample.addendum.yaml',
    '',
    '  1  metadata      # A sample',
    '                   → title',
    '  3  policy        **Policy:** No manual DB inserts.',
    '                   → policy P1: no-manual-writes, in the document, PREVENTED',
    '  7  precondition  - Do it:',
    '                   → precondition 1',
    '                     the database answers',
    '                     A is b in the text of each step that needs it: step 1.1',
    '                     does not set it',
    '                   → task 1, done by a person: passes only when attested by name',
    '  8  step          ```bash echo "Run ID: 7" ```',
    '                   → step 1.1 (shell): Do it',
    '                     production path: may write runs, in backend, 1.5 s at most',
    '                     given by the runner: DATABASE_URL',
    '                     records run_id (integer) from a line `Run ID: …` of its',
    '                     output',
    '                     implied: exit code is 0',
    '                   → capture run_id (integer) of step 1.1: a line `Run ID: …` of',
    '                     its output',
    ' 11  expectation   - **Expected:** `n == 1`, and `m == 2`.',
    '                   → expectation 1.2/1 of step 1.2: n == 1',
    '                   + bound by the addendum',
    ' 14  step          ```sql SELECT 1 AS n; ```',
    '                   → step 1.2 (sql-assert): Rows',
    '                     may read',
    '                     only if no earlier step recorded run_id',
    '                     expects: n == 1',
    ' 20  criterion     1. It works.',
    '                   → criterion C1',
    '                     It works, by',
    '                     · expectation 1.2/1: n == 1 (step 1.2)',
    '                   ! for ever: no witness: unproven',
    '                   ! warning[parse/empty-document]: m',
    ' 21  unclaimed     2. It is proven.',
    '                     no sentence of this form is known',
    ' 25  report field  **Run ID:** `<run_id>`',
    '                   → report field "Run ID" from run_id',
    '',
    'placeholders',
    "  <db_url> (database) filled by the runner with the guard's address; needed by",
    '    step 1.1',
    '  <x> (text) nothing fills it; needed by step 1.1',
    '',
    'tables that only the production path may write: runs',
    '',
    '2 steps, 2 expectations, 1 criterion (1 unproven), 1 policy, 1 task for a',
    'person, 2 placeholders',
    '9 of 10 blocks accounted for, 1 bound by the addendum, 1 unclaimed',
  ]);
});

test('a document that could not be read has nothing but its messages', () => {
  expect(explainPlan(undefined, [{ severity: 'error', code: 'parse/empty-document', message: 'm' }])).toMatchObject({
    blocks: [],
    steps: [],
    counts: { total: 0 },
    diagnostics: [{ code: 'parse/empty-document' }],
  });
});

const compile = createCompiler();
const style = (columns: number) => ({ columns, widthOf: displayWidth, paint: (text: string) => text });

async function read(text: string, columns = 80): Promise<readonly string[]> {
  const { plan, diagnostics } = await compile('p.md', text);
  return renderExplanation(explainPlan(plan, diagnostics), style(columns)).split('\n');
}

const corpus = ['plans', 'fixtures/reading/labelled', 'fixtures/reading/hostile'].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .filter((_, index) => index % 4 === 0)
    .map((name) => join(folder, name)),
);

test.each(corpus)('no line is wider than its terminal: %s', async (path) => {
  const text = readFileSync(join(root, path), 'utf8');
  for (const columns of [40, 80, 200]) expect((await read(text, columns)).filter((line) => displayWidth(line) > columns)).toEqual([]);
});

test('colour changes no character and no width', async () => {
  const painted = { ...style(80), paint: (text: string) => `\u0001${text}\u0002` };
  for (const path of corpus.slice(0, 12)) {
    const { plan: compiled, diagnostics } = await compile('p.md', readFileSync(join(root, path), 'utf8'));
    const data = explainPlan(compiled, diagnostics);
    const plain = renderExplanation(data, painted).replaceAll(/[\u0001\u0002]/g, '');
    expect(plain.split('\n').map((line) => line.trimEnd())).toEqual(renderExplanation(data, style(80)).split('\n'));
  }
});

test('each error stands at its line', async () => {
  const lines = await read('# Import of meter readings\n\n```bash\n./import.sh\n```\n\n**Expected:** it looks fine\n\n**Rules:** Never call the vendor.\n');
  const at = (start: RegExp): number => lines.findIndex((line) => start.test(line));
  expect(at(/^ {2}7 /)).toBeLessThan(at(/! error\[compile\/unclear-expectation\]/));
  expect(at(/! error\[compile\/unclear-expectation\]/)).toBeLessThan(at(/^ {2}9 /));
  expect(at(/^ {2}9 /)).toBeLessThan(at(/! error\[compile\/unenforced-policy\]/));
});

test('what is read alike in a long list is counted, and what is not is shown', async () => {
  const items = Array.from({ length: 30 }, (_, index) => `- ward ${index}`);
  const lines = await read(`# Wards\n\n${items.join('\n')}\n- Never call the vendor.\n`);
  expect(lines.filter((line) => line.includes('- ward') || / ward \d/.test(line))).toHaveLength(4);
  expect(lines.find((line) => line.includes('⋮'))).toBe('  ⋮  26 more like these, to line 32');
  expect(lines.join('\n')).toContain('Never call the vendor.');
});

test('code has its lines in the margin, as they are executed; of a long block the beginning', async () => {
  const lines = await read(
    `# Zones\n\n1. Look:\n\n   \`\`\`bash\n   dig a.example\n   dig b.example\n   \`\`\`\n\n\`\`\`bash\n${Array.from({ length: 20 }, (_, index) => `echo ${index}`).join('\n')}\n\`\`\`\n`,
  );
  expect(lines).toContain('  6                dig a.example');
  expect(lines).toContain('  7                dig b.example');
  expect(lines).toContain(' 15                echo 4');
  expect(lines).toContain('  ⋮                15 more lines');
});

test('where no policy restricts a step, no table is named', async () => {
  const text = (await read('# Backup\n\n```bash\n./backup.sh\n```\n')).join('\n');
  expect(text).toContain('no policy restricts what it writes');
  expect(text).not.toMatch(/may write\s*[,\n]/);
});

test('the sentence of a policy is shown at its own line, not at the first label of its paragraph', async () => {
  const lines = await read('# Drill\n\n**Date:** 2026-01-02\n**Policy:** Stop on failure.\n\n```bash\ntrue\n```\n');
  const index = lines.findIndex((line) => line.startsWith('  4  policy'));
  expect(lines[index + 1]).toBe('                   → policy P1: stop-on-failure, in the document, PREVENTED');
  expect(lines.filter((line) => line.includes('policy P1'))).toHaveLength(1);
});

test('a YAML plan has no blocks: everything of it is described, with its line', async () => {
  const path = 'fixtures/same-plan/order-import.plan.yaml';
  const { plan: compiled, diagnostics } = await compile(path, readFileSync(join(root, path), 'utf8'));
  const data = explainPlan(compiled, diagnostics);
  const text = renderExplanation(data, style(200));
  for (const { id, line } of [...data.steps, ...data.criteria, ...data.policies]) expect(text).toMatch(new RegExp(`→ line ${line}: \\w+ ${id}\\b`));
  for (const { label } of data.report) expect(text).toContain(`report field "${label}" from`);
  for (const { text: sentence } of [...data.criteria, ...data.policies]) expect(text).toContain(`\n    ${sentence}\n`);
});

test('what is said of the conduct of steps is shown where it differs from one go in its turn', async () => {
  const path = 'fixtures/same-plan/reservoir.md';
  const { plan: compiled, diagnostics } = await compile(path, readFileSync(join(root, path), 'utf8'), {
    beside: readFileSync(join(root, path.replace('.md', '.addendum.yaml')), 'utf8'),
  });
  const data = explainPlan(compiled, diagnostics);
  const text = renderExplanation(data, style(200));
  for (const line of [
    'again after a failure: at most 3 attempts, within 1806 s, 3 s apart; every attempt is kept',
    'again until what it expects holds: as often as the time allows, within 1 min, 2 s apart; every attempt is kept',
    "gives up when: uploads.state == 'broken'",
    'production path: may write uploads, 300 s at most',
    "after a cut, done when a row answers: select batch from uploads where batch = <batch_id> and state = 'complete'",
    'step 4.1 (shell, teardown)',
    'runs at the end in any case, and can only worsen the verdict',
    'never repeated after a cut',
    'retry of step 1.1',
    'once of step 2.1',
    'time limit of step 3.2',
  ])
    expect(text).toContain(line);
  const validate = new Ajv().compile(JSON.parse(readFileSync(join(root, 'schemas/explain.schema.json'), 'utf8')));
  expect([validate(JSON.parse(JSON.stringify(data))), validate.errors]).toEqual([true, null]);
  expect(data.steps.map(({ id, repeat }) => [id, repeat?.kind])).toEqual([
    ['1.1', 'retry'],
    ['2.1', undefined],
    ['3.1', 'eventually'],
    ['3.2', undefined],
    ['4.1', undefined],
    ['4.2', 'retry'],
    ['5.1', undefined],
  ]);
});

const rules: readonly PolicyRule[] = [
  { kind: 'no-manual-writes', tables: ['orders'] },
  { kind: 'read-only' },
  { kind: 'no-execution' },
  { kind: 'no-sqlite-fallback', identifiers: [], files: [] },
  { kind: 'stop-on-failure', evidence: true },
  { kind: 'order', before: '1', after: '2' },
  { kind: 'no-ddl' },
  { kind: 'no-undeclared-env' },
  { kind: 'no-workspace-change' },
  { kind: 'no-substitution' },
  { kind: 'fresh-evidence', names: [] },
  { kind: 'attempt-limit', attempts: 1 },
  { kind: 'no-network', permit: [] },
  { kind: 'forbidden-target', names: ['production'] },
  { kind: 'forbidden-command', commands: ['git push'] },
  { kind: 'isolation', level: 'network' },
  { kind: 'accepted', by: 'Ann' },
];

/** All that can hold does; a section of searches alone, for the rule that nothing is executed in it. */
test.each(rules)('the strength before an execution is the best that one can reach: $kind', (rule) => {
  const search: Step = { ...sql, kind: 'rg-check', arguments: [], patterns: [], paths: [], fixedStrings: false };
  for (const steps of [[search], [{ ...sql, access: { capability: 'read' as const, writes: [] } }]]) {
    if (rule.kind === 'no-execution' && steps[0] !== search) continue;
    const policy = { id: 'P1', text: 'x', span: at('Do it'), scope: { kind: 'document' } as const, rule, origin: 'text' as const };
    const facts = {
      steps,
      database: { ownServer: true, serverVersion: 180_000, user: 'app', superuser: false, countsTables: true, pooler: undefined },
      canaries: [],
      decisions: [],
      executed: true,
      inherited: [],
      workspaceTracked: true,
      isolationOf: () => 'network' as const,
      freshClaims: [{ name: 'x', verdict: 'passed' as const }],
    };
    expect(expectedStrength(policy, { steps })).toBe(judgePolicy(policy, facts).strength);
  }
});
