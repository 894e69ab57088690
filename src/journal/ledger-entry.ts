/** One line of the ledger: its shape, and which lines are attempts at the same plan. */
import { posix } from 'node:path';
import { journalVersion, type JournalState } from '../model/journal-entry.ts';
import type { Verdict } from '../model/verdict.ts';
import { isRecord } from './journal-line.ts';

export interface LedgerPlan {
  readonly path: string;
  readonly sha256: string;
}

interface LedgerBase {
  readonly v: typeof journalVersion;
  readonly seq: number;
  readonly ts: string;
  readonly execution: string;
  readonly plan: LedgerPlan;
  /** This is the `attempt`-th execution of the plan that the ledger knows. */
  readonly attempt: number;
  readonly prev: string;
  /** The line before was left unfinished by a writer that died, and was ended (not repaired) by this one. */
  readonly afterTorn?: true;
}

/** One line: `registered` before the first step, `ended` with what came out. */
export type LedgerEntry = LedgerBase &
  ({ readonly kind: 'registered' } | { readonly kind: 'ended'; readonly verdict: Verdict; readonly journal: JournalState });

/** Attempts at the same plan: the same text under any name, or the same name whatever the text was then. Neither hides a failure. */
export function isSamePlan(a: LedgerPlan, b: LedgerPlan): boolean {
  return a.sha256 === b.sha256 || posix.normalize(a.path) === posix.normalize(b.path);
}

/** Is a parsed line one of a ledger? Nothing is taken for granted: anybody may have written it. */
export function isLedgerEntry(value: unknown): value is LedgerEntry {
  if (!isRecord(value) || value['v'] !== journalVersion || !isRecord(value['plan'])) return false;
  const texts = [value['execution'], value['prev'], value['ts'], value['plan']['path'], value['plan']['sha256']];
  if (!texts.every((text) => typeof text === 'string') || !Number.isSafeInteger(value['seq']) || !Number.isSafeInteger(value['attempt'])) return false;
  if (value['kind'] === 'registered') return true;
  const journal = value['journal'];
  return (
    value['kind'] === 'ended' &&
    typeof value['verdict'] === 'string' &&
    isRecord(journal) &&
    Number.isSafeInteger(journal['entries']) &&
    typeof journal['head'] === 'string' &&
    typeof journal['root'] === 'string'
  );
}
