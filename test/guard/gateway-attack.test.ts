// Each attack is first shown to take effect on the server itself, then put through the gateway: in a step that reads, and in
// one that may write other tables.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Client } from 'pg';
import { addressOf, connect, reading, sqlstateOf, startGuarded, writing, type Guarded } from './fixture.ts';
import { bind, errorsOf, execute, int32, parse, query, statement, sync, typesOf, WireClient } from './wire-client.ts';
import { cString, frameMessage } from '../../src/guard/wire-message.ts';

let guarded: Guarded;

beforeAll(async () => {
  guarded = await startGuarded();
});

afterAll(async () => {
  await guarded.close();
});

/** Tries to leave a row with the given id in `runs`; its own failure is no matter, the row is. */
type Attack = (client: Client, id: string) => Promise<unknown>;

const attacks: Readonly<Record<string, Attack>> = {
  'a plain INSERT': (client, id) => client.query(`INSERT INTO runs (id) VALUES ('${id}')`),
  'an INSERT with parameters': (client, id) => client.query('INSERT INTO runs (id) VALUES ($1)', [id]),
  'a named prepared statement': (client, id) => client.query({ name: 'innocent', text: 'INSERT INTO runs (id) VALUES ($1)', values: [id] }),
  'PREPARE and EXECUTE in SQL': (client, id) => client.query(`PREPARE p (text) AS INSERT INTO runs (id) VALUES ($1); EXECUTE p ('${id}')`),
  'a CTE under a SELECT': (client, id) => client.query(`WITH x AS (INSERT INTO runs (id) VALUES ('${id}') RETURNING id) SELECT id FROM x`),
  'a DO block': (client, id) => client.query(`DO $$ BEGIN INSERT INTO runs (id) VALUES ('${id}'); END $$`),
  'a DO block that makes its SQL': (client, id) => client.query(`DO $$ BEGIN EXECUTE 'INS' || 'ERT INTO ru' || 'ns (id) VALUES (''${id}'')'; END $$`),
  'a view with an INSTEAD OF trigger': (client, id) => client.query(`INSERT INTO inbox (id) VALUES ('${id}')`),
  'a function': (client, id) => client.query(`SELECT add_run('${id}')`),
  'a function under EXPLAIN ANALYZE': (client, id) => client.query(`EXPLAIN ANALYZE SELECT add_run('${id}')`),
  'SQL run by query_to_xml': (client, id) => client.query(`SELECT query_to_xml('SELECT add_run(''${id}'')', true, true, '')`),
  'a second statement of one message': (client, id) => client.query(`SELECT 1; INSERT INTO runs (id) VALUES ('${id}')`),
  'COMMIT first, in one message': (client, id) => client.query(`BEGIN READ ONLY; SELECT 1; COMMIT; INSERT INTO runs (id) VALUES ('${id}')`),
  'SET TRANSACTION READ WRITE first': async (client, id) => {
    await client.query('BEGIN');
    await client.query('SET TRANSACTION READ WRITE').catch(() => undefined);
    await client.query(`INSERT INTO inbox (id) VALUES ('${id}')`).catch(() => undefined);
    await client.query('COMMIT');
  },
  'SET SESSION CHARACTERISTICS first': async (client, id) => {
    await client.query('SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE').catch(() => undefined);
    await client.query(`INSERT INTO inbox (id) VALUES ('${id}')`);
  },
  'a rule planted on another table': async (client, id) => {
    await client.query(`CREATE RULE also AS ON INSERT TO notes DO ALSO INSERT INTO runs (id) VALUES ('${id}')`).catch(() => undefined);
    await client.query(`INSERT INTO notes (body) VALUES ('x')`);
  },
  'a search path that shadows': async (client, id) => {
    await client
      .query('CREATE SCHEMA IF NOT EXISTS shadow; CREATE OR REPLACE VIEW shadow.notes AS SELECT id AS body FROM public.runs; SET search_path = shadow, public')
      .catch(() => undefined);
    await client.query(`INSERT INTO notes (body) VALUES ('${id}')`);
  },
  'a quoted name with Unicode escapes': (client, id) => client.query(`INSERT INTO U&"\\0072uns" (id) VALUES ('${id}')`),
  'a comment before a second statement': (client, id) => client.query(`SELECT 1 /* ; */ -- x\n; INSERT INTO runs (id) VALUES ('${id}')`),
};

const doors = { 'a step that reads': reading, 'a step that writes other tables': writing };

