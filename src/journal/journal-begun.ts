/**
 * A journal that its process did not close, read so that another can go on with it: every line checked, and all of the state that
 * an open journal holds. A torn last line is no damage: it is what a power failure or a full disk leaves.
 */
import { createHash, type Hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, type Checked, type Diagnostic } from '../model/diagnostic.ts';
import { executionFiles, type JournalEntry } from '../model/journal-entry.ts';
import { hashTornLine, journalGenesis, tellsOfTornLine } from './journal-line.ts';
import { readJournal, type JournalLine } from './journal-reader.ts';
import { fitsHeadMark, headMarkPath } from './head-mark.ts';
import { createMerkleTree, type MerkleTree } from './merkle-tree.ts';

export interface BegunJournal {
  readonly execution: string;
  /** In order, without torn lines. */
  readonly entries: readonly JournalEntry[];
  readonly size: number;
  /** SHA-256 over all bytes, not yet ended. */
  readonly content: Hash;
  readonly tree: MerkleTree;
  readonly head: string;
  /** Of the last entry, milliseconds since 1970. */
  readonly lastTimeMs: number;
  /** Number of whole lines. */
  readonly lines: number;
  /** What stands behind the last line feed. */
  readonly torn: Uint8Array;
}

/**
 * Never rejects. A journal that any line contradicts has no value, nor one that does not end where the mark of its head says: what
 * cannot be trusted is not gone on with. `stateFolder` is where the mark is kept.
 */
export async function readBegunJournal(folder: string, stateFolder: string): Promise<Checked<BegunJournal>> {
  const path = join(folder, executionFiles.journal);
  try {
    const found = await read(path);
    if (found.value === undefined) return found;
    const { execution, head, entries } = found.value;
    // The mark is removed when the checkpoint is there: until then anybody could have written a journal to its end.
    const ended = entries.at(-1)?.kind === 'closed' && existsSync(join(folder, executionFiles.checkpoint));
    if (fitsHeadMark(headMarkPath(stateFolder, execution), head) ?? ended) return found;
    return damaged(path, `its last line is not the last that was written, or the mark of it in \`${stateFolder}\` is gone`);
  } catch (error) {
    return damaged(path, messageOf(error));
  }
}

async function read(path: string): Promise<Checked<BegunJournal>> {
  const tree = createMerkleTree();
  const content = createHash('sha256');
  const entries: JournalEntry[] = [];
  let size = 0;
  let lines = 0;
  let head: string | undefined;
  let torn: Uint8Array = new Uint8Array(0);
  // A torn line that an earlier resumption has ended.
  let ended: JournalLine | undefined;
  for await (const line of readJournal(path)) {
    size += line.bytes.length;
    content.update(line.bytes);
    if (line.torn) {
      torn = line.bytes;
      break;
    }
    tree.append(line.bytes);
    lines = line.lineNumber;
    if (line.problem) {
      if (ended || head === undefined) return damaged(path, `line ${lines} is damaged`);
      ended = line;
      continue;
    }
    const { entry } = line;
    const before = head ?? journalGenesis(entry.execution);
    const expected = ended ? hashTornLine(before, ended.bytes) : before;
    const first = entries[0]?.execution ?? entry.execution;
    if (entry.prev !== expected || entry.seq !== lines || entry.execution !== first) return damaged(path, `line ${lines} does not follow from the line before`);
    if (ended && !tellsOfTornLine(entry, ended)) return damaged(path, `line ${ended.lineNumber} is damaged`);
    ended = undefined;
    entries.push(entry);
    head = line.hash;
  }
  const last = entries.at(-1);
  if (head === undefined || last === undefined) return damaged(path, 'it has no whole line');
  if (ended) return damaged(path, `line ${ended.lineNumber} is damaged`);
  const value = { execution: last.execution, entries, size, content, tree, head, lastTimeMs: Date.parse(last.ts), lines, torn };
  return { value, diagnostics: [] };
}

function damaged(path: string, reason: string): Checked<BegunJournal> {
  const diagnostic: Diagnostic = {
    severity: 'error',
    code: 'journal/not-resumable',
    message: `the journal \`${path}\` cannot be gone on with: ${reason}`,
    help: 'look with `proofplan audit verify` at what is wrong with it, and execute the plan again',
  };
  return { value: undefined, diagnostics: [diagnostic] };
}
