// Questions of the runner's own: what a query may do is first shown on the owner's plain connection, then in the session.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AssertionAnswer, AssertionQuery } from '../../src/model/contract.ts';
import { AssertionSessions } from '../../src/guard/assertion-session.ts';
import { DatabaseLogin } from '../../src/guard/database-login.ts';
import { connect, startGuarded, type Guarded } from './fixture.ts';

let guarded: Guarded;
/** Sessions whose judge permits everything, so that the server's own refusal shows. */
let unjudged: AssertionSessions;

beforeAll(async () => {
  guarded = await startGuarded();
  const permit = { effect: 'permit', rule: 'any', reason: 'any' } as const;
  unjudged = new AssertionSessions({
    login: new DatabaseLogin(),
    reader: guarded.server.owner,
    owner: guarded.server.owner,
    searchPath: 'public',
    decide: () => Promise.resolve({ decision: permit, statements: [] }),
    suspect: () => undefined,
  });
});

afterAll(async () => {
  await unjudged.close();
  await guarded.close();
});

function ask(sql: string, more: Partial<AssertionQuery> = {}): Promise<AssertionAnswer> {
  return guarded.guard.assertion({ sql, parameters: [], mode: 'read', timeoutMs: 10_000, ...more });
}

test('rows come as the text that the server sends, with the names of types and tables', async () => {
  await guarded.direct.query("INSERT INTO notes (body) VALUES ('ä'), (NULL)");
  const answer = await ask(
    "SELECT n.id, n.body AS text, 9007199254740993::int8 AS big, 1.10::numeric AS exact, true AS yes, '2026-01-02 03:04:05.678+00'::timestamptz AT TIME ZONE 'UTC' AS at, '{\"a\": 1}'::jsonb AS doc, ARRAY[1,2] AS list FROM notes n ORDER BY n.id",
  );
  expect(answer).toEqual({
    kind: 'rows',
    columns: [
      { name: 'id', type: 'int4', relation: 'notes' },
      { name: 'text', type: 'text', relation: 'notes' },
      { name: 'big', type: 'int8' },
      { name: 'exact', type: 'numeric' },
      { name: 'yes', type: 'bool' },
      { name: 'at', type: 'timestamp' },
      { name: 'doc', type: 'jsonb' },
      { name: 'list', type: '_int4' },
    ],
    rowCount: 2,
    rows: [
      ['1', 'ä', '9007199254740993', '1.10', 't', '2026-01-02 03:04:05.678', '{"a": 1}', '{1,2}'],
      ['2', null, '9007199254740993', '1.10', 't', '2026-01-02 03:04:05.678', '{"a": 1}', '{1,2}'],
    ],
  });
});

test('parameters are text and take the type of their place', async () => {
  expect(await ask('SELECT count(*) FROM runs WHERE id = $1 AND $2::int = 7', { parameters: ['before', '7'] })).toMatchObject({ rows: [['1']] });
  expect(await ask('SELECT $1::text IS NULL AS missing', { parameters: [null] })).toMatchObject({ rows: [['t']] });
  expect(await ask('SELECT $1::int', { parameters: ['x'] })).toMatchObject({ kind: 'failure', sqlstate: '22P02' });
});

test('of many rows the first thousand are kept and all are counted; no rows still have columns', async () => {
  const many = await ask('SELECT g FROM generate_series(1, 2500) g');
  expect(many.kind === 'rows' && [many.rowCount, many.rows.length, many.rows.at(-1)]).toEqual([2500, 1000, ['1000']]);
  expect(await ask('SELECT id FROM runs WHERE false')).toEqual({
    kind: 'rows',
    columns: [{ name: 'id', type: 'text', relation: 'runs' }],
    rowCount: 0,
    rows: [],
  });
});

test("the server's rejection keeps its fields, and a limit of time is one", async () => {
  expect(await ask('SELECT no_such FROM runs')).toMatchObject({ kind: 'failure', sqlstate: '42703' });
  expect(await ask('SELECT count(*) FROM generate_series(1, 100000000)', { timeoutMs: 50 })).toMatchObject({ kind: 'failure', sqlstate: '57014' });
  expect(await ask('SELECT 1 AS after')).toMatchObject({ rows: [['1']] });
});

