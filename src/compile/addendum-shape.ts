/**
 * What an addendum says, typed. It knows nothing about the plan: a quotation is kept as the author wrote it, with its
 * place, and is matched against the document by whoever compiles the plan. Order is the author's; everything is frozen.
 */
import type { Claim } from '../model/claim.ts';
import type { PolicyRule } from '../model/policy.ts';
import type { Span } from '../model/span.ts';
import type { StepKind } from '../model/step.ts';
import type { ValueType } from '../model/value.ts';
import type { RepetitionWords } from './conduct.ts';

/** Text of the addendum with its place, so that a quotation that matches nothing or a claim that is none can be pointed at. */
export interface PlacedText {
  readonly text: string;
  readonly span: Span;
}

/** What all entries have in common: where the entry stands, and the quotation that it binds (`at`) where it has one. */
export interface AddendumEntry {
  readonly span: Span;
  readonly at?: string;
  readonly atSpan?: Span;
}

/** An entry that always quotes what it binds. */
export interface QuotingEntry extends AddendumEntry {
  readonly at: string;
  readonly atSpan: Span;
}

/** Defaults for all steps of one kind. `workingDirectory` is relative to the workspace; only the keys that were given are there. */
export interface AddendumDefault extends AddendumEntry {
  readonly kind: StepKind;
  readonly workingDirectory?: string;
  readonly timeoutMs?: number;
}

/** A value that must be given from outside, with its type. */
export interface AddendumInput extends AddendumEntry {
  readonly name: string;
  readonly type: ValueType;
  readonly secret: boolean;
}

/** How a precondition of the text is judged. */
export type AddendumPreconditionCheck =
  | {
      readonly kind: 'run';
      readonly run: PlacedText;
      readonly expect: readonly PlacedText[];
      readonly workingDirectory?: string;
      readonly timeoutMs?: number;
      readonly environment: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'sql'; readonly sql: PlacedText; readonly expect: readonly PlacedText[] }
  | { readonly kind: 'database-reachable' };

export interface AddendumPrecondition extends QuotingEntry {
  readonly check: AddendumPreconditionCheck;
}

/** The pattern for a claim about a file. `in` is empty where the paths are those that the text names. */
export interface AddendumSearch extends QuotingEntry {
  readonly pattern: PlacedText;
  readonly in: readonly PlacedText[];
  readonly absent: boolean;
  readonly fixed: boolean;
}

/** A forbidden statement that a claim needs: sent by the runner itself and always rolled back. */
export interface AddendumProbe extends QuotingEntry {
  readonly sql: PlacedText;
  readonly expect: readonly PlacedText[];
}

/** Attempts as they are said; what is left open gets its number when the step's time is known. */
export interface RepetitionDraft extends Omit<RepetitionWords, 'until' | 'giveUpWhen'> {
  readonly giveUpWhen?: PlacedText;
  readonly span: Span;
  /** Said at the step itself, or of several at once. */
  readonly reach: 'step' | 'section' | 'document';
}

/** What a step of the text may do and where it runs; never another text. Absent keys were not given. */
export interface AddendumStep extends QuotingEntry {
  readonly productionPath: boolean;
  readonly writes: readonly PlacedText[];
  readonly workingDirectory?: string;
  readonly timeoutMs?: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly expect: readonly PlacedText[];
  readonly once?: boolean;
  readonly role?: 'step' | 'teardown';
  readonly repeat?: RepetitionDraft;
  /** A query that tells after a cut whether the step was done. */
  readonly doneWhen?: PlacedText;
  readonly kind?: StepKind | 'reference';
  /** Shell variables whose value at the step's end is kept for later steps. */
  readonly carries: readonly PlacedText[];
  readonly title?: string;
}

/** One way to take a value out of evidence; of a capture's several, whichever step ran supplies it. */
export type AddendumCaptureSource =
  /** `pattern` is a line with holes such as `<uuid>: <name> (<status>)`; `take` is the folded name of the hole that is captured, where it was given. */
  | { readonly kind: 'line'; readonly pattern: string; readonly take?: string; readonly first: boolean; readonly span: Span }
  | { readonly kind: 'column'; readonly column: string; readonly span: Span }
  | { readonly kind: 'stdout'; readonly span: Span }
  | { readonly kind: 'label'; readonly label: string; readonly span: Span };

