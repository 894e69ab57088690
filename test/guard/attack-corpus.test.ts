// Every attack of the corpus on a real server: without any guard it takes effect, and then against each layer alone and against
// the gateway. What comes out is the table of `docs/guards.md`.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { createSqlParser, type SqlParser } from '../../src/policy/sql-parser.ts';
import { attackFolder, readAttacks, type Attack } from './attack-corpus.ts';
import { playAttack, type AttackOutcome, type StandingScenes } from './attack-play.ts';
import { startAttackServer, type AttackServer } from './attack-server.ts';
import { happened, rowOf, type AttackRow } from './attack-table.ts';
import { playsAll, sampled } from '../support/sampled.ts';
import { evasionRows } from '../policy/evasion-row.ts';

const fixture = (name: string): string => readFileSync(join(attackFolder, name), 'utf8');
const attacks = readAttacks();

describe('the corpus', () => {
  test('holds what is known, each under a name of its own', () => {
    expect(attacks.filter(({ effect }) => effect !== 'nothing').length).toBeGreaterThanOrEqual(400);
    const names = attacks.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    expect(
      fixture('known-evasion.txt')
        .trim()
        .split('\n')
        .filter((name) => !names.includes(name)),
    ).toEqual([]);
  });

  test('each says what it tries and what shows that it took place', () => {
    for (const { name, tries, effect, run } of attacks) {
      expect([name, tries.length > 3, run.length > 0]).toEqual([name, true, true]);
      expect(effect).toMatch(
        /^(?:rows|sequence|catalogue|setting|lock|notification|file|large object|disclosure|killed|replication slot|prepared transaction|server setting|statistics|wal|nothing)\b/,
      );
    }
  });
});

describe('on a real server', () => {
  let outcomes: readonly AttackOutcome[] = [];
  const broken: string[] = [];
  let played: readonly Attack[] = [];

  beforeAll(async () => {
    const server = await startAttackServer(fixture('schema-superuser.sql'), fixture('schema-owner.sql'));
    const parser = createSqlParser();
    // Each sixteenth of them, and each fourth of those that never come through the gateway; all: `npm run soak`, `npm run goldens`.
    const some = [
      ...sampled(attacks, 16),
      ...sampled(
        attacks.filter(({ beyond }) => beyond !== undefined),
        4,
      ),
    ];
    const chosen = attacks.filter((attack) => some.includes(attack));
    played = chosen.filter(({ below = Number.POSITIVE_INFINITY, from = 0 }) => server.major < below && server.major >= from);
    try {
      outcomes = await playAll(server, parser, played, broken);
    } finally {
      await parser.close();
      await server.close();
    }
  }, 900_000);

  const failing = (fails: (outcome: AttackOutcome) => unknown): readonly string[] =>
    outcomes.filter(fails).map(({ attack, layers }) => `${attack.family}: ${attack.name} ${JSON.stringify(layers)}`);

  test('each attack takes effect where nothing keeps it, and what only looks like one does nothing', () => {
    expect(broken).toEqual([]);
    expect(failing(({ attack, layers }) => attack.effect !== 'nothing' && !layers.nothing?.effects.includes(attack.effect))).toEqual([]);
    expect(failing(({ attack, layers }) => attack.effect === 'nothing' && layers.nothing?.effects.length !== 0)).toEqual([]);
  });

  const gates = ['gateway read', 'gateway write'] as const;
  const took = ({ attack, layers }: AttackOutcome, gate: (typeof gates)[number]): boolean => {
    const outcome = layers[gate];
    return outcome === undefined || (happened(attack, gate, outcome) && !(gate === 'gateway write' && attack.write === 'permitted'));
  };

  test('none takes effect through the gateway, but for what never came that way', () => {
    const real = outcomes.filter(({ attack }) => attack.effect !== 'nothing');
    const passed = real.filter((outcome) => gates.some((gate) => took(outcome, gate)));
    expect(passed.filter(({ attack }) => attack.beyond === undefined).map(({ attack, layers }) => `${attack.name} ${JSON.stringify(layers)}`)).toEqual([]);
    // A reason for what is prevented would be no reason.
    expect(real.filter((outcome) => outcome.attack.beyond !== undefined && !passed.includes(outcome)).map(({ attack }) => attack.name)).toEqual([]);
    for (const { attack } of passed) expect(attack.run.some(({ outside }) => outside !== undefined)).toBe(true);
  });

  test('none takes effect unseen', () => {
    expect(
      failing((outcome) => outcome.attack.effect !== 'nothing' && gates.some((gate) => took(outcome, gate) && outcome.layers[gate]?.findings?.length === 0)),
    ).toEqual([]);
  });

  test('what only looks like an attack is let through, unless nothing in it could tell', () => {
    const refused = ({ layers }: AttackOutcome): boolean => layers['gateway read']?.rule !== undefined || layers['gateway write']?.rule !== undefined;
    expect(failing((outcome) => outcome.attack.effect === 'nothing' && outcome.attack.caution === undefined && refused(outcome))).toEqual([]);
    expect(failing((outcome) => outcome.attack.write === 'permitted' && outcome.layers['gateway write']?.rule !== undefined)).toEqual([]);
  });

  test('the table is the one that is kept', async () => {
    const rows = outcomes.filter(({ attack }) => attack.effect !== 'nothing').map(rowOf);
    if (!playsAll) {
      const kept = JSON.parse(fixture('attack-table.json')) as AttackRow[];
      expect(rows).toEqual(rows.map(({ name }) => kept.find((row) => row.name === name)));
      return;
    }
    await expect(`[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`).toMatchFileSnapshot(join(attackFolder, 'attack-table.json'));
  });
});

test('the names of the static corpus that are attacks there are attacks here', () => {
  const harmless = new Set(attacks.filter(({ effect, caution }) => effect === 'nothing' && caution === undefined).map(({ name }) => name));
  expect(evasionRows.filter(({ name, read }) => read === 'refuse' && harmless.has(name))).toEqual([]);
});

/** Two at a time; what could not be played is `broken`; those that change what all databases share one by one, at the end. */
async function playAll(server: AttackServer, parser: SqlParser, all: readonly Attack[], broken: string[]): Promise<readonly AttackOutcome[]> {
  const outcomes = new Map<string, AttackOutcome>();
  const work = async (queue: Attack[]): Promise<void> => {
    const standing: StandingScenes = new Map();
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      try {
        outcomes.set(next.name, await playAttack(server, parser, next, standing));
      } catch (error) {
        broken.push(`${next.family}: ${next.name}: ${String(error)}`);
      }
    }
    await Promise.all([...standing.values()].map(({ close }) => close()));
  };
  const together = all.filter(({ alone }) => alone !== true);
  await Promise.all([work(together), work(together)]);
  await work(all.filter(({ alone }) => alone === true));
  return all.flatMap(({ name }) => outcomes.get(name) ?? []);
}
