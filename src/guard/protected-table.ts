// The tables that a plan protects, found in the catalogue by the names that the plan has for them, and the marks that show
// whether a row of them was touched.
import { escapeIdentifier, type Client } from 'pg';
import type { Access } from '../model/step.ts';

/** One table behind a protected name. `label` is as reports name it: without the public schema. */
export interface ProtectedTable {
  readonly name: string;
  readonly label: string;
  readonly quoted: string;
  readonly hasRows: boolean;
  /** Changes when the table is replaced, truncated or rewritten. */
  readonly storage: string;
}

/** `newest` is the highest transaction id that left a row; `digest` of the whole content, where the table is not too long for it. */
export interface TableMark {
  readonly count: number;
  readonly newest: string;
  readonly storage: string;
  readonly digest?: string;
}

/** Longer tables are told apart by count and newest transaction alone. */
const digestLimit = 1_000_000;

/** A name stands for the table of that name in every schema, `schema.name` for one: as the policy reads it. */
export async function findProtectedTables(client: Client, names: readonly string[]): Promise<readonly ProtectedTable[]> {
  if (names.length === 0) return [];
  const found = await client.query<{ name: string; schema: string; relation: string; kind: string; storage: string }>(
    `SELECT w.name, n.nspname AS schema, c.relname AS relation, c.relkind AS kind, pg_catalog.concat_ws(' ', c.oid, c.relfilenode) AS storage
     FROM pg_catalog.unnest($1::pg_catalog.text[]) WITH ORDINALITY AS w (name, place)
     JOIN pg_catalog.pg_class c ON c.relkind IN ('r', 'p', 'v', 'm', 'f')
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
       AND (c.relname = w.name OR n.nspname || '.' || c.relname = w.name)
     ORDER BY w.place, 2, 3`,
    [names],
  );
  return found.rows.map(({ name, schema, relation, kind, storage }) => ({
    name,
    label: schema === 'public' ? relation : `${schema}.${relation}`,
    quoted: `${escapeIdentifier(schema)}.${escapeIdentifier(relation)}`,
    hasRows: kind !== 'v' && kind !== 'f',
    storage,
  }));
}

/** Count and newest transaction of each table, in one question. */
export function tableSignQuery(tables: readonly ProtectedTable[]): string {
  return tables
    .map(
      ({ quoted, hasRows }, index) =>
        `SELECT ${index}::pg_catalog.text AS part, pg_catalog.concat_ws(' ', pg_catalog.count(*), ${hasRows ? 'pg_catalog.max(xmin::pg_catalog.text::pg_catalog.int8)' : '0'}) AS sign FROM ${quoted}`,
    )
    .join(' UNION ALL ');
}

/** The content as one digest: of each row's text, in the order of these digests, so that the order on disk does not count. */
export async function readDigest(client: Client, table: ProtectedTable, count: number): Promise<string | undefined> {
  if (count > digestLimit) return undefined;
  const found = await client.query<{ digest: string }>(
    `SELECT pg_catalog.encode(pg_catalog.sha256(coalesce(pg_catalog.string_agg(h, ''::bytea ORDER BY h), ''::bytea)), 'hex') AS digest
     FROM (SELECT pg_catalog.sha256(pg_catalog.convert_to(t::pg_catalog.text, 'UTF8')) AS h FROM ${table.quoted} AS t) AS rows`,
  );
  return found.rows[0]?.digest;
}

/** What happened to a table between two marks; undefined when nothing did. */
export function compareTable(label: string, before: TableMark | undefined, after: TableMark | undefined): string | undefined {
  if (before === undefined) return after === undefined ? undefined : `\`${label}\` appeared, with ${rows(after.count)}`;
  if (after === undefined) return `\`${label}\` is gone, which had ${rows(before.count)}`;
  if (before.count === after.count && before.newest === after.newest && before.storage === after.storage) return undefined;
  if (before.count !== after.count) return `\`${label}\`: ${rows(before.count)} before, ${after.count} now`;
  const compared = before.digest !== undefined && after.digest !== undefined;
  const content = !compared ? 'too long for its content to be compared' : before.digest === after.digest ? 'with the same content' : 'with other content';
  return `\`${label}\`: ${rows(after.count)} as before, rewritten, ${content}`;
}

function rows(count: number): string {
  return count === 1 ? '1 row' : `${count} rows`;
}

/** Is a change of this table what the step is there for? */
export function mayWriteTable(access: Access, label: string): boolean {
  if (access.capability === 'production' || access.capability === 'full') return true;
  const bare = label.slice(label.lastIndexOf('.') + 1);
  return access.capability === 'write' && access.writes.some((name) => name === label || name === bare || name === `public.${label}`);
}
