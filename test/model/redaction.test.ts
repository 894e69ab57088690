import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRedactor, shortestSecret } from '../../src/model/redaction.ts';
import type { Redactor } from '../../src/model/redactor.ts';

fc.configureGlobal({ seed: 4648 });

const secret = `p/w "$ä'\\ 7#&%`;

/** Every text that a program may make of the secret, made by programs and libraries that are not ours. */
const forms: Readonly<Record<string, string>> = {
  raw: secret,
  json: JSON.stringify(secret).slice(1, -1),
  'json of python': execFileSync('python3', ['-c', 'import json,sys; print(json.dumps(sys.argv[1])[1:-1], end="")', secret], { encoding: 'utf8' }),
  'json with upper case escapes': JSON.stringify(secret).slice(1, -1).replaceAll('ä', '\\u00E4'),
  'c-like literal': secret.replaceAll('\\', '\\\\').replaceAll("'", "\\'"),
  'sql literal': secret.replaceAll("'", "''"),
  'json with escaped slashes': JSON.stringify(secret).slice(1, -1).replaceAll('/', '\\/'),
  'url component': encodeURIComponent(secret),
  'url component, lower case': encodeURIComponent(secret).replace(/%../g, (escape) => escape.toLowerCase()),
  'url query': new URLSearchParams({ x: secret }).toString().slice(2),
  'url of python': execFileSync('python3', ['-c', 'import urllib.parse,sys; print(urllib.parse.quote(sys.argv[1]), end="")', secret], { encoding: 'utf8' }),
  'url query of python': execFileSync('python3', ['-c', 'import urllib.parse,sys; print(urllib.parse.quote_plus(sys.argv[1]), end="")', secret], {
    encoding: 'utf8',
  }),
  base64: Buffer.from(secret).toString('base64'),
  'base64, url-safe': Buffer.from(secret).toString('base64url'),
  'hex, lower': Buffer.from(secret).toString('hex'),
  'hex, upper': Buffer.from(secret).toString('hex').toUpperCase(),
  'shell quote of python': execFileSync('python3', ['-c', 'import shlex,sys; print(shlex.quote(sys.argv[1])[1:-1], end="")', secret], { encoding: 'utf8' }),
  // What bash's `printf %q` makes of it.
  'shell quote of bash': String.raw`p/w\ \"\$ä\'\\\ 7#\&%`,
  'single-quoted': secret.replaceAll("'", `'\\''`),
  'double-quoted': secret.replace(/["$`\\]/g, '\\$&'),
};

function streamed(redactor: Redactor, chunks: readonly Uint8Array[]): string {
  const stream = redactor.stream();
  return Buffer.concat([...chunks.map((chunk) => Buffer.from(stream.push(chunk))), stream.end()]).toString();
}

/** Cuts bytes at the given places. */
function cut(bytes: Uint8Array, places: readonly number[]): readonly Uint8Array[] {
  const borders = [0, ...places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return borders.slice(1).map((end, index) => bytes.slice(borders[index], end));
}

describe('every written form', () => {
  test.each(Object.entries(forms))('%s', (_, form) => {
    expect(form).not.toBe('');
    const redactor = createRedactor([secret]);
    expect(redactor.text(`before ${form} after`)).toBe('before *** after');
    expect(streamed(redactor, cut(Buffer.from(`before ${form} after`), [3, 9, 10, 11, 20]))).toBe('before *** after');
  });

  test('base64 with other bytes before and after, in both alphabets: no byte of the secret can be read from what is left', () => {
    const token = 'tok\xfb\xef\xbe-4711-secret';
    const redactor = createRedactor([token]);
    for (const encoding of ['base64', 'base64url'] as const) {
      for (let before = 0; before < 6; before += 1) {
        for (let after = 0; after < 4; after += 1) {
          const text = Buffer.concat([Buffer.alloc(before, 'u'), Buffer.from(token), Buffer.alloc(after, 'v')]).toString(encoding);
          const left = redactor.text(text);
          expect(left).toContain('***');
          // At most one character on each side is shared with the neighbours, and at most the padding is left.
          expect(left.replace('***', '').replaceAll('=', '').length).toBeLessThanOrEqual(Math.ceil((before * 4) / 3) + Math.ceil((after * 4) / 3) + 2);
        }
      }
    }
  });
});

describe('what is masked', () => {
  test('the longest match wins, and nothing of overlapping secrets stays', () => {
    expect(createRedactor(['pass', 'password']).text('my password, my pass')).toBe('my ***, my ***');
    expect(createRedactor(['abcdef', 'defghi']).text('xabcdefghiy')).toBe('x***y');
    expect(createRedactor(['aaaa']).text('aaaaaaaaab')).toBe('***b');
    expect(createRedactor(['abcd']).text('abcdabcd')).toBe('******');
  });

  test('secrets shorter than four characters are not masked, and none is', () => {
    expect(shortestSecret).toBe(4);
    expect(createRedactor(['abc', '', 'ä']).text('abc ä')).toBe('abc ä');
    expect(createRedactor(['abcd']).text('abcd')).toBe('***');
    expect(streamed(createRedactor([]), [Buffer.from('any'), Buffer.from('thing')])).toBe('anything');
  });

  test('text without a secret is given back unchanged, half surrogate pairs, byte order marks and invalid bytes too', () => {
    const redactor = createRedactor([secret]);
    expect(redactor.text('\ufeffa\ud800b')).toBe('\ufeffa\ud800b');
    const stream = redactor.stream();
    const bytes = Buffer.from([0, 0xff, 0xfe, 0xc3, 0x28, 0x80]);
    expect(Buffer.concat([stream.push(bytes), stream.end()])).toEqual(bytes);
    expect(redactor.text(`\ufeff${secret}`)).toBe('\ufeff***');
  });

  test('a secret with half a surrogate pair makes no error', () => {
    expect(createRedactor(['\ud800abcd']).text('x')).toBe('x');
  });

  test('a chunk may be used again by the caller', () => {
    const stream = createRedactor(['secret-1']).stream();
    const chunk = Buffer.from('...secr');
    const first = Buffer.from(stream.push(chunk)).toString();
    chunk.fill('X');
    expect(first + Buffer.from(stream.push(Buffer.from('et-1!'))).toString() + Buffer.from(stream.end()).toString()).toBe('...***!');
  });
});

describe('laws', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', '"', "'", '%', '\\', 'ä', ' '), minLength: 4, maxLength: 9 });
  const encodings: readonly ((text: string) => string)[] = [
    (text) => text,
    (text) => JSON.stringify(text).slice(1, -1),
    encodeURIComponent,
    (text) => Buffer.from(text).toString('base64'),
    (text) => Buffer.from(text).toString('hex').toUpperCase(),
  ];

  test('masking does not depend on chunking', () => {
    const pieces = fc.array(
      fc.oneof(fc.record({ secret: fc.nat(), encoding: fc.nat() }), fc.string({ unit: fc.constantFrom('a', 'b', '"', 'ä', '%', '\\'), maxLength: 6 })),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), pieces, fc.array(fc.nat(), { maxLength: 20 }), (secrets, parts, places) => {
        const encoded = (choice: { readonly secret: number; readonly encoding: number }): string =>
          (encodings[choice.encoding % encodings.length] as (text: string) => string)(secrets[choice.secret % secrets.length] as string);
        const text = parts.map((part) => (typeof part === 'string' ? part : encoded(part))).join('');
        const redactor = createRedactor(secrets);
        const whole = redactor.text(text);
        expect(streamed(redactor, cut(Buffer.from(text), places))).toBe(whole);
        expect(
          streamed(
            redactor,
            cut(
              Buffer.from(text),
              Array.from({ length: text.length }, (_, place) => place),
            ),
          ),
        ).toBe(whole);
      }),
      { numRuns: 500 },
    );
  });

  test('no form of any secret is left', () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), fc.array(fc.nat(), { maxLength: 12 }), (secrets, picks) => {
        const text = picks.map((pick) => (encodings[pick % encodings.length] as (text: string) => string)(secrets[pick % secrets.length] as string)).join('-');
        const left = createRedactor(secrets).text(text).split('***');
        for (const encode of encodings) for (const each of secrets) for (const part of left) expect(part).not.toContain(encode(each));
      }),
      { numRuns: 500 },
    );
  });
});

test('masking keeps pace: a hundred secrets cost little more than one', () => {
  const block = Buffer.from(Array.from({ length: 16_384 }, (_, line) => `line ${line}: status ok, value ${line * 7919}\n`).join(''));
  const time = (count: number): number => {
    const redactor = createRedactor(Array.from({ length: count }, (_, index) => `secret-number-${index * 104_729}`));
    const once = (): number => {
      const stream = redactor.stream();
      const start = performance.now();
      for (let round = 0; round < 10; round += 1) stream.push(block);
      return performance.now() - start;
    };
    return Math.min(once(), once(), once());
  };
  const [one, hundred] = [time(1), time(100)];
  expect(hundred / one).toBeLessThan(5);
});
