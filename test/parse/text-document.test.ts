import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseText, positionAt, spanAt, textDocumentOf } from '../../src/parse/text-document.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function refusal(bytes: Uint8Array) {
  const { value, diagnostics } = parseText(bytes, 'plan.md');
  expect(value).toBeUndefined();
  expect(diagnostics).toHaveLength(1);
  return diagnostics[0];
}

describe('parseText', () => {
  it('keeps the text as it is', () => {
    const { value, diagnostics } = parseText(encode('# A — plan\r\n\r\n- b\n'), 'plan.md');
    expect(diagnostics).toEqual([]);
    expect(value).toMatchObject({ path: 'plan.md', text: '# A — plan\r\n\r\n- b\n', bom: false, lineStarts: [0, 12, 14, 18] });
  });

  it('takes a byte order mark away before places are counted', () => {
    const { value } = parseText(encode('\u{feff}# a'), 'plan.md');
    expect(value).toMatchObject({ text: '# a', bom: true });
    expect(value && positionAt(value, 0)).toEqual({ offset: 0, line: 1, column: 1 });
  });

  it('takes only one byte order mark away', () => {
    expect(parseText(encode('\u{feff}\u{feff}a'), 'plan.md').value?.text).toBe('\u{feff}a');
  });

  it.each([
    ['no bytes', encode(''), 'the file has no bytes'],
    ['white space only', encode(' \r\n\t\n'), 'the file has 5 bytes and no text'],
    ['a byte order mark only', encode('\u{feff}'), 'the file has 3 bytes and no text'],
  ])('refuses an empty document: %s', (_, bytes, note) => {
    expect(refusal(bytes)).toMatchObject({ code: 'parse/empty-document', message: '`plan.md` is empty', notes: [note] });
  });

  it('refuses a binary file and names the first NUL', () => {
    expect(refusal(Uint8Array.of(0x61, 0x0a, 0x62, 0x00, 0xff))).toMatchObject({
      code: 'parse/binary-file',
      message: '`plan.md` is a binary file',
      span: { start: { offset: 3, line: 2, column: 2 } },
      notes: ['byte 4 of 5 is NUL'],
    });
  });

  it('refuses UTF-16 with a word of its own', () => {
    expect(refusal(Uint8Array.of(0xff, 0xfe, 0x61, 0x00))).toMatchObject({
      code: 'parse/invalid-utf-8',
      message: '`plan.md` is UTF-16, not UTF-8',
      help: 'save the file as UTF-8',
    });
  });

  it.each([
    ['a byte of Latin-1', [0x61, 0xe9, 0x62], 2, '0xe9'],
    ['an overlong form', [0x61, 0xc0, 0xaf], 2, '0xc0'],
    ['an overlong form of three bytes', [0xe0, 0x80, 0xaf], 1, '0xe0'],
    ['a surrogate', [0xed, 0xa0, 0x80], 1, '0xed'],
    ['a number above U+10FFFF', [0xf4, 0x90, 0x80, 0x80], 1, '0xf4'],
    ['a cut sequence at the end', [0x61, 0xe2, 0x80], 2, '0xe2'],
    ['a lone continuation byte', [0x61, 0x80], 2, '0x80'],
  ])('refuses invalid UTF-8 with its place: %s', (_, bytes, place, byte) => {
    expect(refusal(Uint8Array.from(bytes))).toMatchObject({
      code: 'parse/invalid-utf-8',
      span: { start: { line: 1, column: place } },
      notes: [`byte ${place} of ${bytes.length} is ${byte}`],
    });
  });

  it('counts the place of invalid UTF-8 in characters, not bytes', () => {
    expect(refusal(Uint8Array.from([...encode('ä\n→ö'), 0xff]))?.span?.start).toEqual({ offset: 4, line: 2, column: 3 });
  });

  it('agrees with the platform about what is UTF-8', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 8 }), (random) => {
        const bytes = Uint8Array.of(0x61, ...random.map((byte) => (byte === 0 ? 0xe2 : byte)));
        let valid = true;
        try {
          new TextDecoder('utf-8', { fatal: true }).decode(bytes);
        } catch {
          valid = false;
        }
        expect(parseText(bytes, 'plan.md').value !== undefined).toBe(valid);
      }),
      { seed: 7, numRuns: 5000 },
    );
  });
});

describe('positions', () => {
  it('ends a line at LF, CR LF and a lone CR', () => {
    expect(textDocumentOf('a\nb\r\nc\rd', 'x').lineStarts).toEqual([0, 2, 5, 7]);
  });

  it('counts columns in UTF-16 units', () => {
    expect(positionAt(textDocumentOf('a\n😀b', 'x'), 4)).toEqual({ offset: 4, line: 2, column: 3 });
  });

  it('moves an offset outside the text to its nearest end', () => {
    const document = textDocumentOf('ab\nc', 'x');
    expect(positionAt(document, -1)).toEqual({ offset: 0, line: 1, column: 1 });
    expect(positionAt(document, 99)).toEqual({ offset: 4, line: 2, column: 2 });
    expect(spanAt(document, 3, 1)).toEqual({ path: 'x', start: { offset: 3, line: 2, column: 1 }, end: { offset: 3, line: 2, column: 1 } });
  });

  it('agrees with counting by hand', () => {
    const text = fc.array(fc.constantFrom('a', '\n', '\r\n', 'ü', '😀')).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, fc.nat(40), (value, offset) => {
        const document = textDocumentOf(value, 'x');
        const inside = Math.min(offset, value.length);
        const before = value.slice(0, inside).split('\n');
        expect(positionAt(document, offset)).toEqual({ offset: inside, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 });
      }),
      { seed: 7 },
    );
  });
});
