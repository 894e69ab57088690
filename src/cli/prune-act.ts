/** Carries out what was agreed to: one execution after the other, so that a full disk, a kill or a signal in between leaves nothing unsaid. */
import { isSignedPruning } from '../journal/ledger-pruning.ts';
import { groupEntries, ledgerPath, readLedger } from '../journal/ledger.ts';
import { pruneExecution, removePruned } from '../journal/prune-execution.ts';
import type { NoteKey } from '../journal/signed-note.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { PastExecution } from '../model/history.ts';
import { checkPruned } from '../review/prune-check.ts';
import type { SourceOptions } from '../review/history-source.ts';

export interface PruneAct {
  readonly source: SourceOptions;
  readonly remove: readonly PastExecution[];
  /** As it was written on the command line. */
  readonly rule: string;
  readonly key?: NoteKey;
  readonly clock: () => number;
  readonly signal: AbortSignal;
}

export interface PruneEnd {
  readonly removed: readonly PastExecution[];
  /** Nobody else could write the record any more, and it turned out to be one that stays. */
  readonly kept: readonly { readonly past: PastExecution; readonly because: string }[];
  /** Stopped there: the others stay. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Never rejects, but for a ledger that cannot be read any more. */
export async function prunePast({ source, remove, rule, key, clock, signal }: PruneAct): Promise<PruneEnd> {
  const { folder: output, stateFolder } = source;
  const groups = groupEntries((await readLedger(ledgerPath(output))).entries);
  const pruningOf = (execution: string) => groups.get(execution)?.findLast((entry) => entry.kind === 'pruned');
  const diagnostics: Diagnostic[] = [...removePruned(output, (execution) => pruningOf(execution) !== undefined)];
  const removed: PastExecution[] = [];
  const kept: { past: PastExecution; because: string }[] = [];
  for (const past of remove) {
    if (signal.aborted || diagnostics.some(({ severity }) => severity === 'error')) break;
    const before = pruningOf(past.execution);
    // What a killed prune has said is not said again, unless it can be signed now.
    const registered = before?.kind === 'pruned' && (key === undefined || isSignedPruning(before, key.verifierKey));
    const end = await pruneExecution({
      output,
      execution: past.execution,
      plan: past.plan,
      attempt: past.attempt,
      rule,
      clock,
      ...(key ? { key } : {}),
      ...(registered ? { registered } : {}),
      confirm: () => Promise.resolve(checkPruned(output, past, stateFolder)),
    });
    if (end.kind === 'removed') removed.push(past);
    else if (end.kind === 'kept') kept.push({ past, because: end.because });
    else diagnostics.push(...end.diagnostics);
  }
  // The folder in which things lie while they are removed.
  removePruned(output, () => false);
  return { removed, kept, diagnostics };
}
