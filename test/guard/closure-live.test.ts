// A catalogue that moves: changes by other sessions, in open transactions, between Parse and Bind, and a catalogue that cannot be read.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Client } from 'pg';
import { CatalogueKeeper } from '../../src/guard/catalogue-keeper.ts';
import { DatabaseLogin } from '../../src/guard/database-login.ts';
import { createLiveJudge } from '../../src/guard/live-judge.ts';
import type { StepDoor } from '../../src/model/contract.ts';
import type { Access, Capability } from '../../src/model/step.ts';
import { decideSql } from '../../src/policy/decide-sql.ts';
import { createSqlParser } from '../../src/policy/sql-parser.ts';
import { cString, frameMessage } from '../../src/guard/wire-message.ts';
import { addressOf, connect, sqlstateOf, startGuarded, type Guarded } from './fixture.ts';
import { bind, execute, int32, sync, WireClient } from './wire-client.ts';

let guarded: Guarded;
let count = 0;

beforeAll(async () => {
  guarded = await startGuarded();
});

afterAll(async () => {
  await guarded.close();
});

beforeEach(async () => {
  await guarded.direct.query(
    'DROP TABLE IF EXISTS live CASCADE; CREATE TABLE live (id text); DROP FUNCTION IF EXISTS late() CASCADE; DROP VIEW IF EXISTS calm CASCADE',
  );
});

async function open(capability: Capability): Promise<{ readonly door: StepDoor; readonly client: Client }> {
  const access: Access = { capability, writes: [] };
  const door = await guarded.guard.open(`9.${(count += 1)}`, access);
  return { door, client: await connect(door.url) };
}

const trap = `CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.runs (id) VALUES ('late' || clock_timestamp()); RETURN NEW; END $$;
  CREATE TRIGGER late AFTER INSERT ON live FOR EACH ROW EXECUTE FUNCTION late()`;

test('a trigger that one session makes counts for the next statement of another', async () => {
  const writer = await open('write-except-protected');
  await writer.client.query("INSERT INTO live VALUES ('1')");
  const maker = await open('full');
  await maker.client.query(trap);
  const before = await guarded.countRuns();
  expect(await sqlstateOf(writer.client.query("INSERT INTO live VALUES ('1')"))).toBe('42501');
  await writer.client.end();
  await maker.client.end();
  const reasons = (await writer.door.close()).map(({ decision }) => decision.reason).join('\n');
  expect(reasons).toContain('insert live → trigger late → function late() → insert runs');
  expect(await guarded.countRuns()).toBe(before);
  await maker.door.close();
});

test('and already while its transaction is open, in whatever order the server carries them out', async () => {
  const writer = await open('write-except-protected');
  await writer.client.query("INSERT INTO live VALUES ('1')");
  const maker = await open('full');
  await maker.client.query('BEGIN');
  await maker.client.query(trap);
  const before = await guarded.countRuns();
  expect(await sqlstateOf(writer.client.query("INSERT INTO live VALUES ('1')"))).toBe('42501');
  await maker.client.query('ROLLBACK');
  // Taken back: the statement is what it was.
  expect(await sqlstateOf(writer.client.query("INSERT INTO live VALUES ('1')"))).toBe('none');
  expect(await guarded.countRuns()).toBe(before);
  await writer.client.end();
  await maker.client.end();
  await writer.door.close();
  await maker.door.close();
});

test('sent at the same moment, the later one is judged with the earlier', async () => {
  for (let round = 0; round < 5; round += 1) {
    await guarded.direct.query('DROP FUNCTION IF EXISTS late() CASCADE');
    const writer = await open('write-except-protected');
    const maker = await open('full');
    const before = await guarded.countRuns();
    const made = maker.client.query(trap);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => sqlstateOf(writer.client.query(`INSERT INTO live VALUES ('${round} ${index}')`))),
    );
    await made;
    // What was judged before the trigger was is carried out without it; nothing else is let through.
    expect(answers.at(-1)).toBe('42501');
    expect(await guarded.countRuns()).toBe(before);
    await writer.client.end();
    await maker.client.end();
    await writer.door.close();
    await maker.door.close();
  }
});

