// Honest traffic behaves through the gateway as it does on the server, byte for byte; a refusal behaves as the server's own
// error would; and nothing that a socket can do brings the gateway down.
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addressOf, connect, producing, reading, sqlstateOf, startGuarded, writing, type Guarded } from './fixture.ts';
import {
  bind,
  closeStatement,
  describePortal,
  dial,
  errorsOf,
  execute,
  flush,
  int32,
  parse,
  query,
  readAll,
  startup,
  statement,
  sync,
  typesOf,
  WireClient,
  type Answer,
} from './wire-client.ts';
import { cString, frameMessage } from '../../src/guard/wire-message.ts';

let guarded: Guarded;

beforeAll(async () => {
  guarded = await startGuarded();
});

afterAll(async () => {
  await guarded.close();
});

/** The same bytes to the server and through a door; both answers. */
async function both(
  conversation: (wire: WireClient) => Promise<readonly Answer[]>,
  access = producing,
): Promise<{ readonly direct: readonly Answer[]; readonly gateway: readonly Answer[] }> {
  const wire = await WireClient.open(guarded.server.owner);
  const direct = await conversation(wire);
  await wire.end();
  const door = await guarded.guard.open('1.1', access);
  const through = await WireClient.open(addressOf(door.url));
  const gateway = await conversation(through);
  await through.end();
  await door.close();
  return { direct, gateway };
}

/** Without the file and line of the server's source, which say nothing, and without what differs between two sessions. */
function comparable(answers: readonly Answer[]): readonly string[] {
  return answers.map((answer) => `${answer.type} ${answer.bytes.toString('latin1')}`);
}

const honest: Readonly<Record<string, readonly [Buffer, number]>> = {
  'an empty Query': [query(''), 1],
  'several statements in one message': [query('SELECT 1; SELECT 2 WHERE false; VALUES (3), (4)'), 1],
  "a pool's reset": [query('SELECT pg_advisory_unlock_all(); CLOSE ALL; UNLISTEN *; RESET ALL;'), 1],
  'a syntax error in a permitted message that the server finds at run time': [Buffer.concat([query('SELECT 1/0; SELECT 2'), query('SELECT 3')]), 2],
  'a pipeline of statements': [Buffer.concat([statement('SELECT 1'), statement('SELECT 2'), sync, statement('SELECT $1::text', ['x']), sync]), 2],
  'an error in a pipeline': [Buffer.concat([statement('SELECT 1'), statement('SELECT 1/0'), statement('SELECT 2'), sync, statement('SELECT 3'), sync]), 2],
  'a named statement, a portal in parts, and their end': [
    Buffer.concat([
      query('BEGIN'),
      parse('s', 'SELECT generate_series(1, 5)'),
      bind('p', 's'),
      describePortal('p'),
      execute('p', 2),
      flush,
      execute('p', 2),
      execute('p'),
      closeStatement('s'),
      sync,
      query('ROLLBACK'),
    ]),
    3,
  ],
  'an aborted transaction': [
    Buffer.concat([query('BEGIN'), query('SELECT 1/0'), query('SELECT 1'), statement('SELECT 2'), sync, query('ROLLBACK'), query('SELECT 3')]),
    6,
  ],
  'a COPY out': [query('COPY (SELECT generate_series(1, 1000)) TO STDOUT'), 1],
  'a COPY in': [
    Buffer.concat([query('COPY notes (body) FROM STDIN'), frameMessage(0x64, Buffer.from('a\nb\n')), frameMessage(0x63, Buffer.alloc(0)), query('SELECT 1')]),
    2,
  ],
  'a COPY in by the extended protocol': [
    Buffer.concat([
      statement('COPY notes (body) FROM STDIN'),
      sync,
      frameMessage(0x64, Buffer.from('a\n')),
      frameMessage(0x63, Buffer.alloc(0)),
      sync,
      statement('SELECT 1'),
      sync,
    ]),
    2,
  ],
  'a COPY in that the client gives up': [Buffer.concat([query('COPY notes (body) FROM STDIN'), frameMessage(0x66, cString('no')), query('SELECT 1')]), 2],
  'a statement of the wrong type': [query('SELECT 1 + $1'), 1],
};

