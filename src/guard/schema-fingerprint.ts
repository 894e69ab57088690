// What a database's schema is, object by object, as digests: enough to name what changed between two moments.
import type { Client } from 'pg';
import { witnessSchemaPrefix } from './write-witness.ts';

/** Digest by object: `column runs.id`, `trigger trg on runs`, `function f(text)`, … */
export type SchemaFingerprint = ReadonlyMap<string, string>;

/** Where what is read below is stored; those that a server's version does not have are left out. */
const catalogues = [
  ...[
    'pg_class',
    'pg_attribute',
    'pg_attrdef',
    'pg_inherits',
    'pg_sequence',
    'pg_trigger',
    'pg_proc',
    'pg_aggregate',
    'pg_rewrite',
    'pg_constraint',
    'pg_index',
  ],
  ...[
    'pg_policy',
    'pg_type',
    'pg_enum',
    'pg_range',
    'pg_cast',
    'pg_operator',
    'pg_opclass',
    'pg_amop',
    'pg_amproc',
    'pg_collation',
    'pg_conversion',
    'pg_namespace',
  ],
  ...[
    'pg_default_acl',
    'pg_event_trigger',
    'pg_extension',
    'pg_language',
    'pg_foreign_server',
    'pg_foreign_data_wrapper',
    'pg_foreign_table',
    'pg_user_mapping',
  ],
  ...['pg_publication', 'pg_publication_rel', 'pg_publication_namespace', 'pg_subscription'],
  ...['pg_db_role_setting', 'pg_database', 'pg_authid', 'pg_auth_members', 'pg_parameter_acl'],
];

export interface Catalogue {
  readonly oid: string;
  readonly name: string;
  readonly readable: boolean;
}

/** The catalogues that this server has. Not every account may read all of them (pg_authid holds passwords). */
export async function findCatalogues(client: Client): Promise<readonly Catalogue[]> {
  const found = await client.query<{ oid: string; name: string; readable: string }>(
    `SELECT c.oid, c.relname AS name, has_table_privilege(c.oid, 'SELECT') AS readable FROM pg_class c WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relname = ANY ($1)`,
    [catalogues],
  );
  return found.rows.map(({ oid, name, readable }) => ({ oid, name, readable: readable === 't' }));
}

/** Moves with every change of the schema (also with a temporary table's), and is the same on no two states. One scan of each. */
export async function readSchemaVersions(client: Client, found: readonly Catalogue[]): Promise<string> {
  const parts = found
    .filter(({ readable }) => readable)
    .map(({ name }) => `SELECT '${name}' AS part, concat_ws(' ', count(*), sum(hashtidextended(ctid, xmin::text::int8))) AS sign FROM ${name}`);
  const roles = `SELECT 'roles', md5(string_agg(r::text, ' ' ORDER BY rolname)) FROM pg_roles r`;
  return (await client.query<{ part: string; sign: string }>([...parts, roles].join(' UNION ALL '))).rows.map(({ part, sign }) => `${part} ${sign}`).join('\n');
}

const ours = `n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp|proofplan)'`;
const relation = `CASE n.nspname WHEN 'public' THEN '' ELSE n.nspname || '.' END || c.relname`;
const classJoin = 'pg_class c ON c.oid = %s JOIN pg_namespace n ON n.oid = c.relnamespace';
const ofRelation = (column: string): string => classJoin.replace('%s', column);
const named = (column: string): string => `CASE n.nspname WHEN 'public' THEN '' ELSE n.nspname || '.' END || ${column}`;
/** The runner's own readers come and go; on a server with other databases only the roles count that the asking account is, or may become. */
const rolesOfInterest = (oid: string, name: string): string =>
  `coalesce(${name}::text, '') !~ '^(proofplan_.*_(reader|step)|unknown [(]OID=.*)$' AND (${oid} = 0 OR pg_has_role(${oid}, 'MEMBER'))`;

