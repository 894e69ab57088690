/**
 * The throw-away PostgreSQL of one execution: loopback only, no socket in the file system, a superuser whose password is known
 * to this process alone, and gone afterwards even when the runner was killed.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import type { DatabaseAddress } from '../model/environment.ts';
import { messageOf, type Checked, type Diagnostic } from '../model/diagnostic.ts';
import { discardCluster, handOverCluster, keepName, newCluster, sweepLeftovers } from './cluster-sweep.ts';
import { accessRules, configuration, readyTemplate, removeFolder, superuserName } from './cluster.ts';
import { cannot, lastLines } from './finding.ts';
import { findPostgres, type PostgresBinary } from './postgres-binary.ts';
import { findServerUser, runAsServer, serverFolder, type ServerUser } from './server-user.ts';
import { startWatchdog, type Watchdog } from './watchdog.ts';

export interface EmbeddedServerOptions {
  /** Where the cluster lives while it runs, if the server's user can enter it. */
  readonly stateFolder: string;
  /** Where the template and a readable copy of the package are kept; the state folder where absent. */
  readonly cacheFolder?: string;
  /** A folder with `initdb` and `postgres` (PROOFPLAN_POSTGRES_BIN). */
  readonly postgresFolder?: string;
  /** Only the system's PostgreSQL, or only that of the npm package. */
  readonly source?: 'system' | 'package';
  /** The PATH to search for PostgreSQL. */
  readonly searchPath?: string;
  readonly progress?: (line: string) => void;
  /** Picks a port to try; a free one by chance where absent. */
  readonly choosePort?: () => Promise<number>;
}

export interface EmbeddedServer {
  /** The superuser, in the database `postgres`. Stays with the runner. */
  readonly superuser: DatabaseAddress;
  readonly version: string;
  readonly source: PostgresBinary['source'];
  /** Everything the server wrote; removed at the end. */
  readonly folder: string;
  /** Resolves when the server has ended, whoever ended it. */
  readonly exited: Promise<void>;
  /** From now on the folder stays for this execution, should this process be killed before it calls `close`. */
  readonly keep: (execution: string) => Promise<void>;
  /** Stops the server; the folder stays where it is kept. */
  readonly leave: () => Promise<void>;
  /** The same, and gives the folder, which is kept, to the process of this mark; answers with its new place. */
  readonly handOver: (mark: string) => Promise<string>;
  /** Stops the server and removes its folder. Safe to call twice. */
  readonly close: () => Promise<void>;
}

export const portAttempts = 3;
const startTimeoutMs = 60_000;

/** Starts a server of its own for this process. Clusters that dead runners left behind are swept first. Never throws. */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<Checked<EmbeddedServer>> {
  try {
    return await start(options);
  } catch (thrown) {
    return cannot('environment/server-not-started', 'the embedded PostgreSQL cannot be started', { notes: [messageOf(thrown)] });
  }
}

/** Who the server runs as, from which programs, and in which folders. */
export async function findPlace(options: EmbeddedServerOptions): Promise<Checked<Place>> {
  const user = await findServerUser();
  if (user.value === undefined) return { value: undefined, diagnostics: user.diagnostics };
  const cacheFolder = options.cacheFolder ?? options.stateFolder;
  const clusterRoot = await serverFolder(user.value, options.stateFolder, 'clusters');
  if (clusterRoot.value === undefined) return { value: undefined, diagnostics: clusterRoot.diagnostics };
  const templateRoot = await serverFolder(user.value, cacheFolder, 'templates');
  if (templateRoot.value === undefined) return { value: undefined, diagnostics: templateRoot.diagnostics };
  const binary = await findPostgres({
    user: user.value,
    cacheFolder,
    searchPath: options.searchPath ?? '/usr/local/bin:/usr/bin:/bin',
    ...(options.postgresFolder === undefined ? {} : { named: options.postgresFolder }),
    ...(options.source === undefined ? {} : { source: options.source }),
  });
  if (binary.value === undefined) return { value: undefined, diagnostics: binary.diagnostics };
  return { value: { user: user.value, binary: binary.value, clusterRoot: clusterRoot.value, templateRoot: templateRoot.value }, diagnostics: [] };
}

async function start(options: EmbeddedServerOptions): Promise<Checked<EmbeddedServer>> {
  const placed = await findPlace(options);
  if (placed.value === undefined) return { value: undefined, diagnostics: placed.diagnostics };
  const place = placed.value;
  const swept = await sweepLeftovers(place.user, [place.clusterRoot, place.templateRoot], options.progress);
  options.progress?.(`starting PostgreSQL ${place.binary.version}`);
  let started = await startFromTemplate(place, options.choosePort ?? freePort);
  if (started.kind === 'template-broken') {
    await removeFolder(place.user, started.template);
    started = await startFromTemplate(place, options.choosePort ?? freePort);
  }
  if (started.kind === 'started') return { value: started.server, diagnostics: swept };
  return { value: undefined, diagnostics: [...swept, ...started.diagnostics] };
}

export interface Place {
  readonly user: ServerUser;
  readonly binary: PostgresBinary;
  readonly clusterRoot: string;
  readonly templateRoot: string;
}

