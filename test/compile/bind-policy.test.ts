import { afterAll, describe, expect, test } from 'vitest';
import { compileConfig } from '../../src/compile/config.ts';
import { compilePlan, type CompiledPlan } from '../../src/compile/compile-plan.ts';
import type { BaselineSentence } from '../../src/model/environment.ts';
import type { Diagnostic } from '../../src/model/diagnostic.ts';
import type { Plan } from '../../src/model/plan.ts';
import { findTarget } from '../../src/policy/forbidden-target.ts';
import { findForbiddenCommands } from '../../src/policy/forbidden-command.ts';
import { parseShell } from '../../src/policy/shell-syntax.ts';
import { createSqlParser } from '../../src/policy/sql-parser.ts';
import { yamlOf } from './fixture.ts';

const parser = createSqlParser();
afterAll(() => parser.close());
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

interface Given {
  readonly addendum?: string;
  readonly baseline?: readonly BaselineSentence[];
}

const compile = (text: string, { addendum, baseline }: Given = {}): Promise<CompiledPlan> =>
  compilePlan({
    path: 'plan.md',
    bytes: encode(text),
    ...(addendum === undefined ? {} : { addendum: { path: 'plan.addendum.yaml', bytes: encode(`plan: plan.md\n${addendum}`) } }),
    ...(baseline ? { baseline } : {}),
    parser,
    sha256: () => '',
  });
const read = async (
  text: string,
  given: Given = {},
): Promise<{ readonly plan: Plan; readonly diagnostics: readonly Diagnostic[]; readonly codes: readonly string[] }> => {
  const { plan, diagnostics } = await compile(text, given);
  if (!plan) throw new Error('not read');
  return { plan, diagnostics, codes: diagnostics.map((diagnostic) => diagnostic.code) };
};
const rulesOf = ({ policies }: Plan): readonly unknown[] => policies.map((policy) => policy.rule);
const bash = (text: string): string => `\`\`\`bash\n${text}\n\`\`\`\n`;
const rules = (sentence: string, body = bash('./a.sh')): string => `# T\n\n## Rules\n\n- ${sentence}\n\n## 1. Work\n\n${body}`;
const baselineOf = (text: string): readonly BaselineSentence[] => {
  const { value } = compileConfig(yamlOf(text, 'proofplan.config.yaml'), { path: 'proofplan.config.yaml', folder: '/p' });
  if (!value) throw new Error('no configuration');
  return value.baseline;
};
const config = (...sentences: readonly string[]): readonly BaselineSentence[] =>
  baselineOf(`environments: { a: { workspace: ., database: embedded } }\npolicies:\n${sentences.map((sentence) => `  - ${sentence}\n`).join('')}`);

describe('parameters come out of the words', () => {
  test.each([
    ['Do not insert into `orders` by hand.', { kind: 'no-manual-writes', tables: ['orders'] }],
    ['Maximum of 3 attempts.', { kind: 'attempt-limit', attempts: 3 }],
    ['At most two attempts are permitted.', { kind: 'attempt-limit', attempts: 2 }],
    ['Retry the restore at most twice.', { kind: 'attempt-limit', attempts: 3 }],
    ["Don't try a fourth time.", { kind: 'attempt-limit', attempts: 3 }],
    ['No retries.', { kind: 'attempt-limit', attempts: 1 }],
    ['No network access except to `127.0.0.1`.', { kind: 'no-network', permit: ['127.0.0.1'] }],
    ['Never touch production.', { kind: 'forbidden-target', names: ['production'] }],
    ['Never connect to `ledger-live-1`.', { kind: 'forbidden-target', names: ['ledger-live-1'] }],
    ['Do not commit or push.', { kind: 'forbidden-command', commands: ['git commit', 'git push'] }],
    ['Never run `terraform apply`.', { kind: 'forbidden-command', commands: ['terraform apply'] }],
    ['You may not use psql here.', { kind: 'forbidden-command', commands: ['psql'] }],
    ['Do not use `SQLiteTraceStore`.', { kind: 'no-sqlite-fallback', identifiers: ['SQLiteTraceStore'], files: [] }],
    ['Stop on failure and report evidence.', { kind: 'stop-on-failure', evidence: true }],
  ])('%s', async (sentence, rule) => expect(rulesOf((await read(rules(sentence))).plan)).toEqual([rule]));

  test('what is only written into one table is kept for the production path', async () => {
    const { plan } = await read('# T\n\n## Rules\n\n- Only the importer may write `orders`.\n\n## 1. Import\n\n```bash\n./import.sh\n```\n', {
      addendum: 'steps:\n  - { at: ./import.sh, productionPath: true, writes: [orders] }\n',
    });
    expect(rulesOf(plan)).toEqual([{ kind: 'no-manual-writes', tables: ['orders'], writer: '1.1' }]);
  });
});

