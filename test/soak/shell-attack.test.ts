/** Every attack of `fixtures/guard/shell/`, in a plain shell and with the real command line; what came of it is `outcome.json`. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSqlParser } from '../../src/policy/sql-parser.ts';
import { attackFolder, readAttacks, type ShellAttack } from '../hostile/shell-attack.ts';
import { expectHarmless, judgeText, outcomeOf, type ShellOutcome } from '../hostile/shell-attack-outcome.ts';
import { openPlaygrounds, type Playgrounds } from '../hostile/shell-attack-play.ts';

const attacks = readAttacks();
const parser = createSqlParser();
const outcomes = new Map<ShellAttack, ShellOutcome>();
let playgrounds: Playgrounds;
beforeAll(async () => {
  playgrounds = await openPlaygrounds(4);
});
afterAll(async () => {
  await playgrounds.close();
  await parser.close();
});

describe.each([...new Set(attacks.map(({ family }) => family))])('%s', (family) => {
  // SQLite files count against every execution on the machine.
  const how = family === 'sqlite' ? test : test.concurrent;
  how.each(attacks.filter((attack) => attack.family === family).map((attack) => [attack.name, attack] as const))('%s', async (_, attack) =>
    playgrounds.borrow(async (playground) => {
      const without = attack.notApplicable ?? ((await playground.plain(attack)) ? 'took effect' : 'no effect');
      const played = await playground.play(attack);
      const bare = attack.bare === true ? await playground.play(attack, false) : undefined;
      const outcome = outcomeOf(attack, { without, static: await judgeText(parser, attack), played, ...(bare ? { bare } : {}) });
      outcomes.set(attack, outcome);
      if (attack.notApplicable === undefined) expect(without, 'without the runner').toBe('took effect');
      expectHarmless(attack, played);
      if (bare && attack.bareOpen === undefined) expectHarmless(attack, bare);
    }),
  );
});

test('the table is what was played', async () => {
  expect(outcomes.size, 'play all of them to compare the table').toBe(attacks.length);
  const rows = attacks.map((attack) => outcomes.get(attack));
  await expect(`${JSON.stringify(rows, undefined, 2)}\n`).toMatchFileSnapshot(join(attackFolder, 'outcome.json'));
});
