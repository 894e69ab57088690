// No tag of the parser's can slip in unseen: each of the library's own type stands in one list, and in one alone.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, describe, expect, test } from 'vitest';
import type { Capability } from '../../src/model/step.ts';
import { decideSql } from '../../src/policy/decide-sql.ts';
import { laterTags, queryTags, schemaTags, statementTags, tableTags } from '../../src/policy/node-tag.ts';
import { createSqlParser, type SqlParser } from '../../src/policy/sql-parser.ts';
import { statementEffects } from '../../src/policy/sql-statement.ts';

const types = readFileSync(
  createRequire(createRequire(import.meta.url).resolve('libpg-query'))
    .resolve('@pgsql/types')
    .replace(/index\.js$/, 'types.d.ts'),
  'utf8',
);
const known = [...(/export type Node = ([\s\S]*?);\n(?:export|declare)/.exec(types)?.[1] ?? '').matchAll(/^ {4}(\w+):/gm)].map(([, tag = '']) => tag);
const statements = known.filter((tag) => tag.endsWith('Stmt'));

const parser = createSqlParser();
afterAll(() => parser.close());

describe('every tag of the library', () => {
  test('that is a statement is in one list of statements', () => {
    expect(statements.length).toBeGreaterThan(110);
    const lists = Object.values(statementTags);
    expect(statements.filter((tag) => lists.filter((list) => list.has(tag)).length !== 1)).toEqual([]);
    expect(lists.flatMap((list) => [...list]).filter((tag) => !statements.includes(tag))).toEqual([]);
  });

  test('that is a part is in one list of parts', () => {
    const parts = known.filter((tag) => !tag.endsWith('Stmt'));
    const lists = [queryTags, tableTags, schemaTags, laterTags];
    expect(parts.length).toBeGreaterThan(150);
    expect(parts.filter((tag) => lists.filter((list) => list.has(tag)).length !== 1)).toEqual([]);
    expect(lists.flatMap((list) => [...list]).filter((tag) => !known.includes(tag))).toEqual([]);
  });
});

test('a statement of a kind that nobody knows is unknown, and so is one that is never sent by itself', () => {
  for (const tag of ['BrandNewStmt', ...statementTags.within]) expect(statementEffects(tag, {})).toEqual([{ kind: 'unknown', what: tag }]);
});

/** A parser that is given trees, for what no text of today makes. */
function answering(tree: Readonly<Record<string, unknown>>): SqlParser {
  const statement = { tree, offset: 0, length: 3, text: 'new' };
  return { ...parser, parse: () => Promise.resolve({ kind: 'statements', statements: [statement] }) };
}

const capabilities: readonly Capability[] = ['none', 'read', 'write', 'write-except-protected', 'ddl', 'full', 'production', 'probe'];

test.each(capabilities)('what is unknown is refused in a step that may %s', async (capability) => {
  const policy = { access: { capability, writes: [] }, protectedTables: [] };
  const select = { SelectStmt: { targetList: [{ ResTarget: { val: { BrandNewExpr: {} } } }] } };
  for (const tree of [{ BrandNewStmt: {} }, {}, select, { InsertStmt: { relation: { relname: 'notes' }, selectStmt: select } }])
    expect((await decideSql(answering(tree), 'new', policy)).decision.effect).toBe('refuse');
});

