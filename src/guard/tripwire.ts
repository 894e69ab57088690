// What slipped past every other guard shows here, after the step: rows, schema and sessions compared with before. Detects,
// prevents nothing; asks in a read-only session of the runner's own.
import type { Client } from 'pg';
import type { TripwireFinding } from '../model/contract.ts';
import { messageOf } from '../model/diagnostic.ts';
import type { DatabaseAddress } from '../model/environment.ts';
import type { Access } from '../model/step.ts';
import { readOnlySettings, type DatabaseLogin } from './database-login.ts';
import { mayWriteTable, type ProtectedTable } from './protected-table.ts';
import { compareSchemas } from './schema-fingerprint.ts';
import { compareTable } from './table-content.ts';
import { SessionPoll } from './session-poll.ts';
import { fingerprintOf } from './state-fingerprint.ts';
import { TableWatch, type TableState } from './table-watch.ts';
import { WriteWitness, type WriteNote } from './write-witness.ts';

/** A moment's state, and what was noted until then since the mark before. */
export interface TripwireMark extends TableState {
  /** By label: sessions that wrote there and are neither the step's nor the runner's, in words. Empty where nobody notes who writes. */
  readonly strangers: ReadonlyMap<string, readonly string[]>;
  /** Labels of tables that have lost what notes who writes. */
  readonly unwitnessed: readonly string[];
}

export interface TripwireOptions {
  readonly login: DatabaseLogin;
  /** The superuser where there is one: it sees every row and every object. */
  readonly address: DatabaseAddress;
  /** The runner's own superuser, where it may leave a trigger on the protected tables that notes who writes. */
  readonly superuser?: DatabaseAddress;
  readonly protectedTables: readonly string[];
  /** Nobody but the guard and the steps has business on this server, so a session of somebody else's is a finding. */
  readonly ownServer: boolean;
  /** `false`: sessions are looked for as on a server that does not count them exactly. */
  readonly countsSessions?: boolean;
  /** Do the steps' sessions run under a superuser? */
  readonly superuserSteps?: boolean;
}

/** From this version on the server's count of sessions is in shared memory, and exact when a session begins to answer. */
const exactSessionsVersion = 150_000;
const statementTimeout = '60s';
const lockTimeout = '5s';
/** A count that lags behind the guard's own is asked again for so long: a busy server may keep it back for a second. */
const lagMs = 1500;

export class Tripwire {
  readonly #options: TripwireOptions;
  readonly #client: Client;
  readonly #countsSessions: boolean;
  readonly #watch: TableWatch;
  #witness: WriteWitness | undefined;
  #witnessProblem: string | undefined;
  #poll: SessionPoll | undefined;
  #lastSchema: TableState['schema'] | undefined;
  /** Sessions of the server that the guard did not open, as known so far. */
  #foreignSessions = 0;
  /** All sessions of the server, as it said the last time. */
  #servedSessions = 0;

  private constructor(options: TripwireOptions, client: Client, version: number) {
    const { login, protectedTables, superuserSteps = false } = options;
    this.#options = options;
    this.#client = client;
    this.#countsSessions = version >= exactSessionsVersion && options.countsSessions !== false;
    this.#watch = new TableWatch({ client, version, names: protectedTables, superuserSteps, ownSessions: () => login.ownSessions });
  }

  /** Rejects as pg does when the server cannot be reached. */
  static async open(options: TripwireOptions): Promise<Tripwire> {
    const patience = { statement_timeout: statementTimeout, lock_timeout: lockTimeout, idle_session_timeout: '0', search_path: 'pg_catalog' };
    const client = await options.login.open(options.address, { ...readOnlySettings, ...patience });
    const version = await client.query<{ server_version_num: string }>('SHOW server_version_num');
    const tripwire = new Tripwire(options, client, Number(version.rows[0]?.server_version_num));
    await tripwire.#openWitness();
    tripwire.#foreignSessions = await tripwire.#countForeignSessions(Number.NEGATIVE_INFINITY);
    return tripwire;
  }

  /** Does no session round the gateway stay unseen? */
  get countsSessions(): boolean {
    return this.#countsSessions;
  }

  /** Is it known which session wrote to a protected table? */
  get attributes(): boolean {
    return this.#witness !== undefined;
  }

