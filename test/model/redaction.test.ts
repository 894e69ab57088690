import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRedactor, shortestSecret } from '../../src/model/redaction.ts';
import type { MaskedPart, Redactor } from '../../src/model/redactor.ts';

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
  'json in json': JSON.stringify(JSON.stringify(secret)).slice(3, -3),
  'json in json in json': JSON.stringify(JSON.stringify(JSON.stringify(secret))).slice(7, -7),
  'every character as \\u, upper case': Array.from(secret, (character) => `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`).join(''),
  'every byte as \\x': [...Buffer.from(secret)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join(''),
  'every byte in octal': [...Buffer.from(secret)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join(''),
  'every byte as a percent escape': [...Buffer.from(secret)].map((byte) => `%${byte.toString(16)}`).join(''),
  'url of a url': encodeURIComponent(encodeURIComponent(secret)),
  'some characters escaped, each in another way': `p&#47;w%20\\x22$\\u00e4&apos;\\\\+7&num;%26%`.replace('&num;', '#').replace('+', ' '),
  'html of python': execFileSync('python3', ['-c', 'import html,sys; print(html.escape(sys.argv[1]), end="")', secret], { encoding: 'utf8' }),
  'html in numbers': Array.from(secret, (character) => `&#${character.codePointAt(0)};`).join(''),
  'html in hex': Array.from(secret, (character) => `&#x${character.codePointAt(0)?.toString(16)};`).join(''),
  'repr of python': execFileSync('python3', ['-c', 'import sys; print(repr(sys.argv[1])[1:-1], end="")', secret], { encoding: 'utf8' }),
  'repr of bytes of python': execFileSync('python3', ['-c', 'import sys; print(repr(sys.argv[1].encode())[2:-1], end="")', secret], { encoding: 'utf8' }),
  'ascii of python': execFileSync('python3', ['-c', 'import sys; print(ascii(sys.argv[1])[1:-1], end="")', secret], { encoding: 'utf8' }),
  'sql with an escape string': secret.replaceAll('\\', '\\\\').replaceAll("'", "''"),
  'sql with unicode escapes': Array.from(secret, (character) => `\\${character.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
  csv: secret.replaceAll('"', '""'),
  printf: secret.replaceAll('%', '%%'),
  'hex with colons': Buffer.from(secret)
    .toString('hex')
    .replace(/..(?=.)/g, '$&:'),
  'hex as an array of C': [...Buffer.from(secret)]
    .map((byte) => `0x${byte.toString(16).padStart(2, '0')}`)
    .join(', ')
    .slice(2),
  'hex in lines': Buffer.from(secret)
    .toString('hex')
    .replace(/(.{16})(?=.)/g, '$1\n'),
  'quoted-printable': [...Buffer.from(secret)]
    .map((byte) => (byte > 126 || byte === 61 ? `=${byte.toString(16).toUpperCase()}` : String.fromCharCode(byte)))
    .join(''),
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

describe('what is spread over lines, or stands in another text', () => {
  const key = `-----BEGIN PRIVATE KEY-----\n${Buffer.alloc(96, 'key material ').toString('base64').replace(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----`;
  test.each([
    ['base64 in lines of 64', (text: string) => text.replace(/.{64}/g, '$&\n')],
    ['base64 in lines of 76 with CR', (text: string) => text.replace(/.{76}/g, '$&\r\n')],
    ['base64 in lines in a JSON text', (text: string) => JSON.stringify(text.replace(/.{64}/g, '$&\n'))],
    ['base64 in lines of YAML', (text: string) => text.replace(/.{64}/g, '$&\n        ')],
    ['base64 in a URL', (text: string) => encodeURIComponent(text)],
  ])('%s', (_, layout) => {
    const long = 'a secret that is longer than a line, because it is the phrase of somebody who likes long phrases >>>???';
    for (let before = 0; before < 70; before += 1) {
      const text = layout(Buffer.from(`${'u'.repeat(before)}${long}vv`).toString('base64'));
      const left = createRedactor([long]).text(text);
      expect(left).toMatch(/\*{3}/);
      expect(Buffer.from(left.replace(/\*+|%\w\w|\\[rn]|\s/g, ''), 'base64').toString('latin1')).not.toMatch(/secret|phrase|somebody|likes|long|line/);
    }
  });

  test('a line of a key, the key in one line, indented, and with escaped line ends; its armour stays', () => {
    const redactor = createRedactor([key]);
    const [armour = '', first = '', second = ''] = key.split('\n');
    expect(redactor.text(`x ${first} y`)).toBe('x *** y');
    expect(redactor.text(`x ${second} y`)).toBe('x *** y');
    expect(redactor.text(armour)).toBe(armour);
    expect(redactor.text(key)).toBe('***');
    expect(redactor.text(key.replaceAll('\n', '\\n'))).toBe('***');
    expect(redactor.text(key.replaceAll('\n', '\r\n'))).toBe('***');
    expect(redactor.text(key.replaceAll('\n', '\n      '))).toBe('***');
    expect(redactor.text(key.replaceAll('\n', ''))).toBe('***');
  });

  test('UTF-16 of both orders, base64 of it, base64 within base64', () => {
    const bytes = Buffer.from(secret, 'utf16le');
    const redactor = createRedactor([secret]);
    expect(streamed(redactor, [Buffer.from('<'), bytes, Buffer.from('>')])).toBe('<***>');
    expect(streamed(redactor, [Buffer.from('<'), Buffer.from(bytes).swap16(), Buffer.from('>')])).toBe('<***>');
    expect(redactor.text(bytes.toString('base64'))).toContain('***');
    for (const encode of [encodeURIComponent, JSON.stringify])
      expect(redactor.text(`<${Buffer.from(`x=${encode(secret)}&`).toString('base64')}>`)).toMatch(/^<.{3,6}\*{3}.{0,7}>$/);
    const inner = JSON.stringify({ auth: Buffer.from(`user:${secret}`).toString('base64') });
    expect(redactor.text(Buffer.from(inner).toString('base64'))).toMatch(/^[\w=]*\*{3}[\w=]*$/);
  });

  test('half a secret before the mark of a cut', () => {
    const redactor = createRedactor(['swordfish-of-1943']);
    expect(redactor.text('the value `swordfi…` is none')).toBe('the value `***…` is none');
    expect(redactor.text('swo…')).toBe('swo…');
    expect(redactor.text('swordfi')).toBe('swordfi');
  });
});

describe('the user part of a URL, whoever it belongs to', () => {
  test.each([
    ['postgresql://app:hunter2@db.example/app', 'postgresql://app:***@db.example/app'],
    ['a://b:c@d', 'a://b:***@d'],
    ['x postgres://app:p@ss@h:1/d?y#z', 'x postgres://app:***@h:1/d?y#z'],
    ['https://ghp_abcdef@github.com/x.git', 'https://***@github.com/x.git'],
    ['https://token:x-oauth-basic@github.com', 'https://***@github.com'],
    ["Authentication failed for 'https://u:p@host/'", "Authentication failed for 'https://***@host/'"],
    ['{"url":"redis://:pw9@h"}', '{"url":"redis://:***@h"}'],
  ])('%s', (text, masked) => {
    const redactor = createRedactor([]);
    expect(redactor.text(text)).toBe(masked);
    expect(
      streamed(
        redactor,
        cut(
          Buffer.from(text),
          Array.from({ length: text.length }, (_, place) => place),
        ),
      ),
    ).toBe(masked);
    expect(createRedactor([], { urls: false }).text(text)).toBe(text);
  });

  test.each([
    'ssh://git@host/x',
    'https://example.com/a:b@c',
    'https://host/?q=a:b@c',
    'postgresql://user:password@host:5432/database',
    'postgresql://$USER:$PASSWORD@host',
    'postgresql://<user>:<password>@host',
    'postgresql://app:***@host',
    'http://',
    '://@',
    `http://${'a'.repeat(600)}:b@host`,
  ])('not %s', (text) => {
    expect(createRedactor([]).text(text)).toBe(text);
  });
});

describe('what a mask hides is told beside the stream, and nowhere else', () => {
  test('so that what was printed can be put together again', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom('swordfish', 'fishmonger', 'a://u:pw@h ', 'swordfishmonger', 'sw', '***'), fc.string({ maxLength: 5 })), {
          maxLength: 20,
        }),
        fc.array(fc.nat(), { maxLength: 20 }),
        (pieces, places) => {
          const bytes = Buffer.from(pieces.join(''));
          const parts: MaskedPart[] = [];
          const stream = createRedactor(['swordfish', 'fishmonger']).stream((part) => parts.push(part));
          const left = Buffer.concat([...cut(bytes, places).map((chunk) => Buffer.from(stream.push(chunk))), stream.end()]);
          let whole = Buffer.alloc(0);
          let done = 0;
          for (const { offset, hidden } of parts) {
            expect(left.subarray(offset, offset + 3).toString()).toBe('***');
            whole = Buffer.concat([whole, left.subarray(done, offset), hidden]);
            done = offset + 3;
          }
          expect(Buffer.concat([whole, left.subarray(done)]).toString()).toBe(bytes.toString());
        },
      ),
      { numRuns: 300 },
    );
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
    (text) => JSON.stringify(JSON.stringify(text)).slice(3, -3),
    (text) => [...Buffer.from(text)].map((byte) => `\\x${byte.toString(16)}`).join(''),
    (text) => Array.from(text, (character) => `&#${character.codePointAt(0)};`).join(''),
    (text) => text.replaceAll("'", `'\\''`),
    (text) =>
      Buffer.from(text)
        .toString('hex')
        .replace(/..(?=.)/g, '$&:'),
    (text) => Buffer.from(`uuu${text}vvv`).toString('base64').replace(/.{4}/g, '$&\n'),
    (text) => `db://user:${text.replaceAll(' ', '')}@host `,
    (text) => `${text.slice(0, -1)}…`,
  ];
  /** What is left of these is not looked for: their ends are shared with what stands beside them. */
  const whole = encodings.slice(0, 10).filter((_, index) => index !== 3);

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
        for (const encode of whole) for (const each of secrets) for (const part of left) expect(part).not.toContain(encode(each));
      }),
      { numRuns: 500 },
    );
  });
});

test('a long secret, many line ends, and a text of nothing but beginnings take no time', () => {
  const started = performance.now();
  const redactor = createRedactor(['\n'.repeat(2000), `${'a'.repeat(500)}b`, `x${'\\'.repeat(200)}y`, Buffer.alloc(100_000, 'key ').toString('base64')]);
  redactor.text('a'.repeat(5_000));
  redactor.text('\\'.repeat(5_000));
  redactor.text('\n'.repeat(5_000));
  redactor.text('://'.repeat(5_000));
  expect(performance.now() - started).toBeLessThan(10_000);
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
