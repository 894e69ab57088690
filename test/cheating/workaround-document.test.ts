// `docs/workarounds.md` shows the acts as they are played: what it says of each is what the play is held against.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { actGroups } from './act-table.ts';
import { renderActs, renderSums } from './render-workaround.ts';

const document = join(import.meta.dirname, '../../docs/workarounds.md');

test('the document is made from the acts', async () => {
  const parts = { sums: renderSums(actGroups), acts: renderActs(actGroups) };
  let text = readFileSync(document, 'utf8');
  for (const [name, part] of Object.entries(parts)) {
    const marked = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- /${name} -->)`);
    expect(text).toMatch(marked);
    text = text.replace(marked, (_whole, begin: string, end: string) => `${begin}${part}\n${end}`);
  }
  await expect(text).toMatchFileSnapshot(document);
});
