import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CompiledPlan } from '../../src/compile/compile-plan.ts';
import { hasErrors } from '../../src/model/diagnostic.ts';
import type { Plan } from '../../src/model/plan.ts';
import { planDifferences } from '../../src/review/convert-comparison.ts';
import { convertFaithfully } from '../../src/review/convert-faithfully.ts';
import { convertPlan } from '../../src/review/convert-plan.ts';
import { wordings } from '../../src/review/convert-shape.ts';
import { renderYamlPlan } from '../../src/review/convert-text.ts';
import { createCompiler, said } from '../compile/plan-of.ts';
import { root } from '../support/command.ts';
import { sampled } from '../support/sampled.ts';

const compile = createCompiler();
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

async function compileFile(path: string): Promise<CompiledPlan> {
  const beside = path.replace(/\.md$/, '.addendum.yaml');
  return compile(path, readFileSync(join(root, path)), existsSync(join(root, beside)) ? { beside: read(beside) } : {});
}

const asYaml =
  (path: string) =>
  (text: string): Promise<CompiledPlan> =>
    compile(path.replace(/\.md$/, '.plan.yaml'), text);

/** A plan that has to compile. */
async function planOf(path: string): Promise<Plan> {
  const { plan, diagnostics } = await compileFile(path);
  if (plan === undefined || hasErrors(diagnostics)) throw new Error(`${path} does not compile`);
  return plan;
}

const inFolder = (folder: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name}`)
    .filter((path) => path.endsWith('.md') && !path.endsWith('/bad.md'))
    .toSorted();

describe('Markdown → YAML → plan = Markdown → plan', () => {
  test.each([...inFolder('plans'), ...inFolder('fixtures/same-plan')])('%s', async (path) => {
    const plan = await planOf(path);
    const converted = await convertFaithfully(plan, asYaml(path));
    expect(converted.diagnostics).toEqual([]);
    const yaml = await asYaml(path)(converted.value ?? '');
    expect(planDifferences(plan, yaml.plan as Plan)).toEqual([]);
    expect(yaml.plan).toMatchObject({ form: 'yaml', blocks: [], path: expect.stringMatching(/\.plan\.yaml$/) });
  });

  test('every document that compiles is converted', async () => {
    let converted = 0;
    for (const path of sampled([...inFolder('fixtures/reading/labelled'), ...inFolder('fixtures/reading/codes')], 2)) {
      const { plan, diagnostics } = await compileFile(path);
      if (plan === undefined || hasErrors(diagnostics)) continue;
      const { value, diagnostics: wrong } = await convertFaithfully(plan, asYaml(path));
      expect({ path, wrong }).toEqual({ path, wrong: [] });
      expect(value).toMatch(/^# yaml-language-server: /);
      converted += 1;
    }
    expect(converted).toBeGreaterThan(15);
  });

  // Such a document is not converted by the command. What was read of it has a YAML form all the same.
  test('what is read of a document has a YAML form, whatever is wrong with it', async () => {
    const different: string[] = [];
    for (const path of sampled(inFolder('fixtures/reading/labelled'), 2)) {
      const { plan } = await compile(path, readFileSync(join(root, path)), { beside: `plan: ${path}\n` });
      if (plan === undefined || plan.steps.length === 0) continue;
      const yaml = await asYaml(path)(renderYamlPlan(convertPlan(plan, { policies: 'rules', claims: 'judged' })));
      const differences = yaml.plan === undefined ? said(yaml) : planDifferences(plan, yaml.plan);
      if (differences.length > 0) different.push(`${path}: ${differences.slice(0, 5).join(', ')}`);
    }
    expect(different).toEqual([]);
  });

  test.each(inFolder('fixtures/same-plan'))('%s: the most explicit wording means the same as the most readable one', async (path) => {
    const plan = await planOf(path);
    const yaml = await asYaml(path)(renderYamlPlan(convertPlan(plan, wordings.at(-1) ?? { policies: 'rules', claims: 'judged' })));
    expect(said(yaml).filter((line) => / (?:error|refused) /.test(line))).toEqual([]);
    expect(planDifferences(plan, yaml.plan as Plan)).toEqual([]);
  });
});

describe('texts survive', () => {
  const shell = (command: string): string => `# T\n\n\`\`\`bash\n${command}\n\`\`\`\n`;
  test.each([
    "echo '9007199254740993' 1e3 0x10 010 yes null 2026-11-21",
    'echo "a: b" # c',
    "printf '%s\\n' \"it's\"",
    'cat <<EOF\n  indented\n\ttab\nEOF',
    '  echo leading',
    'echo trailing   ',
    'echo a \\\n  --flag=@x',
    "echo '- list' '* star' '& anchor' '! tag' '| pipe' '> fold' '% directive'",
    'echo "😀 ünï"',
    "echo ':' '#' '{}' '[]' '~' '---'",
    'echo "a\\tb"\n\necho after an empty line',
  ])('%j', async (command) => {
    const { plan } = await compile('t.md', shell(command));
    const yaml = await asYaml('t.md')(renderYamlPlan(convertPlan(plan as Plan, { policies: 'words', claims: 'words' })));
    expect(yaml.plan?.steps.map((step) => step.text)).toEqual(plan?.steps.map((step) => step.text));
    expect(planDifferences(plan as Plan, yaml.plan as Plan)).toEqual([]);
  });

  test('what a reader cannot see is written as an escape', () => {
    const text = renderYamlPlan({ title: 'zero\u200bwidth and bidi \u202e', steps: [] });
    expect(text).toContain('"zero\\u200bwidth and bidi \\u202e"');
    expect(text).not.toMatch(/[\u200b\u202e]/);
  });
});

describe('the comparison sees what matters', () => {
  const text = read('fixtures/same-plan/payout.md');
  const beside = read('fixtures/same-plan/payout.addendum.yaml');
  const mutants: readonly (readonly [string, string, string])[] = [
    ['a claim', 'amount_cents > 0', 'amount_cents > 1'],
    ['a command', '--currency "EUR"', '--currency "USD"'],
    ['a policy', 'Stop on failure.', ''],
    ['a title', '# Payout run', '# Payout runs'],
    ['a scope', '## 2. Database (Read-Only)', '## 2. Database'],
    ['a report field', '- Payout: `<payout_id>`\n', ''],
    ['a criterion', '3. All tests pass.\n', ''],
    ['a folder', '`accounting/`', '`books/`'],
  ];
  test.each(mutants)('%s', async (_, from, to) => {
    const [plan, mutant] = [
      await compile('payout.md', text, { beside }),
      await compile(
        'payout.md',
        text.replace(from, () => to),
        { beside },
      ),
    ];
    expect(text).toContain(from);
    expect(planDifferences(plan.plan as Plan, mutant.plan as Plan)).not.toEqual([]);
  });

  test('a YAML form that means something else is never given out', async () => {
    const plan = await planOf('fixtures/same-plan/payout.md');
    const converted = await convertFaithfully(plan, (yaml) => asYaml('payout.md')(yaml.replace('amount_cents > 0', 'amount_cents > -1')));
    expect(converted.value).toBeUndefined();
    expect(converted.diagnostics).toMatchObject([
      {
        severity: 'error',
        code: 'review/conversion-differs',
        notes: expect.arrayContaining([expect.stringMatching(/^differs: steps\.2\.1\.expectations\.2\.1\/2\./)]),
      },
    ]);
  });
});
