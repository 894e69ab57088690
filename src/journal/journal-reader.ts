/** The reading end of a journal and of every other file of lines here: one line in memory at a time, bytes kept as they are. */
import { hash } from 'node:crypto';
import { constants, promises } from 'node:fs';
import { join } from 'node:path';
import { messageOf, type Checked, type Diagnostic } from '../model/diagnostic.ts';
import { executionFiles, type JournalEntry } from '../model/journal-entry.ts';
import { maximumLineBytes, parseEntry, type LineProblem, type RawLine } from './journal-line.ts';

const blockBytes = 1 << 18;
const lineFeed = 0x0a;

/** A line of a journal: its entry, or why it has none. */
export type JournalLine = RawLine &
  ({ readonly entry: JournalEntry; readonly problem?: undefined } | { readonly entry?: undefined; readonly problem: LineProblem });

/**
 * The physical lines of a file; the last one is `torn` when it has no line feed, also where a line is longer than any that is
 * written: reading ends there. Does not follow a symbolic link. Throws what `node:fs` throws.
 */
export async function* readLines(path: string): AsyncGenerator<RawLine> {
  const file = await promises.open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
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

/** The lines of a journal with their entries. Throws what `node:fs` throws; a bad line is told, never thrown. */
export async function* readJournal(path: string): AsyncGenerator<JournalLine> {
  for await (const line of readLines(path)) yield { ...line, ...parseEntry(line.bytes) };
}

/**
 * The entries of an execution's journal, as far as they can be read, for those who show a record rather than judge it. A bad
 * or torn line ends the list with a warning: what stands behind it has lost its place.
 */
export async function readEntries(folder: string): Promise<Checked<readonly JournalEntry[]>> {
  const path = join(folder, executionFiles.journal);
  const entries: JournalEntry[] = [];
  const unreadable = (severity: Diagnostic['severity'], message: string): Diagnostic => ({
    severity,
    code: 'journal/unreadable',
    message,
    help: `proofplan audit verify ${folder}`,
  });
  try {
    for await (const line of readJournal(path)) {
      if (line.torn)
        return { value: entries, diagnostics: [unreadable('warning', `the journal breaks off in line ${line.lineNumber}, which was not written whole`)] };
      if (line.problem)
        return { value: entries, diagnostics: [unreadable('warning', `line ${line.lineNumber} of the journal is damaged; what follows is not shown`)] };
      entries.push(line.entry);
    }
  } catch (error) {
    return { value: undefined, diagnostics: [unreadable('error', `the journal cannot be read: ${messageOf(error)}`)] };
  }
  return { value: entries, diagnostics: [] };
}
