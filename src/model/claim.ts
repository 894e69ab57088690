import type { Span } from './span.ts';
import type { Value } from './value.ts';

/** One side of a comparison: a name that evidence supplies, or a value that the plan's text states. */
export type Operand = { readonly kind: 'name'; readonly name: string } | { readonly kind: 'literal'; readonly value: Value };

export type Operator = '==' | '!=' | '>=' | '<=' | '>' | '<' | 'contains' | 'matches';

/**
 * The closed language of what evidence can be asked. A conjunction in the text is compiled to several claims, so that each
 * has its own verdict. Nothing outside this union can be expected; prose that does not fit is unclaimed, never guessed.
 */
export type Claim =
  | { readonly kind: 'compare'; readonly left: Operand; readonly operator: Operator; readonly right: Operand }
  | { readonly kind: 'member'; readonly name: string; readonly values: readonly Value[] }
  | { readonly kind: 'null'; readonly name: string; readonly negated: boolean }
  | { readonly kind: 'rows'; readonly bound: 'exactly' | 'at-least' | 'at-most'; readonly count: number; readonly noun: string }
  | { readonly kind: 'exit-code'; readonly code: number }
  | { readonly kind: 'fails'; readonly pattern?: string }
  | { readonly kind: 'output'; readonly operator: 'contains' | 'matches'; readonly text: string; readonly negated: boolean }
  /** A test runner ran at least one test and none failed. */
  | { readonly kind: 'tests-pass' }
  /** Exactly one of the fields that the step's program printed has exactly this value ("returns `HASH_CHAIN`"). */
  | { readonly kind: 'returns'; readonly value: string }
  /** The statement was rejected with this SQLSTATE, for this very column or by this very constraint. */
  | { readonly kind: 'sql-fails'; readonly sqlstate: string; readonly column?: string; readonly constraint?: string }
  /** Every pattern of the search matched at least once (`each`), or the search as a whole did (`any`), or nothing did (`none`). */
  | { readonly kind: 'found'; readonly quantity: 'each' | 'any' | 'none' }
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
