/** Two hundred kills of each plan at random moments, from a seed that is told: PROOFPLAN_SEED repeats them, PROOFPLAN_KILLS says how many. */
import { expect, test } from 'vitest';
import { type CheckedScene, openLongPlan, openSeed, playAndCheck } from '../hostile/kill-scene.ts';

const kills = Number(process.env['PROOFPLAN_KILLS'] ?? 200);
const seed = Number(process.env['PROOFPLAN_SEED'] ?? Date.now() % 1_000_000);

/** Mulberry32: small, and the same numbers for the same seed. */
function random(state: number): () => number {
  let now = state;
  return () => {
    now = (now + 0x6d2b79f5) | 0;
    let mixed = Math.imul(now ^ (now >>> 15), 1 | now);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

async function killOften(name: string, scene: CheckedScene, lines: number, longestDelayMs: number): Promise<void> {
  const next = random(seed);
  const ends = new Map<string, number>();
  try {
    for (let kill = 0; kill < kills; kill += 1) {
      const moment = { lines: 1 + Math.floor(next() * lines), delayMs: Math.floor(next() * longestDelayMs) };
      const { verdict, lines: reached, tooLate } = await playAndCheck(scene, moment);
      const end = tooLate ? 'ended before' : reached === 0 ? 'not begun' : verdict === 'error' ? 'in doubt' : String(verdict);
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }
  } finally {
    await scene.close();
    process.stdout.write(`${name}, seed ${seed}: ${[...ends].map(([end, count]) => `${count} ${end}`).join(', ')}\n`);
  }
  expect([...ends.values()].reduce((sum, count) => sum + count, 0)).toBe(kills);
}

test('a plan of 50 steps', { timeout: kills * 60_000 }, async () => killOften('50 steps', await openLongPlan(50), 250, 60));

test('v4', { timeout: kills * 120_000 }, async () => killOften('v4', await openSeed(), 175, 400));
