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
async function during(access: Access, change: string | (() => Promise<unknown>)): Promise<readonly TripwireFinding[]> {
  const watch = await guarded.guard.watch('4.1', access);
  await (typeof change === 'string' ? guarded.direct.query(change) : change());
  return watch.compare();
}

test('nothing is found where nothing changed, nor where only reading and unprotected writing went on', async () => {
  expect(await during(reading, 'SELECT * FROM runs; VACUUM runs').catch(() => [])).toEqual([]);
  expect(await during(reading, 'VACUUM ANALYZE runs')).toEqual([]);
  expect(await during(writing, "INSERT INTO notes (body) VALUES ('x')")).toEqual([]);
  expect(await during(reading, "BEGIN; INSERT INTO runs (id) VALUES ('undone'); ROLLBACK")).toEqual([]);
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
  expect(found).toEqual([{ kind: 'rows', what, explained: false }]);
});

test('the production path explains its rows, a writing step only those that it declares', async () => {
  expect(await during(producing, "INSERT INTO runs (id) VALUES ('p1')")).toEqual([{ kind: 'rows', what: expect.stringContaining('`runs`'), explained: true }]);
  expect(await during({ capability: 'write', writes: ['runs'] }, "INSERT INTO runs (id) VALUES ('p2')")).toMatchObject([{ explained: true }]);
  expect(await during(writing, "INSERT INTO runs (id) VALUES ('p3')")).toMatchObject([{ explained: false }]);
  expect(await during(producing, 'ALTER TABLE runs ADD COLUMN more text')).toMatchObject([{ kind: 'schema', explained: true }]);
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
  'a rule': ['CREATE RULE r AS ON DELETE TO notes DO INSTEAD NOTHING', ['rule r on notes appeared']],
  'a view': ["CREATE OR REPLACE VIEW inbox AS SELECT 'x'::text AS id", ['view inbox changed']],
  'a constraint': ['ALTER TABLE runs DROP CONSTRAINT runs_origin_known', ['constraint runs_origin_known on runs is gone']],
  'a setting of the account': ["ALTER ROLE CURRENT_USER SET search_path = 'other'", ['setting of app appeared']],
  'row security': ['ALTER TABLE notes ENABLE ROW LEVEL SECURITY', ['relation notes changed']],
  'a grant': ['GRANT INSERT ON notes TO PUBLIC', ['relation notes changed']],
};

test.each(Object.entries(schemaChanges))('%s is found in the schema', async (_name, [change, what]) => {
  const found = (await during(reading, change)).filter((finding) => finding.kind === 'schema');
  expect(found).toEqual(what.map((one) => ({ kind: 'schema', what: one, explained: false })));
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
  await guarded.direct.query('BEGIN; LOCK TABLE runs IN ACCESS EXCLUSIVE MODE');
  const found = await watch.compare();
  await guarded.direct.query('ROLLBACK');
  expect(found).toEqual([{ kind: 'rows', what: expect.stringContaining('the tripwires could not look'), explained: false }]);
});
