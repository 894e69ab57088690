/** One line of the ledger: its shape, and which lines are attempts at the same plan. */
import { posix } from 'node:path';
import { journalVersion, type JournalState } from '../model/journal-entry.ts';
import { verdictOrder, worst, type Verdict } from '../model/verdict.ts';
import { renderCanonicalJson } from './canonical-json.ts';
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

/**
 * One line: `registered` before the first step, `ended` with what came out, `pruned` before its folder is removed, by which `rule`.
 * `signature` (over `pruningNote`, as in a C2SP signed note: name, blank, base64) tells such a line from one that somebody else
 * has written to explain away a folder that is gone.
 */
export type LedgerEntry = LedgerBase &
  (
    | { readonly kind: 'registered' }
    | { readonly kind: 'ended'; readonly verdict: Verdict; readonly journal: JournalState }
    | { readonly kind: 'pruned'; readonly rule: string; readonly signature?: string }
  );

export type LedgerPruning = Extract<LedgerEntry, { readonly kind: 'pruned' }>;

/** What a pruning's signature is over. Its `prev` binds all lines before it, the registration and the verdict among them. */
export function pruningNote({ seq, prev, ts, execution, rule }: Pick<LedgerPruning, 'seq' | 'prev' | 'ts' | 'execution' | 'rule'>): string {
  return `proofplan/pruned\n${renderCanonicalJson([seq, prev, ts, execution, rule])}\n`;
}

/** Attempts at the same plan: the same text under any name, or the same name whatever the text was then. Neither hides a failure. */
export function isSamePlan(a: LedgerPlan, b: LedgerPlan): boolean {
  return a.sha256 === b.sha256 || posix.normalize(a.path) === posix.normalize(b.path);
}

/** The entries of each execution, in their order. */
export function groupEntries(entries: readonly LedgerEntry[]): ReadonlyMap<string, readonly LedgerEntry[]> {
  const groups = new Map<string, LedgerEntry[]>();
  for (const entry of entries) {
    const group = groups.get(entry.execution);
    if (group) group.push(entry);
    else groups.set(entry.execution, [entry]);
  }
  return groups;
}

/** How an execution ended, by its entries: the worst where somebody has written two ends; a word that is no verdict is an error. Null: it has no end. */
export function endedVerdict(entries: readonly LedgerEntry[]): Verdict | null {
  const ends = entries.flatMap((entry) => (entry.kind === 'ended' ? [entry.verdict] : []));
  return ends.length === 0 ? null : worst(ends.map((verdict) => (verdictOrder.includes(verdict) ? verdict : 'error')));
}

/** Is a parsed line one of a ledger? Nothing is taken for granted: anybody may have written it. */
export function isLedgerEntry(value: unknown): value is LedgerEntry {
  if (!isRecord(value) || value['v'] !== journalVersion || !isRecord(value['plan'])) return false;
  const texts = [value['execution'], value['prev'], value['ts'], value['plan']['path'], value['plan']['sha256']];
  if (!texts.every((text) => typeof text === 'string') || !Number.isSafeInteger(value['seq']) || !Number.isSafeInteger(value['attempt'])) return false;
  if (value['kind'] === 'registered') return true;
  if (value['kind'] === 'pruned') return typeof value['rule'] === 'string' && ['string', 'undefined'].includes(typeof value['signature']);
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
