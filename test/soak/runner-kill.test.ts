/** The runner is killed two hundred times at each level, at random moments of steps that leave processes in every way there is. */
import { describe, expect, test } from 'vitest';
import { killOften, randomFrom } from '../engine/runner-kill.ts';
import { need } from '../support/machine-need.ts';
import { noteFigure } from '../support/soak-figure.ts';

const times = 200;

describe.each(['none', 'process', 'network'] as const)('at the level %s', (level) => {
  test('two hundred kills', { timeout: 3_600_000 }, async (context) => {
    need(context, 'bubblewrap');
    const seed = Math.floor(Math.random() * 2 ** 31);
    const accounts = await killOften(level, times, randomFrom(seed));
    const met = accounts.filter((account) => account.met).length;
    const longest = Math.max(...accounts.map(({ goneAfterMs }) => goneAfterMs));
    noteFigure(
      `${times} kills of the runner at the level ${level}: processes of steps that survived 2 s`,
      `${accounts.filter(({ goneAfterMs }) => goneAfterMs >= 2_000).length} (seed ${seed}; ${met} kills met living processes; all gone after ${longest.toFixed(0)} ms at most)`,
    );
    expect(
      accounts.flatMap(({ survivors }) => survivors),
      `seed ${seed}`,
    ).toEqual([]);
    expect(longest, `seed ${seed}`).toBeLessThan(2_000);
  });
});
