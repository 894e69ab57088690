/** Makes an environment ready for one execution: Python, database, preparation, provided values. Whatever fails, nothing is left behind. */
import { stat } from 'node:fs/promises';
import { hasErrors, type Checked, type Diagnostic } from '../model/diagnostic.ts';
import type { DatabaseAddress, DatabaseState, EnvironmentConfig, ReadyEnvironment } from '../model/environment.ts';
import { parseDatabaseUrl } from './database-url.ts';
import { createDatabase } from './embedded-database.ts';
import { type EmbeddedServer, startEmbeddedServer, type EmbeddedServerOptions } from './embedded-server.ts';
import { cannot, warn } from './finding.ts';
import { prepareEnvironment } from './prepare.ts';
import { probeDatabase } from './probe.ts';
import { preparePython } from './python-environment.ts';
import type { ProcessEnvironment } from './python-program.ts';
import { copyEmbeddedServer, reopenEmbeddedServer } from './reopen-server.ts';

export interface ReadyOptions {
  /** The plan's file name without extension. */
  readonly plan: string;
  /** Names that the plan needs from outside. */
  readonly inputs?: readonly string[];
  /** Where the embedded server's cluster lives while it runs. */
  readonly stateFolder: string;
  /** Where what can be made again is kept between executions. */
  readonly cacheFolder: string;
  readonly processEnvironment: ProcessEnvironment;
  readonly progress?: (line: string) => void;
  /** Ends the preparation; what was started is closed. */
  readonly signal?: AbortSignal;
  /** A folder with `initdb` and `postgres` (PROOFPLAN_POSTGRES_BIN). */
  readonly postgresFolder?: string;
  readonly postgresSource?: EmbeddedServerOptions['source'];
  /** For an execution that was cut: nothing is prepared again, and an embedded server is the one it had, with this database and owner. */
  /** Nothing is prepared: an embedded database begins as a copy of this one. */
  readonly from?: DatabaseState;
  readonly reopen?: { readonly execution: string; readonly owner: string; readonly database: string };
}

interface Database {
  readonly address: DatabaseAddress;
  readonly superuser?: DatabaseAddress;
  readonly version: string;
  readonly keep?: EmbeddedServer['keep'];
  readonly leave?: EmbeddedServer['leave'];
  readonly handOver?: EmbeddedServer['handOver'];
  readonly copyOf?: string;
  readonly close: () => Promise<void>;
}

/** Makes the environment ready. On any error everything that was started is closed before the diagnostics are returned. */
export async function readyEnvironment(config: EnvironmentConfig, options: ReadyOptions): Promise<Checked<ReadyEnvironment>> {
  const diagnostics: Diagnostic[] = [];
  const interrupted = (): boolean => options.signal?.aborted ?? false;
  const stopped = (): Checked<never> => ({
    value: undefined,
    diagnostics: interrupted() ? cannot('environment/interrupted', 'interrupted while the environment was being prepared').diagnostics : diagnostics,
  });
  if (!(await isFolder(config.workspace))) {
    return cannot('environment/no-workspace', `the workspace \`${config.workspace}\` of the environment \`${config.name}\` is not a folder`, {
      help: 'correct `workspace` in the configuration',
    });
  }
  if (config.python !== undefined) {
    const python = await preparePython(config.python, { workspace: config.workspace, ...shared(options) });
    diagnostics.push(...python.diagnostics);
  }
  if (hasErrors(diagnostics) || interrupted()) return stopped();
  for (const folder of config.path) {
    if (await isFolder(folder)) continue;
    diagnostics.push(
      warn('environment/path-folder', `the folder \`${folder}\`, which the environment \`${config.name}\` puts first on the PATH, does not exist`, {
        help: 'correct `path`, or other programs of the same names are used',
      }),
    );
  }
  const opened = await openDatabase(config, options);
  diagnostics.push(...opened.diagnostics);
  const database = opened.value;
  if (database === undefined) return stopped();
  const ownServer = database.superuser !== undefined;
  const copied = database.copyOf === undefined ? undefined : options.from;
  const prepared = interrupted()
    ? undefined
    : options.reopen
      ? { value: { preparation: [], provided: [] }, diagnostics: [] }
      : copied
        ? { value: { preparation: copied.preparation, provided: copied.provided }, diagnostics: [] }
        : await prepareEnvironment(config, {
            plan: options.plan,
            ...(options.inputs === undefined ? {} : { inputs: options.inputs }),
            database: database.address,
            ownServer,
            ...shared(options),
          });
  diagnostics.push(...(prepared?.diagnostics ?? []));
  if (prepared?.value === undefined || interrupted()) {
    await database.close();
    return stopped();
  }
  const value: ReadyEnvironment = {
    config,
    database: database.address,
    ...(database.superuser === undefined ? {} : { superuser: database.superuser }),
    ownServer,
    serverVersion: database.version,
    ...prepared.value,
    ...(database.keep === undefined ? {} : { keep: database.keep }),
    ...(database.leave === undefined ? {} : { leave: database.leave }),
    ...(database.handOver === undefined ? {} : { handOver: database.handOver }),
    ...(database.copyOf === undefined ? {} : { copyOf: database.copyOf }),
    close: database.close,
  };
  return { value, diagnostics };
}

