// The runner's own questions to the database. Each gets a connection of its own, opened ahead; the server holds it read-only,
// the extended protocol holds it to one statement, and it always ends in ROLLBACK. Knows no step.
import { Query, type Client, type DatabaseError, type FieldDef } from 'pg';
import type { AssertionAnswer, AssertionQuery } from '../model/contract.ts';
import { messageOf } from '../model/diagnostic.ts';
import type { DatabaseAddress } from '../model/environment.ts';
import type { Access } from '../model/step.ts';
import type { SqlJudgement } from '../policy/decide-sql.ts';
import { isServerAnswer, parserSettings, readOnlySettings, type DatabaseLogin, type SessionSettings } from './database-login.ts';
import { prepareOnly } from './prepare-only.ts';

export interface AssertionOptions {
  readonly login: DatabaseLogin;
  /** The reading account, with the search path that every session is to have. */
  readonly reader: DatabaseAddress;
  /** The application's owner: probes are made under its rights. */
  readonly owner: DatabaseAddress;
  readonly searchPath: string;
  readonly decide: (text: string, access: Access) => Promise<SqlJudgement>;
  /** Called when the server seems gone. */
  readonly suspect: (reason: string) => void;
}

/** Rows that an answer holds; `rowCount` counts them all. */
const keptRows = 1000;
/** How much longer than the statement's own limit an answer may take before the connection is given up. */
const graceMs = 5000;
const lockTimeoutMs = 10_000;
/** The server's largest integer setting. */
const longestTimeoutMs = 2_147_483_647;
const savepoint = 'proofplan';

const accessOf: Readonly<Record<AssertionQuery['mode'], Access>> = {
  read: { capability: 'read', writes: [] },
  probe: { capability: 'probe', writes: [] },
};

export class AssertionSessions {
  readonly #options: AssertionOptions;
  /** Opened while nobody waits; whoever asks takes it, and nobody shares it. */
  #ahead: Promise<Client | Error> | undefined;
  readonly #leaving = new Set<Promise<void>>();
  #closed = false;

  constructor(options: AssertionOptions) {
    this.#options = options;
    this.#ahead = this.#openReader();
  }

  /** Judges the statement, then asks. Never rejects. */
  async ask(query: AssertionQuery): Promise<AssertionAnswer> {
    const { decision } = await this.#options.decide(query.sql, accessOf[query.mode]);
    return decision.effect === 'refuse' ? { kind: 'refused', decision } : this.askUnjudged(query);
  }

  /** Asks without a judgement, so that the server's own refusal shows: for the canary alone. */
  async askUnjudged(query: AssertionQuery): Promise<AssertionAnswer> {
    return this.#with(query.mode, (client) => answerOf(client, query));
  }