describe('a ruled-out command is refused before anything runs', () => {
  const plan = (command: string): string => rules('Do not push.', bash(command));
  test.each([
    'git push',
    'git -C app push origin main',
    '/usr/bin/git push',
    'env A=1 git push',
    'sudo git push',
    "bash -c 'git push'",
    'x=$(git push)',
    'true && git push -f',
    'timeout 5 git push',
    'if true; then git push; fi',
    '$TOOL push',
  ])('%s', async (command) => {
    const { diagnostics } = await read(plan(command));
    const refusal = diagnostics.find((diagnostic) => diagnostic.code === 'policy/forbidden-command');
    expect(refusal).toMatchObject({ severity: 'refused', span: { start: { line: 5 } } });
    expect(refusal?.notes?.[0]).toMatch(/^step 1\.1 stands at plan\.md:/);
  });
  test.each(['git status', 'echo git push', 'git log --oneline', 'rg "git push" docs'])('%s is another', async (command) =>
    expect((await read(plan(command))).codes).not.toContain('policy/forbidden-command'),
  );
  test.each([
    ['rm -rf', 'rm -r -f x', true],
    ['rm -rf', 'rm -fr x', true],
    ['rm -rf', 'rm -r x', false],
    ['sudo', 'sudo ls', true],
    ['sudo', 'env sudo ls', true],
    ['kubectl delete', 'kubectl get pods', false],
    ['docker', 'docker exec db psql', true],
    ['./cleanup.sh', 'bash -x ops/cleanup.sh now', true],
    ['./cleanup.sh', './cleanup.sh', true],
    ['./cleanup.sh', 'cat cleanup.sh', false],
    ['python3', '/usr/bin/python3 x.py', true],
  ])('%s in %s', (forbidden, text, found) => expect(findForbiddenCommands(parseShell(text), [forbidden]).length > 0).toBe(found));
});

describe('a ruled-out place is refused', () => {
  test.each([
    ['prod-db-1', true],
    ['db.prod.example', true],
    ['app_production', true],
    ['postgresql://live:5432/x', true],
    ['prod2', true],
    ['PROD', true],
    ['product', false],
    ['reproduction', false],
    ['deliver', false],
    ['alive', false],
    ['pre-prod', false],
    ['preprod-db', false],
    ['staging', false],
  ])('%s', (text, found) => expect(findTarget(text, ['production']) !== undefined).toBe(found));
  test.each(['./deploy --env production', 'TARGET=prod ./x', 'kubectl --context=prod-eu get pods', 'curl https://api.live.example/x'])('%s', async (command) =>
    expect((await read(rules('Never touch production.', bash(command)))).codes).toContain('policy/forbidden-target'),
  );
  test.each(['cat docs/production.md', './deploy --env staging', 'cat /etc/prod/notes'])('%s is another', async (command) =>
    expect((await read(rules('Never touch production.', bash(command)))).codes).not.toContain('policy/forbidden-target'),
  );
});

describe('names with an open end', () => {
  test.each([
    ['prod-db-7', true],
    ['nonprod-db-7', false],
    ['prod-web-7', false],
  ])('%s', (text, found) => expect(findTarget(text, ['prod-db-*']) !== undefined).toBe(found));
});

describe('scope', () => {
  const scopes = async (text: string): Promise<readonly unknown[]> => (await read(text)).plan.policies.map((policy) => policy.scope);
  const two = (sentence: string): string => `# T\n\n## 1. Look\n\n${sentence}\n\n${bash('./a.sh')}\n${bash('./b.sh')}\n## 2. Work\n\n${bash('./c.sh')}`;
  test('a bracket is about its section', async () =>
    expect(await scopes(`# T\n\n## 1. Look (Read-Only)\n\n${bash('./a.sh')}`)).toEqual([{ kind: 'section', section: '1' }]));
  test.each([
    'In this section, nothing may be written to the database.',
    'This section is read-only.',
    'Nothing may be written to the database here.',
    'Never write anything to the ledger database during this step.',
  ])('%s', async (sentence) => expect((await scopes(two(sentence)))[0]).toEqual({ kind: 'section', section: '1' }));
  test('words without a place mean the whole plan', async () =>
    expect(await scopes(two('Nothing may be written to the database.'))).toEqual([{ kind: 'document' }]));
  test('"here" in a part of rules means the plan', async () => expect(await scopes(rules('You may not use psql here.'))).toEqual([{ kind: 'document' }]));
  test('a sentence right at a command means it', async () =>
    expect(await scopes(two('The query below must be read-only.'))).toEqual([{ kind: 'step', step: '1.1' }]));
  test('it is in force below the section too', async () => {
    const { codes } = await read(`# T\n\n## 1. Look (No Execution)\n\n### 1.1 Deep\n\n${bash('./a.sh')}`);
    expect(codes).toContain('policy/forbidden-execution');
  });
});

