/**
 * What a page shows of an execution, gathered event by event in bounded memory: a record of 10,000 steps, a million statements or a
 * gigabyte of output becomes a page of a few megabytes. What is left out is counted, never dropped unseen; all of it is in the journal.
 */
import type { EventData, EventKind, ExecutionEvent } from '../model/event.ts';
import { isPassing } from '../model/settled-event.ts';
import { boundDetail, detailSize, type StepDetail } from './page-detail.ts';

/** Everything about one step. `detail` is there for the first steps, and for those that did not pass, as far as there is room. */
export interface PageStep {
  readonly id: string;
  readonly planned?: EventData['opened']['steps'][number];
  startedAt?: string;
  endedAt?: string;
  entries: readonly [first: number, last: number];
  ended?: EventData['step-ended'];
  notRun?: EventData['step-not-run'];
  detail?: StepDetail;
  /** Attempts that another one followed: the last few, and how many there were. */
  earlier: EventData['step-ended'][];
  earlierCount: number;
  readonly expectations: Map<string, EventData['expectation']>;
  captures: EventData['capture'][];
  decisions: PageDecision[];
  decisionCount: number;
  tripwires: EventData['tripwire'][];
}

export type PageDecision = EventData['decision'] & { readonly seq: number };

/** Lists of the whole execution; each holds at most `most` of its kind. */
export interface PageRecord {
  opened?: EventData['opened'];
  verdict?: EventData['verdict'];
  closed: boolean;
  firstAt?: string;
  lastAt?: string;
  readonly steps: Map<string, PageStep>;
  readonly policies: Map<string, { declared?: EventData['policy-declared']; enforced?: EventData['policy-enforced'] }>;
  readonly criteria: Map<string, EventData['criterion']>;
  readonly preconditions: Map<string, EventData['precondition']>;
  readonly tasks: Map<string, EventData['task']>;
  readonly fields: Map<string, EventData['report-field']>;
  readonly refusals: PageDecision[];
  readonly lists: {
    readonly [K in ListKind]: EventData[K][];
  };
  /** How many of a kind there were beyond what is kept. */
  readonly more: Map<EventKind, number>;
}

type ListKind = 'preparation' | 'canary' | 'tripwire' | 'witness' | 'diagnostic' | 'resumed' | 'fingerprint' | 'freshness';

/** Most of each kind in the lists; of permits most for a step. */
const most: Readonly<Record<ListKind, number>> = {
  preparation: 200,
  canary: 200,
  tripwire: 500,
  witness: 200,
  diagnostic: 200,
  resumed: 100,
  fingerprint: 2,
  freshness: 200,
};
const mostRefusals = 300;
const mostPermitsOfStep = 20;
const mostPermits = 2_000;
const mostEarlier = 10;
const mostOfStep = 200;
/** UTF-16 units of evidence: of steps that passed; and for those that did not, beside. */
const passedRoom = 900_000;
const otherRoom = 600_000;

export interface PageGatherer {
  readonly record: PageRecord;
  readonly take: (event: ExecutionEvent) => void;
}

