/** How long each step took in the executions of one text that passed, and what has become much slower. */
import { isPass, type PastExecution, type PlanHistory, type StepDuration } from '../model/history.ts';

/** Fewer passes before it are no measure of the newest one. */
const handful = 5;
/** Much slower: more than so many times the median, slower than any before, and by more than a clock's noise. */
const slowerFactor = 2;
const slowerMs = 250;

/** Of the newest text that has passed, by what it was read as: another text's steps are other steps. Null where none has passed. */
export function measureDurations(executions: readonly PastExecution[]): PlanHistory['durations'] {
  const passed = executions.filter((past) => isPass(past) && past.detail !== undefined);
  const newest = passed.at(-1);
  if (!newest) return null;
  const alike = passed.filter(({ plan, detail }) => plan.sha256 === newest.plan.sha256 && detail?.readingSha256 === newest.detail?.readingSha256);
  const steps = (newest.detail?.steps ?? []).flatMap(({ id, title, verdict, durationMs }) => {
    if (verdict === 'none') return [];
    const times = alike.flatMap(({ detail }) =>
      (detail?.steps ?? []).filter((step) => step.id === id && step.verdict !== 'none').map((step) => step.durationMs),
    );
    return [measureStep(id, title, times, durationMs)];
  });
  return { planSha256: newest.plan.sha256, steps };
}

function measureStep(id: string, title: string, times: readonly number[], newestMs: number): StepDuration {
  const before = times.slice(0, -1);
  const usual = medianOf(before);
  const longest = Math.max(...before);
  const isSlower = before.length >= handful && newestMs > slowerFactor * usual && newestMs > longest && newestMs - usual > slowerMs;
  return {
    id,
    title,
    count: times.length,
    medianMs: medianOf(times),
    minimumMs: Math.min(...times),
    maximumMs: Math.max(...times),
    newestMs,
    ...(isSlower ? { slower: { times: newestMs / Math.max(usual, 1), medianMs: usual, maximumMs: longest, count: before.length } } : {}),
  };
}

/** Of an even number the mean of the two in the middle; 0 of none. */
function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return 0;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
