/** The reading end of a journal and of every other file of lines here: one line in memory at a time, bytes kept as they are. */
import { hash } from 'node:crypto';
import { constants, promises } from 'node:fs';
import { join } from 'node:path';
import { messageOf, type Checked, type Diagnostic } from '../model/diagnostic.ts';
import { executionFiles, type JournalEntry } from '../model/journal-entry.ts';
import { maximumLineBytes, parseEntry, tellsOfTornLine, type LineProblem, type RawLine } from './journal-line.ts';

const blockBytes = 1 << 18;
const lineFeed = 0x0a;

/** A line of a journal: its entry, or why it has none. */
export type JournalLine = RawLine &
  ({ readonly entry: JournalEntry; readonly problem?: undefined } | { readonly entry?: undefined; readonly problem: LineProblem });

/**
 * The physical lines of a file; the last one is `torn` when it has no line feed, also where a line is longer than any that is
 * written: reading ends there. Does not follow a symbolic link. Throws what `node:fs` throws, and for what is no file.
 */
export async function* readLines(path: string): AsyncGenerator<RawLine> {
  // Not blocking: a named pipe would wait for ever.
  const file = await promises.open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    if (!(await file.stat()).isFile()) throw new Error(`it is not a regular file: '${path}'`);
    let parts: Buffer[] = [];
    let length = 0;
    let lineNumber = 1;
    let offset = 0;
    const line = (torn: boolean): RawLine => {
      const bytes = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
      return { lineNumber, offset, bytes, hash: hash('sha256', bytes), torn };
    };
    for (;;) {
      // A fresh block each time: lines are views of it.
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(blockBytes), 0, blockBytes, null);
      if (bytesRead === 0) break;
      let start = 0;
      while (start < bytesRead) {
        const found = buffer.subarray(0, bytesRead).indexOf(lineFeed, start);
        const end = found === -1 ? bytesRead : found + 1;
        parts.push(buffer.subarray(start, end));
        length += end - start;
        start = end;
        if (length > maximumLineBytes) {
          yield line(true);
          return;
        }
        if (found === -1) break;
        yield line(false);
        lineNumber += 1;
        offset += length;
        parts = [];
        length = 0;
      }
    }
    if (length > 0) yield line(true);
  } finally {
    await file.close();
  }
}

/**
 * The lines of a journal with their entries. Throws what `node:fs` throws; a bad line is told, never thrown. A line is given out when the
 * next one is known: that one may say that it is `cut`.
 */
export async function* readJournal(path: string): AsyncGenerator<JournalLine> {
  let before: JournalLine | undefined;
  for await (const raw of readLines(path)) {
    // Not spread into a third object: that is felt in a journal of gigabytes.
    const line: JournalLine = Object.assign(raw, parseEntry(raw.bytes));
    const cut = before !== undefined && !line.torn && line.entry !== undefined && tellsOfTornLine(line.entry, before);
    if (before) yield cut ? { ...rawLineOf(before), problem: { kind: 'cut', offset: 0 } } : before;
    before = line;
  }
  if (before) yield before;
}

function rawLineOf({ lineNumber, offset, bytes, hash: digest, torn }: JournalLine): RawLine {
  return { lineNumber, offset, bytes, hash: digest, torn };
}

/**
 * The entries of an execution's journal, as far as they can be read, for those who show a record rather than judge it. A bad
 * or torn line ends the list with a warning: what stands behind it has lost its place. A cut one that a resumed execution told of is no entry.
 */
export async function readEntries(folder: string): Promise<Checked<readonly JournalEntry[]>> {
  const entries: JournalEntry[] = [];
  const { value, diagnostics } = await walkEntries(folder, (entry) => void entries.push(entry));
  return { value: value && entries, diagnostics };
}

/** The same one by one: whoever needs little of each does not have all of them in memory. */
export async function walkEntries(folder: string, take: (entry: JournalEntry) => void): Promise<Checked<true>> {
  const path = join(folder, executionFiles.journal);
  const unreadable = (severity: Diagnostic['severity'], message: string): Diagnostic => ({
    severity,
    code: 'journal/unreadable',
    message,
    help: `proofplan audit verify ${folder}`,
  });
  try {
    for await (const line of readJournal(path)) {
      if (line.torn)
        return { value: true, diagnostics: [unreadable('warning', `the journal breaks off in line ${line.lineNumber}, which was not written whole`)] };
      if (line.problem?.kind === 'cut') continue;
      if (line.problem?.kind === 'unknown-version') return { value: true, diagnostics: [laterVersion(line.lineNumber)] };
      if (line.problem)
        return { value: true, diagnostics: [unreadable('warning', `line ${line.lineNumber} of the journal is damaged; what follows is not shown`)] };
      take(line.entry);
    }
  } catch (error) {
    return { value: undefined, diagnostics: [unreadable('error', `the journal cannot be read: ${messageOf(error)}`)] };
  }
  return { value: true, diagnostics: [] };
}

/** Nothing of it is shown: what its entries mean is not known here. */
function laterVersion(lineNumber: number): Diagnostic {
  return {
    severity: 'error',
    code: 'journal/later-version',
    message: `line ${lineNumber} of the journal was written by another version of proofplan, whose form is not known here; ${lineNumber === 1 ? 'nothing' : 'nothing from there on'} is shown`,
    help: 'read the record with the version that wrote it, or a later one',
  };
}
