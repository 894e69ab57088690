/**
 * The one way from what happened to the record: redacted, made plain, written to the journal, and only then told to the
 * readers. A reader that throws changes nothing; a journal that fails ends everything (JournalFailure, sticky).
 */
import type { Recorder } from '../model/contract.ts';
import type { EventData, EventKind, ExecutionEvent } from '../model/event.ts';
import type { Redactor } from '../model/redactor.ts';
import type { ClockJump, Journal } from '../journal/journal-writer.ts';

export interface ExecutionRecord {
  /** Answers with the entry's number. `durable`: it is on the disk when the promise resolves. Rejects with a JournalFailure. */
  readonly record: <K extends EventKind>(kind: K, data: EventData[K], options?: { readonly durable?: boolean }) => Promise<number>;
  /** The clock was set back while the record was written: what its times say cannot be believed. */
  readonly clockSetBack: () => ClockJump | undefined;
  /** The first entry after a cut; where it stands is the journal's to say. */
  readonly resume: (data: Omit<EventData['resumed'], 'after' | 'torn'>) => Promise<void>;
}

export interface RecordOptions {
  readonly journal: Recorder & Partial<Pick<Journal, 'resume' | 'clockSetBack'>>;
  readonly redactor: Redactor;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly onEvent: (event: ExecutionEvent) => void;
}

export function createExecutionRecord({ journal, redactor, clock, onEvent }: RecordOptions): ExecutionRecord {
  // With the time of its entry: what is made from the events now is made from the journal again later.
  const tell = (kind: EventKind, seq: number, data: Readonly<Record<string, unknown>>, ts: string = new Date(clock()).toISOString()): void => {
    try {
      onEvent({ kind, seq, ts, data } as unknown as ExecutionEvent);
    } catch {
      // A reporter's crash never changes a verdict; the entry is written, and reports are made from it again.
    }
  };
  return {
    record: async (kind, data, options = {}) => {
      const plain = plainData(data, redactor) as Readonly<Record<string, unknown>>;
      const { seq, ts } = await journal.record(kind, plain, options);
      tell(kind, seq, plain, ts);
      return seq;
    },
    clockSetBack: () => journal.clockSetBack?.(),
    resume: async (data) => {
      const written = await journal.resume?.(plainData(data, redactor) as Readonly<Record<string, unknown>>);
      if (written) tell('resumed', written.seq, written.data, written.ts);
    },
  };
}

/** Words of our own, from closed lists: a short secret that is a part of one must not take an entry's meaning away. */
const wordKeys = new Set(
  'attempt capability code effect fate form kind layer level mode moment nature operator origin outcome quantity role rule severity so strength stream type verdict'.split(
    ' ',
  ),
);
const digestKeys = new Set('database digest environmentSha256 hash head readingSha256 root sha256 stdoutSha256 trackedDigest'.split(' '));
const ownKey = /^[a-z][A-Za-z0-9]{0,23}$/;

/** Is it one of our words, or a digest? A text that is a secret as a whole is neither. */
function isOurs(key: string, text: string, redactor: Redactor): boolean {
  if (wordKeys.has(key)) return /^[a-z][a-z -]*(?:\/[a-z-]+)?$/.test(text);
  return digestKeys.has(key) && /^[0-9a-f]{64}$/.test(text) && redactor.text(text) !== '***';
}

/** What the strict form of the journal takes: no undefined, no half surrogate pairs, every text redacted. */
export function plainData(value: unknown, redactor: Redactor, under = ''): unknown {
  if (typeof value === 'string' && isOurs(under, value, redactor)) return value;
  if (typeof value === 'string') return redactor.text(value.replace(/\p{Surrogate}/gu, '\ufffd'));
  if (Array.isArray(value)) return value.map((item) => plainData(item, redactor, under));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(members.map(([key, item]) => [ownKey.test(key) ? key : redactor.text(key), plainData(item, redactor, key)]));
}
