// The account that asks: on a server of our own, a role that owns nothing and may only read, so that a definer function or a
// view has nothing to lend it. Elsewhere the application's own account, held read-only by its session.
import { randomBytes } from 'node:crypto';
import { escapeIdentifier, escapeLiteral, type Client } from 'pg';
import type { DatabaseAddress } from '../model/environment.ts';
import { parserSettings, type DatabaseLogin } from './database-login.ts';

export interface ReaderRole {
  readonly address: DatabaseAddress;
  /** Drops the role; its sessions must have ended. */
  readonly drop: () => Promise<void>;
}

/** pg_read_all_data came with this version. */
const leastVersion = 140_000;
/** Nobody can log in with it after that, also where the runner was killed; longer than any execution. */
const validMs = 7 * 24 * 3600 * 1000;

/** Roles are named after the session that keeps them, so that one whose session has ended can be told. */
const sessionName = `concat(pid, '_', (extract(epoch FROM backend_start) * 1000000)::int8)`;
const settings = { ...parserSettings, search_path: 'pg_catalog', idle_session_timeout: '0' };

/** Makes the role in the superuser's database; undefined on a server too old for it. Rejects as pg does. */
export async function createReaderRole(login: DatabaseLogin, superuser: DatabaseAddress, execution: string): Promise<ReaderRole | undefined> {
  const client = await login.open(superuser, settings);
  try {
    const found = await client.query<{ version: string; session: string }>(
      `SELECT current_setting('server_version_num') AS version, ${sessionName} AS session FROM pg_stat_activity WHERE pid = pg_backend_pid()`,
    );
    const { version = '0', session = '' } = found.rows[0] ?? {};
    if (Number(version) < leastVersion) {
      await client.end();
      return undefined;
    }
    const database = escapeIdentifier(superuser.database);
    await sweep(client, database);
    // A role's name has 63 bytes at most.
    const user = `proofplan_${execution.replace(/[^A-Za-z0-9]/g, '').slice(-20)}_${session}_reader`;
    const password = randomBytes(24).toString('base64url');
    const role = escapeIdentifier(user);
    const validUntil = new Date(Date.now() + validMs).toISOString();
    // It sees every row, as an owner does, also where row security hides some from others.
    await client.query(
      `CREATE ROLE ${role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE BYPASSRLS PASSWORD ${escapeLiteral(password)} VALID UNTIL '${validUntil}' IN ROLE pg_read_all_data`,
    );
    await client.query(`ALTER ROLE ${role} SET default_transaction_read_only = on`);
    await client.query(`GRANT CONNECT ON DATABASE ${database} TO ${role}`);
    const drop = async (): Promise<void> => {
      try {
        await dropRole(client, role, database);
      } finally {
        await client.end();
      }
    };
    return { address: { ...superuser, user, password }, drop };
  } catch (error) {
    await client.end();
    throw error;
  }
}

/** Drops the roles of runners that were killed. What another database still knows of one keeps it. */
async function sweep(client: Client, database: string): Promise<void> {
  const found = await client.query<{ role: string }>(
    `SELECT quote_ident(rolname) AS role FROM pg_roles WHERE rolname ~ '^proofplan_.*_reader$' AND NOT EXISTS (
       SELECT FROM pg_stat_activity WHERE pid IS NOT NULL AND rolname LIKE '%\\_' || replace(${sessionName}, '_', '\\_') || '\\_reader')`,
  );
  for (const { role } of found.rows) await dropRole(client, role, database).catch(() => undefined);
}

async function dropRole(client: Client, role: string, database: string): Promise<void> {
  await client.query(`REVOKE CONNECT ON DATABASE ${database} FROM ${role}`);
  await client.query(`DROP ROLE ${role}`);
}
