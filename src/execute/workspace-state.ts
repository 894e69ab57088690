/** What version control says about the workspace: the record names the commit, and whether the tested source was changed. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { WorkspaceState } from '../model/event.ts';
import { gitEnvironment } from './git-environment.ts';

const gitTimeoutMs = 20_000;
const mostShown = 200;
const mostOutputBytes = 64 << 20;

/** The state with a digest of all content that differs from the commit; `digest` is undefined without version control. */
export interface WorkspaceReading {
  readonly state: WorkspaceState;
  readonly digest?: string;
  /** The same over files that version control knows: what a tool leaves beside them is not in it. */
  readonly trackedDigest?: string;
}

/**
 * Reads the state by git. No program that the repository configures is run (fsmonitor, hooks, filters are not needed for
 * this), no lock is taken, and a repository of another user is read all the same.
 */
export async function readWorkspace(path: string, processEnvironment: Readonly<Record<string, string | undefined>>): Promise<WorkspaceReading> {
  const git = (...words: readonly string[]): Promise<string | undefined> => runGit(path, words, processEnvironment);
  const answers = await Promise.all([
    git('rev-parse', '--verify', 'HEAD'),
    git('status', '--porcelain=v1', '-z', '--untracked-files=all', '--', '.'),
    git('rev-parse', '--show-toplevel'),
  ]);
  const [commit, changes, root] = [answers[0]?.trim(), answers[1], answers[2]?.trim()];
  if (changes === undefined || root === undefined) return { state: { path, commit: null, dirty: [], dirtyCount: 0 } };
  const dirty = parseStatus(changes);
  const state = { path, commit: commit ?? null, dirty: dirty.slice(0, mostShown), dirtyCount: dirty.length };
  const tracked = changes
    .split('\0')
    .filter((field) => !field.startsWith('?? '))
    .join('\0');
  return {
    state,
    digest: await digestOf(commit ?? '', root, changes, dirty),
    trackedDigest: await digestOf(commit ?? '', root, tracked, parseStatus(tracked)),
  };
}

/** The paths of `git status --porcelain=v1 -z`: two letters, a space, the path; a rename has its old path in a field of its own. */
export function parseStatus(output: string): readonly string[] {
  const fields = output.split('\0');
  const paths: string[] = [];
  for (let at = 0; at < fields.length; at += 1) {
    const field = fields[at] ?? '';
    if (field.length < 4) continue;
    paths.push(field.slice(3));
    if (field.startsWith('R') || field.startsWith('C')) at += 1;
  }
  return paths;
}

/** Over the commit, the list of changes and the content of every changed file: a second edit of a dirty file shows, too. */
async function digestOf(commit: string, root: string, changes: string, dirty: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(`${commit}\0${changes}\0`);
  for (const path of dirty) hash.update(`${path}\0${await digestOfFile(join(root, path))}\0`);
  return hash.digest('hex');
}

async function digestOfFile(path: string): Promise<string> {
  try {
    const found = await lstat(path);
    if (found.isSymbolicLink()) return `link ${await readlink(path)}`;
    if (!found.isFile()) return 'no file';
    const hash = createHash('sha256');
    await pipeline(createReadStream(path), hash);
    return hash.digest('hex');
  } catch {
    return 'absent';
  }
}

function runGit(path: string, words: readonly string[], processEnvironment: Readonly<Record<string, string | undefined>>): Promise<string | undefined> {
  const options = ['-C', path, '-c', 'core.fsmonitor=false', '-c', 'safe.directory=*', '-c', 'core.quotePath=false'];
  const env = gitEnvironment(processEnvironment);
  return new Promise((resolve) => {
    execFile('git', [...options, ...words], { env, timeout: gitTimeoutMs, maxBuffer: mostOutputBytes }, (error, stdout) => resolve(error ? undefined : stdout));
  });
}
