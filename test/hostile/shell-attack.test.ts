/** Some of the quick ones of the attacks on shell and processes; `npm run soak` plays all of them. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSqlParser } from '../../src/policy/sql-parser.ts';
import { attackFolder, readAttacks } from './shell-attack.ts';
import { expectHarmless, judgeText, type ShellOutcome } from './shell-attack-outcome.ts';
import { openPlaygrounds, type Playgrounds } from './shell-attack-play.ts';
import { sampled } from '../support/sampled.ts';

const attacks = readAttacks();
const outcomes = JSON.parse(readFileSync(join(attackFolder, 'outcome.json'), 'utf8')) as readonly ShellOutcome[];
const parser = createSqlParser();
let playgrounds: Playgrounds;
beforeAll(async () => {
  playgrounds = await openPlaygrounds(2);
});
afterAll(async () => {
  await playgrounds.close();
  await parser.close();
});

const rowOf = (family: string, name: string): ShellOutcome | undefined => outcomes.find((row) => row.family === family && row.name === name);

test('every attack has its row, and no row is a pass with an effect', () => {
  expect(outcomes.map(({ family, name }) => `${family}: ${name}`)).toEqual(attacks.map(({ family, name }) => `${family}: ${name}`));
  expect(outcomes.length).toBeGreaterThanOrEqual(70);
  for (const attack of attacks) {
    const row = rowOf(attack.family, attack.name);
    if (attack.open === undefined) expect([attack.name, row?.stoppedBy ?? row?.detectedBy ?? null]).not.toEqual([attack.name, null]);
    if (attack.open === undefined && row?.exitCode === 0) expect([attack.name, row.stoppedBy]).not.toEqual([attack.name, null]);
    if (attack.bareOpen === undefined) expect([attack.name, row?.withoutIsolation]).not.toEqual([attack.name, 'passed, took effect']);
    if (attack.notApplicable === undefined) expect([attack.name, row?.without]).toEqual([attack.name, 'took effect']);
  }
});

test('docs/guards.md holds what was played', () => {
  const checked = spawnSync(process.execPath, [join(attackFolder, '../../../tools/build-shell-table.mjs'), '--check'], { encoding: 'utf8' });
  expect([checked.status, checked.stderr]).toEqual([0, '']);
});

test('what the text alone says', async () => {
  for (const attack of attacks) expect([attack.name, await judgeText(parser, attack)]).toEqual([attack.name, rowOf(attack.family, attack.name)?.static]);
});

describe('played', () => {
  test.concurrent.each(
    sampled(
      attacks.filter(({ quick }) => quick === true),
      8,
    ).map((attack) => [`${attack.family}: ${attack.name}`, attack] as const),
  )('%s', async (_, attack) =>
    playgrounds.borrow(async (playground) => {
      expectHarmless(attack, await playground.play(attack));
    }),
  );
});
