import type { Guard, HeldSnapshot } from '../model/contract.ts';
import type { DatabaseAddress, EnvironmentConfig } from '../model/environment.ts';
import type { CanaryData, FreshnessData, WriteData } from '../model/event.ts';
import type { SearchHit } from '../model/evidence.ts';
import type { Input, Plan } from '../model/plan.ts';
import type { IsolationLevel } from '../model/policy.ts';
import type { Outcome, Verdict } from '../model/verdict.ts';
import type { DatabaseGuardFacts } from '../policy/guard-layer.ts';
import type { Engines } from '../engine/engine.ts';
import type { BindingStore } from './binding-store.ts';
import type { ChainKeeper } from './chain-keeper.ts';
import type { DecisionLog } from './decision-log.ts';
import type { DiagnosticLog } from './diagnostic-log.ts';
import type { DocumentWatch } from './document-watch.ts';
import type { Driver } from './driver.ts';
import type { ExecutionHistory } from './execution-history.ts';
import type { ExecutionIsolation } from './execution-isolation.ts';
import type { ExecutionRecord } from './execution-record.ts';
import type { SecretSet } from './secret-set.ts';
import type { WorkspaceWatch } from './workspace-watch.ts';

/** How a step ended, for everything that comes after it. */
export interface StepResult {
  readonly outcome: Outcome;
  readonly verdict: Verdict;
  /** Why it did not pass, in a few words. */
  readonly reason: string;
  readonly expectations: ReadonlyMap<string, Verdict>;
  readonly hits?: readonly SearchHit[];
  readonly rowCount?: number;
  /** How far its processes were kept apart; absent for a step that ran none. */
  readonly isolation?: IsolationLevel;
}

/** The guard of an execution and the database behind it. */
export interface Guarded {
  readonly guard: Guard;
  readonly database: DatabaseAddress;
  readonly facts: DatabaseGuardFacts;
  /** Aborted when the guard is no longer alive; its reason says why. */
  readonly died: AbortSignal;
}

/** Everything that the steps of one execution share. Made once, when the record is open and the guard stands. */
export interface ExecutionContext {
  readonly plan: Plan;
  /** Absolute. */
  readonly workspace: string;
  readonly evidenceFolder: string;
  readonly record: ExecutionRecord;
  readonly driver: Driver;
  readonly diagnostics: DiagnosticLog;
  readonly secrets: SecretSet;
  readonly store: BindingStore;
  readonly decisions: DecisionLog;
  readonly chains: ChainKeeper;
  readonly engines: Engines;
  readonly guarded?: Guarded;
  /** Keeps the processes of steps apart; absent where no step has any. */
  readonly isolation?: ExecutionIsolation;
  /** Sees edits of the tested source; absent where no step can make one. */
  readonly workspaceWatch?: WorkspaceWatch;
  /** Sees edits of the plan itself: then no further step begins. */
  readonly documents?: DocumentWatch;
  readonly config: EnvironmentConfig | undefined;
  readonly processEnvironment: Readonly<Record<string, string | undefined>>;
  readonly toolFolders: readonly string[];
  /** Holes that each step fills with the address of its own door. */
  readonly databaseInputs: readonly Input[];
  readonly timeoutMs?: number;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Aborted when the user ends the execution or the guard dies: whatever runs then is ended. */
  readonly signal: AbortSignal;
  /** The writes that came through the gateway so far, in order. */
  readonly statements: WriteData[];
  /** The greatest number that a statement had in an earlier process of this execution. */
  readonly sequenceBefore: number;
  /** Asked of the snapshot while it was there; what a process that was cut had asked is all that is left of it. */
  readonly freshness: FreshnessData[];
  /** What an earlier process of this execution has done. */
  readonly history?: ExecutionHistory;
  readonly results: Map<string, StepResult>;
  /** Steps that are listed as not run; `notNeeded` where a condition did not arise. */
  readonly notRun: Map<string, { readonly reason: string; readonly notNeeded: boolean }>;
  readonly canaries: CanaryData[];
  /** Held from before the production path. */
  readonly snapshot: { held?: HeldSnapshot };
}