test.each(Object.entries(honest))('%s is answered byte for byte as by the server', async (_name, [bytes, ready]) => {
  const { direct, gateway } = await both(async (wire) => {
    wire.send(bytes);
    return wire.until('Z', ready);
  });
  expect(comparable(gateway)).toEqual(comparable(direct));
});

/** What the server itself refuses, against what the gateway refuses: the same course of events. */
describe('a refusal takes the course of an error of the server', () => {
  const courses: Readonly<Record<string, readonly [(refused: string) => Buffer, number]>> = {
    alone: [(refused) => query(refused), 1],
    'in one message with others': [(refused) => Buffer.concat([query(`SELECT 1; ${refused}; SELECT 2`), query('SELECT 3')]), 2],
    'in a pipeline': [(refused) => Buffer.concat([statement('SELECT 1'), statement(refused), statement('SELECT 2'), sync, statement('SELECT 3'), sync]), 2],
    'in a prepared statement that is used later': [
      (refused) => Buffer.concat([parse('s', refused), sync, bind('', 's'), execute(''), sync, query('SELECT 1')]),
      3,
    ],
    'in a transaction': [
      (refused) => Buffer.concat([query('BEGIN'), query(refused), query('SELECT 1'), statement('SELECT 2'), sync, query('COMMIT'), query('SELECT 3')]),
      6,
    ],
    'behind an error, where it is never looked at': [(refused) => Buffer.concat([statement('SELECT 1/0'), statement(refused), sync, query('SELECT 1')]), 2],
    'after a savepoint': [
      (refused) => Buffer.concat([query('BEGIN; SAVEPOINT a'), query(refused), query('ROLLBACK TO a'), query('SELECT 1'), query('COMMIT')]),
      5,
    ],
  };

  test.each(Object.entries(courses))('%s', async (_name, [course, ready]) => {
    // A syntax error is what a poison is to the server; the gateway answers it under its own name.
    const direct = await WireClient.open(guarded.server.owner);
    direct.send(course('proofplan_no_sql'));
    const natural = await direct.until('Z', ready);
    await direct.end();
    const door = await guarded.guard.open('1.2', writing);
    const wire = await WireClient.open(addressOf(door.url));
    wire.send(course('DELETE FROM runs'));
    const refused = await wire.until('Z', ready);
    await wire.end();
    await door.close();
    // In a message of several statements the server parses all of them first, and so does the gateway.
    expect(typesOf(refused)).toBe(typesOf(natural));
    expect(refused.filter((answer) => answer.type === 'Z').map((answer) => answer.bytes[5])).toEqual(
      natural.filter((answer) => answer.type === 'Z').map((answer) => answer.bytes[5]),
    );
    const codes = errorsOf(natural).map((fields) => (fields['M']?.includes('proofplan_no_sql') ? '42501' : fields['C']));
    expect(errorsOf(refused).map((fields) => fields['C'])).toEqual(codes);
    expect(JSON.stringify(errorsOf(refused))).not.toContain('proofplan_refused_');
  });

  test('says why, with the rule and the policy', async () => {
    const door = await guarded.guard.open('1.3', reading);
    const client = await connect(door.url);
    await expect(client.query('DELETE FROM runs')).rejects.toMatchObject({
      code: '25006',
      severity: 'ERROR',
      message: expect.stringContaining('a DELETE from `runs`'),
      detail: expect.stringContaining('no-manual-writes'),
    });
    await client.end();
    await door.close();
  });
});

