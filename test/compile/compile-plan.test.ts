import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { compilePlan, type CompiledPlan, type CompileOptions } from '../../src/compile/compile-plan.ts';
import { createSqlParser } from '../../src/policy/sql-parser.ts';

const parser = createSqlParser();
afterAll(() => parser.close());
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const compileText = (path: string, text: string | Uint8Array, addendum?: string, options: Partial<CompileOptions> = {}): Promise<CompiledPlan> =>
  compilePlan({
    path,
    bytes: typeof text === 'string' ? new TextEncoder().encode(text) : text,
    ...(addendum === undefined ? {} : { addendum: { path: path.replace(/\.md$/, '.addendum.yaml'), bytes: new TextEncoder().encode(addendum) } }),
    parser,
    sha256,
    ...options,
  });
const compileFile = (path: string, options: Partial<CompileOptions> = {}): Promise<CompiledPlan> => {
  const beside = path.replace(/\.md$/, '.addendum.yaml');
  return compileText(path, readFileSync(path), path.endsWith('.md') ? readFileSync(beside, 'utf8') : undefined, options);
};
const codes = (compiled: CompiledPlan): readonly string[] => compiled.diagnostics.map((diagnostic) => `${diagnostic.severity} ${diagnostic.code}`);

describe('the seeds', () => {
  test('v4 becomes what its facts say', async () => {
    const { plan, diagnostics } = await compileFile('plans/run-proof-v4.md');
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toEqual(['parse/damaged-text']);
    expect(plan?.steps.map((step) => `${step.id} ${step.kind} ${step.access.capability}`)).toEqual([
      '0.1 shell read',
      '0.2 shell read',
      '0.3 rg-check none',
      '0.4 rg-check none',
      '1.1 rg-check none',
      '1.2 rg-check none',
      '1.3 rg-check none',
      '1.4 rg-check none',
      '1.5 rg-check none',
      '1.6 rg-check none',
      '2.1 shell production',
      '3.1 sql-assert read',
      '3.2 sql-assert read',
      '3.3 sql-assert read',
      '4.1 coordinator-call read',
      '5.1 shell read',
    ]);
    expect(plan?.policies.map((policy) => policy.rule.kind)).toEqual(['no-manual-writes', 'no-sqlite-fallback', 'stop-on-failure', 'no-execution']);
    expect(plan?.criteria.map((criterion) => criterion.clauses.every((clause) => clause.witnesses.length > 0))).toEqual([true, true, true, true, true]);
    expect(plan?.report.map((field) => field.source.kind)).toEqual([
      'name',
      'name',
      'name',
      'name',
      'row-count',
      'name',
      'name',
      'name',
      'name',
      'name',
      'word',
    ]);
    expect(plan?.protectedTables).toEqual(['runs', 'aos_traces', 'aos_trace_steps']);
    expect(plan?.steps.find((step) => step.id === '2.1')?.captures.map((capture) => [capture.name, capture.type, capture.optional])).toEqual([
      ['run_id', 'uuid', false],
      ['status', 'text', false],
      ['error', 'text', true],
    ]);
    expect(plan?.blocks.filter((block) => block.disposition === 'unclaimed' || block.disposition === 'unread')).toEqual([]);
  });

  test('v2 becomes what its facts say', async () => {
    const { plan, diagnostics } = await compileFile('plans/run-proof-v2.md');
    expect(diagnostics).toEqual([]);
    expect(plan?.steps.map((step) => `${step.id} ${step.kind} ${step.access.capability}`)).toEqual([
      '1.1 rg-check none',
      '1.2 rg-check none',
      '1.3 sql-assert probe',
      '1.4 sql-assert probe',
      '2.1 shell read',
      '2.2 shell write',
      '2.3 shell production',
      '3.1 sql-assert read',
      '3.2 sql-assert read',
      '4.1 coordinator-call read',
      '5.1 shell read',
      '7.1 sql-assert read',
    ]);
    expect(plan?.steps.find((step) => step.id === '2.2')?.condition?.name).toBe('agent_id');
    expect(plan?.tasks.map((task) => task.verifiedBy.length > 0)).toEqual([true, true, true]);
    expect(plan?.criteria).toHaveLength(5);
    expect(plan?.report).toHaveLength(12);
    expect(plan?.report.every((field) => field.source.kind !== 'none')).toBe(true);
    expect(plan?.policies.map((policy) => policy.rule.kind)).toEqual([
      'no-manual-writes',
      'no-sqlite-fallback',
      'stop-on-failure',
      'no-manual-writes',
      'no-sqlite-fallback',
      'order',
      'order',
      'no-substitution',
      'fresh-evidence',
      'read-only',
    ]);
  });

  test('v4 without its addendum lists every missing binding with its line', async () => {
    const { diagnostics } = await compileText('plans/run-proof-v4.md', readFileSync('plans/run-proof-v4.md'));
    expect(
      diagnostics.filter((diagnostic) => diagnostic.severity === 'error').map((diagnostic) => `${diagnostic.span?.start.line} ${diagnostic.code}`),
    ).toEqual([
      '17 compile/unbound-precondition',
      '19 compile/unbound-precondition',
      '34 compile/unbound-pattern',
      '48 compile/unbound-placeholder',
      '49 compile/unbound-working-directory',
      '50 compile/unbound-placeholder',
      '52 compile/unbound-placeholder',
      '97 compile/unbound-working-directory',
    ]);
    expect(diagnostics.every((diagnostic) => diagnostic.help !== undefined && diagnostic.help !== '')).toBe(true);
  });

  test('a quotation that does not match is an error that shows the nearest line', async () => {
    const addendum = readFileSync('plans/run-proof-v4.addendum.yaml', 'utf8').replace(
      'at: Local DB is reachable and migrated to head.',
      'at: Local DB is reachable and migrated to 125.',
    );
    const { diagnostics } = await compileText('plans/run-proof-v4.md', readFileSync('plans/run-proof-v4.md'), addendum);
    const found = diagnostics.find((diagnostic) => diagnostic.code === 'compile/quotation-not-found');
    expect(found?.span?.path).toBe('plans/run-proof-v4.addendum.yaml');
    expect(found?.notes?.[0]).toContain('line is 17');
  });
});

