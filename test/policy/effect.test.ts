import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { decideSql } from '../../src/policy/decide-sql.ts';
import { createSqlParser } from '../../src/policy/sql-parser.ts';
import { startTestServer, type TestServer } from '../support/postgres.ts';
import { evasionRows } from './evasion-row.ts';

// The rows on a real server, without any guard: what is refused does change something, what is permitted does not.

const schema = `
  CREATE TABLE tenants (id text PRIMARY KEY);
  CREATE TABLE runs (id text PRIMARY KEY, goal text, status text, plan_json text, started_at timestamptz, origin_system_id text DEFAULT 'x', tenant_id text REFERENCES tenants ON DELETE CASCADE);
  CREATE TABLE aos_traces (run_id text);
  CREATE TABLE aos_trace_steps (run_id text);
  CREATE TABLE notes (id serial, a text, run_id text);
  CREATE TABLE runs_child () INHERITS (runs);
  CREATE SEQUENCE runs_seq;
  INSERT INTO tenants VALUES ('t1');
  INSERT INTO runs (id, status, tenant_id) VALUES ('r0', 'queued', 't1');
  INSERT INTO aos_traces VALUES ('r1');
  INSERT INTO aos_trace_steps VALUES ('r1');
  CREATE VIEW runs_view AS SELECT * FROM runs;
  CREATE VIEW rule_view AS SELECT id FROM runs;
  CREATE RULE instead AS ON INSERT TO rule_view DO INSTEAD INSERT INTO runs (id) VALUES (NEW.id);
  CREATE FUNCTION make_run(x text) RETURNS boolean LANGUAGE sql AS 'INSERT INTO runs (id) VALUES (gen_random_uuid()::text) RETURNING true';
  CREATE FUNCTION make_run(x int) RETURNS boolean LANGUAGE sql AS 'SELECT make_run(x::text)';
  CREATE PROCEDURE start_run(x text) LANGUAGE sql AS 'INSERT INTO runs (id) VALUES (x)';
  CREATE FUNCTION plus(a int, b int) RETURNS int LANGUAGE sql AS 'INSERT INTO runs (id) VALUES (gen_random_uuid()::text) RETURNING 1';
  CREATE OPERATOR +!+ (LEFTARG = int, RIGHTARG = int, FUNCTION = plus);
  CREATE TABLE other (id text);
  CREATE TABLE "update runs" ("delete" text, "insert into runs" text);
  CREATE TABLE inbox (id text);
  CREATE FUNCTION inbox_to_runs() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO runs (id) VALUES (NEW.id); RETURN NEW; END';
  CREATE TRIGGER inbox_trg AFTER INSERT ON inbox FOR EACH ROW EXECUTE FUNCTION inbox_to_runs();
  CREATE VIEW trap_view AS SELECT make_run(1);
`;

/** Rows whose effect shows in the tables of this schema, within one transaction. */
const effective = [
  'direct insert',
  'update',
  'delete',
  'truncate',
  'truncate cascade via tenants',
  'on conflict do update',
  'merge',
  'insert in CTE',
  'delete in 2nd CTE unused',
  'multi statement',
  'multi statement after comment',
  'DO block',
  'DO dynamic EXECUTE concat',
  'CALL procedure',
  'SELECT volatile plpgsql fn',
  'function in FROM clause',
  'function in LATERAL / ROWS FROM',
  'function in default arg of aggregate',
  'function in a window',
  'OPERATOR(public.+!+) syntax',
  'PREPARE / EXECUTE',
  'cursor over writing function',
  'EXPLAIN ANALYZE insert',
  'EXPLAIN (ANALYZE, TIMING OFF) delete',
  'EXPLAIN ANALYZE EXECUTE',
  'updatable view',
  'INSTEAD rule on view',
  'trigger on other table',
  'FK ON DELETE CASCADE',
  'inheritance child insert',
  'new inheritance child + insert',
  'rename swap',
  'COPY (delete returning) TO STDOUT',
  'query_to_xml fn',
  'U& identifier',
  'U& with UESCAPE',
  'quoted + schema + comments',
  'nested comment',
  'scs on: backslash then stmt',
  'std_conforming_strings off',
  'Turkish/Unicode case fold',
  'session_replication_role=replica',
  'plain write to unprotected',
  'read of protected as source',
  'custom operator',
  'view that calls a writing function',
];

let server: TestServer;
let client: pg.Client;
const parser = createSqlParser();

beforeAll(async () => {
  server = await startTestServer();
  const { host, port, user, password, database } = server.superuser;
  client = new pg.Client({ host, port, user, password, database });
  await client.connect();
  await client.query(schema);
});

afterEach(() => client.query('ROLLBACK'));

afterAll(async () => {
  await client.end();
  await server.close();
  await parser.close();
});

const tables = ['tenants', 'runs', 'aos_traces', 'aos_trace_steps', 'notes', 'inbox'];

async function fingerprint(): Promise<string> {
  const parts: unknown[] = [];
  for (const table of tables) {
    await client.query('SAVEPOINT look');
    try {
      parts.push((await client.query(`SELECT t::text FROM ${table} t ORDER BY 1`)).rows);
    } catch {
      parts.push('gone');
    }
    await client.query('ROLLBACK TO look');
  }
  parts.push((await client.query("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1")).rows);
  return JSON.stringify(parts);
}

test('what is refused changes something where no guard stands', async () => {
  const rows = new Map(evasionRows.map((row) => [row.name, row]));
  for (const name of effective) {
    const row = rows.get(name);
    if (!row) throw new Error(`no row \`${name}\``);
    await client.query('BEGIN');
    const before = await fingerprint();
    // A COPY … TO STDOUT would wait for a reader that this client does not have.
    await client.query(row.sql.replace(/^COPY (\(.*\)) TO STDOUT$/, 'EXPLAIN ANALYZE WITH x AS $1 SELECT 1')).catch((error: unknown) => {
      throw new Error(name, { cause: error });
    });
    expect([name, (await fingerprint()) !== before]).toEqual([name, true]);
    await client.query('ROLLBACK');
    await client.query('DISCARD ALL');
    const { decision } = await decideSql(parser, row.sql, { access: { capability: 'read', writes: [] }, protectedTables: ['runs'] });
    expect([name, decision.effect]).toEqual([name, row.read === 'blind' ? 'permit' : 'refuse']);
  }
});

test('what is permitted in a reading step changes nothing', async () => {
  const look = async (): Promise<string> => {
    await client.query('BEGIN');
    const print = await fingerprint();
    await client.query('ROLLBACK');
    return print;
  };
  const before = await look();
  for (const { name, sql, read } of evasionRows) {
    // SQL/JSON came with PostgreSQL 16 and 17, and libxml is a choice of the build.
    if (read !== 'permit' || name === 'SQL/XML and SQL/JSON') continue;
    for (const statement of statementsOf(await parser.parse(sql))) {
      if (/^(COPY|LISTEN)/.test(statement)) continue;
      await client.query(statement).catch((error: unknown) => {
        // Outside a transaction, or where an earlier statement of the row was left out: a savepoint, a cursor, a prepared name.
        if (!/SAVEPOINT|savepoint|transaction|cursor|prepared statement/i.test(String(error))) throw new Error(`${name}: ${statement}`, { cause: error });
      });
    }
    await client.query('ROLLBACK');
    await client.query('DISCARD ALL');
    expect([name, await look()]).toEqual([name, before]);
  }
});

function statementsOf(parsed: Awaited<ReturnType<typeof parser.parse>>): readonly string[] {
  return parsed.kind === 'statements' ? parsed.statements.map(({ text }) => text) : [];
}