/** One of each kind that can be written, and what a step that reads, one that writes other tables and one that may do all are told. */
const kinds: readonly (readonly [sql: string, read: Verdict, write: Verdict, full: Verdict])[] = [
  ['SELECT 1', 'permit', 'permit', 'permit'],
  ['INSERT INTO t VALUES (1)', 'refuse', 'permit', 'permit'],
  ['UPDATE t SET a = 1', 'refuse', 'permit', 'permit'],
  ['DELETE FROM t', 'refuse', 'permit', 'permit'],
  ['MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE', 'refuse', 'permit', 'permit'],
  ['TRUNCATE t', 'refuse', 'permit', 'permit'],
  ['CALL p()', 'refuse', 'refuse', 'permit'],
  ['DO $$ BEGIN NULL; END $$', 'refuse', 'refuse', 'permit'],
  ['COPY t TO STDOUT', 'permit', 'permit', 'permit'],
  ["COPY t TO '/tmp/x'", 'refuse', 'refuse', 'refuse'],
  ['CREATE TABLE n AS SELECT 1', 'refuse', 'refuse', 'permit'],
  ['DECLARE c CURSOR FOR SELECT 1', 'permit', 'permit', 'permit'],
  ['EXECUTE p', 'permit', 'permit', 'permit'],
  ['EXPLAIN SELECT 1', 'permit', 'permit', 'permit'],
  ['PREPARE p AS SELECT 1', 'permit', 'permit', 'permit'],
  ['CLOSE c', 'permit', 'permit', 'permit'],
  ['SET CONSTRAINTS ALL DEFERRED', 'permit', 'permit', 'permit'],
  ['DEALLOCATE p', 'permit', 'permit', 'permit'],
  ['DISCARD ALL', 'permit', 'permit', 'permit'],
  ['FETCH c', 'permit', 'permit', 'permit'],
  ['LISTEN c', 'permit', 'permit', 'permit'],
  ['UNLISTEN c', 'permit', 'permit', 'permit'],
  ['LOCK t', 'refuse', 'permit', 'permit'],
  ['BEGIN', 'permit', 'permit', 'permit'],
  ["PREPARE TRANSACTION 'x'", 'refuse', 'refuse', 'refuse'],
  ["COMMIT PREPARED 'x'", 'refuse', 'refuse', 'refuse'],
  ['SET ROLE r', 'refuse', 'refuse', 'refuse'],
  ['SHOW work_mem', 'permit', 'permit', 'permit'],
  ['CHECKPOINT', 'refuse', 'refuse', 'permit'],
  ["LOAD 'x'", 'refuse', 'refuse', 'refuse'],
  ['NOTIFY c', 'refuse', 'permit', 'permit'],
  ['REFRESH MATERIALIZED VIEW m', 'refuse', 'refuse', 'permit'],
  ['VACUUM t', 'refuse', 'refuse', 'permit'],
  ...(
    [
      ['ALTER COLLATION c REFRESH VERSION', 'permit'],
      ['ALTER DATABASE d REFRESH COLLATION VERSION', 'permit'],
      ['ALTER DATABASE d SET work_mem = 1', 'refuse'],
      ['ALTER DATABASE d CONNECTION LIMIT 1', 'permit'],
      ['ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC', 'permit'],
      ['ALTER DOMAIN d DROP NOT NULL', 'permit'],
      ["ALTER TYPE e ADD VALUE 'x'", 'permit'],
      ['ALTER EVENT TRIGGER e DISABLE', 'permit'],
      ['ALTER EXTENSION e ADD TABLE t', 'permit'],
      ['ALTER EXTENSION e UPDATE', 'permit'],
      ["ALTER FOREIGN DATA WRAPPER f OPTIONS (a '1')", 'refuse'],
      ["ALTER SERVER s OPTIONS (a '1')", 'refuse'],
      ['ALTER FUNCTION f() IMMUTABLE', 'permit'],
      ['ALTER FUNCTION f() DEPENDS ON EXTENSION e', 'permit'],
      ['ALTER TABLE t SET SCHEMA s', 'permit'],
      ['ALTER OPERATOR FAMILY f USING btree ADD FUNCTION 1 (integer) g(integer, integer)', 'permit'],
      ['ALTER OPERATOR + (integer, integer) SET (RESTRICT = NONE)', 'permit'],
      ['ALTER TABLE t OWNER TO r', 'permit'],
      ['ALTER SCHEMA s OWNER TO r', 'permit'],
      ['ALTER POLICY p ON t USING (true)', 'permit'],
      ['ALTER PUBLICATION p ADD TABLE t', 'refuse'],
      ['ALTER ROLE r SET work_mem = 1', 'refuse'],
      ['ALTER ROLE r LOGIN', 'permit'],
      ['ALTER SEQUENCE s RESTART', 'permit'],
      ['ALTER STATISTICS s SET STATISTICS 1', 'permit'],
      ['ALTER SUBSCRIPTION s DISABLE', 'refuse'],
      ['ALTER SYSTEM SET work_mem = 1', 'refuse'],
      ['ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR word WITH simple', 'permit'],
      ["ALTER TEXT SEARCH DICTIONARY d (a = 'b')", 'permit'],
      ['ALTER TABLE ALL IN TABLESPACE a SET TABLESPACE b', 'permit'],
      ['ALTER TABLESPACE s SET (seq_page_cost = 1)', 'permit'],
      ['ALTER TABLE t ADD COLUMN a integer', 'permit'],
      ['ALTER TYPE t SET (STORAGE = plain)', 'permit'],
      ["ALTER USER MAPPING FOR PUBLIC SERVER s OPTIONS (a '1')", 'refuse'],
      ['CLUSTER t', 'permit'],
      ["COMMENT ON TABLE t IS 'x'", 'permit'],
      ['CREATE TYPE t AS (a integer)', 'permit'],
      ['CREATE ACCESS METHOD a TYPE INDEX HANDLER h', 'permit'],
      ['CREATE CAST (a AS b) WITHOUT FUNCTION', 'permit'],
      ["CREATE CONVERSION c FOR 'UTF8' TO 'LATIN1' FROM f", 'permit'],
      ['CREATE DOMAIN d AS text', 'permit'],
      ["CREATE TYPE e AS ENUM ('a')", 'permit'],
      ['CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f()', 'permit'],
      ['CREATE EXTENSION e', 'permit'],
      ['CREATE FOREIGN DATA WRAPPER f', 'refuse'],
      ['CREATE SERVER s FOREIGN DATA WRAPPER f', 'refuse'],
      ['CREATE FOREIGN TABLE t (a integer) SERVER s', 'refuse'],
      ["CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1'", 'permit'],
      ['CREATE OPERATOR CLASS c FOR TYPE integer USING btree AS OPERATOR 1 <', 'permit'],
      ['CREATE OPERATOR FAMILY f USING btree', 'permit'],
      ['CREATE LANGUAGE l HANDLER h', 'permit'],
      ['CREATE POLICY p ON t', 'permit'],
      ['CREATE PUBLICATION p', 'refuse'],
      ['CREATE TYPE r AS RANGE (SUBTYPE = integer)', 'permit'],
      ['CREATE ROLE r', 'permit'],
      ['CREATE SCHEMA s', 'permit'],
      ['CREATE SEQUENCE s', 'permit'],
      ['CREATE STATISTICS s ON a, b FROM t', 'permit'],
      ['CREATE TABLE t (a integer)', 'permit'],
      ["CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p", 'refuse'],
      ["CREATE TABLESPACE s LOCATION '/x'", 'refuse'],
      ['CREATE TRANSFORM FOR t LANGUAGE l (FROM SQL WITH FUNCTION f(internal))', 'permit'],
      ['CREATE TRIGGER g AFTER INSERT ON t EXECUTE FUNCTION f()', 'permit'],
      ['CREATE USER MAPPING FOR PUBLIC SERVER s', 'refuse'],
      ['CREATE DATABASE d', 'permit'],
      ['CREATE AGGREGATE a (integer) (SFUNC = f, STYPE = integer)', 'permit'],
      ['DROP OWNED BY r', 'permit'],
      ['DROP ROLE r', 'permit'],
      ['DROP TABLE t', 'permit'],
      ['DROP SUBSCRIPTION s', 'refuse'],
      ['DROP TABLESPACE s', 'permit'],
      ['DROP USER MAPPING FOR PUBLIC SERVER s', 'refuse'],
      ['DROP DATABASE d', 'permit'],
      ['GRANT r TO s', 'permit'],
      ['GRANT SELECT ON t TO r', 'permit'],
      ['IMPORT FOREIGN SCHEMA a FROM SERVER s INTO b', 'refuse'],
      ['CREATE INDEX ON t (a)', 'permit'],
      ['REASSIGN OWNED BY r TO s', 'permit'],
      ['REINDEX TABLE t', 'permit'],
      ['ALTER TABLE t RENAME TO u', 'permit'],
      ['CREATE RULE r AS ON INSERT TO t DO NOTHING', 'permit'],
      ["SECURITY LABEL ON TABLE t IS 'x'", 'permit'],
      ['CREATE VIEW v AS SELECT 1', 'permit'],
    ] as const
  ).map(([sql, full]) => [sql, 'refuse', 'refuse', full] as const),
];

type Verdict = 'permit' | 'refuse';

test.each(kinds)('%s: %s in a reading step, %s in a writing one, %s where everything goes', async (sql, ...expected) => {
  const decided: string[] = [];
  for (const capability of ['read', 'write-except-protected', 'full'] as const)
    decided.push((await decideSql(parser, sql, { access: { capability, writes: [] }, protectedTables: ['runs'] })).decision.effect);
  expect(decided).toEqual(expected);
});

test('there is one of each kind that a text can be', async () => {
  const tags = new Set<string>();
  for (const [sql] of kinds) {
    const parsed = await parser.parse(sql);
    if (parsed.kind === 'statements') for (const { tree } of parsed.statements) tags.add(Object.keys(tree)[0] ?? '');
  }
  expect(statements.filter((tag) => !tags.has(tag) && !statementTags.within.has(tag))).toEqual([]);
});
