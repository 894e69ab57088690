// Python's clients with their defaults, each in the capability that it needs: honest work succeeds, a write of a protected table is refused
// with its SQLSTATE, and the client goes on as after any error of the server.
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Access } from '../../../src/model/step.ts';
import { findClientPython } from '../../support/python-client.ts';
import { startGuarded, type Guarded } from '../fixture.ts';
import { ordersTable, run, type Ended } from './fixture.ts';

const writing: Access = { capability: 'write-except-protected', writes: [] };
const making: Access = { capability: 'ddl', writes: [] };
let guarded: Guarded;
let python: string;

beforeAll(async () => {
  [guarded, python] = await Promise.all([startGuarded(), findClientPython()]);
  await guarded.direct.query(ordersTable);
});

afterAll(async () => {
  await guarded.close();
});

interface Tried {
  readonly ended: Ended;
  /** Texts of what was refused. */
  readonly refused: readonly string[];
  /** Statements whose fate nobody knows. */
  readonly open: readonly string[];
}

async function tryClient(script: string, access: Access, environment: Readonly<Record<string, string>> = {}): Promise<Tried> {
  const door = await guarded.guard.open('1.1', access);
  const before = await guarded.countRuns();
  const ended = await run(python, [join(import.meta.dirname, script)], '', { DATABASE_URL: door.url, ...environment });
  const records = await door.close();
  expect(await guarded.countRuns()).toBe(before);
  return {
    ended,
    refused: records.filter((record) => record.decision.effect === 'refuse').map((record) => record.text),
    open: records.filter((record) => record.fate === 'open').map((record) => record.text),
  };
}

test('psycopg 2', async () => {
  const { ended, refused, open } = await tryClient('try_psycopg2.py', writing);
  expect(ended.output.trim().split('\n')).toEqual([
    "rows [(1, 'row 1', Decimal('1.00')), (2, 'row 2', Decimal('2.00'))]",
    'inserted 50',
    'cursor 500500',
    "copy 'a\\nb\\n'",
    'refused 42501',
    'aborted 25P02',
    'refused copy 42501',
    'pool 5',
  ]);
  expect(refused).toEqual(["INSERT INTO runs (id) VALUES ('psycopg2')", 'COPY runs (id) FROM STDIN']);
  expect(open).toEqual([]);
});

test('psycopg 3', async () => {
  const { ended, refused, open } = await tryClient('try_psycopg3.py', writing);
  expect(ended.output.trim().split('\n')).toEqual([
    "pipeline (1,) ('x',)",
    'executemany 20',
    'binary copy 100',
    'refused nested 42501',
    'goes on (6,)',
    'refused in a pipeline 42501',
    'refused copy 42501',
    'alive (7,)',
    'cursor 1000',
    'scrolled (6,)',
    'notified hello',
    'cancelled (8,)',
  ]);
  expect(refused).toEqual(["INSERT INTO runs (id) VALUES ('psycopg')", 'INSERT INTO runs (id) VALUES ($1)', 'COPY runs (id) FROM STDIN']);
  expect(open).toEqual([]);
});

test('asyncpg', async () => {
  const { ended, refused, open } = await tryClient('try_asyncpg.py', writing);
  expect(ended.output.trim().split('\n')).toEqual([
    'pool 2450',
    `types <Record a=[1, 2] j='{"k": 1}' n=True d=Decimal('10.5')>`,
    'cursor 125250',
    'copied in COPY 2',
    "copied out COPY 2 b'c\\nc\\n'",
    'refused 42501',
    'refused in a transaction 42501',
    'refused copy 42501',
    'cancelled 9',
  ]);
  expect(refused).toHaveLength(3);
  expect(open).toEqual([]);
});

test.each(['psycopg2', 'psycopg', 'asyncpg'])('SQLAlchemy with %s', async (driver) => {
  const told = ['sum 60', 'refused 42501', 'alive 1'];
  const made = await tryClient('try_sqlalchemy.py', making, { DRIVER: driver, MAKE: 'yes' });
  expect(made.ended.output.trim().split('\n')).toEqual(['tables True', "columns ['id', 'customer_id', 'total']", `keys customers_${driver} 1`, ...told]);
  expect(made.refused).toHaveLength(1);
  await guarded.direct.query(`TRUNCATE customers_${driver}, invoices_${driver}`);
  const used = await tryClient('try_sqlalchemy.py', writing, { DRIVER: driver, MAKE: 'no' });
  expect(used.ended.output.trim().split('\n')).toEqual(['tables True', ...told]);
});
