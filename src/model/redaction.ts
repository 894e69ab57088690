/**
 * Masking of secrets by their written forms. All forms are byte strings of at least four bytes, found by a hash over the
 * first four: one multiplication a byte, whatever the number of secrets. What is masked is the union of all matches, so that
 * of two overlapping secrets no part stays. Not seen: base64 broken into lines, a secret transformed in any other way.
 */
import type { Redactor } from './redactor.ts';

/** A secret with fewer characters is not masked: it would be found everywhere. Callers refuse such a secret by name. */
export const shortestSecret = 4;

const mask = Uint8Array.of(0x2a, 0x2a, 0x2a);
const indexLength = 4;
const nothing = new Uint8Array(0);

interface Index {
  readonly longest: number;
  /** One byte for each 16-bit hash of four bytes: may a form begin so? */
  readonly possible: Uint8Array;
  /** The forms by their first four bytes, longest first. */
  readonly forms: ReadonlyMap<number, readonly Uint8Array[]>;
}

/** Masks each secret of at least `shortestSecret` characters in its raw, JSON, URL, base64, hex and shell-quoted forms. */
export function createRedactor(secrets: readonly string[]): Redactor {
  const encoder = new TextEncoder();
  const forms = new Set(secrets.filter((secret) => secret.length >= shortestSecret).flatMap(formsOf));
  if (forms.size === 0) return { text: (text) => text, stream: () => ({ push: (chunk) => chunk, end: () => nothing }) };
  const index = buildIndex([...forms].map((form) => encoder.encode(form)));
  return {
    text: (text) => {
      const bytes = encoder.encode(text);
      const cut = redact(bytes, bytes.length, index, 0);
      // Unchanged text is given back as it came: it may hold half surrogate pairs, which bytes cannot.
      return cut.output === undefined ? text : new TextDecoder('utf-8', { ignoreBOM: true }).decode(cut.output);
    },
    stream: () => createStream(index),
  };
}

