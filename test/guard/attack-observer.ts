/**
 * What an attack really did, seen with eyes that have nothing to do with the guard: a superuser's look at rows, sequences, large
 * objects, catalogues, files, notifications, locks, other sessions and the attacker's own settings, before and after.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { escapeIdentifier, type Client } from 'pg';
import type { AttackDatabase } from './attack-server.ts';
import { connect } from './fixture.ts';

/** What stands in a file of the server that only a way out of the database would show. */
export const secret = 'proofplan-secret-4711';

const catalogues =
  `pg_aggregate pg_am pg_amop pg_amproc pg_attrdef pg_attribute pg_auth_members pg_authid pg_cast pg_class pg_collation pg_constraint pg_conversion
  pg_database pg_db_role_setting pg_default_acl pg_depend pg_description pg_enum pg_event_trigger pg_extension pg_foreign_data_wrapper pg_foreign_server
  pg_foreign_table pg_index pg_inherits pg_language pg_largeobject_metadata pg_namespace pg_opclass pg_operator pg_opfamily pg_partitioned_table pg_policy
  pg_proc pg_publication pg_range pg_rewrite pg_seclabel pg_sequence pg_statistic pg_statistic_ext pg_subscription pg_tablespace pg_transform
  pg_trigger pg_ts_config pg_ts_dict pg_ts_parser pg_ts_template pg_type pg_user_mapping`.split(/\s+/);
/** One for the whole cluster: other attacks move them too. */
const sharedCatalogues = new Set('pg_auth_members pg_authid pg_database pg_db_role_setting pg_subscription pg_tablespace'.split(' '));

const watchedSettings =
  `application_name allow_system_table_mods client_encoding current_role default_transaction_read_only role search_path session_authorization
  session_replication_role standard_conforming_strings statement_timeout work_mem`.split(/\s+/);

/** For the attacker's own session: what it says of itself. */
export const settingsQuery = `SELECT ${watchedSettings
  .map((name) =>
    name === 'current_role' ? "pg_catalog.concat_ws(' ', current_user, session_user)" : `coalesce(pg_catalog.current_setting('${name}', true), '')`,
  )
  .join(', ')}`;

export function compareSettings(before: readonly string[], after: readonly string[]): readonly string[] {
  return watchedSettings.flatMap((name, index) => (before[index] === after[index] ? [] : [`setting ${name}`]));
}

type State = ReadonlyMap<string, string>;

export interface Observer {
  /** What is other than when the observer began, or than at the last call. `alone`: what all databases share counts too. */
  readonly compare: (alone: boolean) => Promise<readonly string[]>;
  /** The backends that are the observer's own. */
  readonly close: () => Promise<void>;
}

/** `victim`: with a session that an attack may look for and end. */
export async function observe(database: AttackDatabase, wantsVictim: boolean): Promise<Observer> {
  const eye = await connect(database.superuser);
  const victim = wantsVictim ? await connect(database.superuser) : undefined;
  let killed = false;
  victim?.once('end', () => {
    killed = true;
  });
  const notifications: string[] = [];
  eye.on('notification', ({ channel }) => notifications.push(`notification ${channel}`));
  await eye.query("SET search_path = pg_catalog; SET lock_timeout = '1s'; LISTEN guard_channel");
  await victim?.query("SET application_name = 'victim'");
  writeFileSync(join(database.folder, 'secret'), secret);
  let before = await look(eye, database, new Map());
  const compare = async (alone: boolean): Promise<readonly string[]> => {
    const locks = await locksOf(eye);
    const after = await look(eye, database, before);
    const changed = [...new Set([...before.keys(), ...after.keys()])].filter((key) => before.get(key) !== after.get(key));
    before = after;
    // What a backend does when it is told to end, it does in its own time.
    if (victim !== undefined && !killed && !(await isThere(eye, victim))) killed = true;
    const found = [...changed, ...locks, ...notifications.splice(0), ...(killed ? ['killed'] : [])];
    killed = false;
    return [...new Set(found)].filter((what) => alone || !isShared(what)).sort();
  };
  const close = async (): Promise<void> => {
    await Promise.all([eye.end(), victim?.end().catch(() => undefined)]);
  };
  return { compare, close };
}

function isShared(what: string): boolean {
  return what === 'wal' || what === 'server setting' || what === 'replication slot' || sharedCatalogues.has(what.replace('catalogue ', ''));
}

