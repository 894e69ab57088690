/** Claims on a query that its own text decides, whatever the data are. */
import { afterAll, expect, test } from 'vitest';
import { compilePlan } from '../../src/compile/compile-plan.ts';
import { createSqlParser } from '../../src/policy/sql-parser.ts';

const parser = createSqlParser();
afterAll(() => parser.close());

async function codesOf(query: string, claim: string): Promise<readonly string[]> {
  const text = `# Drill\n\n## 1. Steps\n\n\`\`\`sql\n${query};\n\`\`\`\n\n**Expected:** ${claim}\n`;
  const { diagnostics } = await compilePlan({ path: 'plan.md', bytes: new TextEncoder().encode(text), parser, sha256: () => '' });
  return diagnostics.filter(({ severity }) => severity === 'error').map(({ code }) => code);
}

const vacuous: readonly (readonly [query: string, claim: string])[] = [
  ['SELECT count(*) AS stored FROM t', '`stored >= 0`'],
  ['SELECT count(*) AS stored FROM t', '`stored > -1`'],
  ['SELECT count(*) AS stored FROM t', '`stored != -1`'],
  ['SELECT count(*) AS stored FROM t', '`0 <= stored`'],
  ['SELECT count(*) AS stored FROM t', '`stored` is not null'],
  ['SELECT count(*) AS stored FROM t', 'at least 1 row'],
  ['SELECT count(*) AS stored FROM t', 'exactly one row'],
  ['SELECT count(*) AS stored FROM t', '`stored` is unique'],
  ['SELECT count(*)::int AS a FROM t', '`a >= 0`'],
  ['SELECT CAST(count(*) AS numeric) AS a FROM t', '`a >= 0`'],
  ['SELECT count(*) + 1 AS a FROM t', '`a >= 1`'],
  ['SELECT count(*) * 2 AS a FROM t', '`a >= 0`'],
  ['SELECT 100 * count(*) / 7 AS a FROM t', '`a >= 0`'],
  ['SELECT COALESCE(count(*), 0) AS a FROM t', '`a >= 0`'],
  ['SELECT coalesce(sum(length(name)), 0) AS a FROM t', '`a >= 0`'],
  ['SELECT coalesce(sum(x), 0) AS a FROM t', '`a` is not null'],
  ['SELECT max(length(name)) AS a FROM t', '`a >= 0`'],
  ['SELECT greatest(sum(x), 0) AS a FROM t', '`a >= 0`'],
  ['SELECT abs(min(x)) AS a FROM t', '`a >= 0`'],
  ['SELECT (SELECT count(*) FROM t) AS a', '`a >= 0`'],
  ['SELECT (SELECT count(*) AS n FROM t) AS a', '`a >= 0`'],
  ['SELECT a.n AS a FROM (SELECT count(*) AS n FROM t) a', '`a >= 0`'],
  ['WITH c AS (SELECT count(*) AS n FROM t) SELECT n AS a FROM c', '`a >= 0`'],
  ['SELECT CASE WHEN x THEN 1 ELSE 0 END AS a FROM t', 'every row has `a >= 0`'],
  ['SELECT sum(CASE WHEN x THEN 1 ELSE 0 END) AS a FROM t', '`a >= 0`'],
  ['SELECT length(name) AS a FROM t', 'every row has `a >= 0`'],
  ['SELECT k, count(*) AS a FROM t GROUP BY k', 'every row has `a >= 1`'],
  ['SELECT EXISTS (SELECT 1 FROM t) AS a', '`a` is not null'],
  ['SELECT (x IS NULL) AS a FROM t', 'every row has `a` is not null'],
  ['SELECT EXISTS (SELECT 1 FROM t) AS a', 'at least one row'],
  ["SELECT 'ok' AS a", "`a = 'ok'`"],
  ["SELECT 'ok' AS a, count(*) AS n FROM t", "`a = 'ok'`"],
  ["SELECT 'ok' AS a", "`a` contains 'k'"],
  ['SELECT 7 AS a', '`a = 7`'],
  ['SELECT 7 AS a', '`a >= 3`'],
  ['SELECT true AS a', '`a` is true'],
  ['SELECT 7 AS a', '`a in { 7, 8 }`'],
  ['SELECT count(*) AS a, 0 AS zero FROM t', '`a >= zero`'],
  ['SELECT count(*) AS n FROM t LIMIT 1', 'at least one row'],
  ['SELECT id FROM t LIMIT 5', 'at most 5 rows'],
  ['SELECT count(*) AS any_word FROM t', '>= 0'],
];

