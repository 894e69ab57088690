/** Small plans by chance with faults by chance: none passes wrongly, none hangs. `npm run soak` plays ten thousand. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRandomDatabase, type OpenedDatabase } from './random-database.ts';
import { listPoints } from './fault-sweep.ts';
import { playSeeds } from './random-run.ts';

let database: OpenedDatabase;
beforeAll(async () => {
  database = await openRandomDatabase();
});
afterAll(() => database.close());

test('twelve random executions', { timeout: 180_000 }, async () => {
  const account = await playSeeds(1, 12, await listPoints(undefined), database);
  expect(account.problems).toEqual([]);
  expect(account.executions).toBe(12);
  expect(account.disturbed).toBeGreaterThan(5);
});
