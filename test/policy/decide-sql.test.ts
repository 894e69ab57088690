import { afterAll, describe, expect, test } from 'vitest';
import type { Access, Capability } from '../../src/model/step.ts';
import { decideSql, type SqlJudgement } from '../../src/policy/decide-sql.ts';
import { createSqlParser } from '../../src/policy/sql-parser.ts';
import { type EvasionRow, evasionRows } from './evasion-row.ts';

const parser = createSqlParser();
const protectedTables = ['runs', 'aos_traces', 'aos_trace_steps'];

afterAll(() => parser.close());

function judge(
  sql: string,
  capability: Capability,
  writes: readonly string[] = [],
  more: { readonly protectedTables?: readonly string[]; readonly harmless?: readonly string[] } = {},
): Promise<SqlJudgement> {
  const access: Access = { capability, writes };
  return decideSql(parser, sql, { access, protectedTables, ...more });
}

async function refusedOf(texts: readonly string[], capability: Capability): Promise<readonly string[]> {
  const refused: string[] = [];
  for (const sql of texts) if ((await judge(sql, capability)).decision.effect === 'refuse') refused.push(sql);
  return refused;
}

describe('known ways round a guard', () => {
  for (const { name, sql, read, write } of evasionRows) {
    test(`${name}: ${read} in a reading step, ${write} in a writing one`, async () => {
      const reading = (await judge(sql, 'read')).decision;
      const writing = (await judge(sql, 'write', ['notes'])).decision;
      expect([reading.effect, writing.effect]).toEqual([expectedOf(read), expectedOf(write)]);
      expect(['25006', '42501', '42601', undefined].indexOf(reading.sqlstate) < 3).toBe(reading.effect === 'refuse');
    });
  }

  test('none is refused merely because it is no SQL, but for the two that are none', async () => {
    const unparsable: string[] = [];
    for (const { name, sql } of evasionRows) if ((await judge(sql, 'read')).decision.rule === 'unparsable') unparsable.push(name);
    expect(unparsable).toEqual(['comment in keyword', 'no-break space as whitespace']);
  });

  test('a step without a database may send nothing, a probe only what can be a probe', async () => {
    const sent: string[] = [];
    const probes: string[] = [];
    for (const { name, sql } of evasionRows) {
      if ((await judge(sql, 'none')).decision.effect === 'permit') sent.push(name);
      if ((await judge(sql, 'probe')).decision.effect === 'permit' && !/^(insert|update|delete)/i.test(sql)) probes.push(name);
    }
    expect(sent).toEqual(['nothing at all']);
    expect(probes).toEqual([]);
  });
});

function expectedOf(verdict: EvasionRow['read']): 'refuse' | 'permit' {
  return verdict === 'refuse' ? 'refuse' : 'permit';
}

describe('the production path', () => {
  test('writes protected tables, calls what nobody knows, creates what does not exist', async () => {
    const texts = [
      "INSERT INTO runs (id, plan_json) VALUES ('a', 'b')",
      "UPDATE runs SET status = 'succeeded' WHERE id = 'a'",
      "SELECT make_run('a')",
      'CALL p()',
      'CREATE TABLE IF NOT EXISTS runs (id text DEFAULT make_id())',
      'SELECT * FROM runs FOR UPDATE SKIP LOCKED',
      "SELECT setval('s', 1), nextval('s'), lo_create(0), pg_notify('a', 'b')",
      'COPY aos_trace_steps FROM STDIN',
      'MERGE INTO runs USING v ON true WHEN MATCHED THEN DELETE',
      'SET search_path TO app, public',
      'SET some_setting = 1',
      'DO $$ BEGIN INSERT INTO runs (id) VALUES (1); END $$',
      'TRUNCATE cache',
    ];
    expect(await refusedOf(texts, 'production')).toEqual([]);
  });

  test('does not disarm the guard, nor change what is protected, nor do what cannot be seen', async () => {
    const texts = [
      'SET session_replication_role = replica',
      "SELECT set_config('session_replication_role', 'replica', false)",
      'SET ROLE postgres',
      'SET SESSION AUTHORIZATION postgres',
      'ALTER TABLE runs DISABLE TRIGGER ALL',
      'ALTER TABLE notes DISABLE TRIGGER ALL',
      'DROP TRIGGER t ON runs',
      'DROP TABLE runs',
      'TRUNCATE runs',
      'TRUNCATE tenants CASCADE',
      'CREATE TRIGGER t AFTER INSERT ON notes EXECUTE FUNCTION f()',
      "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
      'CREATE CAST (text AS trap) WITH FUNCTION f(text)',
      'GRANT ALL ON runs TO x',
      "UPDATE pg_trigger SET tgenabled = 'D'",
      "DO $$ BEGIN EXECUTE 'ALTER TABLE runs DISABLE ' || 'TRIGGER ALL'; END $$",
      'DO $$ BEGIN ALTER TABLE runs DISABLE TRIGGER ALL; END $$',
      'DO $$ BEGIN SET session_replication_role = replica; END $$',
      "SELECT dblink_exec('x', 'y')",
      "SELECT pg_read_file('x')",
      'SELECT pg_terminate_backend(1)',
      "COPY runs FROM '/tmp/x'",
      "PREPARE TRANSACTION 'x'",
      'SET standard_conforming_strings = off',
      'CREATE TABLE IF NOT EXISTS shadow.runs (id text)',
    ];
    expect(await refusedOf(texts, 'production')).toEqual(texts);
  });

  test('says of a call that it cannot be seen, not that it reads', async () => {
    expect((await judge("SELECT make_run('a')", 'production')).decision.rule).toBe('unseen');
    expect((await judge('SELECT count(*) FROM runs', 'production')).decision.rule).toBe('read');
  });
});

