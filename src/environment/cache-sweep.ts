/** What belongs to no execution any more: databases kept for what has ended, marks of open journals, copies that can be made again. */
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, type Diagnostic } from '../model/diagnostic.ts';
import { discardCluster, sweepLeftovers } from './cluster-sweep.ts';
import { removeFolder } from './cluster.ts';
import { warn } from './finding.ts';
import { keptBy } from './kept-cluster.ts';
import { ownerState } from './process-identity.ts';
import { findServerUser, type ServerUser } from './server-user.ts';

export interface CacheSweep {
  readonly stateFolder: string;
  readonly cacheFolder: string;
  /** What was not used for so long goes. */
  readonly ageMs: number;
  readonly nowMs: number;
  /** Executions that nobody can resume. */
  readonly done: ReadonlySet<string>;
}

/** A line for each kind of thing that was removed. Never rejects. */
export async function sweepCaches(sweep: CacheSweep): Promise<{ readonly removed: readonly string[]; readonly diagnostics: readonly Diagnostic[] }> {
  const { stateFolder, cacheFolder, done } = sweep;
  const removed: string[] = [];
  const diagnostics: Diagnostic[] = [];
  const clusters = join(stateFolder, 'clusters');
  const templates = join(cacheFolder, 'templates');
  try {
    const user = (await findServerUser()).value;
    if (user) {
      for (const { folder, execution } of await keptBy(user, clusters)) {
        if (!done.has(execution) || isAlive(folder)) continue;
        await discardCluster(user, folder);
        removed.push(`removed the database of ${execution}: ${folder}`);
      }
      diagnostics.push(...(await sweepLeftovers(user, [clusters, templates], (line) => void removed.push(line))));
      if (!anyAlive(clusters)) await sweepTemplates(user, templates, sweep, removed);
    }
    // A server by hand may run for longer than anything here is old.
    if (!anyAlive(clusters)) removeOld(cacheFolder, /^postgres-[0-9a-f]{12}$/, 'bin/postgres', sweep, removed);
    removeOld(join(cacheFolder, 'sql'), /^[0-9a-f]{64}$/, '', sweep, removed);
    for (const name of namesIn(join(cacheFolder, 'compiled'))) removeOld(join(cacheFolder, 'compiled', name), /^[\w.-]+$/, '', sweep, removed);
    for (const execution of namesIn(join(stateFolder, 'heads'))) if (done.has(execution)) rmSync(join(stateFolder, 'heads', execution), { force: true });
  } catch (error) {
    diagnostics.push(
      warn('environment/stale-cluster', `not all that nobody needs could be removed: ${messageOf(error)}`, {
        help: `look into \`${stateFolder}\` and \`${cacheFolder}\``,
      }),
    );
  }
  return { removed, diagnostics };
}

async function sweepTemplates(user: ServerUser, root: string, sweep: CacheSweep, removed: string[]): Promise<void> {
  for (const name of namesIn(root)) {
    const folder = join(root, name);
    if (!/^template-\d+-[0-9a-f]{12}$/.test(name) || !isOld(join(folder, 'password'), sweep)) continue;
    await removeFolder(user, folder);
    removed.push(`removed a template that nobody uses: ${folder}`);
  }
}

/** Only names of ours, in a folder of ours; `witness` is the file in each that tells by its times when it was used. */
function removeOld(folder: string, pattern: RegExp, witness: string, sweep: CacheSweep, removed: string[]): void {
  const old = namesIn(folder).filter((name) => pattern.test(name) && isOld(join(folder, name, witness), sweep));
  for (const name of old) rmSync(join(folder, name), { recursive: true, force: true });
  if (old.length > 0) removed.push(`removed ${old.length} that nobody uses from ${folder}`);
}

function namesIn(folder: string): readonly string[] {
  try {
    return lstatSync(folder).isDirectory() ? readdirSync(folder) : [];
  } catch {
    return [];
  }
}

/** By its last use, as far as the file system notes it, else by its last change. */
function isOld(path: string, { nowMs, ageMs }: CacheSweep): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found !== undefined && Math.max(found.atimeMs, found.mtimeMs) < nowMs - ageMs;
}

function isAlive(cluster: string): boolean {
  const mark = /cluster-(.+)-[0-9a-f]{8}$/.exec(cluster)?.[1];
  return mark !== undefined && ownerState(mark) !== 'gone';
}

function anyAlive(clusters: string): boolean {
  return namesIn(clusters).some((name) => isAlive(name));
}
