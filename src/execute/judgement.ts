/** What judges are given and what they answer. Judges are pure: whatever needs the disk or the database was gathered before. */
import type { Bound, Claim } from '../model/claim.ts';
import type { WriteData } from '../model/event.ts';
import type { StepEvidence } from '../model/evidence.ts';
import type { Verdict } from '../model/verdict.ts';
import type { Binding } from '../model/value.ts';

export interface Judgement {
  readonly verdict: Extract<Verdict, 'passed' | 'failed' | 'unproven'>;
  /** What was found, in words that stand beside the claim: `chain_length is 0, step_count is 7`. */
  readonly actual: string;
  readonly notes: readonly string[];
}

/** A claim of one kind. */
export type ClaimOf<K extends Claim['kind']> = Extract<Claim, { readonly kind: K }>;

/** The names that a claim may ask for. */
export interface KnownNames {
  readonly get: (name: string) => Binding | undefined;
  readonly disputed: (name: string) => boolean;
}

/** What had to be looked up for one expectation, by kind of claim. `problem`: it could not be, for this reason. */
export type Gathered =
  | { readonly kind: 'output'; readonly found: boolean; readonly place?: string; readonly problem?: string }
  /** The status of the answer that was printed; absent where none was. */
  | { readonly kind: 'http-status'; readonly status?: string; readonly problem?: string }
  /** For each hit the lines from the hit on, ending before the next hit of the same file. */
  | { readonly kind: 'neighbourhood'; readonly linesOf: ReadonlyMap<string, readonly string[]>; readonly problem?: string }
  | {
      readonly kind: 'freshness';
      /** Was there a row with this key in the snapshot held from before the production path? Absent: no snapshot was held. */
      readonly before?: boolean;
      /** Is there one now? */
      readonly now?: boolean;
      readonly problem?: string;
    }
  | { readonly kind: 'hash-chain'; readonly witness: string; readonly first?: ChainReading; readonly now?: ChainReading };

/** A hash chain recomputed from stored rows at one moment. */
export interface ChainReading {
  readonly step: string;
  readonly root: string | null;
  readonly rows: number;
  readonly problem?: string;
  /** Rows that contradict the chain, each in words; absent where there are none. */
  readonly contradictions?: readonly string[];
}

export interface JudgeFacts {
  readonly evidence: StepEvidence;
  readonly names: KnownNames;
  /** The writes that came through the gateway in this execution, in order. */
  readonly statements: readonly WriteData[];
  /** The steps that the plan names as legitimate writers. */
  readonly producers: readonly string[];
  readonly gathered?: Gathered;
  /** Why the exit code of the step's block is not that of its test run. */
  readonly doubt?: string;
  /** What the step's block prints by its own words also where the commands before it failed, and what loses their failure. */
  readonly printed?: readonly { readonly text: string; readonly what: string }[];
}

export function passed(actual: string, ...notes: readonly string[]): Judgement {
  return { verdict: 'passed', actual, notes };
}

export function failed(actual: string, ...notes: readonly string[]): Judgement {
  return { verdict: 'failed', actual, notes };
}

/** Nothing speaks against it and nothing proves it: no pass. */
export function unproven(actual: string, ...notes: readonly string[]): Judgement {
  return { verdict: 'unproven', actual, notes };
}

/** Is a count as it must be? */
export function withinBound(bound: Bound, wanted: number, count: number): boolean {
  switch (bound) {
    case 'exactly':
      return count === wanted;
    case 'at-least':
      return count >= wanted;
    case 'at-most':
      return count <= wanted;
  }
}

/** `1 row`, `3 rows`, `2 matches`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}
