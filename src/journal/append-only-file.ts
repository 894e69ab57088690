/**
 * A file that only grows, and that notices when anybody else touches it. Knows bytes, not entries. All calls but `sync` are
 * synchronous, so that appends stand in the order of the calls and a stat belongs to the write before it.
 */
import { createHash, type Hash } from 'node:crypto';
import * as nodeFileSystem from 'node:fs';
import { dirname } from 'node:path';
import { messageOf } from '../model/diagnostic.ts';
import type { JournalFailure, JournalFailureReason } from './journal-failure.ts';

/** The part of `node:fs` that a journal is written with; tests put faults in its place. */
export type JournalFileSystem = Pick<
  typeof nodeFileSystem,
  'openSync' | 'writeSync' | 'readSync' | 'lstatSync' | 'fstatSync' | 'fdatasync' | 'fsyncSync' | 'closeSync'
>;

export interface AppendOnlyFile {
  /** Throws a failure when the file is gone, another, shorter, longer or edited. */
  readonly inspect: () => void;
  /** Compares the whole file with what was written: finds an edit that keeps the size, whenever it was made. */
  readonly readBack: () => void;
  /** Writes all the bytes or throws; `what` names them in the message. */
  readonly append: (bytes: Uint8Array, what: string) => void;
  /** Resolves when everything appended by now is on the disk. */
  readonly sync: () => Promise<void>;
  readonly close: () => void;
}

/** Keeps and gives back the first failure of a journal. */
export type Fail = (reason: JournalFailureReason, message: string, cause?: unknown) => JournalFailure;

const { O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_RDWR, O_WRONLY } = nodeFileSystem.constants;
const readBlockBytes = 1 << 20;

/** What a file that was begun by another process holds. */
export interface BegunFile {
  readonly size: number;
  /** SHA-256 over its content so far, not yet ended. */
  readonly content: Hash;
}

/**
 * Makes the file, which must not exist, for its owner alone; its name is on the disk when this returns. With `begun` the file must be
 * there, and hold that.
 */
export function openAppendOnlyFile(path: string, fileSystem: JournalFileSystem, fail: Fail, begun?: BegunFile): AppendOnlyFile {
  const content = begun?.content ?? createHash('sha256');
  let size = begun?.size ?? 0;
  let running: Promise<void> | undefined;
  let queued: Promise<void> | undefined;

  let descriptor: number;
  let stat: nodeFileSystem.BigIntStats;
  try {
    descriptor = fileSystem.openSync(path, O_WRONLY | O_APPEND | O_NOFOLLOW | (begun ? 0 : O_CREAT | O_EXCL), 0o600);
    stat = fileSystem.fstatSync(descriptor, { bigint: true });
    if (!begun) syncFolder(dirname(path), fileSystem);
  } catch (error) {
    throw fail('open', `the journal cannot be ${begun ? 'opened again' : 'made'}: ${messageOf(error)}`, error);
  }

  const readBack = (): void => {
    const onDisk = createHash('sha256');
    const block = Buffer.alloc(readBlockBytes);
    try {
      const reading = fileSystem.openSync(path, O_RDONLY | O_NOFOLLOW);
      try {
        for (let length = fileSystem.readSync(reading, block); length > 0; length = fileSystem.readSync(reading, block))
          onDisk.update(block.subarray(0, length));
      } finally {
        fileSystem.closeSync(reading);
      }
    } catch (error) {
      throw fail('write', `the journal cannot be read back: ${messageOf(error)}`, error);
    }
    if (!onDisk.digest().equals(content.copy().digest())) throw fail('edited', 'the journal on the disk is not what was written to it');
  };

  const inspect = (): void => {
    let found: nodeFileSystem.BigIntStats;
    try {
      found = fileSystem.lstatSync(path, { bigint: true });
    } catch (error) {
      throw fail('deleted', `the journal is no longer there: ${messageOf(error)}`, error);
    }
    if (found.ino !== stat.ino || found.dev !== stat.dev) throw fail('replaced', 'another file was put in the place of the journal');
    if (found.size < size) throw fail('truncated', `the journal was cut from ${size} to ${found.size} bytes`);
    if (found.size > size) throw fail('grown', `somebody else wrote into the journal: it has ${found.size} bytes instead of ${size}`);
    // A change time that is not from our own write says only that something was touched (a link, a mode): the content decides.
    if (found.ctimeNs !== stat.ctimeNs) {
      readBack();
      stat = found;
    }
  };

  // One at a time; whoever comes while one runs shares the next. A failed one breaks the journal for good, whatever a later one says:
  // the kernel reports a lost write once and then forgets it.
  const sync = (): Promise<void> => {
    if (running) {
      queued ??= running.then(() => {
        queued = undefined;
        return sync();
      });
      return queued;
    }
    running = new Promise<void>((resolve, reject) => {
      fileSystem.fdatasync(descriptor, (error) => {
        running = undefined;
        if (error) reject(fail('sync', `the journal could not be synced to the disk: ${messageOf(error)}`, error));
        else resolve();
      });
    });
    return running;
  };

  return {
    inspect,
    readBack,
    append: (bytes, what) => {
      let written: number;
      try {
        written = fileSystem.writeSync(descriptor, bytes);
        stat = fileSystem.fstatSync(descriptor, { bigint: true });
      } catch (error) {
        throw fail('write', `${what} was not written: ${messageOf(error)}`, error);
      }
      if (written !== bytes.length) throw fail('short-write', `only ${written} of the ${bytes.length} bytes of ${what} were written`);
      size += bytes.length;
      content.update(bytes);
    },
    sync,
    close: () => {
      try {
        fileSystem.closeSync(descriptor);
      } catch (error) {
        throw fail('write', `the journal was not closed: ${messageOf(error)}`, error);
      }
    },
  };
}

/** A new file's name is on the disk only when its folder is synced too. */
export function syncFolder(folder: string, fileSystem: Pick<typeof nodeFileSystem, 'openSync' | 'fsyncSync' | 'closeSync'>): void {
  const opened = fileSystem.openSync(folder, O_RDONLY | O_DIRECTORY);
  try {
    fileSystem.fsyncSync(opened);
  } finally {
    fileSystem.closeSync(opened);
  }
}

/** Makes a file that must not exist, for its owner alone, with these bytes, and puts it on the disk. Throws what `node:fs` throws. */
export function writeNewFile(path: string, bytes: Uint8Array, fileSystem: JournalFileSystem): void {
  const opened = fileSystem.openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    const written = fileSystem.writeSync(opened, bytes);
    if (written !== bytes.length) throw new Error(`only ${written} of ${bytes.length} bytes were written`);
    fileSystem.fsyncSync(opened);
    const onDisk = Buffer.alloc(bytes.length);
    if (fileSystem.readSync(opened, onDisk, 0, onDisk.length, 0) !== bytes.length || !onDisk.equals(bytes)) throw new Error('it is not what was written');
  } finally {
    fileSystem.closeSync(opened);
  }
  syncFolder(dirname(path), fileSystem);
}

/** `ENOSPC` and the like, of an error of `node:fs`. */
export function systemCodeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
