/** Everything that a plan asked for, as one list: what a format shows of an execution, whether it ran or not. */
import type { EventData, ExecutionEvent, PlannedStep } from '../model/event.ts';
import { settledEvents } from '../model/settled-event.ts';
import type { Span } from '../model/span.ts';
import type { Verdict } from '../model/verdict.ts';
import { byStep, dataOf, lastAttempts } from './data-of.ts';
import type { RecordedEvents } from './read-event.ts';
import { reportedVerdict } from './report-verdict.ts';
import { outcomeWord } from './verdict-mark.ts';

type ItemGroup = 'verdict' | 'precondition' | 'step' | 'expectation' | 'criterion' | 'policy' | 'task';

/** One item. `verdict` is `none` for what was not run or not judged: then `reason` says why. */
export interface ReportedItem {
  readonly group: ItemGroup;
  /** Begins with what tells it from the others of its group. */
  readonly name: string;
  readonly verdict: Verdict;
  readonly reason: string;
  /** Facts, one line each. */
  readonly notes: readonly string[];
  readonly span?: Span;
  readonly durationMs: number;
}

/** In the order in which people look: the verdict, what had to hold before, the steps with their expectations, then what they were for. */
export function reportedItems(record: RecordedEvents): readonly ReportedItem[] {
  const events = settledEvents(record.events);
  const { verdict, reason, exitCode } = reportedVerdict(record);
  return [
    { group: 'verdict', name: 'verdict', verdict, reason, notes: [`exit code ${exitCode}`], durationMs: 0 },
    ...dataOf(events, 'precondition').map(
      ({ id, text, span, verdict: held, notes }): ReportedItem => ({
        group: 'precondition',
        name: `${id} ${text}`,
        verdict: held,
        reason: held === 'passed' ? '' : (notes[0] ?? 'not judged'),
        notes,
        span,
        durationMs: 0,
      }),
    ),
    ...stepItems(events),
    ...dataOf(events, 'criterion').map(criterionItem),
    ...policyItems(events),
    ...dataOf(events, 'task').map(taskItem),
  ];
}

function stepItems(events: readonly ExecutionEvent[]): readonly ReportedItem[] {
  const ended = new Map(lastAttempts(events).map((data) => [data.step, data] as const));
  const notRun = new Map(dataOf(events, 'step-not-run').map((data) => [data.step, data] as const));
  const started = new Map(dataOf(events, 'step-started').map((data) => [data.step, data] as const));
  const expectations = byStep(dataOf(events, 'expectation'));
  const planned = new Map(dataOf(events, 'opened').flatMap(({ steps }) => steps.map((step) => [step.id, step] as const)));
  const ids = new Set([...planned.keys(), ...started.keys(), ...notRun.keys(), ...expectations.keys()]);
  return [...ids].flatMap((id) => {
    const judged = expectations.get(id) ?? [];
    const step = planned.get(id) ?? started.get(id) ?? notRun.get(id);
    const missing = (planned.get(id)?.expectations ?? 0) - judged.length;
    return [
      stepItem(id, step, ended.get(id), notRun.get(id), started.has(id)),
      ...judged.map(expectationItem),
      ...(missing > 0 ? [unjudged(id, missing, planned.get(id))] : []),
    ];
  });
}

