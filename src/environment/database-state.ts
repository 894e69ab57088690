/** Makes, gives away and removes stopped clusters that embedded databases begin as. They are only ever copied, so that no plan sees rows of another. */
import type { Checked } from '../model/diagnostic.ts';
import type { DatabaseState, EnvironmentConfig, ReadyEnvironment } from '../model/environment.ts';
import { ownerMark } from './process-identity.ts';
import { readyEnvironment, type ReadyOptions } from './ready-environment.ts';
import { removeFolder } from './cluster.ts';
import { findServerUser } from './server-user.ts';

/** Prepares an environment with an embedded database for several plans, and stops its server. */
export async function prepareState(config: EnvironmentConfig, options: ReadyOptions): Promise<Checked<DatabaseState>> {
  const made = await readyEnvironment(config, options);
  if (made.value === undefined) return { value: undefined, diagnostics: made.diagnostics };
  try {
    await made.value.keep?.('prepared');
    const value = await leaveState(made.value, ownerMark(), 'what was prepared once for several plans');
    return { value, diagnostics: made.diagnostics };
  } finally {
    await made.value.close();
  }
}

/** Stops the embedded server of an environment and gives its cluster to the process of this mark; undefined where there is none. */
export async function leaveState(ready: ReadyEnvironment, mark: string, origin: string): Promise<DatabaseState | undefined> {
  const { database, preparation, provided } = ready;
  if (ready.handOver === undefined || database === undefined) return undefined;
  return { folder: await ready.handOver(mark), owner: database.user, database: database.database, origin, preparation, provided };
}

/** Removes it when nobody needs it any more; what a process that was killed has left is swept. */
export async function discardState({ folder }: DatabaseState): Promise<void> {
  const user = await findServerUser();
  if (user.value !== undefined) await removeFolder(user.value, folder);
}
