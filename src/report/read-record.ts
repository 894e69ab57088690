/** Reads an execution's folder for the renderers of reports: the journal's events, and the plan document as it was executed. */
import { readEvidence } from '../journal/evidence-store.ts';
import { messageOf, type Checked, type Diagnostic } from '../model/diagnostic.ts';
import { readEvents, type RecordedEvents } from './read-event.ts';
import { withReportedVerdict } from './report-verdict.ts';

/** Bytes of a plan document: more than any that is taken for one. */
export const mostDocument = 64 << 20;

/** What the reports for people are made from. */
export interface RecordedExecution extends RecordedEvents {
  /** The plan document as it was executed, with its byte order mark. */
  readonly document: string;
}

/** A journal that was cut is read as far as it goes; what is wrong with it is said beside. */
export async function readRecord(folder: string): Promise<Checked<RecordedExecution>> {
  const { value: read, diagnostics } = await readEvents(folder);
  const value = read && withReportedVerdict(read);
  const opened = value?.events[0];
  if (value === undefined || opened?.kind !== 'opened') return { value: undefined, diagnostics };
  const { value: plan, diagnostics: unread } = await readEvidence(folder, opened.data.plan.sha256, mostDocument);
  if (plan?.whole === true) return { value: { ...value, document: plan.bytes.toString('utf8') }, diagnostics };
  const message = `the plan document of this execution cannot be read: ${unread[0]?.message ?? 'it is too long'}`;
  return {
    value: undefined,
    diagnostics: [...diagnostics, { severity: 'error', code: 'report/no-document', message, help: `proofplan audit verify ${folder}` }],
  };
}

/** The data of an entry is trusted to have its kind's shape; one that was edited, or written by another version, may not. */
export function notOfItsKind(folder: string, error: unknown): Diagnostic {
  const message = `an entry of the journal does not have the form of its kind: ${messageOf(error)}`;
  return { severity: 'error', code: 'journal/unreadable', message, help: `proofplan audit verify ${folder}` };
}
