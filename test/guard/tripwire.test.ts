// What no other guard stopped: each change is made round them, and must show.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TripwireFinding } from '../../src/model/contract.ts';
import type { Access } from '../../src/model/step.ts';
import { connect, producing, reading, sqlstateOf, startGuarded, writing, type Guarded } from './fixture.ts';

let guarded: Guarded;

beforeAll(async () => {
  guarded = await startGuarded();
});

afterAll(async () => {
  await guarded.close();
});

/** What a step finds at its end when this was done meanwhile on the owner's connection. */
async function during(access: Access, change: string | (() => Promise<unknown>), guard = guarded.guard): Promise<readonly TripwireFinding[]> {
  const watch = await guard.watch('4.1', access);
  await (typeof change === 'string' ? guarded.direct.query(change) : change());
  return watch.compare();
}

test('nothing is found where nothing changed, nor where only reading and unprotected writing went on', async () => {
  expect(await during(reading, 'SELECT * FROM runs; VACUUM runs').catch(() => [])).toEqual([]);
  expect(await during(reading, 'VACUUM ANALYZE runs')).toEqual([]);
  expect(await during(writing, "INSERT INTO notes (body) VALUES ('x')")).toEqual([]);
  expect((await during(reading, "BEGIN; INSERT INTO runs (id) VALUES ('undone'); ROLLBACK")).filter(({ explained }) => !explained)).toEqual([]);
  expect(await during(reading, 'CREATE TEMPORARY TABLE t (a int); DROP TABLE t')).toEqual([]);
});

const rowChanges: Readonly<Record<string, readonly [string, string]>> = {
  'an INSERT': ["INSERT INTO runs (id) VALUES ('t1'), ('t2')", '`runs`: 1 row before, 3 now'],
  'a DELETE': ["DELETE FROM runs WHERE id = 't2'", '`runs`: 3 rows before, 2 now'],
  'an UPDATE': ["UPDATE runs SET status = 'done' WHERE id = 't1'", '`runs`: 2 rows as before, rewritten, with other content'],
  'an UPDATE to the same': ["UPDATE runs SET status = status WHERE id = 't1'", '`runs`: 2 rows as before, rewritten, with the same content'],
  'a DELETE and an INSERT': [
    "DELETE FROM runs WHERE id = 't1'; INSERT INTO runs (id) VALUES ('t3')",
    '`runs`: 2 rows as before, rewritten, with other content',
  ],
  'a trigger on another table': [
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO runs (id) VALUES ('t4'); RETURN NEW; END $$; CREATE TRIGGER f AFTER INSERT ON notes FOR EACH ROW EXECUTE FUNCTION f(); INSERT INTO notes (body) VALUES ('x'); DROP FUNCTION f CASCADE",
    '`runs`: 2 rows before, 3 now',
  ],
  'a TRUNCATE and the same rows again': [
    'CREATE TEMP TABLE kept AS SELECT * FROM runs; TRUNCATE runs; INSERT INTO runs SELECT * FROM kept; DROP TABLE kept',
    '`runs`: 3 rows as before, rewritten, with the same content',
  ],
  'a name with quotes and an umlaut': ['INSERT INTO "Schräge ""Läufe""" VALUES (1)', '`Schräge "Läufe"`: 0 rows before, 1 now'],
  'a table of the same name in another schema': ['CREATE SCHEMA other; CREATE TABLE other.runs (id text)', '`other.runs` appeared, with 0 rows'],
};

test.each(Object.entries(rowChanges))('%s is found, and explained only where the step is there to write', async (_name, [change, what]) => {
  const found = (await during(reading, change)).filter((finding) => finding.kind === 'rows');
  // What is new has nobody yet who notes who writes.
  const by = what.includes('appeared') ? '' : '; written by a session round the gateway (`app`, process N)';
  expect(found.map((finding) => ({ ...finding, what: finding.what.replace(/process \d+/, 'process N') }))).toEqual([
    { kind: 'rows', what: `${what}${by}`, explained: false },
  ]);
});

test('where nobody notes who writes, the production path explains its rows, a writing step only those that it declares', async () => {
  const { value: elsewhere } = await guarded.another({ ownServer: false });
  expect(await during(producing, "INSERT INTO runs (id) VALUES ('p1')", elsewhere)).toEqual([
    { kind: 'rows', what: expect.stringMatching(/^`runs`: \d+ rows before, \d+ now$/), explained: true },
  ]);
  expect(await during({ capability: 'write', writes: ['runs'] }, "INSERT INTO runs (id) VALUES ('p2')", elsewhere)).toMatchObject([{ explained: true }]);
  expect(await during(writing, "INSERT INTO runs (id) VALUES ('p3')", elsewhere)).toMatchObject([{ explained: false }]);
  expect(await during(producing, 'ALTER TABLE runs ADD COLUMN more text', elsewhere)).toMatchObject([{ kind: 'schema', explained: true }]);
  await elsewhere?.close();
  await during(reading, 'SELECT 1');
});