describe('order', () => {
  const plan = (sentence: string): string =>
    `# T\n\n## Rules\n\n- ${sentence}\n\n## 1. Take the backup\n\n${bash('./backup.sh')}\n## 2. Rehearse\n\n${bash('./rehearse.sh')}\n## 3. Run the migration\n\n${bash('./migrate.sh')}`;
  test.each([
    ['Complete section 1 before section 3.', '1', '3'],
    ['Do not start the migration before the backup has been verified.', '1', '3'],
    ['Run the migration only after the backup.', '1', '3'],
    ['The migration must wait for the backup.', '1', '3'],
    ['Phase 3 follows phase 2.', '2', '3'],
    ['The migration may not be started until the backup holds.', '1', '3'],
  ])('%s', async (sentence, before, after) => {
    const { plan: compiled, codes } = await read(plan(sentence));
    expect(rulesOf(compiled)).toContainEqual({ kind: 'order', before, after });
    expect(codes.filter((code) => code.startsWith('compile/'))).toEqual([]);
  });
  test('steps by number', async () => {
    const text = `# T\n\n## Rules\n\n- Do not proceed to step 1.2 until step 1.1 passes.\n\n## 1. Work\n\n${bash('./a.sh')}\n${bash('./b.sh')}`;
    expect(rulesOf((await read(text)).plan)).toContainEqual({ kind: 'order', before: 'step 1.1', after: 'step 1.2' });
  });
  test.each(['Do not start the harvest before the rain.', 'Complete section 7 before section 9.'])('%s is not guessed', async (sentence) => {
    const { codes, plan: compiled } = await read(plan(sentence));
    expect(codes).toContain('compile/unenforced-policy');
    expect(compiled.policies).toEqual([]);
  });
  test('two that wait for each other name both places', async () => {
    const { diagnostics } = await read(plan('Complete section 1 before section 3.\n- Complete section 3 before section 1.'));
    const conflict = diagnostics.filter((diagnostic) => diagnostic.code === 'compile/policy-conflict');
    expect(conflict).toHaveLength(1);
    expect([conflict[0]?.span?.start.line, conflict[0]?.notes?.[0]]).toEqual([5, 'plan.md:6:3 says: Complete section 3 before section 1.']);
  });
  test('three in a ring', async () => {
    const { codes } = await read(plan('Complete section 1 before section 2.\n- Complete section 2 before section 3.\n- Complete section 3 before section 1.'));
    expect(codes).toContain('compile/policy-conflict');
  });
  test('what stands later cannot have held before', async () => {
    const { diagnostics } = await read(plan('Complete section 3 before section 1.'));
    expect(diagnostics.find((diagnostic) => diagnostic.code === 'compile/policy-conflict')?.message).toBe(
      'step 1.1 must wait for step 3.1, which stands after it',
    );
  });
});

