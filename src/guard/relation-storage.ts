// Where the rows of relations are stored, so that a held snapshot is believed only about tables that still are what they were:
// TRUNCATE, a rewrite, a drop or a partition that was taken away leave no old row for it to find.
import type { Client } from 'pg';

interface StoredRelation {
  readonly oid: string;
  /** Schema and name, quoted where they must be. */
  readonly name: string;
  /** The file of its rows; empty where it has none of its own (a partitioned table, a view). */
  readonly file: string;
  /** What shows its rows: tables that it is a part of, views over it. */
  readonly parents: readonly string[];
}

export type RelationStorage = ReadonlyMap<string, StoredRelation>;

/** All relations with rows, by object id, as the session's snapshot has them. Rejects as pg does. */
export async function readStorage(client: Client): Promise<RelationStorage> {
  const found = await client.query<{ oid: string; name: string; file: string | null; parents: string }>(
    `SELECT c.oid, pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS name, pg_catalog.pg_relation_filenode(c.oid) AS file,
       (SELECT coalesce(pg_catalog.string_agg(above::pg_catalog.text, ' '), '') FROM (
          SELECT i.inhparent FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid
          UNION SELECT r.ev_class FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
            WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = c.oid AND r.ev_class <> c.oid
        ) AS p (above)) AS parents
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'm', 'v', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'`,
  );
  return new Map(
    found.rows.map(({ oid, name, file, parents }) => [oid, { oid, name, file: file ?? '', parents: parents.split(' ').filter((parent) => parent !== '') }]),
  );
}

/**
 * Why nothing can be said of what the relation (a name as `readStorage` has it) held before; undefined where the snapshot can be
 * asked. A relation that is new held nothing.
 */
export function forgottenBecause(name: string, before: RelationStorage, now: RelationStorage): string | undefined {
  const [old, current] = [named(name, before), named(name, now)];
  if (old === undefined) {
    // A table of before under another name is not new.
    const renamed = current === undefined ? undefined : before.get(current.oid);
    return renamed === undefined ? undefined : `${name} was called ${renamed.name}`;
  }
  if (current === undefined || current.oid !== old.oid) return `${name} is another table now`;
  for (const member of membersOf(old.oid, before)) {
    const [was, is] = [before.get(member), now.get(member)];
    if (was === undefined) continue;
    if (is === undefined || !membersOf(old.oid, now).has(member)) return `${was.name} is no part of ${name} any more`;
    if (is.file !== was.file) return `${was.name} was emptied or rewritten`;
  }
  return undefined;
}

function named(name: string, storage: RelationStorage): StoredRelation | undefined {
  return [...storage.values()].find((relation) => relation.name === name);
}

/** The relation and everything below it. */
function membersOf(root: string, storage: RelationStorage): ReadonlySet<string> {
  const members = new Set([root]);
  for (let grown = true; grown; ) {
    grown = false;
    for (const { oid, parents } of storage.values())
      if (!members.has(oid) && parents.some((parent) => members.has(parent))) {
        members.add(oid);
        grown = true;
      }
  }
  return members;
}
