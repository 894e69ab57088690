/** Reads an execution's folder for the renderers of reports: the journal's events, and the plan document as it was executed. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { walkEntries } from '../journal/journal-reader.ts';
import { messageOf, type Checked } from '../model/diagnostic.ts';
import { eventOf, type ExecutionEvent } from '../model/event.ts';
import { evidencePath } from '../model/journal-entry.ts';
import { slimEvent } from '../model/slim-event.ts';

/** What every report is made from. */
export interface RecordedExecution {
  readonly execution: string;
  /** The plan document as it was executed, with its byte order mark. */
  readonly document: string;
  /** Slim (`slimEvent`), in the order of the journal; what was told twice stands twice (`settledEvents` takes the last). */
  readonly events: readonly ExecutionEvent[];
}

/** A journal that was cut is read as far as it goes; what is wrong with it is said beside. */
export async function readRecord(folder: string): Promise<Checked<RecordedExecution>> {
  const events: ExecutionEvent[] = [];
  let execution: string | undefined;
  const entries = await walkEntries(folder, (entry) => {
    execution ??= entry.execution;
    const event = eventOf(entry);
    if (event !== undefined) events.push(slimEvent(event));
  });
  const opened = events.find((event) => event.kind === 'opened');
  if (opened?.kind !== 'opened' || execution === undefined) return { value: undefined, diagnostics: entries.diagnostics };
  try {
    const document = await readFile(join(folder, evidencePath(opened.data.plan.sha256)), 'utf8');
    return { value: { execution, document, events }, diagnostics: entries.diagnostics };
  } catch (error) {
    const message = `the plan document of this execution cannot be read: ${messageOf(error)}`;
    return {
      value: undefined,
      diagnostics: [...entries.diagnostics, { severity: 'error', code: 'report/no-document', message, help: `proofplan audit verify ${folder}` }],
    };
  }
}