async function isThere(eye: Client, victim: Client): Promise<boolean> {
  const { processID } = victim as unknown as { readonly processID: number };
  return (await eye.query('SELECT 1 FROM pg_stat_activity WHERE pid = $1', [processID])).rowCount === 1;
}

async function look(eye: Client, database: AttackDatabase, before: State): Promise<State> {
  const tables = await eye.query<{ name: string; quoted: string; kind: string }>(
    `SELECT CASE n.nspname WHEN 'public' THEN '' ELSE CASE WHEN n.nspname ~ '^pg_temp' THEN 'pg_temp' ELSE n.nspname END || '.' END || c.relname AS name,
       quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS quoted, c.relkind::text AS kind
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'm', 'S') AND c.relispopulated AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp|proofplan)'`,
  );
  const parts = tables.rows.map(({ name, quoted, kind }) =>
    kind === 'S'
      ? `SELECT ${literal(`sequence ${name}`)}, concat_ws(' ', last_value, is_called) FROM ${quoted}`
      : `SELECT ${literal(`rows ${name}`)}, md5(coalesce(string_agg(concat_ws(' ', t.xmin, t::text), E'\\n' ORDER BY concat_ws(' ', t.xmin, t::text)), '')) FROM ONLY ${quoted} AS t`,
  );
  const state = new Map<string, string>();
  try {
    await collect(eye, parts, state);
  } catch (error) {
    // A lock that the attack holds keeps everybody from looking: the lock itself is what is seen.
    if ((error as { code?: string }).code !== '55P03') throw error;
    for (const [key, value] of before) if (/^(?:rows|sequence) /.test(key)) state.set(key, value);
  }
  await collect(
    eye,
    [
      ...catalogues.map((name) => `SELECT 'catalogue ${name}', concat_ws(' ', count(*), max(xmin::text::int8)) FROM ${escapeIdentifier(name)}`),
      "SELECT 'large object', md5(coalesce(string_agg(concat_ws(' ', loid, pageno, md5(data)), ',' ORDER BY loid, pageno), '')) FROM pg_largeobject",
      "SELECT 'replication slot', coalesce(string_agg(slot_name, ',' ORDER BY slot_name), '') FROM pg_replication_slots",
      "SELECT 'prepared transaction', coalesce(string_agg(gid, ',' ORDER BY gid), '') FROM pg_prepared_xacts WHERE database = current_database()",
      "SELECT 'statistics', concat_ws(' ', stats_reset) FROM pg_stat_database WHERE datname = current_database()",
      "SELECT 'server setting', md5(pg_read_file('postgresql.auto.conf'))",
      "SELECT 'wal', pg_current_wal_insert_lsn()::text",
    ],
    state,
  );
  state.set('file', filesIn(database.folder));
  return state;
}

async function collect(eye: Client, parts: readonly string[], state: Map<string, string>): Promise<void> {
  if (parts.length === 0) return;
  for (const [key, value] of (await eye.query<[string, string]>({ text: parts.join(' UNION ALL '), rowMode: 'array' })).rows) state.set(key, value);
}

/** Advisory locks, and relation locks beyond that of a reader, held by client sessions that are not ours. */
async function locksOf(eye: Client): Promise<readonly string[]> {
  const found = await eye.query<{ lock: string }>(
    `SELECT DISTINCT CASE l.locktype WHEN 'advisory' THEN 'lock advisory' ELSE concat_ws(' ', 'lock', l.mode, c.relname) END AS lock
     FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid AND a.datname = current_database() AND a.pid <> pg_backend_pid()
     LEFT JOIN pg_class c ON c.oid = l.relation AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'pg_toast'::regnamespace) AND c.relkind IN ('r', 'p', 'v', 'm')
     WHERE l.granted AND (l.locktype = 'advisory' OR (l.locktype = 'relation' AND c.oid IS NOT NULL AND l.mode <> 'AccessShareLock'))`,
  );
  return found.rows.map((row) => row.lock);
}

function filesIn(folder: string): string {
  return readdirSync(folder)
    .sort()
    .map((name) => `${name} ${statSync(join(folder, name)).size} ${contentOf(join(folder, name))}`)
    .join('\n');
}

/** A file that the server wrote may be its user's alone. */
function contentOf(path: string): string {
  try {
    return readFileSync(path, 'latin1').slice(0, 200);
  } catch {
    return '';
  }
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
