import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applySplices } from '../../src/compile/placeholder.ts';
import { shellHoles } from '../../src/compile/shell-hole.ts';
import { blankSqlHoles, sqlSplices } from '../../src/compile/sql-hole.ts';
import { readHoledShell, unquotedHoles } from '../../src/compile/unquoted-hole.ts';
import { composeEnvironment } from '../../src/engine/step-environment.ts';
import type { Span } from '../../src/model/span.ts';
import { parseShell } from '../../src/policy/shell-syntax.ts';

const span: Span = { path: 'p', start: { offset: 0, line: 1, column: 1 }, end: { offset: 0, line: 1, column: 1 } };
const known = (): boolean => true;

/** What bash really gives to the program: each argument, or its standard input, ended by NUL. */
function run(text: string, value: string): { readonly given: readonly string[]; readonly stderr: string } {
  const { splices, problems } = shellHoles(readHoledShell(text), { known });
  expect(problems).toEqual([]);
  const binding = { name: 'x', value: { type: 'text' as const, text: value }, origin: { kind: 'input' as const, source: '--set' as const } };
  const environment = composeEnvironment(
    { id: '1.1', span, splices, environment: {} },
    { environment: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' }, bindings: new Map([['x', binding]]) },
  );
  const { stdout, stderr } = spawnSync('/bin/bash', ['--noprofile', '--norc', '-p', '-eo', 'pipefail', '-c', applySplices(text, splices)], {
    env: environment.value as NodeJS.ProcessEnv,
    encoding: 'utf8',
  });
  return { given: stdout.split('\0').slice(0, -1), stderr };
}

const nasty = fc.oneof(
  fc.constantFrom(
    "'; rm -rf /",
    '$(id)',
    '`id`',
    '"',
    "'",
    '\\',
    '\\"',
    '$HOME',
    '${x}',
    '*',
    '?',
    '[a-z]',
    '{a,b}',
    '~',
    '-rf',
    '<y>',
    '> /tmp/x',
    '| cat',
    '&',
    '!!',
    '#',
    '\n',
    'a\nb\n',
    ' ',
    '  a  b ',
    '\t',
    'ä€😀',
    "$'\\n'",
    'EOF',
    '\nEOF\nid\n',
    '%s',
    '&a=b#c',
    '{"a": 1}',
    '}, "admin": true',
    '../..',
    'a\u0000'.slice(0, 1),
  ),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
);
const value = fc
  .array(nasty, { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join(''))
  .filter((text) => !text.includes('\0') && !/\p{Surrogate}/u.test(text));

const arrives: readonly (readonly [string, (given: string) => unknown, (value: string) => unknown])[] = [
  ["printf '%s\\0' <x>", (given) => given, (text) => text],
  ["printf '%s\\0' a<x>b", (given) => given, (text) => `a${text}b`],
  ['printf \'%s\\0\' "a <x> b"', (given) => given, (text) => `a ${text} b`],
  ["printf '%s\\0' 'a <x> b'", (given) => given, (text) => `a ${text} b`],
  ["printf '%s\\0' '<x>'", (given) => given, (text) => text],
  ["printf '%s\\0' --name=<x>/y", (given) => given, (text) => `--name=${text}/y`],
  ['V=<x>; printf \'%s\\0\' "$V"', (given) => given, (text) => text],
  ['V=\'<x>\' bash -c \'printf "%s\\0" "$V"\'', (given) => given, (text) => text],
  ['for i in <x>; do printf \'%s\\0\' "$i"; done', (given) => given, (text) => text],
  ["printf '%s\\0' \"$(printf '%s.' <x>)\"", (given) => given, (text) => `${text}.`],
  ['printf \'%s\\0\' \'{"a": {"id": "<x>", "n": 1}}\'', (given) => JSON.parse(given), (text) => ({ a: { id: text, n: 1 } })],
  ['printf \'%s\\0\' "{\\"id\\": \\"<x>\\"}"', (given) => JSON.parse(given), (text) => ({ id: text })],
  [
    "printf '%s\\0' 'https://h.test/a/<x>?b=<x>&c=1'",
    (given) => [...new URL(given).searchParams],
    (text) => [
      ['b', text],
      ['c', '1'],
    ],
  ],
  ["{ cat; printf '\\0'; } <<EOF\na <x> b\nEOF", (given) => given, (text) => `a ${text} b\n`],
  ["{ cat; printf '\\0'; } <<< <x>", (given) => given, (text) => `${text}\n`],
  ['case <x> in y) ;; *) printf \'%s\\0\' "<x>" ;; esac', (given) => given, (text) => text],
  ["[[ <x> == <x> ]] && printf '%s\\0' '<x>'", (given) => given, (text) => text],
];

describe('a value reaches the program as data, unchanged', () => {
  test.each(arrives)(
    '%s',
    (text, read, wanted) => {
      fc.assert(
        fc.property(value, (each) => {
          const { given, stderr } = run(text, each);
          expect(given, stderr).toHaveLength(1);
          expect(read(given[0] ?? '')).toEqual(wanted(each));
        }),
        { numRuns: 40, examples: [["'; rm -rf /"], ['$(id) `id` "\\'], ['a\nb\n\'"'], ['ä😀 €']] },
      );
    },
    60_000,
  );
});

const word = fc.constantFrom(
  'kubectl',
  'get',
  '-n',
  '--all',
  'a=b',
  "'it is'",
  '"x $HOME y"',
  '$PATH',
  '${A:-b}',
  '2>&1',
  '|',
  'grep',
  '&&',
  ';',
  '\n',
  '>',
  'out.txt',
  '< in',
  '>> log',
  "$'a\\n'",
  '# note',
  '{a,b}',
  '*.txt',
  '[a-z]*',
  '$(date +%s)',
  '`ls`',
  '<(sort a)',
  '<<< word',
  '\\<',
  "awk '$1 < 3 && $2 > 4'",
  '((',
  '1<2',
  '))',
  '[[ a < b ]]',
  "--format '{{.Names}}'",
  'a@b.c',
  '%Y%m',
  '__init__',
  'ünï',
);

describe('no text without holes is changed', () => {
  test('shell', () => {
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 12 }).map((words) => words.join(' ')),
        (text) => {
          const { splices } = shellHoles(readHoledShell(text), { known: () => false });
          expect(applySplices(text, splices)).toBe(text);
          expect(unquotedHoles(readHoledShell(text))).toEqual([]);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test('SQL', () => {
    const piece = fc.constantFrom(
      'select',
      'a',
      'from t',
      'where',
      'a < b',
      'c > d',
      "'12:30:00'",
      '::text',
      'x[1:2]',
      '-- :x <y>\n',
      '/* <z> */',
      "'it''s'",
      '"a:b"',
      '$$ x:y $$',
      "like '%A%'",
      "@> '{a}'",
      ';',
      'and',
      '(',
      ')',
      "e'\\''",
      '<=',
      '>=',
      '<>',
      '->>',
      "'b'",
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(' ')),
        (text) => {
          expect(sqlSplices(text)).toMatchObject({ splices: [], parameters: [] });
          expect(blankSqlHoles(text)).toBe(text);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe('an unquoted hole is never a redirection', () => {
  const name = fc.constantFrom(
    '<ns>',
    '<pod-name>',
    '<x.y.z>',
    '<cluster name>',
    '<YOUR_KEY>',
    '<path/to/file>',
    '<user@host>',
    '<n>',
    '<yes|no>',
    '<größe>',
    '<1st>',
    '<file...>',
  );
  const around = fc.constantFrom(
    ['', ''],
    ['pod/', ''],
    ['', '.example.com'],
    ['--a=', ''],
    ['', '/x'],
    ['a-', '-b'],
    ['', ':8080'],
    ['', ' '],
    ['v', ''],
    ['', ',b'],
    ['@', ''],
  ) as fc.Arbitrary<[string, string]>;
  const piece = fc.oneof(
    fc.tuple(around, name).map(([[before, after], hole]) => `${before}${hole}${after}`),
    fc.constantFrom('get', '-o wide', "'q <z> q'", '"d"', '| cat', '&& run', '> out', '2>&1', '$(id <n>)', '<< EOF\nbody <b>\nEOF\n', '\n', '# c <c>\n'),
  );
  test('whatever stands beside it', () => {
    fc.assert(
      fc.property(
        fc.array(piece, { minLength: 1, maxLength: 8 }).map((pieces) => `run ${pieces.join(' ')}`),
        (text) => {
          const script = readHoledShell(text);
          const { splices, problems } = shellHoles(script, { known });
          fc.pre(problems.every((problem) => problem.kind !== 'names-program'));
          const after = parseShell(applySplices(text, splices));
          // What the masked text showed is what is executed: as many words and redirections, and none of them from a hole.
          const shape = (read: typeof script): unknown =>
            read.commands.map((each) => [each.words.length, each.redirects.map((redirect) => redirect.operator), each.heredocs.length]);
          if (script.errors.length === 0) expect(shape(after)).toEqual(shape(script));
          for (const command of after.commands) for (const redirect of command.redirects) expect(redirect.operator).not.toBe('<');
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe('whatever the text is', () => {
  const text = fc.oneof(
    fc.string({
      unit: fc.constantFrom(
        '<',
        '>',
        '{',
        '}',
        '$',
        '`',
        "'",
        '"',
        '\\',
        '(',
        ')',
        '[',
        ']',
        '%',
        '_',
        ':',
        '.',
        '-',
        '#',
        '*',
        '/',
        '|',
        '&',
        ';',
        '=',
        ' ',
        '\n',
        'a',
        'X',
        '1',
        'x',
        'é',
        '\ud800',
        'EOF',
      ),
      maxLength: 60,
    }),
    fc.string({ unit: 'binary', maxLength: 60 }),
  );
  test('splices stand in it, in order, one beside the other', () => {
    fc.assert(
      fc.property(text, fc.boolean(), (each, isKnown) => {
        const found = [shellHoles(readHoledShell(each), { known: () => isKnown }), sqlSplices(each)];
        for (const { splices, problems } of found) {
          let end = 0;
          for (const splice of splices) {
            expect(splice.offset).toBeGreaterThanOrEqual(end);
            end = splice.offset + splice.length;
          }
          for (const { hole } of problems) expect(each.slice(hole.offset, hole.offset + hole.length)).toBe(hole.written);
          expect(end).toBeLessThanOrEqual(each.length);
        }
        expect(blankSqlHoles(each)).toHaveLength(each.length);
      }),
      { numRuns: 3_000 },
    );
  });

  test.each([
    ['open brackets', '<'],
    ['open names', '<a '],
    ['holes', '<a b> '],
    ['blanks', '{{a}} YOUR_A xxxx '],
    ['quoted holes', "'<a>' "],
    ['JSON', 'curl -d \'{"a": "<b>"}\' h\n'],
    ['lines', 'run <a> "$B" {{c}}\n'],
    ['dollars', '$a$ '],
    ['comments', '/*'],
    ['underscores', '__A'],
    ['percents', '%A'],
  ])(
    'time grows with length: %s',
    (_name, unit) => {
      const time = (length: number): number => {
        const each = unit.repeat(Math.ceil(length / unit.length));
        const start = performance.now();
        shellHoles(readHoledShell(each), { known });
        sqlSplices(each);
        return performance.now() - start;
      };
      time(2_000);
      expect(time(20_000)).toBeLessThan(2_000);
    },
    10_000,
  );
});
