/**
 * The one door to the world. Everything that an execution does to anything outside of it goes through `step`, so that a
 * durable engine can later take the journal's place: intent before the act, outcome after it, nothing in between unseen.
 */
import type { EventData, EventKind } from '../model/event.ts';
import type { ExecutionRecord } from './execution-record.ts';

/** An entry to be: a kind of event with its data. */
export type Entry = { readonly [K in EventKind]: { readonly kind: K; readonly data: EventData[K] } }[EventKind];

interface ActOptions<T> {
  /** Never done twice: after a cut, what it did is in doubt. Its intent is on the disk before it begins. */
  readonly once: boolean;
  /** Written before the act; durable where the act may change the world. */
  readonly intent?: Entry & { readonly durable: boolean };
  /** Written after it. */
  readonly outcome?: (value: T) => Entry;
}

export interface Driver {
  /** `name` is unique in an execution (`step 2.1`, `canaries`). Rejects with what the act threw, or a JournalFailure. */
  readonly step: <T>(name: string, options: ActOptions<T>, act: () => Promise<T>) => Promise<T>;
}

/** In process: the journal is the checkpoint. A name that comes twice is a defect of the interpreter. */
export function createJournalDriver(record: ExecutionRecord): Driver {
  const done = new Set<string>();
  return {
    step: async (name, { once, intent, outcome }, act) => {
      if (done.has(name)) throw new Error(`\`${name}\` was done before`);
      done.add(name);
      if (intent) await record.record(intent.kind, intent.data, { durable: once || intent.durable });
      const value = await act();
      if (outcome) {
        const { kind, data } = outcome(value);
        await record.record(kind, data);
      }
      return value;
    },
  };
}
