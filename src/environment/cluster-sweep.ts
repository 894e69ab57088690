/** Finds the clusters of runners that are no more, ends what still runs of them and removes them. */
import { randomBytes } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Diagnostic } from '../model/diagnostic.ts';
import { removeFolder } from './cluster.ts';
import { lastLines, warn } from './finding.ts';
import { commandOf, ownerMark, ownerState } from './process-identity.ts';
import { runAsServer, type ServerUser } from './server-user.ts';

const dayMs = 24 * 3600 * 1000;
/** Of clusters that cut executions may still need, so many are kept, and for a day. */
const mostKept = 4;
/** In a cluster's folder: the execution that it belongs to was cut, and may be resumed. */
export const keepName = 'keep';

/**
 * Sweeps folders whose entries bear the mark of the process that made them (`cluster-<mark>-…`, `making-<mark>-…`). One whose
 * maker cannot be seen from here (another machine, another container) is named when it is old, and left.
 */
export async function sweepLeftovers(user: ServerUser, roots: readonly string[], progress?: (line: string) => void): Promise<readonly Diagnostic[]> {
  const diagnostics: Diagnostic[] = [];
  for (const root of new Set(roots)) {
    const kept = await keptClusters(root);
    for (const entry of await readdir(root).catch(() => [])) {
      if (kept.includes(entry)) continue;
      const mark = /^(?:cluster|making)-(.+)$/.exec(entry)?.[1];
      if (mark === undefined) continue;
      const folder = join(root, entry);
      const state = ownerState(mark);
      if (state === 'gone') {
        progress?.(`removing what a killed execution left: ${folder}`);
        await discardCluster(user, folder);
      }
      if (state === 'unknown' && (await ageMs(folder)) > dayMs) {
        diagnostics.push(
          warn('environment/stale-cluster', `\`${folder}\` was left by another machine or container, which cannot be asked from here`, {
            help: 'remove the folder if nothing uses it any more',
          }),
        );
      }
    }
  }
  return diagnostics;
}

/** The newest ones, as long as they are not too old. */
async function keptClusters(root: string): Promise<readonly string[]> {
  const found: { readonly entry: string; readonly age: number }[] = [];
  for (const entry of await readdir(root).catch(() => [])) {
    const status = await stat(join(root, entry, keepName)).catch(() => undefined);
    if (status) found.push({ entry, age: Date.now() - status.mtimeMs });
  }
  return found
    .filter(({ age }) => age < dayMs)
    .toSorted((a, b) => a.age - b.age)
    .slice(0, mostKept)
    .map(({ entry }) => entry);
}

/** A name that tells who made it, so that what a dead process leaves is swept. */
export function newCluster(root: string, mark = ownerMark()): string {
  return join(root, `cluster-${mark}-${randomBytes(4).toString('hex')}`);
}

/** Gives a stopped cluster that was kept to the process of this mark; answers with its new folder. Throws where it cannot be. */
export async function handOverCluster(user: ServerUser, folder: string, mark: string): Promise<string> {
  const given = newCluster(dirname(folder), mark);
  const moved = await runAsServer(user, 'mv -T "$1" "$2" && rm -f "$2/keep" "$2/ended"', [folder, given]);
  if (moved.exitCode !== 0) throw new Error(`the cluster cannot be handed over: ${lastLines(moved.output).join('; ')}`);
  return given;
}

/** Ends what may still run of a cluster, and removes it. */
export async function discardCluster(user: ServerUser, folder: string): Promise<void> {
  await endServer(join(folder, 'data'));
  await removeFolder(user, folder);
}

function ageMs(folder: string): Promise<number> {
  return stat(folder).then(
    (status) => Date.now() - status.mtimeMs,
    () => 0,
  );
}

/** Ends the server of a cluster, if the process that its lock file names is that server: process ids are reused. */
export async function endServer(data: string): Promise<void> {
  const lock = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number.parseInt(lock, 10);
  const runs = (): boolean => pid > 1 && (commandOf(pid)?.includes(data) ?? false);
  for (const signal of ['SIGQUIT', 'SIGKILL'] as const) {
    for (let tries = 0; runs() && tries < 70; tries += 1) {
      if (tries === 0) kill(pid, signal);
      await new Promise((resolve) => {
        setTimeout(resolve, 100);
      });
    }
  }
}

function kill(pid: number, signal: 'SIGQUIT' | 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended in between.
  }
}
