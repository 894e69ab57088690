// The tables that a plan protects, found in the catalogue by the names that the plan has for them, with all that holds rows of
// theirs: partitions of partitions, and tables that inherit.
import { escapeIdentifier, type Client } from 'pg';
import type { Access } from '../model/step.ts';

/** One table behind a protected name. `label` is as reports name it: without the public schema. */
export interface ProtectedTable {
  readonly name: string;
  readonly label: string;
  readonly quoted: string;
  /** Not for a view or a foreign table: what they show is stored elsewhere, and nothing tells cheaply that it is the same. */
  readonly hasRows: boolean;
  /** Object ids of the table itself and of everything below it. */
  readonly members: readonly string[];
}

/** A name stands for the table of that name in every schema, `schema.name` for one: as the policy reads it. */
export async function findProtectedTables(client: Client, names: readonly string[]): Promise<readonly ProtectedTable[]> {
  if (names.length === 0) return [];
  const found = await client.query<{ name: string; schema: string; relation: string; kind: string; members: string }>(
    `WITH RECURSIVE named AS (
       SELECT w.name, w.place, n.nspname, c.relname, c.relkind, c.oid
       FROM pg_catalog.unnest($1::pg_catalog.text[]) WITH ORDINALITY AS w (name, place)
       JOIN pg_catalog.pg_class c ON c.relkind IN ('r', 'p', 'v', 'm', 'f')
       JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp|proofplan)'
         AND (c.relname = w.name OR n.nspname || '.' || c.relname = w.name)),
     member (root, oid) AS (SELECT oid, oid FROM named UNION SELECT m.root, i.inhrelid FROM member m JOIN pg_catalog.pg_inherits i ON i.inhparent = m.oid)
     SELECT name, nspname AS schema, relname AS relation, relkind AS kind,
       (SELECT pg_catalog.string_agg(m.oid::pg_catalog.text, ' ' ORDER BY m.oid) FROM member m WHERE m.root = named.oid) AS members
     FROM named ORDER BY place, 2, 3`,
    [names],
  );
  return found.rows.map(({ name, schema, relation, kind, members }) => ({
    name,
    label: schema === 'public' ? relation : `${schema}.${relation}`,
    quoted: `${escapeIdentifier(schema)}.${escapeIdentifier(relation)}`,
    hasRows: kind !== 'v' && kind !== 'f',
    members: members.split(' '),
  }));
}

/** Is a change of this table what the step is there for? */
export function mayWriteTable(access: Access, label: string): boolean {
  if (access.capability === 'production' || access.capability === 'full') return true;
  const bare = label.slice(label.lastIndexOf('.') + 1);
  return access.capability === 'write' && access.writes.some((name) => name === label || name === bare || name === `public.${label}`);
}
