// Who wrote to a protected table: a statement trigger that fires always, on a server of the runner's own.
//
// Nothing of it is to be seen by honest programs, or plans that ask for triggers would get other answers: it is marked as the
// system's own (`tgisinternal`: psql's \d, pg_dump and ORMs show no such trigger, and its owner's table is not enough to switch it
// off), and the notes are in a schema whose name begins with `pg_`, which they pass over too. A logical slot would show rows
// without sessions, would want another `wal_level`, and DELETEs of tables without a key would fail.
import { escapeIdentifier, type Client } from 'pg';
import type { DatabaseAddress } from '../model/environment.ts';
import { parserSettings, type DatabaseLogin } from './database-login.ts';
import type { ProtectedTable } from './protected-table.ts';

/** One statement that wrote, or tried to, and was committed. */
export interface WriteNote {
  /** Object id of the table, partition or child. */
  readonly relation: string;
  readonly operation: string;
  /** The server process of the session, which nobody can choose. */
  readonly processId: number;
  /** The account that logged in. */
  readonly account: string;
}

/** Schemas with this prefix are the runner's own. */
export const witnessSchemaPrefix = 'pg_proofplan_';
/** Its schema is named after the session that made it, so that one whose session has ended can be told. */
const sessionName = `concat('${witnessSchemaPrefix}', pid, '_', (extract(epoch FROM backend_start) * 1000000)::int8)`;
/** AFTER, each statement, INSERT, UPDATE, DELETE and TRUNCATE (pg_trigger.h). */
const triggerType = 4 + 8 + 16 + 32;
const settings = {
  ...parserSettings,
  search_path: 'pg_catalog',
  lock_timeout: '5s',
  statement_timeout: '60s',
  idle_session_timeout: '0',
  allow_system_table_mods: 'on',
};

export class WriteWitness {
  readonly #client: Client;
  readonly #schema: string;
  /** Object ids of what has the trigger. */
  readonly #watched = new Set<string>();

  private constructor(client: Client, schema: string) {
    this.#client = client;
    this.#schema = schema;
  }

  /** Makes the place for the notes, and removes those of runners that are gone. Rejects as pg does. */
  static async open(login: DatabaseLogin, superuser: DatabaseAddress): Promise<WriteWitness> {
    const client = await login.open(superuser, settings);
    try {
      await sweep(client);
      const named = await client.query<{ name: string }>(`SELECT ${sessionName} AS name FROM pg_stat_activity WHERE pid = pg_backend_pid()`);
      const name = named.rows[0]?.name ?? '';
      const schema = escapeIdentifier(name);
      await client.query(`BEGIN;
        CREATE SCHEMA ${schema};
        CREATE UNLOGGED TABLE ${schema}.proofplan_note (relation oid NOT NULL, operation text NOT NULL, process int4 NOT NULL, account name NOT NULL);
        CREATE FUNCTION ${schema}.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $note$ BEGIN
          INSERT INTO ${schema}.proofplan_note VALUES (TG_RELID, TG_OP, pg_backend_pid(), session_user);
          RETURN NULL;
        END $note$;
        CREATE UNLOGGED TABLE ${schema}.proofplan_canary ();
        COMMIT`);
      const witness = new WriteWitness(client, name);
      const canary = await client.query<{ oid: string }>('SELECT $1::regclass::oid AS oid', [`${schema}.proofplan_canary`]);
      await witness.#put(canary.rows[0]?.oid ?? '', `${schema}.proofplan_canary`);
      return witness;
    } catch (error) {
      await client.end();
      throw error;
    }
  }

