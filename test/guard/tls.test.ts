// An upstream that speaks TLS: the gateway's login, its takeover of the encrypted socket, and cancel requests.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { must } from '../support/postgres.ts';
import { addressOf, connect, producing, startGuarded, type Guarded } from './fixture.ts';
import { makeSelfSigned } from './self-signed.ts';
import { errorsOf, query, WireClient } from './wire-client.ts';

let guarded: Guarded;

beforeAll(async () => {
  guarded = await startGuarded();
  const superuser = await connect(guarded.server.superuser);
  const { certificate, key } = makeSelfSigned('localhost');
  // The server writes its own files, so that they are its own and nobody else's.
  for (const [file, text] of [
    ['server.crt', certificate],
    ['server.key', key],
  ] as const) {
    const lines = text
      .trim()
      .split('\n')
      .map((line) => `(${superuser.escapeLiteral(line)})`);
    await superuser.query(`COPY (VALUES ${lines.join(', ')}) TO PROGRAM 'umask 077; cat > ${file}'`);
  }
  await superuser.query('ALTER SYSTEM SET ssl = on');
  await superuser.query('SELECT pg_reload_conf()');
  await superuser.end();
  await vi.waitFor(
    async () => {
      const client = await connect(guarded.server.owner);
      const shown = await client.query<{ ssl: string }>('SHOW ssl');
      await client.end();
      if (shown.rows[0]?.ssl !== 'on') throw new Error('the server has not read its settings yet');
    },
    { timeout: 20_000, interval: 100 },
  );
});

afterAll(async () => {
  await guarded.close();
});

test('sessions, assertions, canaries and cancels work over TLS', async () => {
  const database = { ...guarded.server.owner, tls: true };
  const guard = must(await guarded.another({ database, superuser: { ...guarded.server.superuser, tls: true } }));
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
