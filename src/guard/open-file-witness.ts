// Sees which files a step's processes hold open for writing, by asking the kernel every few milliseconds (Linux, /proc). A file
// seen so is the step's own, wherever it lies. Where there is no /proc it sees nothing, and says so.
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';

const pollMs = 2;
/** At most a quarter of the time goes into looking: a store may be open for a few milliseconds only. */
const restFactor = 3;
/** A look at all new processes finds those that left their parents between two looks. */
const sweepMs = 20;

/** Can this system show open files at all? */
export const canWitness = existsSync('/proc/self/task') && existsSync('/proc/self/fdinfo');

export interface OpenFileWitnessOptions {
  /** Told of each path once a process is seen with it open for writing, and again while `true` is answered. `source` reads the file even after its name is gone. */
  readonly seen: (path: string, source: string, program: string) => boolean;
}

export class OpenFileWitness {
  readonly #options: OpenFileWitnessOptions;
  readonly #processes = new Set<number>();
  /** Sessions and process groups that the step's leaders began. */
  readonly #leaders = new Set<number>();
  readonly #done = new Set<string>();
  /** Processes that were there before the step, or turned out to be somebody else's. */
  readonly #strangers = new Set<number>();
  #timer: NodeJS.Timeout | undefined;
  #sweptAt = 0;

  constructor(options: OpenFileWitnessOptions) {
    this.#options = options;
  }

  /** Follows a process and everything that comes from it. */
  follow(pid: number): void {
    if (!canWitness) return;
    if (this.#timer === undefined) for (const other of processes()) if (other !== pid) this.#strangers.add(other);
    this.#processes.add(pid);
    this.#leaders.add(pid);
    this.#timer ??= setTimeout(() => this.#poll(), 0).unref();
  }

  /** Is this process one of the step's? */
  follows(pid: number): boolean {
    return this.#processes.has(pid);
  }

  /** A last look, and no more. */
  stop(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#look(true);
  }

  #poll(): void {
    const startedAt = performance.now();
    this.#look(startedAt - this.#sweptAt > sweepMs);
    const tookMs = performance.now() - startedAt;
    this.#timer = setTimeout(() => this.#poll(), Math.max(pollMs, tookMs * restFactor)).unref();
  }

  #look(sweep: boolean): void {
    if (sweep) this.#sweep();
    // Grows while it is walked: children come behind their parents.
    for (const pid of this.#processes) {
      for (const child of childrenOf(pid)) this.#processes.add(child);
      if (!this.#lookAt(pid)) this.#processes.delete(pid);
    }
  }

  /** False when the process is gone. */
  #lookAt(pid: number): boolean {
    const folder = `/proc/${pid}/fd`;
    for (const descriptor of listOf(folder) ?? []) {
      const source = `${folder}/${descriptor}`;
      const path = attempt(() => readlinkSync(source))?.replace(/ \(deleted\)$/, '');
      if (path === undefined || !path.startsWith('/') || isDevice(path) || this.#done.has(path)) continue;
      if (!isWritableFile(pid, descriptor, source)) continue;
      if (!this.#options.seen(path, source, programOf(pid))) this.#done.add(path);
    }
    return existsSync(folder);
  }

  /** Processes that were handed to init, or began a session of their own, are still of a group or session of the step's. */
  #sweep(): void {
    this.#sweptAt = performance.now();
    for (const pid of processes()) {
      if (this.#processes.has(pid) || this.#strangers.has(pid)) continue;
      const [, parent, group, session] = statusOf(pid);
      const ours = (parent !== undefined && this.#processes.has(parent)) || [group, session].some((id) => id !== undefined && this.#leaders.has(id));
      (ours ? this.#processes : this.#strangers).add(pid);
    }
    for (const pid of this.#processes) {
      const [, , group, session] = statusOf(pid);
      if (group === pid || session === pid) this.#leaders.add(pid);
    }
  }
}

/** Other processes that have the file open now, by number and program: a browser's profile is the browser's. */
export function holdersOf(path: string): readonly { readonly pid: number; readonly program: string }[] {
  if (!canWitness) return [];
  return processes()
    .filter((pid) => (listOf(`/proc/${pid}/fd`) ?? []).some((descriptor) => attempt(() => readlinkSync(`/proc/${pid}/fd/${descriptor}`)) === path))
    .map((pid) => ({ pid, program: programOf(pid) }));
}

function processes(): readonly number[] {
  return (listOf('/proc') ?? []).map(Number).filter((pid) => Number.isInteger(pid));
}

function childrenOf(pid: number): readonly number[] {
  return (listOf(`/proc/${pid}/task`) ?? []).flatMap((thread) =>
    (attempt(() => readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1')) ?? '').split(' ').filter(Boolean).map(Number),
  );
}

/** Of `/proc/<pid>/stat`, behind the program's name (which may hold brackets): state, parent, group, session. */
function statusOf(pid: number): readonly (number | undefined)[] {
  const line = attempt(() => readFileSync(`/proc/${pid}/stat`, 'latin1')) ?? '';
  return line
    .slice(line.lastIndexOf(')') + 2)
    .split(' ', 4)
    .map((field) => (/^\d+$/.test(field) ? Number(field) : undefined));
}

/** Under /dev only shared memory holds files. */
function isDevice(path: string): boolean {
  return path.startsWith('/dev/') && !path.startsWith('/dev/shm/');
}

/** The access mode stands in the last octal digit of the flags: 1 and 2 may write. */
function isWritableFile(pid: number, descriptor: string, source: string): boolean {
  const flags = /^flags:\s*(\d+)/m.exec(attempt(() => readFileSync(`/proc/${pid}/fdinfo/${descriptor}`, 'latin1')) ?? '')?.[1];
  if (flags === undefined || (Number(flags.slice(-1)) & 3) === 0) return false;
  return attempt(() => statSync(source).isFile()) ?? false;
}

function programOf(pid: number): string {
  return (attempt(() => readFileSync(`/proc/${pid}/comm`, 'utf8')) ?? '').trim();
}

function listOf(folder: string): readonly string[] | undefined {
  return attempt(() => readdirSync(folder));
}

/** Processes end while they are being looked at. */
function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
