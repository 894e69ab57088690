/**
 * The whole table of decisions: what each capability is told about each kind of act, on a protected table (`guarded`), on one
 * that the step declares (`declared`) and on any other (`other`). `+rule` permits, `-rule` refuses. Each cell was reviewed; a change of one is a change of what the product promises.
 */
import { afterAll, describe, expect, it, test } from 'vitest';
import type { Capability } from '../../src/model/step.ts';
import { decideSql } from '../../src/policy/decide-sql.ts';
import { createSqlParser } from '../../src/policy/sql-parser.ts';
import { taggedIn } from '../../src/policy/sql-node.ts';
import { statementEffects } from '../../src/policy/sql-statement.ts';
import { fixtureText } from '../compile/fixture.ts';

const [head = '', ...lines] = fixtureText('decision/sql.tsv').trimEnd().split('\n');
const capabilities = head.split('\t').slice(1) as readonly Capability[];
const rows = lines.map((line) => {
  const [sql = '', ...cells] = line.split('\t');
  return { sql, cells };
});
const parser = createSqlParser();
afterAll(() => parser.close());

const answerTo = async (sql: string, capability: Capability): Promise<string> => {
  const { decision } = await decideSql(parser, sql, { access: { capability, writes: ['declared'] }, protectedTables: ['guarded'] });
  return `${decision.effect === 'permit' ? '+' : '-'}${decision.rule}`;
};

test('has a column for each capability', () => {
  // A new capability does not compile until it stands here.
  const all: Readonly<Record<Capability, true>> = {
    none: true,
    read: true,
    write: true,
    'write-except-protected': true,
    ddl: true,
    full: true,
    production: true,
    probe: true,
  };
  expect([...capabilities].toSorted()).toEqual(Object.keys(all).toSorted());
});

describe('each cell', () => {
  it.each(rows)('$sql', async ({ sql, cells }) => {
    expect(await Promise.all(capabilities.map((capability) => answerTo(sql, capability)))).toEqual(cells);
  });
});

test('holds every kind of effect', async () => {
  const kinds = new Set<string>();
  for (const { sql } of rows) {
    const parsed = await parser.parse(sql);
    for (const { tree } of parsed.kind === 'statements' ? parsed.statements : []) {
      const { tag, node } = taggedIn(tree) ?? { tag: '', node: {} };
      for (const { kind } of statementEffects(tag, node)) kinds.add(kind);
    }
  }
  for (const kind of ['write', 'function', 'foreign-name', 'setting', 'create', 'ddl', 'lock', 'side', 'outside', 'opaque']) expect(kinds).toContain(kind);
});

describe('deny overrides', () => {
  // Of a text with several statements the refused one decides, wherever it stands.
  const permitted = 'SELECT 1';
  it.each(rows.filter(({ cells }) => cells[1]?.startsWith('-') && cells[1] !== '-unparsable'))('$sql', async ({ sql, cells }) => {
    for (const text of [`${sql}; ${permitted}`, `${permitted}; ${sql}`, `${permitted}; ${sql}; ${permitted}`])
      expect(await answerTo(text, 'read')).toBe(cells[1]);
  });
});
