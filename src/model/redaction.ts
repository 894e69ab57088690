/**
 * Masking of secrets by their written forms. A needle (`secret-needle.ts`) is found by a hash over its first four bytes: one
 * multiplication a byte, whatever the number of secrets. What is masked is the union of all matches, so that of two
 * overlapping secrets no part stays. Not seen: a secret transformed in any other way.
 */
import type { ByteTrie, Walk } from './byte-trie.ts';
import { insertNeedle, matchBranch, type Branch } from './needle-tree.ts';
import type { MaskedPart, Redactor } from './redactor.ts';
import { needlesOf, type Needle } from './secret-needle.ts';
import { findUrlSecret, longestScheme, urlMark } from './url-secret.ts';

/** A secret with fewer characters is not masked: it would be found everywhere. Callers refuse such a secret by name. */
export const shortestSecret = 4;

const mask = Uint8Array.of(0x2a, 0x2a, 0x2a);
const indexLength = 4;
const nothing = new Uint8Array(0);

interface Index {
  /** One byte for each hash of four bytes: may a form begin so? */
  readonly possible: Uint8Array;
  readonly shift: number;
  /** Where needles begin, by the first four bytes of their forms. */
  readonly branches: ReadonlyMap<number, readonly Branch[]>;
}

export interface RedactorOptions {
  /** Masks the password in an URL (`scheme://user:password@`) too, whoever it belongs to. On unless told otherwise. */
  readonly urls?: boolean;
}

/** Masks each secret of at least `shortestSecret` characters in every form that `secret-needle.ts` lists. */
export function createRedactor(secrets: readonly string[], { urls = true }: RedactorOptions = {}): Redactor {
  const needles = [...new Set(secrets)].filter((secret) => secret.length >= shortestSecret).flatMap(needlesOf);
  const index = buildIndex(needles, urls);
  if (index.branches.size === 0) return { text: (text) => text, stream: () => ({ push: (chunk) => chunk, end: () => nothing }) };
  const encoder = new TextEncoder();
  return {
    text: (text) => {
      if (text.length < indexLength) return text;
      const bytes = encoder.encode(text);
      const cut = redact(bytes, { from: 0, covered: 0, pending: noRange, final: true }, index);
      // Unchanged text is given back as it came: it may hold half surrogate pairs, which bytes cannot.
      return cut.output === undefined ? text : new TextDecoder('utf-8', { ignoreBOM: true }).decode(cut.output);
    },
    stream: (note) => createStream(index, note),
  };
}

function buildIndex(needles: readonly Needle[], urls: boolean): Index {
  const roots: Branch[] = [];
  const byStart = new Map<number, Branch[]>();
  const put = (start: number, branch: Branch): void => {
    const found = byStart.get(start);
    if (found === undefined) byStart.set(start, [branch]);
    else if (!found.includes(branch)) found.push(branch);
  };
  for (const needle of needles) {
    const branch = insertNeedle(roots, needle);
    if (branch !== undefined) for (const start of startsOf(needle)) put(start, branch);
  }
  if (urls) for (let byte = 0; byte < 256; byte += 1) put(((urlMark << 8) | byte) >>> 0, urlBranch);
  // At most one slot in sixteen is taken, so that few bytes of an ordinary text are looked at twice.
  const bits = Math.min(22, Math.max(14, Math.ceil(Math.log2(byStart.size + 1)) + 4));
  const possible = new Uint8Array(1 << bits);
  for (const start of byStart.keys()) possible[Math.imul(start, multiplier) >>> (32 - bits)] = 1;
  return { possible, shift: 32 - bits, branches: byStart };
}

/** Stands for the rule about URLs among the needles. */
const urlBranch: Branch = { needle: [], from: 0, to: 0, ends: false, children: [] };

/** Fibonacci hashing (Knuth, volume 3, 6.4) of four bytes. */
const multiplier = 0x9e3779b1;

/** The first four bytes, as one number, of everything that a needle matches. */
function startsOf(needle: Needle): ReadonlySet<number> {
  const found = new Set<number>();
  const seen = new Set<number>();
  const follow = (node: ByteTrie, unit: number, word: number, length: number): void => {
    if (length === indexLength) {
      found.add(word >>> 0);
      return;
    }
    const next = needle[unit + 1];
    const state = (unit * indexLength + length) * 2 ** 32 + (word >>> 0);
    if (node.ends && next !== undefined && !seen.has(state)) {
      seen.add(state);
      follow(next, unit + 1, word, length);
    }
    for (let index = 0; index < node.bytes.length; index += 1)
      follow(node.nodes[index] as ByteTrie, unit, (word << 8) | (node.bytes[index] as number), length + 1);
  };
  const [first] = needle;
  if (first !== undefined) follow(first, 0, 0, 0);
  return found;
}

