// What one cheap question tells of the whole server: whether any transaction was completed since the last look, and whether
// the server's counters can be believed at this moment.
import type { Client } from 'pg';

export interface ServerMoment {
  /**
   * `xmin:xmax:running`: the set of transactions whose work is visible. While it is the same, no table of the cluster can show
   * anything else than before (not so the highest number alone: an older transaction may commit late).
   */
  readonly snapshot: string;
  /** The server's time, taken before the snapshot. */
  readonly time: string;
  /** When the counters of the database were last set back; empty for never. */
  readonly reset: string;
  /** Sessions that may hold back counters of what they did since the last moment: PostgreSQL collects them for up to ten seconds. */
  readonly unsettled: number;
  /** Sessions that may hold back counters of whatever they did before. While there is one, a counter that moves may tell of an earlier time. */
  readonly holding: number;
  /** Does the server count changes of rows at all? */
  readonly counts: boolean;
  /** Sessions of which the account may not see what they are doing; they count as unsettled. */
  readonly hidden: number;
}

const busyStates = "('active', 'fastpath function call', 'disabled')";
/** An idle session reports after ten seconds (PGSTAT_IDLE_INTERVAL), one in a transaction when that ends. */
const reportedAfter = '12 seconds';

/**
 * `own` are the runner's own sessions, which write nothing that stays; `since` is the last moment's time. A session that has
 * ended has reported before it left (pgstat_shutdown_hook), one that is idle since then had nothing to report. An account that
 * may not see other sessions' states (no pg_read_all_stats) finds them all unsettled.
 */
export async function readMoment(client: Client, own: readonly number[], since: string | undefined): Promise<ServerMoment> {
  const found = await client.query<Record<keyof ServerMoment, string>>(
    `SELECT pg_current_snapshot()::text AS snapshot, statement_timestamp()::text AS time, coalesce(pg_stat_get_db_stat_reset_time(d.oid)::text, '') AS reset,
       current_setting('track_counts') AS counts,
       a.unsettled, a.holding, a.hidden
     FROM pg_database d, LATERAL (
       SELECT count(*) FILTER (WHERE a.state IS NULL AND a.backend_type IS NULL) AS hidden, count(*) FILTER (WHERE a.state IS NULL OR a.state IN ${busyStates} OR a.state_change >= coalesce($2::timestamptz, '-infinity')) AS unsettled,
         count(*) FILTER (WHERE a.state IS NULL OR a.state <> 'idle' OR a.state_change >= statement_timestamp() - interval '${reportedAfter}') AS holding
       FROM pg_stat_activity a WHERE a.datid = d.oid AND a.pid <> ALL ($1::int4[]) AND coalesce(a.backend_type, '') NOT LIKE 'autovacuum%') AS a
     WHERE d.datname = current_database()`,
    [[...own], since ?? null],
  );
  const { snapshot = '', time = '', reset = '', unsettled = '1', holding = '1', counts = 'off', hidden = '0' } = found.rows[0] ?? {};
  return { snapshot, time, reset, unsettled: Number(unsettled), holding: Number(holding), counts: counts === 'on', hidden: Number(hidden) };
}

/** From this version on roles can be given the right to set single settings. */
const parameterRightsVersion = 150_000;

/**
 * Ways to have changes go uncounted that are open to an account without being a superuser: a function, a role or the database
 * with `track_counts` in its settings, or the right to set it. In words; empty where there is none.
 */
export async function findBlindSpots(client: Client, version: number): Promise<readonly string[]> {
  const rights = version < parameterRightsVersion ? '' : " UNION ALL SELECT 'a right to set it' FROM pg_parameter_acl WHERE parname = 'track_counts'";
  const found = await client.query<{ spot: string }>(
    `SELECT 'the function ' || p.oid::regprocedure AS spot FROM pg_proc p WHERE array_to_string(p.proconfig, ' ') ~ 'track_counts'
     UNION ALL SELECT 'a setting of ' || CASE setrole WHEN 0 THEN 'the database' ELSE quote_ident(pg_get_userbyid(setrole)) END
       FROM pg_db_role_setting WHERE array_to_string(setconfig, ' ') ~ 'track_counts'${rights}`,
  );
  return found.rows.map(({ spot }) => spot);
}