test('a judged statement is refused before the server sees it', async () => {
  expect(await ask("INSERT INTO runs (id) VALUES ('x')")).toMatchObject({ kind: 'refused', decision: { rule: 'protected-relation' } });
  expect(await ask('SELECT 1; SELECT 2')).not.toMatchObject({ kind: 'rows' });
});

describe('without a judge the server itself refuses', () => {
  const attempts: Readonly<Record<string, string>> = {
    'an INSERT': "INSERT INTO runs (id) VALUES ('session')",
    'a function that writes': "SELECT add_run('session')",
    'a view with a trigger': "INSERT INTO inbox (id) VALUES ('session')",
    'a DO block': "DO $$ BEGIN INSERT INTO runs (id) VALUES ('session'); END $$",
    'EXPLAIN ANALYZE': "EXPLAIN ANALYZE INSERT INTO runs (id) VALUES ('session')",
    'COMMIT before it': "COMMIT; INSERT INTO runs (id) VALUES ('session')",
    'an end of the transaction before it': 'END',
    'SET TRANSACTION READ WRITE': 'SET TRANSACTION READ WRITE',
  };

  test.each(Object.entries(attempts))('%s', async (name, sql) => {
    if (/INSERT|add_run/.test(sql)) {
      await guarded.direct.query(sql).catch(() => undefined);
      expect((await guarded.direct.query("DELETE FROM runs WHERE id = 'session'")).rowCount, `${name} takes effect on a plain connection`).toBe(1);
    }
    const answer = await unjudged.askUnjudged({ sql, parameters: [], mode: 'read', timeoutMs: 5000 });
    expect(answer.kind).not.toBe('rows');
    expect((await guarded.direct.query("SELECT 1 FROM runs WHERE id = 'session'")).rowCount).toBe(0);
  });
});

