/** Is what a plan's record says of the plans before it what these have left themselves? */
import { isRecord } from '../journal/journal-line.ts';
import type { PlanSet } from '../journal/plan-set.ts';
import type { ReadExecution } from './merge-execution.ts';
import type { Find } from './merge-finding.ts';

/**
 * A plan that passed on what another one has left names that execution with the root of its journal. Each must be in the shard, and
 * together they, and what they name in their turn, must be all plans that the set says it demands.
 */
export function verifyPrerequisites({ plans, linked }: PlanSet, executions: readonly ReadExecution[], find: Find): void {
  const byId = new Map(executions.map((each) => [each.execution, each]));
  const demandedBy = new Map([...plans, ...linked].map(({ path, prerequisites }) => [path, prerequisites]));
  for (const each of executions) {
    const { path, opened, verdict } = each;
    // Whoever was not executed, or did not pass, rests on nothing.
    if (opened === undefined || verdict !== 'passed') continue;
    for (const { execution, root } of recordedBy(each)) {
      const own = byId.get(execution ?? null);
      if (own === undefined || own.root === undefined || own.root !== root)
        find(
          'review/shard-execution-differs',
          `\`${path}\` was executed after \`${execution ?? 'nothing'}\` with root ${root ?? 'none'}, which is no execution of this shard`,
        );
    }
    const reached = reachedFrom(each, byId);
    for (const demanded of demandedBy.get(path) ?? [])
      if (!reached.has(demanded)) find('review/shard-plan-missing', `\`${path}\` demands \`${demanded}\` first, and its record names no execution of it`);
  }
}

function recordedBy({ opened = {} }: ReadExecution): readonly { readonly execution?: string; readonly root?: string }[] {
  const recorded = opened['prerequisites'];
  return (Array.isArray(recorded) ? recorded : []).map((each: unknown) => {
    const { execution, root } = isRecord(each) ? each : {};
    return { ...(typeof execution === 'string' ? { execution } : {}), ...(typeof root === 'string' ? { root } : {}) };
  });
}

/** Paths of all executions that it names, and that these name. */
function reachedFrom(from: ReadExecution, byId: ReadonlyMap<string | null, ReadExecution>): ReadonlySet<string> {
  const seen = new Set<ReadExecution>();
  const waiting = [from];
  for (let each = waiting.pop(); each !== undefined; each = waiting.pop())
    for (const { execution } of recordedBy(each)) {
      const next = byId.get(execution ?? null);
      if (next === undefined || seen.has(next)) continue;
      seen.add(next);
      waiting.push(next);
    }
  return new Set([...seen].map(({ path }) => path));
}
