// What is stored in a protected table, as few numbers as tell one state from another, and what happened between two of them.
import type { Client } from 'pg';
import type { ProtectedTable } from './protected-table.ts';
import { committedBetween, triedBetween, type TableCounter } from './table-counter.ts';

/**
 * `versions` is the sum of a hash over place and creating transaction of every stored row: it moves with every change, also one
 * to the same values, and costs no more than counting. `digest` is of the content in any order.
 */
export interface TableContent {
  readonly count: number;
  readonly versions: string;
  /** Absent where the table is too long for it. */
  readonly digest?: string;
}

/** A table at one moment. */
export interface TableMark {
  readonly content: TableContent;
  readonly counter: TableCounter;
  /** When the counters were set back the last time before; absent while a session may still add to them what it did earlier. */
  readonly countedSince?: string;
}

/** Longer tables are told apart by the number of rows and their versions alone: what is compared costs a second at most. */
const digestLimit = 200_000;

/** Reads the table once; twice where its content is new and it is short enough for a digest. */
export async function readContent(client: Client, table: ProtectedTable, known: TableContent | undefined): Promise<TableContent> {
  const versions = table.hasRows ? 'sum(hashtidextended(ctid, xmin::text::int8 # (tableoid::int8 << 32)))' : "'none'";
  const found = await client.query<{ count: string; versions: string | null }>(`SELECT count(*) AS count, ${versions} AS versions FROM ${table.quoted}`);
  const content = { count: Number(found.rows[0]?.count ?? 0), versions: found.rows[0]?.versions ?? '' };
  if (table.hasRows && known !== undefined && known.count === content.count && known.versions === content.versions) return known;
  if (content.count > digestLimit) return content;
  const digest = await client.query<{ digest: string }>(
    `SELECT encode(sha256(coalesce(string_agg(h, ''::bytea ORDER BY h), ''::bytea)), 'hex') AS digest
     FROM (SELECT sha256(convert_to(t::text, 'UTF8')) AS h FROM ${table.quoted} AS t) AS rows`,
  );
  return { ...content, digest: digest.rows[0]?.digest ?? '' };
}

export interface TableChange {
  readonly what: string;
  /** Nothing of it stayed: the transaction was rolled back. */
  readonly undone: boolean;
}

/** What happened to a table between two marks; undefined when nothing did. */
export function compareTable(label: string, before: TableMark | undefined, after: TableMark | undefined): TableChange | undefined {
  const stayed = (what: string): TableChange => ({ what: `\`${label}\`${what}`, undone: false });
  if (before === undefined) return after === undefined ? undefined : stayed(` appeared, with ${rows(after.content.count)}`);
  if (after === undefined) return stayed(` is gone, which had ${rows(before.content.count)}`);
  const [old, now] = [before.content, after.content];
  if (old.count !== now.count) return stayed(`: ${rows(old.count)} before, ${now.count} now`);
  const digested = old.digest !== undefined && now.digest !== undefined;
  const same = old.digest === now.digest;
  if (old.versions !== now.versions || before.counter.storage !== after.counter.storage || (digested && !same)) {
    const content = !digested ? 'too long for its content to be compared' : same ? 'with the same content' : 'with other content';
    return stayed(`: ${rows(now.count)} as before, rewritten, ${content}`);
  }
  const comparable = before.countedSince !== undefined && (after.countedSince === undefined || before.countedSince === after.countedSince);
  return comparable ? compareCounters(label, before.counter, after.counter) : undefined;
}

/** The same rows as before: either it was rolled back, or one change took another back. */
function compareCounters(label: string, before: TableCounter, after: TableCounter): TableChange | undefined {
  const tried = triedBetween(before, after);
  if (tried === 0) return undefined;
  const committed = committedBetween(before, after);
  if (committed === 0) return { what: `\`${label}\`: ${changes(tried)} tried and rolled back`, undone: true };
  const said = committed === undefined ? `${changes(tried)} tried, and nothing tells whether they were committed` : `${changes(committed)} committed`;
  return { what: `\`${label}\`: ${said}; the rows are as before`, undone: false };
}

function rows(count: number): string {
  return count === 1 ? '1 row' : `${count} rows`;
}

function changes(count: number): string {
  return count === 1 ? '1 row change' : `${count} row changes`;
}
