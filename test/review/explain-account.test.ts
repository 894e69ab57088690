/**
 * Total accounting, tried from outside: remark alone says which blocks a document has, and the explanation must hold each of them
 * exactly once, at its place. Nothing of src/parse is used for the comparison.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Nodes } from 'mdast';
import remarkFrontmatter from 'remark-frontmatter';
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import { unified } from 'unified';
import { afterAll, describe, expect, test } from 'vitest';
import { compilePlan } from '../../src/compile/compile-plan.ts';
import { createSqlParser } from '../../src/policy/sql-parser.ts';
import { explainPlan } from '../../src/review/explain.ts';
import type { ExplainedBlock, Explanation } from '../../src/review/explanation.ts';
import type { PlacedDiagnostic } from '../../src/review/placed-diagnostic.ts';
import { root } from '../support/command.ts';

const parser = createSqlParser();
afterAll(() => parser.close());

const folders = ['plans', 'fixtures/reading/labelled', 'fixtures/reading/hostile', 'fixtures/same-plan'];
const inFolders = folders.flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
);
const ofCodes = readdirSync(join(root, 'fixtures/reading/codes')).flatMap((name) =>
  ['bad', 'good'].map((form) => join('fixtures/reading/codes', name, `${form}.md`)),
);
const documents = [...inFolders, ...ofCodes].filter((path) => existsSync(join(root, path)));

/** What is nested in hostile ways; each line is one document. */
const nested: readonly string[] = [
  '- a\n  - b\n    > c\n    > ```bash\n    > true\n    > ```\n',
  '> 1. x\n>    | a | b |\n>    |---|---|\n>    | c | d |\n> 2. y\n',
  '- [ ] one\n\n      true\n\n- [x] two\n  ***\n  <b>html</b>\n',
  '---\ntitle: x\n---\n\nText[^1].\n\n[^1]: A note with\n\n    ```bash\n    true\n    ```\n\n[link]: https://example.org\n',
  'Setext\n======\n\n# \n\n>\n\n-\n\n```bash\n```\n',
  '\uFEFF# With a mark\r\n\r\n* a\r\n\r\n  ~~~sh\r\n  true\r\n  ~~~\r\n\r\nlast',
  '**Policy:** Stop on failure.\n**Date:** 2026-01-01\n**Goal:** a\n\n**Expected:** `a = 1`\n**Record:** `x`\n',
];

const remark = unified().use(remarkParse).use(remarkGfm).use(remarkFrontmatter, ['yaml', 'toml']);
/** What remark calls the parts of running text, and of a row: those are no blocks. */
const holdsText: ReadonlySet<string> = new Set(['paragraph', 'heading', 'tableRow']);
const called: Readonly<Record<string, string>> = {
  listItem: 'list-item',
  blockquote: 'quote',
  tableRow: 'table-row',
  thematicBreak: 'rule',
  yaml: 'front-matter',
  toml: 'front-matter',
  footnoteDefinition: 'footnote',
};

function blocksOf(text: string): readonly string[] {
  const found: string[] = [];
  const walk = (node: Nodes): void => {
    const { start, end } = node.position ?? { start: { line: 0, column: 0 }, end: { line: 0, column: 0 } };
    found.push(`${start.line}:${start.column}-${end.column === 1 && end.line > start.line ? end.line - 1 : end.line} ${called[node.type] ?? node.type}`);
    if ('children' in node && !holdsText.has(node.type)) for (const child of node.children) walk(child);
  };
  for (const child of remark.parse(text).children) walk(child);
  return found;
}

const placeOf = (block: ExplainedBlock): string => `${block.line}:${block.column}-${block.endLine} ${block.type}`;

/** A labelled line of a paragraph (`**Date:** …`) has an entry beside that of its paragraph, and no node of its own in the tree. */
const isPart = (block: ExplainedBlock): boolean => block.type === 'label';

async function explain(path: string, bytes: Uint8Array, addendum: string | undefined): Promise<Explanation> {
  const beside = addendum === undefined ? {} : { addendum: { path: basename(addendum), bytes: readFileSync(addendum) } };
  const compiled = await compilePlan({ path, bytes, ...beside, parser, sha256: () => '0'.repeat(64) });
  return explainPlan(compiled.plan, compiled.diagnostics);
}

function expectAccounted(text: string, { blocks, counts, diagnostics, plan }: Explanation): void {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error');
  if (plan === undefined) {
    expect(errors).not.toEqual([]);
    return;
  }
  const own = blocks.filter((block) => !isPart(block));
  expect(own.map(placeOf).toSorted()).toEqual([...blocksOf(text)].toSorted());
  expect(new Set(own.map(placeOf)).size).toBe(own.length);
  const lines = text.split(/\r\n|\n|\r/);
  for (const block of blocks) {
    expect(block.line).toBeGreaterThanOrEqual(1);
    expect(block.endLine).toBeGreaterThanOrEqual(block.line);
    expect(block.endLine).toBeLessThanOrEqual(lines.length);
    expect(block.column).toBeLessThanOrEqual((lines[block.line - 1] ?? '').length + 1);
    if (isPart(block)) expect(own.some((outer) => outer.line <= block.line && outer.endLine >= block.endLine)).toBe(true);
  }
  const unclaimed = blocks.filter((block) => block.disposition === 'unclaimed');
  expect(unclaimed.filter((block) => !errors.some((error) => speaksOf(error, block)))).toEqual([]);
  expect(counts).toMatchObject({ total: blocks.length, accounted: blocks.length - unclaimed.length, unclaimed: unclaimed.length });
}

/** An error on its lines, or the account of a document that is no plan, which names the lines that it stands for. */
function speaksOf(error: PlacedDiagnostic, block: ExplainedBlock): boolean {
  if (error.code === 'compile/not-a-plan') return true;
  return error.line !== undefined && error.line <= block.endLine && (error.endLine ?? error.line) >= block.line;
}

describe('every block of the tree has exactly one entry at its place', () => {
  test.each(documents)('%s', async (path) => {
    const bytes = readFileSync(join(root, path));
    const addendum = join(root, path.replace(/\.md$/, '.addendum.yaml'));
    expectAccounted(new TextDecoder().decode(bytes), await explain(path, bytes, existsSync(addendum) ? addendum : undefined));
  });

  test.each(nested.map((text, index) => ({ index, text })))('nested in ways of its own: $index', async ({ text }) => {
    expectAccounted(text.replace(/^\uFEFF/, ''), await explain('p.md', Buffer.from(text), undefined));
  });
});