describe('a probe', () => {
  test('is one statement that writes, protected or not', async () => {
    expect((await judge("INSERT INTO runs (id) VALUES ('probe')", 'probe')).decision).toMatchObject({ effect: 'permit', rule: 'probe' });
    expect((await judge("INSERT INTO runs (id) VALUES ('a'); COMMIT", 'probe')).decision).toMatchObject({ effect: 'refuse', rule: 'no-probe' });
    expect((await judge('TRUNCATE runs', 'probe')).decision).toMatchObject({ effect: 'refuse' });
    expect((await judge("INSERT INTO runs (id) SELECT dblink_exec('a', 'b')", 'probe')).decision).toMatchObject({ effect: 'refuse', rule: 'guard-function' });
  });
});

describe('what a decision says', () => {
  test('the rule, the relation, the policy and what the client is to see', async () => {
    const { decision, statements } = await judge('SELECT 1;\n  /* é */ INSERT INTO public.runs (id, goal) VALUES (1, 2)', 'read');
    expect(decision).toEqual({
      effect: 'refuse',
      rule: 'protected-relation',
      reason: 'an INSERT into `runs`, which only the production path may write',
      matched: 'runs',
      sqlstate: '25006',
      policy: 'no-manual-writes',
    });
    expect(statements.map(({ kind, offset, writes, decision: own }) => [kind, offset, writes, own.effect])).toEqual([
      ['select', 0, [], 'permit'],
      ['insert', 20, [{ relation: 'runs', columns: ['id', 'goal'] }], 'refuse'],
    ]);
  });

  test('42501 for a protected relation in a writing step, and for a setting anywhere; 42601 for what is no SQL', async () => {
    expect((await judge('DELETE FROM runs', 'write', ['notes'])).decision).toMatchObject({ rule: 'protected-relation', sqlstate: '42501' });
    expect((await judge('SET ROLE x', 'read')).decision).toMatchObject({ rule: 'guard-setting', sqlstate: '42501' });
    expect((await judge('INSER INTO runs', 'read')).decision).toMatchObject({ rule: 'unparsable', sqlstate: '42601', matched: 'INSER INTO runs' });
    expect((await judge("SELECT '\0'; DELETE FROM runs", 'read')).decision).toMatchObject({ rule: 'unparsable', sqlstate: '42601' });
  });

  test('CASCADE reaches further than what is declared', async () => {
    expect((await judge('TRUNCATE notes', 'write', ['notes'])).decision.effect).toBe('permit');
    expect((await judge('TRUNCATE notes CASCADE', 'write', ['notes'])).decision).toMatchObject({ effect: 'refuse', rule: 'undeclared-write' });
  });

  test('a declared protected table stays closed to a writing step', async () => {
    expect((await judge('DELETE FROM runs', 'write', ['runs'])).decision).toMatchObject({ effect: 'refuse', rule: 'protected-relation' });
  });

  test('what a CREATE IF NOT EXISTS names, for whom the catalogue can ask', async () => {
    const { statements, decision } = await judge('CREATE TABLE IF NOT EXISTS app.agents (id text)', 'read');
    expect(decision).toMatchObject({ effect: 'refuse', rule: 'schema-change' });
    expect(statements[0]?.creates).toEqual(['app.agents']);
  });

  test('columns of every arm that writes', async () => {
    const { statements } = await judge(
      'WITH a AS (UPDATE notes SET x = 1, y = 2 RETURNING *) INSERT INTO notes (z) SELECT 1 ON CONFLICT (z) DO UPDATE SET w = 1',
      'write',
      ['notes'],
    );
    expect(statements[0]?.writes.map(({ columns }) => [...columns].sort())).toEqual(
      expect.arrayContaining([
        ['w', 'z'],
        ['x', 'y'],
      ]),
    );
  });
});

