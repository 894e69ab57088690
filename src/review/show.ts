/** What happened in an execution, step by step with its evidence: read from the journal, and said as the journal has it. */
import { readEntries } from '../journal/journal-reader.ts';
import type { Checked } from '../model/diagnostic.ts';
import { settledEvents } from '../model/settled-event.ts';
import { eventOf, type EventData, type ExecutionEvent } from '../model/event.ts';

/** An execution as plain data. `unknown` counts entries of kinds that this version does not know. */
export interface ShownExecution {
  readonly execution: string;
  readonly events: readonly ExecutionEvent[];
  readonly unknown: number;
}

/** One step with everything that the journal says about it, in order. */
export interface ShownStep {
  readonly id: string;
  readonly started?: EventData['step-started'];
  readonly ended?: EventData['step-ended'];
  /** All that came to an end, in order. */
  readonly attempts: readonly EventData['step-ended'][];
  readonly notRun?: EventData['step-not-run'];
  readonly captures: readonly EventData['capture'][];
  readonly expectations: readonly EventData['expectation'][];
  readonly decisions: readonly EventData['decision'][];
  readonly tripwires: readonly EventData['tripwire'][];
}

export async function readExecution(folder: string): Promise<Checked<ShownExecution>> {
  const entries = await readEntries(folder);
  const execution = entries.value?.[0]?.execution;
  if (entries.value === undefined || execution === undefined) return { value: undefined, diagnostics: entries.diagnostics };
  const events = entries.value.map(eventOf);
  const known = events.filter((event) => event !== undefined);
  return { value: { execution, events: known, unknown: events.length - known.length }, diagnostics: entries.diagnostics };
}

/** The steps of an execution: planned ones first in their order, then any that the plan did not list. */
export function stepsOf({ events: all }: ShownExecution): readonly ShownStep[] {
  const events = settledEvents(all);
  const of = <K extends ExecutionEvent['kind']>(kind: K): readonly EventData[K][] => events.filter((event) => event.kind === kind).map((event) => event.data as EventData[K]);
  const ids = new Set([...of('opened').flatMap((data) => data.steps.map((step) => step.id)), ...of('step-started').map((data) => data.step), ...of('step-not-run').map((data) => data.step)]);
  return [...ids].map((id) => {
    const own = <D extends { readonly step: string }>(list: readonly D[]): readonly D[] => list.filter((data) => data.step === id);
    const [started, ended, notRun] = [own(of('step-started')).at(-1), own(of('step-ended')).at(-1), own(of('step-not-run')).at(-1)];
    return {
      id,
      ...(started === undefined ? {} : { started }),
      ...(ended === undefined ? {} : { ended }),
      ...(notRun === undefined ? {} : { notRun }),
      attempts: own(of('step-ended')),
      captures: own(of('capture')),
      expectations: own(of('expectation')),
      decisions: own(of('decision')),
      tripwires: own(of('tripwire')),
    };
  });
}
