/** What runs at the end in any case, what tells after a cut whether a step was done, and how much time steps have. */
import { describe, expect, test } from 'vitest';
import type { CompiledPlan } from '../../src/compile/compile-plan.ts';
import type { Step } from '../../src/model/step.ts';
import { compileHeading } from '../../src/compile/section.ts';
import { createCompiler, said } from './plan-of.ts';

const compile = createCompiler();
const markdown = (body: string, beside?: string): Promise<CompiledPlan> => compile('plan.md', body, beside === undefined ? {} : { beside });
const bash = (text: string, info = ''): string => `\`\`\`bash${info}\n${text}\n\`\`\`\n`;
const sql = (text: string, info = ''): string => `\`\`\`sql${info}\n${text}\n\`\`\`\n`;
const roles = ({ plan }: CompiledPlan): readonly string[] => (plan?.steps ?? []).map(({ id, role }) => `${id} ${role}`);
const codesOf = ({ diagnostics }: CompiledPlan): readonly string[] => diagnostics.map(({ severity, code }) => `${severity} ${code}`);
const stepOf = ({ plan }: CompiledPlan, id: string): Step => {
  const step = plan?.steps.find((each) => each.id === id);
  if (step === undefined) throw new Error(`no step ${id}`);
  return step;
};
const policy = '**Policy:** No manual DB inserts.\n\n';

describe('a heading', () => {
  test.each([
    'Teardown',
    'Tear down',
    'Tear-down',
    'Clean up',
    'Cleanup',
    'Clean-up',
    'Cleaning up',
    '5. Clean up resources',
    'Cleanup after the test',
    'Afterwards',
    'Clean up the test data',
    'Restore the original settings',
    'Restore previous state',
    'Return to normal operation',
    'After the drill',
    'T5 Clean up',
  ])('%s runs at the end', (title) => expect(compileHeading(title).teardown).toBe(true));

  test.each([
    'Restore the backup',
    'Restore',
    'Clean data',
    'Cleanup job',
    'Clean architecture',
    'After the release',
    'Tear resistance',
    'Teardown time is measured',
    'Rollback',
    'Cleanup policy',
    'Test the cleanup',
    'Return to sender',
  ])('%s runs in its turn', (title) => expect(compileHeading(title).teardown).toBe(false));
});

