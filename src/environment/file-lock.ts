/** A lock between executions on one machine, kept by a symbolic link: made in one act together with the mark of who holds it. */
import { readlink, rename, rm, symlink } from 'node:fs/promises';
import { ownerMark, ownerState } from './process-identity.ts';

export interface FileLock {
  /** Still ours? False when somebody took it, for instance by hand. */
  readonly held: () => Promise<boolean>;
  readonly release: () => Promise<void>;
}

export interface LockOptions {
  readonly timeoutMs: number;
  /** Told once when somebody else holds the lock. */
  readonly waiting?: () => void;
  readonly signal?: AbortSignal;
}

/**
 * Takes the lock, waiting for another execution, or sweeping a lock whose holder is gone; undefined after the time limit. Throws
 * what the file system throws, such as a folder that cannot be written.
 */
export async function acquireLock(path: string, options: LockOptions): Promise<FileLock | undefined> {
  const mark = ownerMark();
  const deadline = performance.now() + options.timeoutMs;
  let told = false;
  for (;;) {
    try {
      await symlink(mark, path);
      const held = (): Promise<boolean> =>
        readlink(path).then(
          (holder) => holder === mark,
          () => false,
        );
      const release = async (): Promise<void> => {
        if (await held()) await rm(path, { force: true });
      };
      return { held, release };
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown;
    }
    const holder = await readlink(path).catch(() => undefined);
    if (holder !== undefined && ownerState(holder) === 'gone') {
      await breakLock(path, holder, mark);
      continue;
    }
    if (performance.now() > deadline || options.signal?.aborted === true) return undefined;
    if (!told) options.waiting?.();
    told = true;
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
  }
}

/** Moves a dead holder's lock away. Two that do so at once: one of them may have moved a new lock, sees that, and puts it back. */
async function breakLock(path: string, holder: string, mark: string): Promise<void> {
  const aside = `${path}.${mark}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  const moved = await readlink(aside).catch(() => holder);
  await rm(aside, { force: true });
  if (moved !== holder) await symlink(moved, path).catch(() => undefined);
}
