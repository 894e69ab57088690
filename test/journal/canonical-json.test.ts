import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deepestNesting, digestCanonicalJson, parseCanonicalJson, renderCanonicalJson } from '../../src/journal/canonical-json.ts';

fc.configureGlobal({ seed: 8785 });

/** RFC 8785, appendix B: IEEE 754 bits and the text of the number. */
const numberVectors = [
  ['0000000000000000', '0'],
  ['8000000000000000', '0'],
  ['0000000000000001', '5e-324'],
  ['8000000000000001', '-5e-324'],
  ['7fefffffffffffff', '1.7976931348623157e+308'],
  ['ffefffffffffffff', '-1.7976931348623157e+308'],
  ['4340000000000000', '9007199254740992'],
  ['c340000000000000', '-9007199254740992'],
  ['4430000000000000', '295147905179352830000'],
  ['44b52d02c7e14af5', '9.999999999999997e+22'],
  ['44b52d02c7e14af6', '1e+23'],
  ['44b52d02c7e14af7', '1.0000000000000001e+23'],
  ['444b1ae4d6e2ef4e', '999999999999999700000'],
  ['444b1ae4d6e2ef4f', '999999999999999900000'],
  ['444b1ae4d6e2ef50', '1e+21'],
  ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
  ['3eb0c6f7a0b5ed8d', '0.000001'],
  ['41b3de4355555553', '333333333.3333332'],
  ['41b3de4355555554', '333333333.33333325'],
  ['41b3de4355555555', '333333333.3333333'],
  ['41b3de4355555556', '333333333.3333334'],
  ['41b3de4355555557', '333333333.33333343'],
  ['becbf647612f3696', '-0.0000033333333333333333'],
  ['43143ff3c1cb0959', '1424953923781206.2'],
] as const;

function fromBits(hex: string): number {
  return Buffer.from(hex, 'hex').readDoubleBE();
}