test.each(vacuous)('%s: %s could not fail', async (query, claim) => {
  expect(await codesOf(query, claim)).toEqual(['compile/vacuous-claim']);
});

test.each([
  ['SELECT count(*) AS stored FROM t', '`stored < 0`'],
  ['SELECT count(*) AS stored FROM t', '`stored = -1`'],
  ['SELECT count(*) AS stored FROM t', '`stored` is null'],
  ['SELECT count(*) AS stored FROM t', 'no rows'],
  ['SELECT count(*) AS stored FROM t', 'exactly 3 rows'],
  ["SELECT 'ok' AS a", "`a = 'failed'`"],
  ['SELECT id FROM t LIMIT 5', 'exactly 6 rows'],
])('%s: %s could not hold', async (query, claim) => {
  expect(await codesOf(query, claim)).toEqual(['compile/impossible-claim']);
});

test.each([
  ['SELECT count(*) AS stored FROM t', '`stored >= 1`'],
  ['SELECT count(*) AS stored FROM t', '`stored > 0`'],
  ['SELECT count(*) AS stored FROM t', '`stored <= 5`'],
  ['SELECT count(*) AS stored FROM t', '`stored = 0`'],
  ['SELECT sum(x) AS a FROM t', '`a >= 0`'],
  ['SELECT sum(x) AS a FROM t', '`a` is not null'],
  ['SELECT count(*) - 5 AS a FROM t', '`a >= 0`'],
  ['SELECT (SELECT count(*) FROM t) - (SELECT count(*) FROM u) AS a', '`a >= 0`'],
  ['SELECT least(count(*), min(x)) AS a FROM t', '`a >= 0`'],
  ['SELECT app.length(name) AS a FROM t', 'every row has `a >= 0`'],
  ['SELECT EXISTS (SELECT 1 FROM t) AS a', '`a` is true'],
  ['SELECT k, count(*) AS a FROM t GROUP BY k', 'every row has `a >= 2`'],
  ['SELECT k, count(*) AS a FROM t GROUP BY k', 'exactly 3 rows'],
  ['SELECT count(*) AS a FROM t HAVING count(*) > 3', 'exactly 1 row'],
  ["SELECT 'ok' AS a FROM t WHERE id = 3", "`a = 'ok'`"],
  ['SELECT max(length(name)) AS a FROM t', '`a` is not null'],
  ['SELECT u.n AS a FROM t LEFT JOIN (SELECT count(*) AS n FROM u) u ON t.x', 'every row has `a` is not null'],
  ['SELECT generate_series(1, 3) AS a', 'exactly 3 rows'],
  ['SELECT id FROM t LIMIT 1', 'exactly 1 row'],
  ['SELECT id FROM t LIMIT 5', 'at least 5 rows'],
])('%s: %s is a claim', async (query, claim) => {
  expect(await codesOf(query, claim)).toEqual([]);
});

test('what is said of rows below a count is not taken for the query before it', async () => {
  const text =
    '# Drill\n\n## 1. Steps\n\n```sql\nSELECT id FROM t;\n```\n\nExpected: 3 rows\n\n```sql\nSELECT count(*) AS n FROM u;\n```\n\nExpected: no rows\n';
  const { diagnostics } = await compilePlan({ path: 'plan.md', bytes: new TextEncoder().encode(text), parser, sha256: () => '' });
  expect(diagnostics.map(({ code, span, help }) => [code, span?.start.line, help])).toEqual([
    ['compile/impossible-claim', 15, 'claim what that row shows: `n = 0`, `n >= 1`'],
  ]);
});

test('a title that says that something exists asks for the answer, not for its one row', async () => {
  const text = '# Drill\n\n## 1. Order exists\n\n```sql\nSELECT EXISTS (SELECT 1 FROM t) AS there;\n```\n';
  const { plan } = await compilePlan({ path: 'plan.md', bytes: new TextEncoder().encode(text), parser, sha256: () => '' });
  expect(plan?.steps[0]?.expectations.map((expectation) => expectation.text)).toEqual(['there is true']);
});