test('many clients of one step at once keep their order, whatever their chunks', async () => {
  const door = await guarded.guard.open('1.4', reading);
  const address = addressOf(door.url);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ refused: fc.boolean(), extended: fc.boolean() }), { minLength: 1, maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 10 }),
      async (messages, cuts) => {
        const wire = await WireClient.open(address);
        const bytes = Buffer.concat(
          messages.map(({ refused, extended }, index) => {
            const text = refused ? `DELETE FROM runs WHERE id = '${index}'` : `SELECT ${index}`;
            return extended ? Buffer.concat([statement(text), sync]) : query(text);
          }),
        );
        for (let offset = 0, cut = 0; offset < bytes.length; cut += 1) {
          const size = cuts[cut % cuts.length] ?? 1;
          wire.send(bytes.subarray(offset, offset + size));
          offset += size;
          if (cut % 3 === 0) await new Promise(setImmediate);
        }
        const answers = await wire.until('Z', messages.length);
        const expected = messages.map(({ refused, extended }) => (refused ? 'EZ' : extended ? '12DCZ' : 'TDCZ')).join('');
        expect(typesOf(answers)).toBe(expected);
        await wire.end();
      },
    ),
    { numRuns: 25 },
  );
  await door.close();
});

test('the record counts rows, names writes and tells the fate of each statement', async () => {
  const door = await guarded.guard.open('2.1', producing);
  const client = await connect(door.url);
  await client.query("INSERT INTO runs (id, status) VALUES ('r1', 'queued'), ('r2', 'queued')");
  await client.query('BEGIN');
  await client.query('UPDATE runs SET status = $1 WHERE id LIKE $2', ['running', 'r%']);
  await client.query('SAVEPOINT "A b"');
  await client.query("DELETE FROM runs WHERE id = 'r1'");
  await client.query('/* back */ ROLLBACK TO SAVEPOINT "A b"');
  await client.query('COMMIT');
  await client.query("BEGIN; DELETE FROM runs WHERE id = 'r1'; ROLLBACK; SELECT 1");
  await sqlstateOf(client.query("INSERT INTO runs (id) VALUES ('r3'); INSERT INTO runs (id) VALUES ('r1')"));
  await sqlstateOf(client.query('SELECT no_such_column FROM runs WHERE id = $1', ['x']));
  await client.query({ name: 'n', text: 'SELECT id FROM runs WHERE id = $1', values: ['r1'] });
  await client.query({ name: 'n', text: 'SELECT id FROM runs WHERE id = $1', values: ['r2'] });
  await client.end();
  const records = await door.close();
  const told = records.map(({ text, fate, rowCount, sqlstate }) => [text.slice(0, 32), fate, rowCount ?? sqlstate]);
  expect(told).toEqual([
    ['INSERT INTO runs (id, status) VA', 'committed', 2],
    ['BEGIN', 'committed', undefined],
    ['UPDATE runs SET status = $1 WHER', 'committed', 2],
    ['SAVEPOINT "A b"', 'committed', undefined],
    ["DELETE FROM runs WHERE id = 'r1'", 'rolled back', 1],
    ['ROLLBACK TO SAVEPOINT "A b"', 'committed', undefined],
    ['COMMIT', 'committed', undefined],
    ['BEGIN', 'rolled back', undefined],
    ["DELETE FROM runs WHERE id = 'r1'", 'rolled back', 1],
    ['ROLLBACK', 'rolled back', undefined],
    ['SELECT 1', 'committed', 1],
    ["INSERT INTO runs (id) VALUES ('r", 'rolled back', 1],
    ["INSERT INTO runs (id) VALUES ('r", 'rolled back', '23505'],
    ['SELECT no_such_column FROM runs ', 'rolled back', '42703'],
    ['SELECT id FROM runs WHERE id = $', 'committed', 1],
    ['SELECT id FROM runs WHERE id = $', 'committed', 1],
  ]);
  expect(records[0]?.writes).toEqual([{ relation: 'runs', columns: ['id', 'status'] }]);
  expect(records.map((record) => record.sequence)).toEqual([...records.map((record) => record.sequence)].sort((a, b) => a - b));
});