/** The written forms of a secret, as text whose UTF-8 bytes are looked for. */
function formsOf(secret: string): readonly string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const ascii = json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const bytes = new TextEncoder().encode(secret);
  const hex = [...bytes].map(hexPair).join('');
  const percent = ["-_.~!*'()", '-_.~', '-_.~/', "-_.~!*'();/?:@&=+$,#"].map((unescaped) => percentForm(bytes, unescaped));
  const plus = percent.map((form) => form.replaceAll('%20', '+'));
  const url = [...percent, ...plus];
  return [
    secret,
    json,
    json.replaceAll('/', '\\/'),
    ascii,
    ascii.replace(/\\u[0-9a-f]{4}/g, (escape) => `\\u${escape.slice(2).toUpperCase()}`),
    ...url,
    ...url.map((form) => form.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase())),
    ...base64Forms(bytes),
    hex,
    hex.toUpperCase(),
    secret.replaceAll("'", `'\\''`),
    secret.replaceAll("'", `'"'"'`),
    // A C-like literal in single quotes, and one of SQL.
    secret.replace(/['\\]/g, '\\$&'),
    secret.replaceAll("'", "''"),
    secret.replace(/["$`\\]/g, '\\$&'),
    // bash's %q
    secret.replace(/[\s'"\\|&;()<>!{}*[\]?^$`,]|^[#~]/g, '\\$&'),
  ].filter((form) => form.length >= shortestSecret);
}

function hexPair(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

/** RFC 3986 percent-encoding over bytes (half a surrogate pair makes `encodeURIComponent` throw); letters and digits stay. */
function percentForm(bytes: Uint8Array, unescaped: string): string {
  let text = '';
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    text += /[A-Za-z0-9]/.test(character) || (byte < 0x80 && unescaped.includes(character)) ? character : `%${hexPair(byte).toUpperCase()}`;
  }
  return text;
}

/**
 * What stays the same of a base64 text (RFC 4648, both alphabets) when other bytes stand before and after the secret: the
 * characters that only its own bits make, for each of the three alignments; and the whole, padded, where it stands alone.
 */
function base64Forms(bytes: Uint8Array): readonly string[] {
  const forms: string[] = [];
  for (const alphabet of ['+/', '-_']) {
    for (const shift of [0, 1, 2]) {
      const padded = new Uint8Array(shift + bytes.length);
      padded.set(bytes, shift);
      const whole = base64(padded, alphabet);
      const core = whole.slice(Math.ceil((shift * 8) / 6), Math.floor((padded.length * 8) / 6));
      forms.push(core);
      if (shift === 0) forms.push(whole, whole.padEnd(Math.ceil(whole.length / 4) * 4, '='));
    }
  }
  return forms;
}

function base64(bytes: Uint8Array, lastTwo: string): string {
  const alphabet = `ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789${lastTwo}`;
  let text = '';
  for (let bit = 0; bit < bytes.length * 8; bit += 6) {
    const pair = ((bytes[bit >> 3] ?? 0) << 8) | (bytes[(bit >> 3) + 1] ?? 0);
    text += alphabet[(pair >> (10 - (bit & 7))) & 63];
  }
  return text;
}

function buildIndex(forms: readonly Uint8Array[]): Index {
  const possible = new Uint8Array(1 << 16);
  const byStart = new Map<number, Uint8Array[]>();
  for (const form of forms.toSorted((a, b) => b.length - a.length)) {
    const start = new DataView(form.buffer, form.byteOffset).getUint32(0);
    possible[hashOf(start)] = 1;
    const found = byStart.get(start);
    if (found) found.push(form);
    else byStart.set(start, [form]);
  }
  return { longest: Math.max(...forms.map((form) => form.length)), possible, forms: byStart };
}

/** Fibonacci hashing (Knuth, volume 3, 6.4) of four bytes to sixteen bits. */
function hashOf(word: number): number {
  return Math.imul(word, 0x9e3779b1) >>> 16;
}

/**
 * Decides the positions before `limit`. `covered` bytes at the start belong to a match that is masked already. `output` is
 * absent when nothing is masked; `covered` in the answer is what the last match reaches beyond `limit`.
 */
function redact(bytes: Uint8Array, limit: number, index: Index, covered: number): { readonly output: Uint8Array | undefined; readonly covered: number } {
  const { possible, forms } = index;
  const output = { bytes: undefined as Uint8Array | undefined, length: 0 };
  const emit = (part: Uint8Array): void => {
    // A mask is shorter than any form, so the output is never longer than the input and one mask that ends an earlier match.
    output.bytes ??= new Uint8Array(bytes.length + mask.length);
    output.bytes.set(part, output.length);
    output.length += part.length;
  };
  let maskEnd = covered;
  let word = 0;
  for (let position = 0; position < Math.min(indexLength - 1, bytes.length); position += 1) word = (word << 8) | (bytes[position] as number);
  const last = Math.min(limit, bytes.length - indexLength + 1);
  for (let position = 0; position < last; position += 1) {
    word = (word << 8) | (bytes[position + indexLength - 1] as number);
    if (possible[hashOf(word)] === 0) continue;
    const form = forms.get(word >>> 0)?.find((candidate) => startsWith(bytes, position, candidate));
    if (form === undefined) continue;
    if (position >= maskEnd) {
      emit(bytes.subarray(maskEnd, position));
      emit(mask);
    }
    maskEnd = Math.max(maskEnd, position + form.length);
  }
  if (maskEnd > 0) emit(bytes.subarray(Math.min(maskEnd, limit), limit));
  return { output: output.bytes?.subarray(0, output.length), covered: Math.max(0, maskEnd - limit) };
}

function startsWith(bytes: Uint8Array, position: number, form: Uint8Array): boolean {
  if (position + form.length > bytes.length) return false;
  for (let place = indexLength; place < form.length; place += 1) if (bytes[position + place] !== form[place]) return false;
  return true;
}

function createStream(index: Index): { readonly push: (chunk: Uint8Array) => Uint8Array; readonly end: () => Uint8Array } {
  let kept: Uint8Array = nothing;
  let covered = 0;
  const advance = (bytes: Uint8Array, limit: number): Uint8Array => {
    const cut = redact(bytes, limit, index, covered);
    covered = cut.covered;
    kept = bytes.subarray(limit);
    return cut.output ?? bytes.subarray(0, limit);
  };
  return {
    push: (chunk) => {
      // Copied in any case: the caller may use its chunk's memory again.
      const bytes = new Uint8Array(kept.length + chunk.length);
      bytes.set(kept);
      bytes.set(chunk, kept.length);
      return advance(bytes, Math.max(0, bytes.length - index.longest + 1));
    },
    end: () => advance(kept, kept.length),
  };
}
