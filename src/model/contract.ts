/**
 * The contracts by which `execute` knows engines, guards and the recorder without their knowing each other: an engine is
 * given a database address, which happens to be the gateway's.
 */
import type { StepEvidence } from './evidence.ts';
import type { Decision, IsolationLevel } from './policy.ts';
import type { Redactor } from './redactor.ts';
import type { Access, Step } from './step.ts';
import type { Binding } from './value.ts';

/** What an engine may use to carry out one step. */
export interface EngineContext {
  /** Absolute. Paths of the plan are resolved from here. */
  readonly workspace: string;
  /** The complete environment of a process of this step: nothing else is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  /** Values for the step's holes, by name. */
  readonly bindings: ReadonlyMap<string, Binding>;
  /** Where output is kept: `<folder>/sha256/<digest>`. */
  readonly evidenceFolder: string;
  /** The folder that is this step's own TMPDIR. */
  readonly temporaryFolder: string;
  readonly redactor: Redactor;
  /** Told of each secret that a step has shown: from then on the redactor masks it. Absent: captures are masked in their own entry alone. */
  readonly secretFound?: (text: string) => void;
  /** Sends a statement in the hardened read-only session (or as the rolled-back probe); absent without a database. */
  readonly assertion?: (query: AssertionQuery) => Promise<AssertionAnswer>;
  /** Aborted on SIGINT, SIGTERM, or when the guard dies: the step's processes are ended. */
  readonly signal: AbortSignal;
  /** Told of each process (group leader) of the step as it starts, so that a guard can look at the files it opens. */
  readonly processStarted?: (pid: number) => void;
  /** Puts each program of the step into a sandbox; absent where none can be had. */
  readonly sandbox?: Sandbox;
}

