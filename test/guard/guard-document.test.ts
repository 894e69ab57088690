// `docs/guards.md` shows the tables as they are kept, and nothing else between its markers.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { attackFolder, readAttacks } from './attack-corpus.ts';
import { renderAlarms, renderAttacks, renderFamilies, renderHonest, renderRest, type AttackRow } from './attack-table.ts';
import { readHonestGroups } from './honest-corpus.ts';

const document = join(attackFolder, '..', '..', 'docs', 'guards.md');

test('the document is made from the tables', async () => {
  const rows = JSON.parse(readFileSync(join(attackFolder, 'attack-table.json'), 'utf8')) as AttackRow[];
  const parts = {
    families: renderFamilies(rows),
    rest: renderRest(rows),
    honest: renderHonest(readHonestGroups()),
    alarms: renderAlarms(readHonestGroups()),
    attacks: renderAttacks(rows),
  };
  let text = readFileSync(document, 'utf8');
  for (const [name, part] of Object.entries(parts)) {
    const marked = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- /${name} -->)`);
    expect(text).toMatch(marked);
    text = text.replace(marked, (_whole, begin: string, end: string) => `${begin}${part}\n${end}`);
  }
  await expect(text).toMatchFileSnapshot(document);
});

test('the table holds each attack of the corpus, and only these', () => {
  const rows = JSON.parse(readFileSync(join(attackFolder, 'attack-table.json'), 'utf8')) as AttackRow[];
  const names = readAttacks()
    .filter(({ effect, below }) => effect !== 'nothing' && below === undefined)
    .map(({ name }) => name);
  expect(rows.map(({ name }) => name)).toEqual(names);
});
