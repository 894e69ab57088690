// The questions to a server's catalogue: one for each kind of object, asked in a session whose search path is `pg_catalog` alone,
// so that every name in a definition comes with its schema (PostgreSQL's documentation, "System Information Functions").

/** The first id that is not the server's own (transam.h, FirstNormalObjectId). */
const own = 16384;

const schemaName = `CASE WHEN n.nspname ~ '^pg_temp_' THEN 'pg_temp' ELSE n.nspname END`;
const isOurs = `n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_toast'`;
/** A column's type as far as it is user-defined: of an array the element's. */
const elementOf = (type: string): string =>
  `(SELECT CASE WHEN el.typelem <> 0 AND el.typcategory = 'A' THEN el.typelem ELSE el.oid END FROM pg_type el WHERE el.oid = ${type})`;
const ownOnly = (ids: string): string => `ARRAY(SELECT DISTINCT u::int8 FROM unnest(${ids}) AS u WHERE u >= ${own})`;
const columnNames = (relation: string, numbers: string): string =>
  `ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = ${relation} AND a.attnum = ANY (${numbers}))`;

export const catalogueQueries = {
  searchPath: `SELECT nspname::text AS name FROM unnest($1::text[]) WITH ORDINALITY AS p (name, place) JOIN pg_namespace n ON n.nspname = p.name ORDER BY place`,
  relations: `SELECT c.oid::int8 AS id, ${schemaName} AS schema, c.relname::text AS name, c.relkind::text AS kind, s.srvname::text AS server,
      ARRAY(SELECT i.inhparent::int8 FROM pg_inherits i WHERE i.inhrelid = c.oid) AS parents,
      CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END AS query,
      CASE WHEN p.partrelid IS NOT NULL AND NOT 0 = ANY (p.partattrs::int2[]) THEN ${columnNames('c.oid', 'p.partattrs::int2[]')} END AS "partitionColumns",
      CASE WHEN p.partexprs IS NOT NULL THEN pg_get_expr(p.partexprs, c.oid) END AS "partitionExpression"
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_foreign_table f ON f.ftrelid = c.oid LEFT JOIN pg_foreign_server s ON s.oid = f.ftserver
    LEFT JOIN pg_partitioned_table p ON p.partrelid = c.oid
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c') AND ${isOurs}`,
  indexes: `SELECT n.nspname::text AS schema, c.relname::text AS name, i.indrelid::int8 AS relation FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_index i ON i.indexrelid = c.oid WHERE ${isOurs}`,
  schemas: `SELECT nspname::text AS name FROM pg_namespace`,
  columnTypes: `SELECT a.attrelid::int8 AS relation, array_agg(DISTINCT CASE WHEN t.typelem <> 0 AND t.typcategory = 'A' THEN t.typelem ELSE t.oid END::int8) AS types
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    WHERE a.attnum > 0 AND NOT a.attisdropped AND a.atttypid >= ${own} GROUP BY 1`,
  rules: `SELECT r.ev_class::int8 AS relation, r.rulename::text AS name, r.ev_type::text AS event, r.is_instead AND r.ev_qual::text = '<>' AS instead, pg_get_ruledef(r.oid) AS definition
    FROM pg_rewrite r WHERE r.ev_type <> '1' AND r.ev_enabled <> 'D' AND r.oid >= ${own}`,
  triggers: `SELECT t.tgrelid::int8 AS relation, t.tgname::text AS name, t.tgtype::int4 AS type, t.tgfoid::int8 AS function,
      ${columnNames('t.tgrelid', 't.tgattr::int2[]')} AS columns, CASE WHEN t.tgqual IS NOT NULL THEN pg_get_triggerdef(t.oid) END AS definition
    FROM pg_trigger t WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' ORDER BY t.tgname`,
  foreignKeys: `SELECT k.conrelid::int8 AS relation, k.conname::text AS name, k.confrelid::int8 AS target, k.confdeltype::text AS "onDelete", k.confupdtype::text AS "onUpdate",
      ${columnNames('k.conrelid', 'k.conkey')} AS columns, ${columnNames('k.confrelid', 'k.confkey')} AS "targetColumns"
    FROM pg_constraint k WHERE k.contype = 'f'`,
  expressions: `SELECT d.adrelid::int8 AS relation, CASE a.attgenerated WHEN '' THEN 'default of ' ELSE 'generated column ' END || a.attname AS what,
      CASE a.attgenerated WHEN 'v' THEN 'touch' ELSE 'write' END AS on, pg_get_expr(d.adbin, d.adrelid) AS text
    FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum JOIN pg_class c ON c.oid = d.adrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${isOurs}
    UNION ALL SELECT k.conrelid::int8, 'check ' || k.conname, 'write', pg_get_expr(k.conbin, k.conrelid) FROM pg_constraint k WHERE k.contype = 'c' AND k.conrelid <> 0 AND k.oid >= ${own}
    UNION ALL SELECT i.indrelid::int8, 'index ' || c.relname, 'touch', e FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid,
      unnest(ARRAY[pg_get_expr(i.indexprs, i.indrelid), pg_get_expr(i.indpred, i.indrelid)]) AS e WHERE e IS NOT NULL AND i.indexrelid >= ${own}
    UNION ALL SELECT s.stxrelid::int8, 'statistics ' || s.stxname, 'touch', e FROM pg_statistic_ext s, unnest(pg_get_statisticsobjdef_expressions(s.oid)) AS e WHERE e IS NOT NULL
    UNION ALL SELECT p.polrelid::int8, 'policy ' || p.polname, 'touch', e FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid AND c.relrowsecurity,
      unnest(ARRAY[pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)]) AS e WHERE e IS NOT NULL`,
  indexFunctions: `SELECT i.indrelid::int8 AS relation, array_agg(DISTINCT f.function::int8) AS functions
    FROM pg_index i CROSS JOIN LATERAL unnest(i.indclass) AS o (class) JOIN pg_opclass c ON c.oid = o.class
    JOIN (SELECT amprocfamily AS family, amproc::oid AS function FROM pg_amproc UNION SELECT amopfamily, oprcode::oid FROM pg_amop JOIN pg_operator p ON p.oid = amopopr) f ON f.family = c.opcfamily
    WHERE f.function >= ${own} GROUP BY 1`,
  functions: `SELECT p.oid::int8 AS id, ${schemaName} AS schema, p.proname::text AS name, l.lanname::text AS language, p.provolatile = 'v' AS volatile, (SELECT e.extname::text FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e' LIMIT 1) AS extension,
      coalesce(p.prosrc, '') AS body, CASE WHEN p.prokind <> 'a' AND (l.lanname = 'plpgsql' OR p.prosqlbody IS NOT NULL) THEN pg_get_functiondef(p.oid) END AS definition,
      p.pronargs - p.pronargdefaults AS "fewestArguments", CASE WHEN p.provariadic = 0 THEN p.pronargs END AS "mostArguments", coalesce(p.proconfig, '{}') AS settings,
      ARRAY(SELECT DISTINCT CASE WHEN t.typelem <> 0 AND t.typcategory = 'A' THEN t.typelem ELSE t.oid END::int8
        FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[]) || p.prorettype) AS u JOIN pg_type t ON t.oid = u WHERE t.oid >= ${own}) AS types,
      pg_get_expr(p.proargdefaults, 0) AS defaults,
      p.pronargs = 1 AND EXISTS (SELECT FROM pg_type t WHERE t.oid = p.proargtypes[0] AND (t.typtype IN ('c', 'p', 'd'))) AS "takesRow",
      CASE WHEN a.aggfnoid IS NOT NULL THEN ARRAY[a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn, a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn]::oid[]::int8[] ELSE '{}' END AS parts
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang LEFT JOIN pg_aggregate a ON a.aggfnoid = p.oid
    WHERE p.oid >= ${own} OR (p.provolatile = 'v' AND n.nspname = 'pg_catalog' AND p.prokind = 'f')`,
  operators: `SELECT ${schemaName} AS schema, o.oprname::text AS name, ${ownOnly(`ARRAY[${elementOf('o.oprleft')}, ${elementOf('o.oprright')}]`)} AS types,
      ARRAY(SELECT DISTINCT f.oprcode::oid::int8 FROM pg_operator f WHERE f.oid IN (o.oid, o.oprcom, o.oprnegate) AND f.oprcode <> 0) AS functions,
      EXISTS (SELECT FROM pg_operator b WHERE b.oprname = o.oprname AND b.oid < ${own}) AS "alsoBuiltIn"
    FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE o.oid >= ${own}`,
  casts: `SELECT format_type(c.castsource, NULL) || ' as ' || format_type(c.casttarget, NULL) AS name, ${ownOnly(`ARRAY[${elementOf('c.castsource')}, ${elementOf('c.casttarget')}]`)} AS types, c.castfunc::int8 AS function
    FROM pg_cast c WHERE c.oid >= ${own} AND c.castfunc <> 0`,
  types: `SELECT t.oid::int8 AS id, t.typarray::int8 AS array, ${schemaName} AS schema, t.typname::text AS name,
      ${ownOnly(`ARRAY[${elementOf('t.typbasetype')}, t.typelem, ${elementOf('r.rngsubtype')}] || ARRAY(SELECT ${elementOf('a.atttypid')} FROM pg_attribute a WHERE t.typrelid <> 0 AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)`)} AS parts,
      ARRAY[t.typinput, t.typoutput, t.typreceive, t.typsend, t.typmodin, t.typmodout, t.typanalyze, r.rngcanonical, r.rngsubdiff]::oid[]::int8[]
        || ARRAY(SELECT p.amproc::oid::int8 FROM pg_opclass c JOIN pg_amproc p ON p.amprocfamily = c.opcfamily WHERE c.opcdefault AND c.opcintype = t.oid)
        || ARRAY(SELECT f.oprcode::oid::int8 FROM pg_opclass c JOIN pg_amop o ON o.amopfamily = c.opcfamily JOIN pg_operator f ON f.oid = o.amopopr WHERE c.opcdefault AND c.opcintype = t.oid) AS functions
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_range r ON r.rngtypid = t.oid OR r.rngmultitypid = t.oid
    WHERE t.oid >= ${own} AND ${isOurs} AND NOT (t.typelem <> 0 AND t.typcategory = 'A')`,
  typeExpressions: `SELECT k.contypid::int8 AS type, 'check ' || k.conname AS what, pg_get_expr(k.conbin, 0) AS text FROM pg_constraint k WHERE k.contypid <> 0 AND k.contype = 'c' AND k.oid >= ${own}
    UNION ALL SELECT t.oid::int8, 'default', pg_get_expr(t.typdefaultbin, 0) FROM pg_type t WHERE t.typdefaultbin IS NOT NULL AND t.oid >= ${own}`,
  eventTriggers: `SELECT evtname::text AS name, evtfoid::int8 AS function FROM pg_event_trigger WHERE evtenabled <> 'D'`,
  publications: `SELECT pubname::text AS name FROM pg_publication ORDER BY 1`,
} as const;

/** Equal as long as no transaction that may have changed anything has ended: one question without a scan. */
export const momentQuery = `SELECT pg_catalog.pg_current_snapshot()::pg_catalog.text AS sign`;

const watched =
  'pg_attrdef pg_attribute pg_cast pg_class pg_constraint pg_event_trigger pg_foreign_table pg_index pg_inherits pg_opclass pg_amop pg_amproc pg_operator pg_policy pg_proc pg_rewrite pg_statistic_ext pg_trigger pg_type pg_aggregate pg_namespace'.split(
    ' ',
  );

/**
 * Moves with every change of what a catalogue holds. Of each row's place and writer, not of the newest writer alone: a transaction
 * that began earlier may commit later.
 */
export const catalogueSignQuery = watched
  .map(
    (table) =>
      `SELECT pg_catalog.count(*) AS count, pg_catalog.bit_xor(pg_catalog.hashtextextended(pg_catalog.concat(ctid, xmin), 0)) AS sign FROM pg_catalog.${table}`,
  )
  .join(' UNION ALL ');