  /** One answer a query, in order: undefined where the server could prepare it, else why not. */
  async preflight(queries: readonly AssertionQuery[]): Promise<readonly (AssertionAnswer | undefined)[]> {
    if (queries.length === 0) return [];
    const decisions = await Promise.all(queries.map((query) => this.#options.decide(query.sql, accessOf[query.mode])));
    const prepared = await this.#with('read', async (client) => {
      await begin(client, 'read', lockTimeoutMs);
      const answers: (AssertionAnswer | undefined)[] = [];
      for (const [index, query] of queries.entries()) {
        const decision = decisions[index]?.decision;
        answers.push(decision?.effect === 'refuse' ? { kind: 'refused', decision } : await prepare(client, query.sql));
      }
      return { kind: 'prepared' as const, answers };
    });
    return prepared.kind === 'prepared' ? prepared.answers : queries.map(() => prepared);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const ahead = await this.#ahead;
    if (ahead !== undefined && !(ahead instanceof Error)) await letGo(ahead);
    await Promise.all(this.#leaving);
  }

  /** Works on a connection of its own and lets it go; what the network does to it is an answer, not an error. */
  async #with<T>(mode: AssertionQuery['mode'], work: (client: Client) => Promise<T>): Promise<T | Extract<AssertionAnswer, { kind: 'lost' }>> {
    const client = mode === 'read' ? await this.#takeReader() : await this.#open(this.#options.owner, writableSettings);
    if (client instanceof Error) return { kind: 'lost', message: messageOf(client) };
    try {
      return await work(client);
    } catch (error) {
      this.#options.suspect(messageOf(error));
      return { kind: 'lost', message: messageOf(error) };
    } finally {
      const leaving = letGo(client).finally(() => this.#leaving.delete(leaving));
      this.#leaving.add(leaving);
      if (!this.#closed) this.#ahead ??= this.#openReader();
    }
  }

  /** The connection opened ahead, or a fresh one where there is none or it has died meanwhile. */
  async #takeReader(): Promise<Client | Error> {
    const taken = this.#ahead;
    this.#ahead = undefined;
    const ahead = await taken;
    if (this.#closed) return new Error('the guard is closed');
    return ahead === undefined || ahead instanceof Error || !isAlive(ahead) ? this.#openReader() : ahead;
  }

  #openReader(): Promise<Client | Error> {
    return this.#open(this.#options.reader, readOnlySettings);
  }

  async #open(address: DatabaseAddress, settings: SessionSettings): Promise<Client | Error> {
    try {
      const patience = { idle_in_transaction_session_timeout: '0', lock_timeout: String(lockTimeoutMs), search_path: this.#options.searchPath };
      return await this.#options.login.open(address, { ...settings, ...patience });
    } catch (error) {
      if (!isServerAnswer(error)) this.#options.suspect(messageOf(error));
      return error instanceof Error ? error : new Error(String(error));
    }
  }
}

/** A probe has to reach what rejects it, so only its session may write; it is rolled back whatever happens. */
const writableSettings: SessionSettings = { ...parserSettings, default_transaction_read_only: 'off' };

async function begin(client: Client, mode: AssertionQuery['mode'], timeoutMs: number): Promise<void> {
  const characteristics = mode === 'read' ? ' ISOLATION LEVEL REPEATABLE READ READ ONLY' : '';
  // The first query takes the snapshot; after it the server lets nobody make the transaction writable again.
  await client.query(
    `BEGIN${characteristics}; SET LOCAL statement_timeout = ${Math.min(Math.ceil(timeoutMs), longestTimeoutMs)}; SELECT 1; SAVEPOINT ${savepoint}`,
  );
}

async function answerOf(client: Client, query: AssertionQuery): Promise<AssertionAnswer> {
  const timer = setTimeout(() => client.connection.stream.destroy(), query.timeoutMs + graceMs);
  try {
    await begin(client, query.mode, query.timeoutMs);
    const answer = await send(client, query);
    const described = answer.kind === 'failure' ? answer : await describe(client, answer);
    // The savepoint is there only while the transaction is still the one that was begun.
    await client.query(`ROLLBACK TO SAVEPOINT ${savepoint}; ROLLBACK`);
    return described;
  } finally {
    clearTimeout(timer);
  }
}

interface RawRows {
  readonly kind: 'raw';
  readonly fields: readonly FieldDef[];
  readonly rowCount: number;
  readonly rows: readonly (readonly (string | null)[])[];
}

/** By the extended protocol, which takes one statement and no more; every parameter and every value is text. */
function send(client: Client, query: AssertionQuery): Promise<RawRows | Extract<AssertionAnswer, { kind: 'failure' }>> {
  return new Promise((resolve, reject) => {
    const rows: (readonly (string | null)[])[] = [];
    let rowCount = 0;
    const config = { text: query.sql, values: [...query.parameters], rowMode: 'array', queryMode: 'extended' };
    const submitted = new Query<(string | null)[], (string | null)[]>(config);
    submitted.on('row', (row) => {
      rowCount += 1;
      if (rows.length < keptRows) rows.push(row);
    });
    submitted.on('error', (error) => {
      if (isServerAnswer(error) && isAlive(client)) resolve(failureOf(error));
      else reject(error);
    });
    submitted.on('end', (result) => resolve({ kind: 'raw', fields: result.fields, rowCount: rows.length === 0 ? (result.rowCount ?? 0) : rowCount, rows }));
    client.query(submitted);
  });
}

/** Names for the columns' types and tables, and whether the transaction was given an id (then something was written). */
async function describe(client: Client, raw: RawRows): Promise<AssertionAnswer> {
  const types = [...new Set(raw.fields.map((field) => field.dataTypeID))];
  const tables = [...new Set(raw.fields.map((field) => field.tableID))].filter((id) => id !== 0);
  const found = await client.query<{ kind: string; id: string; name: string }>(
    `SELECT 'transaction' AS kind, '' AS id, pg_catalog.txid_current_if_assigned()::text AS name
     UNION ALL SELECT 'type', oid::text, typname::text FROM pg_catalog.pg_type WHERE oid = ANY ($1::pg_catalog.oid[])
     UNION ALL SELECT 'table', c.oid::text, CASE WHEN pg_catalog.pg_table_is_visible(c.oid) THEN '' ELSE n.nspname || '.' END || c.relname
       FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = ANY ($2::pg_catalog.oid[])`,
    [types, tables],
  );
  const nameOf = (kind: string, id: number): string | undefined => found.rows.find((row) => row.kind === kind && row.id === String(id))?.name;
  const transactionId = found.rows.find((row) => row.kind === 'transaction')?.name ?? undefined;
  return {
    kind: 'rows',
    columns: raw.fields.map((field) => {
      const relation = nameOf('table', field.tableID);
      return { name: field.name, type: nameOf('type', field.dataTypeID) ?? String(field.dataTypeID), ...(relation === undefined ? {} : { relation }) };
    }),
    rowCount: raw.rowCount,
    rows: raw.rows,
    ...(transactionId === undefined ? {} : { transactionId }),
  };
}

async function prepare(client: Client, sql: string): Promise<AssertionAnswer | undefined> {
  try {
    await prepareOnly(client, sql);
    return undefined;
  } catch (error) {
    if (!isServerAnswer(error)) throw error;
    await client.query(`ROLLBACK TO SAVEPOINT ${savepoint}`);
    return failureOf(error);
  }
}

function failureOf(error: DatabaseError): Extract<AssertionAnswer, { kind: 'failure' }> {
  const { code, message, table, column, constraint } = error;
  return {
    kind: 'failure',
    sqlstate: code ?? 'XX000',
    message,
    ...(table === undefined ? {} : { table }),
    ...(column === undefined ? {} : { column }),
    ...(constraint === undefined ? {} : { constraint }),
  };
}

interface Liveness {
  readonly _queryable: boolean;
  readonly _ended: boolean;
}

function isAlive(client: Client): boolean {
  const { _queryable, _ended } = client as unknown as Liveness;
  return _queryable && !_ended;
}

/** The server rolls back whatever is open. */
async function letGo(client: Client): Promise<void> {
  if (isAlive(client)) await client.end();
}
