import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGuarded, type Guarded } from './fixture.ts';

let guarded: Guarded;

beforeAll(async () => {
  guarded = await startGuarded();
});

afterAll(async () => {
  await guarded.close();
});

test('knows what was there before, and not what came after', async () => {
  const snapshot = await guarded.guard.holdSnapshot();
  await guarded.direct.query(
    "INSERT INTO runs (id) VALUES ('after'); DELETE FROM runs WHERE id = 'before'; CREATE TABLE later (id text); INSERT INTO later VALUES ('x')",
  );
  expect(await snapshot.had('runs', 'id', 'before')).toBe(true);
  expect(await snapshot.had('runs', 'id', 'after')).toBe(false);
  expect(await snapshot.had('public.runs', 'id', 'before')).toBe(true);
  expect(await snapshot.had('later', 'id', 'x')).toBe(false);
  await snapshot.close();
});

test('compares as the type of the column does, and survives what the type cannot hold', async () => {
  await guarded.direct.query(
    `CREATE TABLE kinds (u uuid, n numeric, j json, "Ä ""q""" text); INSERT INTO kinds VALUES ('6F9619FF-8B86-D011-B42D-00CF4FC964FF', 1.0, '{"a":1}', 'q')`,
  );
  const snapshot = await guarded.guard.holdSnapshot();
  expect(await snapshot.had('kinds', 'u', '6f9619ff-8b86-d011-b42d-00cf4fc964ff')).toBe(true);
  expect(await snapshot.had('kinds', 'u', 'no uuid')).toBe(false);
  expect(await snapshot.had('kinds', 'n', '1')).toBe(true);
  expect(await snapshot.had('kinds', 'j', '{"a":1}')).toBe(true);
  expect(await snapshot.had('kinds', 'Ä "q"', 'q')).toBe(true);
  expect(await snapshot.had('kinds', 'u', '6f9619ff-8b86-d011-b42d-00cf4fc964fe')).toBe(false);
  await expect(snapshot.had('no_such', 'id', 'x')).rejects.toThrow('no_such');
  expect(await snapshot.had('kinds', 'n', '1')).toBe(true);
  await snapshot.close();
});

test('keeps no lock that a later step would wait for', async () => {
  const snapshot = await guarded.guard.holdSnapshot();
  await snapshot.had('runs', 'id', 'x');
  await guarded.direct.query("SET lock_timeout = '2s'; ALTER TABLE runs ADD COLUMN late integer; RESET lock_timeout");
  expect(await snapshot.had('runs', 'id', 'x')).toBe(false);
  await snapshot.close();
});

describe('what keeps no old rows is not taken for new ones', () => {
  const row = "INSERT INTO aged (id) VALUES ('old')";
  const table = `DROP TABLE IF EXISTS aged, aged_before, leaf_1, leaf_2 CASCADE; CREATE TABLE aged (id text PRIMARY KEY, n integer); ${row}`;
  const parts =
    "DROP TABLE IF EXISTS aged, aged_before, leaf_1, leaf_2 CASCADE; CREATE TABLE aged (id text) PARTITION BY LIST (id); CREATE TABLE leaf_1 PARTITION OF aged FOR VALUES IN ('old'); INSERT INTO aged VALUES ('old')";
  test.each<readonly [string, string, string, string]>([
    ['TRUNCATE', table, `TRUNCATE aged; ${row}`, 'was emptied or rewritten'],
    ['a rewrite', table, 'ALTER TABLE aged ALTER COLUMN n TYPE bigint', 'was emptied or rewritten'],
    ['a drop', table, `DROP TABLE aged; CREATE TABLE aged (id text); ${row}`, 'is another table now'],
    ['a swap of names', table, `ALTER TABLE aged RENAME TO aged_before; CREATE TABLE aged (id text); ${row}`, 'is another table now'],
    ['TRUNCATE of a partition', parts, `TRUNCATE leaf_1; ${row}`, 'leaf_1 was emptied or rewritten'],
    ['TRUNCATE behind a view', `${table}; CREATE VIEW aged_view AS SELECT * FROM aged`, `TRUNCATE aged; ${row}`, 'was emptied or rewritten'],
    [
      'a partition taken away',
      parts,
      "ALTER TABLE aged DETACH PARTITION leaf_1; CREATE TABLE leaf_2 PARTITION OF aged FOR VALUES IN ('old'); INSERT INTO aged VALUES ('old')",
      'is no part of',
    ],
  ])('%s', async (_name, before, change, reason) => {
    await guarded.direct.query(before);
    const snapshot = await guarded.guard.holdSnapshot();
    const relation = before.includes('aged_view') ? 'aged_view' : 'aged';
    expect(await snapshot.had(relation, 'id', 'old')).toBe(true);
    await guarded.direct.query(change);
    await expect(snapshot.had(relation, 'id', 'old')).rejects.toThrow(reason);
    await snapshot.close();
  });
});
