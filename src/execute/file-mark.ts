/** One file at one moment: cheap signs of it, and its content where that is to be compared. */
import { createHash } from 'node:crypto';
import { readFileSync, statSync, type BigIntStats } from 'node:fs';

export interface FileMark {
  /** Device, inode, size, times and mode; empty where there is no such file. */
  readonly sign: string;
  /** SHA-256 of the content, where it was read. */
  readonly digest?: string;
  /** Read within the same tick of the clock in which it was written: it may change unseen, and so is read again. */
  readonly young: boolean;
}

/** File times move in ticks of the system's clock, which are a hundredth of a second or less. */
const tickMs = 50;

/** Looks at the file (through links); `read` says by its bytes whether the content is to be read. Never throws. */
export function markFile(path: string, read: (bytes: number) => boolean): FileMark {
  const found = statOf(path);
  if (found?.isFile() !== true) return { sign: '', young: false };
  const { dev, ino, size, mtimeNs, ctimeNs, mode } = found;
  const mark = { sign: [dev, ino, size, mtimeNs, ctimeNs, mode].join(' '), young: Date.now() - Number(found.ctimeMs) < tickMs };
  if (!read(Number(size))) return mark;
  try {
    return { ...mark, digest: createHash('sha256').update(readFileSync(path)).digest('hex') };
  } catch {
    return mark;
  }
}

function statOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true });
  } catch {
    return undefined;
  }
}

export type FileChange = 'none' | 'same content' | 'edited' | 'written' | 'removed' | 'restored';

/** `written`: the signs moved, and the content was not compared. */
export function compareFileMarks(before: FileMark, after: FileMark): FileChange {
  if (before.sign === '' || after.sign === '') return before.sign === after.sign ? 'none' : after.sign === '' ? 'removed' : 'restored';
  if (before.digest !== undefined && after.digest !== undefined)
    return before.digest !== after.digest ? 'edited' : before.sign === after.sign ? 'none' : 'same content';
  return before.sign === after.sign ? 'none' : 'written';
}
