/**
 * The workspace's source before and after each step, so that an edit in the middle is named with its file and step: what was
 * tested before it is not what is tested after it, also where version control sees nothing, or nothing any more at the end.
 *
 * Signs first, content only where they moved. What appears anew is no tested source.
 */
import { resolve, sep } from 'node:path';
import type { TripwireFinding } from '../model/contract.ts';
import { compareFileMarks, markFile, type FileChange, type FileMark } from './file-mark.ts';
import { listWorkspaceFiles, mostFiles, type ListOptions } from './workspace-file.ts';

export interface WatchOptions extends ListOptions {
  /** Absolute. */
  readonly workspace: string;
  /** Files that count wherever they are and whatever ignores them: the plan, its addendum, scripts that its steps call. Absolute. */
  readonly named: readonly string[];
  /** Folders of the runner's own, absolute: what it writes is nobody's edit. */
  readonly own: readonly string[];
}

/** One file that is not as it was. */
export interface WorkspaceChange {
  /** The step in whose time it was found. */
  readonly step: string;
  /** In words: `source.py` was edited. */
  readonly what: string;
}

const wording: Readonly<Record<Exclude<FileChange, 'none' | 'same content'>, string>> = {
  edited: 'was edited',
  written: 'was written, and is too large for its content to be compared',
  removed: 'was removed',
  restored: 'is there again',
};

/** The content of what is beyond these is not compared. */
const largestFileBytes = 16 << 20;
const mostBytes = 128 << 20;
/** Of files that were written with the same content, so many are named. */
const mostNamed = 5;

export class WorkspaceWatch {
  readonly #options: WatchOptions;
  readonly #marks = new Map<string, FileMark>();
  readonly #changes: WorkspaceChange[] = [];
  /** What is to be said once. */
  #limits: TripwireFinding[] = [];

  private constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Reads every file once. */
  static async begin(given: WatchOptions): Promise<WorkspaceWatch> {
    const options = { ...given, workspace: resolve(given.workspace) };
    const watch = new WorkspaceWatch(options);
    const { paths, cut } = await listWorkspaceFiles(options.workspace, options);
    if (cut) watch.#limits = [{ kind: 'workspace', what: `of the workspace, only the first ${mostFiles} files are watched`, explained: true }];
    let bytesLeft = mostBytes;
    const fits = (bytes: number): boolean => {
      if (bytes > largestFileBytes || bytes > bytesLeft) return false;
      bytesLeft -= bytes;
      return true;
    };
    for (const path of new Set([...options.named, ...paths.map((one) => resolve(options.workspace, one))])) {
      const mark = watch.#isOwn(path) ? undefined : markFile(path, fits);
      if (mark !== undefined && mark.sign !== '') watch.#marks.set(path, mark);
    }
    return watch;
  }

  /** Is there anything that can be seen to change? */
  get watches(): boolean {
    return this.#marks.size > 0;
  }

  /** Every edit so far, in order. */
  get changes(): readonly WorkspaceChange[] {
    return this.#changes;
  }

  /** An edit that an earlier process of this execution has told of. */
  noteChange({ step, what }: WorkspaceChange): void {
    this.#changes.push({ step, what });
  }

  /** The content at the beginning, by path: SHA-256, or the signs of a file whose content is not compared. */
  manifest(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.#marks].map(([path, { digest, sign }]) => [path, digest ?? sign]));
  }

  /** What is not as a manifest says, in words; from now on these are the files that are watched, and no others. */
  continueFrom(manifest: Readonly<Record<string, string>>): readonly string[] {
    this.#marks.clear();
    this.#limits = [];
    return Object.entries(manifest).flatMap(([path, known]) => {
      const mark = markFile(path, (bytes) => /^[0-9a-f]{64}$/.test(known) && bytes <= largestFileBytes);
      this.#marks.set(path, mark);
      if ((mark.digest ?? mark.sign) === known) return [];
      return [`\`${this.#shown(path)}\` ${mark.sign === '' ? 'was removed' : 'was edited'}`];
    });
  }

  /** What is not as it was the last time this was asked; `moment` says in words when it was found, where that is not the step itself. */
  look(step: string, moment = ''): readonly TripwireFinding[] {
    const findings = this.#limits.splice(0);
    const rewritten: string[] = [];
    for (const [path, before] of this.#marks) {
      const after = this.#again(path, before);
      if (after === before) continue;
      this.#marks.set(path, after);
      const change = compareFileMarks(before, after);
      if (change === 'same content') rewritten.push(`\`${this.#shown(path)}\``);
      if (change === 'none' || change === 'same content') continue;
      const what = `\`${this.#shown(path)}\` ${wording[change]}${moment === '' ? '' : `, ${moment}`}`;
      this.#changes.push({ step, what });
      findings.push({ kind: 'workspace', what, explained: false });
    }
    if (rewritten.length > 0) {
      const more = rewritten.length > mostNamed ? ` and ${rewritten.length - mostNamed} more` : '';
      findings.push({ kind: 'workspace', what: `${rewritten.slice(0, mostNamed).join(', ')}${more}: written again, with the same content`, explained: true });
    }
    return findings;
  }

  /** Files that were not there at the beginning and that nothing ignores; relative to the workspace, sorted. */
  async appeared(): Promise<readonly string[]> {
    const { workspace } = this.#options;
    const { paths } = await listWorkspaceFiles(workspace, this.#options);
    return paths.filter((path) => {
      const absolute = resolve(workspace, path);
      return !this.#marks.has(absolute) && !this.#isOwn(absolute) && markFile(absolute, () => false).sign !== '';
    });
  }

  /** The same object where nothing moved. */
  #again(path: string, before: FileMark): FileMark {
    const sign = markFile(path, () => false);
    if (sign.sign === before.sign && !before.young) return before;
    return before.digest === undefined ? sign : markFile(path, (bytes) => bytes <= largestFileBytes);
  }

  #isOwn(path: string): boolean {
    return this.#options.own.some((folder) => isWithin(path, folder));
  }

  #shown(path: string): string {
    const { workspace } = this.#options;
    return isWithin(path, workspace) ? path.slice(workspace.length + 1) : path;
  }
}

function isWithin(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}
