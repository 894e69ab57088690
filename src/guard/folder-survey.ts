// Which files appeared or changed, found by the folders' own times: making a file, or a journal beside one, changes its
// folder's. One look at each known folder, no look at files where nothing happened. What it leaves out is counted.
import { readdirSync, statSync, type Dirent } from 'node:fs';
import { join } from 'node:path';

export interface SurveyRoot {
  readonly path: string;
  /** How deep below the root folders are known, from 0 for the root alone. */
  readonly depth: number;
}

/** Folders whose content is somebody else's by the thousand. */
const passedOver = new Set(['node_modules', '.git']);

export class FolderSurvey {
  readonly #folders = new Set<string>();
  readonly #most: number;
  #leftOut = 0;

  /** Lists folders breadth first, so that a limit costs the deep ones; `visit` is told of every file on the way. */
  constructor(roots: readonly SurveyRoot[], most: number, visit?: (path: string) => void) {
    this.#most = most;
    let level = roots.map(({ path, depth }) => ({ path, depth }));
    while (level.length > 0) {
      const next: { path: string; depth: number }[] = [];
      for (const { path, depth } of level) {
        if (this.#folders.has(path)) continue;
        if (this.#folders.size >= this.#most) {
          this.#leftOut += 1;
          continue;
        }
        const entries = list(path);
        if (entries === undefined) continue;
        this.#folders.add(path);
        for (const entry of entries) {
          if (entry.isFile()) visit?.(join(path, entry.name));
          else if (!entry.isDirectory()) continue;
          else if (depth === 0 || passedOver.has(entry.name)) this.#leftOut += 1;
          else next.push({ path: join(path, entry.name), depth: depth - 1 });
        }
      }
      level = next;
    }
  }

  /** Folders that are watched. */
  get known(): number {
    return this.#folders.size;
  }

  /** Folders that were seen and are not watched, each with all that is in it. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** Files made or changed since then (milliseconds, by the inode's own time, which nobody can set back). */
  changedSince(sinceMs: number): readonly string[] {
    const changed: string[] = [];
    for (const folder of [...this.#folders]) {
      const stats = statSync(folder, { throwIfNoEntry: false });
      if (stats === undefined) this.#folders.delete(folder);
      else if (stats.ctimeMs >= sinceMs) this.#look(folder, sinceMs, changed);
    }
    return changed;
  }

  #look(folder: string, sinceMs: number, changed: string[]): void {
    for (const entry of list(folder) ?? []) {
      const path = join(folder, entry.name);
      if (entry.isFile()) {
        if ((statSync(path, { throwIfNoEntry: false })?.ctimeMs ?? 0) >= sinceMs) changed.push(path);
      } else if (entry.isDirectory() && !this.#folders.has(path) && isNewerThan(path, sinceMs) && this.#folders.size < this.#most) {
        this.#folders.add(path);
        this.#look(path, sinceMs, changed);
      }
    }
  }
}

/** A folder that was left out stays so; one that was made or changed since is looked into. */
function isNewerThan(path: string, sinceMs: number): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.ctimeMs ?? 0) >= sinceMs;
}

function list(folder: string): readonly Dirent[] | undefined {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return undefined;
  }
}
