import type { Binding } from '../model/value.ts';
import { createEngines } from '../engine/engine.ts';
import { createBindingStore } from './binding-store.ts';
import { createChainKeeper } from './chain-keeper.ts';
import { createDecisionLog } from './decision-log.ts';
import type { DiagnosticLog } from './diagnostic-log.ts';
import type { DocumentWatch } from './document-watch.ts';
import { createJournalDriver } from './driver.ts';
import type { ExecutionContext, Guarded } from './execution-context.ts';
import type { ExecuteOptions } from './execution-option.ts';
import type { ExecutionHistory } from './execution-history.ts';
import type { ExecutionIsolation } from './execution-isolation.ts';
import type { ExecutionRecord } from './execution-record.ts';
import type { SecretSet } from './secret-set.ts';
import { lastSequence } from './write-data.ts';
import type { WorkspaceWatch } from './workspace-watch.ts';

export interface ContextParts {
  readonly options: ExecuteOptions;
  readonly inputs: readonly Binding[];
  readonly secrets: SecretSet;
  readonly evidenceFolder: string;
  readonly record: ExecutionRecord;
  readonly diagnostics: DiagnosticLog;
  readonly workspace: string;
  readonly guarded: Guarded | undefined;
  readonly workspaceWatch?: WorkspaceWatch;
  readonly isolation?: ExecutionIsolation;
  readonly documents?: DocumentWatch;
  readonly history?: ExecutionHistory;
}

/** What the steps share, at its beginning. */
export function createContext({
  options,
  inputs,
  secrets,
  evidenceFolder,
  record,
  diagnostics,
  workspace,
  guarded,
  workspaceWatch,
  isolation,
  documents,
  history,
}: ContextParts): ExecutionContext {
  const { plan, environment, processEnvironment, signal, toolFolders = [], timeoutMs } = options;
  const driver = createJournalDriver(record, history?.checkpoints);
  const store = createBindingStore(inputs);
  return {
    plan,
    workspace,
    evidenceFolder,
    record,
    driver,
    diagnostics,
    secrets,
    store,
    decisions: createDecisionLog(plan, record),
    chains: createChainKeeper(environment?.witnesses ?? [], guarded?.guard, store, driver),
    engines: createEngines(),
    ...(guarded ? { guarded } : {}),
    ...(workspaceWatch ? { workspaceWatch } : {}),
    ...(isolation ? { isolation } : {}),
    ...(documents ? { documents } : {}),
    config: environment,
    processEnvironment,
    toolFolders,
    databaseInputs: plan.inputs.filter((input) => input.type === 'database'),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    clock: options.clock,
    signal: guarded ? AbortSignal.any([signal, guarded.died]) : signal,
    statements: [],
    sequenceBefore: lastSequence(history?.writes ?? []),
    freshness: [],
    ...(history ? { history } : {}),
    results: new Map(),
    notRun: new Map(),
    canaries: [],
    snapshot: {},
  };
}
