// An upstream that speaks TLS: the gateway's login, its takeover of the encrypted socket, and cancel requests.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DatabaseAddress } from '../../src/model/environment.ts';
import { must } from '../support/postgres.ts';
import { encryptServer } from '../support/server-tls.ts';
import { addressOf, connect, producing, startGuarded, type Guarded } from './fixture.ts';
import { makeSelfSigned } from './self-signed.ts';
import { errorsOf, query, WireClient } from './wire-client.ts';

let guarded: Guarded;
let certificate: string;

beforeAll(async () => {
  guarded = await startGuarded();
  certificate = await encryptServer(guarded.server, 'localhost');
});

afterAll(async () => {
  await guarded.close();
});

const encryptions: Readonly<Record<string, () => Partial<DatabaseAddress>>> = {
  'that is not checked': () => ({}),
  'to which the login is bound': () => ({ channelBinding: 'required' }),
  'whose authority is known': () => ({ certificate: 'chain', authority: { file: '/root.crt', pem: certificate } }),
  'whose authority and host are known': () => ({ host: 'localhost', certificate: 'chain-and-host', authority: { file: '/root.crt', pem: certificate } }),
};

test.each(Object.entries(encryptions))('sessions, assertions, canaries and cancels work over TLS with a certificate %s', async (_name, encryption) => {
  const tls = { tls: true, ...encryption() };
  const guard = must(await guarded.another({ database: { ...guarded.server.owner, ...tls }, superuser: { ...guarded.server.superuser, ...tls } }));
  expect((await guard.canaries()).filter((result) => !result.refused)).toEqual([]);
  expect(
    await guard.assertion({ sql: 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()', parameters: [], mode: 'read', timeoutMs: 5000 }),
  ).toMatchObject({ rows: [['t']] });
  const door = await guard.open('1.1', producing);
  const client = await connect(door.url);
  expect((await client.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')).rows).toEqual([{ ssl: true }]);
  expect((await client.query("SELECT repeat('x', 3000000) AS big")).rows[0]).toMatchObject({ big: expect.stringMatching(/^x{1000}/) });
  await client.end();
  const wire = await WireClient.open(addressOf(door.url));
  wire.send(query('SELECT pg_sleep(30)'));
  const running = async (): Promise<number | null> =>
    (await guarded.direct.query("SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)' AND state = 'active'")).rowCount;
  await expect.poll(running, { timeout: 20_000 }).toBe(1);
  await door.close();
  expect(errorsOf(await wire.until('never')).map((fields) => fields['C'])).toContain('57P01');
  expect(await running()).toBe(0);
  await guard.close();
});

test('a server whose certificate is not the one that is trusted, or that of another host, gets no guard', async () => {
  const stranger = makeSelfSigned('localhost').certificate;
  for (const [host, pem, told] of [
    ['localhost', stranger, 'self-signed certificate'],
    ['127.0.0.1', certificate, 'does not match certificate'],
  ] as const) {
    const database: DatabaseAddress = { ...guarded.server.owner, tls: true, host, certificate: 'chain-and-host', authority: { file: '/root.crt', pem } };
    const created = await guarded.another({ database });
    expect(created).toMatchObject({ value: undefined, diagnostics: [{ code: 'guard/not-guarded', notes: [expect.stringContaining(told)] }] });
  }
});

test('an address that asks for TLS where the server has none gives no guard', async () => {
  const superuser = await connect(guarded.server.superuser);
  await superuser.query('ALTER SYSTEM SET ssl = off');
  await superuser.query('SELECT pg_reload_conf()');
  await superuser.end();
  const refused = async (): Promise<string | undefined> => {
    const created = await guarded.another({ database: { ...guarded.server.owner, tls: true } });
    await created.value?.close();
    return created.diagnostics[0]?.notes?.[0];
  };
  await expect.poll(refused, { timeout: 20_000, interval: 100 }).toContain('does not support SSL');
});
