// Freshness: what was there before the producing step, held by the server itself in an open REPEATABLE READ transaction.
// TRUNCATE and rewrites of a table keep no old rows for old snapshots: then it says that it does not know.
import { escapeIdentifier, type Client } from 'pg';
import type { HeldSnapshot } from '../model/contract.ts';
import type { DatabaseAddress } from '../model/environment.ts';
import { isServerAnswer, readOnlySettings, type DatabaseLogin } from './database-login.ts';
import { forgottenBecause, readStorage } from './relation-storage.ts';

/** SQLSTATEs of a value that the column's type cannot hold, so that no row can have had it. */
const notOfTheType = new Set(['22P02', '22003', '22007', '22008']);
/** A type without equality (json): compared as text. */
const noEquality = '42883';

/** Takes the snapshot at once and holds it until `close`. Rejects when the server cannot be reached. */
export async function holdSnapshot(login: DatabaseLogin, reader: DatabaseAddress, searchPath: string): Promise<HeldSnapshot> {
  const settings = { ...readOnlySettings, search_path: searchPath, idle_session_timeout: '0', idle_in_transaction_session_timeout: '0', lock_timeout: '10s' };
  const client = await login.open(reader, settings);
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1');
  const before = await readStorage(client);
  await client.query('SAVEPOINT proofplan');
  /** What is stored where at this moment, and which relation the name stands for: neither can be asked of the snapshot. */
  const forgotten = async (name: string): Promise<string | undefined> => {
    const today = await login.open(reader, settings);
    try {
      const found = await today.query<{ oid: string | null }>('SELECT pg_catalog.to_regclass($1)::pg_catalog.oid AS oid', [name]);
      const now = await readStorage(today);
      const relation = now.get(found.rows[0]?.oid ?? '');
      return relation === undefined ? undefined : forgottenBecause(relation.name, before, now);
    } finally {
      await today.end();
    }
  };
  return {
    /** Rejects when there is no such relation or column, when what it held before is not known any more, or the snapshot is lost. */
    had: async (relation, column, value) => {
      const name = relation.split('.').map(escapeIdentifier).join('.');
      const reason = await forgotten(name);
      if (reason !== undefined) throw new Error(`what was there before is not known: ${reason}`);
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
