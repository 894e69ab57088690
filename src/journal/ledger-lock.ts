/**
 * The lock around an append to the ledger: a symbolic link whose target says who holds it. A link is made with its content
 * in one step, so nobody ever reads a half-written lock. It is held for milliseconds; one that a killed holder left is removed.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, readlinkSync, rmdirSync, symlinkSync, unlinkSync } from 'node:fs';
import { systemCodeOf } from './append-only-file.ts';

const pollMs = 3;

/**
 * Does `act` while holding the lock at `path`; waits at most `waitMs` for it. Answers with `busy` when another holder did not
 * let go. Throws what `act` throws and what the folder does not permit.
 */
export async function withLock<T>(path: string, waitMs: number, act: () => Promise<T>): Promise<{ readonly value: T } | { readonly busy: string }> {
  const mine = ownName();
  const deadline = performance.now() + waitMs;
  while (!take(path, mine)) {
    const holder = readHolder(path);
    if (holder !== undefined && isDead(holder)) removeStale(path, holder);
    else if (performance.now() > deadline) return { busy: holder ?? 'unknown' };
    else await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  try {
    return { value: await act() };
  } finally {
    if (readHolder(path) === mine) unlinkSync(path);
  }
}

/** Takes the lock for as long as this process lives, or answers with its living holder. Throws what the folder does not permit. */
export function holdLock(path: string): { readonly release: () => void } | { readonly busy: string } {
  const mine = ownName();
  for (let tries = 0; tries < 3; tries += 1) {
    if (take(path, mine)) {
      return {
        release: () => {
          try {
            if (readHolder(path) === mine) unlinkSync(path);
          } catch {
            // What was done under it stands; a lock that stays is soon a dead holder's.
          }
        },
      };
    }
    const holder = readHolder(path);
    if (holder !== undefined && !isDead(holder)) return { busy: holder };
    if (holder !== undefined) removeStale(path, holder);
  }
  return { busy: readHolder(path) ?? 'unknown' };
}

/** Who holds the lock at `path`: a living process, or one elsewhere that cannot be asked. Undefined where nobody does. */
export function lockHolder(path: string): string | undefined {
  const holder = readHolder(path);
  return holder === undefined || isDead(holder) ? undefined : holder;
}

function take(path: string, mine: string): boolean {
  try {
    symlinkSync(mine, path);
    return true;
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function ownName(): string {
  const { host, boot, namespace } = placeOf();
  return `${process.pid}.${startOf(process.pid)}.${randomBytes(8).toString('hex')}@${host}@${boot}@${namespace}`;
}

function readHolder(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    // Let go in between, or no link: the caller tries again until its time is over.
    return undefined;
  }
}

/** Dead for certain: of an earlier boot of this machine, or of this very process namespace and gone, or its number has a new owner. */
function isDead(holder: string): boolean {
  const [, pid = '', start = '', host = '', boot = '', namespace = ''] = /^([0-9]+)\.([0-9]*)\.[0-9a-f]+@([^@]*)@([^@]*)@([^@]*)$/.exec(holder) ?? [];
  const here = placeOf();
  if (pid === '' || host !== here.host) return false;
  if (boot !== here.boot) return true;
  if (namespace !== here.namespace) return false;
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    return systemCodeOf(error) === 'ESRCH';
  }
  return startOf(Number(pid)) !== start;
}

/**
 * Removes a dead holder's lock. Two waiters may see the same dead holder, and the slower one must not remove the lock that the
 * faster one has taken by then: the folder lets one at a time look again and remove.
 */
function removeStale(path: string, holder: string): void {
  const turn = `${path}.break`;
  try {
    mkdirSync(turn);
  } catch {
    return;
  }
  try {
    if (readHolder(path) === holder) unlinkSync(path);
  } finally {
    rmdirSync(turn);
  }
}

/** When a process started, in ticks since boot; a number of a process alone is soon used again. Empty where there is no /proc. */
function startOf(pid: number): string {
  const stat = readText(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

/** Which machine, boot and process namespace: a holder elsewhere (a shared disk, another container) cannot be asked. */
function placeOf(): { readonly host: string; readonly boot: string; readonly namespace: string } {
  const host = readText('/proc/sys/kernel/hostname').trim();
  return { host, boot: readText('/proc/sys/kernel/random/boot_id').trim(), namespace: readHolder('/proc/self/ns/pid') ?? '' };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
