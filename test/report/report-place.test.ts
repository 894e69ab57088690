import { expect, test } from 'vitest';
import { createPlaceFinder } from '../../src/report/report-place.ts';
import { spanOf } from '../support/sample-execution.ts';

test.each([
  ['a paragraph of several lines is not taken apart', 'x', 'ax\nb\nc\n\nd', 3, ''],
  ['a fence is not entered', 'x', '```\na\nx\nb\n```\nc', 5, ''],
  ['an inner fence does not end an outer one', 'x', '````\n```\nx\n```\n````', 5, ''],
  ['tildes', 'x', '~~~ bash\nx\n```\n~~~\n', 4, ''],
  ['a fence that is never closed', 'x', '```\nx\na', 3, ''],
  ['an item of a list', 'x', '- x\n- b', 1, '  '],
  ['a numbered item', 'x', '1. x\n2. b', 1, '   '],
  ['an item of several lines', 'x', '- x\n  more\n- b', 2, '  '],
  ['a fence in an item', 'x', '2. Run:\n   - Do:\n     ```bash\n     x\n     ```\n\n3. b', 5, '     '],
  ['a row of a table', 'x', '| a |\n|---|\n| x |\n| y |\n\nb', 4, ''],
  ['a heading', 'x', '## x\ntext', 1, ''],
  ['a heading that is underlined', 'x', 'x\n---\ntext', 2, ''],
  ['an indented block of code', 'x', 'a\n\n    x\n    y\n\nb', 4, ''],
  ['an indented block of code in an item', 'x', '- a\n\n      x\n\nb', 3, '  '],
  ['a quotation in an item', 'x', '- a\n\n  > x\n\nb', 3, '  > '],
  ['an item behind a tab', 'x', '-\tx\n\nb', 1, '    '],
  ['an item with a box', 'x', '- [ ] x\n- [x] b', 1, '  '],
  ['an item with a box and code', 'x', '- [ ] `x`\n- [x] b', 1, '  '],
  ['a footnote', 'x', 'a[^1]\n\n[^1]: x\n\nb', 3, '    '],
  ['a quotation', 'x', '> x\n\nb', 1, '> '],
  ['the last line', 'x', 'a\n\nx', 3, ''],
])('%s', (_name, text, document, after, indent) => {
  expect(createPlaceFinder(document).find(spanOf(document, text))).toEqual({ after, indent });
});

test('a span that ends at the beginning of a line ends with the line before', () => {
  const document = '- x\n- y\n- z';
  const span = spanOf(document, 'x\n');
  expect(createPlaceFinder(document).find(span)?.after).toBe(1);
});

test('behind raw HTML there is no place: it goes on to the next empty line', () => {
  const document = '<details>\n<summary>x</summary>\n\ntext\n';
  expect(createPlaceFinder(document).find(spanOf(document, 'x'))).toBeUndefined();
});

test.each([
  ['---\na: 1\n---\n# x\n', 3],
  ['+++\na = 1\n+++\n\nx', 3],
  ['# x\n---\n', 0],
  ['', 0],
])('front matter of %j', (document, line) => {
  expect(createPlaceFinder(document).frontMatter).toBe(line);
});
