/**
 * The one way from what happened to the record: redacted, made plain, written to the journal, and only then told to the
 * readers. A reader that throws changes nothing; a journal that fails ends everything (JournalFailure, sticky).
 */
import type { Recorder } from '../model/contract.ts';
import type { EventData, EventKind, ExecutionEvent } from '../model/event.ts';
import type { Redactor } from '../model/redactor.ts';

export interface ExecutionRecord {
  /** Answers with the entry's number. `durable`: it is on the disk when the promise resolves. Rejects with a JournalFailure. */
  readonly record: <K extends EventKind>(kind: K, data: EventData[K], options?: { readonly durable?: boolean }) => Promise<number>;
}

export interface RecordOptions {
  readonly journal: Recorder;
  readonly redactor: Redactor;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly onEvent: (event: ExecutionEvent) => void;
}

export function createExecutionRecord({ journal, redactor, clock, onEvent }: RecordOptions): ExecutionRecord {
  return {
    record: async (kind, data, options = {}) => {
      const plain = plainData(data, redactor) as Readonly<Record<string, unknown>>;
      const { seq } = await journal.record(kind, plain, options);
      try {
        onEvent({ kind, seq, ts: new Date(clock()).toISOString(), data: plain } as unknown as ExecutionEvent);
      } catch {
        // A reporter's crash never changes a verdict; the entry is written, and reports are made from it again.
      }
      return seq;
    },
  };
}

/** What the strict form of the journal takes: no undefined, no half surrogate pairs, every text redacted. */
export function plainData(value: unknown, redactor: Redactor): unknown {
  if (typeof value === 'string') return redactor.text(value.replace(/\p{Surrogate}/gu, '\ufffd'));
  if (Array.isArray(value)) return value.map((item) => plainData(item, redactor));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(members.map(([key, item]) => [redactor.text(key), plainData(item, redactor)]));
}