function stepItem(
  id: string,
  step: Pick<PlannedStep, 'kind' | 'title' | 'span'> | undefined,
  ended: EventData['step-ended'] | undefined,
  notRun: EventData['step-not-run'] | undefined,
  begun: boolean,
): ReportedItem {
  const name = `${id} ${step?.kind ?? ''} ${step?.title ?? ''}`;
  const place = step === undefined ? {} : { span: step.span };
  if (ended === undefined) {
    // Begun and never ended: nobody can say what it did.
    if (begun && notRun === undefined)
      return {
        group: 'step',
        name,
        verdict: 'error',
        reason: 'in doubt: it began, and the record does not say how it ended',
        notes: [],
        ...place,
        durationMs: 0,
      };
    const reason = notRun === undefined ? 'not run' : `${notRun.notNeeded ? 'not needed' : 'not run'}: ${notRun.reason}`;
    return { group: 'step', name, verdict: 'none', reason, notes: [], ...place, durationMs: 0 };
  }
  const { verdict, outcome, exitCode, signal, durationMs, attempt, problem, outputs } = ended;
  const how = outcomeWord(outcome, exitCode, signal) || 'completed';
  return {
    group: 'step',
    name,
    verdict,
    reason: ended.reason ?? problem?.message ?? how,
    notes: [
      how,
      ...(attempt > 1 ? [`attempt ${attempt}`] : []),
      ...(verdict === 'passed'
        ? []
        : outputs
            .filter(({ bytes }) => bytes > 0)
            .map(({ stream, head, tail, sha256 }) => `${stream} (evidence/sha256/${sha256}):\n${lastLines(tail === '' ? head : tail)}`)),
    ],
    ...place,
    durationMs,
  };
}

/** So many lines of what a step printed stand beside its failure; all of it is in the evidence. */
const shownLines = 20;

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-shownLines).join('\n');
}

function expectationItem({ id, step, text, span, verdict, actual, notes }: EventData['expectation']): ReportedItem {
  return { group: 'expectation', name: `${id} of step ${step}: ${text}`, verdict, reason: actual === '' ? 'not judged' : actual, notes, span, durationMs: 0 };
}

function unjudged(step: string, number: number, planned: PlannedStep | undefined): ReportedItem {
  const name = `of step ${step}, not judged: ${number}`;
  return {
    group: 'expectation',
    name,
    verdict: 'none',
    reason: 'not judged',
    notes: [],
    ...(planned === undefined ? {} : { span: planned.span }),
    durationMs: 0,
  };
}

function criterionItem({ id, text, span, verdict, clauses }: EventData['criterion']): ReportedItem {
  const notes = clauses.flatMap((clause) =>
    clause.witnesses.length === 0
      ? [`${clause.text}: no witness`]
      : clause.witnesses.map((witness) => `${clause.text}: ${witness.kind} ${witness.id}, ${witness.verdict === 'none' ? 'not judged' : witness.verdict}`),
  );
  return { group: 'criterion', name: `${id} ${text}`, verdict, reason: verdict === 'passed' ? '' : (notes[0] ?? 'not judged'), notes, span, durationMs: 0 };
}

/** A policy that was declared and never told of again was not judged. */
function policyItems(events: readonly ExecutionEvent[]): readonly ReportedItem[] {
  const enforced = new Map(dataOf(events, 'policy-enforced').map((data) => [data.id, data] as const));
  const declared = dataOf(events, 'policy-declared').filter(({ id }) => !enforced.has(id));
  const name = ({ id, text, rule }: Pick<EventData['policy-declared'], 'id' | 'text' | 'rule'>): string => `${id} ${rule.kind}: ${text}`;
  return [
    ...[...enforced.values()].map((data): ReportedItem => {
      const notes = [
        `${data.strength} by ${data.by}`,
        data.canary === null ? 'no canary' : `canary ${data.canary}`,
        `${data.permitted} permitted, ${data.refused} refused`,
      ];
      return {
        group: 'policy',
        name: name(data),
        verdict: data.verdict,
        reason: data.verdict === 'passed' ? '' : notes.join('; '),
        notes,
        span: data.span,
        durationMs: 0,
      };
    }),
    ...declared.map(
      (data): ReportedItem => ({ group: 'policy', name: name(data), verdict: 'none', reason: 'not judged', notes: [], span: data.span, durationMs: 0 }),
    ),
  ];
}

function taskItem({ id, text, span, verdict, condition, verifiedBy, attestedBy }: EventData['task']): ReportedItem {
  const by = attestedBy === undefined ? `verified by ${verifiedBy.length === 0 ? 'nothing' : verifiedBy.join(', ')}` : `attested by ${attestedBy}`;
  const reason = condition === 'failure' && verdict === 'none' ? 'only if something fails' : by;
  return { group: 'task', name: `${id} ${text}`, verdict, reason, notes: [by], span, durationMs: 0 };
}
