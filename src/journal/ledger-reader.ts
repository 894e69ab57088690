/** Reading a ledger: line by line for its chain, whole for an audit, or from its end for one execution. */
import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, promises, readFileSync } from 'node:fs';
import { journalVersion } from '../model/journal-entry.ts';
import { systemCodeOf } from './append-only-file.ts';
import { parseLine } from './journal-line.ts';
import { readLines } from './journal-reader.ts';
import { isLedgerEntry, type LedgerEntry } from './ledger-entry.ts';

export interface LedgerProblem {
  readonly kind: 'not-an-entry' | 'chain-broken' | 'torn';
  readonly lineNumber: number;
  /** In the file, of the line or of its first bad byte. */
  readonly offset: number;
}

/** What the next line is chained to. `torn`: the last line has no line feed yet. */
export interface LedgerEnd {
  readonly seq: number;
  readonly prev: string;
  readonly torn: boolean;
}

/** What is readable of a ledger, in order, and what is wrong with it. A ledger that is not there yet is empty. */
export interface Ledger {
  readonly entries: readonly LedgerEntry[];
  readonly problems: readonly LedgerProblem[];
  readonly next: LedgerEnd;
}

const genesis = createHash('sha256').update(`proofplan/ledger/v${journalVersion}\n`).digest('hex');
const lineFeed = Buffer.from('\n');
const tailBytes = 65_536;
/** More of them tell nothing new, and a file of garbage must not fill the memory. */
const mostProblems = 1_000;

/** Reads a ledger whole. Throws what `node:fs` throws, except for a file that is not there. */
export async function readLedger(path: string): Promise<Ledger> {
  const entries: LedgerEntry[] = [];
  return { ...(await walkLedger(path, (entry) => void entries.push(entry))), entries };
}

/** The same with one line in memory at a time; `take` is given the entries in their order, with the number of the line that each really stands in, and its hash. */
export async function walkLedger(path: string, take: (entry: LedgerEntry, lineNumber: number, hash: string) => void): Promise<Omit<Ledger, 'entries'>> {
  const problems: LedgerProblem[] = [];
  let prev = genesis;
  let seq = 1;
  let torn = false;
  // A damaged line, until the next one says (`afterTorn`) that it was left by a writer that died.
  let damaged: LedgerProblem | undefined;
  const find = (problem: LedgerProblem): void => {
    if (problems.length < mostProblems) problems.push(problem);
  };
  try {
    for await (const line of readLines(path)) {
      const { lineNumber, offset } = line;
      const parsed = line.torn ? undefined : parseLine(line.bytes);
      const entry = parsed && 'value' in parsed && isLedgerEntry(parsed.value) ? parsed.value : undefined;
      if (damaged && entry?.afterTorn !== true) find(damaged);
      damaged = undefined;
      if (entry) {
        if (entry.prev !== prev || entry.seq !== lineNumber) find({ kind: 'chain-broken', lineNumber, offset });
        take(entry, lineNumber, line.hash);
      } else if (line.torn) find({ kind: 'torn', lineNumber, offset });
      else damaged = { kind: 'not-an-entry', lineNumber, offset: offset + (parsed && 'problem' in parsed ? parsed.problem.offset : 0) };
      torn = line.torn;
      seq = lineNumber + 1;
      // A line without a link of its own (torn, and ended by the next writer) must not free the line before from the chain.
      prev = entry
        ? line.hash
        : createHash('sha256')
            .update(`${prev}\n`)
            .update(line.bytes)
            .update(torn ? lineFeed : '')
            .digest('hex');
    }
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error;
  }
  if (damaged) find(damaged);
  return { problems, next: { seq, prev, torn } };
}

/**
 * Does the ledger register this execution? Looked for from the end, where it stands unless thousands of others have come in
 * between. Throws what `node:fs` throws.
 */
export async function findsRegistration(path: string, execution: string): Promise<boolean> {
  const file = await promises.open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { size } = await file.stat();
    for (let length = Math.min(size, tailBytes); ; length = Math.min(size, length * 4)) {
      const tail = Buffer.alloc(length);
      await file.read(tail, 0, length, size - length);
      if (holdsRegistration(tail, execution)) return true;
      if (length === size) return false;
    }
  } finally {
    await file.close();
  }
}

function holdsRegistration(bytes: Buffer, execution: string): boolean {
  const wanted = `"execution":${JSON.stringify(execution)}`;
  for (let at = bytes.indexOf(wanted); at !== -1; at = bytes.indexOf(wanted, at + wanted.length)) {
    const end = bytes.indexOf(lineFeed, at);
    const parsed = end === -1 ? undefined : parseLine(bytes.subarray(bytes.lastIndexOf(lineFeed, at) + 1, end + 1));
    if (parsed && 'value' in parsed && isLedgerEntry(parsed.value) && parsed.value.kind === 'registered' && parsed.value.execution === execution) return true;
  }
  return false;
}

/**
 * What the ledger says of one execution, in its order: for a message about it, without any judgement of the chain. Nothing where it
 * cannot be read.
 */
export function readEntriesOf(path: string, execution: string): readonly LedgerEntry[] {
  try {
    const bytes = readLedgerBytes(path);
    const wanted = `"execution":${JSON.stringify(execution)}`;
    const entries: LedgerEntry[] = [];
    for (let at = bytes.indexOf(wanted); at !== -1; at = bytes.indexOf(wanted, at + wanted.length)) {
      const end = bytes.indexOf(lineFeed, at);
      const parsed = end === -1 ? undefined : parseLine(bytes.subarray(bytes.lastIndexOf(lineFeed, at) + 1, end + 1));
      if (parsed && 'value' in parsed && isLedgerEntry(parsed.value) && parsed.value.execution === execution) entries.push(parsed.value);
    }
    return entries;
  } catch {
    return [];
  }
}

function readLedgerBytes(path: string): Buffer {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    return fstatSync(file).isFile() ? readFileSync(file) : Buffer.alloc(0);
  } finally {
    closeSync(file);
  }
}
