/**
 * What the walk over a document leaves before anything is bound: steps, sentences and claims as found, each with its
 * place. Mutable on purpose, and only inside `compile`; the plan that comes out is frozen.
 */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Disposition, Metadata } from '../model/plan.ts';
import type { Claim, Expectation } from '../model/claim.ts';
import type { Policy } from '../model/policy.ts';
import type { Span } from '../model/span.ts';
import type { Capture, Condition, QueryColumn, Splice, Step, StepKind } from '../model/step.ts';
import type { MarkdownDocument } from '../parse/markdown-document.ts';
import type { ShellScript } from '../policy/shell-syntax.ts';
import type { PlacedText, RepetitionDraft } from './addendum-shape.ts';
import type { ConditionKind } from './condition.ts';
import type { Conduct, RepetitionWords } from './conduct.ts';
import type { SectionMeaning } from './section.ts';
import type { ValueRange } from './value-range.ts';

export interface SectionDraft {
  readonly number: string;
  readonly title: string;
  readonly level: number;
  meaning: SectionMeaning;
  condition?: ConditionKind | undefined;
  /** Where "All commands run from `x`" sends the commands of this section and of those below it. */
  directory?: string;
  readonly brackets: readonly string[];
  /** "Clean up": what stands below runs at the end in any case. */
  teardown?: true;
  readonly start: number;
  readonly end: number;
}

/** An expectation as found; its id is given when all steps are numbered. */
export interface ExpectationDraft {
  id: string;
  readonly text: string;
  readonly span: Span;
  claim: Claim;
  readonly origin: Expectation['origin'];
  readonly step: StepDraft;
}

/** What a block became: a fixed text, or one that is known once steps and expectations are numbered. */
export type Becomes = string | (() => string);

/** A step as found. `place` maps an offset of `text` to the source. */
export interface StepDraft {
  id: string;
  /** A YAML plan's own number for it. */
  fixedId?: string;
  kind: StepKind;
  readonly section: SectionDraft;
  title: string;
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly place: (offset: number) => number;
  role: Step['role'];
  readonly captures: Capture[];
  readonly expectations: ExpectationDraft[];
  /** Names that the step's evidence supplies (columns, fields), beside its captures. */
  readonly supplies: string[];
  condition?: Condition;
  /** "If none, …": runs only when what stood before found nothing; the name is bound later. */
  conditional?: { readonly start: number; readonly end: number; readonly previous: StepDraft | undefined };
  workingDirectory?: string | undefined;
  timeoutMs?: number | undefined;
  environment: Record<string, string>;
  /** Shell variables whose value at the step's end the addendum keeps. */
  carries?: readonly string[];
  writes: string[];
  grantedAt?: Span;
  productionPath: boolean;
  once?: boolean;
  /** Where its text says so. */
  onceAt?: Span;
  limitAt?: Span;
  /** Where `once: false` stands. */
  loosenedAt?: Span;
  repeat?: RepetitionDraft;
  doneWhen?: PlacedText;
  boundBy?: 'addendum';
  /** Shell and coordinator-call. */
  script?: ShellScript;
  splices: readonly Splice[];
  command: string;
  fields: string[];
  testRunner?: 'pytest';
  /** sql-assert. */
  sql?: {
    readonly text: string;
    readonly parameters: readonly string[];
    readonly columns: readonly QueryColumn[];
    readonly relations: readonly string[];
    readonly keys: readonly SqlKey[];
    readonly mode: 'read' | 'probe';
    readonly aggregate: boolean;
    readonly mentions: ReadonlyMap<string, readonly string[]>;
    /** What each column is, whatever it is called: the same text for the same expression. */
    readonly meanings: ReadonlyMap<string, string>;
    /** How many statements its text holds. */
    readonly statements: number;
    /** What each column shows whatever the data are. */
    readonly ranges: ReadonlyMap<string, ValueRange>;
    /** It answers with exactly one row, whatever the data are. */
    readonly oneRow: boolean;
    readonly maxRows: number;
  };
  /** rg-check. */
  search?: {
    readonly arguments: readonly string[];
    readonly patterns: readonly string[];
    readonly paths: readonly string[];
    readonly fixedStrings: boolean;
    readonly quantity: 'each' | 'any' | 'none';
  };
}

/** A sentence about how a step is carried out. `above`: the code right below it, which it introduces. */
export interface ConductDraft extends TextDraft {
  readonly conduct: Conduct;
  readonly reach: RepetitionDraft['reach'];
  readonly above?: { readonly start: number; readonly end: number };
  /** A paragraph that tells what to do: what it says beside that is about nothing else. */
  readonly own?: { readonly start: number; readonly end: number };
}

/** `WHERE relation.column = <name>`: which column of which table a hole is the key of. */
export interface SqlKey {
  readonly relation: string;
  readonly column: string;
  readonly name: string;
}

