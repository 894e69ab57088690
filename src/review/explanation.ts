/** The shape of `explain --json` (schema `schemas/explain.schema.json`): plain data, lines and columns from 1. */
import type { Disposition } from '../model/plan.ts';
import type { Expectation } from '../model/claim.ts';
import type { Policy, Strength } from '../model/policy.ts';
import type { Access, Repetition, Step, StepKind } from '../model/step.ts';
import type { ValueType } from '../model/value.ts';
import type { PlacedDiagnostic } from './placed-diagnostic.ts';

export interface Explanation {
  readonly schemaVersion: 1;
  readonly plan?: ExplainedPlan;
  readonly blocks: readonly ExplainedBlock[];
  readonly counts: {
    readonly total: number;
    readonly accounted: number;
    readonly unclaimed: number;
    readonly unread: number;
    readonly boundByAddendum: number;
  };
  readonly metadata: readonly { readonly name: string; readonly text: string; readonly line: number }[];
  readonly preconditions: readonly { readonly id: string; readonly text: string; readonly line: number; readonly checks: readonly string[] }[];
  readonly tasks: readonly {
    readonly id: string;
    readonly text: string;
    readonly line: number;
    readonly verifiedBy: readonly string[];
    readonly condition?: 'failure' | 'choice';
  }[];
  readonly steps: readonly ExplainedStep[];
  readonly policies: readonly ExplainedPolicy[];
  readonly criteria: readonly ExplainedCriterion[];
  readonly report: readonly { readonly label: string; readonly line: number; readonly from: string }[];
  readonly protectedTables: readonly string[];
  readonly placeholders: readonly ExplainedPlaceholder[];
  readonly diagnostics: readonly PlacedDiagnostic[];
}

interface ExplainedPlan {
  readonly path: string;
  readonly title: string;
  readonly form: 'markdown' | 'yaml';
  readonly sha256: string;
  readonly addendum?: { readonly path: string; readonly sha256: string };
}

export interface ExplainedBlock {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly type: string;
  readonly disposition: Disposition;
  /** Its first line, as far as it is shown. */
  readonly text: string;
  /** All of it, where `text` is only a part and no block stands in it. */
  readonly source?: string;
  readonly becomes: readonly string[];
  readonly reason?: string;
  readonly boundBy?: 'addendum';
}

interface ExplainedExpectation {
  readonly id: string;
  readonly text: string;
  readonly line: number;
  /** As it is judged. */
  readonly claim: string;
  readonly origin: Expectation['origin'];
}

export interface ExplainedRepetition {
  readonly kind: Repetition['kind'];
  /** Absent: as many as the time allows. */
  readonly attempts?: number;
  readonly withinMs: number;
  readonly pauseMs: number;
  /** As it is judged. */
  readonly giveUpWhen?: string;
}

export interface ExplainedStep {
  readonly id: string;
  readonly kind: StepKind;
  readonly title: string;
  readonly section: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  /** As the author wrote it. */
  readonly text: string;
  /** What is executed, where that differs. */
  readonly executes?: string;
  readonly role: Step['role'];
  readonly access: Omit<Access, 'grantedAt'>;
  readonly workingDirectory?: string;
  readonly timeoutMs: number;
  readonly once: boolean;
  readonly repeat?: ExplainedRepetition;
  /** The query that tells after a cut whether the step was done. */
  readonly doneWhen?: string;
  readonly condition?: string;
  readonly captures: readonly {
    readonly name: string;
    readonly type: ValueType;
    readonly optional: boolean;
    readonly line: number;
    readonly from: string;
    readonly boundBy?: 'addendum';
  }[];
  readonly expectations: readonly ExplainedExpectation[];
  /** Programs in it whose doing the text does not show: only the gateway sees what they send. */
  readonly opaque?: readonly { readonly program: string; readonly line: number; readonly reason: string }[];
  readonly boundBy?: 'addendum' | 'yaml';
}

export interface ExplainedPolicy {
  readonly id: string;
  readonly text: string;
  readonly kind: Policy['rule']['kind'];
  /** Null for a sentence that stands in another file: the project's baseline. */
  readonly line: number | null;
  readonly scope: string;
  readonly origin: Policy['origin'];
  /** How strongly it can be kept at best. */
  readonly strength: Strength;
  readonly acceptedBy?: string;
}

export interface ExplainedCriterion {
  readonly id: string;
  readonly text: string;
  readonly line: number;
  readonly clauses: readonly { readonly text: string; readonly witnesses: readonly string[] }[];
  readonly boundBy?: 'addendum';
}

/** `suppliedBy` names an input or the step that captures it; null where nothing does. */
export interface ExplainedPlaceholder {
  readonly name: string;
  readonly type: ValueType;
  readonly suppliedBy: string | null;
  readonly neededBy: readonly string[];
  readonly secret: boolean;
}
