/** Extensions whose compiled code is known: what it says of itself (not volatile) is true, and of the volatile functions these are harmless. */

/** Without those that run a text as SQL or reach outside: dblink, postgres_fdw, file_fdw, adminpack, xml2, tablefunc but for its random numbers. */
const extensions = new Set(
  `amcheck bloom btree_gin btree_gist citext cube dict_int dict_xsyn earthdistance fuzzystrmatch hstore hstore_plperl hstore_plpython3u intagg intarray isn
  jsonb_plperl jsonb_plpython3u lo ltree ltree_plpython3u moddatetime autoinc insert_username pageinspect pg_buffercache pg_freespacemap pg_prewarm
  pg_stat_statements pg_surgery pg_trgm pg_visibility pg_walinspect pgcrypto pgrowlocks pgstattuple plpgsql seg sslinfo tablefunc tsm_system_rows tsm_system_time
  unaccent uuid-ossp address_standardizer hll hypopg ip4r pg_partman pg_uuidv7 pgrouting postgis postgis_raster postgis_sfcgal postgis_tiger_geocoder
  postgis_topology prefix rum semver timescaledb unit vector`.split(/\s+/),
);

/** They compute, or change nothing but the row that they are given. */
const harmlessVolatile = new Set(
  `autoinc gen_random_bytes gen_random_uuid gen_salt insert_username moddatetime normal_rand pg_buffercache_pages pg_buffercache_summary pg_freespace
  pg_stat_statements pg_stat_statements_info pgp_pub_encrypt pgp_pub_encrypt_bytea pgp_sym_encrypt pgp_sym_encrypt_bytea pgrowlocks pgstatindex pgstattuple
  set_limit uuid_generate_v1 uuid_generate_v1mc uuid_generate_v4 uuid_generate_v7 uuidv7`.split(/\s+/),
);

/** May a compiled function be taken for one that only computes? */
export function computesOnly({ extension, name, volatile }: { readonly extension?: string; readonly name: string; readonly volatile: boolean }): boolean {
  if (extension === undefined || !extensions.has(extension)) return false;
  return !volatile || harmlessVolatile.has(name);
}