describe('conflicts', () => {
  test('a writer in a section where nothing is written', async () => {
    const { diagnostics } = await read(`# T\n\n## 1. Look (Read-Only)\n\n${bash('./import.sh')}`, {
      addendum: 'steps:\n  - { at: ./import.sh, writes: [orders] }\n',
    });
    const conflict = diagnostics.find((diagnostic) => diagnostic.code === 'compile/policy-conflict');
    expect(conflict?.span?.start.line).toBe(3);
    expect(conflict?.notes?.map((note) => note.replace(/^.* (plan\S+?):.*$/, '$1'))).toEqual(['plan.md', 'plan.addendum.yaml']);
  });
  test('a writer elsewhere is none', async () => {
    const { codes } = await read(`# T\n\n## 1. Look (Read-Only)\n\n${bash('./a.sh')}\n## 2. Work\n\n${bash('./import.sh')}`, {
      addendum: 'steps:\n  - { at: ./import.sh, writes: [orders] }\n',
    });
    expect(codes).not.toContain('compile/policy-conflict');
  });
  test('a criterion that needs what a policy forbids names both places', async () => {
    const text = rules('No manual DB inserts.', `${bash('./a.sh')}\n## Acceptance Criteria\n\n- An insert without a price fails.\n- The store is open.\n`);
    const conflict = (await read(text)).diagnostics.filter((diagnostic) => diagnostic.code === 'compile/policy-conflict');
    expect(conflict.map((diagnostic) => [diagnostic.span?.start.line, diagnostic.notes])).toEqual([[15, ['plan.md:5:3 forbids it: No manual DB inserts.']]]);
    expect((await read(text.replace('- No manual DB inserts.', '- Stop on failure.'))).codes).not.toContain('compile/policy-conflict');
  });
  test('an insert in a read-only section is refused with both places', async () => {
    const { diagnostics } = await read("# T\n\n## 1. Look (Read-Only)\n\n```sql\ninsert into orders (id) values ('a');\n```\n");
    const refusal = diagnostics.find((diagnostic) => diagnostic.code === 'policy/forbidden-write');
    expect([refusal?.span?.start.line, refusal?.notes?.[0]]).toEqual([3, expect.stringMatching(/^step 1\.1 stands at plan\.md:6:/)]);
  });
});

describe('an addendum strengthens and never weakens', () => {
  test('nobody accepts what a guard enforces', async () => {
    const { plan, codes } = await read(rules('No manual DB inserts.'), {
      addendum: 'policies:\n  - { at: No manual DB inserts., accept: Ada, reason: in a hurry }\n',
    });
    expect(codes).toContain('compile/addendum-weakens');
    expect(rulesOf(plan)).toEqual([{ kind: 'no-manual-writes', tables: [] }]);
  });
  test('what no guard enforces can be accepted by name', async () => {
    const { plan, codes } = await read(rules('No network access.'), {
      addendum: 'policies:\n  - { at: No network access., accept: Ada, reason: closed room }\n',
    });
    expect(codes).toEqual([]);
    expect(rulesOf(plan)).toEqual([{ kind: 'accepted', by: 'Ada' }]);
  });
  test('what is not understood can be accepted or bound', async () => {
    expect(
      rulesOf((await read(rules('Never call the vendor.'), { addendum: 'policies:\n  - { at: Never call the vendor., accept: Ada, reason: agreed }\n' })).plan),
    ).toEqual([{ kind: 'accepted', by: 'Ada' }]);
    expect(
      rulesOf(
        (
          await read(rules('No deployments.'), {
            addendum: 'policies:\n  - { at: No deployments., rule: { kind: forbidden-command, commands: [helm upgrade] } }\n',
          })
        ).plan,
      ),
    ).toEqual([{ kind: 'forbidden-command', commands: ['helm upgrade'] }]);
  });
  test('a rule of another kind is added, not put in its place', async () => {
    const { plan } = await read(rules('No manual DB inserts.'), { addendum: 'policies:\n  - { at: No manual DB inserts., rule: { kind: no-ddl } }\n' });
    expect(rulesOf(plan)).toEqual([{ kind: 'no-manual-writes', tables: [] }, { kind: 'no-ddl' }]);
  });
  test('a forbidden change of the schema is kept from whoever may write everything', async () => {
    const section = (rule: string): string => `# Migrate\n\n## Rules\n\n- ${rule}\n\n## Steps\n\n\`\`\`bash\n./migrate\n\`\`\`\n\nExpected: exit code 0\n`;
    expect((await read(section('No schema changes.'))).plan.steps[0]?.access).toEqual({ capability: 'production', writes: [], fixedSchema: true });
    expect((await read(section('Stop on failure.'))).plan.steps[0]?.access).toEqual({ capability: 'production', writes: [] });
  });
  test('the lower limit counts, and tables are joined', async () => {
    const bound = (sentence: string, rule: string): Promise<{ readonly plan: Plan }> =>
      read(rules(sentence), { addendum: `policies:\n  - { at: '${sentence}', rule: ${rule} }\n` });
    expect(rulesOf((await bound('Maximum of 2 attempts.', '{ kind: attempt-limit, attempts: 9 }')).plan)).toEqual([{ kind: 'attempt-limit', attempts: 2 }]);
    expect(rulesOf((await bound('Do not insert into `a` by hand.', '{ kind: no-manual-writes, tables: [b] }')).plan)).toEqual([
      { kind: 'no-manual-writes', tables: ['a', 'b'] },
    ]);
  });
});

