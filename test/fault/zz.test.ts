import { test, expect } from 'vitest';
import { listPoints } from './fault-sweep.ts';
import { playSeed } from './zz-play.ts';
import { openRandomDatabase } from './random-database.ts';
test('x', async () => {
  const d = await openRandomDatabase();
  const points = await listPoints(undefined);
  for (const seed of [5426, 5466]) console.log(JSON.stringify(await playSeed(seed, points, d)));
  await d.close();
  expect(1).toBe(1);
}, 200_000);
