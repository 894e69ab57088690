import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { compilePlan, type CompiledPlan } from '../../src/compile/compile-plan.ts';
import type { Plan } from '../../src/model/plan.ts';
import { createSqlParser } from '../../src/policy/sql-parser.ts';

const hostile = join(import.meta.dirname, '..', '..', 'fixtures', 'reading', 'hostile');
const parser = createSqlParser();
afterAll(() => parser.close());

const compile = (bytes: Uint8Array): Promise<CompiledPlan> => compilePlan({ path: 'plan.md', bytes, parser, sha256: () => '' });
const read = async (text: string): Promise<{ readonly plan: Plan; readonly codes: readonly string[]; readonly commands: readonly string[] }> => {
  const { plan, diagnostics } = await compile(new TextEncoder().encode(text));
  if (!plan) throw new Error('not read');
  return {
    plan,
    codes: diagnostics.map((diagnostic) => diagnostic.code),
    commands: plan.steps.map((step) => ('command' in step ? step.command : 'sql' in step ? step.sql : '')),
  };
};
const bash = (text: string): string => `\`\`\`bash\n${text}\n\`\`\`\n`;
const sql = (text: string): string => `\`\`\`sql\n${text}\n\`\`\`\n`;
const afterStep = (sentence: string): string => `# T\n\n## 1. A\n\n${bash('./a.sh')}\n${sentence}\n`;
const claims = ({ plan }: { readonly plan: Plan }): readonly unknown[] =>
  plan.steps.flatMap((step) => step.expectations.filter((expectation) => expectation.origin === 'text').map((expectation) => expectation.claim));

describe('what looks like a claim is a claim or an error, never narrative', () => {
  test.each([
    ['The response must contain `ok`.', { kind: 'output', operator: 'contains', text: 'ok', negated: false }],
    ['Should print `ok`', { kind: 'output', operator: 'contains', text: 'ok', negated: false }],
    ['You should see `ok` in the output.', { kind: 'output', operator: 'contains', text: 'ok', negated: false }],
    ['Output must not contain "error"', { kind: 'output', operator: 'contains', text: 'error', negated: true }],
    ['*Expected:* stdout contains "x"', { kind: 'output', operator: 'contains', text: 'x', negated: false, stream: 'stdout' }],
    ['The exit code must be 0.', { kind: 'exit-code', code: 0 }],
    ['Expect: exit code 3', { kind: 'exit-code', code: 3 }],
    ['- exit code 0', { kind: 'exit-code', code: 0 }],
    ['**Time limit:** 5 minutes', { kind: 'duration', operator: '<=', limit: { type: 'duration', text: '5 minutes' } }],
    ['This command must succeed.', { kind: 'exit-code', code: 0 }],
    ['Expected output:\n\n```\nready\ndone\n```', { kind: 'output', operator: 'contains', text: 'ready\ndone', negated: false }],
    ['### Expected Result\n\n- stdout contains "k"', { kind: 'output', operator: 'contains', text: 'k', negated: false, stream: 'stdout' }],
    ['The endpoint should return 200.', { kind: 'http-status', statuses: ['200'] }],
    ['Output must be empty.', { kind: 'output-empty', negated: false }],
    ['It returns `f`.', { kind: 'output', operator: 'is', text: 'f', negated: false, stream: 'stdout' }],
  ])('%j', async (sentence, claim) => {
    const reading = await read(afterStep(sentence));
    expect(reading.codes).toEqual([]);
    expect(claims(reading)).toEqual([claim]);
  });

  test.each([
    'The endpoint should return quickly.',
    'Response time must be below 200 ms.',
    'Output must be tidy.',
    'Verify the log shows no errors.',
    'It returns 5.',
    '**Fail if:** stdout contains "error"',
    '**Verify:** no rows in `orders`',
    '**Expected:** stdout contains "a" or "b"',
    '**Expected:** stdout does not contain any errors',
    '- `status = OK`',
  ])('%j is no claim that could be judged', async (sentence) => {
    expect((await read(afterStep(sentence))).codes.filter((code) => /unclear-expectation|unknown-name|expectation-without-step/.test(code))).not.toEqual([]);
  });

  test('a stop that nothing measures is a rule without a guard', async () =>
    expect((await read(afterStep('If something is odd, stop.'))).codes).toEqual(['compile/unenforced-policy']));
  test('a box behind the last command is a criterion', async () => expect((await read(afterStep('- [ ] Dashboards are green'))).plan.criteria).toHaveLength(1));

  test('each line of a paragraph is read', async () => {
    expect(claims(await read(afterStep('The output must contain "a".\nThe exit code must be 0.')))).toHaveLength(2);
  });

  test('"If `n = 0`, stop" asks for the opposite', async () => {
    expect(claims(await read(`# T\n\n${sql('SELECT count(*) AS n FROM t;')}\nRecord \`n\`. If \`n = 0\`, stop.\n`))).toEqual([
      { kind: 'compare', left: { kind: 'name', name: 'n' }, operator: '!=', right: { kind: 'literal', value: { type: 'integer', text: '0' } } },
    ]);
  });

  test('rows of command and expectation are steps with claims', async () => {
    const reading = await read('# T\n\n| Command | Expected |\n|---|---|\n| `npm test` | exit code 0 |\n| `curl -s h` | stdout contains "ok" |\n');
    expect(reading.commands).toEqual(['npm test', 'curl -s h']);
    expect(reading.plan.steps.map((step) => step.expectations[0]?.claim.kind)).toEqual(['exit-code', 'output']);
  });
});

