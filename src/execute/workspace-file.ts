/**
 * Which files of a workspace are its source: what git tracks or would add, or without it what the workspace's own ignore files
 * leave (read by ripgrep). Caches and what is kept for tools is nobody's source.
 */
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gitEnvironment } from './git-environment.ts';

/** Patterns as in ignore files: interpreters, test runners and builds rewrite these in honest executions. */
const leftovers: readonly string[] = [
  ...['.git', '.hg', '.svn', '.proofplan', 'node_modules', '.venv', 'venv', 'site-packages', '.DS_Store'],
  ...['__pycache__', '*.pyc', '*.pyo', '.pytest_cache', '.mypy_cache', '.ruff_cache', '.hypothesis', '.tox', '.nox', '*.egg-info', '.ipynb_checkpoints'],
  ...['.cache', '.eslintcache', '.nyc_output', '.next', '.turbo', '.parcel-cache', '.vite', '.vitest', '*.tsbuildinfo', '.gradle'],
  ...['coverage', 'htmlcov', '.coverage', '.coverage.*', 'coverage.xml', 'lcov.info'],
  ...['*.log', '*.pid', '*.swp', '*.db', '*.sqlite', '*.sqlite3', '*.db-*', '*.sqlite-*', '*.sqlite3-*'],
];

/** More are not looked at before and after each step. */
export const mostFiles = 20_000;
const timeoutMs = 10_000;
const mostOutputBytes = 16 << 20;

export interface WorkspaceFiles {
  /** Relative to the workspace, sorted. */
  readonly paths: readonly string[];
  /** Were there more than are looked at? */
  readonly cut: boolean;
}

export interface ListOptions {
  readonly processEnvironment: Readonly<Record<string, string | undefined>>;
  /** Folders with the runner's own programs (rg). */
  readonly toolFolders: readonly string[];
}

/** Never rejects. */
export async function listWorkspaceFiles(workspace: string, { processEnvironment, toolFolders }: ListOptions): Promise<WorkspaceFiles> {
  const git = ['-c', 'core.fsmonitor=false', '-c', 'safe.directory=*', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  let found = await outputOf('git', [...git, ...leftovers.flatMap((pattern) => ['-x', pattern])], workspace, gitEnvironment(processEnvironment));
  // A folder that a repository around it ignores has no file in it; nor is it for rules from outside to hide one.
  if (found === '') {
    const ripgrep = ['--files', '--null', '--hidden', '--follow', '--one-file-system', '--no-config', '--no-messages', '--no-require-git'];
    const own = ['--no-ignore-parent', '--no-ignore-global', '--no-ignore-exclude', ...leftovers.flatMap((pattern) => ['--glob', `!${pattern}`])];
    for (const program of [...toolFolders.map((folder) => join(folder, 'rg')), 'rg']) {
      found = await outputOf(program, [...ripgrep, ...own], workspace, { PATH: processEnvironment['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' });
      if (found !== '') break;
    }
  }
  if (found === '') found = await walk(workspace);
  const paths = [...new Set(found.split('\0').filter((path) => path !== ''))].sort();
  return { paths: paths.slice(0, mostFiles), cut: paths.length > mostFiles || Buffer.byteLength(found) >= mostOutputBytes };
}

/** What a program printed, also where it did not come to its end: some files are more than none. Whole names only. */
function outputOf(program: string, words: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, words, { cwd, env, timeout: timeoutMs, maxBuffer: mostOutputBytes, encoding: 'utf8' }, (_error, stdout) =>
      resolve(stdout.slice(0, stdout.lastIndexOf('\0') + 1)),
    );
  });
}

/** Every file that is no leftover, where nothing is there that reads ignore files: each name ends with NUL. */
async function walk(root: string): Promise<string> {
  const patterns = leftovers.map((pattern) => new RegExp(`^${pattern.replaceAll('.', String.raw`\.`).replaceAll('*', '.*')}$`));
  const found: string[] = [];
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined && found.length <= mostFiles; folder = folders.pop()) {
    const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (patterns.some((pattern) => pattern.test(entry.name))) continue;
      if (entry.isDirectory()) folders.push(path);
      else found.push(path);
    }
  }
  return found.map((path) => `${path}\0`).join('');
}