function shared(options: ReadyOptions): Pick<ReadyOptions, 'processEnvironment' | 'progress' | 'signal'> {
  const { processEnvironment, progress, signal } = options;
  return { processEnvironment, ...(progress === undefined ? {} : { progress }), ...(signal === undefined ? {} : { signal }) };
}

function openDatabase(config: EnvironmentConfig, options: ReadyOptions): Promise<Checked<Database>> | Checked<Database> {
  const source = config.database;
  switch (source.kind) {
    case 'embedded':
      return openEmbedded(options);
    case 'url':
      return openOutside(source.url, options);
    case 'environment-variable': {
      const url = options.processEnvironment[source.name];
      if (url !== undefined && url !== '') return openOutside(url, options);
      return cannot('environment/unset-variable', `the environment \`${config.name}\` takes its database from \`${source.name}\`, which is not set`, {
        help: `set it: \`export ${source.name}=postgresql://user:password@host:5432/database\``,
      });
    }
  }
}

function embeddedOptions(options: ReadyOptions): EmbeddedServerOptions {
  const searchPath = options.processEnvironment['PATH'];
  return {
    stateFolder: options.stateFolder,
    cacheFolder: options.cacheFolder,
    ...(searchPath === undefined ? {} : { searchPath }),
    ...(options.progress === undefined ? {} : { progress: options.progress }),
    ...(options.postgresFolder === undefined ? {} : { postgresFolder: options.postgresFolder }),
    ...(options.postgresSource === undefined ? {} : { source: options.postgresSource }),
  };
}

async function openEmbedded(options: ReadyOptions): Promise<Checked<Database>> {
  if (options.reopen) return reopenEmbedded(options, options.reopen);
  if (options.from) return copyEmbedded(options, options.from);
  const started = await startEmbeddedServer(embeddedOptions(options));
  const server = started.value;
  if (server === undefined) return { value: undefined, diagnostics: started.diagnostics };
  const created = await createDatabase(server, 'app');
  const diagnostics = [...started.diagnostics, ...created.diagnostics];
  if (created.value === undefined) {
    await server.close();
    return { value: undefined, diagnostics };
  }
  const superuser = { ...server.superuser, database: created.value.database };
  return { value: { address: created.value, superuser, ...endsOf(server) }, diagnostics };
}

async function reopenEmbedded(options: ReadyOptions, reopen: ReadyOptions['reopen'] & object): Promise<Checked<Database>> {
  const reopened = await reopenEmbeddedServer(embeddedOptions(options), reopen.execution, reopen.owner);
  if (reopened.value === undefined) return { value: undefined, diagnostics: reopened.diagnostics };
  const { server, ownerPassword } = reopened.value;
  const superuser = { ...server.superuser, database: reopen.database };
  const address = { ...superuser, user: reopen.owner, password: ownerPassword };
  return { value: { address, superuser, ...endsOf(server) }, diagnostics: [] };
}

async function copyEmbedded(options: ReadyOptions, { folder, owner, database, origin }: DatabaseState): Promise<Checked<Database>> {
  options.progress?.(`copying ${origin}`);
  const copied = await copyEmbeddedServer(embeddedOptions(options), folder, owner);
  if (copied.value === undefined) return { value: undefined, diagnostics: copied.diagnostics };
  const { server, ownerPassword } = copied.value;
  const superuser = { ...server.superuser, database };
  return {
    value: { address: { ...superuser, user: owner, password: ownerPassword }, superuser, copyOf: origin, ...endsOf(server) },
    diagnostics: copied.diagnostics,
  };
}

function endsOf({ version, keep, leave, handOver, close }: EmbeddedServer): Pick<Database, 'version' | 'keep' | 'leave' | 'handOver' | 'close'> {
  return { version, keep, leave, handOver, close };
}

async function openOutside(url: string, options: ReadyOptions): Promise<Checked<Database>> {
  const parsed = parseDatabaseUrl(url);
  const address = parsed.value;
  if (address === undefined) return { value: undefined, diagnostics: parsed.diagnostics };
  options.progress?.(`asking the database at ${address.host}:${address.port}`);
  const facts = await probeDatabase(address);
  const diagnostics = [...parsed.diagnostics, ...facts.diagnostics];
  if (facts.value === undefined) return { value: undefined, diagnostics };
  const { tlsOpen: _settled, ...settled } = { ...address, tls: facts.value.tls };
  return { value: { address: settled, version: facts.value.version, close: () => Promise.resolve() }, diagnostics };
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (status) => status.isDirectory(),
    () => false,
  );
}
