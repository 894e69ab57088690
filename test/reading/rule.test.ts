/**
 * General rules of reading, each with documents of different trades: `RULE/TRADE.md` beside `RULE/TRADE.tsv` (line, type,
 * disposition, and the number of steps or a part of the reason). Every block is compared; what is known to be read otherwise stands
 * in `open.tsv` with what it is read as, and fails here as soon as it is read rightly.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { compilePlan } from '../../src/compile/compile-plan.ts';
import type { Diagnostic } from '../../src/model/diagnostic.ts';
import type { Block } from '../../src/model/plan.ts';
import { createSqlParser } from '../../src/policy/sql-parser.ts';

const folder = 'fixtures/reading/rules';
const parser = createSqlParser();
afterAll(() => parser.close());

const rowsOf = (path: string): readonly (readonly string[])[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));

interface OpenLine {
  readonly line: number;
  readonly wanted: string;
  readonly got: string;
}

const openOf = (file: string): readonly OpenLine[] =>
  rowsOf(`${folder}/open.tsv`)
    .slice(1)
    .filter(([path]) => path === file)
    .map(([, line, wanted = '', got = '']) => ({ line: Number(line), wanted, got }));

const rules = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .toSorted();
const documents = rules.flatMap((rule) =>
  readdirSync(`${folder}/${rule}`)
    .filter((file) => file.endsWith('.md'))
    .map((file) => `${rule}/${file.replace('.md', '')}`),
);

const compile = (name: string): ReturnType<typeof compilePlan> => {
  const path = `${folder}/${name}.md`;
  return compilePlan({ path, bytes: readFileSync(path), parser, sha256: (bytes) => createHash('sha256').update(bytes).digest('hex') });
};

/** `step (2 steps)`: a disposition, and how many steps a block holds, however it is called. */
const described = (disposition: string, steps: number): string => (steps === 0 ? disposition : `${disposition} (${steps} ${steps === 1 ? 'step' : 'steps'})`);
const stepsOf = (block: Block): number => block.becomes.filter((became) => became.startsWith('step ')).length;
const readAs = (block: Block): string => described(block.disposition, stepsOf(block));

const reasonOf = (block: Block, diagnostics: readonly Diagnostic[]): string =>
  [
    ...block.becomes,
    block.reason ?? '',
    ...diagnostics
      .filter(({ span }) => span !== undefined && span.start.offset >= block.span.start.offset && span.end.offset <= block.span.end.offset)
      .map(({ code }) => code),
  ].join('; ');

const containers = new Set(['list', 'list-item', 'quote', 'table', 'footnote']);
const isAt = (block: Block, { line }: OpenLine): boolean => block.span.start.line === line && !containers.has(block.type);

describe('each rule of reading has documents of different trades', () => {
  test.each(rules)('%s', (rule) => {
    const files = readdirSync(`${folder}/${rule}`);
    const names = files.filter((file) => file.endsWith('.md')).map((file) => file.replace('.md', ''));
    expect(names.length).toBeGreaterThanOrEqual(3);
    expect(files.toSorted()).toEqual(names.flatMap((name) => [`${name}.md`, `${name}.tsv`]).toSorted());
  });

  test.each(documents)('%s', async (name) => {
    const { plan, diagnostics } = await compile(name);
    const rows = rowsOf(`${folder}/${name}.tsv`);
    const open = openOf(name);
    const blocks = plan?.blocks ?? [];
    expect(blocks.map((block) => `${block.span.start.line} ${block.type}`)).toEqual(rows.map(([line, type]) => `${line} ${type}`));
    const differences = blocks.flatMap((block, index) => {
      const [line = '', type = '', disposition = '', why = ''] = rows[index] ?? [];
      const steps = Number(/^(\d+) steps?$/.exec(why)?.[1] ?? 0);
      const wanted = described(disposition, steps);
      // What holds an open line is compared through that line.
      if (
        open.some((each) => isAt(block, each)) ||
        (containers.has(type) && open.some((each) => each.line >= block.span.start.line && each.line <= block.span.end.line))
      )
        return [];
      const right = readAs(block) === wanted && (steps > 0 || reasonOf(block, diagnostics).includes(why));
      return right ? [] : [`${line} ${type}: wanted ${wanted} ${why}, got ${readAs(block)} (${reasonOf(block, diagnostics)})`];
    });
    expect(differences).toEqual([]);
  });
});

describe('what is known and open', () => {
  const open = rowsOf(`${folder}/open.tsv`).slice(1);

  test('every line names a document, a line, both readings and why', () => {
    for (const row of open) {
      expect(row).toHaveLength(5);
      expect(row.every((cell) => cell.trim() !== '')).toBe(true);
      expect(documents).toContain(row[0]);
    }
  });

  test.each([...new Set(open.map(([file = '']) => file))])('%s is still read as its open lines say', async (name) => {
    const { plan } = await compile(name);
    for (const each of openOf(name)) {
      const blocks = (plan?.blocks ?? []).filter((block) => isAt(block, each));
      expect(blocks.map(readAs), `line ${each.line}: take it out of open.tsv where it is read as ${each.wanted} now`).toContain(each.got);
      expect(blocks.map(readAs)).not.toContain(each.wanted);
    }
  });
});