async function cleanUp(): Promise<void> {
  await guarded.direct.query('DROP RULE IF EXISTS also ON notes; DROP SCHEMA IF EXISTS shadow CASCADE');
}

describe.each(Object.entries(attacks))('%s', (name, attack) => {
  test('takes effect without the gateway', async () => {
    const client = await connect(guarded.server.owner);
    await attack(client, `direct ${name}`).catch(() => undefined);
    await client.end();
    await cleanUp();
    expect((await guarded.direct.query('SELECT 1 FROM runs WHERE id = $1', [`direct ${name}`])).rowCount).toBe(1);
  });

  test.each(Object.entries(doors))('is refused in %s', async (_title, access) => {
    const before = await guarded.countRuns();
    const door = await guarded.guard.open('4.1', access);
    const client = await connect(door.url);
    await attack(client, `gateway ${name}`).catch(() => undefined);
    await client.end();
    const records = await door.close();
    await cleanUp();
    expect(await guarded.countRuns()).toBe(before);
    const refusals = records.filter((record) => record.decision.effect === 'refuse');
    expect(refusals.length).toBeGreaterThan(0);
    expect(refusals.every((record) => record.fate === 'none' && record.step === '4.1')).toBe(true);
    expect(guarded.told).toEqual(expect.arrayContaining(refusals));
  });
});

/** Attacks that no library offers: by hand on the wire. */
const wireAttacks: Readonly<Record<string, (wire: WireClient, id: string) => Promise<unknown>>> = {
  'COPY FROM STDIN': async (wire, id) => {
    wire.send(query('COPY runs (id) FROM STDIN'), frameMessage(0x64, Buffer.from(`${id}\n`)), frameMessage(0x63, Buffer.alloc(0)));
    return wire.until('Z');
  },
  'an INSERT in a pipeline behind honest statements': async (wire, id) => {
    wire.send(statement('SELECT 1'), statement('INSERT INTO runs (id) VALUES ($1)', [id]), sync);
    return wire.until('Z');
  },
  'a portal that is executed later': async (wire, id) => {
    wire.send(parse('s', 'INSERT INTO runs (id) VALUES ($1)'), sync, bind('p', 's', [id]), execute('p'), sync);
    return wire.until('Z', 2);
  },
  'a statement prepared in SQL, and bound by the protocol': async (wire, id) => {
    wire.send(query('PREPARE q (text) AS INSERT INTO runs (id) VALUES ($1)'), bind('', 'q', [id]), execute(''), sync);
    return wire.until('Z', 2);
  },
};

describe.each(Object.entries(wireAttacks))('%s', (name, attack) => {
  test('takes effect without the gateway, and none through it', async () => {
    const direct = await WireClient.open(guarded.server.owner);
    await attack(direct, `direct ${name}`);
    await direct.end();
    expect((await guarded.direct.query('SELECT 1 FROM runs WHERE id = $1', [`direct ${name}`])).rowCount).toBe(1);
    for (const access of [reading, writing]) {
      const before = await guarded.countRuns();
      const door = await guarded.guard.open('4.2', access);
      const wire = await WireClient.open(addressOf(door.url));
      await attack(wire, `gateway ${name}`);
      await wire.end();
      expect((await door.close()).some((record) => record.decision.effect === 'refuse')).toBe(true);
      expect(await guarded.countRuns()).toBe(before);
    }
  });
});

test('a fastpath call is refused where the server would carry it out', async () => {
  const found = await guarded.direct.query<{ oid: string }>("SELECT oid::text FROM pg_proc WHERE proname = 'add_run'");
  const call = (id: string): Buffer =>
    frameMessage(
      0x46,
      Buffer.concat([int32(Number(found.rows[0]?.oid)), Buffer.from([0, 0, 0, 1]), int32(Buffer.byteLength(id)), Buffer.from(id), Buffer.from([0, 0])]),
    );
  const direct = await WireClient.open(guarded.server.owner);
  direct.send(call('direct fastpath'));
  expect(typesOf(await direct.until('Z'))).toBe('VZ');
  await direct.end();
  const before = await guarded.countRuns();
  const door = await guarded.guard.open('4.3', writing);
  const wire = await WireClient.open(addressOf(door.url));
  wire.send(call('gateway fastpath'), query('SELECT 1'));
  const answers = await wire.until('Z', 2);
  expect(typesOf(answers)).toBe('EZTDCZ');
  expect(errorsOf(answers)[0]?.['C']).toBe('42501');
  await wire.end();
  expect((await door.close()).map((record) => record.decision.rule)).toEqual(['fastpath', 'read']);
  expect(await guarded.countRuns()).toBe(before);
});

