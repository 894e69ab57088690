/** Prose in another language is an error until somebody accepts it by name: as narrative, or as what it is, unread. */
import { afterAll, describe, expect, test } from 'vitest';
import { compilePlan } from '../../src/compile/compile-plan.ts';
import { createSqlParser } from '../../src/policy/sql-parser.ts';

const parser = createSqlParser();
afterAll(() => parser.close());

const prose = 'Die Bestellungen kommen jede Nacht als Datei und werden von einem Dienst geladen.';
const other = 'Der Dienst darf nicht angehalten werden, und die Datei muss da sein.';
const plan = `# T\n\n## 1. Look\n\n\`\`\`bash\ndf -P .\n\`\`\`\n\n**Expected:** the output contains \`Filesystem\`\n\n## 2. Hintergrund\n\n${prose}\n\n${other}\n`;
const encode = (value: string): Uint8Array => new TextEncoder().encode(value);

async function codesWith(entries: readonly string[]): Promise<readonly string[]> {
  const addendum = `plan: plan.md\naccept:\n${entries.join('')}`;
  const { diagnostics } = await compilePlan({
    path: 'plan.md',
    bytes: encode(plan),
    addendum: { path: 'plan.addendum.yaml', bytes: encode(addendum) },
    parser,
    sha256: () => '',
  });
  return diagnostics.map(({ code }) => code);
}
const entry = (at: string, as: string): string => `  - { at: '${at}', by: Ada Lovelace, as: ${as}, reason: background }\n`;

describe.each(['unread', 'narrative'])('as %s', (as) => {
  test('all of it', async () => expect(await codesWith([entry(prose, as), entry(other, as)])).toEqual([]));
  test('a part of it leaves the rest open', async () => expect(await codesWith([entry(prose, as)])).toEqual(['compile/unread-prose']));
});
