// The guard of one execution: gateway, hardened sessions, tripwires and the file watch, made together and ended together.
// Knows the statements' judge only as a function, and of a step only its name and what it may do.
import type { Guard, StatementRecord } from '../model/contract.ts';
import { messageOf, type Checked, type Diagnostic } from '../model/diagnostic.ts';
import type { DatabaseAddress } from '../model/environment.ts';
import { AssertionSessions } from './assertion-session.ts';
import { tryCanaries } from './canary.ts';
import { CatalogueKeeper } from './catalogue-keeper.ts';
import { DatabaseLogin, readOnlySettings } from './database-login.ts';
import { Gateway } from './gateway.ts';
import { GuardLife } from './guard-life.ts';
import { namingText } from './parameter-type.ts';
import { feelPulse } from './pulse.ts';
import { createReaderRole } from './reader-role.ts';
import { createLiveJudge, type Decide } from './live-judge.ts';
import { holdSnapshot } from './snapshot.ts';
import { SqliteWatch } from './sqlite-watch.ts';
import { StepWatcher } from './step-watcher.ts';
import { Tripwire } from './tripwire.ts';

export interface GuardOptions {
  /** The execution's name: part of the names of what is made on the server. */
  readonly execution: string;
  /** The application's owner: the account that the steps' sessions really run under. */
  readonly database: DatabaseAddress;
  /** The runner's own, where the server is its own. */
  readonly superuser?: DatabaseAddress;
  readonly ownServer: boolean;
  readonly protectedTables: readonly string[];
  /** Does the plan forbid a SQLite fallback? */
  readonly sqlitePolicy: boolean;
  /** Absolute. */
  readonly workspace: string;
  /** Where the gateway also listens on a Unix socket, for steps without a network; absolute. */
  readonly socketFolder?: string;
  /** The judge; it is given the catalogue wherever that can make a difference. */
  readonly decide: Decide;
  readonly onStatement?: (record: StatementRecord) => void;
}

/**
 * Makes the guard ready. Without a value the database cannot be guarded at all; with one, a `guard/no-such-table` says that
 * a name protects nothing yet, which is the caller's to weigh (a step of the plan may make the table).
 */
export async function createGuard(options: GuardOptions): Promise<Checked<Guard>> {
  const closers: (() => Promise<unknown>)[] = [];
  const diagnostics: Diagnostic[] = [];
  const login = new DatabaseLogin();
  const life = new GuardLife(login, options.database);
  // In the reverse of the order of making: what leans on something ends before it.
  const close = async (): Promise<void> => {
    life.end();
    for (const closer of closers.toReversed()) await closer().catch(() => undefined);
  };
  try {
    const account = await readAccount(login, options.database);
    if (account.superuser) diagnostics.push(superuserAccount(options.database));
    let reader = options.database;
    if (options.ownServer && options.superuser !== undefined) {
      const role = await createReaderRole(login, options.superuser, options.execution);
      if (role !== undefined) {
        reader = role.address;
        closers.push(role.drop);
      }
    }
    const tripwire = await Tripwire.open({
      login,
      address: options.superuser ?? options.database,
      ...(options.superuser === undefined ? {} : { superuser: options.superuser }),
      protectedTables: options.protectedTables,
      ownServer: options.ownServer,
      superuserSteps: account.superuser,
    });
    closers.push(() => tripwire.close());
    const tables = await tripwire.tables();
    const missing = options.protectedTables.filter((name) => !tables.some((table) => table.name === name));
    diagnostics.push(...missing.map((name) => noSuchTable(name, options.database)));
    const { suspect } = life;
    const { onStatement, socketFolder } = options;
    const keeper = new CatalogueKeeper(login, options.superuser ?? options.database, schemasOf(account.searchPath));
    closers.push(() => keeper.close());
    await keeper.current();
    const judge = createLiveJudge(options.decide, keeper);
    // Where it cannot be read, each statement is refused with the reason.
    const renewed = (renewal: Promise<void>): Promise<void> => renewal.catch((error: unknown) => suspect(messageOf(error)));
    const sessions = new AssertionSessions({ login, reader, owner: options.database, searchPath: account.searchPath, decide: judge.decide, suspect });
    closers.push(() => sessions.close());
    const gateway = await Gateway.listen({
      login,
      database: options.database,
      decide: judge.remembered,
      epoch: () => keeper.epoch,
      namingText: async (types) => namingText(types, await keeper.current()),
      suspect,
      fail: life.fail,
      onStatement: (record) => {
        keeper.settled(record);
        onStatement?.(record);
      },
      ...(socketFolder === undefined ? {} : { socketFolder }),
    });
    closers.push(() => gateway.close());
    const sqlite = options.sqlitePolicy ? new SqliteWatch(options.workspace) : undefined;
    const watcher = new StepWatcher(tripwire, gateway, sqlite, suspect);
    const guard: Guard = {
      canaries: () =>
        tryCanaries({
          gateway,
          sessions,
          tripwire,
          sqlite,
          database: options.database,
          ownServer: options.ownServer,
          closure: { decide: options.decide, catalogue: () => keeper.current() },
        }),
      pulse: () =>
        feelPulse(
          judge.decide,
          tables.map(({ quoted }) => quoted),
        ),
      open: async (step, access) => {
        await renewed(keeper.renew());
        return gateway.open(step, access);
      },
      assertion: async (query) => {
        await renewed(keeper.recheck());
        return sessions.ask(query);
      },
      preflight: async (queries) => {
        await renewed(keeper.recheck());
        return sessions.preflight(queries);
      },
      watch: (_step, access, folders = []) => watcher.watch(access, folders),
      strangers: () => watcher.strangers(),
      tally: () => gateway.tally,
      fingerprint: () => tripwire.fingerprint(),
      holdSnapshot: async () => {
        const snapshot = await holdSnapshot(login, reader, account.searchPath);
        closers.push(snapshot.close);
        return snapshot;
      },
      died: life.died,
      close,
    };
    return { value: guard, diagnostics };
  } catch (error) {
    await close();
    return { value: undefined, diagnostics: [...diagnostics, notGuarded(options.database, error)] };
  }
}

