/** SIGKILL at random moments; `npm run soak` does it two hundred times for each plan (test/soak/kill.test.ts). */
import { test } from 'vitest';
import { openLongPlan, openSeed, playAndCheck } from './kill-scene.ts';

test('a plan of 50 steps', { timeout: 180_000 }, async () => {
  const scene = await openLongPlan(50);
  try {
    for (const moment of [
      { lines: 40, delayMs: 7 },
      { lines: 150, delayMs: 0 },
    ])
      await playAndCheck(scene, moment);
  } finally {
    await scene.close();
  }
});

test('v4', { timeout: 300_000 }, async () => {
  const scene = await openSeed();
  try {
    await playAndCheck(scene, { lines: 100, delayMs: 20 });
  } finally {
    await scene.close();
  }
});
