/**
 * The end of a record, read from the end of its journal alone: enough to tell whether a folder holds what the ledger says of it,
 * however long the journal is. What stands before is an audit's business.
 */
import { hash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { executionFiles, type JournalState } from '../model/journal-entry.ts';
import { isRecord, parseEntry } from './journal-line.ts';

const tailBytes = 1 << 16;
const maximumVerdictBytes = 64 << 20;
const lineFeed = 0x0a;

/** What the ledger's line fixes: the last line of the journal, by it the one before, and by that the digests of verdict.json and reports. */
export interface RecordEnd {
  readonly verdict: string;
  /** Digests by path, relative to the execution's folder; lower hex. */
  readonly files: ReadonlyMap<string, string>;
}

/** The end of the record in `folder`, or why it is not the one that the ledger registered. Never throws. */
export function readRecordEnd(folder: string, ended: JournalState): { readonly end: RecordEnd } | { readonly problem: string } {
  try {
    const [before, last] = lastLines(join(folder, executionFiles.journal));
    if (last === undefined || before === undefined) return { problem: 'its journal has no end' };
    if (hash('sha256', last) !== ended.head) return { problem: 'its journal does not end with the line that the ledger registered' };
    const [closed, files] = [parseEntry(last), parseEntry(before)];
    if (!('entry' in closed) || closed.entry.kind !== 'closed' || closed.entry.seq !== ended.entries) return { problem: 'its journal was not closed' };
    // The hash of the line before stands in the last one, which the ledger knows.
    const listed = 'entry' in files && closed.entry.prev === hash('sha256', before) && files.entry.kind === 'files' ? files.entry.data['files'] : [];
    const digests = (Array.isArray(listed) ? listed : []).flatMap((file: unknown) =>
      isRecord(file) && typeof file['path'] === 'string' && typeof file['sha256'] === 'string' ? [[file['path'], file['sha256']] as const] : [],
    );
    return { end: { verdict: String(closed.entry.data['verdict']), files: new Map(digests) } };
  } catch {
    return { problem: 'its journal cannot be read' };
  }
}

/** The content of verdict.json where it is the file that the record's end names; else undefined. */
export function readEndVerdict(folder: string, { files }: RecordEnd): Readonly<Record<string, unknown>> | undefined {
  const expected = files.get(executionFiles.verdict);
  if (expected === undefined) return undefined;
  try {
    const file = openSync(join(folder, executionFiles.verdict), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stats = fstatSync(file);
      if (!stats.isFile() || stats.size > maximumVerdictBytes) return undefined;
      const bytes = readFileSync(file);
      const value: unknown = hash('sha256', bytes) === expected ? JSON.parse(bytes.toString('utf8')) : undefined;
      return isRecord(value) ? value : undefined;
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

/** The last two lines with their line feeds; fewer where there are fewer, or where they are longer than such lines are. */
function lastLines(path: string): readonly [Buffer | undefined, Buffer | undefined] {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw new Error('it is not a regular file');
    const length = Math.min(stats.size, tailBytes);
    const tail = Buffer.alloc(length);
    const bytes = tail.subarray(0, readSync(file, tail, 0, length, stats.size - length));
    if (bytes.at(-1) !== lineFeed) return [undefined, undefined];
    const second = bytes.lastIndexOf(lineFeed, bytes.length - 2);
    if (second === -1) return [undefined, stats.size === length ? bytes : undefined];
    const first = bytes.lastIndexOf(lineFeed, second - 1);
    const before = first === -1 && stats.size !== length ? undefined : bytes.subarray(first + 1, second + 1);
    return [before, bytes.subarray(second + 1)];
  } finally {
    closeSync(file);
  }
}