/** The account's own search path, spelt out: every session of the runner gets it, whatever a step makes of the account's settings. */
export async function readAccount(login: DatabaseLogin, database: DatabaseAddress): Promise<{ readonly searchPath: string; readonly superuser: boolean }> {
  const client = await login.open(database, readOnlySettings);
  try {
    const found = await client.query<{ path: string; account: string; superuser: string }>(
      `SELECT pg_catalog.current_setting('search_path') AS path, pg_catalog.quote_ident(current_user) AS account, pg_catalog.current_setting('is_superuser') AS superuser`,
    );
    const { path = '', account = '', superuser = 'off' } = found.rows[0] ?? {};
    // The reader has another name, and so another `$user`.
    return { searchPath: path.replace(/"\$user"|\$user/, () => account), superuser: superuser === 'on' };
  } finally {
    await client.end();
  }
}

/** As written in the setting: `app, public`. */
export function schemasOf(searchPath: string): readonly string[] {
  return searchPath.split(',').map((name) =>
    name
      .trim()
      .replace(/^"(.*)"$/, '$1')
      .replaceAll('""', '"'),
  );
}

function superuserAccount({ user }: DatabaseAddress): Diagnostic {
  return {
    severity: 'warning',
    code: 'guard/superuser-account',
    message: `the steps' sessions run under the superuser \`${user}\``,
    notes: ['a superuser can blind counters and triggers, so nothing here is called prevented'],
    help: "give the environment an ordinary account that owns the application's tables",
  };
}

function noSuchTable(name: string, { database }: DatabaseAddress): Diagnostic {
  return {
    severity: 'error',
    code: 'guard/no-such-table',
    message: `the plan protects \`${name}\`, and the database \`${database}\` has no table of that name`,
    help: 'prepare the database first (migrations), or correct the name in the plan or its addendum',
  };
}

function notGuarded({ host, port, database, user }: DatabaseAddress, error: unknown): Diagnostic {
  return {
    severity: 'error',
    code: 'guard/not-guarded',
    message: `no guard can be put before the database \`${database}\` at ${host}:${port}`,
    notes: [messageOf(error)],
    help: `see that the server is running and lets \`${user}\` in`,
  };
}
