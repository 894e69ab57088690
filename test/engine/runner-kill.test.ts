/** A sample of what `npm run soak` plays two hundred times at each level. */
import { describe, expect, test } from 'vitest';
import { need } from '../support/machine-need.ts';
import { killOften, randomFrom } from './runner-kill.ts';

describe.each(['none', 'process', 'network'] as const)('at the level %s', (level) => {
  test('a runner that is killed at any moment leaves no process of a step', async (context) => {
    need(context, 'bubblewrap');
    const accounts = await killOften(level, 2, randomFrom(20_261_121 + level.length));
    expect(accounts.flatMap(({ survivors }) => survivors)).toEqual([]);
    for (const { goneAfterMs } of accounts) expect(goneAfterMs).toBeLessThan(2_000);
    expect(accounts.some(({ met }) => met)).toBe(true);
  });
});
