import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sqlEngine } from '../../src/engine/sql-engine.ts';
import type { AssertionAnswer, AssertionQuery, EngineContext } from '../../src/model/contract.ts';
import { messageOf } from '../../src/model/diagnostic.ts';
import type { SqlAssertStep } from '../../src/model/step.ts';
import { startTestServer, type TestServer } from '../support/postgres.ts';
import { capture, type ContextOptions, makeContext, sqlStep } from './fixture.ts';

let server: TestServer;
let client: pg.Client;
let names: ReadonlyMap<number, string>;

beforeAll(async () => {
  server = await startTestServer();
  client = new pg.Client({ ...server.owner, ssl: false });
  client.on('error', () => undefined);
  await client.connect();
  await client.query(
    "CREATE TABLE runs (id text PRIMARY KEY, status text, steps bigint NOT NULL); INSERT INTO runs VALUES ('r1', 'succeeded', 9007199254740993), ('r2', NULL, 2)",
  );
  const types = await client.query<{ oid: number; typname: string }>('SELECT oid, typname FROM pg_type');
  names = new Map(types.rows.map(({ oid, typname }) => [oid, typname]));
});

afterAll(async () => {
  await client.end().catch(() => undefined);
  await server.close();
});

/** What the guard does, without its guarding: one statement by the extended protocol, every value as the server's text. */
async function assertion(query: AssertionQuery): Promise<AssertionAnswer> {
  try {
    await client.query(`BEGIN; SET LOCAL statement_timeout = ${query.timeoutMs}`);
    const { fields, rows } = await client.query<(string | null)[]>({
      text: query.sql,
      values: [...query.parameters],
      rowMode: 'array',
      queryMode: 'extended',
      types: { getTypeParser: () => (text: string | null) => text },
    } as pg.QueryArrayConfig);
    return { kind: 'rows', columns: fields.map(({ name, dataTypeID }) => ({ name, type: names.get(dataTypeID) ?? '' })), rowCount: rows.length, rows };
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) return { kind: 'lost', message: messageOf(error) };
    const { code = '', message, table, column, constraint } = error;
    return {
      kind: 'failure',
      sqlstate: code,
      message,
      ...(table === undefined ? {} : { table }),
      ...(column === undefined ? {} : { column }),
      ...(constraint === undefined ? {} : { constraint }),
    };
  } finally {
    await client.query('ROLLBACK').catch(() => undefined);
  }
}

function run(sql: string, more: Partial<SqlAssertStep> = {}, options: ContextOptions = {}) {
  return sqlEngine.run(sqlStep(sql, { id: '3.1', ...more }), makeContext({ assertion, ...options }));
}

const columns = (...all: readonly string[]) => all.map((column) => ({ column, name: column }));

describe('rows', () => {
  test('of one row, each named column is an observation with its type and place', async () => {
    const evidence = await run(
      'SELECT id, status, steps, status IS NOT NULL AS has_status FROM runs WHERE id = $1',
      {
        parameters: ['run_id'],
        columns: [{ column: 'id', name: 'runs.id' }, ...columns('steps', 'has_status')],
      },
      { values: { run_id: 'r1' } },
    );
    expect(evidence).toMatchObject({
      outcome: 'completed',
      rows: {
        rowCount: 1,
        columns: [
          { name: 'id', type: 'text' },
          { name: 'status', type: 'text' },
          { name: 'steps', type: 'int8' },
          { name: 'has_status', type: 'bool' },
        ],
      },
    });
    expect(evidence.observations).toEqual([
      { name: 'runs.id', value: { type: 'text', text: 'r1' }, origin: { kind: 'row', step: '3.1', row: 1, column: 'id' } },
      { name: 'steps', value: { type: 'integer', text: '9007199254740993' }, origin: { kind: 'row', step: '3.1', row: 1, column: 'steps' } },
      { name: 'has_status', value: { type: 'boolean', text: 'true' }, origin: { kind: 'row', step: '3.1', row: 1, column: 'has_status' } },
    ]);
  });

  test('NULL is a null of its type', async () => {
    const evidence = await run("SELECT status, NULL::int AS n FROM runs WHERE id = 'r2'", { columns: columns('status', 'n') });
    expect(evidence.observations.map((observation) => observation.value)).toEqual([
      { type: 'text', text: null },
      { type: 'integer', text: null },
    ]);
  });

  test('of no row or several rows nothing is observed by column', async () => {
    expect(await run('SELECT id FROM runs WHERE false', { columns: columns('id') })).toMatchObject({
      outcome: 'completed',
      observations: [],
      rows: { rowCount: 0, rows: [] },
    });
    expect(await run('SELECT id FROM runs ORDER BY id', { columns: columns('id') })).toMatchObject({ observations: [], rows: { rowCount: 2 } });
  });

  test('two columns of one name are told apart by their order', async () => {
    const evidence = await run("SELECT 'a' AS status, 'b' AS status", {
      columns: [
        { column: 'status', name: 'runs.status' },
        { column: 'status', name: 'aos_traces.status' },
      ],
    });
    expect(evidence.observations.map(({ name, value }) => [name, value.text])).toEqual([
      ['runs.status', 'a'],
      ['aos_traces.status', 'b'],
    ]);
  });

  test('more than a thousand are counted and a thousand kept', async () => {
    const { rows } = await run('SELECT generate_series(1, 1500) AS n');
    expect([rows?.rowCount, rows?.rows.length, rows?.rows.at(-1)?.[0]]).toEqual([1_500, 1_000, { type: 'integer', text: '1000' }]);
  });

  test('captures: several different values are all given, a wrong type is a problem', async () => {
    const id = capture('run_id', 'text', { kind: 'column', column: 'id' });
    expect((await run('SELECT id FROM runs ORDER BY id', { captures: [id] })).observations.map(({ value, origin }) => [value.text, origin])).toEqual([
      ['r1', { kind: 'row', step: '3.1', row: 1, column: 'id' }],
      ['r2', { kind: 'row', step: '3.1', row: 2, column: 'id' }],
    ]);
    expect(await run("SELECT id FROM runs WHERE id = 'r1'", { captures: [{ ...id, type: 'uuid' }] })).toMatchObject({
      observations: [],
      problem: { code: 'engine/wrong-type', notes: ['run_id: row 1 of step 3.1, column id'] },
    });
  });

  test('a value is a parameter and never a part of the statement', async () => {
    const evidence = await run(
      'SELECT $1::text AS given',
      { parameters: ['given'], columns: columns('given') },
      { values: { given: "'; DROP TABLE runs; --" } },
    );
    expect(evidence.observations[0]?.value.text).toBe("'; DROP TABLE runs; --");
  });
});

