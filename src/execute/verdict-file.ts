/**
 * `verdict.json` (schema `schemas/verdict.schema.json`): a reader of the recorded events like every report, so that it says
 * nothing that the journal does not say. Reads them as they come and keeps only what the file holds.
 */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { CaptureData, CriterionData, EventData, ExecutionEvent, PlannedStep, StepEndedData } from '../model/event.ts';
import type { JournalState } from '../model/journal-entry.ts';
import { isPassing, settlingName } from '../model/settled-event.ts';

export interface VerdictReader {
  readonly take: (event: ExecutionEvent) => void;
  /** The file's content, indented; undefined before an opening and a verdict. `journal` is its state at the `verdict` entry. */
  readonly render: (execution: string, journal: JournalState) => string | undefined;
}

const listNames = [
  'preparation',
  'preconditions',
  'tasks',
  'canaries',
  'expectations',
  'criteria',
  'policies',
  'decisions',
  'tripwires',
  'report',
  'diagnostics',
] as const;

type ListName = (typeof listNames)[number];

interface StepNotes {
  started: number;
  ended: number;
  last?: Pick<StepEndedData, 'outcome' | 'verdict' | 'durationMs' | 'exitCode'>;
  reason?: string;
}

export function createVerdictReader(): VerdictReader {
  let opened: EventData['opened'] | undefined;
  let verdict: EventData['verdict'] | undefined;
  let startedAt = '';
  let endedAt = '';
  const steps = new Map<string, StepNotes>();
  const captures = new Map<string, unknown>();
  const lists = {} as Record<ListName, Map<string, unknown>>;
  for (const name of listNames) lists[name] = new Map();
  // What an attempt shows holds when it has ended, and no other one follows.
  let shown: CaptureData[] = [];
  const notesOf = (step: string): StepNotes => {
    const notes = steps.get(step) ?? { started: 0, ended: 0 };
    steps.set(step, notes);
    return notes;
  };
  const take = (event: ExecutionEvent): void => {
    const keep = (list: ListName, value: unknown): void => void lists[list].set(settlingName(event) ?? String(event.seq), value);
    startedAt ||= event.ts;
    endedAt = event.ts;
    switch (event.kind) {
      case 'opened':
        opened = event.data;
        for (const input of event.data.inputs) captures.set(...renderCapture(input));
        return;
      case 'verdict':
        verdict = event.data;
        return;
      case 'step-started':
        notesOf(event.data.step).started += 1;
        shown = [];
        return;
      case 'step-ended': {
        const notes = notesOf(event.data.step);
        const { outcome, verdict: held, durationMs, exitCode, isolation } = event.data;
        notes.ended += 1;
        if (!isPassing(event.data)) for (const capture of shown) captures.set(...renderCapture(capture));
        shown = [];
        notes.last = { outcome, verdict: held, durationMs, ...(exitCode === undefined ? {} : { exitCode }), ...(isolation === undefined ? {} : { isolation }) };
        return;
      }
      case 'step-not-run':
        notesOf(event.data.step).reason = event.data.reason;
        return;
      case 'capture':
        if (!event.data.again && !event.data.conflict) shown.push(event.data);
        return;
      case 'preparation':
        return keep('preparation', event.data);
      case 'precondition': {
        const { id, span, text, verdict: held, notes } = event.data;
        return keep('preconditions', { id, line: span.start.line, text, verdict: held, detail: notes.join('; ') });
      }
      case 'task': {
        const { id, span, text, verdict: held, attestedBy } = event.data;
        return keep('tasks', { id, line: span.start.line, text, verdict: held, attestedBy });
      }
      case 'canary': {
        const { name, layer, moment, refused, detail } = event.data;
        return keep('canaries', { name, layer, moment, refused, detail });
      }
      case 'expectation': {
        const { id, step, span, text, verdict: held, actual, origin } = event.data;
        return keep('expectations', { id, step, line: span.start.line, text, verdict: held, actual, origin });
      }
      case 'criterion':
        return keep('criteria', renderCriterion(event.data));
      case 'policy-enforced':
        return keep('policies', renderPolicy(event.data, opened));
      case 'decision':
        return event.data.effect === 'refuse' ? keep('decisions', renderRefusal(event.data, event.seq)) : undefined;
      case 'tripwire': {
        const { step, kind, what, explained } = event.data;
        return keep('tripwires', { step, kind, what, explained });
      }
      case 'report-field': {
        const { label, span, value, source } = event.data;
        return keep('report', { label, line: span.start.line, value: value ?? null, origin: source });
      }
      case 'diagnostic':
        return keep('diagnostics', renderDiagnostic(event.data));
      default:
        return;
    }
  };

  return {
    take,
    render: (execution, journal) => {
      if (!opened || !verdict) return undefined;
      const { plan, addendum, tool, attempt, environment, workspace, isolation, readingSha256 } = opened;
      const value = {
        schemaVersion: 1,
        execution,
        tool: { name: tool.name, version: tool.version },
        attempt,
        startedAt,
        endedAt,
        durationMs: Date.parse(endedAt) - Date.parse(startedAt),
        environment: environment ?? undefined,
        workspace: { commit: workspace.commit, dirtyCount: workspace.dirtyCount, filesSha256: workspace.files?.sha256 },
        isolation,
        plan: {
          path: plan.path,
          title: plan.title,
          sha256: plan.sha256,
          readingSha256,
          addendum: addendum && { path: addendum.path, sha256: addendum.sha256 },
        },
        verdict: verdict.verdict,
        exitCode: verdict.exitCode,
        reason: verdict.reason,
        steps: opened.steps.map((step) => renderStep(step, steps.get(step.id))),
        captures: Object.fromEntries(captures),
        ...Object.fromEntries(listNames.map((name) => [name, [...lists[name].values()]])),
        journal,
      };
      return `${JSON.stringify(value, null, 2)}\n`;
    },
  };
}

