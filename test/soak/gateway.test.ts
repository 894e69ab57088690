// What is too large or too long for every run: a gigabyte each way, with the memory that a hundredth of it takes.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect, reading, startGuarded, writing, type Guarded } from '../guard/fixture.ts';
import { countHeld, expectNothingLeft, warmUp } from '../guard/leak-count.ts';
import { copyLarge, readLarge } from '../guard/stream-load.ts';

let guarded: Guarded;

beforeAll(async () => {
  guarded = await startGuarded();
  await warmUp(guarded);
});

afterAll(async () => {
  await guarded.close();
});

test.each([
  ['rows', "SELECT repeat('x', 1000), generate_series(1, 1000000)"],
  ['a COPY', "COPY (SELECT repeat('x', 1000), n FROM generate_series(1, 1000000) n) TO STDOUT"],
])('a gigabyte of %s', async (_what, sql) => {
  const before = await countHeld(guarded);
  const door = await guarded.guard.open('1.1', writing);
  const { bytes, grownMb } = await readLarge(door.url, sql);
  expect(bytes).toBeGreaterThan(1_000_000_000);
  expect(grownMb).toBeLessThan(100);
  await door.close();
  await expectNothingLeft(guarded, before);
});

test('a COPY of a gigabyte into a table', async () => {
  const before = await countHeld(guarded);
  const door = await guarded.guard.open('1.2', writing);
  const { bytes, grownMb } = await copyLarge(door.url, 'COPY notes (body) FROM STDIN WHERE body = $$nothing$$', 1000, 64 * 1024);
  expect(bytes).toBeGreaterThan(1_000_000_000);
  expect(grownMb).toBeLessThan(120);
  await door.close();
  await expectNothingLeft(guarded, before);
});

test('five thousand sessions, a hundred at a time', async () => {
  const before = await countHeld(guarded);
  for (let round = 0; round < 50; round += 1) {
    const door = await guarded.guard.open('2.1', reading);
    const clients = await Promise.all(Array.from({ length: 100 }, () => connect(door.url)));
    await Promise.all(clients.map((client, index) => client.query('SELECT $1::int', [index])));
    // Half of them go without a word.
    await Promise.all(clients.slice(0, 50).map((client) => client.end()));
    expect(await door.close()).toHaveLength(100);
  }
  await expectNothingLeft(guarded, before);
}, 300_000);
