// Large results and large COPYs stream through: memory does not grow with them, on either side's speed. A gigabyte of each: test/soak.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addressOf, startGuarded, writing, type Guarded } from './fixture.ts';
import { countHeld, expectNothingLeft, warmUp } from './leak-count.ts';
import { copyLarge, endlessQuery, readLarge } from './stream-load.ts';
import { errorsOf, query, typesOf, WireClient } from './wire-client.ts';

const megabyte = 1024 * 1024;
let guarded: Guarded;

beforeAll(async () => {
  guarded = await startGuarded();
  await warmUp(guarded);
});

afterAll(async () => {
  await guarded.close();
});

test.each([
  ['rows', "SELECT repeat('x', 1000), generate_series(1, 200000)"],
  ['rows of a megabyte', "SELECT repeat('x', 1000000), generate_series(1, 200)"],
  ['a COPY', "COPY (SELECT repeat('x', 1000) FROM generate_series(1, 200000)) TO STDOUT"],
])('a result of 200 MB as %s', async (_what, sql) => {
  const before = await countHeld(guarded);
  const door = await guarded.guard.open('1.1', writing);
  const { bytes, grownMb } = await readLarge(door.url, sql);
  expect(bytes).toBeGreaterThan(200_000_000);
  expect(grownMb).toBeLessThan(120);
  expect((await door.close()).map((record) => [record.fate, record.rowCount])).toEqual([['committed', sql.includes('1000000') ? 200 : 200_000]]);
  await expectNothingLeft(guarded, before);
});

test.each([8 * 1024, megabyte, 16 * megabyte])('a COPY of 100 MB into a table, in messages of %i bytes', async (frameBytes) => {
  const before = await countHeld(guarded);
  const door = await guarded.guard.open('1.2', writing);
  const { bytes, grownMb, tag } = await copyLarge(door.url, 'COPY notes (body) FROM STDIN WHERE body = $$nothing$$', 100, frameBytes);
  expect(bytes).toBeGreaterThan(100_000_000);
  expect(tag).toBe('COPY 0|I');
  expect(grownMb).toBeLessThan(100);
  expect((await door.close()).map((record) => record.fate)).toEqual(['committed']);
  await expectNothingLeft(guarded, before);
});

test('a statement of 50 MB is refused, its rest goes nowhere, and the session goes on', async () => {
  const door = await guarded.guard.open('1.3', writing);
  const wire = await WireClient.open(addressOf(door.url));
  wire.send(endlessQuery(50 * megabyte), query('SELECT 1'));
  const answers = await wire.until('Z', 2);
  expect(typesOf(answers)).toBe('EZTDCZ');
  expect(errorsOf(answers)[0]).toMatchObject({ C: '54000' });
  await wire.end();
  expect((await door.close()).map((record) => [record.decision.rule, record.text.length < 2000])).toEqual([
    ['too-long', true],
    ['read', true],
  ]);
});
