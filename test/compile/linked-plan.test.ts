/** Sentences that demand a plan, and those that come near and do not. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { linkedPlansOf } from '../../src/compile/linked-plan.ts';
import { parseMarkdown } from '../../src/parse/markdown-document.ts';
import { parseText } from '../../src/parse/text-document.ts';

const rows = readFileSync(join(import.meta.dirname, '../../fixtures/reading/linked-plan/sentence.tsv'), 'utf8')
  .trimEnd()
  .split('\n')
  .slice(1)
  .map((line) => line.split('\t'));

describe.each(rows)('%s', (sentence = '', inPart = '', inText = '') => {
  test.each([
    ['preconditions', inPart],
    ['text', inText],
  ] as const)('in %s: %s', (area, expected) => {
    const text = parseText(Buffer.from(sentence), 'a.md').value;
    if (text === undefined) throw new Error('no text');
    const [block] = (parseMarkdown(text).value?.blocks ?? []).filter(({ inlines }) => inlines.length > 0);
    expect(block && linkedPlansOf(block, { start: 0, end: sentence.length }, area).join(', ')).toBe(expected === '-' ? '' : expected);
  });
});

describe('a link whose address stands elsewhere in the document demands its plan, too', () => {
  test.each([
    ['[Setup][s]', '[s]: setup.md', 'setup.md'],
    ['[setup][]', '[Setup]: setup.md "The one before"', 'setup.md'],
    ['[setup]', '> [setup]: <setup.md>', 'setup.md'],
    ['[setup]', '[setup]: setup.md\n\n[setup]: other.md', 'setup.md'],
    ['[`setup`][s] and [Users][u]', '- [u]: users.md\n\n  [s]: setup.md', 'setup.md, users.md'],
    ['[Setup][s]', '[s]: https://example.org/setup.md', ''],
    ['[Setup][s]', '[t]: setup.md', ''],
  ])('Run %s first, %s', (link, definition, expected) => {
    const sentence = `Run ${link} first.`;
    const text = parseText(Buffer.from(`${sentence}\n\n${definition}\n`), 'a.md').value;
    if (text === undefined) throw new Error('no text');
    const [block] = (parseMarkdown(text).value?.blocks ?? []).filter(({ inlines }) => inlines.length > 0);
    expect(block && linkedPlansOf(block, { start: 0, end: sentence.length }, 'text').join(', ')).toBe(expected);
  });
});
