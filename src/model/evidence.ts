import type { Diagnostic } from './diagnostic.ts';
import type { IsolationLevel } from './policy.ts';
import type { MaskedPart } from './redactor.ts';
import type { Outcome } from './verdict.ts';
import type { Binding, Value } from './value.ts';

/** One stream of a process, kept whole in a content-addressed file. `sha256` is of the redacted bytes that were kept. */
export interface OutputEvidence {
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: number;
  readonly lines: number;
  readonly sha256: string;
  /** The first and the last bytes as text, at most 4 KiB each; `tail` is empty when `head` holds everything. */
  readonly head: string;
  readonly tail: string;
}

/** What the masks of a kept output hide, so that claims are judged on what was printed. Never recorded. */
export interface HiddenOutput {
  readonly stream: OutputEvidence['stream'];
  /** In the order of their places; undefined where there were too many to be remembered. */
  readonly parts: readonly MaskedPart[] | undefined;
}

/** A hit of a search. `path` is relative to the workspace, `lineNumber` counts from 1. */
export interface SearchHit {
  readonly path: string;
  readonly lineNumber: number;
  readonly text: string;
}

/** One pattern's search. `hidden` are the hits that the author's own command left out (ignored, hidden or binary files). */
export interface SearchEvidence {
  readonly pattern: string;
  readonly matches: number;
  readonly hits: readonly SearchHit[];
  readonly hidden: number;
}

/** What a query answered. `rows` are capped at 1,000 (`rowCount` is not); values in the order of `columns`. */
export interface RowsEvidence {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rowCount: number;
  readonly rows: readonly (readonly Value[])[];
  /** A transaction id that the session was given: evidence that it wrote. Absent for a session that only read. */
  readonly transactionId?: string;
}

/** The server's own answer to a statement that it rejected. */
export interface SqlFailure {
  readonly sqlstate: string;
  readonly message: string;
  readonly table?: string;
  readonly column?: string;
  readonly constraint?: string;
}

/** The counts of a test runner, from its own closing line. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly errors: number;
}

/** Everything one attempt at a step showed: facts only, no judgement. Absent parts did not arise. */
export interface StepEvidence {
  readonly outcome: Outcome;
  readonly durationMs: number;
  readonly exitCode?: number;
  readonly signal?: string;
  readonly outputs?: readonly OutputEvidence[];
  /** Of the outputs in which something was masked. */
  readonly hidden?: readonly HiddenOutput[];
  /** Values for the names that were asked for; a name with several different values stands here several times. */
  readonly observations: readonly Binding[];
  readonly rows?: RowsEvidence;
  readonly sqlFailure?: SqlFailure;
  readonly searches?: readonly SearchEvidence[];
  readonly tests?: TestCounts;
  /** Processes that outlived the step and were killed (`pid command`). */
  readonly leftover?: readonly string[];
  /** How far its processes were kept apart; absent for a step that runs none. */
  readonly isolation?: IsolationLevel;
  /** The program that ran, resolved: absolute path and digest. */
  readonly program?: { readonly path: string; readonly sha256: string };
  /** Why no judgement is possible (no such program, the database died, a hole without value). Verdict `error`. */
  readonly problem?: Diagnostic;
}
