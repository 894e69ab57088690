/** The output folder: `.proofplan` with its own .gitignore, one folder for each execution, a link to the newest. */
import { randomBytes } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readdirSync, readlinkSync, renameSync, rmdirSync, rmSync, statSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { messageOf, type Checked, type Diagnostic } from '../model/diagnostic.ts';
import { evidencePath, executionFiles } from '../model/journal-entry.ts';
import { systemCodeOf } from './append-only-file.ts';

export interface ExecutionFolder {
  readonly execution: string;
  /** The output folder, absolute: holds the ledger. */
  readonly output: string;
  /** The execution's own folder, absolute. */
  readonly folder: string;
  /** What an engine is given; content goes to `sha256/<digest>` in it. */
  readonly evidenceFolder: string;
}

const tries = 16;
/** Of an id's time: `2026-02-09T12-00-00Z`. */
const timeLength = 20;

/** A new execution's id: UTC to the second and six random hex digits. `clock` is in milliseconds since 1970. */
export function createExecutionId(clock: () => number): string {
  return `${new Date(clock()).toISOString().slice(0, 19).replaceAll(':', '-')}Z-${randomBytes(3).toString('hex')}`;
}

/**
 * Makes the folder of a new execution under `output` (default name `.proofplan`), which is made too where it is missing, and
 * points `latest` at it. Folders are for their owner alone. Diagnostics say what stands in the way; nothing is left half done
 * but empty folders.
 */
export function createExecutionFolder(output: string, clock: () => number): Checked<ExecutionFolder> {
  const root = resolve(output);
  const executions = join(root, 'executions');
  const obstacle = obstacleAt(root) ?? makeFolder(root, output) ?? obstacleAt(executions) ?? makeFolder(executions, output);
  if (obstacle) return { value: undefined, diagnostics: [obstacle] };
  try {
    keepOutOfGit(root);
    for (let left = tries; ; left -= 1) {
      const execution = createExecutionId(clock);
      const folder = join(executions, execution);
      try {
        // Not recursive: a folder that exists belongs to another execution.
        mkdirSync(folder, { mode: 0o700 });
      } catch (error) {
        if (systemCodeOf(error) === 'EEXIST' && left > 1) continue;
        throw error;
      }
      mkdirSync(join(folder, dirname(evidencePath('x'))), { recursive: true, mode: 0o700 });
      const value = { execution, output: root, folder, evidenceFolder: join(folder, executionFiles.evidence) };
      const warning = pointLatest(root, execution);
      return { value, diagnostics: warning ? [warning] : [] };
    }
  } catch (error) {
    return { value: undefined, diagnostics: [unusable(output, error)] };
  }
}

/** Of an execution that exists; `folder` is its own, absolute. */
export function findExecutionFolder(folder: string): ExecutionFolder {
  return { execution: basename(folder), output: dirname(dirname(folder)), folder, evidenceFolder: join(folder, executionFiles.evidence) };
}

/** Takes the folder of an execution that did not begin away again; `latest` leads to the newest that is left. What is not empty stays. */
export function discardExecutionFolder({ output, execution, folder }: ExecutionFolder): void {
  try {
    for (const path of [join(folder, dirname(evidencePath('x'))), join(folder, executionFiles.evidence), folder]) rmdirSync(path);
    if (linkTarget(join(output, 'latest')) !== join('executions', execution)) return;
    const newest = readdirSync(join(output, 'executions')).toSorted().at(-1);
    if (newest === undefined) unlinkSync(join(output, 'latest'));
    else pointLatest(output, newest);
  } catch {
    // An empty folder harms nobody.
  }
}

