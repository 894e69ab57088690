/** What an earlier process of this execution has done, out of its journal: nothing of it is done again. */
import type { EventData, ExecutionEvent, OpenedData, StepEndedData, StepStartedData, WriteData } from '../model/event.ts';
import type { Verdict } from '../model/verdict.ts';
import type { BegunJournal } from '../journal/journal-begun.ts';
import { attemptName, type Checkpoint, checkpointsOf } from './driver.ts';

/** An attempt at a step. Without an end it was under way when the execution was cut. */
export interface PastAttempt {
  readonly started: StepStartedData;
  readonly startedAtMs: number;
  readonly ended?: StepEndedData;
  readonly expectations: ReadonlyMap<string, Verdict>;
}

export interface ExecutionHistory {
  readonly opened: OpenedData;
  readonly events: readonly ExecutionEvent[];
  readonly checkpoints: ReadonlyMap<string, Checkpoint>;
  /** The end of an attempt that was under way, as it is recorded now. */
  readonly note: (name: string, ended: StepEndedData) => void;
  /** By `attemptName`, in order. */
  readonly attempts: ReadonlyMap<string, PastAttempt>;
  /** The last state of the database that was recorded. */
  readonly database?: string;
  readonly writes: readonly WriteData[];
  readonly verdict?: EventData['verdict'];
  readonly files?: EventData['files'];
  readonly closed: boolean;
}

/** Undefined where the first event is no opening: then nothing was begun. */
export function readHistory(events: readonly ExecutionEvent[]): ExecutionHistory | undefined {
  const [first] = events;
  if (first?.kind !== 'opened') return undefined;
  const attempts = new Map<string, PastAttempt & { readonly expectations: Map<string, Verdict>; ended?: StepEndedData }>();
  // Attempts come one after the other: what stands between start and end belongs to it.
  let current: string | undefined;
  let database: string | undefined;
  let verdict: EventData['verdict'] | undefined;
  let files: EventData['files'] | undefined;
  let closed = false;
  for (const event of events) {
    switch (event.kind) {
      case 'step-started':
        current = attemptName(event.data.step, event.data.attempt);
        attempts.set(current, { started: event.data, startedAtMs: Date.parse(event.ts), expectations: new Map() });
        break;
      case 'expectation':
        if (current !== undefined) attempts.get(current)?.expectations.set(event.data.id, event.data.verdict);
        break;
      case 'step-ended': {
        const attempt = attempts.get(attemptName(event.data.step, event.data.attempt));
        if (attempt) attempt.ended = event.data;
        current = undefined;
        break;
      }
      case 'fingerprint':
        database = event.data.database;
        break;
      case 'verdict':
        verdict = event.data;
        break;
      case 'files':
        files = event.data;
        break;
      case 'closed':
        closed = true;
        break;
      default:
    }
  }
  const checkpoints = checkpointsOf(events);
  return {
    opened: first.data,
    events,
    checkpoints,
    attempts,
    note: (name, ended) => {
      checkpoints.set(name, { outcome: ended });
      const attempt = attempts.get(name);
      if (attempt) attempt.ended = ended;
    },
    writes: events.flatMap((event) => (event.kind === 'step-ended' ? (event.data.writes ?? []) : [])),
    ...(database === undefined ? {} : { database }),
    ...(verdict === undefined ? {} : { verdict }),
    ...(files === undefined ? {} : { files }),
    closed,
  };
}

/** The attempts that were under way when the execution was cut; at most one for each cut. */
export function cutAttempts({ attempts }: ExecutionHistory): readonly PastAttempt[] {
  return [...attempts.values()].filter(({ ended }) => ended === undefined);
}

/** What a named person says about a step that was under way. */
export interface CutAnswers {
  readonly done: readonly string[];
  readonly notDone: readonly string[];
  readonly by?: string;
}

export interface Resumption {
  /** The execution's own folder, absolute. */
  readonly folder: string;
  readonly begun: BegunJournal;
  readonly history: ExecutionHistory;
  readonly answers: CutAnswers;
}
