// Who wrote, on a server of the runner's own: noted by what no honest program gets to see, and nothing of it stays.
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Guard, TripwireFinding } from '../../src/model/contract.ts';
import type { DatabaseAddress } from '../../src/model/environment.ts';
import type { Access } from '../../src/model/step.ts';
import { connect, producing, reading, startGuarded, type Guarded } from './fixture.ts';

let guarded: Guarded;
let guard: Guard;
beforeAll(async () => {
  guarded = await startGuarded();
  await guarded.direct.query(`CREATE TABLE parts (id integer) PARTITION BY RANGE (id); CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
    CREATE TABLE base (id integer); CREATE TABLE child () INHERITS (base); CREATE TABLE owner (id integer PRIMARY KEY);
    CREATE TABLE owned (id integer REFERENCES owner ON DELETE CASCADE); INSERT INTO owner VALUES (1); INSERT INTO owned VALUES (1)`);
  await guarded.guard.close();
  const { value } = await guarded.another({ protectedTables: ['runs', 'parts', 'base', 'owned'] });
  if (value === undefined) throw new Error('no guard');
  guard = value;
});
afterAll(async () => {
  await guard.close();
  await guarded.close();
});

const stranger = /; written by a session round the gateway \(`\w+`, process \d+\)$/;

/** What a step finds of tables and schema when this was done meanwhile. */
async function during(access: Access, work: () => Promise<unknown>): Promise<readonly TripwireFinding[]> {
  const watch = await guard.watch('4.1', access);
  await work();
  return (await watch.compare()).filter(({ kind }) => kind !== 'sessions');
}

