// The gateway's Unix socket, for steps that have no network: the same identity, the same judgement, nobody else's to enter.
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GatewayListener } from '../../src/guard/gateway-listener.ts';
import { need } from '../support/machine-need.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { run } from './client/fixture.ts';
import { connect, reading, sqlstateOf, startGuarded, type Guarded } from './fixture.ts';

const root = mkdtempSync(join(tmpdir(), 'proofplan-test-'));
const folder = join(root, "socket's folder ä");
let guarded: Guarded;

beforeAll(async () => {
  guarded = await startGuarded({ socketFolder: folder });
});

afterAll(async () => {
  await guarded.close();
  rmSync(root, { recursive: true });
});

test('a door is reached by its socket as by its port, with the same identity and the same refusals', async () => {
  const door = await guarded.guard.open('1.1', reading);
  const port = new URL(door.url).port;
  expect(door.socketFolder).toBe(folder);
  expect(door.socketUrl).toMatch(/^postgresql:\/\/step-1\.1:[\w-]+@\/app\?host=[^&]+&port=\d+$/);
  const client = await connect(door.socketUrl ?? '');
  expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  expect(await sqlstateOf(client.query('DELETE FROM runs'))).toBe('25006');
  await client.end();
  const socket = join(folder, `.s.PGSQL.${port}`);
  expect([statSync(folder).mode & 0o777, statSync(socket).mode & 0o777]).toEqual([0o700, 0o600]);
  expect((await door.close()).map((record) => record.decision.effect)).toEqual(['permit', 'refuse']);
  expect(await sqlstateOf(connect(door.socketUrl ?? ''))).toBe('28P01');
});

test("psql comes in by the socket with its URL, and by libpq's own variables", async (context) => {
  const psql = need(context, 'psql');
  const door = await guarded.guard.open('1.2', reading);
  const url = new URL(door.url);
  expect(await run(psql, [door.socketUrl ?? '', '-XAt', '-c', 'SELECT 1'], '')).toEqual({ code: 0, output: '1\n' });
  const variables = { PGHOST: folder, PGPORT: url.port, PGUSER: url.username, PGPASSWORD: url.password, PGDATABASE: 'app' };
  expect(await run(psql, ['-XAt', '-c', 'SELECT 2'], '', variables)).toEqual({ code: 0, output: '2\n' });
  expect(await run(psql, ['-XAt', '-c', 'DELETE FROM runs'], '', variables)).toMatchObject({
    code: 1,
    output: expect.stringContaining('refused by proofplan'),
  });
  expect(await run(psql, ['-XAt', '-c', 'SELECT 3'], '', { ...variables, PGPASSWORD: 'wrong' })).toMatchObject({
    code: 2,
    output: expect.stringContaining('is not good'),
  });
  await door.close();
});

test('the socket goes with the gateway, takes the place of a dead one, and a folder that others could enter is closed to them', async () => {
  const open = join(temporaryFolder(), 'open');
  mkdirSync(open, { mode: 0o777 });
  const listener = await GatewayListener.open({ socketFolder: open, receive: (socket) => socket.end(), fail: () => undefined });
  const socket = join(open, `.s.PGSQL.${listener.port}`);
  expect(statSync(open).mode & 0o777).toBe(0o700);
  await listener.close();
  expect(existsSync(socket)).toBe(false);
  writeFileSync(socket, '');
});

test('a folder whose path no socket can have is told, and no port stays open', async () => {
  const several = join(temporaryFolder(), 'a,b');
  await expect(GatewayListener.open({ socketFolder: several, receive: () => undefined, fail: () => undefined })).rejects.toThrow('a comma');
  const long = join(temporaryFolder(), 'x'.repeat(100));
  await expect(GatewayListener.open({ socketFolder: long, receive: () => undefined, fail: () => undefined })).rejects.toThrow('longer than the 107 bytes');
  expect(existsSync(long)).toBe(false);
});
