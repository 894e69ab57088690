/** Embedded databases that are kept, stopped, so that executions which were cut can be resumed. */
import { join } from 'node:path';
import { keepName } from './cluster-sweep.ts';
import { findServerUser, runAsServer, type ServerUser } from './server-user.ts';

export interface KeptCluster {
  readonly folder: string;
  readonly execution: string;
}

/** Looked for where clusters lie; none where there are none. Never rejects. */
export async function keptClusters(stateFolder: string): Promise<readonly KeptCluster[]> {
  const user = await findServerUser();
  return user.value === undefined ? [] : keptBy(user.value, join(stateFolder, 'clusters'));
}

/** As the server's user: the folders are its own, and root follows no link in them. */
export async function keptBy(user: ServerUser, root: string): Promise<readonly KeptCluster[]> {
  const found = await runAsServer(user, `cd "$1" 2>/dev/null && grep -H "" cluster-*/${keepName} 2>/dev/null`, [root]).catch(() => ({ output: '' }));
  return [...found.output.matchAll(/^(cluster-[\w-]+)\/keep:(\S+)$/gm)].map(([, name = '', execution = '']) => ({ folder: join(root, name), execution }));
}
