/** Where things are kept that belong to no execution. */
import { homedir, tmpdir, userInfo } from 'node:os';
import { join, relative } from 'node:path';
import type { CommandContext } from './command-context.ts';

/** What can be made again: a template of a cluster, a readable copy of a package. The user's own. */
export function cacheFolder(context: CommandContext): string {
  return join(context.environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'proofplan');
}

/** Clusters of embedded servers while they run. One place for all projects, so that any start finds what a dead runner left. */
export function stateFolder(): string {
  return join(tmpdir(), `proofplan-${userInfo().uid}`);
}

/** A path as a person wants to read it: from the working folder, where it lies under that. */
export function shortPath(absolute: string, context: CommandContext): string {
  const path = relative(context.workingFolder, absolute);
  return path === '' ? '.' : path.startsWith('..') ? absolute : path;
}
