import type { Span } from './span.ts';

/** What a policy sentence forbids or demands: the closed set of kinds, each with its parameters. */
export type PolicyRule =
  /** Only `writer` (the production path's step) may write `tables`; everything else reads unless the plan declares its writes. */
  | { readonly kind: 'no-manual-writes'; readonly tables: readonly string[]; readonly writer?: string }
  | { readonly kind: 'read-only' }
  | { readonly kind: 'no-execution' }
  | { readonly kind: 'no-sqlite-fallback'; readonly identifiers: readonly string[]; readonly files: readonly string[] }
  | { readonly kind: 'stop-on-failure'; readonly evidence: boolean }
  /** Every step of `after` only once the steps and claims of `before` have held. Each is a section's number (`2`) or a step's (`step 2.1`). */
  | { readonly kind: 'order'; readonly before: string; readonly after: string }
  | { readonly kind: 'no-ddl' }
  | { readonly kind: 'no-undeclared-env' }
  | { readonly kind: 'no-workspace-change' }
  | { readonly kind: 'no-substitution' }
  | { readonly kind: 'fresh-evidence'; readonly names: readonly string[] }
  | { readonly kind: 'attempt-limit'; readonly attempts: number }
  | { readonly kind: 'no-network'; readonly permit: readonly string[] }
  /** Places that nothing may run against: an environment's word (`production`) or a host or database by name. */
  | { readonly kind: 'forbidden-target'; readonly names: readonly string[] }
  /** Commands that no step may hold, each by its program and the words that make it the forbidden one (`git push`). */
  | { readonly kind: 'forbidden-command'; readonly commands: readonly string[] }
  /** Processes of steps must be kept apart from the machine, at least so far. */
  | { readonly kind: 'isolation'; readonly level: Exclude<IsolationLevel, 'none'> }
  /** Not enforced by any guard; the author accepted that by name in the addendum. */
  | { readonly kind: 'accepted'; readonly by: string };

/**
 * How far the processes of a step are kept apart from the machine, from the least to the most: not at all · their own process
 * table, and the runner's files out of reach · that, and no network but the step's own door to the database.
 */
export type IsolationLevel = 'none' | 'process' | 'network';

export type PolicyKind = PolicyRule['kind'];

/** Where a policy is in force. */
export type PolicyScope =
  | { readonly kind: 'document' }
  | { readonly kind: 'section'; readonly section: string }
  | { readonly kind: 'step'; readonly step: string };

/** One policy of one sentence (a sentence may hold several), numbered `P1`, `P2`, … in the order of the text. */
export interface Policy {
  readonly id: string;
  readonly text: string;
  readonly span: Span;
  readonly scope: PolicyScope;
  readonly rule: PolicyRule;
  readonly origin: 'text' | 'heading' | 'addendum' | 'baseline';
}

/** How strongly a policy was enforced. */
export type Strength = 'PREVENTED' | 'DETECTED' | 'ATTESTED' | 'UNENFORCED';

/** What was put before a policy and answered. `matched` is the stretch of the action that decided; `sqlstate` what a client saw. */
export interface Decision {
  readonly effect: 'permit' | 'refuse';
  /** The rule that decided, a stable short name such as `protected-relation`, `write-in-read-step`, `unparsable`. */
  readonly rule: string;
  readonly reason: string;
  readonly matched?: string;
  readonly sqlstate?: string;
  /** The kind of policy that forbids it, so that the runner can name the sentence; absent where the guard's own integrity does. */
  readonly policy?: PolicyKind;
}

/** A decision about a stretch of the plan's own text that refuses nothing and must be known: the text does not show what it sends. */
export interface PlacedDecision {
  readonly step: string;
  readonly decision: Decision;
  readonly span: Span;
  readonly text: string;
}