type Started =
  | { readonly kind: 'started'; readonly server: EmbeddedServer }
  | { readonly kind: 'template-broken'; readonly template: string; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: 'failed'; readonly diagnostics: readonly Diagnostic[] };

/** Starts a copy of the template on a port that is free, and makes it ours. */
async function startFromTemplate(place: Place, choosePort: () => Promise<number>): Promise<Started> {
  const { user, binary } = place;
  const made = await readyTemplate(user, binary, place.templateRoot);
  const template = made.value;
  if (template === undefined) return { kind: 'failed', diagnostics: made.diagnostics };
  const tried: number[] = [];
  while (tried.length < portAttempts) {
    const folder = newCluster(place.clusterRoot);
    const data = join(folder, 'data');
    const port = await choosePort();
    tried.push(port);
    const watchdog = await startWatchdog(user, {
      folder,
      template,
      configuration,
      accessRules,
      command: [join(binary.folder, 'postgres'), '-D', data, '-p', String(port)],
    });
    let closing: Promise<void> | undefined;
    // The watchdog removes the folder; should somebody have killed it, we do.
    const close = (): Promise<void> => (closing ??= watchdog.close().then(() => discardCluster(user, folder)));
    const problem = await becomesReady(data, watchdog);
    const log = problem === undefined ? '' : await readFile(join(folder, 'log'), 'utf8').catch(() => '');
    const possession =
      problem === undefined ? await takePossession(port, await readFile(join(template, 'password'), 'utf8')) : { problem: lastLines(log || problem) };
    if ('superuser' in possession) return { kind: 'started', server: serverOf(place, folder, watchdog, possession.superuser, close) };
    await close();
    if (/could not bind|could not create any TCP\/IP sockets/.test(log)) continue;
    const diagnostics = cannot('environment/server-not-started', `PostgreSQL ${binary.version} does not start`, { notes: possession.problem }).diagnostics;
    return { kind: 'template-broken', template, diagnostics };
  }
  const diagnostics = cannot('environment/port-taken', `no free port for the embedded server on 127.0.0.1 after ${portAttempts} tries`, {
    notes: [`tried: ${tried.join(', ')}`],
    help: 'stop what takes the ports, or name a database with --database',
  }).diagnostics;
  return { kind: 'failed', diagnostics };
}

export function serverOf({ user, binary }: Place, folder: string, watchdog: Watchdog, superuser: DatabaseAddress, close: () => Promise<void>): EmbeddedServer {
  const { version, source } = binary;
  const keep = async (execution: string): Promise<void> =>
    void (await runAsServer(user, 'umask 077; printf "%s\\n" "$2" >"$1"', [join(folder, keepName), execution]));
  const handOver = async (mark: string): Promise<string> => {
    await watchdog.leave();
    return handOverCluster(user, folder, mark);
  };
  return { superuser, version, source, folder, exited: watchdog.serverExited.then(() => undefined), keep, leave: watchdog.leave, handOver, close };
}

/** Waits until the last line of postmaster.pid says so (pg_ctl waits for the same); what went wrong otherwise. */
export async function becomesReady(data: string, watchdog: Watchdog): Promise<string | undefined> {
  let ended: string | undefined;
  void watchdog.serverExited.then((said) => {
    ended = said;
  });
  for (const deadline = performance.now() + startTimeoutMs; performance.now() < deadline; ) {
    const state = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '');
    if (state.split('\n')[7]?.trim() === 'ready') return undefined;
    if (ended !== undefined) return ended || 'its watchdog was ended';
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
  return `it was not ready within ${startTimeoutMs / 1000} seconds`;
}

/**
 * Changes the password that the template knows, ends whoever came before, and accepts nothing but what initdb makes: a role or
 * a setting of somebody else means that the template was tampered with.
 */
async function takePossession(
  port: number,
  templatePassword: string,
): Promise<{ readonly superuser: DatabaseAddress } | { readonly problem: readonly string[] }> {
  const template: DatabaseAddress = { host: '127.0.0.1', port, user: superuserName, password: templatePassword, database: 'postgres', tls: false };
  const superuser = { ...template, password: randomBytes(24).toString('base64url') };
  const client = new pg.Client({ ...template, ssl: false, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(`ALTER ROLE ${pg.escapeIdentifier(superuserName)} PASSWORD ${pg.escapeLiteral(superuser.password)}`);
    await client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`);
    const strangers = await client.query<{ name: string }>(
      // By name: what single-user mode makes has an object number like initdb's own.
      `SELECT 'role ' || rolname AS name FROM pg_roles WHERE rolname <> current_user AND (rolname !~ '^pg_' OR rolcanlogin OR rolsuper)
       UNION ALL SELECT 'database ' || datname FROM pg_database WHERE datname NOT IN ('postgres', 'template0', 'template1')
       UNION ALL SELECT 'setting ' || array_to_string(setconfig, ', ') FROM pg_db_role_setting`,
    );
    if (strangers.rows.length > 0) return { problem: [`the template holds what initdb does not make: ${strangers.rows.map((row) => row.name).join(', ')}`] };
    await client.query('REVOKE CONNECT, TEMPORARY ON DATABASE postgres, template1 FROM PUBLIC');
    return { superuser };
  } catch (thrown) {
    return { problem: [messageOf(thrown)] };
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
