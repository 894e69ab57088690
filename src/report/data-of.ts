import type { EventData, EventKind, ExecutionEvent } from '../model/event.ts';

/** The data of all events of a kind, in the order of the journal. */
export function dataOf<K extends EventKind>(events: readonly ExecutionEvent[], kind: K): readonly EventData[K][] {
  return events.filter((event) => event.kind === kind).map((event) => event.data as EventData[K]);
}

/** Of each step its last attempt, in the order in which the steps ended. */
export function lastAttempts(events: readonly ExecutionEvent[]): readonly EventData['step-ended'][] {
  return [...new Map(dataOf(events, 'step-ended').map((data) => [data.step, data])).values()];
}

/** Every attempt at a step that came to an end. */
export function attemptsOf(events: readonly ExecutionEvent[], step: string): readonly EventData['step-ended'][] {
  return dataOf(events, 'step-ended').filter((data) => data.step === step);
}
