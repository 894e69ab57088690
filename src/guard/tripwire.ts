// What slipped past every other guard shows here, after the step: rows, schema and sessions compared with before. Detects,
// prevents nothing; asks in a read-only session of the runner's own.
import type { Client } from 'pg';
import type { TripwireFinding } from '../model/contract.ts';
import type { DatabaseAddress } from '../model/environment.ts';
import type { Access } from '../model/step.ts';
import { isServerAnswer, readOnlySettings, type DatabaseLogin } from './database-login.ts';
import { compareTable, findProtectedTables, mayWriteTable, readDigest, tableSignQuery, type ProtectedTable, type TableMark } from './protected-table.ts';
import { compareSchemas, readSchema, schemaSignQuery, type SchemaFingerprint } from './schema-fingerprint.ts';

export interface TripwireOptions {
  readonly login: DatabaseLogin;
  /** The superuser where there is one: it sees every row and every object. */
  readonly address: DatabaseAddress;
  readonly protectedTables: readonly string[];
  /** Nobody but the guard and the steps has business on this server, so a session of somebody else's is a finding. */
  readonly ownServer: boolean;
}

/** A moment's state. */
export interface TripwireMark {
  readonly tables: ReadonlyMap<string, TableMark>;
  readonly schema: SchemaFingerprint;
}

/** From this version on the server's count of sessions is in shared memory, and exact when a session begins to answer. */
const exactSessionsVersion = 150_000;
/** A table that was known is gone. */
const undefinedTable = '42P01';
const statementTimeout = '60s';
const lockTimeout = '5s';
/** A count that lags behind the guard's own is asked again for so long: a busy server may keep it back for a second. */
const lagMs = 1500;

export class Tripwire {
  readonly #options: TripwireOptions;
  readonly #client: Client;
  readonly #countsSessions: boolean;
  #schema: { readonly sign: string; readonly fingerprint: SchemaFingerprint } | undefined;
  #found: readonly ProtectedTable[] = [];
  #marks: ReadonlyMap<string, TableMark> = new Map();
  /** Sessions of the server that the guard did not open, as known so far. */
  #foreignSessions = 0;
  /** All sessions of the server, as it said the last time. */
  #servedSessions = 0;

  private constructor(options: TripwireOptions, client: Client, version: number) {
    this.#options = options;
    this.#client = client;
    this.#countsSessions = version >= exactSessionsVersion;
  }

  /** Rejects as pg does when the server cannot be reached. */
  static async open(options: TripwireOptions): Promise<Tripwire> {
    const patience = { statement_timeout: statementTimeout, lock_timeout: lockTimeout, search_path: 'pg_catalog' };
    const client = await options.login.open(options.address, { ...readOnlySettings, ...patience });
    const version = await client.query<{ server_version_num: string }>('SHOW server_version_num');
    const tripwire = new Tripwire(options, client, Number(version.rows[0]?.server_version_num));
    tripwire.#foreignSessions = await tripwire.#countForeignSessions(Number.NEGATIVE_INFINITY);
    return tripwire;
  }

  /** Can a session round the gateway be seen at all? */
  get countsSessions(): boolean {
    return this.#countsSessions;
  }

