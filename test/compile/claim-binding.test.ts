/** Whose evidence a claim is about, and what is said where it is none. */
import { afterAll, describe, expect, test } from 'vitest';
import { compilePlan } from '../../src/compile/compile-plan.ts';
import { renderClaim } from '../../src/model/render-claim.ts';
import { createSqlParser } from '../../src/policy/sql-parser.ts';

const parser = createSqlParser();
afterAll(() => parser.close());

const bash = (text: string): string => `\`\`\`bash\n${text}\n\`\`\`\n\n`;
const sql = (text: string): string => `\`\`\`sql\n${text}\n\`\`\`\n\n`;

async function read(...parts: readonly string[]) {
  const { plan, diagnostics } = await compilePlan({
    path: 'plan.md',
    bytes: new TextEncoder().encode(`# Drill\n\n## 1. Steps\n\n${parts.join('')}`),
    parser,
    sha256: () => '',
  });
  const claims = (plan?.steps ?? []).map((step) => step.expectations.filter((each) => each.origin !== 'implied').map((each) => renderClaim(each.claim)));
  return {
    claims,
    implied: (plan?.steps ?? []).map((step) => step.expectations.filter((each) => each.origin === 'implied').map((each) => renderClaim(each.claim))),
    diagnostics,
  };
}

describe('the step that is meant', () => {
  test('a command in backticks is that command', async () => {
    const { claims } = await read(bash('make build'), bash('make publish'), '**Expected:** `make build` exits with 0.\n');
    expect(claims).toEqual([['exit code is 0'], []]);
  });
  test('a command that no step runs is not shown by another', async () => {
    const { claims, diagnostics } = await read(bash('make build'), '**Expected:** `make deploy` exits with 0.\n');
    expect(claims.flat()).toEqual([]);
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toContain('compile/expectation-without-step');
  });
  test.each(['output does not contain "ERROR"', 'nothing is printed', 'HTTP 200', 'stdout has 3 lines'])(
    'what a query is said to print (%s) is not what a command before it printed',
    async (claim) => {
      const { claims, diagnostics } = await read(bash('./load.sh'), sql('SELECT id FROM orders;'), `**Expected:** ${claim}\n`);
      expect(claims.flat()).toEqual([]);
      expect(diagnostics.map((diagnostic) => diagnostic.code)).toContain('compile/expectation-without-step');
    },
  );
  test('claims about every row are the query', async () => {
    const { claims, diagnostics } = await read(
      bash('./load.sh'),
      sql('SELECT id, status FROM orders;'),
      '**Expected:** every row has status = "paid", `id` is unique, at least 1 row\n',
    );
    expect(diagnostics.filter((diagnostic) => diagnostic.severity === 'error')).toEqual([]);
    expect(claims).toEqual([[], ["every row has orders.status == 'paid'", 'orders.id is unique', 'at least 1 row']]);
  });
  test('tests pass where a test runner ran', async () => {
    const { diagnostics } = await read(bash('./load.sh'), '**Expected:** all tests pass\n');
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toContain('compile/expectation-without-step');
  });
});

describe('the exit code that every command must have', () => {
  test.each([
    ['exit code 0 or 2', []],
    ['exits non-zero', []],
    ['fails with exit code 3', []],
    ['stderr contains "x"', ['exit code is 0']],
    ['within 30 s', ['exit code is 0']],
  ])('%s', async (claim, implied) => {
    expect((await read(bash('./load.sh'), `**Expected:** ${claim}\n`)).implied).toEqual([implied]);
  });
});

describe('what is said of a sentence that is no claim', () => {
  const helpOf = async (claim: string): Promise<readonly (readonly [string, string | undefined])[]> => {
    const { diagnostics } = await read(
      sql('SELECT count(*) AS beds FROM wards;'),
      bash('./load.sh'),
      '**Expected:** exit code 0\n\n',
      `**Expected:** ${claim}\n`,
    );
    return diagnostics.map((diagnostic) => [diagnostic.code, diagnostic.help]);
  };
  test.each([
    ['beds should be around 5', 'compile/unclear-expectation', 'the nearest claim is: beds = 5'],
    ['bedz >= 5', 'compile/unknown-name', 'did you mean `beds`?'],
    ['the output looks like "ready"', 'compile/unclear-expectation', 'the nearest claim is: output contains "ready"'],
    ['beds = beds', 'compile/vacuous-claim', 'compare a name with a value, or with another name'],
    ['fewer than 0 rows', 'compile/impossible-claim', 'write what evidence can show'],
    [
      'stdout matches /(?=x)/',
      'compile/unreadable-pattern',
      'write it without references back and without looking ahead or behind, as RE2 and ripgrep have it',
    ],
  ])('%s', async (claim, code, help) => {
    expect(await helpOf(claim)).toContainEqual([code, help]);
  });
});
