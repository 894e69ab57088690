/**
 * The one door to the world. Everything that an execution does to anything outside of it goes through `step`, so that a
 * durable engine can later take the journal's place: intent before the act, outcome after it, nothing in between unseen, and
 * what is done is never done again. The contract is `test/execute/driver-conformance.ts`, which every driver must pass.
 */
import type { EventData, EventKind, ExecutionEvent } from '../model/event.ts';
import type { ExecutionRecord } from './execution-record.ts';

/** An entry to be: a kind of event with its data. */
export type Entry = { readonly [K in EventKind]: { readonly kind: K; readonly data: EventData[K] } }[EventKind];

interface ActOptions<T, O extends Entry = Entry> {
  /** Never done twice: after a cut, what it did is in doubt. Its intent is on the disk before it begins. */
  readonly once: boolean;
  /** Written before the act; durable where the act may change the world. */
  readonly intent?: Entry & { readonly durable: boolean };
  /** Written after it. */
  readonly outcome?: (value: T) => O;
  /** What the act gave, from its outcome as an earlier process recorded it. Absent: the act only looks, and looks again. */
  readonly recall?: (data: O['data']) => T;
}

export interface Driver {
  /**
   * `name` is unique in an execution (`step 2.1, attempt 1`, `preflight`). Rejects with what the act threw, with a JournalFailure, or with
   * `InDoubt` for an act that must be done once, was begun by an earlier process, and has no outcome.
   */
  readonly step: <T, O extends Entry = Entry>(name: string, options: ActOptions<T, O>, act: () => Promise<T>) => Promise<T>;
}

/** How far an earlier process came with an act. */
export interface Checkpoint {
  readonly outcome?: Entry['data'];
}

/** Nobody knows what became of an act. */
export class InDoubt extends Error {
  readonly act: string;

  constructor(act: string) {
    super(`\`${act}\` was begun before the execution was cut, and nothing tells whether it was done`);
    this.name = 'InDoubt';
    this.act = act;
  }
}

/** In process: the journal is the checkpoint. A name that comes twice is a defect of the interpreter. */
export function createJournalDriver(record: Pick<ExecutionRecord, 'record'>, past: ReadonlyMap<string, Checkpoint> = new Map()): Driver {
  const done = new Set<string>();
  return {
    step: async (name, { once, intent, outcome, recall }, act) => {
      if (done.has(name)) throw new Error(`\`${name}\` was done before`);
      done.add(name);
      const checkpoint = past.get(name);
      if (checkpoint?.outcome !== undefined && recall) return recall(checkpoint.outcome);
      if (checkpoint !== undefined && checkpoint.outcome === undefined && once) throw new InDoubt(name);
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

/** The name of an attempt at a step, for the driver. */
export function attemptName(step: string, attempt: number): string {
  return `step ${step}, attempt ${attempt}`;
}

/** What an earlier process of this execution began, and what it brought to an end. */
export function checkpointsOf(events: readonly ExecutionEvent[]): Map<string, Checkpoint> {
  const checkpoints = new Map<string, Checkpoint>();
  for (const { kind, data } of events) {
    if (kind === 'step-started') checkpoints.set(attemptName(data.step, data.attempt), {});
    if (kind === 'step-ended') checkpoints.set(attemptName(data.step, data.attempt), { outcome: data });
  }
  return checkpoints;
}
