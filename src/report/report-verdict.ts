/**
 * The one verdict that all machine formats tell. A reader of events can only make it worse than what was recorded: a record that is
 * not whole, or whose parts contradict its verdict, is never told as passed.
 */
import type { EventKind, ExecutionEvent } from '../model/event.ts';
import { settledEvents } from '../model/settled-event.ts';
import { exitCodes, verdictOrder, worst, type Verdict } from '../model/verdict.ts';
import { dataOf, lastAttempts } from './data-of.ts';
import type { RecordedEvents } from './read-event.ts';

/** `exitCode` is the execution's own, or the one that belongs to the verdict. */
export interface ReportedVerdict {
  readonly verdict: Exclude<Verdict, 'none'>;
  readonly exitCode: number;
  readonly reason: string;
}

/** The kinds that it rests on. */
export const verdictKinds: ReadonlySet<EventKind> = new Set<EventKind>([
  'opened',
  'step-started',
  'step-ended',
  'step-not-run',
  'expectation',
  'criterion',
  'policy-enforced',
  'task',
  'verdict',
  'closed',
]);

/** The verdict of a record as it was read. */
export function reportedVerdict({ events, broken }: RecordedEvents): ReportedVerdict {
  const recorded = dataOf(events, 'verdict').at(-1);
  if (recorded === undefined)
    return { verdict: 'error', exitCode: exitCodes.error, reason: `no verdict: ${broken ?? 'the record ends before one was reached'}` };
  const words = [recorded.verdict, ...dataOf(events, 'closed').map(({ verdict }) => verdict)];
  // A word that nobody knows is no better than an error.
  const told = words.every((word) => verdictOrder.includes(word)) ? worst(words) : 'error';
  if (told !== 'passed' || words.includes('none')) {
    const verdict = told === 'none' || told === 'passed' ? 'unproven' : told;
    const own = told === recorded.verdict && Number.isInteger(recorded.exitCode);
    return { verdict, exitCode: own ? recorded.exitCode : exitCodes[verdict], reason: recorded.reason };
  }
  const doubt = broken ?? contradiction(events) ?? (recorded.exitCode === 0 ? undefined : `its exit code is ${recorded.exitCode}`);
  if (doubt === undefined) return { verdict: 'passed', exitCode: 0, reason: recorded.reason };
  return { verdict: 'error', exitCode: exitCodes.error, reason: `the record says passed, which counts for nothing: ${doubt}` };
}

/** The record with the verdict that may be told, for readers that show the entry. That it is not whole they say themselves. */
export function withReportedVerdict(record: RecordedEvents): RecordedEvents {
  const data = reportedVerdict({ execution: record.execution, events: record.events });
  return { ...record, events: record.events.map((event) => (event.kind === 'verdict' ? { ...event, data } : event)) };
}

/** A part that did not pass although the verdict says that all did; the audit judges the same (`review/audit-part.ts`). */
function contradiction(all: readonly ExecutionEvent[]): string | undefined {
  const events = settledEvents(all);
  const parts = new Map<string, Verdict>();
  for (const { steps } of dataOf(events, 'opened')) for (const { id } of steps) parts.set(id, 'unproven');
  for (const { step, notNeeded } of dataOf(events, 'step-not-run')) parts.set(step, notNeeded ? 'none' : 'unproven');
  for (const { step, verdict } of lastAttempts(events)) parts.set(step, verdict);
  for (const [step, verdict] of parts) if (!fits(verdict)) return `step ${step} is ${verdict}`;
  for (const kind of ['expectation', 'criterion', 'policy-enforced', 'task'] as const) {
    for (const { id, verdict } of dataOf(events, kind)) if (!fits(verdict)) return `${kind.replace('-enforced', '')} ${id} is ${verdict}`;
  }
  return undefined;
}

function fits(verdict: Verdict): boolean {
  return verdict === 'passed' || verdict === 'none';
}
