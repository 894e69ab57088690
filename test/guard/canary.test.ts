import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CanaryResult } from '../../src/model/contract.ts';
import { decideSql } from '../../src/policy/decide-sql.ts';
import { createSqlParser } from '../../src/policy/sql-parser.ts';
import { must } from '../support/postgres.ts';
import { connect, reading, startGuarded, type Guarded } from './fixture.ts';

let guarded: Guarded;

beforeAll(async () => {
  guarded = await startGuarded({ sqlitePolicy: true });
});

afterAll(async () => {
  await guarded.close();
});

const failed = (results: readonly CanaryResult[]): readonly string[] => results.filter((result) => !result.refused).map((result) => result.name);

test('a live guard refuses every forbidden act, by layer, and nothing is left of the acts', async () => {
  const before = await guarded.countRuns();
  const told = guarded.told.length;
  const results = await guarded.guard.canaries();
  expect(failed(results)).toEqual([]);
  expect(results.map((result) => result.layer)).toEqual([
    'gateway',
    'gateway',
    'gateway',
    'session',
    'catalogue',
    'token',
    'token',
    'tripwire',
    'tripwire',
    'sqlite',
  ]);
  expect(results.find((result) => result.layer === 'sqlite')?.detail).toMatch(/was noticed; watched: \d+ folders of the workspace/);
  expect(await guarded.countRuns()).toBe(before);
  expect(guarded.told).toHaveLength(told);
  const watch = await guarded.guard.watch('1', reading);
  expect(await watch.compare()).toEqual([]);
});

test('a note-taker that notes nothing is found out', async () => {
  const second = must(await guarded.another({}));
  const superuser = await connect(guarded.server.superuser);
  const [row] = (
    await superuser.query<{ name: string }>("SELECT nspname AS name FROM pg_namespace WHERE nspname LIKE 'pg_proofplan%' ORDER BY oid DESC LIMIT 1")
  ).rows;
  await superuser.query(`CREATE OR REPLACE FUNCTION ${row?.name}.note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`);
  expect(failed(await second.canaries())).toEqual(['a write with triggers switched off']);
  await superuser.end();
  await second.close();
  await guarded.guard.canaries();
});

test('a judge that permits everything is found out, and its canary still leaves no row', async () => {
  await guarded.direct.query("ALTER TABLE runs ALTER COLUMN id SET DEFAULT 'canary'");
  const permit = { effect: 'permit', rule: 'any', reason: 'any' } as const;
  const blind = must(
    await guarded.another({
      decide: (text) => Promise.resolve({ decision: permit, statements: [{ text, offset: 0, kind: 'any', writes: [], creates: [], decision: permit }] }),
    }),
  );
  const before = await guarded.countRuns();
  expect(failed(await blind.canaries())).toEqual(['an INSERT into `runs` from a step that may write other tables', 'an INSERT into `runs` behind a trigger']);
  expect(await guarded.countRuns()).toBe(before);
  await blind.close();
  await guarded.direct.query('ALTER TABLE runs ALTER COLUMN id DROP DEFAULT');
});

test('a judge that follows no trigger is found out', async () => {
  const parser = createSqlParser();
  const short = must(await guarded.another({ decide: (text, access) => decideSql(parser, text, { access, protectedTables: ['runs'] }) }));
  expect(failed(await short.canaries())).toEqual(['an INSERT into `runs` behind a trigger']);
  await short.close();
  await parser.close();
});

test('a superuser account under the steps makes no canary fail by itself, and is called what it is', async () => {
  const created = await guarded.another({ database: guarded.server.superuser });
  expect(created.diagnostics.map((diagnostic) => diagnostic.code)).toEqual(['guard/superuser-account']);
  expect(failed((await created.value?.canaries()) ?? [])).toEqual([]);
  await created.value?.close();
});

test('without a table to protect, a new table is the forbidden act', async () => {
  const bare = must(await guarded.another({ protectedTables: [] }));
  const results = await bare.canaries();
  expect(failed(results)).toEqual([]);
  expect(results[0]?.name).toBe('a new table from a step that reads');
  await bare.close();
});
