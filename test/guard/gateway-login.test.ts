// The way in: versions of the protocol, channel binding, names of every kind, and a pooler that drops what was asked for.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DatabaseAddress } from '../../src/model/environment.ts';
import { need } from '../support/machine-need.ts';
import { startPgbouncer } from '../support/pgbouncer.ts';
import { must } from '../support/postgres.ts';
import { addressOf, connect, producing, reading, sqlstateOf, startGuarded, writing, type Guarded } from './fixture.ts';
import { run } from './client/fixture.ts';
import { loginByHand, type HandLogin } from './scram-client.ts';
import { dial, errorsOf, int32, query, readAll, typesOf } from './wire-client.ts';

let guarded: Guarded;

beforeAll(async () => {
  guarded = await startGuarded();
});

afterAll(async () => {
  await guarded.close();
});

test.each([
  [0, 4],
  [2, 32],
])('protocol 3.%i: a cancel key of %i bytes, which cancels, and no other does', async (minor, keyLength) => {
  const door = await guarded.guard.open('1.1', reading);
  const { socket, answers } = await loginByHand(door.url, { minor });
  expect(typesOf(answers)).toMatch(/^RRRR(S+)KZ$/);
  const key = answers.find(({ type }) => type === 'K')?.bytes.subarray(5) ?? Buffer.alloc(0);
  expect(key).toHaveLength(4 + keyLength);
  const said: Buffer[] = [];
  const cancelled = new Promise<string>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      said.push(chunk);
      const all = Buffer.concat(said).toString('latin1');
      if (all.includes('57014') || all.includes('SELECT 1\0')) resolve(all);
    });
  });
  const running = async (): Promise<boolean> =>
    (await guarded.direct.query("SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(20)' AND state = 'active'")).rowCount === 1;
  socket.write(query('SELECT pg_sleep(20)'));
  await expect.poll(running, { timeout: 20_000 }).toBe(true);
  const wrong = Buffer.from(key);
  wrong[wrong.length - 1] = (wrong[wrong.length - 1] ?? 0) ^ 1;
  const others = [wrong, Buffer.concat([key, Buffer.alloc(4)]), ...(keyLength === 32 ? [key.subarray(0, 8)] : [])];
  for (const sent of [...others, key]) {
    expect(await running()).toBe(true);
    const request = await dial(addressOf(door.url));
    request.write(Buffer.concat([int32(sent.length + 8), int32(80877102), sent]));
    expect(await readAll(request)).toHaveLength(0);
  }
  expect(await cancelled).toContain('57014');
  socket.destroy();
  await door.close();
});

test.each<[string, HandLogin, string, RegExp]>([
  ['SCRAM-SHA-256-PLUS, which was not offered', { mechanism: 'SCRAM-SHA-256-PLUS', header: 'p=tls-server-end-point,,' }, '28000', /channel binding.*TLS/],
  ['channel binding under the plain name', { header: 'p=tls-server-end-point,,' }, '28000', /channel binding/],
  ['another mechanism', { mechanism: 'OAUTHBEARER' }, '08P01', /all that is offered/],
  ['replication', { parameters: { replication: 'database' } }, '42501', /replication/],
  ['a setting that the guard rests on', { parameters: { options: '-c default_transaction_read_only=off' } }, '42501', /default_transaction_read_only/],
  ['an encoding that cannot be judged', { parameters: { client_encoding: 'SJIS' } }, '42501', /client_encoding/],
  ['another database', { parameters: { database: 'postgres' } }, '3D000', /not the database of this step/],
])('%s is refused, and told why', async (_name, login, sqlstate, message) => {
  const door = await guarded.guard.open('1.2', reading);
  const { socket, answers } = await loginByHand(door.url, login);
  expect(errorsOf(answers).map((fields) => [fields['S'], fields['C']])).toEqual([['FATAL', sqlstate]]);
  expect(errorsOf(answers)[0]?.['M']).toMatch(message);
  socket.destroy();
  await door.close();
});