test('a statement that was prepared before is judged again where it is used after a change', async () => {
  const writer = await open('write-except-protected');
  const insert = { name: 'prepared', text: 'INSERT INTO live VALUES ($1)', values: ['1'] };
  await writer.client.query(insert);
  const maker = await open('full');
  await maker.client.query(trap);
  const before = await guarded.countRuns();
  expect(await sqlstateOf(writer.client.query(insert))).toBe('42501');
  expect(await guarded.countRuns()).toBe(before);
  expect(await sqlstateOf(writer.client.query('SELECT 1'))).toBe('none');
  await writer.client.end();
  await maker.client.end();
  await writer.door.close();
  await maker.door.close();
});

test.each([
  ['a view and a write through it', ['CREATE VIEW mine AS SELECT id FROM inbox', "INSERT INTO mine VALUES ('v')"]],
  ['a child of a child', ['CREATE TABLE mine () INHERITS (runs)', "INSERT INTO mine (id) VALUES ('v')"]],
  ['a default', ["CREATE TABLE mine (id text DEFAULT add_run('x'), n integer)", 'INSERT INTO mine (n) VALUES (1)']],
  ['a new name', ['ALTER TABLE inbox RENAME TO mine', "INSERT INTO mine VALUES ('v')"]],
])('in one transaction, not committed: %s', async (_name, [make = '', use = '']) => {
  for (const texts of [[make, use], [`${make}; ${use}`]]) {
    const before = await guarded.countRuns();
    const { door, client } = await open('ddl');
    await client.query('BEGIN');
    const answers: string[] = [];
    for (const text of texts) answers.push(await sqlstateOf(client.query(text)));
    await client.query('COMMIT').catch(() => undefined);
    await client.end();
    await door.close();
    expect(answers).toContain('42501');
    expect(await guarded.countRuns()).toBe(before);
    await guarded.direct.query('DROP VIEW IF EXISTS mine CASCADE').catch(() => undefined);
    await guarded.direct.query('DROP TABLE IF EXISTS mine CASCADE').catch(() => undefined);
  }
});

test('what a session makes for itself it may use, before and after the commit', async () => {
  const { door, client } = await open('ddl');
  await client.query('BEGIN');
  await client.query('CREATE TABLE fresh (id integer PRIMARY KEY, at timestamptz DEFAULT now())');
  await client.query('INSERT INTO fresh VALUES (1)');
  await client.query('CREATE VIEW fresh_view AS SELECT id FROM fresh');
  await client.query('SELECT * FROM fresh_view');
  await client.query('INSERT INTO fresh_view VALUES (2)');
  await client.query('CREATE TEMP TABLE scratch AS SELECT * FROM fresh');
  await client.query('INSERT INTO scratch VALUES (3)');
  await client.query('COMMIT');
  await client.query('INSERT INTO scratch VALUES (4); INSERT INTO fresh VALUES (5)');
  await client.query('DROP VIEW fresh_view');
  await client.query('DROP TABLE fresh');
  await client.end();
  expect((await door.close()).filter(({ decision }) => decision.effect === 'refuse')).toEqual([]);
});

test('an assertion is judged by the catalogue too, also before the first step', async () => {
  const query = { sql: 'SELECT * FROM calm', parameters: [], mode: 'read' as const, timeoutMs: 5000 };
  await guarded.direct.query("CREATE VIEW calm AS SELECT 'x'::text AS x");
  expect(await guarded.guard.assertion(query)).toMatchObject({ kind: 'rows' });
  await guarded.direct.query("CREATE OR REPLACE VIEW calm AS SELECT add_run('calm') AS x");
  const chain = { decision: { reason: expect.stringContaining('view calm → function add_run() → insert runs') } };
  expect(await guarded.guard.assertion(query)).toMatchObject({ kind: 'refused', ...chain });
  expect(await guarded.guard.preflight([query])).toMatchObject([{ kind: 'refused', ...chain }]);
});

