// The runner's own questions to the database. Each gets a connection of its own, opened ahead; the server holds it read-only,
// the extended protocol holds it to one statement, and it always ends in ROLLBACK. Knows no step.
import type { Client, QueryResult } from 'pg';
import type { AssertionAnswer, AssertionQuery } from '../model/contract.ts';
import { messageOf } from '../model/diagnostic.ts';
import type { DatabaseAddress } from '../model/environment.ts';
import type { Access } from '../model/step.ts';
import type { SqlJudgement } from '../policy/decide-sql.ts';
import { describeRows, failureOf, isAlive, sendExtended } from './assertion-answer.ts';
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

/** How much longer than the statement's own limit an answer may take before the connection is given up. */
const graceMs = 5000;
const lockTimeoutMs = 10_000;
/** Of the runner's own questions; each statement of a plan gets its own limit. */
const statementTimeoutMs = 60_000;
/** The server's largest integer setting. */
const longestTimeoutMs = 2_147_483_647;
const savepoint = 'proofplan';
const readOnlyViolation = '25006';
/** There is no transaction, or none with the savepoint. */
const noTransaction = new Set(['25P01', '3B001']);
/** How a session of the runner's writes what it answers, whatever a step makes of the settings of the account. */
const outputSettings: SessionSettings = { DateStyle: 'ISO, MDY', IntervalStyle: 'postgres', bytea_output: 'hex', extra_float_digits: '1' };

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
      const patience = {
        statement_timeout: String(statementTimeoutMs),
        lock_timeout: String(lockTimeoutMs),
        idle_session_timeout: '0',
        idle_in_transaction_session_timeout: '0',
      };
      return await this.#options.login.open(address, { ...settings, ...patience, ...outputSettings, search_path: this.#options.searchPath });
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
    const answer = await sendExtended(client, query);
    const transactionId = await goBack(client);
    if (transactionId === transactionEnded) return refused('transaction-ended', 'it ended the transaction that was to hold it');
    const described = answer.kind === 'failure' ? answer : await describeRows(client, answer, transactionId);
    // A lock of the session would outlive the transaction by as long as the server takes to end the session.
    await client.query('ROLLBACK; SELECT pg_catalog.pg_advisory_unlock_all()');
    if (query.mode === 'read' && transactionId !== undefined)
      return refused('transaction-id', `the server gave it the transaction id ${transactionId}, which no query gets that only reads; it was rolled back`);
    return described;
  } finally {
    clearTimeout(timer);
  }
}

const transactionEnded = Symbol('the transaction has ended');

/**
 * Goes back to the savepoint (an error is undone, and locks that the statement took are let go) and answers with the transaction's
 * id, which everything that is written stands under and which going back does not take away; undefined where nothing asked for one.
 */
async function goBack(client: Client): Promise<string | undefined | typeof transactionEnded> {
  try {
    const text = `ROLLBACK TO SAVEPOINT ${savepoint}; SELECT pg_catalog.pg_current_xact_id_if_assigned()::pg_catalog.text AS id`;
    const [, found] = (await client.query(text)) as unknown as readonly QueryResult<{ id: string | null }>[];
    return found?.rows[0]?.id ?? undefined;
  } catch (error) {
    // The savepoint is there only while the transaction is still the one that was begun.
    if (isServerAnswer(error) && noTransaction.has(error.code ?? '')) return transactionEnded;
    throw error;
  }
}

function refused(rule: string, reason: string): Extract<AssertionAnswer, { kind: 'refused' }> {
  return { kind: 'refused', decision: { effect: 'refuse', rule, reason, sqlstate: readOnlyViolation } };
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

/** The server rolls back whatever is open. */
async function letGo(client: Client): Promise<void> {
  if (isAlive(client)) await client.end();
}
