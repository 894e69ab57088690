// What a look costs and what it rests on: nothing is read that nobody touched, and what cannot be believed is not.
import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DatabaseLogin } from '../../src/guard/database-login.ts';
import { compareMarks, Tripwire, type TripwireOptions } from '../../src/guard/tripwire.ts';
import type { TripwireFinding } from '../../src/model/contract.ts';
import type { DatabaseAddress } from '../../src/model/environment.ts';
import { startTestServer, type TestServer } from '../support/postgres.ts';
import { connect, producing, reading } from './fixture.ts';

let server: TestServer;
let tripwire: Tripwire;

beforeAll(async () => {
  server = await startTestServer();
  await apart(
    'CREATE TABLE runs (id integer, note text)',
    'INSERT INTO runs SELECT g FROM generate_series(1, 500) g',
    'CREATE TABLE parts (id integer) PARTITION BY RANGE (id)',
    'CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (100)',
    'CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (100) TO (200) PARTITION BY RANGE (id)',
    'CREATE TABLE parts_2a PARTITION OF parts_2 FOR VALUES FROM (100) TO (150)',
    'CREATE TABLE base (id integer)',
    'CREATE TABLE child () INHERITS (base)',
    'CREATE TABLE notes (body text)',
    'CREATE VIEW shown AS SELECT * FROM notes',
  );
  tripwire = await open({});
});

afterAll(async () => {
  await tripwire.close();
  await server.close();
});

async function open(options: Partial<TripwireOptions>): Promise<Tripwire> {
  return Tripwire.open({
    login: new DatabaseLogin(),
    address: server.superuser,
    protectedTables: ['runs', 'parts', 'base', 'shown'],
    ownServer: true,
    ...options,
  });
}

/** In a session that has ended by then, so that its counters are final. */
async function apart(...statements: readonly string[]): Promise<void> {
  await by(server.owner, ...statements);
}

async function by(address: DatabaseAddress, ...statements: readonly string[]): Promise<void> {
  const client = await connect(address);
  try {
    await all(client, statements);
  } finally {
    await client.end();
  }
}

async function all(client: Client, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await client.query(statement);
}

interface Seen {
  readonly findings: readonly TripwireFinding[];
  readonly reads: number;
}

/** What is found after the work, and how many tables were read for it. */
async function seen(work: () => Promise<unknown>, wire = tripwire, access = reading): Promise<Seen> {
  const before = await wire.mark();
  const readsBefore = wire.reads;
  await work();
  return { findings: compareMarks(before, await wire.mark(), access), reads: wire.reads - readsBefore };
}

test('nothing is read where nothing was committed, nor where only other tables were', async () => {
  await tripwire.mark();
  expect(await seen(() => apart('SELECT * FROM runs'))).toEqual({ findings: [], reads: 0 });
  // A view has no counters of its own, so it is read after any commit.
  expect(await seen(() => apart("INSERT INTO notes VALUES ('x')"))).toMatchObject({ reads: 1 });
  expect((await seen(() => apart('VACUUM ANALYZE runs'))).findings).toEqual([]);
});

test.each([
  ['an UPDATE of one row', ['UPDATE runs SET note = note WHERE id = 7'], '`runs`: 500 rows as before, rewritten, with the same content'],
  ['a row and its deletion', ['INSERT INTO runs VALUES (0)', 'DELETE FROM runs WHERE id = 0'], '`runs`: 2 row changes committed; the rows are as before'],
  ['a row of a partition', ['INSERT INTO parts_1 VALUES (1)'], '`parts`: 0 rows before, 1 now'],
  ['a row of a partition of a partition', ['INSERT INTO parts_2a VALUES (101)'], '`parts`: 1 row before, 2 now'],
  ['a row moved to another partition', ['UPDATE parts SET id = 102 WHERE id = 1'], '`parts`: 2 rows as before, rewritten, with other content'],
  ['a row of a child', ['INSERT INTO child VALUES (1)'], '`base`: 0 rows before, 1 now'],
  ['TRUNCATE of a partition', ['TRUNCATE parts_2a'], '`parts`: 2 rows before, 0 now'],
  [
    'a partition that comes with rows',
    ['CREATE TABLE parts_3 (id integer)', 'INSERT INTO parts_3 VALUES (300)', 'ALTER TABLE parts ATTACH PARTITION parts_3 FOR VALUES FROM (300) TO (400)'],
    '`parts`: 0 rows before, 1 now',
  ],
  ['a new child with rows', ['CREATE TABLE child_2 () INHERITS (base)', 'INSERT INTO child_2 VALUES (2)'], '`base`: 1 row before, 2 now'],
  ['a rewrite', ['ALTER TABLE runs ALTER COLUMN id TYPE bigint'], '`runs`: 500 rows as before, rewritten, with the same content'],
  ['what a view shows', ["INSERT INTO notes VALUES ('y')"], '`shown`: 1 row before, 2 now'],
])('%s is found by final counters', async (_name, statements, what) => {
  const { findings } = await seen(() => apart(...statements));
  expect(findings.filter(({ kind }) => kind === 'rows')).toEqual([{ kind: 'rows', what, explained: false }]);
});

test('what was tried and rolled back is shown, and stands explained', async () => {
  const { findings } = await seen(() => apart('BEGIN', 'INSERT INTO runs VALUES (1), (2)', 'ROLLBACK'));
  expect(findings).toEqual([{ kind: 'rows', what: '`runs`: 2 row changes tried and rolled back', explained: true }]);
});