/** A file where a folder is needed, or a link that somebody else set and could turn elsewhere under our hands. */
function obstacleAt(path: string): Diagnostic | undefined {
  try {
    const found = lstatSync(path);
    if (found.isSymbolicLink()) {
      if (found.uid !== process.getuid?.()) {
        const notes = [`the link belongs to user ${found.uid}, who could turn it elsewhere`];
        return {
          severity: 'error',
          code: 'journal/output-not-ours',
          message: `\`${path}\` is a symbolic link of somebody else`,
          notes,
          help: 'remove the link, or give another folder with --out',
        };
      }
      if (statSync(path).isDirectory()) return undefined;
    }
    if (!found.isDirectory()) {
      return {
        severity: 'error',
        code: 'journal/output-unusable',
        message: `\`${path}\` is not a folder`,
        help: 'move it away, or give another folder with --out',
      };
    }
    return undefined;
  } catch (error) {
    // Not there yet is no obstacle; a parent that is a file, or closed to us, is.
    return systemCodeOf(error) === 'ENOENT' && !isLink(path) ? undefined : unusable(path, error);
  }
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}

/**
 * One folder after the other: Node's recursive mkdir never ends where a file system answers ENOENT for a folder whose parent
 * is there (procfs does).
 */
function makeFolder(path: string, output: string): Diagnostic | undefined {
  try {
    const missing: string[] = [];
    for (let folder = path; !existsSync(folder); folder = dirname(folder)) missing.unshift(folder);
    for (const folder of missing) {
      try {
        mkdirSync(folder, { mode: 0o700 });
      } catch (error) {
        // Another execution may have made it meanwhile.
        if (systemCodeOf(error) !== 'EEXIST') throw error;
      }
    }
    return undefined;
  } catch (error) {
    return unusable(output, error);
  }
}

function unusable(path: string, error: unknown): Diagnostic {
  const message = `the output folder \`${path}\` cannot be written: ${messageOf(error)}`;
  return { severity: 'error', code: 'journal/output-unusable', message, help: 'give a folder that can be written with --out' };
}

/** The records are not for the repository of the project under test, whatever its own .gitignore says. */
function keepOutOfGit(root: string): void {
  try {
    writeFileSync(join(root, '.gitignore'), '*\n', { flag: 'wx' });
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST') throw error;
  }
}

/**
 * At the end: does `latest` still lead to this execution, or to one that began after it and is registered? Anything else is set
 * right, and told: who opens `latest` must not take another verdict for this one.
 */
export async function settleLatest(
  { output, execution }: ExecutionFolder,
  isRegistered: (execution: string) => Promise<boolean>,
): Promise<readonly Diagnostic[]> {
  const latest = join(output, 'latest');
  const target = linkTarget(latest);
  const named = basename(target ?? '');
  if (target === join('executions', execution)) return [];
  // Ids begin with their time, to the second.
  const later = named.slice(0, timeLength) >= execution.slice(0, timeLength);
  if (target === join('executions', named) && later && (await isRegistered(named))) return [];
  const warning = pointLatest(output, execution);
  const message = `\`${latest}\` ${target === undefined ? 'was no link any more' : `led to \`${target}\``} when the execution ended`;
  return [
    warning ?? {
      severity: 'warning',
      code: 'journal/latest-turned',
      message,
      notes: ['it was set again'],
      help: 'find out what writes into the output folder',
    },
  ];
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** Set beside and renamed over, so that `latest` is at every moment a whole link. */
function pointLatest(root: string, execution: string): Diagnostic | undefined {
  const latest = join(root, 'latest');
  const fresh = `${latest}.${execution}`;
  try {
    const found = lstatSync(latest, { throwIfNoEntry: false });
    if (found && !found.isSymbolicLink()) throw new Error('something else has this name');
    // One that was left by a cut, or laid there, is not ours to rely on.
    rmSync(fresh, { force: true });
    symlinkSync(join('executions', execution), fresh);
    try {
      renameSync(fresh, latest);
    } catch (error) {
      unlinkSync(fresh);
      throw error;
    }
    return undefined;
  } catch (error) {
    const message = `\`${latest}\` does not point at this execution: ${messageOf(error)}`;
    return { severity: 'warning', code: 'journal/latest-not-updated', message, help: `look in \`${join('executions', execution)}\`` };
  }
}
