/**
 * What a registration needs to know of a ledger, kept beside it (`ledger-index.json`), so that the thousandth execution does not
 * read a thousand others. It is believed only while the ledger is the very file, of the size and the times, that it was made
 * from: whoever touches the ledger has it read again, line by line. An audit never reads it.
 */
import { closeSync, constants, lstatSync, openSync, readFileSync, renameSync, writeFileSync, type BigIntStats } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { isRecord } from './journal-line.ts';
import { isSamePlan, type LedgerPlan } from './ledger-entry.ts';
import { walkLedger, type LedgerEnd, type LedgerProblem } from './ledger-reader.ts';

/** How often a plan was registered, for each pair of text and path. */
interface PlanCount extends LedgerPlan {
  readonly count: number;
}

export interface LedgerSummary {
  /** The length of the ledger that this is about. */
  readonly bytes: number;
  readonly next: LedgerEnd;
  /** The first line that is damaged or not chained to the one before; a torn end is none. */
  readonly damage: LedgerProblem | null;
  readonly plans: readonly PlanCount[];
}

interface LedgerIndex extends LedgerSummary {
  readonly v: typeof indexVersion;
  /** The ledger that it was made from, by what a file cannot keep when it is edited. */
  readonly mark: string;
}

const indexVersion = 1;

/** By the index where it fits the ledger, else by reading all of it. Throws what `node:fs` throws. */
export async function readSummary(ledger: string): Promise<LedgerSummary> {
  const stats = lstatSync(ledger, { bigint: true, throwIfNoEntry: false });
  const kept = stats && readIndex(ledger);
  return kept?.mark === markOf(stats) ? kept : summarise(ledger, Number(stats?.size ?? 0));
}

async function summarise(ledger: string, bytes: number): Promise<LedgerSummary> {
  let plans: readonly PlanCount[] = [];
  const { problems, next } = await walkLedger(ledger, (entry) => {
    if (entry.kind === 'registered') plans = countPlan(plans, entry.plan);
  });
  return { bytes, next, damage: problems.find(({ kind }) => kind !== 'torn') ?? null, plans };
}

/** How many executions of this plan a ledger has registered. */
export function countAttempts({ plans }: LedgerSummary, plan: LedgerPlan): number {
  return plans.filter((each) => isSamePlan(each, plan)).reduce((sum, { count }) => sum + count, 0);
}

/** With one more registration of this plan. */
export function countPlan(plans: readonly PlanCount[], { path, sha256 }: LedgerPlan): readonly PlanCount[] {
  const normal = posix.normalize(path);
  const index = plans.findIndex((each) => each.sha256 === sha256 && each.path === normal);
  const count = (plans[index]?.count ?? 0) + 1;
  return index === -1 ? [...plans, { path: normal, sha256, count }] : plans.with(index, { path: normal, sha256, count });
}

/**
 * Puts the index beside the ledger whose state after its last line is `stats`. Where it cannot be written, the old one fits no
 * more, and the next registration reads the ledger.
 */
export function writeIndex(ledger: string, summary: LedgerSummary, stats: BigIntStats): void {
  const path = indexPath(ledger);
  const index: LedgerIndex = { v: indexVersion, mark: markOf(stats), ...summary };
  const { O_CREAT, O_TRUNC, O_WRONLY } = constants;
  try {
    withFile(`${path}.new`, O_WRONLY | O_CREAT | O_TRUNC, (file) => writeFileSync(file, `${JSON.stringify(index)}\n`));
    renameSync(`${path}.new`, path);
  } catch {
    // It saves time and nothing else.
  }
}

function indexPath(ledger: string): string {
  return join(dirname(ledger), 'ledger-index.json');
}

/** The change time is set by the kernel alone: an edit that keeps the size shows in it. */
function markOf(stats: BigIntStats | undefined): string {
  return stats === undefined ? '' : [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(':');
}

function readIndex(ledger: string): LedgerIndex | undefined {
  try {
    const value: unknown = JSON.parse(withFile(indexPath(ledger), constants.O_RDONLY, (file) => readFileSync(file, 'utf8')));
    return isIndex(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function withFile<T>(path: string, flags: number, act: (file: number) => T): T {
  const file = openSync(path, flags | constants.O_NOFOLLOW, 0o600);
  try {
    return act(file);
  } finally {
    closeSync(file);
  }
}

function isIndex(value: unknown): value is LedgerIndex {
  if (!isRecord(value) || value['v'] !== indexVersion || typeof value['mark'] !== 'string') return false;
  const { bytes, next, plans, damage } = value;
  return (
    Number.isSafeInteger(bytes) &&
    isRecord(next) &&
    Number.isSafeInteger(next['seq']) &&
    typeof next['prev'] === 'string' &&
    typeof next['torn'] === 'boolean' &&
    (damage === null || isRecord(damage)) &&
    Array.isArray(plans) &&
    plans.every((plan) => isRecord(plan) && typeof plan['path'] === 'string' && typeof plan['sha256'] === 'string' && Number.isSafeInteger(plan['count']))
  );
}