export function gatherPage(): PageGatherer {
  const record: PageRecord = {
    closed: false,
    steps: new Map(),
    policies: new Map(),
    criteria: new Map(),
    preconditions: new Map(),
    tasks: new Map(),
    fields: new Map(),
    refusals: [],
    lists: { preparation: [], canary: [], tripwire: [], witness: [], diagnostic: [], resumed: [], fingerprint: [], freshness: [] },
    more: new Map(),
  };
  let permits = 0;
  const room = { passed: passedRoom, other: otherRoom };
  const started = new Map<string, EventData['step-started']>();
  const stepOf = (id: string): PageStep => {
    const found = record.steps.get(id);
    if (found) return found;
    const step: PageStep = {
      id,
      entries: [0, 0],
      earlier: [],
      earlierCount: 0,
      expectations: new Map(),
      captures: [],
      decisions: [],
      decisionCount: 0,
      tripwires: [],
    };
    record.steps.set(id, step);
    return step;
  };
  const count = (kind: EventKind): void => void record.more.set(kind, (record.more.get(kind) ?? 0) + 1);
  const keep = <K extends ListKind>(kind: K, data: EventData[K]): void => {
    const list = record.lists[kind];
    if (list.length < most[kind]) list.push(data);
    else count(kind);
  };
  /** Whatever came of the attempt before is no longer what came of the step. */
  const setAside = (step: PageStep): void => {
    if (!step.ended) return;
    step.earlier.push(step.ended);
    step.earlierCount += 1;
    if (step.earlier.length > mostEarlier) step.earlier.shift();
    delete step.ended;
    delete step.endedAt;
    delete step.detail;
  };
  const end = (data: EventData['step-ended'], seq: number, ts: string): void => {
    const step = stepOf(data.step);
    setAside(step);
    const before = started.get(data.step);
    started.delete(data.step);
    const detail = boundDetail(before, data);
    const size = detailSize(detail);
    const kind = data.verdict === 'passed' ? 'passed' : 'other';
    if (size <= room[kind]) {
      room[kind] -= size;
      step.detail = detail;
    }
    const { rows: _rows, writes: _writes, ...rest } = data;
    step.ended = { ...rest, outputs: [], searches: [], leftover: data.leftover.slice(0, 20) };
    step.endedAt = ts;
    step.entries = [step.entries[0], seq];
    if (isPassing(data)) step.captures = [];
  };
  const decide = (data: PageDecision): void => {
    const step = stepOf(data.step);
    if (data.effect === 'refuse') {
      if (record.refusals.length < mostRefusals) record.refusals.push({ ...data, text: cut(data.text) });
      else count('decision');
      return;
    }
    step.decisionCount += 1;
    if (permits >= mostPermits || step.decisions.length >= mostPermitsOfStep) return;
    permits += 1;
    step.decisions.push({ ...data, text: cut(data.text) });
  };
  return {
    record,
    take: (event) => {
      record.firstAt ??= event.ts;
      if (record.verdict === undefined) record.lastAt = event.ts;
      switch (event.kind) {
        case 'opened':
          record.opened ??= event.data;
          for (const planned of event.data.steps) if (!record.steps.has(planned.id)) record.steps.set(planned.id, { ...stepOf(planned.id), planned });
          return;
        case 'step-started': {
          const step = stepOf(event.data.step);
          setAside(step);
          step.startedAt = event.ts;
          step.entries = [event.seq, event.seq];
          step.captures = [];
          started.set(event.data.step, event.data);
          return;
        }
        case 'step-ended':
          return end(event.data, event.seq, event.ts);
        case 'step-not-run':
          stepOf(event.data.step).notRun = event.data;
          return;
        case 'decision':
          return decide({ ...event.data, seq: event.seq });
        case 'capture': {
          const { captures } = stepOf(event.data.step);
          if (captures.length < mostOfStep) captures.push(event.data);
          else count('capture');
          return;
        }
        case 'expectation': {
          const { expectations } = stepOf(event.data.step);
          if (expectations.has(event.data.id) || expectations.size < mostOfStep || event.data.verdict !== 'passed') expectations.set(event.data.id, event.data);
          else count('expectation');
          return;
        }
        case 'tripwire': {
          const { tripwires } = stepOf(event.data.step);
          if (tripwires.length < mostOfStep) tripwires.push(event.data);
          return keep('tripwire', event.data);
        }
        case 'policy-declared':
          record.policies.set(event.data.id, { ...record.policies.get(event.data.id), declared: event.data });
          return;
        case 'policy-enforced':
          record.policies.set(event.data.id, { ...record.policies.get(event.data.id), enforced: event.data });
          return;
        case 'criterion':
          record.criteria.set(event.data.id, event.data);
          return;
        case 'precondition':
          record.preconditions.set(event.data.id, event.data);
          return;
        case 'task':
          record.tasks.set(event.data.id, event.data);
          return;
        case 'report-field':
          record.fields.set(`${event.data.hole.start.offset} ${event.data.label}`, event.data);
          return;
        case 'verdict':
          record.verdict = event.data;
          record.lastAt = event.ts;
          return;
        case 'closed':
          record.closed = true;
          return;
        case 'files':
          return;
        case 'fingerprint': {
          const { fingerprint } = record.lists;
          if (fingerprint.length === most.fingerprint) fingerprint.pop();
          fingerprint.push(event.data);
          return;
        }
        default:
          return keepListed(event, keep);
      }
    },
  };
}

function keepListed(event: Extract<ExecutionEvent, { readonly kind: ListKind }>, keep: <K extends ListKind>(kind: K, data: EventData[K]) => void): void {
  switch (event.kind) {
    case 'preparation':
      return keep(event.kind, event.data);
    case 'canary':
      return keep(event.kind, event.data);
    case 'witness':
      return keep(event.kind, event.data);
    case 'diagnostic':
      return keep(event.kind, event.data);
    case 'resumed':
      return keep(event.kind, event.data);
    default:
      return event.kind === 'freshness' ? keep(event.kind, event.data) : undefined;
  }
}

function cut(text: string): string {
  return text.length > 4_000 ? `${text.slice(0, 4_000)}…` : text;
}
