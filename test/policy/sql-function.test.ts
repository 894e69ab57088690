// The lists of built-in functions against a real server: whatever is volatile there is no mere read here, but for the few that are harmless.
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { volatileBuiltIns } from '../../src/policy/built-in-function.ts';
import { classifyFunction } from '../../src/policy/sql-function.ts';
import { startTestServer, type TestServer } from '../support/postgres.ts';

let server: TestServer;
let functions: readonly { readonly name: string; readonly volatile: boolean }[];

beforeAll(async () => {
  server = await startTestServer();
  const client = new Client({ ...server.superuser, ssl: false });
  await client.connect();
  const found = await client.query<{ name: string; volatile: boolean }>(
    `SELECT proname AS name, bool_or(provolatile = 'v') AS volatile FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind <> 'p' GROUP BY 1`,
  );
  functions = found.rows;
  await client.end();
});

afterAll(() => server.close());

test('a volatile one reads only if it is one of the harmless', () => {
  const reading = functions.filter(({ name, volatile }) => volatile && classifyFunction([name]) === 'reading').map(({ name }) => name);
  expect(reading.filter((name) => !volatileBuiltIns.has(name))).toEqual([]);
  expect(reading.length).toBeGreaterThan(30);
  expect(reading.length).toBeLessThan(70);
  // Nothing of it writes, reaches a file or another session, or runs a text.
  expect(
    reading.filter((name) =>
      /lo_|file|dir|xml|slot|replica(?!y)|terminate|cancel|reset|reload|rotate|promote|switch|emit|import|export|notify$|nextval|setval/.test(name),
    ),
  ).toEqual([]);
});

test('what is known by name alone is what nobody may call, or what the catalogue has to tell', () => {
  const classes = (names: readonly string[]): readonly string[] => [...new Set(names.map((name) => classifyFunction([name])))];
  const running =
    'query_to_xml query_to_xmlschema query_to_xml_and_xmlschema cursor_to_xml table_to_xml table_to_xml_and_xmlschema schema_to_xml database_to_xml ts_stat ts_rewrite';
  expect(classes(running.split(' '))).toEqual(['guard']);
  expect(classes('pg_read_file pg_read_binary_file pg_ls_dir pg_stat_file pg_ls_waldir lo_import lo_export'.split(' '))).toEqual(['guard']);
  expect(classes('pg_terminate_backend pg_cancel_backend pg_reload_conf pg_promote pg_switch_wal pg_create_restore_point'.split(' '))).toEqual(['guard']);
  expect(classes('pg_logical_emit_message pg_create_physical_replication_slot pg_stat_reset pg_replication_origin_create'.split(' '))).toEqual(['guard']);
  expect(classes('dblink dblink_exec postgres_fdw_disconnect pg_file_write crosstab connectby xpath_table'.split(' '))).toEqual(['guard']);
  expect(classes('lo_creat lo_from_bytea lo_put lo_unlink lowrite setval'.split(' '))).toEqual(['owner']);
  expect(classes('nextval pg_notify pg_advisory_lock pg_try_advisory_xact_lock'.split(' '))).toEqual(['effect']);
  expect(classes('pg_input_is_valid domain_in record_in no_such_function'.split(' '))).toEqual(['unknown']);
  expect([classifyFunction(['public', 'lower']), classifyFunction(['pg_catalog', 'lower']), classifyFunction(['lower'])]).toEqual([
    'unknown',
    'reading',
    'reading',
  ]);
});

test('one that this server does not have is unknown, and so is one that only the server itself calls', () => {
  const unknown = functions.filter(({ name }) => classifyFunction([name]) === 'unknown').map(({ name }) => name);
  expect(unknown).toContain('domain_in');
  expect(unknown).not.toContain('lower');
});
