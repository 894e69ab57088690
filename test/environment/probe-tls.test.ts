// How far a server's encryption is used and believed, as the URL's sslmode says; what the server demands or refuses is told with the one next action.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseDatabaseUrl } from '../../src/environment/database-url.ts';
import { probeDatabase } from '../../src/environment/probe.ts';
import type { Diagnostic } from '../../src/model/diagnostic.ts';
import { makeSelfSigned } from '../guard/self-signed.ts';
import { must, startTestServer, type TestServer } from '../support/postgres.ts';
import { encryptServer } from '../support/server-tls.ts';

let server: TestServer;
const folder = mkdtempSync(join(tmpdir(), 'proofplan-test-'));
const [root, stranger] = [join(folder, 'root.crt'), join(folder, 'stranger.crt')];

beforeAll(async () => {
  server = await startTestServer();
  const client = new pg.Client({ ...server.superuser, ssl: false });
  await client.connect();
  await client.query("SET password_encryption = 'md5'; CREATE ROLE digest LOGIN PASSWORD 'digest'; RESET password_encryption");
  for (const role of ['veiled', 'plain', 'trusted', 'clear'])
    await client.query(`CREATE ROLE ${role} LOGIN PASSWORD '${role}'; GRANT CONNECT ON DATABASE app TO ${role}`);
  await client.query('GRANT CONNECT ON DATABASE app TO digest');
  await client.end();
  const certificate = await encryptServer(server, 'localhost', [
    'hostnossl all veiled all reject',
    'hostssl all plain all reject',
    'host all trusted all trust',
    'host all clear all password',
    'host all digest all md5',
  ]);
  writeFileSync(root, certificate);
  writeFileSync(stranger, makeSelfSigned('localhost').certificate);
});

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

async function probe(login: string, host: string, query: string): Promise<boolean | Diagnostic | undefined> {
  const url = `postgresql://${login}@${host}:${server.owner.port}/app?${query.replace('ROOT', encodeURIComponent(root)).replace('STRANGER', encodeURIComponent(stranger))}`;
  const probed = await probeDatabase(must(parseDatabaseUrl(url)));
  return probed.value?.tls ?? probed.diagnostics[0];
}

test.each([
  ['localhost', 'sslmode=disable', false],
  ['localhost', 'sslmode=allow', false],
  ['localhost', '', true],
  ['localhost', 'sslmode=prefer', true],
  ['localhost', 'sslmode=require', true],
  ['localhost', 'sslmode=verify-ca&sslrootcert=ROOT', true],
  ['127.0.0.1', 'sslmode=verify-ca&sslrootcert=ROOT', true],
  ['localhost', 'sslmode=verify-full&sslrootcert=ROOT', true],
])('%s?%s', async (host, query, tls) => {
  const { user, password } = server.owner;
  expect(await probe(`${user}:${password}`, host, query)).toBe(tls);
});

test.each([
  ['127.0.0.1', 'sslmode=verify-full&sslrootcert=ROOT', 'is that of another host', 'sslmode=verify-ca'],
  ['localhost', 'sslmode=verify-full', 'is not trusted', 'sslrootcert='],
  ['localhost', 'sslmode=verify-ca', 'is not trusted', 'sslrootcert='],
  ['localhost', 'sslmode=verify-ca&sslrootcert=STRANGER', 'is not trusted', 'sslrootcert='],
  ['localhost', 'sslmode=require&sslrootcert=STRANGER', 'is not trusted', 'sslrootcert='],
])('%s?%s is refused', async (host, query, message, help) => {
  const { user, password } = server.owner;
  expect(await probe(`${user}:${password}`, host, query)).toMatchObject({
    code: 'environment/no-tls',
    message: expect.stringContaining(message),
    help: expect.stringContaining(help),
  });
});

test('channel binding that the URL demands', async () => {
  const { user, password } = server.owner;
  expect(await probe(`${user}:${password}`, 'localhost', 'channel_binding=require')).toBe(true);
  expect(await probe(`${user}:${password}`, 'localhost', 'sslmode=verify-full&sslrootcert=ROOT&channel_binding=require')).toBe(true);
  expect(await probe(`${user}:wrong`, 'localhost', 'channel_binding=require')).toMatchObject({ message: expect.stringContaining('its password') });
  for (const login of ['trusted:any', 'clear:clear', 'digest:digest']) {
    expect(await probe(login, 'localhost', 'sslmode=require')).toBe(true);
    expect(await probe(login, 'localhost', 'channel_binding=require')).toMatchObject({
      code: 'environment/login-refused',
      message: expect.stringContaining('without binding the login'),
      help: expect.stringContaining('scram-sha-256'),
    });
  }
});

test('a server that lets somebody in by TLS only, or without it only', async () => {
  expect(await probe('veiled:veiled', 'localhost', 'sslmode=disable')).toMatchObject({
    code: 'environment/login-refused',
    message: expect.stringContaining('lets `veiled` in by TLS only'),
    help: expect.stringContaining('sslmode=require'),
  });
  expect(await probe('plain:plain', 'localhost', 'sslmode=require')).toMatchObject({
    code: 'environment/login-refused',
    message: expect.stringContaining('lets `plain` in without TLS only'),
    help: expect.stringContaining('sslmode=disable'),
  });
  for (const query of ['sslmode=prefer', 'sslmode=allow', '']) {
    expect(await probe('veiled:veiled', 'localhost', query)).toBe(true);
    expect(await probe('plain:plain', 'localhost', query)).toBe(false);
  }
  // The other way is not tried with a password that is wrong.
  expect(await probe('veiled:wrong', 'localhost', 'sslmode=prefer')).toMatchObject({
    code: 'environment/login-refused',
    message: expect.stringContaining('its password'),
  });
});
