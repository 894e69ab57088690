/** The events of a record as NDJSON: the journal's entries without their chain, each with the version of this form. Nothing is kept in memory. */
import { readJournal } from '../journal/journal-reader.ts';
import { eventOf } from '../model/event.ts';
import type { JournalEntry } from '../model/journal-entry.ts';
import { jsonText } from './format-text.ts';

/** Raised when a reader of the last version could misread this one. */
export const eventsVersion = 1;

/** A line of `schemas/event.schema.json`; undefined for a kind that this version does not know. */
export function renderEvent(entry: JournalEntry): string | undefined {
  const event = eventOf(entry);
  if (event === undefined) return undefined;
  const { seq, ts, kind, data } = event;
  return `${jsonText({ schemaVersion: eventsVersion, execution: entry.execution, seq, ts, kind, data })}\n`;
}

/** The lines up to where the journal can be read; what is wrong with it is said by whoever read it before. Throws what `node:fs` throws. */
export async function* renderEvents(journal: string): AsyncGenerator<string> {
  for await (const line of readJournal(journal)) {
    if (line.problem?.kind === 'cut') continue;
    if (line.torn || line.entry === undefined) return;
    const text = renderEvent(line.entry);
    if (text !== undefined) yield text;
  }
}
