import { expect, test } from 'vitest';
import { createLineSplitter, longestLine } from '../../src/engine/line-splitter.ts';

function split(...chunks: readonly string[]): readonly [string, number, boolean][] {
  const lines: [string, number, boolean][] = [];
  const splitter = createLineSplitter((line, lineNumber, cut) => void lines.push([line, lineNumber, cut]));
  for (const chunk of chunks) splitter.push(Buffer.from(chunk));
  splitter.end();
  return lines;
}

test('lines are numbered from 1, empty ones too, and the last needs no newline', () => {
  expect(split('a\n\nb')).toEqual([
    ['a', 1, false],
    ['', 2, false],
    ['b', 3, false],
  ]);
  expect(split('a\n')).toEqual([['a', 1, false]]);
  expect(split('', 'a', '', '\n', '\n')).toEqual([
    ['a', 1, false],
    ['', 2, false],
  ]);
  expect(split()).toEqual([]);
});

test('a line of 64 KiB is whole, one byte more is cut and says so, and the next is whole again', () => {
  const whole = 'x'.repeat(longestLine);
  expect(split(`${whole}\n`)).toEqual([[whole, 1, false]]);
  expect(split(`${whole}y\nnext\n`)).toEqual([
    [whole, 1, true],
    ['next', 2, false],
  ]);
  expect(split(whole, 'y', 'z'.repeat(100_000), '\nnext')).toEqual([
    [whole, 1, true],
    ['next', 2, false],
  ]);
});