test('a commit is settled before what another session sends after it', async () => {
  const door = await guarded.guard.open('2.2', producing);
  const [first, second] = [await connect(door.url), await connect(door.url)];
  await first.query('BEGIN');
  await first.query("UPDATE runs SET plan = '{}' WHERE id = 'before'");
  await second.query("INSERT INTO notes (body) VALUES ('early')");
  await first.query('COMMIT');
  await second.query("INSERT INTO notes (body) VALUES ('late')");
  await Promise.all([first.end(), second.end()]);
  const records = await door.close();
  const [update, early, late] = ['UPDATE', "INSERT INTO notes (body) VALUES ('early", "INSERT INTO notes (body) VALUES ('late"].map((text) =>
    records.find((record) => record.text.startsWith(text)),
  );
  expect(update?.settledAt).toBeGreaterThan(early?.sequence ?? 0);
  expect(update?.settledAt).toBeLessThan(late?.sequence ?? 0);
});

test('a running statement can be cancelled with the keys that the client was given, and only with them', async () => {
  const door = await guarded.guard.open('2.3', producing);
  const wire = await WireClient.open(addressOf(door.url));
  const { processId, secretKey } = wire.upstream;
  wire.send(query('SELECT pg_sleep(30)'));
  const running = async (): Promise<boolean> =>
    (await guarded.direct.query("SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND query LIKE '%pg_sleep(30)' AND state = 'active'", [processId])).rowCount ===
    1;
  await expect.poll(running, { timeout: 20_000 }).toBe(true);
  for (const key of [secretKey + 1, secretKey]) {
    const socket = await dial(addressOf(door.url));
    socket.write(Buffer.concat([int32(16), int32(80877102), int32(processId), int32(key | 0)]));
    expect(await readAll(socket)).toHaveLength(0);
    if (key !== secretKey) expect(await running()).toBe(true);
  }
  const answers = await wire.until('Z');
  expect(errorsOf(answers)[0]?.['C']).toBe('57014');
  await wire.end();
  await door.close();
});

test('TLS and GSS are declined, a newer protocol is talked down to 3.2, an older one is told', async () => {
  const door = await guarded.guard.open('2.4', reading);
  const address = addressOf(door.url);
  const socket = await dial(address);
  for (const code of [80877103, 80877104]) {
    socket.write(Buffer.concat([int32(8), int32(code)]));
    expect(((await once(socket, 'data'))[0] as Buffer).toString()).toBe('N');
  }
  socket.write(startup(9, { user: address.user, database: address.database, '_pq_.novelty': 'on' }));
  let negotiated = Buffer.alloc(0);
  while (negotiated.indexOf('SCRAM-SHA-256') === -1) negotiated = Buffer.concat([negotiated, (await once(socket, 'data'))[0] as Buffer]);
  expect(negotiated.subarray(0, 13)).toEqual(Buffer.concat([Buffer.from('v'), int32(12 + '_pq_.novelty\0'.length), int32((3 << 16) | 2), int32(1)]));
  socket.destroy();
  const old = await dial(address);
  old.write(Buffer.concat([int32(8), int32(2 << 16)]));
  expect((await readAll(old)).toString()).toContain('0A000');
  await door.close();
});

test('what the server reports at login reaches the client, and so do settings that harm nothing', async () => {
  const door = await guarded.guard.open('2.5', reading);
  const client = await connect({ ...addressOf(door.url), options: '-c statement_timeout=12s', application_name: 'mine' } as never);
  const shown = await client.query<{ t: string; a: string; r: string }>(
    "SELECT current_setting('statement_timeout') AS t, current_setting('application_name') AS a, current_setting('transaction_read_only') AS r",
  );
  expect(shown.rows).toEqual([{ t: '12s', a: 'mine', r: 'on' }]);
  await client.query('RESET ALL');
  expect((await client.query<{ r: string }>("SELECT current_setting('transaction_read_only') AS r")).rows).toEqual([{ r: 'on' }]);
  await client.end();
  const wire = await WireClient.open(addressOf(door.url));
  expect(wire.upstream.parameters.get('server_version')).toMatch(/^\d+/);
  expect(wire.upstream.parameters.get('client_encoding')).toBe('UTF8');
  await wire.end();
  await door.close();
});

