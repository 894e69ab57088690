import { describe, expect, test } from 'vitest';
import { alternativesOf, compileSearchCommand } from '../../src/compile/search-command.ts';
import { parseShell } from '../../src/policy/shell-syntax.ts';

const read = (text: string) => compileSearchCommand(parseShell(text));

describe('rg command lines', () => {
  test.each([
    ['rg -n "a|b" \\\n  src/x.py', { patterns: ['a', 'b'], paths: ['src/x.py'] }],
    ['rg -n "INSERT INTO runs|Run\\\\(" backend/app', { patterns: ['INSERT INTO runs', 'Run\\('], paths: ['backend/app'] }],
    ['rg -F "a|b" .', { patterns: ['a|b'], paths: ['.'], fixedStrings: true }],
    ['rg -e one -e two -g "*.ts" src', { patterns: ['one', 'two'], paths: ['src'] }],
    ['rg -A 3 pattern', { patterns: ['pattern'], paths: [] }],
    ['rg -- -x file', { patterns: ['-x'], paths: ['file'] }],
  ])('%s', (text, expected) => expect(read(text)).toMatchObject(expected));

  test.each([
    'rg a src | wc -l',
    'rg a src > out',
    'rg a $DIR',
    'rg -v a src',
    'rg --files src',
    'rg -f patterns src',
    'A=1 rg a',
    'rg a; rg b',
    'rg a src || true',
    'rg a &',
    'grep a b',
    'rg',
  ])('%s is run as a shell step', (text) => {
    expect(read(text)).toBeUndefined();
  });
});

test.each([
  ['a|b|c', ['a', 'b', 'c']],
  ['(a|b)c', ['(a|b)c']],
  ['[|]x|y', ['[|]x', 'y']],
  ['a\\|b', ['a\\|b']],
  ['a||b', ['a||b']],
])('alternatives of %s', (pattern, alternatives) => expect(alternativesOf(pattern)).toEqual(alternatives));