test('an older transaction that commits after a newer one is seen', async () => {
  const older = await connect(server.owner);
  await all(older, ['BEGIN', 'UPDATE runs SET note = note WHERE id = 9']);
  await apart("INSERT INTO notes VALUES ('newer')");
  const { findings } = await seen(async () => {
    await older.query('COMMIT');
    await older.end();
  });
  expect(findings).toMatchObject([{ what: expect.stringContaining('`runs`: 500 rows as before, rewritten') }]);
});

test('a session that is still open may hold its counters back: then the tables themselves are read', async () => {
  const open = await connect(server.owner);
  await open.query("INSERT INTO notes VALUES ('first, so that what follows is not reported at once')");
  const { findings } = await seen(() => open.query('UPDATE runs SET note = note WHERE id = 8'));
  expect(findings).toMatchObject([{ what: expect.stringContaining('`runs`: 500 rows as before, rewritten') }]);
  await open.end();
  // What it holds back comes later, and is not a second change.
  expect((await seen(() => apart("INSERT INTO notes VALUES ('later')"))).findings.filter(({ what }) => what.includes('`runs`'))).toEqual([]);
});

describe('counters that cannot be believed', () => {
  test('setting them back is a finding, and hides nothing', async () => {
    const { findings } = await seen(async () => {
      await apart('UPDATE runs SET note = note WHERE id = 1');
      await by(server.superuser, 'SELECT pg_stat_reset()');
    });
    expect(findings.map(({ what, explained }) => [what, explained])).toEqual([
      [expect.stringContaining('`runs`: 500 rows as before, rewritten'), false],
      ["the server's counters of the database were set back", false],
    ]);
    const single = await seen(() => by(server.superuser, "SELECT pg_stat_reset_single_table_counters('runs'::regclass)"));
    expect(single.findings).toMatchObject([{ what: "the server's counters of the database were set back", explained: false }]);
  });

  const uncounted = ['SET track_counts = off', 'UPDATE runs SET note = note WHERE id = 2'];

  test('a session that does not count passes the counters; it takes a superuser', async () => {
    await expect(apart(...uncounted)).rejects.toMatchObject({ code: '42501' });
    expect((await seen(() => by(server.superuser, ...uncounted))).findings).toEqual([]);
  });

  test.each([
    ['a superuser under the steps', [], { superuserSteps: true }, 'superuser'],
    ['a role whose sessions do not count', ['ALTER ROLE app SET track_counts = off'], {}, 'a setting of app'],
    [
      'a function that does not count',
      ['CREATE FUNCTION quiet() RETURNS void LANGUAGE sql SET track_counts = off AS $$ SELECT $$'],
      {},
      'the function public.quiet()',
    ],
    ['a right not to count', ['GRANT SET ON PARAMETER track_counts TO app'], {}, 'a right to set it'],
    ['a server that does not count', ['ALTER SYSTEM SET track_counts = off', 'SELECT pg_reload_conf()', 'SELECT pg_sleep(0.2)'], {}, '`track_counts` is off'],
  ] as const)('%s: tables are read whole, and that is said', async (_name, blinding, options, reason) => {
    await by(server.superuser, ...blinding);
    const wire = await open(options);
    await wire.mark();
    expect(wire.limits).toEqual([expect.stringContaining(reason)]);
    const { findings } = await seen(() => by(server.superuser, ...uncounted), wire);
    expect(findings).toMatchObject([{ what: expect.stringContaining('`runs`: 500 rows as before, rewritten') }]);
    await wire.close();
    await by(
      server.superuser,
      'ALTER ROLE app RESET track_counts',
      'DROP FUNCTION IF EXISTS quiet()',
      'REVOKE SET ON PARAMETER track_counts FROM app',
      'ALTER SYSTEM RESET track_counts',
      'SELECT pg_reload_conf()',
      'SELECT pg_sleep(0.2)',
    );
  });

  test("an account that may not see other sessions' states reads the tables", async () => {
    await by(server.superuser, "CREATE ROLE narrow LOGIN PASSWORD 'narrow' IN ROLE pg_read_all_data", 'GRANT CONNECT ON DATABASE app TO narrow');
    const wire = await open({ address: { ...server.owner, user: 'narrow', password: 'narrow' } });
    const other = await connect(server.owner);
    await wire.mark();
    expect(wire.limits).toEqual([expect.stringContaining('pg_read_all_stats')]);
    const { findings } = await seen(() => other.query('UPDATE runs SET note = note WHERE id = 3'), wire);
    expect(findings).toMatchObject([{ what: expect.stringContaining('`runs`: 500 rows as before, rewritten') }]);
    await other.end();
    await wire.close();
  });
});

test('a long table is told by its rows and their versions, and that is said', async () => {
  await apart('CREATE TABLE long AS SELECT g AS id FROM generate_series(1, 200001) g');
  const wire = await open({ protectedTables: ['long'] });
  await wire.mark();
  expect(await seen(() => apart('UPDATE long SET id = id WHERE id = 5'), wire, producing)).toEqual({
    findings: [{ kind: 'rows', what: '`long`: 200001 rows as before, rewritten, too long for its content to be compared', explained: true }],
    reads: 1,
  });
  expect((await seen(() => apart('DELETE FROM long WHERE id = 5'), wire)).findings).toMatchObject([{ what: '`long`: 200001 rows before, 200000 now' }]);
  await wire.close();
});
