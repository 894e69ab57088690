import type { Span } from './span.ts';
import type { ValueType } from './value.ts';

/** The database that an environment names: our own embedded server, or one that is reached by an URL. */
export type DatabaseSource =
  | { readonly kind: 'embedded' }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'environment-variable'; readonly name: string };

/** A command of the project's configuration that runs before the execution opens; `id` is its place, `prepare.0`, `prepare.1`, … */
export interface PrepareCommand {
  readonly run: string;
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Only for these plans (file names without extension), where given. */
  readonly plans?: readonly string[];
  /** Only for plans that need one of these values from outside; a plan that records the name itself finds its own. */
  readonly forInputs?: readonly string[];
  readonly timeoutMs: number;
}

/** A value that the environment provides: a constant, or taken from a line that a prepare command prints. */
export type Provided =
  | { readonly name: string; readonly type?: ValueType; readonly kind: 'constant'; readonly text: string }
  | { readonly name: string; readonly type?: ValueType; readonly kind: 'prepare-line'; readonly prepare: number; readonly pattern: string };

/** The Python that an environment's commands need: a virtual environment with exactly these requirements. Paths relative to the workspace. */
export interface PythonRequirement {
  readonly virtualEnvironment: string;
  readonly requirements: string;
  readonly minimum: string;
}

/** A witness of the project's own that recomputes a hash chain from stored rows; `row` has `{column}` holes, `query` takes the seed as `$1`. */
export interface HashChainWitness {
  readonly name: string;
  readonly algorithm: 'sha256';
  /** The captured name whose text starts the chain and is the query's parameter. */
  readonly seed: string;
  readonly row: string;
  readonly query: string;
  /** The coordinator's field that must equal the recomputed root. */
  readonly root: string;
  /** Reads, with the seed as `$1`, what must not stand beside the chain: a run that succeeded with a step that failed. */
  readonly contradiction?: string;
}

/** One environment of `proofplan.config.yaml`. `workspace` is absolute here. */
export interface EnvironmentConfig {
  readonly name: string;
  readonly workspace: string;
  readonly database: DatabaseSource;
  /** Folders put first on the steps' PATH, absolute. */
  readonly path: readonly string[];
  readonly python?: PythonRequirement;
  readonly prepare: readonly PrepareCommand[];
  readonly prepareOutside: boolean;
  /** Its plans leave each other alone, in the workspace and in a database of their own choice: they may be executed side by side. */
  readonly parallel?: boolean;
  readonly provides: readonly Provided[];
  /** Names of the process environment that steps may inherit, beside the fixed list. */
  readonly inherit: readonly string[];
  readonly witnesses: readonly HashChainWitness[];
}

/** A sentence of the organisation's baseline, read by the same phrasebook as a plan's. */
export interface BaselineSentence {
  readonly text: string;
  readonly span: Span;
}

/** `proofplan.config.yaml`, compiled. */
export interface ProjectConfig {
  readonly path: string;
  readonly default?: string;
  readonly environments: readonly EnvironmentConfig[];
  readonly baseline: readonly BaselineSentence[];
}

/** What was done before the execution opened: never mistaken for a step of the plan. */
export interface PreparationRecord {
  readonly command: string;
  readonly exitCode: number;
  readonly durationMs: number;
  readonly stdoutSha256: string;
  readonly stdout: string;
}

/** The database as the runner reaches it. The real address goes to no step. */
export interface DatabaseAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Is the connection encrypted? */
  readonly tls: boolean;
  /** The other way will do as well (sslmode `prefer`, `allow`), and this one is tried first; what the server is asked settles it. */
  readonly tlsOpen?: 'tls-first' | 'plain-first';
  /** What is checked of the server's certificate; absent: nothing (sslmode `require`). */
  readonly certificate?: 'chain' | 'chain-and-host';
  /** Who must have signed it (`sslrootcert`); absent: anybody whom Node trusts. `file` is absolute, `pem` what stands there. */
  readonly authority?: { readonly file: string; readonly pem: string };
  /** The login must be bound to the TLS connection (`channel_binding=require`). */
  readonly channelBinding?: 'required';
}

/** An environment made ready for one execution. */
export interface ReadyEnvironment {
  readonly config: EnvironmentConfig;
  /** The application's owner role: what prepare used and what the gateway logs in with. */
  readonly database?: DatabaseAddress;
  /** The runner's own superuser, on the embedded server only. */
  readonly superuser?: DatabaseAddress;
  readonly ownServer: boolean;
  readonly serverVersion?: string;
  readonly preparation: readonly PreparationRecord[];
  readonly provided: readonly { readonly name: string; readonly text: string; readonly type?: ValueType }[];
  /** Of an embedded server that began as a copy: of what. */
  readonly copyOf?: string;
  /** Of an embedded server: what it holds is there for this execution, should this process be killed. */
  readonly keep?: (execution: string) => Promise<void>;
  /** Instead of `close`: the server ends, and what was kept stays for the next process. */
  readonly leave?: () => Promise<void>;
  /** The same, and another process has what was kept: its folder, renamed with that process' mark. */
  readonly handOver?: (mark: string) => Promise<string>;
  /** Ends everything that was started. Safe to call twice. */
  readonly close: () => Promise<void>;
}

/**
 * A stopped cluster that the embedded databases of several executions begin as: what `prepare` made once for all of them, or what the
 * execution of a prerequisite has left. As data, so that it can be given to another process of this machine; no password is in it.
 */
export interface DatabaseState {
  /** Absolute; its name bears the mark of the process that has it. */
  readonly folder: string;
  readonly owner: string;
  readonly database: string;
  /** Of what a database that began as this one is a copy, in words for a record. */
  readonly origin: string;
  readonly preparation: readonly PreparationRecord[];
  readonly provided: ReadyEnvironment['provided'];
}

export interface StateRequest {
  /** The database begins as a copy of this one, and nothing is prepared. */
  readonly from?: DatabaseState;
  /** The mark of the process that has the database after a plan that passed. */
  readonly leaveTo?: string;
}
