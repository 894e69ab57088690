/** The version of the journal's and the ledger's lines. A reader refuses one that it does not know. */
export const journalVersion = 1;

/** The names inside `executions/<id>/`. Engines write evidence, `execute` the reports, the journal its own two files. */
export const executionFiles = {
  journal: 'journal.jsonl',
  checkpoint: 'checkpoint',
  verdict: 'verdict.json',
  report: 'report.md',
  page: 'report.html',
  /** A view of the execution while it goes on; afterwards it only leads to the page. No part of the record. */
  live: 'live.html',
  evidence: 'evidence',
  /** A link while a process writes the record: its target names the process. */
  lock: 'lock',
} as const;

/** What is written from the record when it ends. */
export const resultFiles = [executionFiles.verdict, executionFiles.report, executionFiles.page] as const;

/** A SHA-256 in lower hex. Whatever else stands in a record in its place names no file. */
export const digestPattern = /^[0-9a-f]{64}$/;

/** Where content with this digest is kept, relative to the execution's folder. */
export function evidencePath(sha256: string): string {
  return `${executionFiles.evidence}/sha256/${sha256}`;
}

/** An execution's id: `2026-02-09T12-00-00Z-abcdef`. Sorts by time, is a safe file name, needs no quoting in a shell. */
export const executionIdPattern = /^\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}Z-[0-9a-f]{6}$/;

/**
 * One line of a journal, in RFC 8785 form. `seq` counts from 1, so it is the line's number; `ts` is UTC with milliseconds
 * and never goes back; `prev` is the SHA-256 of the line before with its line feed (`sed -n 16p journal.jsonl | sha256sum`
 * is the `prev` of line 17), and in line 1 that of the text `proofplan/journal/v1`, line feed, the execution's id, line feed.
 *
 * Kinds and their data are in event.ts. The audit relies on `opened` first; `step-started` and `step-ended` in pairs; at the end
 * `verdict`, then (verdict.json and the reports are written) `files` with their digests, then `closed`, the last line. Beside
 * these, an object with `stream`, `sha256` and `bytes` anywhere in an entry's data names a file of evidence.
 */
export interface JournalEntry {
  readonly v: typeof journalVersion;
  readonly execution: string;
  readonly seq: number;
  readonly ts: string;
  readonly kind: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly prev: string;
}

/** How far a journal has come: number of lines, SHA-256 of the last line, RFC 6962 root over the lines; digests in lower hex. */
export interface JournalState {
  readonly entries: number;
  readonly head: string;
  readonly root: string;
}

/** A file that a `files` entry fixes. `path` is relative to the execution's folder. */
export interface RecordedFile {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}
