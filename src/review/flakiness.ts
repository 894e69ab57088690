/**
 * Executions of one text on one ground that did not end alike, and steps that needed more than one try. Counts and nothing else: what
 * fails two times of seven has failed, and no word here makes that less.
 */
import type { Flake, PastExecution, Repetition, VerdictCount } from '../model/history.ts';
import type { Verdict } from '../model/verdict.ts';

/** From here on an exit code says that a person or a system has ended it: it tells nothing of the plan. */
const firstSignalCode = 128;

export function findFlakes(executions: readonly PastExecution[]): readonly Flake[] {
  const groups = new Map<string, PastExecution[]>();
  for (const past of executions) {
    const { ground = null, exitCode = null } = past.detail ?? {};
    if (past.ending !== 'ended' || !past.chained || ground === null || (exitCode ?? 0) > firstSignalCode) continue;
    const key = `${past.plan.sha256}\n${ground}`;
    groups.set(key, [...(groups.get(key) ?? []), past]);
  }
  return [...groups.values()].flatMap((group) => {
    const verdicts = countVerdicts(group.map(({ verdict }) => verdict ?? 'none'));
    return Object.keys(verdicts).length < 2 ? [] : [describe(group, verdicts)];
  });
}

function describe(group: readonly PastExecution[], verdicts: VerdictCount): Flake {
  const [first] = group;
  const steps = new Map<string, { readonly title: string; readonly verdicts: Verdict[] }>();
  for (const { id, title, verdict } of group.flatMap(({ detail }) => detail?.steps ?? [])) {
    const step = steps.get(id) ?? { title, verdicts: [] };
    // One that was not run because another had failed before it says nothing about itself.
    if (verdict !== 'none') step.verdicts.push(verdict);
    steps.set(id, step);
  }
  return {
    planSha256: first?.plan.sha256 ?? '',
    commit: first?.detail?.dirtyCount === 0 ? first.detail.commit : null,
    verdicts,
    attempts: group.filter(({ verdict }) => verdict !== 'passed').map(({ attempt }) => attempt),
    steps: [...steps]
      .map(([id, step]) => ({ id, title: step.title, verdicts: countVerdicts(step.verdicts) }))
      .filter((step) => Object.keys(step.verdicts).length > 1),
  };
}

/** In the order of the executions. */
export function findRepetitions(executions: readonly PastExecution[]): readonly Repetition[] {
  return executions.flatMap(({ attempt, execution, detail }) =>
    (detail?.steps ?? [])
      .filter(({ attempts }) => attempts > 1)
      .map(({ id, attempts, verdict }) => ({ attempt, execution, step: id, tries: attempts, verdict })),
  );
}

export function countVerdicts(verdicts: readonly Verdict[]): VerdictCount {
  const counts: Partial<Record<Verdict, number>> = {};
  for (const verdict of verdicts) counts[verdict] = (counts[verdict] ?? 0) + 1;
  return counts;
}
