import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect, producing, reading, startGuarded, type Guarded } from './fixture.ts';

let guarded: Guarded;

beforeAll(async () => {
  guarded = await startGuarded();
});

afterAll(async () => {
  await guarded.close();
});

test('a protected table that does not exist is reported, and the guard is there for the caller to decide', async () => {
  const created = await guarded.another({ protectedTables: ['runs', 'rums', 'Runs', 'other.runs'] });
  expect(created.diagnostics.map(({ severity, code, message }) => [severity, code, message])).toEqual(
    ['rums', 'Runs', 'other.runs'].map((name) => [
      'error',
      'guard/no-such-table',
      `the plan protects \`${name}\`, and the database \`app\` has no table of that name`,
    ]),
  );
  expect(created.value).toBeDefined();
  await created.value?.close();
});

test('no server, a wrong password, no such database: no guard, one diagnostic, nothing left behind', async () => {
  const { owner } = guarded.server;
  for (const database of [
    { ...owner, port: 1 },
    { ...owner, password: 'wrong' },
    { ...owner, database: 'nowhere' },
  ]) {
    const created = await guarded.another({ database });
    expect(created.value).toBeUndefined();
    expect(created.diagnostics.map((diagnostic) => diagnostic.code)).toEqual(['guard/not-guarded']);
    expect(JSON.stringify(created.diagnostics)).not.toContain(owner.password);
  }
});

test('closing ends every session and role of the guard; twice is as good as once', async () => {
  const counts = async (): Promise<unknown> =>
    (
      await guarded.direct.query(
        "SELECT (SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'proofplan%')::int AS sessions, (SELECT count(*) FROM pg_roles WHERE rolname LIKE 'proofplan%')::int AS roles",
      )
    ).rows[0];
  // The other guard's: its own sessions, and a role.
  const others = await counts();
  const { value: guard } = await guarded.another({ execution: 'closing' });
  const door = await guard?.open('1', producing);
  const client = await connect(door?.url ?? '');
  await client.query('SELECT 1');
  const snapshot = await guard?.holdSnapshot();
  await guard?.assertion({ sql: 'SELECT 1', parameters: [], mode: 'read', timeoutMs: 1000 });
  await guard?.close();
  await guard?.close();
  await expect(snapshot?.had('runs', 'id', 'x')).rejects.toThrow();
  await expect.poll(counts, { timeout: 10_000 }).toEqual(others);
  await client.end().catch(() => undefined);
});

test('names of steps, tokens and databases that need escaping make a usable address', async () => {
  const door = await guarded.guard.open('2.1 ä/ö@', reading);
  expect(door.url).toMatch(/^postgresql:\/\/step-2\.1%20%C3%A4%2F%C3%B6%40:[\w-]{32}@127\.0\.0\.1:\d+\/app\?sslmode=disable$/);
  const client = await connect(door.url);
  expect((await client.query("SELECT current_setting('application_name') AS name")).rows).toEqual([{ name: expect.stringMatching(/^proofplan step 2\.1/) }]);
  await client.end();
  expect((await door.close()).map((record) => record.step)).toEqual(['2.1 ä/ö@']);
});

test('of very many reads the first are kept, and it is said how many were not', { timeout: 60_000 }, async () => {
  const told = guarded.told.length;
  const door = await guarded.guard.open('7.1', producing);
  const client = await connect(door.url);
  const many = 'SELECT 1;'.repeat(500);
  for (let sent = 0; sent < 42; sent += 1) await client.query(many);
  await client.query("INSERT INTO notes (body) VALUES ('last')");
  await client.end();
  const records = await door.close();
  expect(guarded.told.length - told).toBe(21_001);
  expect(records).toHaveLength(20_002);
  expect(records.at(-1)?.text).toBe('(1000 more statements that only read)');
  expect(records.at(-2)?.text).toMatch(/^INSERT INTO notes/);
});

test('a record that its reader cannot take ends the guard, not the session', async () => {
  const { value: guard } = await guarded.another({
    onStatement: () => {
      throw new Error('disk full');
    },
  });
  const door = await guard?.open('8.1', reading);
  const client = await connect(door?.url ?? '');
  expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  await expect(guard?.died).rejects.toThrow('a statement of step 8.1 could not be recorded: disk full');
  await client.end();
  expect(await door?.close()).toHaveLength(1);
  await guard?.close();
});
