import type { Span } from './span.ts';
import type { Value } from './value.ts';

/**
 * One side of a comparison: a name that evidence supplies, or a value that the plan's text states. `plus` is a constant
 * that is added to the name's value: a decimal number with its sign (`-1`, `0.5`).
 */
export type Operand = { readonly kind: 'name'; readonly name: string; readonly plus?: string } | { readonly kind: 'literal'; readonly value: Value };

export type Operator = '==' | '!=' | '>=' | '<=' | '>' | '<' | 'contains' | 'does not contain' | 'starts with' | 'ends with' | 'matches' | 'does not match';

export type Bound = 'exactly' | 'at-least' | 'at-most';

export type OutputStream = 'stdout' | 'stderr';

/** `is`: the whole text but its last line end; `line`: one of its lines, without white space around it. */
export type OutputOperator = 'contains' | 'is' | 'line' | 'starts with' | 'ends with' | 'matches';

/** A `<name>` in the text of a claim. `offset` and `length` count in that text. */
export interface ClaimHole {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
}

/** What each value of a column must be. */
export type CellTest =
  | { readonly kind: 'compare'; readonly operator: Operator; readonly value: Value }
  | { readonly kind: 'member'; readonly values: readonly Value[]; readonly negated: boolean }
  | { readonly kind: 'null'; readonly negated: boolean };

/**
 * The closed language of what evidence can be asked. A conjunction in the text is compiled to several claims, so that each
 * has its own verdict. Nothing outside this union can be expected; prose that does not fit is unclaimed, never guessed.
 * Where `stream` is absent, both are meant.
 */
export type Claim =
  | { readonly kind: 'compare'; readonly left: Operand; readonly operator: Operator; readonly right: Operand }
  | { readonly kind: 'member'; readonly name: string; readonly values: readonly Value[]; readonly negated?: true }
  | { readonly kind: 'null'; readonly name: string; readonly negated: boolean }
  | { readonly kind: 'rows'; readonly bound: Bound; readonly count: number; readonly noun: string }
  /** Every row of the answer has such a value in the column `name`, of no rows this proves nothing; or at least one of them (`some`). */
  | { readonly kind: 'each-row'; readonly name: string; readonly test: CellTest; readonly some?: true }
  /** No value stands twice in the column `name`. */
  | { readonly kind: 'unique'; readonly name: string }
  | { readonly kind: 'exit-code'; readonly code: number }
  /** One of several exit codes. */
  | { readonly kind: 'exit-codes'; readonly codes: readonly number[] }
  /** It failed by itself: not refused, not killed, not late, and it did start. */
  | { readonly kind: 'fails'; readonly pattern?: string }
  | {
      readonly kind: 'output';
      readonly operator: OutputOperator;
      readonly text: string;
      readonly negated: boolean;
      readonly stream?: OutputStream;
      /** Placeholders of the text, in order; their values stand in their place when it is judged. */
      readonly holes?: readonly ClaimHole[];
    }
  | { readonly kind: 'output-empty'; readonly negated: boolean; readonly stream?: OutputStream }
  | { readonly kind: 'output-lines'; readonly bound: Bound; readonly count: number; readonly stream: OutputStream }
  /** The status of the HTTP answer that was printed: `200`, or a class as `2xx`. */
  | { readonly kind: 'http-status'; readonly statuses: readonly string[] }
  /** How long the step took. */
  | { readonly kind: 'duration'; readonly operator: '<' | '<=' | '>' | '>='; readonly limit: Value }
  /** A test runner ran at least one test and none failed; with `passed`, so many passed. */
  | { readonly kind: 'tests-pass'; readonly passed?: { readonly bound: Bound; readonly count: number } }
  /** Exactly one of the fields that the step's program printed has exactly this value ("returns `HASH_CHAIN`"). */
  | { readonly kind: 'returns'; readonly value: string }
  /** The statement was rejected with this SQLSTATE, for this very column, by this very constraint, on this very table. */
  | { readonly kind: 'sql-fails'; readonly sqlstate: string; readonly column?: string; readonly constraint?: string; readonly table?: string }
  /** Every pattern of the search matched at least once (`each`), or the search as a whole did (`any`), or nothing did (`none`). */
  | { readonly kind: 'found'; readonly quantity: 'each' | 'any' | 'none' }
  /** So many matches of a search with one pattern. */
  | { readonly kind: 'match-count'; readonly bound: Bound; readonly count: number }
  /** Each hit of a search has `contains` within so many lines; hits that match `except` are left out. */
  | { readonly kind: 'each-hit'; readonly contains: string; readonly withinLines: number; readonly except?: string }
  /** The captured key was absent in the snapshot held from before the producing step, and that step wrote it. */
  | { readonly kind: 'fresh'; readonly name: string; readonly relation: string; readonly column: string }
  /** By the gateway's record, `first` was written and committed before the first row of `then`. */
  | { readonly kind: 'write-order'; readonly first: { readonly relation: string; readonly column: string }; readonly then: { readonly relation: string } }
  /** The root recomputed by the configured hash-chain witness after the production path equals the one now, and the one printed. */
  | { readonly kind: 'hash-chain'; readonly root: string };

/** What evidence must show. `origin` says who asked: the text itself, a general rule (shown as implied), or the addendum. */
export interface Expectation {
  readonly id: string;
  readonly step: string;
  readonly text: string;
  readonly span: Span;
  readonly claim: Claim;
  readonly origin: 'text' | 'implied' | 'addendum' | 'criterion';
}
