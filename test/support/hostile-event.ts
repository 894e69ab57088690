/** Events in which every text may be another one, also those that are no text in an honest record: ids, digests, times, names of kinds. */
import fc from 'fast-check';
import type { ExecutionEvent } from '../../src/model/event.ts';

/** What tells a reader which shape the data has. */
const shaping: ReadonlySet<string> = new Set(['kind', 'verdict', 'outcome', 'effect', 'severity', 'layer', 'moment', 'form', 'path']);

/** `texts` takes the place of some of the texts. */
export function hostileEvents(events: readonly ExecutionEvent[], texts: fc.Arbitrary<string>): fc.Arbitrary<readonly ExecutionEvent[]> {
  return fc.tuple(fc.infiniteStream(texts), fc.infiniteStream(fc.nat(9)), fc.integer({ min: 1, max: 9 })).map(([stream, dice, share]) => {
    const other = (value: unknown, key: string): unknown => {
      if (typeof value === 'string') return shaping.has(key) || (dice.next().value ?? 0) > share ? value : (stream.next().value ?? '');
      if (Array.isArray(value)) return value.map((each) => other(each, key));
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, other(each, name)]));
    };
    return events.map((event) => ({ ...event, data: other(event.data, '') }) as ExecutionEvent);
  });
}
