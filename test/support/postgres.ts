/** A real PostgreSQL for a test: a server of its own, an ordinary owner role, a fresh database. Gone after `close`, or with the test process. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDatabase } from '../../src/environment/embedded-database.ts';
import { startEmbeddedServer, type EmbeddedServerOptions } from '../../src/environment/embedded-server.ts';
import type { Checked } from '../../src/model/diagnostic.ts';
import type { DatabaseAddress } from '../../src/model/environment.ts';

export interface TestServer {
  /** An ordinary role that owns the database. */
  readonly owner: DatabaseAddress;
  /** The superuser, in the same database. */
  readonly superuser: DatabaseAddress;
  readonly close: () => Promise<void>;
}

export interface TestServerOptions {
  /** The database's name. */
  readonly database?: string;
  readonly source?: EmbeddedServerOptions['source'];
}

/**
 * Where tests make folders with many files: in memory where there is plenty (a cluster has a thousand files, which costs up to
 * a second on a slow disk), else the temporary folder.
 */
export const quickFolder = isQuick('/dev/shm') ? '/dev/shm' : tmpdir();

/** Shared by all tests of this user, so that initdb runs once. */
export const testCacheFolder = join(tmpdir(), `proofplan-test-cache-${process.getuid?.()}`);

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const stateFolder = await mkdtemp(join(quickFolder, 'proofplan-test-server-'));
  // Under root the server belongs to a system user, who must get there.
  await chmod(stateFolder, 0o755);
  const started = await startEmbeddedServer({
    stateFolder,
    cacheFolder: testCacheFolder,
    ...(options.source === undefined ? {} : { source: options.source }),
  });
  const server = must(started);
  const owner = must(await createDatabase(server, options.database ?? 'app'));
  const close = async (): Promise<void> => {
    await server.close();
    await rm(stateFolder, { recursive: true, force: true });
  };
  return { owner, superuser: { ...server.superuser, database: owner.database }, close };
}

/** The value of something that must succeed for a test to begin. */
export function must<T>(checked: Checked<T>): T {
  if (checked.value === undefined)
    throw new Error(checked.diagnostics.map((diagnostic) => [diagnostic.message, ...(diagnostic.notes ?? [])].join('\n')).join('\n'));
  return checked.value;
}

/** At least 2 GB free, and programs may run there (a container's small one is mounted without). */
function isQuick(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    if (bavail * bsize < 2 * 1024 ** 3) return false;
    const trial = mkdtempSync(join(folder, 'proofplan-trial-'));
    try {
      writeFileSync(join(trial, 'run'), '#!/bin/sh\n', { mode: 0o755 });
      execFileSync(join(trial, 'run'));
      return true;
    } finally {
      rmSync(trial, { recursive: true, force: true });
    }
  } catch {
    return false;
  }
}
