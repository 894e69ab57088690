/** What stands at an address: a real server, and things that are none. */
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { probeDatabase } from '../../src/environment/probe.ts';
import type { DatabaseAddress } from '../../src/model/environment.ts';
import { startTestServer, type TestServer } from '../support/postgres.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

test('the owner role and the superuser are told apart', async () => {
  const owner = await probeDatabase(server.owner);
  expect(owner.diagnostics).toEqual([]);
  expect(owner.value).toMatchObject({ superuser: false, createRole: false, standby: false });
  expect(owner.value?.major).toBeGreaterThanOrEqual(14);
  expect(owner.value?.version).toMatch(new RegExp(`^${owner.value?.major}\\.\\d+`));
  expect((await probeDatabase(server.superuser)).value).toMatchObject({ superuser: true, createRole: true });
});

test.each<[string, Partial<DatabaseAddress>, string, (address: DatabaseAddress) => string]>([
  [
    'a wrong password',
    { password: 'wrong' },
    'environment/login-refused',
    (at) => `the server at 127.0.0.1:${at.port} refuses the user \`app\` or its password`,
  ],
  [
    'an unknown user',
    { user: 'nobody' },
    'environment/login-refused',
    (at) => `the server at 127.0.0.1:${at.port} refuses the user \`nobody\` or its password`,
  ],
  [
    'another database',
    { database: 'postgres' },
    'environment/login-refused',
    (at) => `the user \`app\` may not connect to the database \`postgres\` at 127.0.0.1:${at.port}`,
  ],
  ['no such database', { database: 'absent' }, 'environment/no-such-database', (at) => `the server at 127.0.0.1:${at.port} has no database \`absent\``],
  ['TLS that is not offered', { tls: true }, 'environment/no-tls', (at) => `the server at 127.0.0.1:${at.port} offers no TLS, which the URL's sslmode demands`],
  ['a host that does not exist', { host: 'host.invalid' }, 'environment/unreachable', (at) => `no database answers at host.invalid:${at.port}`],
])('%s', async (_name, difference, code, message) => {
  const address = { ...server.owner, ...difference };
  const probed = await probeDatabase(address);
  expect(probed.value).toBeUndefined();
  expect(probed.diagnostics).toMatchObject([{ severity: 'error', code, message: message(address) }]);
  expect(probed.diagnostics[0]?.help).toBeTruthy();
  expect(JSON.stringify(probed.diagnostics)).not.toContain(address.password);
});

test('a role that may create roles, and one that may not log in', async () => {
  const client = new pg.Client({ ...server.superuser, ssl: false });
  await client.connect();
  await client.query(
    "CREATE ROLE maker LOGIN CREATEROLE PASSWORD 'maker'; GRANT CONNECT ON DATABASE app TO maker; CREATE ROLE locked NOLOGIN PASSWORD 'locked'",
  );
  await client.end();
  expect((await probeDatabase({ ...server.owner, user: 'maker', password: 'maker' })).value).toMatchObject({ superuser: false, createRole: true });
  expect((await probeDatabase({ ...server.owner, user: 'locked', password: 'locked' })).diagnostics).toMatchObject([{ code: 'environment/login-refused' }]);
});

async function listening(stranger: Server): Promise<DatabaseAddress> {
  stranger.listen(0, '127.0.0.1');
  await once(stranger, 'listening');
  return { ...server.owner, port: (stranger.address() as AddressInfo).port };
}

async function diagnosticOf(stranger: Server): Promise<{ readonly code: string | undefined; readonly notes: readonly string[] | undefined }> {
  const sockets = new Set<Socket>();
  stranger.on('connection', (socket: Socket) => {
    sockets.add(socket.on('error', () => undefined));
  });
  const probed = await probeDatabase(await listening(stranger), { timeoutMs: 1_000 });
  for (const socket of sockets) socket.destroy();
  stranger.close();
  return { code: probed.diagnostics[0]?.code, notes: probed.diagnostics[0]?.notes };
}