describe('what a person must do is a task', () => {
  test.each([
    'Restart the service.',
    'Approve the deployment in the UI.',
    'Wait 5 minutes.',
    'Set `USE_X=true` before running.',
    'Run the linter.',
    '| Check | Expected |\n|---|---|\n| page | green |',
  ])('%j', async (sentence) => {
    expect((await read(afterStep(sentence))).plan.tasks).toHaveLength(1);
  });
  test.each([
    'This takes ten minutes.',
    'We never had problems with this in the past.',
    'The importer uses `kubectl get pods` internally.',
    'This should take about a minute.',
  ])('%j is narrative', async (sentence) => {
    const { plan, codes } = await read(afterStep(sentence));
    expect([plan.tasks.length, plan.steps.length, codes]).toEqual([0, 1, []]);
  });
});

describe('what must not run is no step', () => {
  test.each([
    ['Never do this:', 'reference'],
    ['Do not run the following commands in production.', 'reference'],
    ['**Wrong:**', 'reference'],
    ['\u274c Bad:', 'reference'],
    ['The older plan, as captured:', 'reference'],
    ['If the table is empty, run:', 'task'],
    ['Only if step 1 failed:', 'task'],
    ['Optionally:', 'task'],
    ['On macOS:', 'task'],
    ['Alternatively:', 'task'],
  ])('below %j', async (sentence, disposition) => {
    const { plan, commands } = await read(`# T\n\n${bash('./a.sh')}\n${sentence}\n\n${bash('rm -rf x')}`);
    expect(commands).toEqual(['./a.sh']);
    expect(plan.blocks.filter((block) => block.type === 'code').at(-1)?.disposition).toBe(disposition);
  });

  test('a list below "Never:" is prohibitions', async () => {
    const { commands, codes } = await read(`# T\n\n${bash('./a.sh')}\nNever do the following:\n\n- phone the vendor\n- restart the server\n`);
    expect(commands).toEqual(['./a.sh']);
    expect(codes).toEqual(['compile/unenforced-policy', 'compile/unenforced-policy', 'compile/unenforced-policy'].slice(0, codes.length));
    expect(codes.length).toBeGreaterThanOrEqual(2);
  });

  test.each([
    'Deprecated steps',
    'What not to do',
    'Last resort',
    'Restore (Last Resort)',
    'Cleanup (only if the run failed)',
    'Superseded: v1',
    'FAQ',
    'Example',
    'If it fails',
    'Out of scope',
    'Results of the last run',
  ])('in the section %j', async (title) => {
    expect((await read(`# T\n\n## ${title}\n\n${bash('rm x')}\n## Steps\n\n${bash('./a.sh')}`)).commands).toEqual(['./a.sh']);
  });
  test('a rollback drill is run', async () => expect((await read(`# T\n\n## Rollback drill\n\n${bash('./a.sh')}`)).commands).toEqual(['./a.sh']));
  test('no heading of its own brings a part of an appendix to life', async () => {
    const { plan, commands } = await read(
      `# T\n\n${bash('./a.sh')}\n## Appendix: v1\n\n### Acceptance Criteria\n\n- It works.\n\n### Preconditions\n\n- Backup\n\n### Steps\n\n${bash('rm x')}`,
    );
    expect([commands, plan.criteria, plan.preconditions]).toEqual([['./a.sh'], [], []]);
  });
  test('a quoted older plan', async () =>
    expect((await read(`# T\n\n${bash('./a.sh')}\n> Older plan, as captured:\n>\n> \`\`\`bash\n> ./old.sh\n> \`\`\`\n`)).commands).toEqual(['./a.sh']));
  test.each(['0 3 * * * /usr/bin/backup', 'claude -p "do it"', 'vim x', '...', '# or manually:\nls', '# edit .env first\n./x.sh'])('%j', async (text) =>
    expect((await read(`# T\n\n${bash('./a.sh')}\n${bash(text)}`)).commands).toEqual(['./a.sh']),
  );
  test('attributes that say so', async () => expect((await read(`# T\n\n${bash('./a.sh')}\n\`\`\`bash,ignore\nrm x\n\`\`\`\n`)).commands).toEqual(['./a.sh']));
});