describe('other answers', () => {
  test("the server's rejection is evidence, with its diagnostic fields", async () => {
    expect(await run("INSERT INTO runs (id) VALUES ('r3')", { mode: 'probe' })).toMatchObject({
      outcome: 'completed',
      observations: [],
      sqlFailure: { sqlstate: '23502', table: 'runs', column: 'steps' },
    });
    expect((await run('SELECT no_such_column FROM runs')).sqlFailure).toMatchObject({ sqlstate: '42703' });
  });

  test("the server's time limit is a time-out", async () => {
    expect(await run('SELECT pg_sleep(10)', { timeoutMs: 100 })).toMatchObject({ outcome: 'timed out', sqlFailure: { sqlstate: '57014' } });
  });

  test('a refusal names the decision', async () => {
    const refuse = (): Promise<AssertionAnswer> =>
      Promise.resolve({ kind: 'refused', decision: { effect: 'refuse', rule: 'write-in-read-step', reason: 'an assertion may only read', matched: 'INSERT' } });
    expect(await run('INSERT …', {}, { assertion: refuse })).toMatchObject({
      outcome: 'refused',
      problem: {
        severity: 'refused',
        code: 'engine/refused-statement',
        message: expect.stringContaining('an assertion may only read'),
        notes: [expect.stringContaining('write-in-read-step'), expect.anything()],
      },
    });
  });

  test('a session that is thrown away is a lost database', async () => {
    const lost = await run('SELECT pg_terminate_backend(pg_backend_pid())');
    expect(lost.outcome === 'interrupted' ? lost.problem?.code : lost.sqlFailure?.sqlstate).toMatch(/engine\/database-lost|57P01/);
    client = new pg.Client({ ...server.owner, ssl: false });
    await client.connect();
  });

  test.each<[string, EngineContext['assertion']]>([
    ['an answer that says so', () => Promise.resolve({ kind: 'lost', message: 'the server closed the connection' })],
    ['a guard that throws', () => Promise.reject(new Error('the server closed the connection'))],
  ])('%s: the database is lost', async (_name, broken) => {
    expect(await run('SELECT 1', {}, { assertion: broken as NonNullable<typeof broken> })).toMatchObject({
      outcome: 'interrupted',
      problem: { code: 'engine/database-lost', notes: ['the server closed the connection'] },
    });
  });

  test('without a database, or without a value for a parameter, nothing is asked', async () => {
    expect(await sqlEngine.run(sqlStep('SELECT 1'), makeContext())).toMatchObject({ outcome: 'not run', problem: { code: 'engine/no-database' } });
    expect(await run('SELECT $1', { parameters: ['run_id'] })).toMatchObject({ outcome: 'not run', problem: { code: 'engine/missing-binding' } });
  });

  test('an abort does not wait for the answer', async () => {
    const stop = new AbortController();
    const never = (): Promise<AssertionAnswer> => {
      stop.abort();
      return new Promise(() => undefined);
    };
    expect(await run('SELECT 1', {}, { assertion: never, signal: stop.signal })).toMatchObject({ outcome: 'interrupted' });
    expect(await run('SELECT 1', {}, { assertion: never, signal: AbortSignal.abort() })).toMatchObject({ outcome: 'interrupted' });
  });
});
