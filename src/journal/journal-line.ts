/** One line of a journal, read strictly: exactly what a writer would have written, or a problem with its place. */
import { createHash, hash } from 'node:crypto';
import { journalVersion, type JournalEntry } from '../model/journal-entry.ts';
import { parseCanonicalJson } from './canonical-json.ts';

/** No longer line is written; a reader stops there and calls it torn. */
export const maximumLineBytes = 64 << 20;

export const entryKindPattern = /^[a-z][a-z0-9.-]{0,63}$/;
export const executionNamePattern = /^[0-9A-Za-z][0-9A-Za-z._-]{0,127}$/;

const lineFeed = 0x0a;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const timePattern = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/;
const digestPattern = /^[0-9a-f]{64}$/;

/** The `prev` of a journal's first line: binds the chain to its execution, so that a whole other journal does not fit. */
export function journalGenesis(execution: string): string {
  return createHash('sha256').update(`proofplan/journal/v${journalVersion}\n${execution}\n`).digest('hex');
}

/** The kind of the entry that follows a cut. Its data has `after`, the last whole line's number, and `torn` (`bytes`, `sha256`) or null. */
export const resumedKind = 'resumed';

/** What the line after a torn one names as `prev`: a line without a link of its own must not free the line before from the chain. */
export function hashTornLine(head: string, ended: Uint8Array): string {
  return createHash('sha256').update(`${head}\n`).update(ended).digest('hex');
}

/**
 * Does this entry say of the line before it that its writer was killed in the middle of it, and that it was ended, not repaired? Only
 * such a line may be damaged in a good journal; it may also be a whole entry but for its line feed, and is none nevertheless.
 */
export function tellsOfTornLine({ kind, data }: JournalEntry, line: RawLine): boolean {
  const { after, torn } = data;
  if (kind !== resumedKind || line.lineNumber < 2 || after !== line.lineNumber - 1 || !isRecord(torn)) return false;
  const content = line.bytes.subarray(0, -1);
  return torn['bytes'] === content.length && torn['sha256'] === hash('sha256', content);
}

/** Why a line is no entry. `offset` is the first bad byte, from the line's start. `cut`: its writer was killed, and the next line says so. */
export interface LineProblem {
  readonly kind: 'not-utf8' | 'not-json' | 'not-canonical' | 'not-an-entry' | 'unknown-version' | 'cut';
  readonly offset: number;
}

/** One physical line. `bytes` holds its line feed too, except in a `torn` last line. `hash` is over all of `bytes`. */
export interface RawLine {
  readonly lineNumber: number;
  /** Of the line's first byte in the file. */
  readonly offset: number;
  readonly bytes: Buffer;
  readonly hash: string;
  readonly torn: boolean;
}

/** The canonical JSON value in a line's bytes (without regard to its line feed), or why there is none. */
export function parseLine(bytes: Buffer): { readonly value: unknown } | { readonly problem: LineProblem } {
  const content = bytes.at(-1) === lineFeed ? bytes.subarray(0, -1) : bytes;
  let text: string;
  try {
    text = decoder.decode(content);
  } catch {
    return { problem: { kind: 'not-utf8', offset: firstBadSequence(content) } };
  }
  const parsed = parseCanonicalJson(text);
  if ('value' in parsed) return parsed;
  return { problem: { kind: parsed.problem.kind, offset: Buffer.byteLength(text.slice(0, parsed.problem.offset)) } };
}

const replacement = Buffer.from('\ufffd');

/** A bad sequence is decoded to U+FFFD: the first one that does not stand in the bytes is where it begins. */
function firstBadSequence(content: Buffer): number {
  let offset = 0;
  for (const part of content.toString('utf8').split('\ufffd')) {
    offset += Buffer.byteLength(part);
    if (!content.subarray(offset, offset + replacement.length).equals(replacement)) return offset;
    offset += replacement.length;
  }
  return offset;
}

/** The entry in a line's bytes, or why it is none. A line of another version is told apart from a damaged one. */
export function parseEntry(bytes: Buffer): { readonly entry: JournalEntry } | { readonly problem: LineProblem } {
  const parsed = parseLine(bytes);
  if ('problem' in parsed) return parsed;
  const entry = parsed.value;
  if (!isRecord(entry)) return { problem: { kind: 'not-an-entry', offset: 0 } };
  if (Number.isInteger(entry['v']) && entry['v'] !== journalVersion) return { problem: { kind: 'unknown-version', offset: fieldOffset(bytes, 'v') } };
  if (!isEntry(entry)) return { problem: { kind: 'not-an-entry', offset: 0 } };
  return { entry };
}

/** The byte offset in a line of an entry's field: of its value's first byte. `data` is the first key, so the last match is the entry's own. */
export function fieldOffset(bytes: Buffer, field: 'execution' | 'kind' | 'prev' | 'seq' | 'ts' | 'v'): number {
  const key = `,"${field}":`;
  return bytes.lastIndexOf(key) + key.length;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEntry(value: Readonly<Record<string, unknown>>): value is Readonly<Record<string, unknown>> & JournalEntry {
  return (
    Object.keys(value).join() === 'data,execution,kind,prev,seq,ts,v' &&
    isRecord(value['data']) &&
    matches(value['execution'], executionNamePattern) &&
    matches(value['kind'], entryKindPattern) &&
    matches(value['prev'], digestPattern) &&
    Number.isSafeInteger(value['seq']) &&
    matches(value['ts'], timePattern) &&
    value['v'] === journalVersion
  );
}

function matches(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value);
}
