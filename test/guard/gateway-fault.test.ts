// What goes wrong between clients, gateway and server: the fault stays where it happened, what was not finished takes no effect, and nothing is left
// behind. The large streams are in test/soak.
import { once } from 'node:events';
import { connect as dialOut } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { frameMessage, cString } from '../../src/guard/wire-message.ts';
import { must } from '../support/postgres.ts';
import { addressOf, connect, producing, reading, sqlstateOf, startGuarded, writing, type Guarded } from './fixture.ts';
import { countHeld, expectNothingLeft, warmUp, type Held } from './leak-count.ts';
import { bind, dial, errorsOf, execute, int32, parse, query, readAll, startup, statement, sync, typesOf, WireClient } from './wire-client.ts';

let guarded: Guarded;
let before: Held;

beforeAll(async () => {
  guarded = await startGuarded();
  await warmUp(guarded);
});

beforeEach(async () => {
  before = await countHeld(guarded);
});

afterAll(async () => {
  await guarded.close();
});

const insert = query("INSERT INTO notes (body) VALUES ('half')");
const copyRow = frameMessage(0x64, Buffer.from('half a row'));

test.each<[string, Buffer, number]>([
  ['a Query', insert, insert.length - 1],
  ['a header', insert, 3],
  ['a Parse', parse('s', "INSERT INTO notes (body) VALUES ('half')"), 20],
  ['a pipeline without its Sync', Buffer.concat([statement("INSERT INTO notes (body) VALUES ('half')"), parse('', 'SELECT 1')]), 1000],
  ['a Bind', Buffer.concat([parse('', 'INSERT INTO notes (body) VALUES ($1)'), bind('', '', ['half'.repeat(1000)])]), 2000],
  ['a COPY', Buffer.concat([query('COPY notes (body) FROM STDIN'), copyRow]), 1000],
  ['a row of a COPY', Buffer.concat([query('COPY notes (body) FROM STDIN'), copyRow]), 40],
  ['a transaction', Buffer.concat([query('BEGIN'), insert]), 1000],
])('a client that is gone in the middle of %s has done nothing', async (_what, bytes, sent) => {
  for (const way of ['end', 'destroy', 'resetAndDestroy'] as const) {
    const door = await guarded.guard.open('1.1', writing);
    const wire = await WireClient.open(addressOf(door.url));
    wire.send(bytes.subarray(0, sent));
    await new Promise((resolve) => setTimeout(resolve, 20));
    const stream = wire.upstream.stream as unknown as Record<typeof way, () => void>;
    stream[way]();
    const records = await door.close();
    expect(records.filter((record) => record.fate === 'committed' && record.writes.length > 0)).toEqual([]);
  }
  const found = await guarded.direct.query<{ n: number }>("SELECT count(*)::int AS n FROM notes WHERE body LIKE 'half%'");
  expect(found.rows).toEqual([{ n: 0 }]);
  await expectNothingLeft(guarded, before);
});

test('a client that says it will send no more still gets its answers', async () => {
  const door = await guarded.guard.open('1.2', reading);
  const wire = await WireClient.open(addressOf(door.url));
  wire.send(query('SELECT pg_sleep(0.2)'), query('SELECT 2'));
  wire.upstream.stream.end();
  expect(typesOf(await wire.until('Z', 2))).toBe('TDCZTDCZ');
  await expectNothingLeft(guarded, before);
  expect((await door.close()).map((record) => record.fate)).toEqual(['committed', 'committed']);
});

