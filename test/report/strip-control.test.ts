import { expect, test } from 'vitest';
import { stripControl, stripToLine } from '../../src/report/strip-control.ts';

test.each([
  ['colour', '\u001b[31mred\u001b[0m', 'red'],
  ['cursor and clear', 'a\u001b[2J\u001b[1;1Hb', 'ab'],
  ['a title', '\u001b]0;evil\u0007text', 'text'],
  ['a link', '\u001b]8;;http://x\u001b\\here\u001b]8;;\u001b\\', 'here'],
  ['a title that never ends loses its introducer only', '\u001b]0;rest of the output', '0;rest of the output'],
  ['C1 forms', '\u009b31mred\u009d0;t\u009cx', 'redx'],
  ['a device string', '\u001bPq#0\u001b\\x', 'x'],
  ['character sets', '\u001b(Bx\u001b=y', 'xy'],
  ['overwriting', 'FAIL\rPASS\b\b', 'FAILPASS'],
  ['bell, NUL, delete', 'a\u0007b\u0000c\u007f', 'abc'],
  ['line endings', 'a\r\nb\n\tc', 'a\nb\n\tc'],
  ['direction', 'a\u202eb\u2066c', 'abc'],
  ['plain text of any script', 'für 日本 👍', 'für 日本 👍'],
])('%s', (_name, text, expected) => {
  expect(stripControl(text)).toBe(expected);
});

test('one line', () => {
  expect(stripToLine(' a\r\nb\tc\rd ')).toBe('a b c d');
});

test('a megabyte of beginnings takes linear time', () => {
  for (const part of ['\u001b]', '\u001b[', '\u001b[0', '\u001bP', '\u009b;', '\u001b ']) {
    const started = performance.now();
    stripControl(part.repeat(500_000));
    expect(performance.now() - started).toBeLessThan(2_000);
  }
});