/** A program as it is to be started: absolute path, absolute folder, complete environment. */
export interface ProgramCall {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * A program inside its sandbox: what is really started, with an empty environment. Whoever starts it writes `options` to
 * descriptor 4 and reads descriptor 5, on which the sandbox says `started`, then for the program's end a line of bash's own
 * `jobs -l` (`[1]+ 7 Exit 3 …`, or the name of the signal). Nothing there decides: the exit code is that of what was started
 * (128 + n for signal n), and it comes when no process of the sandbox is left.
 */
export interface SandboxedCall {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly options: string;
  /** So many of the first process ids in it are the sandbox's own. */
  readonly keepers: number;
}

export interface Sandbox {
  readonly level: Exclude<IsolationLevel, 'none'>;
  readonly wrap: (call: ProgramCall) => SandboxedCall;
}

/** Carries out one step and returns what it showed. Never throws for what a plan can cause: `problem` says it. */
export interface StepEngine<S extends Step = Step> {
  readonly kind: S['kind'];
  readonly run: (step: S, context: EngineContext) => Promise<StepEvidence>;
}

export interface AssertionQuery {
  readonly sql: string;
  readonly parameters: readonly (string | null)[];
  readonly mode: 'read' | 'probe';
  readonly timeoutMs: number;
}

/** What the server answered: rows as text (`null` for NULL), or its rejection with the diagnostic fields. */
export type AssertionAnswer =
  | {
      readonly kind: 'rows';
      readonly columns: readonly { readonly name: string; readonly type: string; readonly relation?: string }[];
      readonly rowCount: number;
      readonly rows: readonly (readonly (string | null)[])[];
      readonly transactionId?: string;
    }
  | {
      readonly kind: 'failure';
      readonly sqlstate: string;
      readonly message: string;
      readonly table?: string;
      readonly column?: string;
      readonly constraint?: string;
    }
  | { readonly kind: 'refused'; readonly decision: Decision }
  | { readonly kind: 'lost'; readonly message: string };

/**
 * One statement that the gateway saw. `writes` are the tables it writes, by the parse tree; `fate` that of its transaction.
 * `sequence` counts statements as they arrive, over all sessions; `settledAt` is the last number given when the transaction's
 * end was seen, so that a statement with a greater sequence was sent only after that.
 */
export interface StatementRecord {
  readonly sequence: number;
  readonly step: string;
  readonly session: number;
  readonly text: string;
  readonly decision: Decision;
  readonly writes: readonly { readonly relation: string; readonly columns: readonly string[] }[];
  readonly rowCount?: number;
  readonly sqlstate?: string;
  readonly fate: 'committed' | 'rolled back' | 'open' | 'none';
  readonly settledAt?: number;
}

/** The guard's identity for one step: a database address that is good for this step alone. */
export interface StepDoor {
  /** `postgresql://step-2.1:token@127.0.0.1:port/database?sslmode=disable`. */
  readonly url: string;
  /** The folder of the gateway's Unix socket (`.s.PGSQL.port`), where it has one: what isolation puts into a sandbox. */
  readonly socketFolder?: string;
  /** The same identity by the socket, in libpq's form: `postgresql://step-2.1:token@/database?host=/folder&port=port`. */
  readonly socketUrl?: string;
  /** Ends the identity and its sessions, and answers with everything that came through. */
  readonly close: () => Promise<readonly StatementRecord[]>;
}

/** What the tripwires found different after a step. `explained` changes are the production path's or a declared write. */
export interface TripwireFinding {
  readonly kind: 'rows' | 'schema' | 'sessions' | 'sqlite-file' | 'workspace';
  readonly what: string;
  readonly explained: boolean;
  /** It could not look: nothing is known to have changed, and nothing is known not to. */
  readonly blind?: true;
}

/** How many statements the gateway has decided on so far, over all steps; the canaries' own are not among them. */
export interface StatementTally {
  readonly permitted: number;
  readonly refused: number;
}

/** A canary's answer: the forbidden act that the runner tried, and whether the guard refused it. */
export interface CanaryResult {
  readonly name: string;
  readonly layer: 'gateway' | 'session' | 'tripwire' | 'token' | 'sqlite' | 'isolation' | 'catalogue';
  readonly refused: boolean;
  readonly detail: string;
}

export interface Guard {
  readonly canaries: () => Promise<readonly CanaryResult[]>;
  /** Asked before each step: rejects with the reason when the guard cannot judge any more. */
  readonly pulse: () => Promise<void>;
  readonly open: (step: string, access: Access) => Promise<StepDoor>;
  readonly assertion: (query: AssertionQuery) => Promise<AssertionAnswer>;
  /** Prepares every query against the live catalogue; one answer a query, in order: undefined, or the server's rejection. */
  readonly preflight: (queries: readonly AssertionQuery[]) => Promise<readonly (AssertionAnswer | undefined)[]>;
  /** Marks the state before a step. `folders` (absolute) are the step's own, such as its TMPDIR: whatever appears there is its doing. */
  readonly watch: (step: string, access: Access, folders?: readonly string[]) => Promise<StepWatch>;
  /** Who came to the gateway with a token that is not good, or not any more, since this or a step's comparison last told. */
  readonly strangers: () => readonly TripwireFinding[];
  /** For whoever shows progress: read whenever they like, and nothing waits for them. What counts is in the record. */
  readonly tally: () => StatementTally;
  /** SHA-256 of the protected tables with their rows, and of the schema: what must be the same when a cut execution is resumed. */
  readonly fingerprint: () => Promise<string>;
  /** Holds a REPEATABLE READ snapshot from now on, until `close`. */
  readonly holdSnapshot: () => Promise<HeldSnapshot>;
  /** Rejects (once) when the guard is no longer alive. */
  readonly died: Promise<never>;
  readonly close: () => Promise<void>;
}

/** A step under the eyes of the tripwires. */
export interface StepWatch {
  readonly processStarted: (pid: number) => void;
  /** Compares with the state marked at the start; call it when the step's processes and sessions have ended. */
  readonly compare: () => Promise<readonly TripwireFinding[]>;
}

export interface HeldSnapshot {
  /** Was there a row with this key in the snapshot? */
  readonly had: (relation: string, column: string, value: string) => Promise<boolean>;
  readonly close: () => Promise<void>;
}

/** The durable record. `durable` entries are on disk when the promise resolves; a failed write is sticky. `ts` is the entry's own time. */
export interface Recorder {
  readonly record: (
    kind: string,
    data: Readonly<Record<string, unknown>>,
    options?: { readonly durable?: boolean },
  ) => Promise<{ readonly seq: number; readonly hash: string; readonly ts?: string }>;
}
