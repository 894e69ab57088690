/** What a function may do, by its name alone: the built-in ones are known, all others are not. */
import { stableBuiltIns, volatileBuiltIns } from './built-in-function.ts';

/**
 * `reading` changes nothing · `effect` is a side effect that ordinary writers have (a sequence, a lock, a notification) ·
 * `owner` only the application itself may use (large objects, setting a sequence) · `guard` reaches files, other sessions,
 * settings, or runs a text as SQL · `unknown` is anything that is not PostgreSQL's own.
 */
export type FunctionClass = 'reading' | 'effect' | 'owner' | 'guard' | 'unknown';

/** Volatile, yet harmless: clocks, chance, sizes, states. */
const harmlessVolatile = new Set(
  `array_sample array_shuffle clock_timestamp current_query currval gen_random_uuid lastval pg_advisory_unlock pg_advisory_unlock_all pg_advisory_unlock_shared
  pg_blocking_pids pg_collation_actual_version pg_current_wal_flush_lsn pg_current_wal_insert_lsn pg_current_wal_lsn pg_database_collation_actual_version
  pg_database_size pg_get_wal_replay_pause_state pg_indexes_size pg_is_in_recovery pg_is_wal_replay_paused pg_isolation_test_session_is_blocked
  pg_jit_available pg_last_wal_receive_lsn pg_last_wal_replay_lsn pg_last_xact_replay_timestamp pg_lock_status pg_notification_queue_usage pg_partition_ancestors
  pg_partition_tree pg_prepared_xact pg_relation_size pg_safe_snapshot_blocking_pids pg_sequence_last_value pg_sleep pg_sleep_for pg_sleep_until
  pg_stat_clear_snapshot pg_table_size pg_tablespace_size pg_total_relation_size pg_xact_commit_timestamp pg_xact_status random random_normal setseed timeofday
  txid_status uuidv4 uuidv7`.split(/\s+/),
);

/** Not volatile, yet they read whatever relation a value names: a view that only the catalogue knows. */
const readByName = /^(?:table|schema|database)_to_xml(?:_and_xmlschema)?$/;

/** Not volatile, yet they run the input function and the checks of whatever type a value names. */
const checkByName = new Set(['pg_input_is_valid', 'pg_input_error_info']);

/** Not built in, but never to be left to chance: another way into a database, or to the server's files. */
const guardNames = /^(?:dblink|postgres_fdw_|pg_file_|pg_logdir_ls|xpath_table|connectby|crosstab)/;

/** Classes the function of a dotted name. An unqualified name of a built-in is taken for it: a user's overload is the catalogue's to find. */
export function classifyFunction(names: readonly string[]): FunctionClass {
  const name = names.at(-1) ?? '';
  const builtIn = names.length === 1 || names.at(-2) === 'pg_catalog';
  if (builtIn) {
    if (readByName.test(name)) return 'guard';
    if (checkByName.has(name)) return 'unknown';
    if (stableBuiltIns.has(name) || harmlessVolatile.has(name) || name.startsWith('pg_stat_get_xact_')) return 'reading';
    if (volatileBuiltIns.has(name)) {
      if (name === 'nextval' || name === 'pg_notify' || /^pg_(?:try_)?advisory_/.test(name)) return 'effect';
      return name === 'setval' || (/^lo(?:_|read|write)/.test(name) && !/^lo_(?:im|ex)port$/.test(name)) ? 'owner' : 'guard';
    }
  }
  return guardNames.test(name) ? 'guard' : 'unknown';
}
