// What a database's schema is, object by object, as digests: enough to name what changed between two moments.
import type { Client } from 'pg';

/** Digest by object: `column runs.id`, `trigger trg on runs`, `function f(text)`, … */
export type SchemaFingerprint = ReadonlyMap<string, string>;

const catalogs =
  'pg_class pg_attribute pg_attrdef pg_trigger pg_proc pg_rewrite pg_constraint pg_index pg_policy pg_cast pg_event_trigger pg_extension pg_db_role_setting'.split(
    ' ',
  );

/** Moves with every change of the schema (also with a temporary table's): one line for each catalogue, cheap to ask. */
export const schemaSignQuery = catalogs
  .map(
    (catalog) =>
      `SELECT '${catalog}' AS part, pg_catalog.concat_ws(' ', pg_catalog.count(*), pg_catalog.max(xmin::pg_catalog.text::pg_catalog.int8)) AS sign FROM pg_catalog.${catalog}`,
  )
  .join(' UNION ALL ');

const ours = `n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'`;
const relation = `CASE n.nspname WHEN 'public' THEN '' ELSE n.nspname || '.' END || c.relname`;
const classJoin = 'pg_class c ON c.oid = %s JOIN pg_namespace n ON n.oid = c.relnamespace';
const ofRelation = (column: string): string => classJoin.replace('%s', column);

/** Each row: what kind of object, its name, its definition. Temporary objects and the system's own are left out. */
const objects = [
  `SELECT 'relation', ${relation}, concat_ws(' ', c.relkind, c.relpersistence, c.relowner::regrole, c.relrowsecurity, c.relforcerowsecurity, c.relispartition, c.relacl, c.reloptions)
   FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind <> 'i' AND c.relkind <> 'I' AND ${ours}`,
  `SELECT 'column', ${relation} || '.' || a.attname, concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid))
   FROM pg_attribute a JOIN ${ofRelation('a.attrelid')} LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
   WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND ${ours}`,
  `SELECT 'trigger', t.tgname || ' on ' || ${relation}, concat_ws(' ', t.tgenabled, pg_get_triggerdef(t.oid)) FROM pg_trigger t JOIN ${ofRelation('t.tgrelid')} WHERE ${ours}`,
  `SELECT 'function', CASE n.nspname WHEN 'public' THEN '' ELSE n.nspname || '.' END || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
     concat_ws(' ', p.prokind, p.prolang, p.prosecdef, p.provolatile, p.proconfig, p.proowner::regrole, p.proacl, p.probin, p.prosrc)
   FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE ${ours}`,
  `SELECT CASE r.rulename WHEN '_RETURN' THEN 'view' ELSE 'rule' END, CASE r.rulename WHEN '_RETURN' THEN '' ELSE r.rulename || ' on ' END || ${relation},
     concat_ws(' ', r.ev_enabled, pg_get_ruledef(r.oid)) FROM pg_rewrite r JOIN ${ofRelation('r.ev_class')} WHERE ${ours}`,
  // NOT NULL is said by the column already; newer servers keep it as a constraint too.
  `SELECT 'constraint', k.conname || ' on ' || coalesce(${relation}, k.contypid::regtype::text), concat_ws(' ', k.convalidated, pg_get_constraintdef(k.oid))
   FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace LEFT JOIN pg_class c ON c.oid = k.conrelid WHERE k.contype <> 'n' AND ${ours}`,
  `SELECT 'index', ${relation}, concat_ws(' ', i.indisvalid, i.indisunique, pg_get_indexdef(i.indexrelid)) FROM pg_index i JOIN ${ofRelation('i.indexrelid')} WHERE ${ours}`,
  `SELECT 'policy', p.polname || ' on ' || ${relation}, concat_ws(' ', p.polcmd, p.polpermissive, p.polroles, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
   FROM pg_policy p JOIN ${ofRelation('p.polrelid')} WHERE ${ours}`,
  `SELECT 'cast', castsource::regtype || ' as ' || casttarget::regtype, concat_ws(' ', castfunc, castcontext, castmethod) FROM pg_cast WHERE oid >= 16384`,
  `SELECT 'event trigger', evtname, concat_ws(' ', evtevent, evtenabled, evtfoid, evttags) FROM pg_event_trigger`,
  `SELECT 'extension', extname, extversion FROM pg_extension`,
  `SELECT 'setting', concat_ws(' ', 'of', CASE setrole WHEN 0 THEN 'all' ELSE pg_get_userbyid(setrole) END), array_to_string(setconfig, ' ') FROM pg_db_role_setting
   WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))`,
];

const objectQuery = objects
  .map(
    (query) =>
      `SELECT kind || ' ' || name AS object, pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(coalesce(definition, ''), 'UTF8')), 'hex') AS digest FROM (${query}) AS o (kind, name, definition)`,
  )
  .join(' UNION ALL ');

/** Asks for every object, in a session whose search path is `pg_catalog` alone: then every name in a definition has its schema. */
export async function readSchema(client: Client): Promise<SchemaFingerprint> {
  const found = await client.query<{ object: string; digest: string }>(objectQuery);
  return new Map(found.rows.map((row) => [row.object, row.digest]));
}

/** `column runs.id changed`, `trigger trg on runs appeared`, `view v is gone`; sorted. */
export function compareSchemas(before: SchemaFingerprint, after: SchemaFingerprint): readonly string[] {
  const changes: string[] = [];
  for (const [object, digest] of after) {
    if (!before.has(object)) changes.push(`${object} appeared`);
    else if (before.get(object) !== digest) changes.push(`${object} changed`);
  }
  for (const object of before.keys()) if (!after.has(object)) changes.push(`${object} is gone`);
  return changes.sort();
}