  /** The tables behind the protected names; a name may have none, or several. */
  async tables(): Promise<readonly ProtectedTable[]> {
    return findProtectedTables(this.#client, this.#options.protectedTables);
  }

  /**
   * The state now: one question where nothing moved. Contents and definitions are read again only where a cheap sign of them
   * moved, and the tables are looked up again only where the schema's did.
   */
  async mark(): Promise<TripwireMark> {
    const client = this.#client;
    let signs = await this.#signs().catch((error: unknown) => {
      if (isServerAnswer(error) && error.code === undefinedTable) return undefined;
      throw error;
    });
    let schema = this.#schema;
    if (schema === undefined || schema.sign !== signs?.schema) {
      this.#found = await this.tables();
      signs = await this.#signs();
      schema = { sign: signs.schema, fingerprint: await readSchema(client) };
      this.#schema = schema;
    }
    const marks = new Map<string, TableMark>();
    for (const [index, table] of this.#found.entries()) {
      const [count = '0', newest = '0'] = (signs.tables[index] ?? '').split(' ');
      const mark = { count: Number(count), newest, storage: table.storage };
      const known = this.#marks.get(table.label);
      const same = known !== undefined && known.count === mark.count && known.newest === newest && known.storage === mark.storage;
      marks.set(table.label, same ? known : withDigest(mark, await readDigest(client, table, mark.count)));
    }
    this.#marks = marks;
    return { tables: marks, schema: schema.fingerprint };
  }

  /** Cheap signs of the schema and of the tables that are known, of one moment. */
  async #signs(): Promise<{ readonly schema: string; readonly tables: readonly string[] }> {
    const query = this.#found.length === 0 ? schemaSignQuery : `${tableSignQuery(this.#found)} UNION ALL ${schemaSignQuery}`;
    const rows = (await this.#client.query<{ part: string; sign: string }>(query)).rows;
    const signs = new Map(rows.map((row) => [row.part, row.sign]));
    const schema = rows.filter((row) => row.part.startsWith('pg_')).map((row) => `${row.part} ${row.sign}`);
    return { schema: schema.join('\n'), tables: this.#found.map((_table, index) => signs.get(String(index)) ?? '') };
  }

  /** Sessions that came round the gateway since this was last asked. */
  async strangeSessions(): Promise<readonly TripwireFinding[]> {
    const known = this.#foreignSessions;
    const served = this.#servedSessions;
    const now = await this.#countForeignSessions(known);
    // The server's own count only rises. Less than before was set back; less than ours only lags: a session reports itself when
    // it is idle and finds the statistics unlocked (pgstat.c), and what lags is asked for again after the next step.
    if (this.#servedSessions < served) {
      this.#foreignSessions = now;
      return [{ kind: 'sessions', what: "the server's count of sessions was set back", explained: false }];
    }
    if (now <= known) return [];
    this.#foreignSessions = now;
    const what = `${now - known === 1 ? 'a session' : `${now - known} sessions`} of the database came round the gateway`;
    // On a server with other clients nobody can tell whose session it was.
    return [{ kind: 'sessions', what: this.#options.ownServer ? what : `${what}, or another client's`, explained: !this.#options.ownServer }];
  }

  async close(): Promise<void> {
    await this.#client.end();
  }

  /** Sessions that the server counts beyond the guard's own. Asked again while it is below `known`, since a count may lag. */
  async #countForeignSessions(known: number): Promise<number> {
    if (!this.#countsSessions) return 0;
    for (const until = performance.now() + lagMs; ; ) {
      await this.#options.login.settled();
      const found = await this.#client.query<{ sessions: string }>(
        'SELECT sessions FROM pg_catalog.pg_stat_database WHERE datname = pg_catalog.current_database()',
      );
      this.#servedSessions = Number(found.rows[0]?.sessions ?? 0);
      const foreign = this.#servedSessions - this.#options.login.count;
      if (foreign >= known || performance.now() > until) return foreign;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** What changed between two marks; `explained` where `access` is there to change it. */
export function compareMarks(before: TripwireMark, after: TripwireMark, access: Access): readonly TripwireFinding[] {
  const findings: TripwireFinding[] = [];
  for (const label of new Set([...before.tables.keys(), ...after.tables.keys()])) {
    const what = compareTable(label, before.tables.get(label), after.tables.get(label));
    if (what !== undefined) findings.push({ kind: 'rows', what, explained: mayWriteTable(access, label) });
  }
  for (const what of compareSchemas(before.schema, after.schema)) findings.push({ kind: 'schema', what, explained: access.capability === 'production' });
  return findings;
}

function withDigest(mark: TableMark, digest: string | undefined): TableMark {
  return digest === undefined ? mark : { ...mark, digest };
}
