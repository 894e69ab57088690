import type { DiagnosticCode } from './diagnostic-code.ts';
import type { Span } from './span.ts';

/** `error` cannot, `failed` judged and not met, `refused` stopped by a policy, `warning` may mislead. */
export type Severity = 'error' | 'failed' | 'refused' | 'warning';

/**
 * A message in five parts: what is wrong, the frame into the plan with its label, facts that make it believable, and the
 * one next action. Lower case, no full stop, the plan's own words, names in backticks.
 */
export interface Diagnostic {
  readonly severity: Severity;
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly span?: Span;
  readonly label?: string;
  readonly notes?: readonly string[];
  readonly help?: string;
}

/** What may not succeed: a value (absent when nothing usable came out) and what is to be said about it. */
export interface Checked<T> {
  readonly value: T | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity !== 'warning');
}

/**
 * The message of something that was thrown, whatever was thrown. Never empty: an AggregateError of node's (a refused
 * connection tried over two address families) has no message of its own.
 */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.message === '') return thrown.errors.map(messageOf).join('; ');
  if (thrown instanceof Error) return thrown.message || thrown.name;
  return String(thrown);
}
