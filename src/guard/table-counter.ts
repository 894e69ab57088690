// What the server counts for each table anyway (pg_stat_all_tables): the sign that something was tried there, at a cost that
// does not depend on the table's size.
//
// The counters of a session are complete when it has ended, or when it has done nothing for a while: `server-moment.ts` says
// whether anybody may still hold some back. Inserted, updated and deleted rows count when tried, also where the transaction is
// rolled back; changes since the last ANALYZE count only what was committed (pgstat_relation.c, AtEOXact_PgStat_Relations).
import type { Client } from 'pg';
import type { ProtectedTable } from './protected-table.ts';

export interface TableCounter {
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
  /** Committed changes since the table's statistics were last made. */
  readonly committed: number;
  /** How often they were made: `committed` begins again at 0 each time. */
  readonly analyzed: number;
  /** Object and file of each member: others after TRUNCATE, a rewrite, or a new partition. */
  readonly storage: string;
}

export interface CounterReading {
  readonly tables: readonly TableCounter[];
  /** Changes that were tried in the catalogues, all together. */
  readonly catalogue: string;
}

const catalogueGroup = -1;

/** The counters of the tables and of the catalogues (object ids), of one moment. */
export async function readCounters(client: Client, tables: readonly ProtectedTable[], catalogues: readonly string[]): Promise<CounterReading> {
  const members = tables.flatMap((table, index) => table.members.map((oid) => ({ index, oid })));
  const all = [...members, ...catalogues.map((oid) => ({ index: catalogueGroup, oid }))];
  const found = await client.query<Record<Exclude<keyof TableCounter, 'storage'>, string> & { index: string; storage: string | null }>(
    `SELECT m.index, sum(pg_stat_get_tuples_inserted(m.oid)) AS inserted, sum(pg_stat_get_tuples_updated(m.oid)) AS updated,
       sum(pg_stat_get_tuples_deleted(m.oid)) AS deleted, sum(pg_stat_get_mod_since_analyze(m.oid)) AS committed,
       sum(pg_stat_get_analyze_count(m.oid) + pg_stat_get_autoanalyze_count(m.oid)) AS analyzed,
       CASE WHEN m.index >= 0 THEN string_agg(concat_ws('/', m.oid, pg_relation_filenode(m.oid)), ' ' ORDER BY m.oid) END AS storage
     FROM unnest($1::int4[], $2::oid[]) AS m (index, oid) GROUP BY m.index`,
    [all.map(({ index }) => index), all.map(({ oid }) => oid)],
  );
  const of = (index: number): TableCounter => {
    const row = found.rows.find((one) => one.index === String(index));
    const number = (text: string | undefined): number => Number(text ?? 0);
    return {
      inserted: number(row?.inserted),
      updated: number(row?.updated),
      deleted: number(row?.deleted),
      committed: number(row?.committed),
      analyzed: number(row?.analyzed),
      storage: row?.storage ?? '',
    };
  };
  const { inserted, updated, deleted } = of(catalogueGroup);
  return { tables: tables.map((_table, index) => of(index)), catalogue: `${inserted} ${updated} ${deleted}` };
}

/** Nothing was tried in the table between the two. */
export function isUntouched(before: TableCounter, after: TableCounter): boolean {
  return before.storage === after.storage && triedBetween(before, after) === 0 && before.committed === after.committed;
}

/** Row changes that were tried between the two, whatever became of them. */
export function triedBetween(before: TableCounter, after: TableCounter): number {
  return Math.abs(after.inserted - before.inserted) + Math.abs(after.updated - before.updated) + Math.abs(after.deleted - before.deleted);
}

/** Row changes that were committed between the two; undefined where the count began again in between. */
export function committedBetween(before: TableCounter, after: TableCounter): number | undefined {
  return before.analyzed === after.analyzed && after.committed >= before.committed ? after.committed - before.committed : undefined;
}
