/** A real server with the tested system's kind of schema, the real judge, and a guard before it. */
import { Client } from 'pg';
import { createGuard, type GuardOptions } from '../../src/guard/guard.ts';
import type { Guard, StatementRecord } from '../../src/model/contract.ts';
import type { DatabaseAddress } from '../../src/model/environment.ts';
import type { Access } from '../../src/model/step.ts';
import { decideSql } from '../../src/policy/decide-sql.ts';
import { createSqlParser, type SqlParser } from '../../src/policy/sql-parser.ts';
import { must, startTestServer, type TestServer } from '../support/postgres.ts';

export const reading: Access = { capability: 'read', writes: [] };
export const writing: Access = { capability: 'write', writes: ['notes'] };
export const producing: Access = { capability: 'production', writes: ['runs'] };

/** Tables, and every known way to reach `runs` without naming it. */
const schema = `
  CREATE TABLE runs (id text PRIMARY KEY, status text NOT NULL DEFAULT 'queued', origin varchar(100), plan jsonb);
  ALTER TABLE runs ADD CONSTRAINT runs_origin_known CHECK (origin IS DISTINCT FROM 'legacy');
  CREATE TABLE notes (id integer GENERATED ALWAYS AS IDENTITY, body text);
  CREATE TABLE "Schräge ""Läufe""" (id integer);
  CREATE VIEW inbox AS SELECT id FROM runs;
  CREATE FUNCTION inbox_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO runs (id) VALUES (NEW.id); RETURN NEW; END $$;
  CREATE TRIGGER inbox_insert INSTEAD OF INSERT ON inbox FOR EACH ROW EXECUTE FUNCTION inbox_insert();
  CREATE FUNCTION add_run(text) RETURNS text LANGUAGE sql AS $$ INSERT INTO runs (id) VALUES ($1) RETURNING id $$;
  INSERT INTO runs (id) VALUES ('before');
`;

const protectedTables: readonly string[] = ['runs', 'Schräge "Läufe"'];

export interface Guarded {
  readonly server: TestServer;
  readonly guard: Guard;
  /** What `onStatement` was told, in order. */
  readonly told: readonly StatementRecord[];
  /** The owner's own connection, round the guard; opened before it. */
  readonly direct: Client;
  readonly countRuns: () => Promise<number>;
  /** Another guard before the same database. */
  readonly another: (options: Partial<GuardOptions>) => ReturnType<typeof createGuard>;
  readonly close: () => Promise<void>;
}

/** What a guard before the owner's account is made with. */
export function guardOptions({ owner, superuser }: TestServer, parser: SqlParser, tables: readonly string[]): GuardOptions {
  return {
    execution: 'test',
    database: owner,
    superuser,
    ownServer: true,
    protectedTables: tables,
    sqlitePolicy: false,
    workspace: import.meta.dirname,
    decide: (text, access, catalogue) => decideSql(parser, text, { access, protectedTables: tables, ...(catalogue === undefined ? {} : { catalogue }) }),
  };
}

export async function startGuarded(options: Partial<GuardOptions> = {}): Promise<Guarded> {
  const server = await startTestServer();
  const parser = createSqlParser();
  const told: StatementRecord[] = [];
  const direct = await connect(server.owner);
  await direct.query(schema);
  const another: Guarded['another'] = (changes) =>
    createGuard({
      ...guardOptions(server, parser, protectedTables),
      onStatement: (record) => told.push(record),
      ...options,
      ...changes,
    });
  const guard = must(await another({}));
  const countRuns = async (): Promise<number> => Number((await direct.query<{ count: string }>('SELECT count(*) FROM runs')).rows[0]?.count);
  const close = async (): Promise<void> => {
    await guard.close();
    await direct.end();
    await parser.close();
    await server.close();
  };
  return { server, guard, told, direct, countRuns, another, close };
}

/** A client of node-pg's, by address or by a door's URL. */
export async function connect(to: DatabaseAddress | string): Promise<Client> {
  const client = new Client(typeof to === 'string' ? { connectionString: to } : { ...to, ssl: false });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** The SQLSTATE that something ends with; `none` when it succeeds. */
export async function sqlstateOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'none';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

/** A door's URL as an address, for clients that are made from one. */
export function addressOf(url: string): DatabaseAddress {
  const { hostname, port, username, password, pathname } = new URL(url);
  return { host: hostname, port: Number(port), user: decodeURIComponent(username), password, database: decodeURIComponent(pathname.slice(1)), tls: false };
}
