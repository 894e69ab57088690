/**
 * What is looked for of a secret: rows of units, each unit the set of byte strings that may stand at its place. A needle for the
 * text itself, one for each encoding that ties characters together (base64, hex, UTF-16), and one for each line of a key.
 */
import { buildTrie, type ByteTrie } from './byte-trie.ts';
import { lineEndForms, raw, writtenForms } from './secret-form.ts';

export type Needle = readonly ByteTrie[];

/** Fewer characters of an encoding would be met by accident. */
const shortestCore = 4;
/** Of base64 within base64, and of a single line of a secret. */
const shortestPart = 8;

/** In bytes. */
const longestEncoded = 16_384;

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Where lines of base64 are broken: by mail (76), PEM (64), in JSON, in YAML with an indent. */
const breaks = [
  '\n',
  '\r\n',
  '\\n',
  '\\r\\n',
  '\\\\n',
  '\\\\r\\\\n',
  ...Array.from({ length: 16 }, (_, width) => `\n${' '.repeat(width + 1)}`),
  '\n\t',
  '\n\t\t',
];
const paddings = ['', '=', '==', '%3D', '%3D%3D', '%3d', '%3d%3d', '\\u003d', '\\u003d\\u003d'];
/** Between the bytes of a hex text: xxd, hexdump, certificates, C and shell literals, Python's lists. */
const separators = ['', ' ', '  ', ':', '-', ',', ', ', '\n', '0x', ' 0x', ',0x', ', 0x', ', \n0x', '\\x', '\\\\x', '%'];

const encoder = new TextEncoder();

/** A kind of unit, with one trie for each text at its place: shared by all needles, and no secret can be told from them. */
function unitKind(formsOf: (text: string) => Iterable<string>): (text: string) => ByteTrie {
  const tries = new Map<string, ByteTrie>();
  return (text) => {
    const known = tries.get(text);
    if (known !== undefined) return known;
    const made = buildTrie([...formsOf(text)].map((form) => Uint8Array.from(form, (character) => character.charCodeAt(0))));
    tries.set(text, made);
    return made;
  };
}

const characterUnit = unitKind(writtenForms);
const lineEndUnit = unitKind((ends) => lineEndForms(ends.length));
const byteUnit = unitKind((byte) => [byte]);
const hexUnit = unitKind((pair) => [pair, pair.toUpperCase()]);
const nextHexUnit = unitKind((pair) => separators.flatMap((separator) => [separator + pair, separator + pair.toUpperCase()]));
const paddingUnit = buildTrie(paddings.map((padding) => encoder.encode(padding)));
const base64Unit = unitKind(base64Forms);
const nextBase64Unit = unitKind((character) => {
  const forms = base64Forms(character);
  return [...forms, ...breaks.flatMap((end) => forms.slice(0, 2).map((form) => end + form))];
});

/** In both alphabets, `+` and `/` also escaped as a URL or a JSON text has them. */
function base64Forms(character: string): readonly string[] {
  const other = character === '+' ? '-' : character === '/' ? '_' : undefined;
  return other === undefined ? [character] : [character, other, ...writtenForms(character)];
}

/** All needles of a secret. What is longer than it is likely to be met by accident is not left out: callers refuse short secrets. */
export function needlesOf(secret: string): readonly Needle[] {
  const bytes = encoder.encode(secret);
  // Encodings of encodings are for keys and passwords; a long text is looked for as it is.
  if (bytes.length > longestEncoded) return [textNeedle(secret), ...base64Needles(bytes)];
  const wide = [littleEndian(secret), bigEndian(secret)];
  const escaped = [JSON.stringify(secret).slice(1, -1), percentEncoded(bytes, ''), percentEncoded(bytes, "!'()*")].filter(
    (text, index, list) => text !== secret && list.indexOf(text) === index,
  );
  return [
    textNeedle(secret),
    ...linesOf(secret).map(textNeedle),
    ...base64Needles(bytes),
    ...[...escaped.map((text) => encoder.encode(text)), ...wide.slice(0, 1)].flatMap((other) => cores(other).map(base64Needle)),
    ...cores(bytes)
      .filter((core) => core.length >= shortestPart)
      .flatMap((core) => cores(encoder.encode(core)).map(base64Needle)),
    hexNeedle(bytes),
    ...wide.map((units) => Array.from(units, (byte) => byteUnit(raw([byte])))),
  ];
}

function textNeedle(text: string): Needle {
  // A row of line ends is one unit: each may be left out, and together they would be read in a thousand ways.
  const units = text.replaceAll('\r\n', '\n').match(/\n+|./gsu) ?? [];
  return units.map((unit) => (unit.startsWith('\n') ? lineEndUnit(unit) : characterUnit(unit)));
}

/** Single lines of a secret of several, such as a key's; its armour (`-----BEGIN …`) is no secret. */
function linesOf(secret: string): readonly string[] {
  const lines = secret.split(/\r?\n/).map((line) => line.trim());
  return lines.length < 2 ? [] : lines.filter((line) => line.length >= shortestPart && !/^-+[A-Z0-9 ]+-+$/.test(line));
}

function base64Needles(bytes: Uint8Array): readonly Needle[] {
  const whole = base64Of(bytes);
  const padded = [...base64Needle(whole), paddingUnit];
  return [...cores(bytes).map(base64Needle), padded];
}

/**
 * What stays the same of a base64 text (RFC 4648) when other bytes stand before and after: the characters that only the
 * secret's own bits make, for each of the three alignments.
 */
function cores(bytes: Uint8Array): readonly string[] {
  return [0, 1, 2].flatMap((shift) => {
    const shifted = new Uint8Array(shift + bytes.length);
    shifted.set(bytes, shift);
    const core = base64Of(shifted).slice(Math.ceil((shift * 8) / 6), Math.floor((shifted.length * 8) / 6));
    return core.length < shortestCore ? [] : [core];
  });
}

function base64Of(bytes: Uint8Array): string {
  let text = '';
  for (let bit = 0; bit < bytes.length * 8; bit += 6) {
    const pair = ((bytes[bit >> 3] ?? 0) << 8) | (bytes[(bit >> 3) + 1] ?? 0);
    text += alphabet[(pair >> (10 - (bit & 7))) & 63];
  }
  return text;
}

function base64Needle(text: string): Needle {
  return Array.from(text, (character, index) => (index === 0 ? base64Unit : nextBase64Unit)(character));
}

function hexNeedle(bytes: Uint8Array): Needle {
  return Array.from(bytes, (byte, index) => (index === 0 ? hexUnit : nextHexUnit)(byte.toString(16).padStart(2, '0')));
}

/** RFC 3986 over bytes, some characters left as they are (ECMAScript's `encodeURIComponent` leaves `!'()*`): half a surrogate pair makes `encodeURIComponent` throw. */
function percentEncoded(bytes: Uint8Array, left: string): string {
  return Array.from(bytes, (byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9\-_.~]/.test(character) || left.includes(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}

function littleEndian(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length * 2 }, (_, index) => (text.charCodeAt(index >> 1) >> (index % 2 === 0 ? 0 : 8)) & 255);
}

function bigEndian(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length * 2 }, (_, index) => (text.charCodeAt(index >> 1) >> (index % 2 === 0 ? 8 : 0)) & 255);
}