describe('what a read-only transaction lets happen is refused by its traces, and nothing of it stays', () => {
  test.each([
    ['a transaction id', 'SELECT pg_current_xact_id()', 'transaction-id'],
    ['a message in the log of changes', "SELECT pg_logical_emit_message(true, 'a', 'b')", 'transaction-id'],
    ['a large object', "SELECT lo_from_bytea(0, 'x')", 'transaction-id'],
    ['a transaction id before an error', 'SELECT 1 / (pg_current_xact_id()::text::int8 * 0)', 'transaction-id'],
    ['an end of the transaction', 'COMMIT', 'transaction-ended'],
    ['an end with a new beginning', 'COMMIT AND CHAIN', 'transaction-ended'],
    ['going back before the beginning', 'ROLLBACK', 'transaction-ended'],
  ])('%s', async (_name, sql, rule) => {
    const answer = await unjudged.askUnjudged({ sql, parameters: [], mode: 'read', timeoutMs: 5000 });
    expect(answer).toMatchObject({ kind: 'refused', decision: { effect: 'refuse', rule } });
    expect((await guarded.direct.query('SELECT 1 FROM pg_largeobject_metadata')).rowCount).toBe(0);
  });

  test('a lock of the session, a notification, a setting of the session: gone with the connection', async () => {
    const locks = async (): Promise<number | null> => (await guarded.direct.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'")).rowCount;
    const heard: unknown[] = [];
    guarded.direct.on('notification', (message) => heard.push(message));
    await guarded.direct.query('LISTEN alarm');
    await unjudged.askUnjudged({ sql: 'SELECT pg_advisory_lock(7)', parameters: [], mode: 'read', timeoutMs: 5000 });
    expect(await locks()).toBe(0);
    await unjudged.askUnjudged({
      sql: 'SELECT pg_advisory_lock_shared(8), 1 / (length(pg_backend_pid()::text) - length(pg_backend_pid()::text))',
      parameters: [],
      mode: 'read',
      timeoutMs: 5000,
    });
    expect(await locks()).toBe(0);
    await unjudged.askUnjudged({ sql: "SELECT pg_notify('alarm', 'x')", parameters: [], mode: 'read', timeoutMs: 5000 });
    await unjudged.askUnjudged({ sql: "SELECT set_config('DateStyle', 'German', false)", parameters: [], mode: 'read', timeoutMs: 5000 });
    expect(await unjudged.askUnjudged({ sql: "SELECT '2026-01-02'::date", parameters: [], mode: 'read', timeoutMs: 5000 })).toMatchObject({
      rows: [['2026-01-02']],
    });
    await guarded.direct.query('UNLISTEN alarm');
    expect(heard).toEqual([]);
  });

  test('what a step makes of the settings of its account changes no answer', async () => {
    await guarded.direct.query(
      "ALTER ROLE CURRENT_USER SET DateStyle = 'German'; ALTER ROLE CURRENT_USER SET bytea_output = 'escape'; ALTER ROLE CURRENT_USER SET extra_float_digits = -15",
    );
    await unjudged.askUnjudged({ sql: 'SELECT 1', parameters: [], mode: 'read', timeoutMs: 5000 });
    const answer = await unjudged.askUnjudged({ sql: "SELECT '2026-01-02'::date, '\\xff'::bytea, 0.1::float8", parameters: [], mode: 'read', timeoutMs: 5000 });
    expect(answer).toMatchObject({ rows: [['2026-01-02', '\\xff', '0.1']] });
    await guarded.direct.query('ALTER ROLE CURRENT_USER RESET ALL');
  });
});

test('a probe meets what rejects it, or shows that it wrote; nothing stays', async () => {
  const before = await guarded.countRuns();
  const probe = (sql: string): Promise<AssertionAnswer> => ask(sql, { mode: 'probe' });
  expect(await probe("INSERT INTO runs (id, origin) VALUES ('p', 'legacy')")).toMatchObject({
    kind: 'failure',
    sqlstate: '23514',
    table: 'runs',
    constraint: 'runs_origin_known',
  });
  expect(await probe('INSERT INTO runs (status) VALUES (NULL)')).toMatchObject({ kind: 'failure', sqlstate: '23502', column: 'id' });
  const written = await probe("INSERT INTO runs (id) VALUES ('p') RETURNING id");
  expect(written).toMatchObject({ kind: 'rows', rowCount: 1, rows: [['p']] });
  expect(written.kind === 'rows' && written.transactionId).toMatch(/^\d+$/);
  for (const sql of ['COMMIT', "INSERT INTO runs (id) VALUES ('p'); COMMIT", 'TRUNCATE runs', 'CREATE TABLE x ()'])
    expect((await probe(sql)).kind, sql).toBe('refused');
  expect((await unjudged.askUnjudged({ sql: 'COMMIT', parameters: [], mode: 'probe', timeoutMs: 5000 })).kind).not.toBe('rows');
  expect(await guarded.countRuns()).toBe(before);
});

test('what a step makes of the search path of its account changes no answer', async () => {
  await guarded.direct.query(
    "CREATE SCHEMA false_front; CREATE TABLE false_front.runs (id text); INSERT INTO false_front.runs VALUES ('forged'); ALTER ROLE CURRENT_USER SET search_path = false_front, public",
  );
  await ask('SELECT 1');
  expect(await ask("SELECT count(*) FROM runs WHERE id = 'forged'")).toMatchObject({ rows: [['0']] });
  expect(await ask('SELECT id FROM false_front.runs')).toMatchObject({ columns: [{ relation: 'false_front.runs' }], rows: [['forged']] });
  await guarded.direct.query('ALTER ROLE CURRENT_USER RESET search_path; DROP SCHEMA false_front CASCADE');
});

test('every question sees what was committed before it, also through a connection opened ahead', async () => {
  await ask('SELECT 1');
  await guarded.direct.query("INSERT INTO notes (body) VALUES ('just now')");
  expect(await ask("SELECT count(*) FROM notes WHERE body = 'just now'")).toMatchObject({ rows: [['1']] });
});

test('questions asked at once do not share a connection', async () => {
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, index) => ask('SELECT $1::int AS n, pg_backend_pid() AS pid', { parameters: [String(index)] })),
  );
  const rows = answers.map((answer) => (answer.kind === 'rows' ? answer.rows[0] : undefined));
  expect(rows.map((row) => row?.[0])).toEqual(answers.map((_, index) => String(index)));
  expect(new Set(rows.map((row) => row?.[1])).size).toBe(12);
});