  /**
   * Puts the trigger on every table and partition that has none yet. Answers with the labels of tables whose trigger was taken
   * away or switched off, although the table is the same one. Rejects as pg does.
   */
  async watch(tables: readonly ProtectedTable[]): Promise<readonly string[]> {
    const members = [...new Set(tables.filter(({ hasRows }) => hasRows).flatMap((table) => table.members))];
    const found = await this.#client.query<{ oid: string; relation: string; fires: string }>(
      `SELECT c.oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS relation, EXISTS (
         SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgfoid = $2::regprocedure AND t.tgenabled = 'A' AND t.tgtype = $3 AND t.tgqual IS NULL) AS fires
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = ANY ($1::oid[]) AND c.relkind IN ('r', 'p')`,
      [members, `${escapeIdentifier(this.#schema)}.note()`, triggerType],
    );
    const lost = found.rows.filter(({ oid, fires }) => fires !== 't' && this.#watched.has(oid)).map(({ oid }) => oid);
    for (const { oid, relation, fires } of found.rows) if (fires !== 't') await this.#put(oid, relation);
    return tables.filter((table) => table.members.some((member) => lost.includes(member))).map(({ label }) => label);
  }

  /** Writes a row to a table of its own, in a session that switches triggers off: is it noted all the same? Rejects as pg does. */
  async notices(): Promise<boolean> {
    const [note, canary] = ['proofplan_note', 'proofplan_canary'].map((table) => `${escapeIdentifier(this.#schema)}.${table}`);
    await this.#client.query(`BEGIN; SET LOCAL session_replication_role = replica; INSERT INTO ${canary} DEFAULT VALUES; COMMIT`);
    const found = await this.#client.query(`DELETE FROM ${note} WHERE relation = '${canary}'::regclass`);
    await this.#client.query(`DELETE FROM ${canary}`);
    await this.#client.query(`DELETE FROM ${note} WHERE relation = '${canary}'::regclass`);
    return found.rowCount === 1;
  }

  /** What was noted since this was last asked. */
  async collect(): Promise<readonly WriteNote[]> {
    const found = await this.#client.query<Record<'relation' | 'operation' | 'process' | 'account', string>>(
      `DELETE FROM ${escapeIdentifier(this.#schema)}.proofplan_note RETURNING relation, operation, process, account`,
    );
    return found.rows.map(({ relation, operation, process, account }) => ({ relation, operation, processId: Number(process), account }));
  }

  /** Takes everything away again; what cannot be taken away now is at the next start. Never rejects. */
  async close(): Promise<void> {
    await this.#client.query(`DROP SCHEMA IF EXISTS ${escapeIdentifier(this.#schema)} CASCADE`).catch(() => undefined);
    await this.#client.end().catch(() => undefined);
  }

  async #put(oid: string, relation: string): Promise<void> {
    const name = escapeIdentifier(this.#schema.slice('pg_'.length));
    await this.#client
      .query(`BEGIN;
      DROP TRIGGER IF EXISTS ${name} ON ${relation};
      CREATE TRIGGER ${name} AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON ${relation} FOR EACH STATEMENT EXECUTE FUNCTION ${escapeIdentifier(this.#schema)}.note();
      UPDATE pg_trigger SET tgisinternal = true WHERE tgrelid = ${Number(oid)} AND tgfoid = '${escapeIdentifier(this.#schema)}.note'::regproc;
      ALTER TABLE ${relation} ENABLE ALWAYS TRIGGER ${name};
      COMMIT`)
      .catch(async (error: unknown) => {
        await this.#client.query('ROLLBACK');
        throw error;
      });
    this.#watched.add(oid);
  }
}

/** Removes the schemas of sessions that have ended. */
async function sweep(client: Client): Promise<void> {
  const found = await client.query<{ name: string }>(
    `SELECT nspname AS name FROM pg_namespace WHERE starts_with(nspname, $1) AND nspname NOT IN (SELECT ${sessionName} FROM pg_stat_activity WHERE pid IS NOT NULL)`,
    [witnessSchemaPrefix],
  );
  for (const { name } of found.rows) await client.query(`DROP SCHEMA IF EXISTS ${escapeIdentifier(name)} CASCADE`).catch(() => undefined);
}
