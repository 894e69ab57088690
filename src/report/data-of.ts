import type { EventData, EventKind, ExecutionEvent } from '../model/event.ts';

/** The data of all events of a kind, in the order of the journal. */
export function dataOf<K extends EventKind>(events: readonly ExecutionEvent[], kind: K): readonly EventData[K][] {
  return events.filter((event) => event.kind === kind).map((event) => event.data as EventData[K]);
}