/** `at` or `name` is there, or both. `sources` is empty where the entry only gives a type or says that it is optional. */
export interface AddendumCapture extends AddendumEntry {
  readonly name?: string;
  readonly type?: ValueType;
  readonly optional?: boolean;
  readonly secret?: boolean;
  readonly sources: readonly AddendumCaptureSource[];
}

/** A claim beside what the text says: a strengthening. `step` quotes the step whose evidence is meant. */
export interface AddendumExpectation extends QuotingEntry {
  readonly expect: readonly PlacedText[];
  readonly step?: PlacedText;
}

/** What a policy sentence means (`rule`, never of kind `accepted`), or who accepted by name that no guard enforces it. */
export type AddendumPolicyBinding =
  | { readonly kind: 'rule'; readonly rule: Exclude<PolicyRule, { readonly kind: 'accepted' }> }
  | { readonly kind: 'accept'; readonly by: string; readonly reason: string };

export interface AddendumPolicy extends QuotingEntry {
  readonly binding: AddendumPolicyBinding;
}

/** What shows that a person's task was done. */
export type AddendumVerification =
  | { readonly kind: 'quotation'; readonly quotation: PlacedText }
  | { readonly kind: 'search'; readonly pattern: PlacedText; readonly in: readonly PlacedText[]; readonly absent: boolean; readonly span: Span };

export interface AddendumTask extends QuotingEntry {
  readonly verifiedBy: readonly AddendumVerification[];
}

/** What establishes a criterion, or one clause of it. */
export type AddendumWitness =
  | { readonly kind: 'claim'; readonly claim: PlacedText; readonly step?: PlacedText; readonly span: Span }
  | { readonly kind: 'expectation' | 'step' | 'policy'; readonly quotation: PlacedText; readonly span: Span }
  /** A claim as it is judged, on this step: YAML plans only. */
  | { readonly kind: 'judged'; readonly claim: Claim; readonly text: string; readonly step: PlacedText; readonly span: Span }
  | {
      readonly kind: 'write-order';
      readonly first: { readonly relation: string; readonly column: string };
      readonly then: { readonly relation: string };
      readonly span: Span;
    }
  | { readonly kind: 'fresh'; readonly name: string; readonly relation: string; readonly column: string; readonly span: Span }
  /** Each hit of the quoted search has `contains` within so many lines; hits that match `except` are left out. */
  | {
      readonly kind: 'each-hit';
      readonly search: PlacedText;
      readonly contains: string;
      readonly withinLines: number;
      readonly except?: string;
      readonly span: Span;
    };

export interface AddendumCriterion extends QuotingEntry {
  /** The clause of the criterion that is meant; all of it where absent. */
  readonly clause?: PlacedText;
  readonly witnesses: readonly AddendumWitness[];
}

/** Where a field of the plan's own report template takes its value. */
export type AddendumReportSource =
  | { readonly kind: 'name'; readonly name: PlacedText }
  | { readonly kind: 'sql'; readonly sql: PlacedText }
  /** The first of `words` where all that is quoted held, else the second; absent `words` are those of the hole, as `<yes/no>`. */
  | { readonly kind: 'word'; readonly of: readonly PlacedText[]; readonly words?: readonly [string, string] }
  | { readonly kind: 'files'; readonly search: PlacedText; readonly except?: string }
  /** How many rows the quoted query answered: YAML plans only. */
  | { readonly kind: 'row-count'; readonly query: PlacedText };

export interface AddendumReportField extends QuotingEntry {
  readonly source: AddendumReportSource;
}

/** A block that its author accepts by name as what `as` says. */
export interface AddendumAcceptance extends QuotingEntry {
  readonly by: string;
  readonly as: 'unread' | 'narrative' | 'reference';
  readonly reason: string;
}

export interface Addendum {
  readonly path: string;
  readonly span: Span;
  /** The file name of the plan that this addendum belongs to. */
  readonly plan: PlacedText;
  readonly defaults: readonly AddendumDefault[];
  readonly inputs: readonly AddendumInput[];
  readonly preconditions: readonly AddendumPrecondition[];
  readonly searches: readonly AddendumSearch[];
  readonly probes: readonly AddendumProbe[];
  readonly steps: readonly AddendumStep[];
  readonly captures: readonly AddendumCapture[];
  readonly expectations: readonly AddendumExpectation[];
  readonly policies: readonly AddendumPolicy[];
  readonly tasks: readonly AddendumTask[];
  readonly criteria: readonly AddendumCriterion[];
  readonly report: readonly AddendumReportField[];
  readonly accept: readonly AddendumAcceptance[];
}
