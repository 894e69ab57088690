import type { Expectation } from './claim.ts';
import type { Span } from './span.ts';
import type { ValueType } from './value.ts';

/**
 * What a step may do to the database. `write`: only the tables that it declares; `write-except-protected`: any that is not protected;
 * `ddl`: that, and changes of the schema of what is not protected; `full`: everything but what would blind the guard itself;
 * `production` is the path that the plan names as the legitimate writer; `probe` is one change that the runner rolls back.
 */
export type Capability = 'none' | 'read' | 'write' | 'write-except-protected' | 'ddl' | 'full' | 'production' | 'probe';

/** The permission a step has at the gateway; `writes` names the tables that a `write` or `production` step declares. */
export interface Access {
  readonly capability: Capability;
  readonly writes: readonly string[];
  /** A policy forbids changes of the schema, whatever the capability permits; `CREATE … IF NOT EXISTS` stays. */
  readonly fixedSchema?: true;
  /** Where the plan or addendum grants it; absent for the default. */
  readonly grantedAt?: Span;
}

/** A value taken out of a step's evidence under a name; taken once. `optional`: absent is no failure (an "Error (if any)"). */
export interface Capture {
  readonly name: string;
  readonly type: ValueType;
  readonly span: Span;
  readonly optional: boolean;
  readonly source: CaptureSource;
  /** Shown nowhere but as `***`. */
  readonly secret?: true;
  readonly boundBy?: 'addendum';
}

export type CaptureSource =
  /**
   * A line of stdout. `label` matches `Run ID: x`, `run_id: x`, `run_id = x` or a JSON field of that name; `pattern` is the
   * author's line with holes (`<uuid>: <name> (<status>)`), of which the hole `take` is captured; `first` takes the first of several.
   */
  | { readonly kind: 'label'; readonly label: string }
  | { readonly kind: 'pattern'; readonly pattern: string; readonly take: string; readonly first: boolean }
  | { readonly kind: 'column'; readonly column: string }
  /** The whole trimmed stdout (a command substitution's habit). */
  | { readonly kind: 'stdout' }
  /** A shell variable's value at the end of the step (carrying). */
  | { readonly kind: 'variable'; readonly variable: string };

/** A hole of the text and what stands in its place when it runs. `offset`/`length` count in the step's `text`. */
export interface Splice {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
  readonly replacement: string;
  /** How the value is escaped for the place: plain data, a JSON string's inside, a URL's component. */
  readonly format: 'plain' | 'json' | 'url';
  /** The environment variable that carries the value (shell), or the parameter's number (SQL). */
  readonly carrier: string;
}

/** A conditional instruction ("if none, …"): runs only when `name` was not captured by then. */
export interface Condition {
  readonly kind: 'not-captured';
  readonly name: string;
  readonly span: Span;
}

/**
 * Attempts after the first: only where the plan says so. An attempt that failed (or timed out) is followed by another; one that was
 * refused, or came to an error, never. All attempts are kept.
 */
export interface Repetition {
  /** `retry`: after a failure; `eventually`: until what the step expects holds. */
  readonly kind: 'retry' | 'eventually';
  /** At most so many attempts, the first among them; absent: as many as the time allows. */
  readonly attempts?: number;
  /** Wall-clock time for all attempts together. No attempt begins after it. */
  readonly withinMs: number;
  /** Between the end of an attempt and the beginning of the next. */
  readonly pauseMs: number;
  /** What shows that another attempt is in vain: judged like an expectation, on each failed attempt. */
  readonly giveUpWhen?: Pick<Expectation, 'text' | 'span' | 'claim'>;
  readonly span: Span;
}

/** A query that tells, after a cut, whether the step had done its work: a row says yes, none says no. Sent in the read-only session. */
export interface DoneProbe {
  /** With `$1`, `$2`, … in the order of `parameters`. */
  readonly sql: string;
  readonly parameters: readonly string[];
  readonly span: Span;
}

interface StepBase {
  /** Numbered from its heading: `2.1`. */
  readonly id: string;
  readonly title: string;
  readonly section: string;
  /** The text as the author wrote it, and where. */
  readonly text: string;
  readonly span: Span;
  readonly access: Access;
  readonly captures: readonly Capture[];
  readonly expectations: readonly Expectation[];
  readonly condition?: Condition;
  readonly timeoutMs: number;
  /**
   * `precondition`: unmet, it blocks the execution instead of failing it. `teardown`: runs at the end in any case, sections in reverse
   * order; it can only worsen the verdict.
   */
  readonly role: 'step' | 'precondition' | 'report' | 'teardown';
  /** Never repeated on resume: it may have changed the world. */
  readonly once: boolean;
  readonly repeat?: Repetition;
  readonly doneWhen?: DoneProbe;
  readonly boundBy?: 'addendum' | 'yaml';
}

export interface ShellStep extends StepBase {
  readonly kind: 'shell';
  /** What is executed: the text with its splices applied, byte for byte otherwise. */
  readonly command: string;
  readonly splices: readonly Splice[];
  readonly workingDirectory: string;
  /** Variables that the addendum adds for this step, beside what the text itself assigns. */
  readonly environment: Readonly<Record<string, string>>;
  /** A known test runner, whose own counts are read (`tests-pass`). */
  readonly testRunner?: 'pytest';
}

/** The plan's own program that calls a coordinator; its `key: value` lines are `fields`. Carried out as a shell step is, in read access. */
export interface CoordinatorCallStep extends StepBase {
  readonly kind: 'coordinator-call';
  readonly command: string;
  readonly splices: readonly Splice[];
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Names that the program's text prints, in order. */
  readonly fields: readonly string[];
}

/** A column of a query: `name` is what claims call it (`runs.status` for a plain column of a table that another step also shows). */
export interface QueryColumn {
  readonly column: string;
  readonly name: string;
}

export interface SqlAssertStep extends StepBase {
  readonly kind: 'sql-assert';
  /** The statement with its holes replaced by `$1`, `$2`, … in the order of `parameters`. */
  readonly sql: string;
  readonly splices: readonly Splice[];
  readonly parameters: readonly string[];
  readonly columns: readonly QueryColumn[];
  /** `probe`: a forbidden statement that a claim needs; sent by the runner itself and always rolled back. */
  readonly mode: 'read' | 'probe';
}

/** What a search is asked: one pattern as the author's command has it, and each alternative of it alone. */
export interface RgCheckStep extends StepBase {
  readonly kind: 'rg-check';
  /** Arguments of `rg` as written (after shell quoting), without the program's name. */
  readonly arguments: readonly string[];
  /** The patterns searched one by one for `found: each`; the pattern itself where it has no alternatives. */
  readonly patterns: readonly string[];
  /** Paths as written, relative to the workspace; every one must exist ("file does not exist" is not absence). */
  readonly paths: readonly string[];
  readonly fixedStrings: boolean;
}

export type Step = ShellStep | SqlAssertStep | RgCheckStep | CoordinatorCallStep;

export type StepKind = Step['kind'];