describe('the vectors of RFC 8785', () => {
  test.each(numberVectors)('the double %s is %s', (bits, text) => {
    expect(renderCanonicalJson(fromBits(bits))).toBe(text);
  });

  test.each(['7fffffffffffffff', '7ff0000000000000', 'fff0000000000000'])('the double %s is refused', (bits) => {
    expect(() => renderCanonicalJson(fromBits(bits))).toThrow(TypeError);
  });

  test('3.2.2: literals, numbers and strings', () => {
    const input = String.raw`{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`;
    const output = String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`;
    expect(renderCanonicalJson(JSON.parse(input))).toBe(output);
  });

  test('3.2.3: keys in the order of their UTF-16 units', () => {
    const input = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    };
    const order = [
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ];
    expect(Object.values(JSON.parse(renderCanonicalJson(input)) as object).toSorted()).toEqual(order.toSorted());
    expect([...renderCanonicalJson(input).matchAll(/:"([^"]*)"/g)].map((match) => match[1])).toEqual(order);
  });

  test('every escape of a control character', () => {
    const controls = Array.from({ length: 0x20 }, (_, code) => String.fromCharCode(code)).join('');
    const expected = String.raw`"\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f"`;
    expect(renderCanonicalJson(controls)).toBe(expected);
    expect(renderCanonicalJson('\u007f\u2028/')).toBe('"\u007f\u2028/"');
  });
});

/** The second verifier's own rendering: what it makes of each text, or null where it is not canonical. */
function secondReading(texts: readonly string[]): readonly (readonly [string, number] | null)[] {
  const code =
    'import json, sys; sys.path.insert(0, sys.argv[1]); from verify_format import Bad, parse_canonical\nfor line in sys.stdin:\n    try:\n        parse_canonical(json.loads(line).encode("utf-8", "surrogatepass")); print("null")\n    except Bad as bad:\n        print(json.dumps([bad.code, bad.offset]))';
  const input = texts.map((text) => `${JSON.stringify(text)}\n`).join('');
  const printed = execFileSync('python3', ['-B', '-c', code, join(import.meta.dirname, '../../tools')], { input, encoding: 'utf8' });
  return printed
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as readonly [string, number] | null);
}

describe('the second verifier reads the same', () => {
  const codes = { 'not-json': 'entry-malformed', 'not-canonical': 'entry-not-canonical' } as const;
  const reading = (text: string): readonly [string, number] | null => {
    const parsed = parseCanonicalJson(text);
    return 'value' in parsed ? null : [codes[parsed.problem.kind], Buffer.byteLength(text.slice(0, parsed.problem.offset))];
  };

  test('the numbers of appendix B, and all beside them', () => {
    const texts = numberVectors.flatMap(([bits, text]) => [text, String(fromBits(bits)), fromBits(bits).toExponential(), `${text}0`, `-${text}`, `[${text}]`]);
    expect(secondReading(texts)).toEqual(texts.map(reading));
  });

  test('law: whatever is inserted anywhere, the same first bad byte', () => {
    const plain = fc
      .jsonValue({ maxDepth: 4 })
      .map((value) => renderCanonicalJson(JSON.parse(JSON.stringify(value).replaceAll(/\\ud[89a-f][0-9a-f]{2}/g, ''))));
    const inserted = fc.constantFrom(
      '',
      '"',
      '\\',
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      ' ',
      '\t',
      '\n',
      '0',
      '-',
      '.',
      'e',
      't',
      'true',
      'null',
      'é',
      '😀',
      '\u0000',
      '\u007f',
      '\u2028',
      '\\u0041',
      '\\ud800',
      '\\ud83d\\ude00',
    );
    const texts = fc.sample(fc.tuple(plain, fc.nat(), inserted, fc.nat({ max: 2 })), { numRuns: 1_500, seed: 8785 }).map(([text, at, what, dropped]) => {
      const characters = Array.from(text);
      characters.splice(at % (characters.length + 1), dropped, what);
      return characters.join('');
    });
    expect(secondReading(texts)).toEqual(texts.map(reading));
  });
});

describe('what JSON cannot carry is refused with its place', () => {
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  let deep: unknown = 1;
  for (let depth = 0; depth <= deepestNesting; depth += 1) deep = [deep];
  // oxlint-disable-next-line no-sparse-arrays
  const holes = [1, , 3];
  test.each<readonly [string, unknown, RegExp]>([
    ['undefined', { a: [1, { b: undefined }] }, /^\$\.a\[1\]\.b is undefined/],
    ['a function', { a: () => 1 }, /^\$\.a is a function/],
    ['a symbol', [Symbol('x')], /^\$\[0\] is a symbol/],
    ['a symbol for a key', { [Symbol('x')]: 1 }, /^\$ has a symbol for a key/],
    ['a bigint', { a: 1n }, /^\$\.a is a bigint/],
    ['NaN', [Number.NaN], /^\$\[0\] is NaN/],
    ['half a surrogate pair', 'a\ud800b', /half a surrogate pair/],
    ['half a surrogate pair in a key', { '\udc00': 1 }, /half a surrogate pair/],
    ['a Map', new Map([[1, 2]]), /^\$ is not a plain object/],
    ['a Date', { at: new Date(0) }, /^\$\.at is not a plain object/],
    ['a Buffer', Buffer.from('x'), /^\$ is not a plain object/],
    ['an object that renders itself', { a: { toJSON: () => 1 } }, /^\$\.a\.toJSON is a function/],
    ['an array with holes', holes, /holes/],
    ['a cycle', cycle, /nested more than/],
    ['deep nesting', deep, /nested more than/],
  ])('%s', (_, value, message) => {
    expect(() => renderCanonicalJson(value)).toThrow(TypeError);
    expect(() => renderCanonicalJson(value)).toThrow(message);
  });

  test('an own key `__proto__` is a key like any other', () => {
    const text = '{"__proto__":{"a":1},"b":2}';
    expect(renderCanonicalJson(JSON.parse(text))).toBe(text);
  });
});

test('a digest is that of the text', () => {
  expect(digestCanonicalJson({ b: 1, a: [] })).toBe('1c8f8816506a8ccbc55140d8a7bb70214a8942c7030fc0fc2914cec675cd1c15');
});

describe('the short way for canonical texts takes nothing else', () => {
  test.each([
    ['{"9":1,"10":2}', 'not-canonical'],
    ['{"10":1,"9":2}', undefined],
    ['{"a":1,"10":2}', 'not-canonical'],
    ['{"10":2,"a":1}', undefined],
    ['{"\ue000":1,"\u{10000}":2}', 'not-canonical'],
    ['{"\u{10000}":2,"\ue000":1}', undefined],
    [String.raw`["\ud800"]`, 'not-canonical'],
    [String.raw`["\\ud800"]`, undefined],
    [`${'['.repeat(256)}${']'.repeat(256)}`, undefined],
    [`${'['.repeat(257)}${']'.repeat(257)}`, undefined],
    [`${'['.repeat(258)}${']'.repeat(258)}`, 'not-canonical'],
    ['{"__proto__":{"b":1,"a":2}}', 'not-canonical'],
    ['{"toJSON":1}', undefined],
  ])('%j', (text, problem) => {
    const parsed = parseCanonicalJson(text);
    expect('problem' in parsed ? parsed.problem.kind : undefined).toBe(problem);
  });
});

describe('reading', () => {
  test.each([
    ['{"b":1,"a":2}', 'not-canonical', 2],
    ['{"a":1,"a":2}', 'not-canonical', 5],
    ['{"a": 1}', 'not-canonical', 5],
    ['{"a":1.0}', 'not-canonical', 6],
    ['{"a":1e999}', 'not-canonical', 0],
    [String.raw`"\u0041"`, 'not-canonical', 1],
    [String.raw`"\ud800"`, 'not-canonical', 0],
    [String.raw`"\/"`, 'not-canonical', 1],
    ['-0', 'not-canonical', 0],
    ['', 'not-json', 0],
    ['{', 'not-json', 1],
    ['[1,2}', 'not-json', 4],
    ['{"a" 1}', 'not-json', 5],
    ['{"a":1,}', 'not-json', 7],
    ['{"a":1,2}', 'not-json', 7],
    ['[1,]', 'not-json', 3],
    ['[01]', 'not-json', 2],
    ['"a\nb"', 'not-json', 2],
    [String.raw`["\x"]`, 'not-json', 2],
    ['"abc', 'not-json', 4],
    ['{"a":"b"c}', 'not-json', 8],
    ['{"a":1}x', 'not-json', 7],
    ['{"a":1} {', 'not-json', 8],
    ['[tru]', 'not-json', 1],
    ['{"a":{"b":[1,{"c":nil}]}}', 'not-json', 18],
    ['{a:1}', 'not-json', 1],
    ['\ufeff1', 'not-json', 0],
  ] as const)('%j is %s at %d', (text, kind, offset) => {
    expect(parseCanonicalJson(text)).toEqual({ problem: { kind, offset } });
  });

  test('a long string and deep nesting do not exhaust the stack', () => {
    expect(parseCanonicalJson(`"${'a'.repeat(20_000_000)}`)).toEqual({ problem: { kind: 'not-json', offset: 20_000_001 } });
    expect(parseCanonicalJson('['.repeat(500_000))).toEqual({ problem: { kind: 'not-json', offset: 500_000 } });
    expect(parseCanonicalJson('['.repeat(5_000) + ']'.repeat(5_000))).toEqual({ problem: { kind: 'not-canonical', offset: 0 } });
  });

  test('law: rendering and reading is the identity, and rendering again gives the same bytes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const plain: unknown = JSON.parse(JSON.stringify(value).replaceAll(/\\ud[89a-f][0-9a-f]{2}/g, ''));
        const text = renderCanonicalJson(plain);
        expect(parseCanonicalJson(text)).toEqual({ value: JSON.parse(text) });
        expect(renderCanonicalJson(JSON.parse(text))).toBe(text);
        expect(JSON.parse(text)).toEqual(plain);
      }),
    );
  });

  test('law: a problem stands where the text first differs from every canonical text with the same beginning', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), fc.nat(), fc.constantFrom('x', '"', '{', ' ', '9', ','), (value, place, character) => {
        const text = renderCanonicalJson(JSON.parse(JSON.stringify(value).replaceAll(/\\ud[89a-f][0-9a-f]{2}/g, '')));
        const at = place % (text.length + 1);
        const parsed = parseCanonicalJson(text.slice(0, at) + character + text.slice(at));
        if ('problem' in parsed) {
          expect(parsed.problem.offset).toBeGreaterThanOrEqual(0);
          expect(parsed.problem.offset).toBeLessThanOrEqual(text.length + 1);
        } else expect(renderCanonicalJson(parsed.value)).toBe(text.slice(0, at) + character + text.slice(at));
      }),
    );
  });
});
