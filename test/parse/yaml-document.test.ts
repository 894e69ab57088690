import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../src/model/diagnostic.ts';
import { parseYaml, type YamlDocument } from '../../src/parse/yaml-document.ts';

function read(text: string): YamlDocument {
  const { value, diagnostics } = parseYaml(text, 'a.yaml');
  expect(diagnostics).toEqual([]);
  if (value === undefined) throw new Error('no value');
  return value;
}

function refusals(text: string): readonly Diagnostic[] {
  const { value, diagnostics } = parseYaml(text, 'a.yaml');
  expect(value).toBeUndefined();
  return diagnostics;
}

/** `line:column code` of each diagnostic. */
function places(text: string): readonly string[] {
  return refusals(text).map(({ code, span }) => `${span?.start.line}:${span?.start.column} ${code}`);
}

describe('plain data', () => {
  it('follows YAML 1.2: yes and no are text', () => {
    expect(read('a: yes\nb: true\nc: [1, x, ~]\nd: {e: 012}\n').value).toEqual({ a: 'yes', b: true, c: [1, 'x', null], d: { e: 12 } });
  });

  it('reads every key as text', () => {
    expect(read('1.0: a\n~: b\ntrue: c\n').value).toEqual({ '1.0': 'a', '~': 'b', true: 'c' });
  });

  it('keeps `__proto__` a key like any other', () => {
    const value = read('__proto__: {polluted: true}\n').value as Record<string, unknown>;
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect(value['polluted']).toBeUndefined();
  });

  it('does not read `<<` as a merge', () => {
    expect(read('x: &x {a: 1}\ny: {<<: *x}\n').value).toEqual({ x: { a: 1 }, y: { '<<': { a: 1 } } });
  });

  it('expands aliases by copying', () => {
    const value = read('x: &x {a: [1]}\ny: *x\nz: *x\n').value as Record<string, unknown>;
    expect(value['y']).toEqual({ a: [1] });
    expect(value['y']).not.toBe(value['z']);
  });

  it('gives an alias the anchor above it, not one set again below', () => {
    expect(read('a: &x 1\nb: *x\nc: &x 2\nd: *x\n').value).toEqual({ a: 1, b: 1, c: 2, d: 2 });
    expect(read('a: &x 1\nb: &y [*x]\nc: &x 2\nd: *y\n').value).toEqual({ a: 1, b: [1], c: 2, d: [1] });
  });
});

describe('source text', () => {
  it('keeps what a number loses', () => {
    const document = read(
      "big: 9007199254740993\nshort: 1.10\nhex: 0x1F\nnone: ~\nempty:\nquoted: 'a''b'\nescaped: \"a\\nb\"\nblock: |\n  a\n  b\nlist: [1e3]\n",
    );
    expect((document.value as Record<string, unknown>)['big']).toBe(9007199254740992);
    expect(document.sourceOf(['big'])).toBe('9007199254740993');
    expect(document.sourceOf(['short'])).toBe('1.10');
    expect(document.sourceOf(['hex'])).toBe('0x1F');
    expect(document.sourceOf(['none'])).toBe('~');
    expect(document.sourceOf(['empty'])).toBe('');
    expect(document.sourceOf(['quoted'])).toBe("a'b");
    expect(document.sourceOf(['escaped'])).toBe('a\nb');
    expect(document.sourceOf(['block'])).toBe('a\nb\n');
    expect(document.sourceOf(['list', 0])).toBe('1e3');
  });

  it('is undefined for what is no scalar or is not there', () => {
    const document = read('a: {b: 1, c}\n');
    expect(document.sourceOf(['a'])).toBeUndefined();
    expect(document.sourceOf(['a', 'x'])).toBeUndefined();
    expect(document.sourceOf(['a', 'b', 'x'])).toBeUndefined();
    expect(document.sourceOf(['a', 'c'])).toBeUndefined();
  });

  it('reads through an alias', () => {
    expect(read('a: &x 1.10\nb: *x\n').sourceOf(['b'])).toBe('1.10');
  });
});

