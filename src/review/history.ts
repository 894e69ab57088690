/**
 * `proofplan history`: the executions of output folders, plan by plan. Which there were and how they ended is the ledger's word; how
 * many are shown changes no count.
 */
import { join, posix } from 'node:path';
import { hasErrors, type Checked, type Diagnostic } from '../model/diagnostic.ts';
import { isPass, isUnpassed, type History, type HistorySummary, type PastExecution, type PlanHistory } from '../model/history.ts';
import { countVerdicts, findFlakes, findRepetitions } from './flakiness.ts';
import { measureDurations } from './history-duration.ts';
import { examineExecution } from './history-detail.ts';
import { readHistorySource, type ReadSource, type SourceOptions } from './history-source.ts';

/** Which executions are of the plan that is asked for. */
export type PlanChoice = (executions: readonly PastExecution[]) => readonly PastExecution[];

export interface HistoryOptions {
  readonly sources: readonly SourceOptions[];
  /** Milliseconds since 1970, as `Date.now`. */
  readonly clock: () => number;
  /** So many of the newest are shown of each plan. */
  readonly limit: number;
  /** Only those registered from here on are shown. */
  readonly sinceMs?: number;
  /** Without it every path is a plan of its own. */
  readonly choose?: PlanChoice;
  /** Nothing but the ledger and whether a folder is there: of a plan's executions no file is opened. */
  readonly brief?: boolean;
}

/** At least so many of the newest are looked at for what differs between them. */
const leastExamined = 100;

/** Without a value where a folder cannot be read, or where nothing is chosen. */
export async function readHistory(options: HistoryOptions): Promise<Checked<History>> {
  const diagnostics: Diagnostic[] = [];
  const read: ReadSource[] = [];
  for (const source of options.sources) {
    const found = await readHistorySource(source);
    diagnostics.push(...found.diagnostics);
    if (found.value) read.push(found.value);
  }
  if (hasErrors(diagnostics)) return { value: undefined, diagnostics };
  const all = mergeByTime(read.map(({ executions }) => executions));
  const folders = new Map(options.sources.map(({ path, folder }) => [path, folder]));
  const groups = options.choose ? [options.choose(all)].filter((group) => group.length > 0) : [...groupByPath(all).values()];
  const plans: PlanHistory[] = [];
  for (const group of groups) plans.push(await describePlan(group, folders, options));
  return { value: { schemaVersion: 1, at: new Date(options.clock()).toISOString(), sources: read.map(({ source }) => source), plans }, diagnostics };
}

async function describePlan(group: readonly PastExecution[], folders: ReadonlyMap<string, string>, options: HistoryOptions): Promise<PlanHistory> {
  const { limit, sinceMs = Number.NEGATIVE_INFINITY } = options;
  const chosen = group.filter(({ registeredAt }) => !(Date.parse(registeredAt) < sinceMs)).length;
  const shown = Math.min(limit, chosen);
  const examinedFrom = options.brief ? group.length : Math.max(0, group.length - Math.max(limit, leastExamined));
  const summary = summarise(group);
  const told = new Set([summary.lastPass, summary.failingSince]);
  const detailed: PastExecution[] = [];
  for (const [index, past] of group.entries()) {
    const needed = index >= examinedFrom || (options.brief !== true && told.has(past));
    const folder = join(folders.get(past.output) ?? past.output, 'executions', past.execution);
    detailed.push(needed && past.folder === 'there' ? await examineExecution(folder, past) : past);
  }
  const examined = detailed.slice(examinedFrom);
  const paths = [...new Set(group.map(({ plan }) => posix.normalize(plan.path)))];
  // The newest name is the one that people know it by.
  const path = paths.at(-1) ?? '';
  return {
    path,
    otherPaths: paths.slice(0, -1),
    summary: summarise(detailed),
    attempts: shown === 0 ? [] : detailed.slice(-shown),
    notShown: group.length - shown,
    examined: examined.length,
    flaky: findFlakes(examined),
    repetitions: findRepetitions(examined),
    durations: measureDurations(examined),
  };
}

function summarise(group: readonly PastExecution[]): HistorySummary {
  const lastPass = group.findLastIndex(isPass);
  const ended = group.filter(({ ending }) => ending === 'ended');
  const countOf = (holds: (past: PastExecution) => boolean): number => group.filter(holds).length;
  return {
    attempts: group.length,
    // What proved nothing is published as unproven.
    verdicts: countVerdicts(ended.map(({ verdict }) => (verdict === null || verdict === 'none' ? 'unproven' : verdict))),
    cut: countOf(({ ending }) => ending === 'cut'),
    running: countOf(({ ending }) => ending === 'running'),
    pruned: countOf(({ folder }) => folder === 'pruned'),
    gone: countOf(({ folder }) => folder === 'gone'),
    lastPass: group[lastPass] ?? null,
    failingSince: group.slice(lastPass + 1).find(isUnpassed) ?? null,
  };
}

function groupByPath(executions: readonly PastExecution[]): ReadonlyMap<string, readonly PastExecution[]> {
  const groups = new Map<string, PastExecution[]>();
  for (const past of executions) {
    const path = posix.normalize(past.plan.path);
    const group = groups.get(path);
    if (group) group.push(past);
    else groups.set(path, [past]);
  }
  return groups;
}

/** Each ledger keeps its own order, whatever its clock said. */
function mergeByTime(lists: readonly (readonly PastExecution[])[]): readonly PastExecution[] {
  if (lists.length < 2) return lists[0] ?? [];
  const merged: PastExecution[] = [];
  const next = lists.map(() => 0);
  for (;;) {
    let first = -1;
    for (const [index, list] of lists.entries()) {
      const candidate = list[next[index] ?? 0];
      const best = first === -1 ? undefined : lists[first]?.[next[first] ?? 0];
      if (candidate && (!best || candidate.registeredAt < best.registeredAt)) first = index;
    }
    const past = lists[first]?.[next[first] ?? 0];
    if (!past) return merged;
    next[first] = (next[first] ?? 0) + 1;
    merged.push(past);
  }
}