/** A sentence whose claim is compiled once all names are known. `steps` are those that stood before it in its section. */
export interface ClaimDraft {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly section: SectionDraft;
  readonly steps: readonly StepDraft[];
  readonly block: number;
  readonly origin?: Expectation['origin'];
  /** Already a claim: what a block under "Expected output:" shows. */
  readonly claim?: Claim;
  /** The claim in the language of claims, where `text` says it in other words. */
  readonly source?: string;
  /** Its step is given, not sought: a YAML plan's own. */
  readonly own?: true;
  /** "If …, stop": the opposite must hold. */
  readonly opposite?: true;
  /** The step that shows it is repeated until it holds. */
  readonly eventually?: RepetitionWords;
  /** It stands in a section of its own, so that several steps could be meant. */
  readonly far?: true;
}

export interface TextDraft {
  /** A YAML plan's own clauses; prose is divided at its conjunctions. */
  readonly clauses?: readonly string[];
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly section: SectionDraft;
  readonly block: number;
}

export interface PolicyDraft extends TextDraft {
  readonly origin: Policy['origin'];
  readonly codes: readonly string[];
  readonly wholeSection: boolean;
  /** "Do not" above a list: it belongs to each item. */
  readonly lead?: string;
  readonly scope?: Policy['scope'];
}

/** What a person does. With a condition only in its case: `failure` means the execution has stopped by then. */
export interface TaskDraft extends TextDraft {
  readonly condition?: ConditionKind;
}

export interface ReportDraft extends TextDraft {
  readonly label: string;
  readonly hole: { readonly written: string; readonly start: number; readonly end: number };
}

export interface CaptureDraft extends TextDraft {
  readonly name: string;
  readonly label: string;
  readonly optional: boolean;
  readonly step: StepDraft | undefined;
}

/** "FILE contains …": a claim about a file that becomes searches. `paths` are those the sentence or its heading item names. */
export interface SearchDraft extends TextDraft {
  readonly paths: readonly string[];
  readonly codes: readonly string[];
  readonly absent: boolean;
  readonly role: 'step' | 'precondition';
  readonly imports: { readonly name: string; readonly module: string } | undefined;
}

/** What a YAML plan says that shows a precondition. */
export type PreconditionCheckDraft =
  | { readonly kind: 'database-reachable' }
  | { readonly kind: 'variable'; readonly name: string; readonly value: string }
  | { readonly kind: 'plan'; readonly link: string }
  | { readonly kind: 'step'; readonly step: PlacedText };

export interface PreconditionDraft extends TextDraft {
  readonly variable?: { readonly name: string; readonly value: string };
  /** All of them: then nothing is taken from the words. */
  readonly checks?: readonly PreconditionCheckDraft[];
  readonly searches: SearchDraft[];
  /** Plans that it links and demands. */
  readonly plans?: readonly string[];
}

export interface BlockNote {
  disposition: Disposition;
  readonly becomes: Becomes[];
  reason?: string;
  boundBy?: 'addendum';
}

export interface Draft {
  readonly document: MarkdownDocument;
  readonly diagnostics: Diagnostic[];
  title: string;
  readonly metadata: Metadata[];
  readonly sections: SectionDraft[];
  readonly steps: StepDraft[];
  readonly policies: PolicyDraft[];
  readonly claims: ClaimDraft[];
  /** Claims of an "Acceptance for …" list: they are expectations, and an order policy can wait for them. */
  readonly acceptance: ClaimDraft[];
  readonly captures: CaptureDraft[];
  readonly conduct: ConductDraft[];
  readonly searches: SearchDraft[];
  readonly preconditions: PreconditionDraft[];
  readonly tasks: TaskDraft[];
  readonly criteria: TextDraft[];
  readonly report: ReportDraft[];
  readonly notes: Map<number, BlockNote>;
  /** Label lines and sentences that are blocks of their own in the account, beside the tree's. */
  readonly lines: { readonly start: number; readonly end: number; readonly type: string; readonly note: BlockNote }[];
}

/** What the plan does, beside what it looks at before and fills its report with. */
export function isExecuted({ role }: Pick<StepDraft, 'role'>): boolean {
  return role === 'step' || role === 'teardown';
}

/** The strongest of what a block becomes is its disposition. */
const strength: readonly Disposition[] = [
  'unclaimed',
  'unread',
  'policy',
  'criterion',
  'expectation',
  'step',
  'task',
  'precondition',
  'capture',
  'report field',
  'metadata',
  'reference',
  'narrative',
];

export function strongest(dispositions: readonly Disposition[]): Disposition {
  return strength.find((candidate) => dispositions.includes(candidate)) ?? 'narrative';
}

/** Notes what a block became; the strongest of several dispositions stays. */
export function note(draft: Draft, block: number, disposition: Disposition, becomes?: Becomes, reason?: string): BlockNote {
  const existing = draft.notes.get(block);
  if (!existing) {
    const fresh: BlockNote = { disposition, becomes: becomes === undefined ? [] : [becomes], ...(reason === undefined ? {} : { reason }) };
    draft.notes.set(block, fresh);
    return fresh;
  }
  existing.disposition = strongest([existing.disposition, disposition]);
  if (becomes !== undefined && !existing.becomes.includes(becomes)) existing.becomes.push(becomes);
  if (reason !== undefined) existing.reason = reason;
  return existing;
}