test('preflight prepares without executing, and answers in order', async () => {
  const queries = [
    { sql: 'SELECT id FROM runs WHERE id = $1', parameters: [null] },
    { sql: 'SELECT trace_id FROM runs', parameters: [] },
    { sql: 'SELECT count(*) FROM no_such_table', parameters: [] },
    { sql: 'DELETE FROM runs', parameters: [] },
    { sql: 'SELECT 1/0', parameters: [] },
  ].map((query) => ({ ...query, mode: 'read' as const, timeoutMs: 1000 }));
  const probe = { sql: "INSERT INTO runs (id, origin) VALUES ('p', $1)", parameters: [null], mode: 'probe' as const, timeoutMs: 1000 };
  const answers = await guarded.guard.preflight([...queries, probe]);
  expect(answers.map((answer) => (answer?.kind === 'failure' ? answer.sqlstate : answer?.kind))).toEqual([
    undefined,
    '42703',
    '42P01',
    'refused',
    undefined,
    undefined,
  ]);
  expect(await guarded.guard.preflight([])).toEqual([]);
});

test('a connection lost in the middle is said to be lost; the next question gets a new one', async () => {
  const kill = async (): Promise<boolean> =>
    (
      await guarded.direct.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT count(*) FROM generate_series(1, 900000001)%' AND pid <> pg_backend_pid()",
      )
    ).rowCount === 1;
  const lost = unjudged.askUnjudged({ sql: 'SELECT count(*) FROM generate_series(1, 900000001)', parameters: [], mode: 'read', timeoutMs: 60_000 });
  await expect.poll(kill, { timeout: 20_000 }).toBe(true);
  expect((await lost).kind).toBe('lost');
  expect(await unjudged.askUnjudged({ sql: 'SELECT 1', parameters: [], mode: 'read', timeoutMs: 1000 })).toMatchObject({ kind: 'rows' });
});

test('on a server of our own the asking role owns nothing and goes with the guard', async () => {
  const roles = async (): Promise<readonly string[]> =>
    (await guarded.direct.query<{ rolname: string }>("SELECT rolname FROM pg_roles WHERE rolname LIKE 'proofplan%'")).rows.map((row) => row.rolname);
  const before = await roles();
  expect(before).toHaveLength(1);
  expect(await ask('SELECT current_user AS me')).toMatchObject({ rows: [before] });
  const { value: second } = await guarded.another({ execution: 'second' });
  expect(await roles()).toHaveLength(2);
  await second?.close();
  expect(await roles()).toEqual(before);
});

test('what a killed runner left of such roles is dropped at the next start, and nobody could have used it for ever', async () => {
  const superuser = await connect(guarded.server.superuser);
  await superuser.query('CREATE ROLE proofplan_gone_1_2_reader LOGIN; GRANT CONNECT ON DATABASE app TO proofplan_gone_1_2_reader');
  const { value: second } = await guarded.another({ execution: 'second' });
  const roles = (
    await superuser.query<{ rolname: string; valid: boolean }>(
      "SELECT rolname, rolvaliduntil < now() + interval '30 days' AS valid FROM pg_roles WHERE rolname LIKE 'proofplan%'",
    )
  ).rows;
  expect(roles).toHaveLength(2);
  expect(roles.every(({ valid }) => valid)).toBe(true);
  expect(roles.map(({ rolname }) => rolname)).not.toContain('proofplan_gone_1_2_reader');
  expect(await ask('SELECT 1 AS alive')).toMatchObject({ rows: [['1']] });
  await second?.close();
  await superuser.end();
});