describe('static refusals', () => {
  const v4 = readFileSync('plans/run-proof-v4.md', 'utf8');
  const addendum = readFileSync('plans/run-proof-v4.addendum.yaml', 'utf8');
  const insert = "INSERT INTO runs (id, agent_id, goal, status, tenant_id, origin_system_id) VALUES ('x','x','x','succeeded','x','x');";
  const withStep = (fence: string): string => v4.replace('## 5. Coordinator Tests', () => `## 4b. More\n\n${fence}\n\n## 5. Coordinator Tests`);

  test('an insert in an sql block points at the policy', async () => {
    const compiled = await compileText('v4.md', withStep(`\`\`\`sql\n${insert}\n\`\`\``), addendum);
    const refusal = compiled.diagnostics.find((diagnostic) => diagnostic.severity === 'refused');
    expect(refusal?.code).toBe('policy/forbidden-write');
    expect(refusal?.span?.start.line).toBe(6);
  });

  test('an insert by psql in a here-document is found in the text', async () => {
    const compiled = await compileText('v4.md', withStep(`\`\`\`bash\npsql "$DATABASE_URL" <<'SQL'\n${insert}\nSQL\n\`\`\``), addendum);
    expect(codes(compiled)).toContain('refused policy/forbidden-write');
  });

  test('a DO block is refused', async () => {
    const compiled = await compileText('v4.md', withStep(`\`\`\`sql\nDO $$ BEGIN ${insert} END $$;\n\`\`\``), addendum);
    expect(codes(compiled)).toContain('refused policy/forbidden-write');
  });

  test('psql beside the CLI in the block of the production path does not compile', async () => {
    const compiled = await compileText('v4.md', v4.replace('  --verbose\n```', `  --verbose\npsql "$DATABASE_URL" -c "${insert}"\n\`\`\``), addendum);
    expect(codes(compiled)).toContain('error compile/production-path-not-simple');
  });

  test('a command in a section without execution is refused', async () => {
    const compiled = await compileText('v4.md', v4.replace('**File checks**', '```bash\npython3 -c "print(1)"\n```\n\n**File checks**'), addendum);
    expect(codes(compiled)).toContain('refused policy/forbidden-execution');
  });

  test.each(['false || true', 'false; exit 0', 'set +e\nfalse\necho done', 'false &'])('an exit code that %j hides is no evidence', async (command) => {
    const { plan, diagnostics } = await compileText('plan.md', `# T\n\n\`\`\`bash\n${command}\n\`\`\`\n`);
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toContain('compile/concealed-failure');
    expect(plan?.steps[0]?.expectations).toEqual([]);
  });

  test('a name that a policy rules out is refused in a command and may be searched for', async () => {
    const text = (command: string): string => `# T\n\n**Policy:** Do not use \`SQLiteTraceStore\`.\n\n\`\`\`bash\n${command}\n\`\`\`\n`;
    expect(codes(await compileText('plan.md', text('python3 -c "from x import SQLiteTraceStore"')))).toContain('refused policy/forbidden-identifier');
    expect(codes(await compileText('plan.md', text('rg -n SQLiteTraceStore src')))).toEqual([]);
  });

  test('a demanded variable that a command leaves out is judged and never set', async () => {
    const { plan, diagnostics } = await compileText(
      'v4.md',
      v4.replace(
        "PYTHONPATH=. USE_POSTGRES_TRACES=true DATABASE_URL='<db_url>' \\\npython3 -m app.hoc.cus",
        "PYTHONPATH=. DATABASE_URL='<db_url>' \\\npython3 -m app.hoc.cus",
      ),
      addendum,
    );
    expect(diagnostics.filter((diagnostic) => diagnostic.severity !== 'warning')).toEqual([]);
    const check = plan?.preconditions[1]?.checks[0];
    expect(check?.kind === 'environment' && check.unmetBy.map((unmet) => unmet.step)).toEqual(['2.1']);
    expect(plan?.steps.every((step) => !('environment' in step) || step.environment['USE_POSTGRES_TRACES'] === undefined)).toBe(true);
  });
});

