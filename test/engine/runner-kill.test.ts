/** A sample of what `npm run soak` plays two hundred times at each level. */
import { expect, test } from 'vitest';
import { need } from '../support/machine-need.ts';
import { killOften, randomFrom } from './runner-kill.ts';

test.each(['none', 'process', 'network'] as const)('a runner that is killed at any moment leaves no process of a step, at the level %s', async (level, context) => {
  need(context, 'bubblewrap');
  const accounts = await killOften(level, 3, randomFrom(20_261_121 + level.length));
  expect(accounts.flatMap(({ survivors }) => survivors)).toEqual([]);
  for (const { goneAfterMs } of accounts) expect(goneAfterMs).toBeLessThan(2_000);
  expect(accounts.some(({ met }) => met)).toBe(true);
});
