/** Two counts of the same object, compared with each other. */
import { afterAll, expect, test } from 'vitest';
import { compilePlan } from '../../src/compile/compile-plan.ts';
import { createSqlParser } from '../../src/policy/sql-parser.ts';

const parser = createSqlParser();
afterAll(() => parser.close());

async function codesOf(query: string, ...claims: readonly string[]): Promise<readonly string[]> {
  const text = `# Drill\n\n## 1. Steps\n\n\`\`\`sql\n${query};\n\`\`\`\n\n**Expected:**\n${claims.map((claim) => `- \`${claim}\`\n`).join('')}`;
  const { diagnostics } = await compilePlan({ path: 'plan.md', bytes: new TextEncoder().encode(text), parser, sha256: () => '' });
  return diagnostics.filter(({ severity }) => severity === 'error').map(({ code }) => code);
}

test.each([
  ['one count under two names', 'SELECT count(*) AS a, count(*) AS b FROM t', 'a == b'],
  ['count(1) and count(*)', 'SELECT count(1) AS a, COUNT(*) AS b FROM t', 'a == b'],
  ['with a bound', 'SELECT count(*) AS a, count(*) AS b FROM t', 'a >= b'],
  ['one column under two names', 'SELECT status AS a, status AS b FROM t', 'a == b'],
  ['of a table by its alias', 'SELECT max(t.n) AS a, max(t.n) AS b FROM things t', 'b <= a'],
  ['an expression, written with other spaces', 'SELECT lower(name)||1 AS a, lower( name ) || 1 AS b FROM t', 'a == b'],
])('%s', async (_, query, claim) => {
  expect(await codesOf(query, claim)).toEqual(['compile/vacuous-claim']);
});

test.each([
  ['two columns', 'SELECT planned AS a, done AS b FROM t', 'a == b'],
  ['a count of rows and one of values', 'SELECT count(*) AS a, count(id) AS b FROM t', 'a == b'],
  ['a count of different values', 'SELECT count(*) AS a, count(distinct id) AS b FROM t', 'a == b'],
  ['a filtered count', "SELECT count(*) AS a, count(*) FILTER (WHERE status = 'done') AS b FROM t", 'a == b'],
  ['counts of two tables', 'SELECT (SELECT count(*) FROM orders) AS a, (SELECT count(*) FROM archive) AS b', 'a == b'],
  ['what varies', 'SELECT random() AS a, random() AS b', 'a <= b'],
  ['a distance', 'SELECT n AS a, n AS b FROM t', 'a == b + 1'],
])('not %s', async (_, query, claim) => {
  expect(await codesOf(query, claim)).toEqual([]);
});