describe('places', () => {
  const text = '\u{feff}steps:\n  - at: one two   # note\n    writes: [runs,\n      agents]\n\n  - at: |\n      x\n\n\nlast: {a, b: 2}\n';
  const document = read(text);
  const stripped = text.slice(1);
  const shown = (...parameters: Parameters<YamlDocument['spanOf']>): string => {
    const span = document.spanOf(...parameters);
    return `${span.start.line}:${span.start.column} ${stripped.slice(span.start.offset, span.end.offset)}`;
  };

  it('finds values and keys, after a stripped byte order mark', () => {
    expect(shown(['steps', 0, 'at'])).toBe('2:9 one two');
    expect(shown(['steps', 0, 'at'], 'key')).toBe('2:5 at');
    expect(shown(['steps', 0, 'writes', 1])).toBe('4:7 agents');
    expect(shown(['last', 'b'])).toBe('10:14 2');
  });

  it('ends an entry where its text ends', () => {
    expect(shown(['steps', 0])).toBe('2:5 at: one two   # note\n    writes: [runs,\n      agents]');
    expect(shown(['steps', 1, 'at'])).toBe('6:9 |\n      x');
  });

  it('lets the key stand for a value that is not written', () => {
    expect(shown(['last', 'a'])).toBe('10:8 a');
  });

  it('answers with the deepest node that is there', () => {
    expect(shown(['last', 'b', 'c', 'd'])).toBe('10:14 2');
    expect(shown(['nothing'])).toBe(`1:1 ${stripped.trimEnd()}`);
    expect(shown(['steps', 7])).toMatch(/^2:3 - at/);
  });

  it('shows an item of a list, which has no key, as itself', () => {
    expect(shown(['steps', 0, 'writes', 0], 'key')).toBe('3:14 runs');
  });

  it('goes through an alias to where the value is written', () => {
    const aliased = read('x: &x {a: 1}\ny: *x\n');
    expect(aliased.spanOf(['y']).start.line).toBe(2);
    expect(aliased.spanOf(['y', 'a']).start.line).toBe(1);
  });
});