/** Each row: what kind of object, its name, its definition. Temporary objects and the system's own are left out. */
const objects = [
  `SELECT 'relation', ${relation}, concat_ws(' ', c.relkind, c.relpersistence, c.relowner::regrole, c.relrowsecurity, c.relforcerowsecurity, c.relispartition, c.relreplident, c.relacl, c.reloptions,
     (SELECT string_agg(i.inhparent::regclass::text, ' ' ORDER BY i.inhseqno) FROM pg_inherits i WHERE i.inhrelid = c.oid), pg_get_expr(c.relpartbound, c.oid))
   FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind <> 'i' AND c.relkind <> 'I' AND ${ours}`,
  `SELECT 'column', ${relation} || '.' || a.attname, concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated, a.attacl, pg_get_expr(d.adbin, d.adrelid))
   FROM pg_attribute a JOIN ${ofRelation('a.attrelid')} LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
   WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND ${ours}`,
  `SELECT 'trigger', t.tgname || ' on ' || ${relation}, concat_ws(' ', t.tgenabled, pg_get_triggerdef(t.oid)) FROM pg_trigger t JOIN ${ofRelation('t.tgrelid')} WHERE ${ours}
   AND NOT EXISTS (SELECT FROM pg_proc f JOIN pg_namespace w ON w.oid = f.pronamespace WHERE f.oid = t.tgfoid AND starts_with(w.nspname, '${witnessSchemaPrefix}'))`,
  `SELECT 'function', CASE n.nspname WHEN 'public' THEN '' ELSE n.nspname || '.' END || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
     concat_ws(' ', p.prokind, p.prolang, p.prosecdef, p.provolatile, p.proconfig, p.proowner::regrole, p.proacl, p.probin, p.prosrc,
       p.proisstrict, p.proleakproof, p.proretset, p.prorettype::regtype, pg_get_function_arguments(p.oid), pg_get_function_sqlbody(p.oid))
   FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE ${ours}`,
  `SELECT CASE r.rulename WHEN '_RETURN' THEN 'view' ELSE 'rule' END, CASE r.rulename WHEN '_RETURN' THEN '' ELSE r.rulename || ' on ' END || ${relation},
     concat_ws(' ', r.ev_enabled, pg_get_ruledef(r.oid)) FROM pg_rewrite r JOIN ${ofRelation('r.ev_class')} WHERE ${ours}`,
  // NOT NULL is said by the column already; newer servers keep it as a constraint too.
  `SELECT 'constraint', k.conname || ' on ' || coalesce(${relation}, k.contypid::regtype::text), concat_ws(' ', k.convalidated, pg_get_constraintdef(k.oid))
   FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace LEFT JOIN pg_class c ON c.oid = k.conrelid WHERE k.contype <> 'n' AND ${ours}`,
  `SELECT 'index', ${relation}, concat_ws(' ', i.indisvalid, i.indisunique, pg_get_indexdef(i.indexrelid)) FROM pg_index i JOIN ${ofRelation('i.indexrelid')} WHERE ${ours}`,
  `SELECT 'policy', p.polname || ' on ' || ${relation}, concat_ws(' ', p.polcmd, p.polpermissive, p.polroles, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
   FROM pg_policy p JOIN ${ofRelation('p.polrelid')} WHERE ${ours}`,
  `SELECT 'sequence', ${relation}, concat_ws(' ', s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmax, s.seqmin, s.seqcache, s.seqcycle) FROM pg_sequence s JOIN ${ofRelation('s.seqrelid')} WHERE ${ours}`,
  `SELECT 'type', ${named('t.typname')}, concat_ws(' ', t.typtype, t.typowner::regrole, t.typnotnull, t.typdefault, t.typbasetype::regtype, t.typinput, t.typacl,
     (SELECT string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid))
   FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype <> 'c' AND t.typelem = 0 AND ${ours}`,
  `SELECT 'operator', ${named('o.oprname')} || '(' || o.oprleft::regtype || ',' || o.oprright::regtype || ')', concat_ws(' ', o.oprcode, o.oprcom, o.oprrest, o.oprowner::regrole)
   FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE ${ours}`,
  `SELECT 'operator class', ${named('o.opcname')}, concat_ws(' ', o.opcintype::regtype, o.opcdefault,
     (SELECT string_agg(concat_ws('/', a.amopstrategy, a.amopopr::regoperator), ' ' ORDER BY a.oid) FROM pg_amop a WHERE a.amopfamily = o.opcfamily),
     (SELECT string_agg(concat_ws('/', a.amprocnum, a.amproc), ' ' ORDER BY a.oid) FROM pg_amproc a WHERE a.amprocfamily = o.opcfamily))
   FROM pg_opclass o JOIN pg_namespace n ON n.oid = o.opcnamespace WHERE ${ours}`,
  `SELECT 'aggregate', a.aggfnoid::regprocedure::text, concat_ws(' ', a.aggkind, a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn, a.aggmtransfn, a.aggminvtransfn,
     a.aggmfinalfn, a.aggsortop::regoperator, a.aggtranstype::regtype, a.agginitval) FROM pg_aggregate a WHERE a.aggfnoid::oid >= 16384`,
  `SELECT 'range', r.rngtypid::regtype::text, concat_ws(' ', r.rngsubtype::regtype, r.rngcollation, r.rngsubopc, r.rngcanonical, r.rngsubdiff) FROM pg_range r WHERE r.rngtypid >= 16384`,
  `SELECT 'collation', ${named('k.collname')}, concat_ws(' ', k.collprovider, k.collisdeterministic, k.collcollate, k.collctype, k.collowner::regrole)
   FROM pg_collation k JOIN pg_namespace n ON n.oid = k.collnamespace WHERE ${ours}`,
  `SELECT 'conversion', ${named('k.conname')}, concat_ws(' ', k.conforencoding, k.contoencoding, k.conproc, k.condefault) FROM pg_conversion k JOIN pg_namespace n ON n.oid = k.connamespace WHERE ${ours}`,
  `SELECT 'cast', castsource::regtype || ' as ' || casttarget::regtype, concat_ws(' ', castfunc::regprocedure, castcontext, castmethod) FROM pg_cast WHERE oid >= 16384`,
  `SELECT 'schema', n.nspname, concat_ws(' ', n.nspowner::regrole, n.nspacl) FROM pg_namespace n WHERE n.nspname !~ '^pg_(toast|temp|proofplan)'`,
  `SELECT 'database', d.datname, concat_ws(' ', d.datdba::regrole, d.datallowconn, d.datacl) FROM pg_database d WHERE d.datname = current_database()`,
  `SELECT 'default privileges', concat_ws(' ', 'of', pg_get_userbyid(d.defaclrole), 'in', coalesce(n.nspname, 'every schema'), 'for', d.defaclobjtype), array_to_string(d.defaclacl, ' ')
   FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace`,
  `SELECT 'event trigger', evtname, concat_ws(' ', evtevent, evtenabled, evtfoid::regprocedure, evtowner::regrole, evttags) FROM pg_event_trigger`,
  `SELECT 'extension', extname, extversion FROM pg_extension`,
  `SELECT 'language', lanname, concat_ws(' ', lanowner::regrole, lanpltrusted, lanplcallfoid::regprocedure, lanacl) FROM pg_language`,
  `SELECT 'foreign data wrapper', fdwname, concat_ws(' ', fdwowner::regrole, fdwhandler::regproc, fdwvalidator::regproc, fdwacl, fdwoptions) FROM pg_foreign_data_wrapper`,
  `SELECT 'subscription', subname, concat_ws(' ', subowner::regrole, subenabled, subslotname, subpublications) FROM pg_subscription WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  `SELECT 'foreign server', srvname, concat_ws(' ', srvowner::regrole, srvversion, srvacl, srvoptions) FROM pg_foreign_server`,
  `SELECT 'user mapping', concat_ws(' ', srvname, 'for', usename), array_to_string(umoptions, ' ') FROM pg_user_mappings`,
  `SELECT 'foreign table', ${relation}, concat_ws(' ', s.srvname, f.ftoptions) FROM pg_foreign_table f JOIN pg_foreign_server s ON s.oid = f.ftserver JOIN ${ofRelation('f.ftrelid')}`,
  `SELECT 'publication', pubname, concat_ws(' ', pubowner::regrole, puballtables, pubinsert, pubupdate, pubdelete, pubtruncate,
     (SELECT string_agg(concat_ws('.', t.schemaname, t.tablename), ' ' ORDER BY t.schemaname, t.tablename) FROM pg_publication_tables t WHERE t.pubname = p.pubname)) FROM pg_publication p`,
  `SELECT 'setting', concat_ws(' ', 'of', CASE setrole WHEN 0 THEN 'all' ELSE pg_get_userbyid(setrole) END), array_to_string(setconfig, ' ') FROM pg_db_role_setting
   WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database())) AND ${rolesOfInterest('setrole', 'CASE setrole WHEN 0 THEN NULL ELSE pg_get_userbyid(setrole) END')}`,
  `SELECT 'role', r.rolname, concat_ws(' ', r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin, r.rolreplication, r.rolbypassrls, r.rolvaliduntil,
     (SELECT string_agg(concat_ws('/', m.roleid::regrole, m.admin_option), ' ' ORDER BY m.roleid) FROM pg_auth_members m WHERE m.member = r.oid))
   FROM pg_roles r WHERE r.rolname !~ '^pg_' AND ${rolesOfInterest('r.oid', 'r.rolname')}`,
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
