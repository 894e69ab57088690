/** Reads an execution's folder for the renderers of reports: the journal's events, and the plan document as it was executed. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, type Checked } from '../model/diagnostic.ts';
import { evidencePath } from '../model/journal-entry.ts';
import { readEvents, type RecordedEvents } from './read-event.ts';

/** What the reports for people are made from. */
export interface RecordedExecution extends RecordedEvents {
  /** The plan document as it was executed, with its byte order mark. */
  readonly document: string;
}

/** A journal that was cut is read as far as it goes; what is wrong with it is said beside. */
export async function readRecord(folder: string): Promise<Checked<RecordedExecution>> {
  const { value, diagnostics } = await readEvents(folder);
  const opened = value?.events[0];
  if (value === undefined || opened?.kind !== 'opened') return { value: undefined, diagnostics };
  try {
    const document = await readFile(join(folder, evidencePath(opened.data.plan.sha256)), 'utf8');
    return { value: { ...value, document }, diagnostics };
  } catch (error) {
    const message = `the plan document of this execution cannot be read: ${messageOf(error)}`;
    return {
      value: undefined,
      diagnostics: [...diagnostics, { severity: 'error', code: 'report/no-document', message, help: `proofplan audit verify ${folder}` }],
    };
  }
}