describe('nothing that a socket does brings the gateway down', () => {
  test('garbage, half a packet, and going away in the middle', async () => {
    const door = await guarded.guard.open('3.1', reading);
    const address = addressOf(door.url);
    for (const bytes of [
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.from([0, 0, 0, 3, 1, 2, 3, 4]),
      Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc]),
      Buffer.from([0, 0]),
    ]) {
      const socket = await dial(address);
      socket.end(bytes);
      await readAll(socket);
    }
    const greeted = await dial(address);
    greeted.write(startup(0, { user: address.user, database: address.database }));
    await once(greeted, 'data');
    greeted.destroy();
    for (const bytes of [
      Buffer.from([0x51, 0, 0, 0, 1]),
      Buffer.from([0x51, 0xff, 0xff, 0xff, 0xff]),
      frameMessage(0x79, Buffer.alloc(4)),
      frameMessage(0x42, Buffer.from('no end')),
      frameMessage(0x70, cString('x')),
    ]) {
      const wire = await WireClient.open(address);
      wire.send(bytes);
      expect(errorsOf(await wire.until('never')).map((fields) => [fields['S'], fields['C']])).toEqual([['FATAL', '08P01']]);
    }
    const reset = await WireClient.open(address);
    reset.send(query('SELECT pg_sleep(1)'));
    (reset.upstream.stream as unknown as { resetAndDestroy: () => void }).resetAndDestroy();
    const client = await connect(door.url);
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await client.end();
    await door.close();
  });

  test('a client that does not read holds up nobody but itself, and memory stays flat', async () => {
    const door = await guarded.guard.open('3.2', writing);
    const wire = await WireClient.open(addressOf(door.url));
    wire.upstream.stream.pause();
    const before = process.memoryUsage().rss;
    wire.send(query("SELECT repeat('x', 1000) FROM generate_series(1, 200000)"));
    const other = await connect(door.url);
    expect((await other.query('SELECT count(*)::int AS n FROM generate_series(1, 1000)')).rows).toEqual([{ n: 1000 }]);
    expect(await sqlstateOf(other.query('SELECT pg_sleep(0.3)'))).toBe('none');
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
    await other.end();
    const closingAt = performance.now();
    await door.close();
    expect(performance.now() - closingAt).toBeLessThan(2500);
    wire.upstream.stream.destroy();
  });

  test('a large parameter and a large row pass through', async () => {
    const door = await guarded.guard.open('3.3', producing);
    const client = await connect(door.url);
    const big = 'ä'.repeat(4 * 1024 * 1024);
    const found = await client.query<{ n: number; back: string }>('SELECT length($1::text)::int AS n, $1::text AS back', [big]);
    expect(found.rows[0]?.n).toBe(big.length);
    expect(found.rows[0]?.back).toBe(big);
    await client.end();
    await door.close();
  });
});

test('two doors of one name: the first ends when the second opens', async () => {
  const first = await guarded.guard.open('3.4', reading);
  const client = await connect(first.url);
  const second = await guarded.guard.open('3.4', reading);
  expect(await sqlstateOf(client.query('SELECT 1'))).not.toBe('none');
  const again = await connect(second.url);
  await again.end();
  await second.close();
});

test('the server going away is told to the client and to the guard', async () => {
  // A listener that takes the place of a server and then is gone: nothing to clean up after a real one was shot.
  const relay = createServer();
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  const { connect: dialOut } = await import('node:net');
  const sockets = new Set<import('node:net').Socket>();
  relay.on('connection', (socket) => {
    const out = dialOut(guarded.server.owner.port, guarded.server.owner.host);
    for (const one of [socket, out]) {
      sockets.add(one);
      one.on('error', () => undefined);
    }
    socket.pipe(out).pipe(socket);
  });
  const database = { ...guarded.server.owner, port: (relay.address() as AddressInfo).port };
  const { superuser: _none, ...rest } = { superuser: undefined };
  const created = await guarded.another({ database, ...rest });
  const guard = created.value;
  if (guard === undefined) throw new Error('no guard');
  const door = await guard.open('6.1', reading);
  const wire = await WireClient.open(addressOf(door.url));
  relay.close();
  for (const socket of sockets) socket.destroy();
  expect(errorsOf(await wire.until('never')).map((fields) => fields['C'])).toEqual(['08006']);
  await expect(guard.died).rejects.toThrow('the database server is gone');
  await guard.close();
});