test('a client that could bind the channel and was offered nothing comes in', async () => {
  const door = await guarded.guard.open('1.3', reading);
  const { socket, answers } = await loginByHand(door.url, { header: 'y,,', parameters: { '_pq_.x': '1', _pq_: '2' } });
  expect(errorsOf(answers).map((fields) => fields['C'])).toEqual(['42501']);
  socket.destroy();
  const again = await loginByHand(door.url, { header: 'y,,', parameters: { '_pq_.x': '1' } });
  expect(typesOf(again.answers)).toMatch(/^vRRRR(S+)KZ$/);
  again.socket.destroy();
  await door.close();
});

test('names with quotes and Unicode: database, user, password, step, table, setting, statement, portal, savepoint', async (context) => {
  const superuser = await connect(guarded.server.superuser);
  const database: DatabaseAddress = { ...guarded.server.owner, user: `Üser "x' \\`, password: `pä:ß@/%"' \\?#`, database: `Dätä "base' \\ %` };
  const { escapeIdentifier, escapeLiteral } = superuser;
  await superuser.query(`CREATE ROLE ${escapeIdentifier(database.user)} LOGIN PASSWORD ${escapeLiteral(database.password)}`);
  await superuser.query(`CREATE DATABASE ${escapeIdentifier(database.database)} OWNER ${escapeIdentifier(database.user)}`);
  await superuser.end();
  const direct = await connect(database);
  await direct.query(`CREATE TABLE runs (id text); CREATE TABLE "Schräge ""Läufe""" (id text); CREATE TABLE "offen ""ä'" (id text)`);
  await direct.end();
  const guard = must(await guarded.another({ database, superuser: { ...guarded.server.superuser, database: database.database } }));
  const door = await guard.open(`2.1 "ä" 'x' %/`, { capability: 'write-except-protected', writes: [] });
  const client = await connect(door.url);
  expect(await sqlstateOf(client.query('INSERT INTO "Schräge ""Läufe""" VALUES ($1)', ['x']))).toBe('42501');
  await client.query(`BEGIN; SAVEPOINT "s ""ä"; INSERT INTO "offen ""ä'" VALUES ('a'); ROLLBACK TO "s ""ä"; INSERT INTO "offen ""ä'" VALUES ('b'); COMMIT`);
  const named = { name: `S "ä' \\`, text: `SELECT id AS "Spalte ""ä" FROM "offen ""ä'"` };
  expect((await client.query(named)).rows).toEqual([{ 'Spalte "ä': 'b' }]);
  await client.end();
  const psql = need(context, 'psql');
  expect(await run(psql, [door.url, '-XAt', '-c', 'SELECT current_database(), session_user'], '')).toEqual({
    code: 0,
    output: `${database.database}|${database.user}\n`,
  });
  const records = await door.close();
  expect(records.filter(({ text }) => text.includes('INSERT')).map(({ decision, fate }) => [decision.effect, fate])).toEqual([
    ['refuse', 'none'],
    ['permit', 'rolled back'],
    ['permit', 'committed'],
  ]);
  await guard.close();
});

test('a pooler that drops the settings of the guard: text that would be read otherwise is not read at all', async (context) => {
  const program = need(context, 'pgbouncer');
  const superuser = await connect(guarded.server.superuser);
  await superuser.query('ALTER ROLE app SET standard_conforming_strings = off');
  const pooled = await startPgbouncer(program, guarded.server.owner, { pool_mode: 'session', ignore_startup_parameters: 'options,extra_float_digits' });
  try {
    const guard = must(await guarded.another({ database: pooled.address }));
    const door = await guard.open('3.1', writing);
    expect(await sqlstateOf(connect(door.url))).toBe('42501');
    await door.close();
    await guard.close();
    // With the server itself the guard's setting holds over the account's.
    const straight = await guarded.guard.open('3.2', producing);
    const client = await connect(straight.url);
    expect((await client.query(String.raw`SELECT 'a\'::text AS text`)).rows).toEqual([{ text: 'a\\' }]);
    await client.end();
    await straight.close();
  } finally {
    await superuser.query('ALTER ROLE app RESET standard_conforming_strings');
    await superuser.end();
    await pooled.close();
  }
});
