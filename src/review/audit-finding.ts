import type { DiagnosticCode } from '../model/diagnostic-code.ts';
import type { Diagnostic } from '../model/diagnostic.ts';

export type AuditCode = Extract<DiagnosticCode, `review/${string}`>;

/** One thing that is wrong with a record, and where. No finding at all is the only good answer of an audit. */
export interface AuditFinding {
  readonly code: AuditCode;
  readonly message: string;
  /** Relative to the execution's folder. */
  readonly file: string;
  /** From 1, in files of lines. */
  readonly lineNumber?: number;
  /** The first bad byte in the file, from 0; the start of the line where the byte itself cannot be told. */
  readonly offset?: number;
}

/** Findings about a file's lines are cut off here: a gigabyte of line feeds is said once, not a billion times. */
export const maximumFindings = 100;

const next: Partial<Record<AuditCode, string>> = {
  'review/not-an-execution': 'give the folder of one execution, such as `.proofplan/latest`',
  'review/unknown-version': 'verify it with the version of proofplan that wrote it, or a later one',
  'review/ledger-missing': 'verify the folder where it was made, with `ledger.jsonl` two folders up',
};

/** The finding as a message for people. */
export function renderFinding(finding: AuditFinding): Diagnostic {
  const place = [finding.file, ...(finding.lineNumber === undefined ? [] : [finding.lineNumber])].join(':');
  const note = finding.offset === undefined ? `found in ${place}` : `found in ${place}, at byte ${finding.offset}`;
  return {
    severity: 'error',
    code: finding.code,
    message: finding.message,
    notes: [note],
    help: next[finding.code] ?? 'do not rely on this record: execute the plan again, and keep this folder for the question who changed it',
  };
}
