/** The types that a captured, given or observed value can have. `database` is filled by the guard's address, never by a person's. */
export type ValueType = 'uuid' | 'integer' | 'number' | 'boolean' | 'text' | 'timestamp' | 'duration' | 'size' | 'percentage' | 'database';

/** A value with its type. `text` is the source text, kept whole (9007199254740993 survives); `null` is SQL's NULL or JSON's null. */
export interface Value {
  readonly type: ValueType;
  readonly text: string | null;
}

/** Where a value came from: the one answer to "who says so?". Lines count from 1, rows from 1. */
export type Origin =
  | { readonly kind: 'input'; readonly source: '--set' | '--set-secret' | '--params' | 'environment' | 'runner' | 'plan' }
  | { readonly kind: 'output'; readonly step: string; readonly stream: 'stdout' | 'stderr'; readonly lineNumber: number }
  | { readonly kind: 'row'; readonly step: string; readonly row: number; readonly column: string }
  /** A shell variable at the end of a step (carrying). */
  | { readonly kind: 'variable'; readonly step: string; readonly variable: string }
  | { readonly kind: 'search'; readonly step: string }
  | { readonly kind: 'verdict'; readonly of: readonly string[] }
  | { readonly kind: 'witness'; readonly step: string; readonly witness: string };

/** A name with its value and where it came from. `secret` values leave the process only redacted. */
export interface Binding {
  readonly name: string;
  readonly value: Value;
  readonly origin: Origin;
  readonly secret?: boolean;
}