describe('commands are the bytes that the author wrote', () => {
  test('prompts are taken away, output is an example', async () => {
    const { commands, plan } = await read('# T\n\n```console\n$ ./a.sh --x \\\n>   --y\nout 1\n$ ./b.sh\n```\n');
    expect(commands).toEqual(['./a.sh --x \\\n  --y\n./b.sh']);
    expect(plan.steps[0]?.span.start).toMatchObject({ line: 4, column: 3 });
    expect(plan.blocks.find((block) => block.type === 'code')?.reason).toContain('example');
  });
  test('a root prompt among others is not guessed', async () =>
    expect((await read('# T\n\n```console\n$ ./a.sh\n# ls /root\n```\n')).codes).toContain('compile/undecided-command'));
  test('carriage returns are no part of a command, and places stay right', async () => {
    const { commands, plan } = await read("# T\r\n\r\n1. Do:\r\n\r\n   ```bash\r\n   echo one\r\n   echo '<x>'\r\n   ```\r\n");
    expect(commands).toEqual(['echo one\necho "$PP_x"']);
    expect(plan.inputs[0]?.span.start).toMatchObject({ line: 7, column: 9 });
  });
  test('each statement of a fence has its own place', async () =>
    expect((await read(`# T\n\n${sql('SELECT 1 AS a;\nSELECT 2 AS b;')}`)).plan.steps.map((step) => step.span.start.line)).toEqual([4, 5]));
  test('a sentence in a quote of several lines has its own place', async () => {
    const { diagnostics } = await compile(new TextEncoder().encode(`# T\n\n${bash('ls')}\n> [!CAUTION]\n> Never phone the vendor.\n`));
    expect(diagnostics.map((diagnostic) => [diagnostic.span?.start.line, diagnostic.span?.start.column, diagnostic.span?.end.column])).toEqual([[8, 3, 26]]);
  });
  test.each([
    ['psql -c "select \'<run_id>\'"', 'compile/placeholder-never-expands'],
    ['python3 -c "print(\'<name>\')"', 'compile/placeholder-never-expands'],
    ["psql <<EOF\nselect '<run_id>'\nEOF", 'compile/placeholder-never-expands'],
    ["psql <<'EOF'\nselect '<run_id>'\nEOF", 'compile/placeholder-never-expands'],
    ['curl -H "Bearer YOUR_TOKEN" h', 'compile/open-value'],
  ])('a value never becomes text of a program: %j', async (text, code) => expect((await read(`# T\n\n${bash(text)}`)).codes).toContain(code));
  test('a hole inside a text of SQL', async () =>
    expect((await read(`# T\n\n${sql("SELECT 1 FROM t WHERE a = 'x-<id>-y';")}`)).codes).toContain('compile/placeholder-never-expands'));
  test.each([
    ['All commands are run from `api`.', 'api'],
    ['Working directory: `web/`', 'web'],
    ['Change to the `ops` directory and run:', 'ops'],
  ])('%j', async (sentence, directory) => {
    const { plan } = await read(`# T\n\n## A\n\n${sentence}\n\n${bash('ls')}`);
    expect(plan.steps[0]).toMatchObject({ workingDirectory: directory });
  });
});

describe('a criterion is witnessed only by what shows it', () => {
  const document = (criterion: string): string =>
    `# T\n\n## 1. Lint\n\n${bash('pytest tests/lint -q')}\n## 2. Rows\n\n${sql('SELECT COUNT(*) AS n FROM orders;')}\n**Expected:** n >= 1\n\n${sql('SELECT id FROM order_archive;')}\n**Expected:** at most 3 rows\n\n## 3. Acceptance Criteria\n\n- ${criterion}\n`;
  test.each([
    'Payment integration tests pass.',
    'Load tests pass at 1000 rps.',
    'Lint tests do not pass.',
    '`n` is roughly 5.',
    'Order archive has rows.',
    'No order rows exist.',
    '`n` grows over time.',
    'The system never writes rows to `orders`.',
  ])('%j has no witness', async (criterion) => {
    expect((await read(document(criterion))).plan.criteria[0]?.clauses.flatMap((clause) => clause.witnesses)).toEqual([]);
  });
  test('a criterion that is a claim of its own is judged as it says, not as a weaker one does', async () => {
    const { plan } = await read(document('`n` is exactly 5.'));
    const [witness] = plan.criteria[0]?.clauses[0]?.witnesses ?? [];
    expect(plan.steps.flatMap((step) => step.expectations).find((each) => each.id === (witness && 'id' in witness ? witness.id : ''))?.claim).toMatchObject({
      operator: '==',
      right: { value: { text: '5' } },
    });
  });
  test.each([
    ['Lint tests pass.', '1.1/2'],
    ['All tests pass.', '1.1/2'],
    ['Order rows exist.', '2.1/1'],
    ['`n >= 1`', '2.1/1'],
  ])('%j', async (criterion, id) => {
    expect((await read(document(criterion))).plan.criteria[0]?.clauses.flatMap((clause) => clause.witnesses)).toEqual([{ kind: 'expectation', id }]);
  });
  test('rows of a table are criteria', async () =>
    expect((await read(`# T\n\n${bash('ls')}\n## Success criteria\n\n| Criterion | Target |\n|---|---|\n| RTO | < 5 min |\n`)).plan.criteria).toHaveLength(1));
});

