/** What a verdict rests on, as the entries have it: a pass with a part that did not pass is none, whoever wrote the word. */
import { isRecord } from '../journal/journal-line.ts';
import type { JournalEntry } from '../model/journal-entry.ts';

export interface PartLedger {
  readonly take: (entry: JournalEntry) => void;
  /** Each part that keeps an execution from passing, in a few words. */
  readonly bad: () => readonly string[];
}

const notPassed: readonly unknown[] = ['unproven', 'failed', 'refused', 'error', 'not run'];
const judged: readonly string[] = ['criterion', 'policy-enforced', 'task'];

/** What a field names, without mixing up `1`, `"1"` and `[1]`; what is missing is null. */
export function nameOf(value: unknown): string {
  return JSON.stringify(value ?? null);
}

/** The last word about a part counts: an attempt that was repeated, or cut and resumed, has a later one. */
export function createPartLedger(): PartLedger {
  const parts = new Map<string, unknown>();
  return {
    take: ({ kind, data }) => {
      const { verdict, steps } = data;
      if (kind === 'opened' && Array.isArray(steps)) {
        for (const step of steps) if (isRecord(step) && !parts.has(`step ${nameOf(step['id'])}`)) parts.set(`step ${nameOf(step['id'])}`, 'not run');
      }
      if (kind === 'step-ended') parts.set(`step ${nameOf(data['step'])}`, verdict);
      if (kind === 'step-not-run') parts.set(`step ${nameOf(data['step'])}`, data['notNeeded'] === true ? 'not needed' : 'not run');
      if (judged.includes(kind)) parts.set(`${kind} ${nameOf(data['id'])}`, verdict);
    },
    bad: () => [...parts].filter(([, verdict]) => notPassed.includes(verdict)).map(([name, verdict]) => `${name.replaceAll('"', '')} is ${String(verdict)}`),
  };
}
