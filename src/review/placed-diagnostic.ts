import type { Diagnostic, Severity } from '../model/diagnostic.ts';

/** A diagnostic as plain data for other programs: the span is flat, lines and columns from 1, the end exclusive. */
export interface PlacedDiagnostic {
  readonly severity: Severity;
  readonly code: string;
  readonly message: string;
  readonly path?: string;
  readonly line?: number;
  readonly column?: number;
  readonly endLine?: number;
  readonly endColumn?: number;
  readonly label?: string;
  readonly notes?: readonly string[];
  readonly help?: string;
}

export function placeDiagnostic({ severity, code, message, span, label, notes, help }: Diagnostic): PlacedDiagnostic {
  return {
    severity,
    code,
    message,
    ...(span === undefined ? {} : { path: span.path, line: span.start.line, column: span.start.column, endLine: span.end.line, endColumn: span.end.column }),
    ...(label === undefined || label === '' ? {} : { label }),
    ...(notes === undefined || notes.length === 0 ? {} : { notes }),
    ...(help === undefined || help === '' ? {} : { help }),
  };
}