test('what another program changes counts from the next step on', async () => {
  const first = await open('write-except-protected');
  expect(await sqlstateOf(first.client.query("INSERT INTO live VALUES ('1')"))).toBe('none');
  await first.client.end();
  await first.door.close();
  await guarded.direct.query(trap);
  const before = await guarded.countRuns();
  const second = await open('write-except-protected');
  expect(await sqlstateOf(second.client.query("INSERT INTO live VALUES ('1')"))).toBe('42501');
  await second.client.end();
  await second.door.close();
  expect(await guarded.countRuns()).toBe(before);
});

test('a write to a table that nobody knows is refused', async () => {
  const { door, client } = await open('write-except-protected');
  expect(await sqlstateOf(client.query('INSERT INTO never_made VALUES (1)'))).toBe('42501');
  await client.end();
  expect((await door.close()).map(({ decision }) => decision.reason).join()).toContain(
    'an INSERT of the table `never_made`, which the catalogue does not have',
  );
});

test('a parameter of a domain is checked by what the domain calls, in whatever way its type is named', async () => {
  await guarded.direct.query('DROP DOMAIN IF EXISTS checked; CREATE DOMAIN checked AS text CHECK (add_run(VALUE || clock_timestamp()) IS NOT NULL)');
  const found = await guarded.direct.query<{ types: string[] }>("SELECT ARRAY[oid, typarray]::text[] AS types FROM pg_type WHERE typname = 'checked'");
  for (const [index, value] of ['x', '{x}'].entries()) {
    const type = Number(found.rows[0]?.types[index]);
    const typed = frameMessage(0x50, Buffer.concat([cString(''), cString('SELECT $1'), Buffer.from([0, 1]), int32(type)]));
    const attack = async (wire: WireClient): Promise<unknown> => {
      wire.send(typed, bind('', '', [value]), execute(''), sync);
      return wire.until('Z');
    };
    const first = await guarded.countRuns();
    const direct = await WireClient.open(guarded.server.owner);
    await attack(direct);
    await direct.end();
    const before = await guarded.countRuns();
    expect(before).toBeGreaterThan(first);
    const { door, client } = await open('write-except-protected');
    const wire = await WireClient.open(addressOf(door.url));
    await attack(wire);
    await wire.end();
    await client.end();
    expect((await door.close()).map(({ decision }) => decision.reason).join()).toContain('type checked → check');
    expect(await guarded.countRuns()).toBe(before);
  }
});

test('without a catalogue nothing is permitted, and the reason is said', async () => {
  const login = new DatabaseLogin();
  const keeper = new CatalogueKeeper(login, guarded.server.owner, ['public']);
  const parser = createSqlParser();
  const judge = createLiveJudge(
    (text, access, catalogue) => decideSql(parser, text, { access, protectedTables: ['runs'], ...(catalogue === undefined ? {} : { catalogue }) }),
    keeper,
  );
  const read: Access = { capability: 'read', writes: [] };
  expect((await judge.decide('SELECT 1', read)).decision.effect).toBe('permit');
  const admin = await connect({ ...guarded.server.superuser, database: 'postgres' });
  await admin.query(`ALTER DATABASE ${guarded.server.owner.database} ALLOW_CONNECTIONS false`);
  for (const session of login.ownSessions) await admin.query('SELECT pg_terminate_backend($1)', [session]);
  await expect(keeper.recheck()).rejects.toThrow();
  expect((await judge.decide('SELECT 1', read)).decision).toMatchObject({
    effect: 'refuse',
    rule: 'no-catalogue',
    reason: expect.stringContaining('the catalogue cannot be read'),
  });
  expect(await judge.remembered('SELECT 1', read)).toMatchObject({ decision: { effect: 'refuse' } });
  await admin.query(`ALTER DATABASE ${guarded.server.owner.database} ALLOW_CONNECTIONS true`);
  await admin.end();
  expect((await judge.decide('SELECT 1', read)).decision.effect).toBe('permit');
  await keeper.close();
  await expect(keeper.recheck()).rejects.toThrow('the guard is closed');
  await parser.close();
});

test('a guard is not made where the catalogue cannot be read', async () => {
  const { value, diagnostics } = await guarded.another({ database: { ...guarded.server.owner, password: 'wrong' } });
  expect(value).toBeUndefined();
  expect(diagnostics.map(({ code }) => code)).toEqual(['guard/not-guarded']);
});
