/** One place that makes this floor's diagnostics, so that an absent part is left out and not set to undefined. */
import type { DiagnosticCode } from '../model/diagnostic-code.ts';
import type { Checked, Diagnostic } from '../model/diagnostic.ts';

/** What a message says beside its first line. */
export interface Details {
  readonly notes?: readonly string[];
  readonly help?: string;
}

/** Nothing usable, for one reason. */
export function cannot(code: DiagnosticCode, message: string, details: Details = {}): Checked<never> {
  return { value: undefined, diagnostics: [{ severity: 'error', code, message, ...details }] };
}

/** Something that may mislead, while the value stands. */
export function warn(code: DiagnosticCode, message: string, details: Details = {}): Diagnostic {
  return { severity: 'warning', code, message, ...details };
}

/** The last lines of a program's output, for a note. */
export function lastLines(text: string, count = 12): readonly string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .slice(-count);
}
