// Freshness: what was there before the producing step, held by the server itself in an open REPEATABLE READ transaction.
// Sees through no TRUNCATE and no rewrite of a table (neither keeps old rows for old snapshots); both are for the tripwires.
import { escapeIdentifier, type Client } from 'pg';
import type { HeldSnapshot } from '../model/contract.ts';
import type { DatabaseAddress } from '../model/environment.ts';
import { isServerAnswer, readOnlySettings, type DatabaseLogin } from './database-login.ts';

/** SQLSTATEs of a value that the column's type cannot hold, so that no row can have had it. */
const notOfTheType = new Set(['22P02', '22003', '22007', '22008']);
/** A type without equality (json): compared as text. */
const noEquality = '42883';

/** Takes the snapshot at once and holds it until `close`. Rejects when the server cannot be reached. */
export async function holdSnapshot(login: DatabaseLogin, reader: DatabaseAddress, searchPath: string): Promise<HeldSnapshot> {
  const client = await login.open(reader, { ...readOnlySettings, search_path: searchPath, idle_in_transaction_session_timeout: '0', lock_timeout: '10s' });
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1; SAVEPOINT proofplan');
  return {
    /** Rejects when there is no such relation or column, or the snapshot is lost. */
    had: async (relation, column, value) => {
      const name = relation.split('.').map(escapeIdentifier).join('.');
      try {
        return await finds(client, `SELECT 1 FROM ${name} WHERE ${escapeIdentifier(column)} = $1 LIMIT 1`, value);
      } catch (error) {
        if (!isServerAnswer(error)) throw error;
        if (notOfTheType.has(error.code ?? '')) return false;
        if (error.code !== noEquality) throw error;
        return await finds(client, `SELECT 1 FROM ${name} WHERE ${escapeIdentifier(column)}::text = $1 LIMIT 1`, value);
      }
    },
    close: async () => {
      await client.end();
    },
  };
}

/** Back to the savepoint each time: an error must not cost the snapshot, and no lock may stay that a later step would wait for. */
async function finds(client: Client, text: string, value: string): Promise<boolean> {
  try {
    return (await client.query(text, [value])).rowCount === 1;
  } finally {
    await client.query('ROLLBACK TO SAVEPOINT proofplan').catch(() => undefined);
  }
}