describe('Markdown and YAML compile to the same plan', () => {
  test('order import', async () => {
    const [markdown, yaml] = await Promise.all([compileFile('fixtures/same-plan/order-import.md'), compileFile('fixtures/same-plan/order-import.plan.yaml')]);
    expect(codes(markdown)).toEqual([]);
    expect(codes(yaml)).toEqual([]);
    const shape = ({ plan }: CompiledPlan) => ({
      title: plan?.title,
      steps: plan?.steps.map((step) => ({
        id: step.id,
        kind: step.kind,
        title: step.title,
        access: step.access.capability,
        captures: step.captures.map((capture) => [capture.name, capture.type, capture.source]),
        expectations: step.expectations.map((expectation) => [expectation.claim, expectation.origin]),
        does: step.kind === 'sql-assert' ? [step.sql, step.parameters] : step.kind === 'rg-check' ? [step.patterns, step.paths] : step.command,
      })),
      policies: plan?.policies.map((policy) => policy.rule),
      inputs: plan?.inputs.map((input) => [input.name, input.type]),
      report: plan?.report.map((field) => [field.label, field.source]),
      protectedTables: plan?.protectedTables,
    });
    expect(shape(yaml)).toEqual(shape(markdown));
  });
});

describe('bad documents', () => {
  test.each([
    ['', 'parse/empty-document'],
    ['# Notes\n\nNothing to do here.\n', 'compile/no-step'],
    ['# T\n\n```bash\necho 1\n', 'parse/unterminated-fence'],
    ['# T\n\n```\n???\n```\n', 'compile/unknown-block'],
    ['# T\n\n```bash\necho "unclosed\n```\n', 'compile/unparsable-shell'],
    ['# T\n\n```sql\nselekt 1;\n```\n', 'compile/unparsable-sql'],
    ['# T\n\n```bash\necho <x>\n```\n', 'compile/unbound-placeholder'],
    ["# T\n\n```bash\necho '<x>'\n```\n", 'compile/unbound-placeholder'],
    ['# T\n\n```bash\necho 1\n```\n\n**Expected:** it works\n', 'compile/unclear-expectation'],
    ['# T\n\n```bash\necho 1\n```\n\n**Expected:** `step_count >= 1`\n', 'compile/unknown-name'],
    ['# T\n\n**Rules:** Never call the vendor.\n\n```bash\necho 1\n```\n', 'compile/unenforced-policy'],
  ])('%j', async (text, code) => {
    const compiled = await compileText('plan.md', text, undefined, { given: [] });
    expect(compiled.diagnostics.map((diagnostic) => diagnostic.code)).toContain(code);
    expect(compiled.diagnostics.every((diagnostic) => diagnostic.help !== undefined)).toBe(true);
  });

  test('five errors are five messages in one go', async () => {
    const text = "# T\n\n## 1. A\n\n```bash\necho '<a>' '<b>'\n```\n\n**Expected:** it works\n\n```sql\nselekt 1;\n```\n\n**Rules:** Never call the vendor.\n";
    const compiled = await compileText('plan.md', text);
    expect(compiled.diagnostics.filter((diagnostic) => diagnostic.severity === 'error').length).toBeGreaterThanOrEqual(5);
  });
});
