import type { StatementTally } from '../model/contract.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { DatabaseState, EnvironmentConfig, StateRequest } from '../model/environment.ts';
import type { ExecutionEvent, PrerequisiteOutcome, SetMembership } from '../model/event.ts';
import type { executionFiles, JournalState } from '../model/journal-entry.ts';
import type { Plan } from '../model/plan.ts';
import type { PlacedDecision } from '../model/policy.ts';
import type { Binding } from '../model/value.ts';
import type { Verdict } from '../model/verdict.ts';
import type { NoteKey } from '../journal/signed-note.ts';
import type { Resumption } from './execution-history.ts';

/** Rendered from the execution's folder, whose journal ends with the verdict. What `render` throws changes no verdict. */
export interface ReportFile {
  readonly name: (typeof executionFiles)['report' | 'page'];
  readonly render: (folder: string) => Promise<string>;
}

export interface ExecuteOptions {
  readonly plan: Plan;
  /** The bytes that were compiled: kept as evidence, so that the record stands without the file. */
  readonly planBytes: Uint8Array;
  readonly addendumBytes?: Uint8Array;
  /** Static refusals of the compiler (severity `refused`): recorded, and nothing runs. */
  readonly refusals: readonly Diagnostic[];
  /** What the texts of its steps do not show: recorded. */
  readonly decisions?: readonly PlacedDecision[];
  readonly environment: EnvironmentConfig | undefined;
  /** Paths of the plan are resolved from here when there is no environment. Absolute. */
  readonly workspace?: string;
  /** From `--set`, `--set-secret` and `--params`. */
  readonly values: readonly Binding[];
  /** The output folder (`--out`). */
  readonly outFolder: string;
  /** Where an embedded server's cluster lives while it runs, and what can be made again is kept. */
  readonly stateFolder: string;
  readonly cacheFolder: string;
  readonly processEnvironment: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since 1970, as `Date.now`. */
  readonly clock: () => number;
  /** Ends the execution. Its `reason` may be `SIGHUP`, `SIGINT` or `SIGTERM`, which gives the exit code 129, 130 or 143. */
  readonly signal: AbortSignal;
  /** Signs the checkpoint. */
  readonly key?: NoteKey;
  /** An execution that was cut, to be gone on with: nothing new is opened. */
  readonly resume?: Resumption;
  /** How the plans ended that were executed first because this one links them. */
  readonly prerequisites?: readonly PrerequisiteOutcome[];
  readonly set?: SetMembership;
  /** What the embedded database begins as, and who has it afterwards. */
  readonly state?: StateRequest;
  /** As given; secrets and the user part of URLs are masked before it is recorded. */
  readonly argv: readonly string[];
  readonly toolVersion: string;
  /** Told of each entry of the journal once it is written. What it throws is ignored. */
  readonly onEvent: (event: ExecutionEvent) => void;
  /** Told what is being prepared, before the execution opens. */
  readonly onProgress?: (line: string) => void;
  /** Given once the guard stands: what it has decided so far, to be asked at any time. */
  readonly onGuarded?: (tally: () => StatementTally) => void;
  /** Told the execution's own folder as soon as it is there. */
  readonly onFolder?: (folder: string) => void;
  /** In this order. */
  readonly reports?: readonly ReportFile[];
  /** For steps that say no time limit of their own. */
  readonly timeoutMs?: number;
  readonly only?: string;
  readonly dryRun?: boolean;
  readonly attest?: readonly { readonly task: string; readonly by: string }[];
  /** Files that are part of what is executed beside the plan and its addendum, such as the project's configuration. Absolute. */
  readonly watchedFiles?: readonly string[];
  /** Files that would be part of it, and are not there: an addendum beside the plan. Absolute. */
  readonly absentFiles?: readonly string[];
  /** What the runner itself consists of, absolute: no step may change it. */
  readonly runnerFolders?: readonly string[];
  /** The runner's own programs (rg), last on the steps' PATH. */
  readonly toolFolders?: readonly string[];
  /** A folder with `initdb` and `postgres` (PROOFPLAN_POSTGRES_BIN). */
  readonly postgresFolder?: string;
}

interface EndBase {
  readonly verdict: Verdict;
  readonly exitCode: number;
  /** One sentence. */
  readonly reason: string;
  /** For people, framed last; also what is in the journal, redacted. */
  readonly diagnostics: readonly Diagnostic[];
}

/** `opened`: there is a folder with a record. Otherwise nothing was executed and nothing is left. */
export type ExecutionEnd =
  | (EndBase & { readonly opened: false })
  | (EndBase & {
      readonly opened: true;
      /** The execution's own folder, absolute. */
      readonly folder: string;
      readonly execution: string;
      readonly attempt: number;
      /** The closed journal; as far as it came where it could not be closed. */
      readonly journal: JournalState;
      /** The embedded database as it was left, where it was asked for and the plan passed. */
      readonly state?: DatabaseState;
    });

/** A step has 10 minutes unless something says otherwise. */
export const defaultStepTimeoutMs = 600_000;