describe('refused', () => {
  it.each([
    ['a reserved character', 'a: 1\nb: `x`\n', '2:4 parse/yaml-syntax'],
    ['a colon in a plain value', 'a: b: c\n', '1:4 parse/yaml-syntax'],
    ['an open bracket', 'a: [1, 2', '1:9 parse/yaml-syntax'],
    ['an open quote', "a: 'x\n", '2:1 parse/yaml-syntax'],
    ['unaligned keys', 'a:\n    b: 1\n  c: 2\n', '3:1 parse/yaml-syntax'],
    ['a tab as indentation', 'a:\n\tb: 1\n', '2:1 parse/yaml-tab'],
    ['a duplicate key', 'a: 1\nb: 2\na: 3\n', '3:1 parse/yaml-duplicate-key'],
    ['a duplicate key in other quotes', 'x: {"a": 1, \'a\': 2}\n', '1:13 parse/yaml-duplicate-key'],
    ['a custom tag', 'a: !run ls\n', '1:4 parse/yaml-tag'],
    ['a tag of another schema', 'a: !!binary aGk=\n', '1:4 parse/yaml-tag'],
    ['a tag that builds things', 'a: !!js/function "x"\n', '1:4 parse/yaml-tag'],
    ['a second document', 'a: 1\n---\nb: 2\n', '2:1 parse/yaml-multiple-documents'],
    ['text behind the end mark', 'a: 1\n...\nb: 2\n', '3:1 parse/yaml-multiple-documents'],
    ['an unknown directive', '%FOO x\n---\na: 1\n', '1:1 parse/yaml-syntax'],
    ['YAML 1.1', '%YAML 1.1\n---\na: yes\n', '1:1 parse/yaml-syntax'],
    ['a key that is a list', '? [a]\n: x\n', '1:3 parse/yaml-syntax'],
    ['an unknown anchor', 'a: *x\n', '1:4 parse/yaml-syntax'],
    ['an alias of itself', '&a [*a]\n', '1:5 parse/yaml-alias-limit'],
    ['NUL', 'a: x\0y\n', '1:5 parse/yaml-control-character'],
    ['NUL by escape', 'a: "x\\0y"\n', '1:4 parse/yaml-control-character'],
    ['half a surrogate pair by escape', 'a: "\\ud800"\n', '1:4 parse/yaml-control-character'],
    ['NUL by escape in a key', '"a\\0": x\n', '1:1 parse/yaml-control-character'],
    ['a terminal escape', 'a: x\u{1b}[31m\n', '1:5 parse/yaml-control-character'],
    ['a bidirectional override', 'a: x\u{202e}y\n', '1:5 parse/yaml-control-character'],
    ['a zero width space', 'a: x\u{200b}y\n', '1:5 parse/yaml-control-character'],
    ['a CR that ends no line', '- a\r- b\r', '1:4 parse/yaml-control-character'],
    ['nothing', '', '1:1 parse/empty-document'],
    ['comments only', '# a\n', '1:1 parse/empty-document'],
  ])('%s', (_, text, place) => {
    expect(places(text)).toEqual([place]);
  });

  it('names all errors, sorted, one a line', () => {
    expect(places('a: @x\nb: 1\nb: !t 2\nc: %y\n')).toEqual(['1:4 parse/yaml-syntax', '3:1 parse/yaml-duplicate-key', '4:4 parse/yaml-syntax']);
  });

  it('says what to do', () => {
    expect(refusals('at: `x`\n')[0]).toMatchObject({
      severity: 'error',
      message: 'plain value cannot start with reserved character `',
      help: 'put the value in single quotes: it starts with a character that YAML reserves',
    });
    expect(refusals('a: 1\na: 2\n')[0]).toMatchObject({ message: 'the key `a` is given twice', notes: ['first given in line 1'] });
    expect(refusals('&a [*a]\n')[0]?.message).toBe('`*a` stands inside what it repeats');
    expect(refusals('a: x\u{202e}y\n')[0]?.message).toBe('a control or invisible character, U+202E, stands in the text');
  });
});

describe('bounded', () => {
  it('expands aliases only so far', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 10; level += 1)
      lines.push(
        `a${level}: &a${level} [${Array(10)
          .fill(`*a${level - 1}`)
          .join(', ')}]`,
      );
    expect(places(lines.join('\n')).map((place) => place.slice(-22))).toEqual(['parse/yaml-alias-limit']);
  });

  it('expands as many aliases as an honest file has', () => {
    expect(read(`x: &x {a: 1, b: 2}\nlist:\n${'  - *x\n'.repeat(300)}`).value).toHaveProperty('list.299.b', 2);
  });

  it('reads 64 levels and no more', () => {
    expect(read(`${'['.repeat(64)}a${']'.repeat(64)}`).value).toBeDefined();
    expect(places(`${'['.repeat(65)}${']'.repeat(65)}`)).toEqual(['1:65 parse/yaml-too-deep']);
  });

  // Without the bound the parser overflows the stack, and at worst ends the process ("RegExpCompiler Allocation failed").
  it.each(['[', '{a: ', '- ', '? ', 'a: '])('survives a million characters of %j', (part) => {
    expect(refusals(part.repeat(Math.floor(1_000_000 / part.length))).map(({ code }) => code)).toEqual(['parse/yaml-too-deep']);
  });

  it('finds a duplicate among many keys in linear time', () => {
    const keys = Array.from({ length: 40_000 }, (_, index) => `k${index}: 1`);
    expect(places([...keys, 'k7: 2'].join('\n'))).toEqual(['40001:1 parse/yaml-duplicate-key']);
  });

  it('refuses more than a mebibyte', () => {
    expect(places(`# ${'x'.repeat(1_048_576)}`)).toEqual(['1:1 parse/yaml-too-large']);
  });

  it('lists at most 20 errors', () => {
    expect(refusals('a: @x\n'.repeat(100))).toHaveLength(20);
  });
});