const schemaChanges: Readonly<Record<string, readonly [string, readonly string[]]>> = {
  'a default': ["ALTER TABLE runs ALTER COLUMN status SET DEFAULT 'done'", ['column runs.status changed']],
  'NOT NULL': ['ALTER TABLE runs ALTER COLUMN status DROP NOT NULL', ['column runs.status changed']],
  'a new column': ['ALTER TABLE notes ADD COLUMN c integer', ['column notes.c appeared']],
  'a disabled trigger': [
    'ALTER VIEW inbox RENAME TO inbox2; ALTER VIEW inbox2 RENAME TO inbox; CREATE TRIGGER t BEFORE INSERT ON runs FOR EACH ROW EXECUTE FUNCTION inbox_insert(); ALTER TABLE runs DISABLE TRIGGER t',
    ['trigger t on runs appeared'],
  ],
  'a trigger enabled again': ['ALTER TABLE runs ENABLE TRIGGER t', ['trigger t on runs changed']],
  'a trigger dropped': ['DROP TRIGGER t ON runs', ['trigger t on runs is gone']],
  "a function's body": ['CREATE OR REPLACE FUNCTION add_run(text) RETURNS text LANGUAGE sql AS $$ SELECT $1 $$', ['function add_run(text) changed']],
  'a new standard function': [
    'CREATE FUNCTION standard() RETURNS text LANGUAGE sql BEGIN ATOMIC SELECT status FROM runs; END',
    ['function standard() appeared'],
  ],
  "a standard function's body": [
    'CREATE OR REPLACE FUNCTION standard() RETURNS text LANGUAGE sql BEGIN ATOMIC SELECT id FROM runs; END; DROP FUNCTION IF EXISTS nothing()',
    ['function standard() changed'],
  ],
  "a default of a function's argument": [
    "CREATE FUNCTION given(a text DEFAULT 'x') RETURNS text LANGUAGE sql AS 'SELECT a'",
    ['function given(a text) appeared'],
  ],
  'another default of it': ["CREATE OR REPLACE FUNCTION given(a text DEFAULT 'y') RETURNS text LANGUAGE sql AS 'SELECT a'", ['function given(a text) changed']],
  'an aggregate': [
    'CREATE AGGREGATE total(integer) (sfunc = int4pl, stype = integer)',
    ['aggregate public.total(integer) appeared', 'function total(integer) appeared'],
  ],
  'what an aggregate does': ['CREATE OR REPLACE AGGREGATE total(integer) (sfunc = int4mi, stype = integer)', ['aggregate public.total(integer) changed']],
  'default privileges everywhere': ['ALTER DEFAULT PRIVILEGES GRANT INSERT ON TABLES TO PUBLIC', ['default privileges of app in every schema for r appeared']],
  'a rule': ['CREATE RULE r AS ON DELETE TO notes DO INSTEAD NOTHING', ['rule r on notes appeared']],
  'a view': ["CREATE OR REPLACE VIEW inbox AS SELECT 'x'::text AS id", ['view inbox changed']],
  'a constraint': ['ALTER TABLE runs DROP CONSTRAINT runs_origin_known', ['constraint runs_origin_known on runs is gone']],
  'a setting of the account': ["ALTER ROLE CURRENT_USER SET search_path = 'other'", ['setting of app appeared']],
  'row security': ['ALTER TABLE notes ENABLE ROW LEVEL SECURITY', ['relation notes changed']],
  'a grant': ['GRANT INSERT ON notes TO PUBLIC', ['relation notes changed']],
  'a grant on a column': ['GRANT UPDATE (body) ON notes TO PUBLIC', ['column notes.body changed']],
  'a grant on a function': ['REVOKE EXECUTE ON FUNCTION add_run(text) FROM PUBLIC', ['function add_run(text) changed']],
  'default privileges': ['ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT INSERT ON TABLES TO PUBLIC', ['default privileges of app in public for r appeared']],
  'a right in a schema': ['CREATE SCHEMA open; GRANT CREATE ON SCHEMA open TO PUBLIC', ['schema open appeared']],
  'a publication': ['CREATE PUBLICATION p FOR TABLE notes', ['publication p appeared']],
  'an enumeration': ["CREATE TYPE state AS ENUM ('a'); ALTER TYPE state ADD VALUE 'b'", ['type state appeared']],
  'an operator': [
    'CREATE FUNCTION plus(text, integer) RETURNS text LANGUAGE sql AS $$ SELECT $1 $$; CREATE OPERATOR +!+ (LEFTARG = text, RIGHTARG = integer, FUNCTION = plus)',
    ['function plus(text, integer) appeared', 'operator +!+(text,integer) appeared'],
  ],
  'the limits of a sequence': ['ALTER TABLE notes ALTER COLUMN id SET INCREMENT BY 7', ['sequence notes_id_seq changed']],
};

