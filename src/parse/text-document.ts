/**
 * Bytes to text with places. Everything that reads an author's file starts here, so that a place means the same
 * everywhere: UTF-16 units after a stripped byte order mark, and a line ends at LF, CR LF or a lone CR (as CommonMark has it).
 */
import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import type { Position, Span } from '../model/span.ts';

/** An author's file as text. `lineStarts` holds the offset of each line's first unit; `bom` says that a byte order mark was taken away. */
export interface TextDocument {
  readonly path: string;
  readonly text: string;
  readonly bom: boolean;
  readonly lineStarts: readonly number[];
}

/**
 * Decodes an author's file. Refused, each with its place: a file that is not text (`parse/binary-file`), bytes that are
 * no UTF-8 (`parse/invalid-utf-8`), and a file without any text (`parse/empty-document`). Nothing is replaced or repaired.
 */
export function parseText(bytes: Uint8Array, path: string): Checked<TextDocument> {
  if (startsLikeUtf16(bytes)) {
    return refuse({
      code: 'parse/invalid-utf-8',
      message: `\`${path}\` is UTF-16, not UTF-8`,
      span: spanAt(textDocumentOf('', path), 0, 0),
      notes: ['the file starts with a UTF-16 byte order mark'],
      help: 'save the file as UTF-8',
    });
  }
  const broken = firstInvalidByte(bytes);
  const nul = bytes.indexOf(0);
  if (nul !== -1) {
    const place = endOf(bytes.subarray(0, broken === undefined ? nul : Math.min(nul, broken)), path);
    return refuse({
      code: 'parse/binary-file',
      message: `\`${path}\` is a binary file`,
      span: place,
      label: 'not text from here',
      notes: [`byte ${nul + 1} of ${bytes.length} is NUL`],
      help: 'name a text file in UTF-8',
    });
  }
  if (broken !== undefined) {
    return refuse({
      code: 'parse/invalid-utf-8',
      message: `\`${path}\` is not valid UTF-8`,
      span: endOf(bytes.subarray(0, broken), path),
      label: 'no character of UTF-8 stands here',
      notes: [`byte ${broken + 1} of ${bytes.length} is 0x${(bytes[broken] ?? 0).toString(16).padStart(2, '0')}`],
      help: 'save the file as UTF-8',
    });
  }
  const document = textDocumentOf(decode(bytes), path);
  if (document.text.trim() === '') {
    return refuse({
      code: 'parse/empty-document',
      message: `\`${path}\` is empty`,
      span: spanAt(document, 0, 0),
      notes: [bytes.length === 0 ? 'the file has no bytes' : `the file has ${bytes.length} bytes and no text`],
      help: 'write at least one step',
    });
  }
  return { value: document, diagnostics: [] };
}

/** The same for text that is already decoded; a leading byte order mark is taken away. Nothing is checked. */
export function textDocumentOf(text: string, path: string): TextDocument {
  const bom = text.startsWith('\u{feff}');
  const stripped = bom ? text.slice(1) : text;
  return { path, text: stripped, bom, lineStarts: lineStartsOf(stripped) };
}

/** The place of a UTF-16 offset; an offset outside the text is moved to its nearest end. */
export function positionAt(document: TextDocument, offset: number): Position {
  const inside = Math.max(0, Math.min(offset, document.text.length));
  let low = 0;
  let high = document.lineStarts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((document.lineStarts[middle] ?? 0) <= inside) low = middle;
    else high = middle - 1;
  }
  return { offset: inside, line: low + 1, column: inside - (document.lineStarts[low] ?? 0) + 1 };
}

/** The stretch from `start` (inclusive) to `end` (exclusive), both UTF-16 offsets. */
export function spanAt(document: TextDocument, start: number, end: number): Span {
  return { path: document.path, start: positionAt(document, start), end: positionAt(document, Math.max(start, end)) };
}

function lineStartsOf(text: string): readonly number[] {
  const starts = [0];
  for (let offset = 0; offset < text.length; offset += 1) {
    const unit = text.charCodeAt(offset);
    if (unit === 10 || (unit === 13 && text.charCodeAt(offset + 1) !== 10)) starts.push(offset + 1);
  }
  return starts;
}

function refuse(diagnostic: Omit<Diagnostic, 'severity'>): Checked<TextDocument> {
  return { value: undefined, diagnostics: [{ severity: 'error', ...diagnostic }] };
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

function endOf(validBytes: Uint8Array, path: string): Span {
  const before = textDocumentOf(decode(validBytes), path);
  return spanAt(before, before.text.length, before.text.length);
}

function startsLikeUtf16(bytes: Uint8Array): boolean {
  return (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
}

/**
 * The index of the first byte that no well-formed UTF-8 sequence covers (Unicode 15, table 3-7: no overlong forms, no
 * surrogates, nothing above U+10FFFF). `TextDecoder` says only that there is one.
 */
function firstInvalidByte(bytes: Uint8Array): number | undefined {
  let index = 0;
  while (index < bytes.length) {
    const lead = bytes[index] ?? 0;
    if (lead < 0x80) {
      index += 1;
      continue;
    }
    const length = lead >= 0xc2 && lead <= 0xdf ? 2 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
    if (length === 0) return index;
    const [lowest, highest] = secondByteRange(lead);
    for (let next = 1; next < length; next += 1) {
      const byte = bytes[index + next];
      const valid = byte !== undefined && (next === 1 ? byte >= lowest && byte <= highest : byte >= 0x80 && byte <= 0xbf);
      if (!valid) return index;
    }
    index += length;
  }
  return undefined;
}

function secondByteRange(lead: number): readonly [number, number] {
  if (lead === 0xe0) return [0xa0, 0xbf];
  if (lead === 0xed) return [0x80, 0x9f];
  if (lead === 0xf0) return [0x90, 0xbf];
  if (lead === 0xf4) return [0x80, 0x8f];
  return [0x80, 0xbf];
}