  /** In words, what of it is weaker than it might be. Known after the first mark. */
  get limits(): readonly string[] {
    const whole = this.#watch.wholeReadsBecause;
    if (this.#options.protectedTables.length === 0) return this.#sessionLimits;
    return [
      ...(whole === undefined ? [] : [`protected tables are read whole after any commit, because ${whole}`]),
      ...(whole === undefined && this.#watch.isShortSighted
        ? ['protected tables are read whole after any commit while another account has a session, whose state `GRANT pg_read_all_stats` would show']
        : []),
      ...(this.#witnessProblem === undefined ? [] : [`nothing notes which session writes to protected tables: ${this.#witnessProblem}`]),
      ...this.#sessionLimits,
    ];
  }

  get #sessionLimits(): readonly string[] {
    return this.#countsSessions ? [] : ['a short session round the gateway may not be seen: servers before version 15 do not count them exactly'];
  }

  /** How often a table's content or the schema had to be read so far. */
  get reads(): number {
    return this.#watch.reads;
  }

  /** The tables behind the protected names; a name may have none, or several. */
  async tables(): Promise<readonly ProtectedTable[]> {
    return this.#watch.tables();
  }

  /** The state now: one question where nothing was committed on the server, and contents are read only where counters moved. */
  async mark(): Promise<TripwireMark> {
    const notes = (await this.#witness?.collect()) ?? [];
    const state = await this.#watch.mark(new Set(notes.map(({ relation }) => relation)));
    const { found } = this.#watch;
    const known = this.#lastSchema;
    this.#lastSchema = state.schema;
    const unwitnessed = known === undefined || known === state.schema ? [] : ((await this.#witness?.watch(found)) ?? []);
    const strangers = new Map(found.map(({ label, members }) => [label, this.#strangers(notes.filter(({ relation }) => members.includes(relation)))]));
    return { ...state, strangers, unwitnessed };
  }

  /** SHA-256 over the protected tables with their rows and the schema: the same in another process where nothing changed. Rejects as pg does. */
  async fingerprint(): Promise<string> {
    return fingerprintOf(await this.#watch.mark());
  }

  /** Is a write noted whose triggers are switched off? Undefined where nothing notes writes. Rejects as pg does. */
  async noticesWrites(): Promise<boolean | undefined> {
    return this.#witness?.notices();
  }

  /** To be called while no step has a session: those that come from now on are the next step's. Rejects as pg does. */
  async beginStep(): Promise<void> {
    const { login } = this.#options;
    login.forgetServed();
    if (this.#countsSessions) return;
    await this.#poll?.end();
    this.#poll = await SessionPoll.begin({ client: this.#client, known: () => [...login.ownSessions, ...login.servedSessions] });
  }

  /** Without it rows are found all the same, but not whose they are. */
  async #openWitness(): Promise<void> {
    const { ownServer, superuser, login } = this.#options;
    if (!ownServer || superuser === undefined) return;
    let witness: WriteWitness | undefined;
    try {
      witness = await WriteWitness.open(login, superuser);
      await witness.watch(await this.tables());
      this.#witness = witness;
    } catch (error) {
      await witness?.close();
      this.#witnessProblem = messageOf(error);
    }
  }

  #strangers(notes: readonly WriteNote[]): readonly string[] {
    const { servedSessions, ownSessions } = this.#options.login;
    const strange = notes.filter(({ processId }) => !servedSessions.has(processId) && !ownSessions.includes(processId));
    return [...new Set(strange.map(({ account, processId }) => `a session round the gateway (\`${account}\`, process ${processId})`))];
  }

  /** Sessions that came round the gateway since this was last asked. */
  async strangeSessions(): Promise<readonly TripwireFinding[]> {
    if (this.#poll !== undefined) return this.#polled();
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
    return [this.#strange(`${now - known === 1 ? 'a session' : `${now - known} sessions`} of the database came round the gateway`)];
  }

  /** What was seen by looking, where the server does not count; the looking ends. */
  async #polled(): Promise<readonly TripwireFinding[]> {
    const seen = (await this.#poll?.end()) ?? [];
    this.#poll = undefined;
    return seen.map((session) => this.#strange(`a session of the database came round the gateway (${session})`));
  }

  /** On a server with other clients nobody can tell whose session it was. */
  #strange(what: string): TripwireFinding {
    const { ownServer } = this.#options;
    return { kind: 'sessions', what: ownServer ? what : `${what}, or another client's`, explained: !ownServer };
  }

  async close(): Promise<void> {
    await this.#poll?.end().catch(() => undefined);
    await this.#witness?.close();
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

/** What changed between two marks; `explained` where `access` is there to change it, or where nothing of it stayed. */
export function compareMarks(before: TripwireMark, after: TripwireMark, access: Access): readonly TripwireFinding[] {
  const findings: TripwireFinding[] = [];
  for (const label of new Set([...before.tables.keys(), ...after.tables.keys()])) {
    const change = compareTable(label, before.tables.get(label), after.tables.get(label));
    if (change === undefined) continue;
    const strangers = after.strangers.get(label) ?? [];
    const what = strangers.length === 0 ? change.what : `${change.what}; written by ${strangers.join(' and ')}`;
    findings.push({ kind: 'rows', what, explained: change.undone || (strangers.length === 0 && mayWriteTable(access, label)) });
  }
  for (const label of after.unwitnessed) findings.push({ kind: 'schema', what: `what notes who writes to \`${label}\` was taken away`, explained: false });
  const mayChangeSchema = ['production', 'ddl', 'full'].includes(access.capability);
  for (const what of compareSchemas(before.schema, after.schema)) findings.push({ kind: 'schema', what, explained: mayChangeSchema });
  if (before.reset !== after.reset) findings.push({ kind: 'sessions', what: "the server's counters of the database were set back", explained: false });
  return findings;
}
