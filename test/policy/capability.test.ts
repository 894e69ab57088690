import { afterAll, describe, expect, test } from 'vitest';
import type { Capability } from '../../src/model/step.ts';
import { capabilityRules } from '../../src/policy/capability-rule.ts';
import { decideSql } from '../../src/policy/decide-sql.ts';
import { createSqlParser } from '../../src/policy/sql-parser.ts';

const parser = createSqlParser();
afterAll(() => parser.close());

const capabilities = Object.keys(capabilityRules) as readonly Capability[];

/** By capability in the order of the table: permitted (`+`) or refused (`-`). Tables: `runs` is protected, `notes` declared. */
const order: readonly Capability[] = ['none', 'read', 'write', 'write-except-protected', 'ddl', 'full', 'production', 'probe'];
const rows: Readonly<Record<string, string>> = {
  'SELECT * FROM runs': '-++++++-',
  'INSERT INTO notes VALUES (1)': '--++++++',
  'INSERT INTO other VALUES (1)': '---+++++',
  'INSERT INTO runs VALUES (1)': '-----+++',
  'DELETE FROM "Runs"': '-----+++',
  'TRUNCATE other': '---+++' + '+-',
  'TRUNCATE runs': '-----+--',
  'UPDATE pg_trigger SET tgenabled = NULL': '--------',
  'CREATE TABLE IF NOT EXISTS other (id int)': '--+++++-',
  'CREATE TABLE other (id int)': '----+++-',
  'CREATE TEMP TABLE other (id int)': '----+++-',
  'CREATE TABLE shadow.runs (id int)': '-----+--',
  'CREATE TABLE other AS SELECT * FROM notes': '----+++-',
  'CREATE VIEW v AS SELECT * FROM notes': '----+++-',
  'CREATE VIEW v AS SELECT * FROM runs': '-----+--',
  'CREATE INDEX ON other (id)': '----+++-',
  'ALTER TABLE other ADD COLUMN a int DEFAULT 1': '----+++-',
  'ALTER TABLE other ADD COLUMN a int DEFAULT make_run()': '-----++-',
  'ALTER TABLE runs ADD COLUMN a int': '-----+--',
  'ALTER TABLE other RENAME TO runs': '-----+--',
  'ALTER TABLE other INHERIT runs': '-----+--',
  'ALTER TABLE other DISABLE TRIGGER ALL': '-----+--',
  'ALTER TABLE other OWNER TO x': '-----+--',
  'ALTER TABLE other ENABLE ROW LEVEL SECURITY': '-----+--',
  'DROP TABLE other': '----+++-',
  'DROP TABLE other CASCADE': '-----+--',
  'DROP TABLE notes, runs': '-----+--',
  'CREATE TRIGGER t AFTER INSERT ON other EXECUTE FUNCTION f()': '-----+--',
  'CREATE RULE r AS ON INSERT TO other DO ALSO NOTHING': '-----+--',
  "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'": '-----+--',
  'CREATE CAST (text AS trap) WITH FUNCTION f(text)': '-----+--',
  'CREATE OPERATOR + (LEFTARG = trap, FUNCTION = f)': '-----+--',
  'CREATE POLICY p ON other USING (true)': '-----+--',
  'GRANT ALL ON other TO x': '-----+--',
  'REASSIGN OWNED BY a TO b': '-----+--',
  'CREATE EXTENSION hstore': '-----+--',
  'CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f()': '-----+--',
  'ALTER SYSTEM SET standard_conforming_strings = off': '--------',
  'ALTER ROLE x SET search_path = shadow': '--------',
  'CREATE PUBLICATION p FOR ALL TABLES': '--------',
  "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p": '--------',
  'CREATE SERVER s FOREIGN DATA WRAPPER file_fdw': '--------',
  'DROP FOREIGN TABLE far': '--------',
  "LOAD 'x'": '--------',
  "COPY other FROM PROGRAM 'x'": '--------',
  "COPY runs TO '/tmp/x'": '--------',
  "PREPARE TRANSACTION 'x'": '--------',
  'SET standard_conforming_strings = off': '--------',
  'SET session_replication_role = replica': '--------',
  'SET ROLE x': '--------',
  'SET transaction_read_only = off': '--++++' + '+-',
  'SET some_setting = 1': '-----++-',
  "SELECT nextval('s')": '--++++' + '+-',
  "SELECT setval('s', 1)": '----+++-',
  'SELECT lo_create(0)': '----+++-',
  'NOTIFY a': '--++++' + '+-',
  ANALYZE: '----+++-',
  'SELECT 1 FROM notes FOR UPDATE': '--++++' + '+-',
  'SELECT make_run()': '-----++-',
  'CALL make_run()': '-----++-',
  'DO $$ BEGIN INSERT INTO other VALUES (1); END $$': '-----++-',
  "DO $$ BEGIN EXECUTE 'x' || 'y'; END $$": '-----+--',
  "SELECT dblink_exec('a', 'b')": '--------',
  "SELECT pg_read_file('a')": '--------',
  'SELECT pg_terminate_backend(1)': '--------',
  "SELECT query_to_xml('x', true, true, '')": '--------',
};