test('a closed port', async () => {
  const closed = createServer();
  const address = await listening(closed);
  closed.close();
  await once(closed, 'close');
  expect((await probeDatabase(address)).diagnostics).toMatchObject([
    { code: 'environment/unreachable', message: `no database answers at 127.0.0.1:${address.port}`, notes: [`connect ECONNREFUSED 127.0.0.1:${address.port}`] },
  ]);
});

test('a web server, a silent one, one that hangs up, one that greets first', async () => {
  const web = await diagnosticOf(createHttpServer() as unknown as Server);
  expect(web.code).toBe('environment/not-postgres');
  expect(await diagnosticOf(createServer())).toEqual({ code: 'environment/not-postgres', notes: ['it accepts connections and says nothing within 1000 ms'] });
  expect(
    await diagnosticOf(
      createServer((socket) => {
        socket.once('data', () => socket.end());
      }),
    ),
  ).toEqual({ code: 'environment/not-postgres', notes: ['it ends a connection at once'] });
  expect(
    await diagnosticOf(
      createServer((socket) => {
        socket.write('SSH-2.0-server\r\n');
      }),
    ),
  ).toEqual({ code: 'environment/not-postgres', notes: ['it answers "SSH-2.0-server\\r\\n"'] });
});

/** Speaks just enough of the protocol (chapter 55) to answer one query with one row of text columns. */
function relative(columns: Readonly<Record<string, string>>): Server {
  const message = (letter: string, ...parts: Buffer[]): Buffer => {
    const body = Buffer.concat(parts);
    const head = Buffer.alloc(5);
    head.write(letter, 0, 'latin1');
    head.writeInt32BE(body.length + 4, 1);
    return Buffer.concat([head, body]);
  };
  const int = (value: number, bytes: 2 | 4): Buffer => {
    const buffer = Buffer.alloc(bytes);
    buffer.writeIntBE(value, 0, bytes);
    return buffer;
  };
  const ready = message('Z', Buffer.from('I'));
  const names = Object.keys(columns);
  const description = message(
    'T',
    int(names.length, 2),
    ...names.map((name) =>
      Buffer.concat([
        Buffer.from(`${name}\0`),
        int(0, 4),
        int(0, 2),
        int(name === 'banner' || name === 'version' || name === 'number' ? 25 : 16, 4),
        int(-1, 2),
        int(-1, 4),
        int(0, 2),
      ]),
    ),
  );
  const row = message(
    'D',
    int(names.length, 2),
    ...names.map((name) => Buffer.concat([int(Buffer.byteLength(columns[name] ?? ''), 4), Buffer.from(columns[name] ?? '')])),
  );
  return createServer((socket) => {
    socket.on('data', (bytes) => {
      if (bytes.length === 8) socket.write('N');
      else if (bytes[0] === 0) socket.write(Buffer.concat([message('R', int(0, 4)), ready]));
      else if (bytes[0] === 0x51) socket.write(Buffer.concat([description, row, message('C', Buffer.from('SELECT 1\0')), ready]));
    });
  });
}

test('an older server and a relative that speaks the protocol', async () => {
  const facts = { superuser: 'f', createrole: 'f', standby: 'f' };
  expect(await diagnosticOf(relative({ banner: 'PostgreSQL 13.14 on x86_64', version: '13.14 (Debian)', number: '130014', ...facts }))).toMatchObject({
    code: 'environment/server-too-old',
  });
  expect(await diagnosticOf(relative({ banner: 'CockroachDB CCL v23.1', version: '13.0.0', number: '130000', ...facts }))).toEqual({
    code: 'environment/not-postgres',
    notes: ['it calls itself `CockroachDB CCL v23.1`'],
  });
  expect(
    await diagnosticOf(relative({ banner: 'PostgreSQL 15.2-YB-2.25.0.0-b0 on x86_64', version: '15.2-YB-2.25', number: '150002', ...facts })),
  ).toMatchObject({ code: 'environment/not-postgres' });
});