describe('names', () => {
  test('a protected name is protected in every schema, in any case; a qualified one in its own', async () => {
    for (const name of ['runs', 'public.runs', 'archive.runs', '"Runs"', 'RUNS'])
      expect((await judge(`DELETE FROM ${name}`, 'write', ['notes'])).decision.rule).toBe('protected-relation');
    const qualified = { protectedTables: ['app.runs'] };
    expect((await judge('DELETE FROM runs', 'write', [], qualified)).decision.rule).toBe('protected-relation');
    expect((await judge('DELETE FROM archive.runs', 'write', [], qualified)).decision.rule).toBe('undeclared-write');
  });

  test('a declared name is the public one', async () => {
    expect((await judge('DELETE FROM public.notes', 'write', ['notes'])).decision.effect).toBe('permit');
    expect((await judge('DELETE FROM pg_temp.notes', 'write', ['notes'])).decision.rule).toBe('undeclared-write');
    expect((await judge('DELETE FROM app.notes', 'write', ['app.notes'])).decision.effect).toBe('permit');
    expect((await judge('SET search_path TO app, public', 'write', ['app.notes'])).decision.effect).toBe('permit');
  });

  test('a function of the project can be named harmless, by its whole name', async () => {
    expect((await judge('SELECT uuid_generate_v4()', 'read', [], { harmless: ['uuid_generate_v4'] })).decision.effect).toBe('permit');
    expect((await judge('SELECT shadow.uuid_generate_v4()', 'read', [], { harmless: ['uuid_generate_v4'] })).decision.effect).toBe('refuse');
    expect((await judge("SELECT dblink_exec('a')", 'read', [], { harmless: ['dblink_exec'] })).decision.effect).toBe('refuse');
  });
});

describe('a setting whose name is looked up', () => {
  const lookedUp = (name: string, more = ''): string => `SELECT set_config(name, 'x', false) FROM pg_settings WHERE name = '${name}'${more}`;

  test('is judged as the one that is asked for', async () => {
    const harmless = [
      lookedUp('bytea_output'),
      lookedUp('restrict_nonsystem_relation_kind'),
      lookedUp('Bytea_Output').replace('pg_settings', 'pg_catalog.pg_settings'),
    ];
    expect(await refusedOf(harmless, 'read')).toEqual([]);
    const guards = ['session_replication_role', 'role', 'search_path', 'transaction_read_only'].map((name) => lookedUp(name));
    expect(await refusedOf(guards, 'read')).toEqual(guards);
  });

  test('stays unknown where the query could give another name', async () => {
    const others = [
      lookedUp('jit', " OR name = 'role'"),
      lookedUp('jit').replace('name = ', 'name <> '),
      lookedUp('jit').replace('name = ', 'setting = '),
      lookedUp('jit').replace("name = 'jit'", "'jit' = name"),
      lookedUp('jit').replace('name = ', 'name OPERATOR(public.=) '),
      lookedUp('jit').replace('WHERE name', 'WHERE name || name'),
      lookedUp('jit').replace('pg_settings', 'public.pg_settings'),
      lookedUp('jit').replace('pg_settings', 'pg_settings AS s (setting, name)'),
      lookedUp('jit').replace('pg_settings', "pg_settings, (SELECT 'role') AS t (name)"),
      lookedUp('jit').replace('pg_settings', 'runs'),
      lookedUp('jit').replace('set_config(name', 'set_config(setting'),
      lookedUp('jit').replace('set_config(name', 'set_config(lower(name)'),
      lookedUp('jit').replace(' FROM', ", set_config(setting, 'y', false) FROM"),
      `WITH pg_settings AS (SELECT 'role' AS name) ${lookedUp('jit')}`,
      lookedUp('jit').replace(" WHERE name = 'jit'", ''),
    ];
    expect(await refusedOf(others, 'read')).toEqual(others);
  });
});
