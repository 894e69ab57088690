/**
 * The head of a journal that is still open, kept in another place than the journal: a chain alone does not notice that its last line
 * was edited, and until the checkpoint is written nothing else does. Written before the line is, so that after a cut the last line is
 * either the one marked or the one before it.
 */
import { closeSync, constants, lstatSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, unlinkSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemCodeOf } from './append-only-file.ts';

const keptMs = 30 * 24 * 3600 * 1000;

export interface HeadMark {
  /** The line that is about to be written, by its SHA-256, and the one before it. */
  readonly note: (hash: string, before: string) => void;
  /** The journal has its checkpoint: the mark is not needed any more. */
  readonly remove: () => void;
  readonly close: () => void;
}

/** Where the mark of an execution is kept. */
export function headMarkPath(stateFolder: string, execution: string): string {
  return join(stateFolder, 'heads', execution);
}

/** Throws what `node:fs` throws. */
export function openHeadMark(path: string): HeadMark {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // In a temporary folder anybody may have made one of this name before.
  for (const own of [dirname(folder), folder]) {
    const { uid } = lstatSync(own);
    if (uid !== (process.getuid?.() ?? uid)) throw new Error(`\`${own}\` belongs to user ${uid}`);
  }
  sweepOld(folder);
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  return {
    note: (hash, before) => void writeSync(file, `${hash} ${before}\n`, 0),
    remove: () => {
      try {
        unlinkSync(path);
      } catch {
        // It is gone: nobody needs it.
      }
    },
    close: () => closeSync(file),
  };
}

/** Of executions that nobody went on with. */
function sweepOld(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const age = Date.now() - (lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > keptMs) rmSync(path, { force: true });
  }
}

/** Is this the head of the journal that the mark was kept for? Undefined where there is no mark. */
export function fitsHeadMark(path: string, head: string): boolean | undefined {
  try {
    return readFileSync(path, 'utf8').trim().split(' ').includes(head);
  } catch (error) {
    return systemCodeOf(error) === 'ENOENT' ? undefined : false;
  }
}