describe('teardown', () => {
  test('in every form, numbered as it stands', async () => {
    const body = `# T\n\n## 1. Tear down\n\n${bash('./x')}\n## 2. A\n\n${bash('./a')}\n## 3. B\n\n${bash('./b')}\n`;
    expect(roles(await markdown(body))).toEqual(['2.1 step', '3.1 step', '1.1 teardown']);
    expect(roles(await markdown(body, 'plan: plan.md\nsteps:\n  - { at: ./b, role: teardown }\n  - { at: ./x, role: step }\n'))).toEqual([
      '1.1 step',
      '2.1 step',
      '3.1 teardown',
    ]);
    expect(roles(await markdown(body.replace('```bash\n./a', '```bash role=teardown\n./a')))).toEqual(['3.1 step', '1.1 teardown', '2.1 teardown']);
    expect(roles(await markdown(`${body}\nAlways run this step, also after a failure.\n`))).toEqual(['2.1 step', '1.1 teardown', '3.1 teardown']);
    const yaml =
      "steps:\n  - { kind: shell, id: '1.1', run: ./a }\n  - { kind: shell, id: '1.2', run: ./c, role: teardown }\nteardown:\n  - { kind: shell, run: ./x }\n  - { kind: shell, run: ./y }\n";
    expect(roles(await compile('plan.yaml', yaml))).toEqual(['1.1 step', '1.2 teardown', 'teardown.1 teardown', 'teardown.2 teardown']);
  });

  test('below a part of it, and in no part that is not executed', async () => {
    expect(roles(await markdown(`# T\n\n## A\n\n${bash('./a')}\n## Clean up\n\n### Files\n\n${bash('./x')}\n## B\n\n${bash('./b')}\n`))).toEqual([
      '1.1 step',
      '3.1 step',
      '2.1 teardown',
    ]);
    expect(roles(await markdown(`# T\n\n## A\n\n${bash('./a')}\n## Cleanup (only if the run failed)\n\n${bash('./x')}\n`))).toEqual(['1.1 step']);
    expect(roles(await markdown(`# T\n\n## A\n\n${bash('./a')}\n## Cleanup (optional)\n\n${bash('./x')}\n`))).toEqual(['1.1 step']);
  });

  test('has the permissions of any step', async () => {
    const forbidden = await markdown(
      `# T\n\n${policy}## A\n\n${bash('./a')}\n## Clean up\n\n${bash('psql -c "DELETE FROM runs"')}\n${sql('SELECT 1 AS one FROM runs')}\n1 row\n`,
    );
    expect(stepOf(forbidden, '2.1').access.capability).toBe('read');
    expect(codesOf(forbidden)).toContain('refused policy/forbidden-write');
    const none = await markdown(`# T\n\n## A (No Execution Yet)\n\n### Clean up\n\n${bash('./x')}\n`);
    expect(codesOf(none)).toContain('refused policy/forbidden-execution');
  });

  test('shows nothing that a step before it is asked for', async () => {
    const compiled = await markdown(`# T\n\n${policy}## A\n\n${bash('./a')}\n\`left == 0\`\n\n## Clean up\n\n${sql('SELECT count(*) AS left FROM runs')}\n`);
    expect(stepOf(compiled, '2.1').expectations.filter(({ origin }) => origin === 'text')).toEqual([]);
    expect(compiled.plan?.steps.flatMap((step) => step.expectations.filter(({ origin }) => origin === 'text').map(() => step.role))).not.toContain('teardown');
  });

  test('shows what it is asked for itself', async () => {
    const compiled = await markdown(
      `# T\n\n${policy}## A\n\n${bash('./a')}\n## Clean up\n\n${sql('SELECT count(*) AS rest FROM runs')}\n**Expected:** \`rest == 0\`\n`,
    );
    expect(stepOf(compiled, '2.1').expectations.map(({ text }) => text)).toEqual(['`rest == 0`']);
  });

  test('gives no value to a step that runs before it', async () => {
    const compiled = await markdown(`# T\n\n## Clean up\n\n${bash('./x')}\nRecord the \`ticket_id\`.\n\n## A\n\n${bash("./a '<ticket_id>'")}\n`);
    expect(said(compiled).join('\n')).toContain('is recorded only after this step needs it');
    // Its sections run from the last to the first.
    const first = await markdown(
      `# T\n\n## A\n\n${bash('./a')}\n## Clean up\n\n${bash("./x '<ticket_id>'")}\n## Afterwards\n\n${bash('./y')}\nRecord the \`ticket_id\`.\n`,
    );
    expect(codesOf(first)).not.toContain('error compile/unbound-placeholder');
    const last = await markdown(
      `# T\n\n## A\n\n${bash('./a')}\n## Clean up\n\n${bash('./y')}\nRecord the \`ticket_id\`.\n\n## Afterwards\n\n${bash("./x '<ticket_id>'")}\n`,
    );
    expect(codesOf(last)).toContain('error compile/unbound-placeholder');
  });

  test('alone is a weak witness', async () => {
    const body = (heading: string): string =>
      `# T\n\n${policy}## A\n\n${bash('./a')}\n## ${heading}\n\n${sql('SELECT count(*) AS rest FROM runs')}\n**Expected:** \`rest == 0\`\n\n## Acceptance criteria\n\n- \`rest == 0\`\n`;
    expect(codesOf(await markdown(body('Clean up')))).toEqual(['warning compile/teardown-witness']);
    expect(codesOf(await markdown(body('Count')))).toEqual([]);
  });

  test('of a YAML plan has no other role', async () => {
    const compiled = await compile(
      'plan.yaml',
      "steps:\n  - { kind: shell, id: '1.1', run: ./a }\nteardown:\n  - { kind: shell, id: '2.1', run: ./x, role: report }\n",
    );
    expect(codesOf(compiled)).toContain('error compile/conflicting-keys');
  });
});