interface Stretch {
  /** Bytes before are context: decided already, and given out. */
  readonly from: number;
  /** So many bytes from there on belong to a match that is masked already. */
  readonly covered: number;
  /** A URL's secret that begins further on, counted from there too. */
  readonly pending: Range;
  /** Nothing comes after these bytes. */
  readonly final: boolean;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** How far a stretch is decided; the rest is counted from there. */
interface Cut extends Omit<Stretch, 'from' | 'final'> {
  readonly limit: number;
  /** Absent when nothing is masked: all bytes from `from` to `limit` as they are. */
  readonly output: Uint8Array | undefined;
}

const noRange: Range = { start: -1, end: -1 };

/** What the reader of a stream is told: where a mask begins in the output, and each byte that it hides, in order. */
interface MaskNote {
  readonly begin: (offset: number) => void;
  readonly hide: (bytes: Uint8Array) => void;
}

/** Decides each position up to the first that later bytes may change: so the answer does not depend on chunks. */
function redact(bytes: Uint8Array, { from, covered, pending, final }: Stretch, { possible, shift, branches }: Index, note?: MaskNote): Cut {
  let output: Uint8Array | undefined;
  let length = 0;
  const emit = (part: Uint8Array): void => {
    // A mask may be longer than a URL's password of a character or two.
    const needed = length + part.length + mask.length;
    if (output === undefined || output.length < needed) {
      const larger = new Uint8Array(Math.max(needed, bytes.length - from + 16 * mask.length));
      if (output !== undefined) larger.set(output.subarray(0, length));
      output = larger;
    }
    output.set(part, length);
    length += part.length;
  };
  const walk: Walk = { open: false, cut: false };
  let maskEnd = from + covered;
  let hidden = from;
  let urlStart = from + pending.start;
  let urlEnd = from + pending.end;
  const maskTo = (start: number, end: number): void => {
    if (start >= maskEnd) {
      if (maskEnd > hidden) note?.hide(bytes.subarray(hidden, maskEnd));
      emit(bytes.subarray(maskEnd, start));
      note?.begin(length);
      emit(mask);
      hidden = start;
    }
    maskEnd = Math.max(maskEnd, end);
  };
  const last = bytes.length - indexLength + 1;
  let limit = final ? bytes.length : Math.max(from, last);
  let word = 0;
  for (let position = from; position < Math.min(from + indexLength - 1, bytes.length); position += 1) word = (word << 8) | (bytes[position] as number);
  for (let position = from; position < last; position += 1) {
    word = (word << 8) | (bytes[position + indexLength - 1] as number);
    if (possible[Math.imul(word, multiplier) >>> shift] === 0 && position !== urlStart) continue;
    let end = position === urlStart ? urlEnd : -1;
    walk.open = false;
    for (const branch of branches.get(word >>> 0) ?? []) {
      if (branch !== urlBranch) {
        end = Math.max(end, matchBranch(branch, bytes, [position], shortestSecret, walk));
        continue;
      }
      const found = findUrlSecret(bytes, position, walk);
      if (found === undefined) continue;
      urlStart = found.start;
      urlEnd = found.end;
    }
    if (walk.open && !final) {
      limit = position;
      break;
    }
    if (end >= 0) maskTo(position, end);
  }
  // Where the data ends, a URL's secret may begin in the last bytes, which hold no start of a needle.
  if (final && urlStart >= Math.max(from, last)) maskTo(urlStart, urlEnd);
  const hiddenEnd = Math.min(maskEnd, limit);
  if (hiddenEnd > hidden) note?.hide(bytes.subarray(hidden, hiddenEnd));
  if (maskEnd > from) emit(bytes.subarray(hiddenEnd, limit));
  return {
    output: output?.subarray(0, length),
    limit,
    covered: Math.max(0, maskEnd - limit),
    pending: urlStart >= limit ? { start: urlStart - limit, end: urlEnd - limit } : noRange,
  };
}

function createStream(index: Index, note?: (part: MaskedPart) => void): ReturnType<Redactor['stream']> {
  let kept: Uint8Array = nothing;
  let state: Stretch = { from: 0, covered: 0, pending: noRange, final: false };
  let written = 0;
  let part: { readonly offset: number; readonly pieces: Uint8Array[] } | undefined;
  const tell = (): void => {
    if (part !== undefined) note?.({ offset: part.offset, hidden: joined(part.pieces) });
    part = undefined;
  };
  const noting: MaskNote | undefined = note && {
    begin: (offset) => {
      tell();
      part = { offset: written + offset, pieces: [] };
    },
    hide: (bytes) => void part?.pieces.push(bytes.slice()),
  };
  const advance = (bytes: Uint8Array, final: boolean): Uint8Array => {
    const { from } = state;
    const { limit, output, covered, pending } = redact(bytes, { ...state, final }, index, noting);
    const context = Math.max(0, limit - longestScheme);
    kept = bytes.subarray(context);
    state = { from: limit - context, covered, pending, final: false };
    const given = output ?? bytes.subarray(from, limit);
    written += given.length;
    if (final) tell();
    return given;
  };
  return {
    // Copied in any case: the caller may use its chunk's memory again.
    push: (chunk) => advance(joined([kept, chunk]), false),
    end: () => advance(kept, true),
  };
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let length = 0;
  for (const piece of pieces) {
    bytes.set(piece, length);
    length += piece.length;
  }
  return bytes;
}