test('startup options that lift a guard, replication and another database are refused, and recorded', async () => {
  const door = await guarded.guard.open('4.4', reading);
  const address = addressOf(door.url);
  const tries = [
    { options: '-c default_transaction_read_only=off' },
    { options: '--default-transaction-read-only=off' },
    { options: '-c session_replication_role=replica' },
    { options: '-c search_path=shadow' },
    { options: '-c client_encoding=SJIS' },
    { options: '-d 5' },
    { replication: 'database' },
  ];
  for (const asked of tries) expect(await sqlstateOf(connect({ ...address, ...asked } as never)), JSON.stringify(asked)).toBe('42501');
  expect(await sqlstateOf(connect({ ...address, database: 'postgres' }))).toBe('3D000');
  const records = await door.close();
  expect(records).toHaveLength(tries.length + 1);
  expect(records.every((record) => record.decision.effect === 'refuse')).toBe(true);
});

test('a token is good for its own step alone, and not after it', async () => {
  const first = await guarded.guard.open('5.1', reading);
  const second = await guarded.guard.open('5.2', reading);
  expect(await sqlstateOf(connect({ ...addressOf(first.url), user: 'step-5.2' }))).toBe('28P01');
  expect(await sqlstateOf(connect({ ...addressOf(first.url), user: 'somebody' }))).toBe('28P01');
  expect(await sqlstateOf(connect({ ...addressOf(first.url), password: '' }))).not.toBe('none');
  const held = await connect(first.url);
  expect((await first.close()).map((record) => record.decision.rule)).not.toContain('bad-token');
  expect(await sqlstateOf(held.query('SELECT 1'))).not.toBe('none');
  expect(await sqlstateOf(connect(first.url))).toBe('28P01');
  expect((await second.close()).map((record) => record.decision.rule)).toContain('bad-token');
});

test('a session that a child kept open is ended on the server too, and its open transaction rolled back', async () => {
  const door = await guarded.guard.open('5.3', { capability: 'production', writes: [] });
  const client = await connect(door.url);
  await client.query('BEGIN');
  await client.query("INSERT INTO runs (id) VALUES ('left open')");
  const backend = (await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid;
  const busy = await connect(door.url);
  const sleeping = sqlstateOf(busy.query('SELECT pg_sleep(60)'));
  await guarded.direct.query(`SELECT pg_sleep(0.1)`);
  const records = await door.close();
  expect(await sleeping).toBe('57P01');
  expect((await guarded.direct.query('SELECT 1 FROM pg_stat_activity WHERE pid = $1', [backend])).rowCount).toBe(0);
  expect((await guarded.direct.query("SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)' AND pid <> pg_backend_pid()")).rowCount).toBe(0);
  expect((await guarded.direct.query("SELECT 1 FROM runs WHERE id = 'left open'")).rowCount).toBe(0);
  expect(records.find((record) => record.text.startsWith('INSERT'))).toMatchObject({ fate: 'rolled back', rowCount: 1 });
});

test('a statement that cannot be read is refused: not UTF-8, with NUL, too long', async () => {
  const door = await guarded.guard.open('5.4', { capability: 'production', writes: [] });
  const wire = await WireClient.open(addressOf(door.url));
  const broken = frameMessage(0x51, Buffer.concat([Buffer.from("SELECT '"), Buffer.from([0xc3, 0x28]), cString("'")]));
  const withNul = frameMessage(0x51, cString('SELECT 1\0; INSERT INTO runs (id) VALUES (1)'));
  const long = query(`SELECT '${'x'.repeat(2_000_000)}'`);
  wire.send(broken, withNul, long, parse('', `SELECT '${'y'.repeat(2_000_000)}'`), sync, query('SELECT 1'));
  const answers = await wire.until('Z', 5);
  expect(typesOf(answers)).toBe('EZEZEZEZTDCZ');
  expect(errorsOf(answers).map((fields) => fields['C'])).toEqual(['22021', '22021', '54000', '54000']);
  await wire.end();
  const records = await door.close();
  expect(records.map((record) => record.decision.effect)).toEqual(['refuse', 'refuse', 'refuse', 'refuse', 'permit']);
  expect(records.every((record) => record.text.length < 5000)).toBe(true);
});
