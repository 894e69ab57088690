// Node's clients with their defaults, in the capability that they need: pools, cursors, query streams, COPY streams, pipelines.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from, to } from 'pg-copy-streams';
import Cursor from 'pg-cursor';
import QueryStream from 'pg-query-stream';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StatementRecord, StepDoor } from '../../../src/model/contract.ts';
import type { Access } from '../../../src/model/step.ts';
import { sqlstateOf, startGuarded, type Guarded } from '../fixture.ts';
import { ordersTable } from './fixture.ts';

const writing: Access = { capability: 'write-except-protected', writes: [] };
let guarded: Guarded;

beforeAll(async () => {
  guarded = await startGuarded();
  await guarded.direct.query(ordersTable);
});

afterAll(async () => {
  await guarded.close();
});

/** Opens a door for the work; gives what was refused, and sees that nothing was written and no fate is unknown. */
async function through(work: (door: StepDoor) => Promise<void>): Promise<readonly StatementRecord[]> {
  const before = await guarded.countRuns();
  const door = await guarded.guard.open('1.1', writing);
  await work(door);
  const records = await door.close();
  expect(await guarded.countRuns()).toBe(before);
  expect(records.filter((record) => record.fate === 'open')).toEqual([]);
  return records.filter((record) => record.decision.effect === 'refuse');
}

test('node-pg: a pool, prepared statements, a transaction', async () => {
  const refused = await through(async ({ url }) => {
    const pool = new pg.Pool({ connectionString: url, max: 5 });
    pool.on('error', () => undefined);
    const answers = await Promise.all(
      Array.from({ length: 40 }, async (_, n) => (await pool.query<{ n: number }>({ name: 'twice', text: 'SELECT $1::int * 2 AS n', values: [n] })).rows[0]?.n),
    );
    expect(answers.reduce<number>((sum, n) => sum + (n ?? 0), 0)).toBe(1560);
    const client = await pool.connect();
    await client.query('BEGIN');
    expect((await client.query('INSERT INTO orders (body, extra) VALUES ($1, $2) RETURNING extra', ['x', { a: [1] }])).rows).toEqual([{ extra: { a: [1] } }]);
    expect(await sqlstateOf(client.query('INSERT INTO runs (id) VALUES ($1)', ['pg']))).toBe('42501');
    expect(await sqlstateOf(client.query('SELECT 1'))).toBe('25P02');
    await client.query('ROLLBACK');
    client.release();
    expect((await pool.query("SELECT count(*)::int AS n FROM orders WHERE body = 'x'")).rows).toEqual([{ n: 0 }]);
    await pool.end();
  });
  expect(refused.map((record) => [record.text, record.decision.rule])).toEqual([['INSERT INTO runs (id) VALUES ($1)', 'protected-relation']]);
});

test('pg-cursor and pg-query-stream: rows in parts, left before the end', async () => {
  await through(async ({ url }) => {
    const client = new pg.Client(url);
    client.on('error', () => undefined);
    await client.connect();
    const cursor = client.query(new Cursor<{ n: number }>('SELECT generate_series(1, $1::int) AS n', [1000]));
    expect(await cursor.read(300)).toHaveLength(300);
    expect(await cursor.read(300)).toHaveLength(300);
    await cursor.close();
    const stream = client.query(new QueryStream('SELECT generate_series(1, 5000) AS n', [], { batchSize: 100 }));
    let rows = 0;
    for await (const _row of stream) rows += 1;
    expect(rows).toBe(5000);
    const refused = client.query(new Cursor('DELETE FROM runs RETURNING id'));
    expect(await sqlstateOf(refused.read(1))).toBe('42501');
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await client.end();
  });
});

test('pg-copy-streams: in and out, with back-pressure, and one that the client gives up', async () => {
  const refused = await through(async ({ url }) => {
    const client = new pg.Client(url);
    client.on('error', () => undefined);
    await client.connect();
    const line = `${'x'.repeat(1000)}\n`;
    await pipeline(Readable.from(Array.from({ length: 5000 }, () => line)), client.query(from('COPY orders (body) FROM STDIN')));
    const out = client.query(to("COPY (SELECT body FROM orders WHERE body LIKE 'xxx%') TO STDOUT"));
    let bytes = 0;
    for await (const chunk of out) bytes += (chunk as Buffer).length;
    expect(bytes).toBe(5000 * line.length);
    const given = client.query(from('COPY orders (body) FROM STDIN'));
    given.on('error', () => undefined);
    given.write('half');
    given.destroy();
    given.on('error', () => undefined);
    await new Promise((resolve) => given.once('close', resolve));
    expect((await client.query("SELECT count(*)::int AS n FROM orders WHERE body = 'half'")).rows).toEqual([{ n: 0 }]);
    await expect(pipeline(Readable.from(['pg\n']), client.query(from('COPY runs (id) FROM STDIN')))).rejects.toMatchObject({ code: '42501' });
    await client.end();
  });
  expect(refused).toHaveLength(1);
});

test('postgres.js: tagged templates, pipelines, a transaction with savepoints, a cursor, LISTEN', async () => {
  const refused = await through(async ({ url }) => {
    const sql = postgres(url, { max: 4, onnotice: () => undefined });
    const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => sql<{ n: number }[]>`SELECT ${n}::int + 1 AS n`));
    expect(answers.reduce((sum, [row]) => sum + (row?.n ?? 0), 0)).toBe(1275);
    const rows = Array.from({ length: 10 }, (_, amount) => ({ body: 'js', amount }));
    await sql`INSERT INTO orders ${sql(rows, 'body', 'amount')}`;
    await sql.begin(async (transaction) => {
      await transaction
        .savepoint(async (inner) => {
          await inner`UPDATE orders SET amount = 0 WHERE body = 'js'`;
          await inner`UPDATE runs SET status = 'done'`;
        })
        .catch((error: { code?: string }) => expect(error.code).toBe('42501'));
      await transaction`UPDATE orders SET amount = amount + 1 WHERE body = 'js'`;
    });
    expect(await sql`SELECT sum(amount)::int AS n FROM orders WHERE body = 'js'`).toEqual([{ n: 55 }]);
    let seen = 0;
    await sql`SELECT generate_series(1, 1000)`.cursor(100, (part) => {
      seen += part.length;
    });
    expect(seen).toBe(1000);
    const heard = new Promise<string>((resolve) => void sql.listen('news', resolve).then(() => sql.notify('news', 'hello')));
    expect(await heard).toBe('hello');
    const sleeping = sql`SELECT pg_sleep(30)`;
    setTimeout(() => sleeping.cancel(), 300);
    await expect(sleeping).rejects.toMatchObject({ code: '57014' });
    await sql.end();
  });
  expect(refused.map((record) => record.text)).toEqual(["UPDATE runs SET status = 'done'"]);
});