test.each(Object.entries(schemaChanges))('%s is found in the schema', async (_name, [change, what]) => {
  const found = (await during(reading, change)).filter((finding) => finding.kind === 'schema');
  expect(found).toEqual(what.map((one) => ({ kind: 'schema', what: one, explained: false })));
});

describe("what only the server's superuser can do is found in the schema", () => {
  test.each(
    Object.entries({
      'an event trigger': [
        'CREATE FUNCTION ev() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$; CREATE EVENT TRIGGER ev ON ddl_command_end EXECUTE FUNCTION ev()',
        ['event trigger ev appeared', 'function ev() appeared'],
      ],
      'a role with rights': ['CREATE ROLE intruder LOGIN; GRANT app TO intruder', ['role intruder appeared']],
      'a superuser more': ['ALTER ROLE intruder SUPERUSER', ['role intruder changed']],
      'a setting of the database': ["ALTER DATABASE app SET work_mem = '8MB'", ['setting of all appeared']],
      'an extension': ['CREATE EXTENSION IF NOT EXISTS plpgsql; ALTER FUNCTION add_run(text) OWNER TO intruder', ['function add_run(text) changed']],
      'a right to connect': [
        'GRANT CREATE ON DATABASE app TO intruder; ALTER FUNCTION add_run(text) OWNER TO app',
        ['database app changed', 'function add_run(text) changed'],
      ],
    } satisfies Record<string, readonly [string, readonly string[]]>),
  )('%s', async (_name, [change, what]) => {
    const superuser = await connect(guarded.server.superuser);
    const found = await during(reading, () => superuser.query(change));
    await superuser.end();
    expect(found.filter(({ kind }) => kind === 'schema').map((finding) => finding.what)).toEqual(what);
  });
});

describe('sessions', () => {
  test('one round the gateway is found; those of the gateway and of the runner are not', async () => {
    const found = await during(reading, async () => {
      const door = await guarded.guard.open('4.1', reading);
      const clients = await Promise.all(Array.from({ length: 5 }, () => connect(door.url)));
      await Promise.all(clients.map((client) => client.query('SELECT 1')));
      await guarded.guard.assertion({ sql: 'SELECT 1', parameters: [], mode: 'read', timeoutMs: 1000 });
      await door.close();
    });
    expect(found).toEqual([]);
    const around = await during(reading, async () => {
      const client = await connect(guarded.server.owner);
      await client.query('SELECT 1');
      await client.end();
    });
    expect(around).toEqual([{ kind: 'sessions', what: 'a session of the database came round the gateway', explained: false }]);
    expect(await during(reading, 'SELECT 1')).toEqual([]);
  });

  test('a client that breaks off its login does not blur the count', async () => {
    const found = await during(reading, async () => {
      const door = await guarded.guard.open('4.1', reading);
      const attempts = Array.from({ length: 10 }, async () => {
        const client = await connect(door.url);
        (client as unknown as { connection: { stream: { destroy: () => void } } }).connection.stream.destroy();
      });
      await Promise.allSettled(attempts);
      await door.close();
    });
    expect(found).toEqual([]);
  });

  test('a token that is not good is found in the step in whose time it came', async () => {
    const ended = await guarded.guard.open('4.0', reading);
    await ended.close();
    const found = await during(reading, async () => expect(await sqlstateOf(connect(ended.url))).toBe('28P01'));
    expect(found).toEqual([{ kind: 'sessions', what: expect.stringContaining('`step-4.0`'), explained: false }]);
  });

  test("on somebody else's server a strange session is shown, and proves nothing", async () => {
    const { value: elsewhere } = await guarded.another({ ownServer: false });
    const watch = await elsewhere?.watch('1', reading);
    await (await connect(guarded.server.owner)).end();
    expect(await watch?.compare()).toEqual([{ kind: 'sessions', what: expect.stringContaining("or another client's"), explained: true }]);
    await elsewhere?.close();
    await during(reading, 'SELECT 1');
  });
});

test('what happens between two steps is found in the next', async () => {
  await during(reading, 'SELECT 1');
  await guarded.direct.query("INSERT INTO runs (id) VALUES ('between')");
  expect(await during(producing, 'SELECT 1')).toEqual([
    { kind: 'rows', what: expect.stringMatching(/`runs`.*between this step and the one before/), explained: false },
  ]);
});

test('a table that is locked away is a finding, not a hang and not a pass', { timeout: 30_000 }, async () => {
  const watch = await guarded.guard.watch('4.1', reading);
  await guarded.direct.query("INSERT INTO notes (body) VALUES ('something was committed')");
  await guarded.direct.query('BEGIN; LOCK TABLE runs IN ACCESS EXCLUSIVE MODE');
  const found = await watch.compare();
  await guarded.direct.query('ROLLBACK');
  expect(found).toEqual([{ kind: 'rows', what: expect.stringContaining('the tripwires could not look'), explained: false, blind: true }]);
});
