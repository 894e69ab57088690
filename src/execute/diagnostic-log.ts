import type { Diagnostic } from '../model/diagnostic.ts';
import type { Redactor } from '../model/redactor.ts';
import { plainData, type ExecutionRecord } from './execution-record.ts';

/** Messages for people: in the record first, then kept for the end of the execution. */
export interface DiagnosticLog {
  readonly report: (...diagnostics: readonly Diagnostic[]) => Promise<void>;
  /** Takes note without a record: for what happens before it opens, or because it cannot be written. */
  readonly keep: (...diagnostics: readonly Diagnostic[]) => void;
  readonly all: () => readonly Diagnostic[];
}

export function createDiagnosticLog(redactor: Redactor, record?: ExecutionRecord): DiagnosticLog {
  const kept: Diagnostic[] = [];
  const keep = (...diagnostics: readonly Diagnostic[]): void => {
    kept.push(...diagnostics.map((diagnostic) => plainData(diagnostic, redactor) as Diagnostic));
  };
  return {
    keep,
    report: async (...diagnostics) => {
      keep(...diagnostics);
      for (const diagnostic of diagnostics) await record?.record('diagnostic', diagnostic);
    },
    all: () => kept,
  };
}