test('a backend that is killed is told to its client alone, with the fate of what it was at', async () => {
  const door = await guarded.guard.open('2.1', producing);
  const [wire, other] = [await WireClient.open(addressOf(door.url)), await connect(door.url)];
  wire.send(query('BEGIN'), query("INSERT INTO notes (body) VALUES ('killed')"));
  await wire.until('Z', 2);
  wire.send(query('SELECT pg_sleep(30)'));
  const superuser = await connect(guarded.server.superuser);
  await superuser.query('SELECT pg_terminate_backend($1)', [wire.upstream.processId]);
  await superuser.end();
  expect(errorsOf(await wire.until('never')).map((fields) => [fields['S'], fields['C']])).toEqual([['FATAL', '57P01']]);
  expect((await other.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  await other.end();
  const again = await connect(door.url);
  await again.end();
  const records = await door.close();
  expect(records.filter((record) => record.text.startsWith('INSERT')).map((record) => record.fate)).not.toContain('committed');
  await expectNothingLeft(guarded, before);
  // The guard asked the server whether it is there, and goes on.
  await (await guarded.guard.open('2.2', reading)).close();
});

test('a server that is frozen keeps a step from ending for some seconds only', async () => {
  const door = await guarded.guard.open('2.3', reading);
  const wire = await WireClient.open(addressOf(door.url));
  const { processId } = wire.upstream;
  process.kill(processId, 'SIGSTOP');
  try {
    wire.send(query('SELECT 1'));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const closingAt = performance.now();
    const records = await door.close();
    expect(performance.now() - closingAt).toBeLessThan(15_000);
    expect(records.map((record) => record.fate)).toEqual(['open']);
  } finally {
    process.kill(processId, 'SIGCONT');
  }
  await expectNothingLeft(guarded, before);
});

test('a server that stops ends its clients and the guard, and nothing is left', async () => {
  const own = await startGuarded();
  const heldBefore = await countHeld(guarded);
  const guard = must(await own.another({}));
  const door = await guard.open('2.4', reading);
  const wires = await Promise.all(Array.from({ length: 5 }, () => WireClient.open(addressOf(door.url))));
  for (const wire of wires) wire.send(query('SELECT pg_sleep(30)'));
  await new Promise((resolve) => setTimeout(resolve, 100));
  await own.direct.end();
  await own.server.close();
  for (const wire of wires) expect(errorsOf(await wire.until('never')).map((fields) => fields['S'])).toEqual(['FATAL']);
  await expect(guard.died).rejects.toThrow('the database server is gone');
  expect(await sqlstateOf(connect(door.url))).toBe('08006');
  expect((await door.close()).filter((record) => record.decision.effect === 'refuse')).toEqual([]);
  await guard.close();
  await own.close().catch(() => undefined);
  await expectNothingLeft(guarded, heldBefore);
});

test('connections that are half open hold up nobody, and end with the gateway', async () => {
  const guard = must(await guarded.another({ execution: 'half-open' }));
  const door = await guard.open('3.1', reading);
  const address = addressOf(door.url);
  const greeting = startup(0, { user: address.user, database: address.database });
  const half = await Promise.all(
    Array.from({ length: 60 }, async (_, index) => {
      const socket = await dial(address);
      if (index % 3 === 1) socket.write(greeting.subarray(0, 7));
      if (index % 3 === 2) socket.write(greeting);
      return socket;
    }),
  );
  const client = await connect(door.url);
  expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  await client.end();
  const closingAt = performance.now();
  await door.close();
  await guard.close();
  expect(performance.now() - closingAt).toBeLessThan(10_000);
  for (const socket of half) if (!socket.closed) await once(socket.resume(), 'close');
  await expectNothingLeft(guarded, before);
});

test('a thousand connections at once: as many as the server has get in, the others are told so by it, and nothing is left', async () => {
  const door = await guarded.guard.open('3.2', reading);
  const clients = await Promise.all(
    Array.from({ length: 1000 }, async () => {
      try {
        const client = await connect(door.url);
        return { client, told: (await client.query<{ one: number }>('SELECT 1 AS one')).rows[0]?.one };
      } catch (error) {
        return { client: undefined, told: (error as { code?: string }).code ?? String(error) };
      }
    }),
  );
  const told = new Set(clients.map((each) => each.told));
  expect([...told].sort()).toEqual([1, '53300'].sort());
  expect(clients.filter((each) => each.client !== undefined).length).toBeGreaterThan(100);
  await Promise.all(clients.flatMap((each) => each.client?.end() ?? []));
  const client = await connect(door.url);
  await client.end();
  await door.close();
  await expectNothingLeft(guarded, before);
  // It was no sign that the server is gone.
  expect(await Promise.race([guarded.guard.died, Promise.resolve('alive')])).toBe('alive');
}, 120_000);

test('a storm of cancel requests cancels, reaches nobody else, and opens few connections', async () => {
  const door = await guarded.guard.open('4.1', reading);
  const address = addressOf(door.url);
  const [wire, other] = [await WireClient.open(address), await WireClient.open(address)];
  const { processId, secretKey } = wire.upstream;
  const request = Buffer.concat([int32(16), int32(80877102), int32(processId), int32(secretKey)]);
  wire.send(query('SELECT pg_sleep(30)'));
  other.send(query('SELECT pg_sleep(2)'));
  await expect
    .poll(async () => (await guarded.direct.query("SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(%' AND state = 'active'")).rowCount, {
      timeout: 20_000,
    })
    .toBe(2);
  await Promise.all(
    Array.from({ length: 400 }, async (_, index) => {
      const socket = await dial(address);
      socket.end(index % 4 === 0 ? request : Buffer.concat([request.subarray(0, 12), int32((secretKey + index) | 0)]));
      expect(await readAll(socket)).toHaveLength(0);
    }),
  );
  expect(errorsOf(await wire.until('Z')).map((fields) => fields['C'])).toEqual(['57014']);
  expect(typesOf(await other.until('Z'))).toBe('TDCZ');
  wire.send(query('SELECT 1'));
  expect(typesOf(await wire.until('Z'))).toBe('TDCZ');
  await Promise.all([wire.end(), other.end()]);
  await door.close();
  await expectNothingLeft(guarded, before);
});

test('a slow reader gets every byte, and a storm of statements without reading holds up only its sender', async () => {
  const door = await guarded.guard.open('4.2', reading);
  const slow = await connect(door.url);
  const { stream } = (slow as unknown as { connection: { stream: import('node:net').Socket } }).connection;
  const pulse = setInterval(() => {
    if (stream.isPaused()) stream.resume();
    else stream.pause();
  }, 3);
  const rows = (await slow.query<{ n: number; body: string }>("SELECT n, repeat('x', 500) AS body FROM generate_series(1, 20000) n")).rows;
  clearInterval(pulse);
  stream.resume();
  expect([rows.length, rows.at(-1)?.n, rows.every(({ body }) => body.length === 500)]).toEqual([20_000, 20_000, true]);
  await slow.end();
  const address = addressOf(door.url);
  const flooding = dialOut({ host: address.host, port: address.port });
  flooding.destroy();
  const wire = await WireClient.open(address);
  wire.upstream.stream.pause();
  for (let sent = 0; sent < 2000; sent += 1) wire.send(query(`SELECT ${sent}, repeat('x', 1000)`));
  const client = await connect(door.url);
  expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  await client.end();
  wire.upstream.stream.resume();
  expect(await wire.until('Z', 2000)).toHaveLength(8000);
  await wire.end();
  expect(await door.close()).toHaveLength(2002);
  await expectNothingLeft(guarded, before);
});

test('an answer that never ends and a client that has gone: the session is cut, not read to its end', async () => {
  const door = await guarded.guard.open('4.3', reading);
  const wire = await WireClient.open(addressOf(door.url));
  wire.send(query("SELECT repeat('x', 10000), generate_series(1, 100000000)"));
  await wire.until('D', 10);
  wire.upstream.stream.destroy();
  await expectNothingLeft(guarded, before);
  await door.close();
});

test('a session lives through names and portals by the thousand', async () => {
  const door = await guarded.guard.open('4.4', reading);
  const wire = await WireClient.open(addressOf(door.url));
  for (let round = 0; round < 10; round += 1) {
    wire.send(
      ...Array.from({ length: 200 }, (_, index) =>
        Buffer.concat([parse(`s${round}-${index}`, 'SELECT 1'), bind(`p${index}`, `s${round}-${index}`), execute(`p${index}`)]),
      ),
      sync,
    );
    expect(typesOf(await wire.until('Z'))).toBe(`${'12DC'.repeat(200)}Z`);
  }
  wire.send(frameMessage(0x51, cString('DEALLOCATE ALL')));
  await wire.until('Z');
  await wire.end();
  expect(await door.close()).toHaveLength(2001);
});
