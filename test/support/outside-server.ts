/**
 * A PostgreSQL server that is not the runner's own, as docs/bring-your-own-database.md has it: with TLS, a superuser, the
 * application's owner, and a pgbouncer before it where the machine has one.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseAddress } from '../../src/model/environment.ts';
import { startPgbouncer } from './pgbouncer.ts';
import { startTestServer } from './postgres.ts';
import { encryptServer } from './server-tls.ts';

export interface OutsideServer {
  /** `ADMIN_URL`, `APP_URL`, `POOL_URL` and `CA_FILE`. */
  readonly environment: Readonly<Record<string, string>>;
  readonly close: () => Promise<void>;
}

export async function outsideServer(): Promise<OutsideServer> {
  const server = await startTestServer({ database: 'shop' });
  const folder = mkdtempSync(join(tmpdir(), 'proofplan-outside-'));
  const authority = join(folder, 'ca.crt');
  writeFileSync(authority, await encryptServer(server, 'localhost'));
  const program = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'].find((path) => existsSync(path) && spawnSync(path, ['--version']).status === 0);
  const pool = program === undefined ? undefined : await startPgbouncer(program, server.owner, { pool_mode: 'transaction' }, folder);
  const environment = {
    ADMIN_URL: urlOf(server.superuser),
    APP_URL: urlOf(server.owner),
    POOL_URL: pool === undefined ? '' : urlOf(pool.address),
    CA_FILE: authority,
  };
  return {
    environment,
    close: async () => {
      await pool?.close();
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

// By name, because that is whom the certificate names.
function urlOf({ user, password, port, database }: DatabaseAddress): string {
  return `postgresql://${encodeURIComponent(user)}:${encodeURIComponent(password)}@localhost:${port}/${database}`;
}