describe('a YAML plan says itself what a sentence means', () => {
  const yaml = (policies: string): string => `title: T\npolicies:\n${policies}steps:\n  - { kind: shell, id: '1.1', run: ls }\n`;
  const own = async (policies: string): Promise<Plan> => {
    const { plan } = await compilePlan({ path: 'a.plan.yaml', bytes: encode(yaml(policies)), parser, sha256: () => '' });
    if (!plan) throw new Error('not read');
    return plan;
  };
  test('a sentence alone is read', async () =>
    expect(rulesOf(await own('  - Do not push.\n'))).toEqual([{ kind: 'forbidden-command', commands: ['git push'] }]));
  test('a rule beside it is all that counts, with its scope', async () => {
    const { policies } = await own(
      "  - { text: Do not change anything., rule: { kind: read-only }, section: '1' }\n  - { text: Do not change anything., rule: { kind: no-workspace-change } }\n",
    );
    expect(policies.map(({ rule, scope }) => [rule.kind, scope.kind])).toEqual([
      ['read-only', 'section'],
      ['no-workspace-change', 'document'],
    ]);
  });
});

describe('a sentence that is understood in part', () => {
  test.each([
    ['No manual DB inserts, no phone calls.', ['no phone calls']],
    ['No DDL, no DML, and do not open a second session.', ['do not open a second session']],
    ['They must never publish, never sign, never touch the `stable` rows.', ['never sign']],
    ['No schema changes, no inserts and no retries.', []],
    ['No manual DB inserts, no more than 2 attempts.', []],
    ['Never write to the ledger table, not even to mend a row.', []],
  ])('%s', async (sentence, open) => {
    const { diagnostics } = await read(rules(sentence));
    expect(diagnostics.filter(({ code }) => code === 'compile/unenforced-policy').map(({ message }) => /for: `(.*)`$/.exec(message)?.[1])).toEqual(open);
  });
  test('what a demand is about is said', async () =>
    expect((await read(rules('Do not start before 22:00.'))).diagnostics[0]?.notes).toEqual(['it is about hours and days, which the runner does not watch']));
});

describe('the baseline', () => {
  test('is added with its origin and its own line', async () => {
    const { plan } = await read(rules('Stop on failure.'), { baseline: config('No manual DB inserts.', 'Never touch production.') });
    expect(plan.policies.map(({ rule, origin, span, scope }) => [rule.kind, origin, `${span.path}:${span.start.line}`, scope.kind])).toEqual([
      ['stop-on-failure', 'text', 'plan.md:5', 'document'],
      ['no-manual-writes', 'baseline', 'proofplan.config.yaml:3', 'document'],
      ['forbidden-target', 'baseline', 'proofplan.config.yaml:4', 'document'],
    ]);
  });
  test('names tables for every plan', async () => {
    expect((await read(rules('Stop on failure.'), { baseline: config('Do not insert into `ledger` by hand.') })).plan.protectedTables).toEqual(['ledger']);
  });
  test('is not understood at its own line', async () => {
    const { diagnostics } = await read(rules('Stop on failure.'), { baseline: config('No manual DB inserts.', 'Be kind to the vendor.') });
    expect(diagnostics.map(({ code, span }) => `${span?.path}:${span?.start.line}:${span?.start.column} ${code}`)).toEqual([
      'proofplan.config.yaml:4:5 compile/unenforced-policy',
    ]);
  });
  test.each(['accept: Ada, reason: in a hurry', 'rule: { kind: read-only }'])('no addendum changes it: %s', async (binding) => {
    const { plan, diagnostics } = await read(rules('Stop on failure.'), {
      baseline: config('No manual DB inserts.'),
      addendum: `policies:\n  - { at: No manual DB inserts., ${binding} }\n`,
    });
    expect(diagnostics.map(({ code, notes }) => [code, notes])).toEqual([['compile/addendum-weakens', ['it stands at proofplan.config.yaml:3:5']]]);
    expect(plan.policies.filter((policy) => policy.origin === 'baseline')).toHaveLength(1);
  });
  test('is enforced like a sentence of the plan', async () => {
    const { diagnostics } = await read(rules('Stop on failure.', bash('git push')), { baseline: config('Do not push.') });
    expect(diagnostics.find((diagnostic) => diagnostic.code === 'policy/forbidden-command')?.span?.path).toBe('proofplan.config.yaml');
  });
});