describe('policies in many wordings', () => {
  test.each([
    ['SQL writes are prohibited.', ['no-manual-writes']],
    ['You MUST NOT modify the source code.', ['no-workspace-change']],
    ['If a step fails, stop immediately.', ['stop-on-failure']],
    ['Do not proceed until step 1 passes.', ['stop-on-failure']],
    ['Avoid retries.', ['attempt-limit']],
    ['Do not skip any step.', ['no-substitution']],
    ['This section must be read-only.', ['read-only']],
  ])('%j', async (sentence, kinds) => expect((await read(afterStep(sentence))).plan.policies.map((policy) => policy.rule.kind)).toEqual(kinds));
});

test('an addendum cannot witness "tests pass" by a claim on something else', async () => {
  const text = `# T\n\n${sql('SELECT COUNT(*) AS n FROM orders;')}\n## Acceptance Criteria\n\n- Coordinator tests pass.\n`;
  const encode = (value: string): Uint8Array => new TextEncoder().encode(value);
  const { diagnostics } = await compilePlan({
    path: 'plan.md',
    bytes: encode(text),
    addendum: { path: 'plan.addendum.yaml', bytes: encode('plan: plan.md\ncriteria:\n  - { at: Coordinator tests pass., witness: { claim: n >= 1 } }\n') },
    parser,
    sha256: () => '',
  });
  expect(diagnostics.map((diagnostic) => diagnostic.code)).toContain('compile/addendum-weakens');
});

test('prose in another language is unread, once a section', async () => {
  const { plan, codes } = await read(readFileSync(join(hostile, '13-german.md'), 'utf8'));
  expect(codes.filter((code) => code === 'compile/unread-prose').length).toBeGreaterThanOrEqual(2);
  expect(plan.blocks.filter((block) => block.type === 'paragraph' && block.disposition === 'narrative')).toEqual([]);
});

describe('every hostile document is read whole', () => {
  test.each(readdirSync(hostile))('%s', async (name) => {
    const bytes = readFileSync(join(hostile, name));
    const length = bytes.toString('utf8').replace(/^\u{feff}/u, '').length;
    const first = await compile(bytes);
    expect(await compile(bytes)).toEqual(first);
    const spans = [
      ...first.diagnostics.flatMap((diagnostic) => diagnostic.span ?? []),
      ...(first.plan?.blocks ?? []).map((block) => block.span),
      ...(first.plan?.steps ?? []).flatMap((step) => [step.span, ...step.expectations.map((expectation) => expectation.span)]),
    ];
    expect(spans.filter((span) => span.start.offset < 0 || span.end.offset > length || span.start.offset > span.end.offset)).toEqual([]);
    expect(first.diagnostics.filter((diagnostic) => diagnostic.help === undefined || diagnostic.message === '')).toEqual([]);
    const unclaimed = (first.plan?.blocks ?? []).filter((block) => block.disposition === 'unclaimed');
    if (unclaimed.length > 0) expect(first.diagnostics.some((diagnostic) => diagnostic.severity === 'error')).toBe(true);
  });
});

test('a long line is read in linear time', async () => {
  const cost = async (repeats: number): Promise<number> => {
    const bytes = new TextEncoder().encode(`# T\n\n${'a b c d e f g h '.repeat(repeats)}`);
    const started = process.cpuUsage();
    await compile(bytes);
    return process.cpuUsage(started).user;
  };
  await cost(1_000);
  const [small, large] = [await cost(4_000), await cost(32_000)];
  // Eight times the text: a square would cost 64 times as much.
  expect(large / small).toBeLessThan(32);
});
