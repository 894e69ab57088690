import type { EventData, EventKind, ExecutionEvent } from '../model/event.ts';

/** The data of all events of a kind, in the order of the journal. */
export function dataOf<K extends EventKind>(events: readonly ExecutionEvent[], kind: K): readonly EventData[K][] {
  return events.filter((event) => event.kind === kind).map((event) => event.data as EventData[K]);
}

/** What belongs to a step, by the step: the steps and what each has in the order in which they came. */
export function byStep<T extends { readonly step: string }>(all: readonly T[]): ReadonlyMap<string, readonly T[]> {
  const found = new Map<string, T[]>();
  for (const data of all) {
    const own = found.get(data.step);
    if (own === undefined) found.set(data.step, [data]);
    else own.push(data);
  }
  return found;
}

/** Of each step its last attempt, in the order in which the steps ended. */
export function lastAttempts(events: readonly ExecutionEvent[]): readonly EventData['step-ended'][] {
  return [...new Map(dataOf(events, 'step-ended').map((data) => [data.step, data])).values()];
}
