/** What `prune` decides from: the whole ledger, where `latest` points, which databases are kept. */
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Checked } from '../model/diagnostic.ts';
import type { PastExecution } from '../model/history.ts';
import { readHistorySource, type SourceOptions } from '../review/history-source.ts';
import { latestOf } from '../review/prune-check.ts';
import { choosePruned, type PruneChoice, type PruneRule } from '../review/prune-rule.ts';
import { renderFlaws } from './history-flaw.ts';

export interface PruneSource {
  readonly choice: PruneChoice;
  readonly executions: readonly PastExecution[];
  /** Rests of a prune that was killed. */
  readonly unfinished: number;
}

/** Without a value where the ledger is not whole: nobody could tell then which record is one of a failure. */
export async function readPruneSource(source: SourceOptions, rule: PruneRule | undefined): Promise<Checked<PruneSource>> {
  const read = await readHistorySource(source);
  if (read.value === undefined) return { value: undefined, diagnostics: read.diagnostics };
  const flaws = renderFlaws(read.value.source);
  if (flaws.length > 0)
    return { value: undefined, diagnostics: flaws.map((flaw) => ({ ...flaw, notes: [...(flaw.notes ?? []), 'nothing is removed as long as it is so'] })) };
  const { executions } = read.value;
  const latest = latestOf(source.folder);
  const { keptClusters } = await import('../environment/kept-cluster.ts');
  const ground = {
    nowMs: Date.now(),
    clusters: new Set((await keptClusters(source.stateFolder)).map(({ execution }) => execution)),
    ...(latest === undefined ? {} : { latest }),
  };
  const choice = rule === undefined ? { remove: [], kept: [] } : choosePruned(executions, rule, ground);
  return { value: { choice, executions, unfinished: countUnfinished(source.folder) }, diagnostics: [] };
}

function countUnfinished(folder: string): number {
  try {
    const aside = join(folder, 'pruned');
    return lstatSync(aside).isDirectory() ? readdirSync(aside).length : 0;
  } catch {
    return 0;
  }
}
