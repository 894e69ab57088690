/**
 * What holds in the end. A step may be attempted several times, and an execution that was cut may say a thing again: the record keeps
 * all of it, and a reader that shows one answer shows the last.
 */
import type { ExecutionEvent } from './event.ts';

/** Under which name a later event takes the place of an earlier one; undefined for what happened and stays so. */
export function settlingName(event: ExecutionEvent): string | undefined {
  switch (event.kind) {
    case 'precondition':
    case 'expectation':
    case 'task':
    case 'criterion':
    case 'policy-declared':
    case 'policy-enforced':
      return `${event.kind} ${event.data.id}`;
    case 'report-field':
      return `${event.kind} ${event.data.hole.start.offset} ${event.data.label}`;
    case 'step-not-run':
      return `${event.kind} ${event.data.step}`;
    default:
      return undefined;
  }
}

/** Does another attempt follow this one, or is it unknown what it showed? Then the names that it showed hold for nothing. */
export function isPassing({ again, cut }: { readonly again?: true; readonly cut?: unknown }): boolean {
  return again === true || cut !== undefined;
}

/** The events that hold in the end, in their order: of an attempt that another one follows, no names. */
export function settledEvents(events: readonly ExecutionEvent[]): readonly ExecutionEvent[] {
  const last = new Map<string, number>();
  const dropped = new Set<number>();
  let shown: number[] = [];
  for (const [index, event] of events.entries()) {
    const name = settlingName(event);
    const before = name === undefined ? undefined : last.get(name);
    if (before !== undefined) dropped.add(before);
    if (name !== undefined) last.set(name, index);
    if (event.kind === 'step-started') shown = [];
    if (event.kind === 'capture') shown.push(index);
    if (event.kind === 'step-ended' && isPassing(event.data)) for (const capture of shown) dropped.add(capture);
    if (event.kind === 'step-ended') shown = [];
  }
  return events.filter((_, index) => !dropped.has(index));
}
