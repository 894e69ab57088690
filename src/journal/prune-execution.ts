/**
 * Removes the folder of one execution, in the one order that leaves nothing unsaid: the ledger's line first; then the folder is moved
 * aside whole, so that nobody takes the half of it for a record; then it is removed. Killed in between, the next one goes on.
 */
import { lstatSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, type Diagnostic } from '../model/diagnostic.ts';
import { executionFiles } from '../model/journal-entry.ts';
import { executionNamePattern } from './journal-line.ts';
import type { LedgerPlan } from './ledger-entry.ts';
import { holdLock } from './ledger-lock.ts';
import { registerPruning, type LedgerFileSystem } from './ledger.ts';
import type { NoteKey } from './signed-note.ts';

/** In the output folder: what is being removed. */
const asideName = 'pruned';

export interface Pruning {
  /** The output folder. */
  readonly output: string;
  readonly execution: string;
  readonly plan: LedgerPlan;
  readonly attempt: number;
  readonly rule: string;
  readonly key?: NoteKey;
  readonly clock: () => number;
  /** What the ledger is written with; tests put faults in its place. */
  readonly fileSystem?: LedgerFileSystem;
  /** Asked when nobody else can change the record any more: why it stays after all. */
  readonly confirm: () => Promise<string | undefined>;
  /** The ledger says already that it was pruned: it is not said twice. */
  readonly registered?: true;
}

/** `kept`: it stays, and why. `failed`: nothing more is to be removed. */
export type PruningEnd =
  | { readonly kind: 'removed' }
  | { readonly kind: 'kept'; readonly because: string }
  | { readonly kind: 'failed'; readonly diagnostics: readonly Diagnostic[] };

/** Never rejects. */
export async function pruneExecution(pruning: Pruning): Promise<PruningEnd> {
  const { output, execution } = pruning;
  const folder = join(output, 'executions', execution);
  try {
    // A name is a path here: one of the ledger's could lead anywhere.
    if (!executionNamePattern.test(execution)) return { kind: 'kept', because: 'its name is none of an execution' };
    for (const own of [join(output, 'executions'), folder]) {
      if (!lstatSync(own).isDirectory()) return { kind: 'kept', because: `\`${own}\` is not a folder, and no link is followed` };
    }
    const lock = holdLock(join(folder, executionFiles.lock));
    if ('busy' in lock) return { kind: 'kept', because: `it is in use (${lock.busy})` };
    try {
      const because = await pruning.confirm();
      if (because !== undefined) return { kind: 'kept', because };
      makeAside(output);
      if (!pruning.registered) {
        const line = await registerPruning(pruning);
        if (!line.value) return { kind: 'failed', diagnostics: line.diagnostics };
      }
      const aside = join(output, asideName, execution);
      rmSync(aside, { recursive: true, force: true });
      renameSync(folder, aside);
      rmSync(aside, { recursive: true, force: true });
      return { kind: 'removed' };
    } finally {
      lock.release();
    }
  } catch (error) {
    return { kind: 'failed', diagnostics: [failed(folder, error)] };
  }
}

/** What a prune that was killed has left half removed: only what the ledger says was pruned. Answers with what was there. */
export function removePruned(output: string, isPruned: (execution: string) => boolean): readonly Diagnostic[] {
  const aside = join(output, asideName);
  const diagnostics: Diagnostic[] = [];
  try {
    if (!(lstatSync(aside, { throwIfNoEntry: false })?.isDirectory() ?? false)) return [];
    for (const name of readdirSync(aside)) {
      const path = join(aside, name);
      if (!executionNamePattern.test(name) || !isPruned(name)) {
        diagnostics.push({
          severity: 'warning',
          code: 'journal/prune-failed',
          message: `\`${path}\` is nothing that was pruned, and stays`,
          help: 'look what it is, and move it away',
        });
        continue;
      }
      try {
        rmSync(path, { recursive: true, force: true });
      } catch (error) {
        diagnostics.push(failed(path, error));
      }
    }
    if (readdirSync(aside).length === 0) rmdirSync(aside);
  } catch (error) {
    diagnostics.push(failed(aside, error));
  }
  return diagnostics;
}

/** Is there a rest of this execution that a killed prune has left? */
export function isAside(output: string, execution: string): boolean {
  return executionNamePattern.test(execution) && (lstatSync(join(output, asideName, execution), { throwIfNoEntry: false })?.isDirectory() ?? false);
}

/** Made before the ledger's line: on a file system that cannot be written nothing may be said to be removed. */
function makeAside(output: string): void {
  const aside = join(output, asideName);
  const found = lstatSync(aside, { throwIfNoEntry: false });
  if (!found) mkdirSync(aside, { mode: 0o700 });
  else if (!found.isDirectory()) throw new Error(`\`${aside}\` is not a folder`);
}

function failed(path: string, error: unknown): Diagnostic {
  const help = 'make it possible to remove it (rights, room on the disk), and prune again: what the ledger says was pruned is removed then';
  return { severity: 'error', code: 'journal/prune-failed', message: `\`${path}\` cannot be removed: ${messageOf(error)}`, help };
}
