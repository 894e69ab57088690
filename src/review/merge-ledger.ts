/** The ledger of a shard: is it the one that the shard was closed with, and which other attempts at the plans of the set does it know? */
import { posix } from 'node:path';
import { endedVerdict, groupEntries, ledgerPath, readLedger, type LedgerEntry } from '../journal/ledger.ts';
import type { PlanSet } from '../journal/plan-set.ts';
import type { ShardRecord } from '../journal/shard-record.ts';
import { messageOf } from '../model/diagnostic.ts';
import type { Verdict } from '../model/verdict.ts';
import type { Find } from './merge-finding.ts';

/** An attempt at a plan of the set that the shard does not show; `verdict` is null for one without an end. */
export interface OtherAttempt {
  readonly path: string;
  readonly execution: string;
  readonly verdict: Verdict | null;
}

/** Tells what came after what the shard shows, and answers with what was there before. Never rejects. */
export async function verifyShardLedger(folder: string, record: ShardRecord, find: Find): Promise<readonly OtherAttempt[]> {
  try {
    const { entries, next, problems } = await readLedger(ledgerPath(folder));
    const [problem] = problems;
    if (problem) find('review/shard-ledger-differs', `line ${problem.lineNumber} of its ledger is damaged or not chained`);
    const closedWith = record.ledger?.entries ?? entries.length;
    const head = next.seq - 1 === closedWith ? next.prev : entries.find(({ seq }) => seq === closedWith + 1)?.prev;
    if (record.ledger !== null && head !== record.ledger.head)
      find('review/shard-ledger-differs', `its ledger has not the ${closedWith} lines that it was closed with`);
    return sortAttempts(entries, record, closedWith, find);
  } catch (error) {
    find('review/shard-ledger-differs', `its ledger cannot be read: ${messageOf(error)}`);
    return [];
  }
}

/** What the file of the shard says of the ledger's end is believed only where no later line contradicts what it shows. */
function sortAttempts(entries: readonly LedgerEntry[], { set, executions }: ShardRecord, closedWith: number, find: Find): readonly OtherAttempt[] {
  const pathsOf = planFinder(set);
  const shown = new Set(executions.map(({ execution }) => execution));
  const groups = groupEntries(entries);
  const registered = entries.filter(({ kind }) => kind === 'registered');
  const lastShown = new Map<string, number>();
  for (const { execution, plan, seq } of registered) if (shown.has(execution)) for (const path of pathsOf(plan)) lastShown.set(path, seq);
  const before: OtherAttempt[] = [];
  for (const { execution, plan, seq } of registered) {
    const paths = pathsOf(plan);
    if (paths.length === 0) continue;
    const ended = groups.get(execution)?.some(({ kind }) => kind === 'ended') === true;
    if (!ended) find('review/shard-open', `the execution \`${execution}\` of \`${plan.path}\` did not come to its end`);
    const isShown = shown.has(execution);
    if (seq > closedWith || (!isShown && paths.some((path) => seq > (lastShown.get(path) ?? seq))))
      find('review/shard-attempt-later', `\`${plan.path}\` was executed again after what the shard shows (\`${execution}\`)`);
    else if (!isShown) before.push(...paths.map((path) => ({ path, execution, verdict: endedVerdict(groups.get(execution) ?? []) })));
  }
  return before;
}

/** Which plans of the set an attempt is one at: those with its text, and the one of its name. */
function planFinder({ plans, linked }: PlanSet): (plan: LedgerEntry['plan']) => readonly string[] {
  const byText = new Map<string, string[]>();
  const names = new Set<string>();
  for (const { path, sha256 } of [...plans, ...linked]) {
    names.add(path);
    byText.set(sha256, [...(byText.get(sha256) ?? []), path]);
  }
  return ({ path, sha256 }) => {
    const name = posix.normalize(path);
    return [...new Set([...(byText.get(sha256) ?? []), ...(names.has(name) ? [name] : [])])];
  };
}
