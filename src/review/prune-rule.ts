/**
 * Which executions a rule names, and which stay whatever it names. Pure: what is removed is decided here, and nothing is removed here.
 * In doubt an execution stays.
 */
import { posix } from 'node:path';
import { isPass, type PastExecution } from '../model/history.ts';

export interface PruneRule {
  /** So many of the newest of each plan stay. */
  readonly keep?: number;
  /** What is younger stays. Where both are given, what either keeps stays. */
  readonly olderThanMs?: number;
  /** The records of what did not pass go, too. */
  readonly failures?: true;
}

export interface PruneGround {
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** The execution that `latest` points at. */
  readonly latest?: string;
  /** Executions whose embedded database is kept, so that they can be resumed. */
  readonly clusters: ReadonlySet<string>;
}

/** Why an execution stays, in the words that people read. */
export const keptReasons = [
  'running now',
  'can be resumed',
  'latest points at it',
  'the newest pass of its plan',
  'did not pass',
  'the ledger contradicts itself about it',
  'among the newest of its plan',
  'not old enough',
] as const;

type KeptReason = (typeof keptReasons)[number];

export interface PruneChoice {
  readonly remove: readonly PastExecution[];
  readonly kept: readonly { readonly past: PastExecution; readonly because: KeptReason }[];
}

/** Of one output folder, in the order of its ledger. What has no folder any more is in neither list. */
export function choosePruned(executions: readonly PastExecution[], rule: PruneRule, ground: PruneGround): PruneChoice {
  const there = executions.filter(({ folder }) => folder === 'there');
  const passes = newestPasses(there);
  const newest = newestOfPlans(there, rule.keep ?? 0);
  const remove: PastExecution[] = [];
  const kept: { past: PastExecution; because: KeptReason }[] = [];
  for (const past of there) {
    const because = reasonToKeep(past, rule, ground, passes, newest);
    if (because === undefined) remove.push(past);
    else kept.push({ past, because });
  }
  return { remove, kept };
}

function reasonToKeep(
  past: PastExecution,
  rule: PruneRule,
  ground: PruneGround,
  passes: ReadonlySet<PastExecution>,
  newest: ReadonlySet<PastExecution>,
): KeptReason | undefined {
  const { execution, ending, resumable } = past;
  if (ending === 'running') return 'running now';
  if (ending === 'cut' && (resumable || ground.clusters.has(execution))) return 'can be resumed';
  if (execution === ground.latest) return 'latest points at it';
  if (passes.has(past)) return 'the newest pass of its plan';
  if (!isPass(past) && rule.failures !== true) return 'did not pass';
  if (past.endedTwice || past.counted !== past.attempt) return 'the ledger contradicts itself about it';
  if (newest.has(past)) return 'among the newest of its plan';
  // A time that cannot be read, or that lies in the future, is not old.
  if (rule.olderThanMs !== undefined && !(Date.parse(past.endedAt ?? past.registeredAt) < ground.nowMs - rule.olderThanMs)) return 'not old enough';
  return undefined;
}

/** Of each path, and of each text under any path. */
function newestPasses(executions: readonly PastExecution[]): ReadonlySet<PastExecution> {
  const byName = new Map<string, PastExecution>();
  for (const past of executions.filter(isPass)) for (const name of namesOf(past)) byName.set(name, past);
  return new Set(byName.values());
}

function newestOfPlans(executions: readonly PastExecution[], keep: number): ReadonlySet<PastExecution> {
  const counts = new Map<string, number>();
  const newest = new Set<PastExecution>();
  for (const past of executions.toReversed()) {
    const [path = ''] = namesOf(past);
    const count = (counts.get(path) ?? 0) + 1;
    counts.set(path, count);
    if (count <= keep) newest.add(past);
  }
  return newest;
}

function namesOf({ plan }: PastExecution): readonly string[] {
  return [`path ${posix.normalize(plan.path)}`, `text ${plan.sha256}`];
}