describe('what tells after a cut whether a step was done', () => {
  const writer = `# T\n\n${policy}## 1. Batch\n\n${bash('./batch\necho batch_id: 7')}\nRecord the \`batch_id\`.\n\n## 2. Production path\n\n${bash("./import '<batch_id>'")}\nRecord the \`order_id\`.\n\n## 3. Orders\n\n${sql("SELECT id FROM orders WHERE batch = '<batch_id>'")}\n**Expected:** 1 row\n`;
  const withProbe = (query: string): Promise<CompiledPlan> =>
    markdown(writer, `plan: plan.md\nsteps:\n  - at: ./import\n    doneWhen: ${JSON.stringify(query)}\n`);

  test('is a query with names that are known before', async () => {
    const compiled = await withProbe("SELECT id FROM orders WHERE batch = '<batch_id>'");
    expect(codesOf(compiled)).toEqual([]);
    expect(stepOf(compiled, '2.1').doneWhen).toMatchObject({ sql: 'SELECT id FROM orders WHERE batch = $1', parameters: ['batch_id'] });
  });

  test.each([
    ['DELETE FROM orders', 'refused policy/forbidden-write'],
    ['WITH x AS (DELETE FROM orders RETURNING id) SELECT id FROM x', 'refused policy/forbidden-write'],
    ['SELECT id FROM orders; DELETE FROM orders', 'refused policy/forbidden-write'],
    ['SELECT id FROM orders FOR UPDATE', 'refused policy/forbidden-write'],
    ['SELECT pg_terminate_backend(1)', 'refused policy/forbidden-write'],
    ['COPY orders TO STDOUT', 'error compile/vacuous-claim'],
    ['SET role postgres', 'refused policy/forbidden-write'],
    ['SELEC id', 'error compile/unparsable-sql'],
    ['', 'error compile/empty-value'],
    // Answers a row whether it was done or not.
    ['SELECT count(*) FROM orders', 'error compile/vacuous-claim'],
    ['SELECT 1', 'error compile/vacuous-claim'],
    ['SELECT exists (SELECT 1 FROM orders)', 'error compile/vacuous-claim'],
    ['VALUES (1)', 'error compile/vacuous-claim'],
    ["SELECT id FROM orders WHERE id = '<order_id>'", 'error compile/unbound-placeholder'],
    ["SELECT id FROM orders WHERE id = '<nobody>'", 'error compile/unbound-placeholder'],
  ])('never %s', async (query, code) => {
    const compiled = await withProbe(query);
    expect(codesOf(compiled)).toContain(code);
    expect(compiled.plan?.steps.every((step) => step.doneWhen === undefined)).toBe(true);
  });

  test('may count where a condition decides', async () => {
    expect(codesOf(await withProbe('SELECT count(*) FROM orders HAVING count(*) > 0'))).toEqual([]);
  });

  test('is idle at a step that is repeated anyway', async () => {
    const compiled = await markdown(writer, 'plan: plan.md\nsteps:\n  - { at: SELECT id, doneWhen: SELECT id FROM orders }\n');
    expect(codesOf(compiled)).toEqual(['warning compile/entry-binds-nothing']);
  });

  test('in a YAML plan, and at a fence', async () => {
    const yaml = await compile(
      'plan.yaml',
      "policies: ['No manual DB inserts.']\nsteps:\n  - { kind: shell, id: '1.1', run: ./import, productionPath: true, writes: [orders], doneWhen: SELECT id FROM orders }\n",
    );
    expect(stepOf(yaml, '1.1').doneWhen).toMatchObject({ sql: 'SELECT id FROM orders', parameters: [] });
    const fence = await markdown(writer.replace('```bash\n./import', '```bash doneWhen="SELECT id FROM orders"\n./import'));
    expect(stepOf(fence, '2.1').doneWhen).toMatchObject({ sql: 'SELECT id FROM orders' });
  });
});