async function verdicts(sql: string, protectedTables: readonly string[]): Promise<string> {
  const signs: string[] = [];
  for (const capability of order) {
    const { decision } = await decideSql(parser, sql, { access: { capability, writes: ['notes'] }, protectedTables });
    signs.push(decision.effect === 'permit' ? '+' : '-');
  }
  return signs.join('');
}

test('the table names every capability once', () => {
  expect([...capabilities].sort()).toEqual([...order].sort());
});

describe('what each capability permits', () => {
  for (const [sql, expected] of Object.entries(rows)) test(sql, async () => expect(await verdicts(sql, ['runs'])).toBe(expected));
});

describe('with nothing protected, a change of the schema is one, whatever it is', () => {
  const acting = Object.keys(rows).filter((sql) =>
    /^(?:CREATE (?:TRIGGER|RULE|FUNCTION|CAST|OPERATOR|POLICY|EXTENSION|VIEW)|GRANT|DROP TABLE|ALTER TABLE)/.test(sql),
  );
  for (const sql of acting.filter((text) => !text.includes('make_run'))) test(sql, async () => expect(await verdicts(sql, [])).toBe('----+++-'));
});

test('where a policy fixes the schema, only what is already there may be created', async () => {
  const fixed = async (capability: Capability, sql: string): Promise<string> =>
    (await decideSql(parser, sql, { access: { capability, writes: [], fixedSchema: true }, protectedTables: [] })).decision.rule;
  for (const capability of ['ddl', 'full', 'production'] as const) {
    expect(await fixed(capability, 'CREATE TABLE other (id int)')).toBe('ddl');
    expect(await fixed(capability, 'CREATE TRIGGER t AFTER INSERT ON other EXECUTE FUNCTION f()')).toBe('ddl');
    expect(await fixed(capability, 'CREATE TABLE IF NOT EXISTS other (id int)')).not.toBe('ddl');
    expect(await fixed(capability, 'INSERT INTO other VALUES (1)')).not.toBe('ddl');
  }
  expect(await fixed('read', 'CREATE TABLE other (id int)')).toBe('ddl');
});

describe('what a permission says', () => {
  const said = async (capability: Capability, sql: string): Promise<string> =>
    (await decideSql(parser, sql, { access: { capability, writes: ['notes'] }, protectedTables: ['runs'] })).decision.rule;
  test('who wrote a table, and by which right', async () => {
    expect(await said('full', 'INSERT INTO runs VALUES (1)')).toBe('full-write');
    expect(await said('write-except-protected', 'INSERT INTO other VALUES (1)')).toBe('unprotected-write');
    expect(await said('ddl', 'INSERT INTO other VALUES (1)')).toBe('unprotected-write');
    expect(await said('write', 'INSERT INTO notes VALUES (1)')).toBe('declared-write');
    expect(await said('production', 'INSERT INTO runs VALUES (1)')).toBe('production-write');
    expect(await said('ddl', 'CREATE TABLE other (id int)')).toBe('schema-change');
  });
});