function renderStep({ id, title, kind, span }: PlannedStep, notes: StepNotes | undefined): unknown {
  const base = { id, title, kind, line: span.start.line };
  if (notes?.last) return { ...base, ...notes.last, attempts: notes.ended };
  // Begun and never ended: nobody can say what it did.
  const outcome = notes && notes.started > 0 ? 'in doubt' : 'not run';
  return { ...base, outcome, verdict: 'none', durationMs: 0, attempts: notes?.started ?? 0, reason: notes?.reason };
}

function renderCriterion({ id, span, text, verdict, clauses }: CriterionData): unknown {
  return { id, line: span.start.line, text, verdict, witnesses: clauses.flatMap((clause) => clause.witnesses), clauses };
}

/** A sentence of the configuration stands in no line of the plan. */
function renderPolicy(
  { id, span, text, rule, strength, by, canary, permitted, refused }: EventData['policy-enforced'],
  opened: EventData['opened'] | undefined,
): unknown {
  const line = span.path === opened?.plan.path || span.path === opened?.addendum?.path ? span.start.line : null;
  return { id, line, text, kind: rule.kind, strength, by, canary, permitted, refused, acceptedBy: rule.kind === 'accepted' ? rule.by : undefined };
}

/** What was permitted is in the journal, with its counts in the policies' rows. */
function renderRefusal({ step, policy, span, sqlstate, text, rule, reason, effect }: EventData['decision'], entry: number): unknown {
  return { step, effect, policy: policy ?? null, line: span?.start.line ?? null, sqlstate: sqlstate ?? null, text, rule, reason, entry };
}

function renderCapture({ name, text, type, origin }: Pick<CaptureData, 'name' | 'text' | 'type' | 'origin'>): readonly [string, unknown] {
  return [name, { value: text, type, origin }];
}

function renderDiagnostic({ severity, code, message, span, label, notes, help }: Diagnostic): unknown {
  const place = span && { path: span.path, line: span.start.line, column: span.start.column, endLine: span.end.line, endColumn: span.end.column };
  return { severity, code, message, ...place, label, notes, help };
}