describe('time', () => {
  const timeOf = async (text: string, beside?: string): Promise<number> => stepOf(await markdown(text, beside), '1.1').timeoutMs;
  const below = (sentence: string, heading = '1. A'): string => `# T\n\n## ${heading}\n\n${bash('./a')}\n${sentence}\n`;

  test.each([
    ['**Timeout:** 30 s', 30_000],
    ['Timeout: 2m', 120_000],
    ['Time limit: 5 minutes', 300_000],
    ['The step has 20 s.', 20_000],
    ['Abort it after 90 s.', 90_000],
    ['The command must finish in 20 minutes.', 1_200_000],
    ['It must not take longer than 20 minutes.', 1_200_000],
    // What must be faster than the usual time is measured, not cut off.
    ['The command must finish within 30 s.', 600_000],
    ['It may take up to 5 minutes.', 600_000],
  ])('%s', async (sentence, ms) => expect(await timeOf(below(sentence))).toBe(ms));

  test('in the brackets of a heading', async () => {
    expect(await timeOf(below('', '1. A (max 10 s)'))).toBe(10_000);
    expect(await timeOf(below('', '1. A (within 1 min)'))).toBe(60_000);
    expect(codesOf(await markdown(`${below('', '1. A (max 10 s)')}\n${bash('./b')}`))).toEqual(['error compile/unclear-conduct']);
    expect(await timeOf(below('', '1. A (10 min)'))).toBe(600_000);
  });

  test('an addendum may be stricter than the text, never less so; its defaults are only that', async () => {
    const at = (ms: number): string => `plan: plan.md\nsteps:\n  - { at: ./a, timeoutMs: ${ms} }\n`;
    expect(await timeOf(below('The step has 20 s.'), at(5_000))).toBe(5_000);
    expect(await timeOf(below('The step has 20 s.'), at(50_000))).toBe(20_000);
    expect(await timeOf(below('The step has 20 s.'), 'plan: plan.md\ndefaults:\n  shell: { timeoutMs: 1000 }\n')).toBe(20_000);
  });

  test('of a whole plan is kept by nothing, and so an error', async () => {
    for (const sentence of ['The whole plan must finish within 15 minutes.', 'This execution must not take longer than 1 h.'])
      for (const text of [below(sentence), `# T\n\n${sentence}\n\n## 1. A\n\n${bash('./a')}`])
        expect([text, codesOf(await markdown(text))]).toEqual([text, ['error compile/unclear-conduct']]);
  });
});

describe('a condition that the plan does not measure', () => {
  test.each([
    'Skip this step if the table is empty.',
    'Skip when the table is empty.',
    'If there are no rows, skip this step.',
    'This step runs only on Linux.',
    'The command is only needed on Mondays.',
  ])('%s', async (sentence) => {
    const above = await markdown(`# T\n\n## A\n\n${sentence}\n\n${bash('./a')}\n## B\n\n${bash('./b')}\n`);
    expect(above.plan?.steps.map(({ text }) => text)).toEqual(['./b']);
    expect(above.plan?.tasks.some(({ condition }) => condition === 'choice')).toBe(true);
    const below = await markdown(`# T\n\n## A\n\n${bash('./a')}\n${sentence}\n`);
    expect(codesOf(below)).toContain('error compile/unclear-conduct');
  });

  test.each(['The level is needed by the mill.', 'The query runs on port 5432.', 'The import skips rows that are empty.', 'This step takes a minute.'])(
    '%s',
    async (sentence) => {
      const below = await markdown(`# T\n\n## A\n\n${bash('./a')}\n${sentence}\n`);
      expect(below.plan?.steps).toHaveLength(1);
      expect(codesOf(below)).not.toContain('error compile/unclear-conduct');
    },
  );
});
