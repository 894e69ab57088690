/** A seeded sample of the fuzzing; the full counts are `npm run soak`. A failure prints its seed and path for `fc.assert`. */
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { parseMarkdown } from '../../src/parse/markdown-document.ts';
import { parseTree } from '../../src/parse/markdown-tree.ts';
import { textDocumentOf } from '../../src/parse/text-document.ts';
import { createSqlParser } from '../../src/policy/sql-parser.ts';
import { compileBytes, damaged, documents, expectSoundReading, fixtureDocuments, signs } from './fuzz-document.ts';
import { withMemory } from './mutant.ts';

const parser = withMemory(createSqlParser());
afterAll(() => parser.close());

const encoded = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('any document is read soundly', () => {
  test('constructs of the trade, nested at random', () =>
    fc.assert(
      fc.asyncProperty(documents, (text) => expectSoundReading(text, parser)),
      { numRuns: 150, seed: 20_261_121 },
    ));

  test('signs of Markdown in any order', () =>
    fc.assert(
      fc.asyncProperty(signs, (text) => expectSoundReading(text, parser)),
      { numRuns: 250, seed: 1 },
    ));

  test('bytes', () =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), (bytes) => expectSoundReading(bytes, parser)),
      { numRuns: 300, seed: 2 },
    ));

  test('texts of any character, in UTF-16 too', () =>
    fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), fc.constantFrom('utf8', 'utf16le'), (text, encoding) =>
        expectSoundReading(Buffer.from(`\u{feff}${text}`, encoding), parser),
      ),
      { numRuns: 150, seed: 3 },
    ));

  test('a fixture with something cut, doubled or swapped', () => {
    const fixtures = fixtureDocuments().map((file) => readFileSync(file, 'utf8'));
    const mutants = fc.constantFrom(...fixtures.filter((text) => text.length < 6_000)).chain(damaged);
    return fc.assert(
      fc.asyncProperty(mutants, (text) => expectSoundReading(text, parser)),
      { numRuns: 60, seed: 4 },
    );
  });
});

describe('a tree read part by part', () => {
  const shape = (nodes: readonly object[]): unknown =>
    JSON.parse(JSON.stringify(nodes, (key, value: unknown) => (key === 'line' || key === 'column' ? undefined : value)));
  const both = (text: string, units: number): void => {
    expect(shape(parseTree(text, units))).toEqual(shape(parseTree(text, Number.MAX_SAFE_INTEGER)));
  };

  test('is that of the whole text', () => {
    // Behind front matter that is never closed remark reads a first footnote or quote otherwise than anywhere else.
    const texts = fc.oneof(documents, signs).filter((text) => !/^\u{feff}*(?:---|\+\+\+)/u.test(text));
    fc.assert(fc.property(texts, fc.constantFrom(1, 40), both), { numRuns: 600, seed: 5 });
  });

  test.each([
    ['a reference before its definition', 'See [a] and [B c].\n\nText.\n\n[a]: x\n\n> [b\n> C]: y\n\nMore [A][].'],
    ['footnotes', 'One[^1].\n\nTwo.\n\n[^1]: note\n\n    more\n\nThree[^1].'],
    ['a fence over empty lines', '```bash\n\necho\n\nText\n\n```\n\nText\n\n~~~\n\n```\n\nText'],
    ['a fence that seems closed', '```\n\na\n     ```\n\nb\n\n```\n\n[a]: x\n\n[a]'],
    ['HTML over empty lines', '<!-- a\n\nb\n\n# c -->\n\nText\n\n<pre>\n\nx\n\n</pre>\n\nText\n\n<?php\n\na ?>\n\nb'],
    ['front matter with an empty line', '---\na: 1\n\nb: 2\n\nc: 3\n---\n\nText\n\nText'],
    ['front matter that is none', '---\na: 1\n\nb: 2\n\nText'],
    ['CR alone', '# A\r\rText\r\r- b\r\r# C\r\r```\r\ra\r\r```\r\rText'],
    ['two byte order marks', '\u{feff}\u{feff}# A\n\nText [a]\n\n[a]: x'],
  ])('%s', (_, text) => {
    for (const units of [1, 5, 20]) both(text, units);
  });
});

