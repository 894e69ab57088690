// The account that asks: on a server of our own, a role that owns nothing and may only read, so that a definer function or a
// view has nothing to lend it. Elsewhere the application's own account, held read-only by its session.
import { randomBytes } from 'node:crypto';
import { escapeIdentifier, escapeLiteral } from 'pg';
import type { DatabaseAddress } from '../model/environment.ts';
import { parserSettings, type DatabaseLogin } from './database-login.ts';

export interface ReaderRole {
  readonly address: DatabaseAddress;
  /** Drops the role; its sessions must have ended. */
  readonly drop: () => Promise<void>;
}

/** pg_read_all_data came with this version. */
const leastVersion = 140_000;

/** Makes the role in the superuser's database; undefined on a server too old for it. Rejects as pg does. */
export async function createReaderRole(login: DatabaseLogin, superuser: DatabaseAddress, execution: string): Promise<ReaderRole | undefined> {
  const client = await login.open(superuser, parserSettings);
  try {
    const version = await client.query<{ server_version_num: string }>('SHOW server_version_num');
    if (Number(version.rows[0]?.server_version_num) < leastVersion) return undefined;
    // A role's name has 63 bytes at most, and the end is what tells executions apart.
    const user = `proofplan_${execution.replace(/[^A-Za-z0-9]/g, '').slice(-32)}_${randomBytes(4).toString('hex')}_reader`;
    const password = randomBytes(24).toString('base64url');
    const role = escapeIdentifier(user);
    const database = escapeIdentifier(superuser.database);
    // It sees every row, as an owner does, also where row security hides some from others.
    await client.query(`CREATE ROLE ${role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE BYPASSRLS PASSWORD ${escapeLiteral(password)} IN ROLE pg_read_all_data`);
    await client.query(`ALTER ROLE ${role} SET default_transaction_read_only = on`);
    await client.query(`GRANT CONNECT ON DATABASE ${database} TO ${role}`);
    const drop = async (): Promise<void> => {
      const dropper = await login.open(superuser, parserSettings);
      try {
        await dropper.query(`REVOKE CONNECT ON DATABASE ${database} FROM ${role}`);
        await dropper.query(`DROP ROLE ${role}`);
      } finally {
        await dropper.end();
      }
    };
    return { address: { ...superuser, user, password }, drop };
  } finally {
    await client.end();
  }
}
