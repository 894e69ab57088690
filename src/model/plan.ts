import type { Expectation } from './claim.ts';
import type { Policy } from './policy.ts';
import type { Span } from './span.ts';
import type { Step } from './step.ts';
import type { ValueType } from './value.ts';

/** What a block of the document became. `unread` is prose in a language the phrasebook does not speak; `unclaimed` is an error. */
export type Disposition =
  | 'metadata'
  | 'policy'
  | 'precondition'
  | 'task'
  | 'step'
  | 'expectation'
  | 'capture'
  | 'criterion'
  | 'report field'
  | 'reference'
  | 'narrative'
  | 'unread'
  | 'unclaimed';

/** One block of the Markdown tree with its one disposition. `becomes` lists ids: `step 2.1`, `policy P1`, `expectation E3`, … */
export interface Block {
  readonly span: Span;
  readonly type: string;
  readonly disposition: Disposition;
  /** Its first line, as far as it is shown. */
  readonly text: string;
  /** All of it, where `text` is only a part and the block has no blocks in it. */
  readonly source?: string;
  readonly becomes: readonly string[];
  /** Why it was read so, where that is not plain. */
  readonly reason?: string;
  readonly boundBy?: 'addendum';
}

/** A value that must be given from outside before the first step. */
export interface Input {
  readonly name: string;
  readonly type: ValueType;
  readonly span: Span;
  readonly neededBy: string;
  readonly secret: boolean;
}

/** What must hold before the first step. `environment` was judged on the text at compile time and never sets a variable. */
export type PreconditionCheck =
  | { readonly kind: 'database-reachable' }
  /** Another plan that is executed first; `link` as it is written, from the document's folder. */
  | { readonly kind: 'plan'; readonly link: string }
  | {
      readonly kind: 'environment';
      readonly variable: string;
      readonly value: string;
      readonly unmetBy: readonly { readonly step: string; readonly span: Span; readonly found?: string }[];
    }
  | { readonly kind: 'step'; readonly step: string };

export interface Precondition {
  readonly id: string;
  readonly text: string;
  readonly span: Span;
  readonly checks: readonly PreconditionCheck[];
}

/** Something a person must do outside the runner; verified by expectations, never done by it. */
export interface Task {
  readonly id: string;
  readonly text: string;
  readonly span: Span;
  /** Only in a case: `failure` when something is wrong (the execution has stopped by then), `choice` when a person decides so. */
  readonly condition?: 'failure' | 'choice';
  /** Expectation ids. Empty: a person's attestation (`--attest`) is needed. */
  readonly verifiedBy: readonly string[];
}

/** The establishing fact of a clause: an expectation, a step's own verdict, or a policy's. */
export type Witness =
  | { readonly kind: 'expectation'; readonly id: string }
  | { readonly kind: 'step'; readonly id: string }
  | { readonly kind: 'policy'; readonly id: string };

/** An acceptance criterion; each clause of its conjunction needs a witness of its own. */
export interface Criterion {
  readonly id: string;
  readonly text: string;
  readonly span: Span;
  readonly clauses: readonly { readonly text: string; readonly witnesses: readonly Witness[] }[];
  readonly boundBy?: 'addendum';
}

/** Where a report field's value comes from. */
export type ReportSource =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'word'; readonly of: readonly Witness[]; readonly yes: string; readonly no: string }
  /** How many rows a query answered. */
  | { readonly kind: 'row-count'; readonly step: string }
  | { readonly kind: 'files'; readonly step: string; readonly except?: string }
  | { readonly kind: 'none' };

/** A line of the plan's own report template. `hole` is the `<…>` that the value replaces. */
export interface ReportField {
  readonly label: string;
  readonly span: Span;
  readonly hole: Span;
  readonly source: ReportSource;
}

export interface Metadata {
  readonly name: string;
  readonly text: string;
  readonly span: Span;
}

/** The names that claims, criteria and report fields may use, with the step that supplies each and the type it has. */
export interface Plan {
  readonly path: string;
  readonly form: 'markdown' | 'yaml';
  readonly title: string;
  readonly sha256: string;
  readonly addendum?: { readonly path: string; readonly sha256: string };
  readonly metadata: readonly Metadata[];
  readonly inputs: readonly Input[];
  readonly preconditions: readonly Precondition[];
  readonly tasks: readonly Task[];
  readonly policies: readonly Policy[];
  readonly steps: readonly Step[];
  readonly criteria: readonly Criterion[];
  readonly report: readonly ReportField[];
  /** Total accounting: every block of the document, in order. Empty for a YAML plan. */
  readonly blocks: readonly Block[];
  /** Tables that only the production path may write. */
  readonly protectedTables: readonly string[];
}

/** All expectations of a plan, in the order of its steps. */
export function expectationsOf(plan: Plan): readonly Expectation[] {
  return plan.steps.flatMap((step) => step.expectations);
}