describe('deep nesting is read or refused, never fatal', () => {
  const deep = 10_000;
  test.each([
    ['quotes', '>'.repeat(deep)],
    ['quotes with spaces', '> '.repeat(deep)],
    ['brackets', '['.repeat(deep)],
    ['brackets closed', `${'['.repeat(deep)}a${']'.repeat(deep)}`],
    ['round brackets', '[a]('.repeat(deep / 4)],
    ['images', '!['.repeat(deep)],
    ['lists in one line', `${'- '.repeat(deep)}a`],
    ['lists over lines', Array.from({ length: 1_000 }, (_, at) => `${' '.repeat(2 * at)}- a`).join('\n')],
    ['ordered lists over lines', Array.from({ length: 1_000 }, (_, at) => `${'   '.repeat(at)}1. a`).join('\n')],
    ['emphasis', '*a '.repeat(deep)],
    ['emphasis of two kinds', '*a_ '.repeat(deep)],
    ['asterisks', '*'.repeat(deep)],
    ['strikes', `${'~~a '.repeat(deep)}x${' b~~'.repeat(deep)}`],
    ['footnotes', `${'[^a]: '.repeat(deep)}x`],
    ['lazy lines', '> a\nb\n'.repeat(deep)],
    ['backticks', Array.from({ length: 140 }, (_, at) => '`'.repeat(at + 1)).join(' a ')],
    ['HTML', '<a '.repeat(deep)],
    ['brackets in a command', `\`\`\`bash\n${'('.repeat(deep)}\n\`\`\``],
    ['substitutions in a command', `\`\`\`bash\necho ${'$('.repeat(deep)}\n\`\`\``],
    ['brackets in a query', `\`\`\`sql\nselect ${'('.repeat(deep)}1${')'.repeat(deep)}\n\`\`\``],
    ['brackets in a sentence', `Expected: ${'('.repeat(deep)}1${')'.repeat(deep)}`],
    ['front matter', `---\nsteps: ${'['.repeat(deep)}\n---\n\ntext`],
    ['front matter of maps', `---\nsteps: ${'{a: '.repeat(deep)}\n---\n\ntext`],
  ])('%s', (_, text) => expectSoundReading(`# Deep\n\n${text}\n`.replace(/^# Deep\n\n(?=---)/, ''), parser), 60_000);
});

describe('what is only long is not refused as nested', () => {
  const many = 800;
  test.each([
    ['a fence of names', `\`\`\`text\n${'snake_case_name **\n'.repeat(many)}\`\`\``],
    ['indented code', `Text:\n\n${'    /*****/ a_b[c]\n'.repeat(many)}`],
    ['a table', `| a | b |\n|---|---|\n${'| `a_b` | *c* |\n'.repeat(many)}`],
    ['a list', '- *a* [x] b_c\n'.repeat(many)],
    ['an ordered list', Array.from({ length: many }, (_, at) => `${at + 1}. a_b`).join('\n')],
    ['rules', '* * * * *\n\n'.repeat(many)],
    ['paragraphs after lists', '- a\n\n**b** c_d\n\n'.repeat(many)],
  ])('%s', (_, text) => {
    const { value, diagnostics } = parseMarkdown(textDocumentOf(`# T\n\n${text}\n`, 'a.md'));
    expect(diagnostics).toEqual([]);
    expect(value?.blocks.length).toBeGreaterThan(1);
  });
});

describe('YAML bombs', () => {
  const aliases = `a: &a [x, x, x, x, x, x, x, x, x]\n${Array.from('bcdefghi', (name, at) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcdefgh'[at]}`).join(', ')}]`).join('\n')}\nsteps: *i\n`;
  const bombs: readonly (readonly [string, string])[] = [
    ['aliases', aliases],
    ['an alias of itself', 'steps: &a [*a]\n'],
    ['merge keys', `a: &a {x: 1}\nsteps:\n${'  - <<: [*a, *a, *a]\n'.repeat(200)}`],
    ['depth', `steps: ${'['.repeat(5_000)}\n`],
    ['depth by indentation', Array.from({ length: 800 }, (_, at) => `${' '.repeat(at)}a:`).join('\n')],
    ['a huge scalar', `steps: "${'x'.repeat(500_000)}"\n`],
    ['a huge key', `${'x'.repeat(200_000)}: 1\n`],
    ['many keys', Array.from({ length: 800 }, (_, at) => `k${at}: 1`).join('\n')],
    ['tags', `steps: ${'!!binary '.repeat(100)}x\n`],
    ['block scalars', `${'steps: |+9\n'.repeat(200)}`],
  ];
  test.each(bombs)(
    '%s, in each place where YAML is read',
    async (_, yaml) => {
      const plan = encoded('# T\n\n```bash\necho one\n```\n');
      const results = [
        await compileBytes(plan, parser, encoded(yaml)),
        await compileBytes(encoded(yaml), parser, undefined, 'fuzz.plan.yaml'),
        await compileBytes(encoded(`---\n${yaml}---\n\n# T\n\n\`\`\`bash\necho one\n\`\`\`\n`), parser),
      ];
      for (const { diagnostics } of results.slice(0, 2)) expect(diagnostics.some(({ severity }) => severity === 'error')).toBe(true);
      expect(results).toHaveLength(3);
    },
    60_000,
  );
});