async function by(address: DatabaseAddress | string, ...statements: readonly string[]): Promise<void> {
  const client = await connect(address);
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

async function throughDoor(access: Access, ...statements: readonly string[]): Promise<void> {
  const door = await guard.open('4.1', access);
  await by(door.url, ...statements);
  await door.close();
}

test("what the step's own session writes stands explained", async () => {
  const full: Access = { capability: 'full', writes: [] };
  expect(await during(producing, () => throughDoor(producing, "INSERT INTO runs (id) VALUES ('own')"))).toEqual([
    { kind: 'rows', what: '`runs`: 1 row before, 2 now', explained: true },
  ]);
  expect(
    (await during(full, () => throughDoor(full, 'INSERT INTO parts VALUES (1)', 'TRUNCATE parts', 'INSERT INTO parts VALUES (2)'))).map(
      ({ explained }) => explained,
    ),
  ).toEqual([true]);
});

test.each<readonly [string, string]>([
  ['an INSERT', "INSERT INTO runs (id) VALUES ('a'), ('b')"],
  ['a definer function', "SELECT add_run('c')"],
  ['a partition', 'INSERT INTO parts_1 VALUES (5)'],
  ['TRUNCATE of a partition', 'TRUNCATE parts_1'],
  ['a child', 'INSERT INTO child VALUES (1)'],
  ['a cascade', 'DELETE FROM owner'],
  ['COPY', "COPY runs (id) FROM PROGRAM 'echo copied'"],
])('in the time of the production path, %s of somebody else is nobody else’s to write', async (_name, statement) => {
  const address = statement.startsWith('COPY') ? guarded.server.superuser : guarded.server.owner;
  const findings = await during(producing, () => by(address, statement));
  expect(findings).toEqual([{ kind: 'rows', what: expect.stringMatching(stranger), explained: false }]);
});

test.each<readonly [string, readonly string[]]>([
  ['triggers that are switched off for the session', ['SET session_replication_role = replica', "INSERT INTO runs (id) VALUES ('replica')"]],
  ['a session that does not count', ['SET track_counts = off', "UPDATE runs SET status = 'x' WHERE id = 'before'"]],
])('a superuser with %s is noted all the same', async (_name, statements) => {
  const findings = await during(producing, () => by(guarded.server.superuser, ...statements));
  expect(findings).toEqual([{ kind: 'rows', what: expect.stringMatching(/`postgres`|`\w+`, process/), explained: false }]);
});

test('what was rolled back, or changed no row, is nobody’s finding', async () => {
  const findings = await during(producing, () =>
    by(guarded.server.owner, 'BEGIN', 'SAVEPOINT s', 'DELETE FROM runs', 'ROLLBACK TO s', "UPDATE runs SET status = 'x' WHERE false", 'COMMIT'),
  );
  expect(findings.filter(({ explained }) => !explained)).toEqual([]);
});

describe('taking it away is found', () => {
  test.each<readonly [string, (trigger: string) => string, boolean]>([
    ['by the owner: dropped', (trigger) => `DROP TRIGGER ${trigger} ON runs`, true],
    ['by the owner: switched off', (trigger) => `ALTER TABLE runs DISABLE TRIGGER ${trigger}`, false],
    ['by the owner: all switched off', () => 'ALTER TABLE runs DISABLE TRIGGER ALL', false],
  ])('%s', async (_name, statement, possible) => {
    const [row] = (
      await guarded.direct.query<{ tgname: string }>("SELECT tgname FROM pg_trigger WHERE tgrelid = 'runs'::regclass AND tgname LIKE 'proofplan%'")
    ).rows;
    let refusal = '';
    const findings = await during(reading, () => by(guarded.server.owner, statement(row?.tgname ?? '')).catch((error: unknown) => (refusal = String(error))));
    expect(refusal === '').toBe(possible);
    expect(findings).toEqual(possible ? [{ kind: 'schema', what: 'what notes who writes to `runs` was taken away', explained: false }] : []);
    // It is put back for the next step.
    expect(await during(producing, () => by(guarded.server.owner, "UPDATE runs SET status = 'y'"))).toEqual([
      { kind: 'rows', what: expect.stringMatching(stranger), explained: false },
    ]);
  });

  test('a partition that comes in the middle gets it for the next step', async () => {
    const full: Access = { capability: 'full', writes: [] };
    await during(full, () => throughDoor(full, 'CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (10) TO (20)'));
    expect(await during(producing, () => by(guarded.server.owner, 'INSERT INTO parts_2 VALUES (11)'))).toEqual([
      { kind: 'rows', what: expect.stringMatching(stranger), explained: false },
    ]);
  });
});

describe('honest programs do not see it', () => {
  test.each<readonly [string, string]>([
    ['triggers of the catalogue', "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE '%proofplan%'"],
    ['information_schema.triggers', "SELECT trigger_name FROM information_schema.triggers WHERE trigger_name LIKE '%proofplan%'"],
    ['information_schema.tables', "SELECT table_name FROM information_schema.tables WHERE table_name LIKE '%proofplan%'"],
    ['schemas as tools list them', "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname LIKE '%proofplan%'"],
    [
      'functions as tools list them',
      "SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname !~ '^pg_' AND prosrc LIKE '%proofplan%'",
    ],
    ['advisory locks', "SELECT 1 FROM pg_locks WHERE locktype = 'advisory'"],
  ])('%s', async (_name, query) => {
    expect((await guarded.direct.query(query)).rows).toEqual([]);
  });

  test('pg_dump and \\d', () => {
    const { host, port, user, password, database } = guarded.server.owner;
    const options = { encoding: 'utf8', env: { ...process.env, PGPASSWORD: password } } as const;
    const address = ['-h', host, '-p', String(port), '-U', user];
    const dump = execFileSync('pg_dump', [...address, '--schema-only', database], options);
    expect(dump).toContain('CREATE TABLE public.runs');
    expect(dump).not.toContain('proofplan');
    const shown = execFileSync('psql', [...address, '-X', '-c', '\\d+ runs', '-c', '\\dn', '-c', '\\df', '-c', '\\dt *', database], options);
    expect(shown).toContain('runs');
    expect(shown).not.toContain('proofplan');
  });

  test('nobody but the runner reads or writes the notes', async () => {
    const [row] = (await guarded.direct.query<{ name: string }>("SELECT nspname AS name FROM pg_namespace WHERE nspname LIKE 'pg_proofplan%'")).rows;
    for (const statement of [
      `SELECT * FROM ${row?.name}.proofplan_note`,
      `DELETE FROM ${row?.name}.proofplan_note`,
      `SELECT ${row?.name}.note()`,
      `DROP SCHEMA ${row?.name} CASCADE`,
    ])
      await expect(guarded.direct.query(statement), statement).rejects.toMatchObject({ code: '42501' });
  });
});

test('a table that is locked away at the start costs the attribution, not the guard, and that is said', { timeout: 60_000 }, async () => {
  await guarded.direct.query('BEGIN; LOCK TABLE owned');
  const { value: second } = await guarded.another({ protectedTables: ['owned'] });
  await guarded.direct.query('ROLLBACK');
  const watch = await second?.watch('1', reading);
  expect(await watch?.compare()).toEqual([
    { kind: 'sessions', what: expect.stringMatching(/^nothing notes which session writes .*lock timeout/), explained: true },
  ]);
  await second?.close();
});

test('nothing stays after the end, and what a killed runner left is swept at the next start', async () => {
  const schemas = async (): Promise<number | null> => (await guarded.direct.query("SELECT 1 FROM pg_namespace WHERE nspname LIKE 'pg_proofplan%'")).rowCount;
  expect(await schemas()).toBe(1);
  const { value: second } = await guarded.another({ protectedTables: ['runs'] });
  expect(await schemas()).toBe(2);
  await by(guarded.server.superuser, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'proofplan' AND pid <> pg_backend_pid()");
  await second?.close();
  await guard.close();
  expect(await schemas()).toBe(2);
  const { value: third } = await guarded.another({ protectedTables: ['runs'] });
  expect(await schemas()).toBe(1);
  await third?.close();
  expect(await schemas()).toBe(0);
  expect((await guarded.direct.query("SELECT 1 FROM pg_trigger WHERE tgname LIKE 'proofplan%'")).rowCount).toBe(0);
});
