/**
 * The one stream of typed events: each is an entry of the journal, and every reader (terminal, report, audit) builds what
 * it shows from these alone. All texts are redacted before they get here; digests never are. Long, because every kind of entry is here
 * and nowhere else.
 */
import type { CanaryResult, StatementRecord, TripwireFinding } from './contract.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { OutputEvidence, RowsEvidence, SearchEvidence, SqlFailure, TestCounts } from './evidence.ts';
import type { JournalEntry, RecordedFile } from './journal-entry.ts';
import type { IsolationLevel, Policy, PolicyKind, PolicyRule, Strength } from './policy.ts';
import type { Expectation } from './claim.ts';
import type { Witness } from './plan.ts';
import type { Span } from './span.ts';
import type { Access, Splice, Step, StepKind } from './step.ts';
import type { Origin, ValueType } from './value.ts';
import type { Outcome, Verdict } from './verdict.ts';

/** A document kept byte for byte as evidence: an object with `stream`, `sha256` and `bytes` names a file of the evidence folder. */
export interface DocumentEvidence {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly stream: 'plan' | 'addendum';
}

/** The tested source at the beginning, as JSON: path to SHA-256 (or, of what is too large to be read, its size and times). */
export interface ManifestEvidence {
  readonly sha256: string;
  readonly bytes: number;
  readonly stream: 'workspace';
}

/** A value as a reader may show it: `text` is `***` for a secret, `null` for SQL's NULL. */
export interface ShownValue {
  readonly name: string;
  readonly text: string | null;
  readonly type: ValueType;
  readonly origin: Origin;
  readonly secret?: boolean;
}

/** What was known and fixed before anything ran. Names of environment variables only; their values are nobody's business. */
export interface OpenedData {
  readonly plan: DocumentEvidence & { readonly title: string; readonly form: 'markdown' | 'yaml' };
  readonly addendum?: DocumentEvidence;
  /** SHA-256 of the canonical JSON of the plan without places: what was understood, whatever the layout of the text. */
  readonly readingSha256: string;
  readonly attempt: number;
  /** The registration's line in the ledger, which binds the two files to each other. */
  readonly ledger: { readonly seq: number; readonly hash: string };
  readonly tool: { readonly name: 'proofplan'; readonly version: string; readonly node: string };
  readonly host: {
    readonly platform: string;
    readonly release: string;
    readonly architecture: string;
    readonly user: number | null;
    readonly machine?: string;
  };
  readonly argv: readonly string[];
  readonly workspace: WorkspaceState;
  readonly environment: string | null;
  /** SHA-256 of the environment's configuration (secrets masked) and of what steps inherit by it. */
  readonly environmentSha256?: string;
  readonly environmentNames: readonly string[];
  readonly database?: {
    readonly version: string;
    readonly user: string;
    readonly name: string;
    readonly ownServer: boolean;
    readonly superuser: boolean;
    /** It began as a copy: of what `prepare` made once for several plans, or of what the execution of a prerequisite left. */
    readonly copyOf?: string;
  };
  /** Plans that were executed first because this one links them. */
  readonly prerequisites?: readonly PrerequisiteOutcome[];
  /** The plans of one command that it belongs to. */
  readonly set?: SetMembership;
  readonly inputs: readonly ShownValue[];
  /** By name: what shows, without telling it, that a secret given again is the same (scrypt, salted with the execution's id). */
  readonly secrets?: Readonly<Record<string, string>>;
  /** How far this machine can keep processes apart, and why not further; absent where no step starts any. */
  readonly isolation?: { readonly level: IsolationLevel; readonly reason?: string };
  readonly options: {
    readonly dryRun: boolean;
    readonly only: string | null;
    readonly timeoutMs?: number;
    readonly attest?: readonly { readonly task: string; readonly by: string }[];
  };
  readonly steps: readonly PlannedStep[];
}

/** How a plan ended that another one links as its prerequisite; `link` as it is written there. Without an execution it was never opened. */
export interface PrerequisiteOutcome {
  readonly link: string;
  readonly verdict: Verdict;
  readonly execution?: string;
  readonly root?: string;
}

/** `sha256`: of the set with the paths and digests of all its plans; `index` counts from 1. */
export interface SetMembership {
  readonly sha256: string;
  readonly index: number;
  readonly count: number;
}

/** The version control state of the workspace; `commit` is null where there is none. `dirty` holds at most 200 paths. */
export interface WorkspaceState {
  readonly path: string;
  readonly commit: string | null;
  readonly dirty: readonly string[];
  readonly dirtyCount: number;
  /** SHA-256 over the commit, the list of changes and their content; and over those of files that version control knows. */
  readonly digest?: string;
  readonly trackedDigest?: string;
  readonly files?: ManifestEvidence;
}

/** The state of the database, before the first step and after each that could change it: what must be the same when a cut execution is resumed. */
export interface FingerprintData {
  /** `start`, or the step that has just ended. */
  readonly moment: string;
  /** SHA-256, lower hex, of the protected tables with their rows and of the schema. */
  readonly database: string;
}

/**
 * Goes on after a cut. `after` is the last whole line before, `torn` what stood behind it; `cut` are the attempts that were under way,
 * each ended by a `step-ended` of its own.
 */
export interface ResumedData {
  readonly after: number;
  readonly torn: { readonly bytes: number; readonly sha256: string } | null;
  readonly cut: readonly { readonly step: string; readonly attempt: number }[];
  readonly argv: readonly string[];
}

/** Was there a row with this key before the production path began? Asked while the snapshot is there. */
export interface FreshnessData {
  readonly step: string;
  readonly name: string;
  readonly relation: string;
  readonly column: string;
  readonly before: boolean;
}

/** One statement that writes, as it came through the gateway: what claims about who wrote what rest on. `sequence` as in `StatementRecord`. */
export interface WriteData {
  readonly step: string;
  readonly sequence: number;
  readonly effect: 'permit' | 'refuse';
  readonly inserts: boolean;
  readonly writes: readonly { readonly relation: string; readonly columns: readonly string[] }[];
  readonly rowCount?: number;
  readonly fate: StatementRecord['fate'];
  readonly settledAt?: number;
}

/** A step as planned: listed before the first one runs, so that none can be left out unseen. */
export interface PlannedStep {
  readonly id: string;
  readonly kind: StepKind;
  readonly title: string;
  readonly section: string;
  readonly role: Step['role'];
  readonly span: Span;
  readonly expectations: number;
}

/** Intent, written before the act. `action` is what is really executed; `splices` lead from it back to the author's text. */
export interface StepStartedData {
  readonly step: string;
  readonly attempt: number;
  readonly kind: StepKind;
  readonly title: string;
  readonly section: string;
  readonly role: Step['role'];
  readonly span: Span;
  readonly text: string;
  readonly action: string;
  readonly splices: readonly Splice[];
  readonly access: Access;
  readonly once: boolean;
  readonly timeoutMs: number;
  readonly environmentNames: readonly string[];
  /** Values that fill the step's holes. */
  readonly values: readonly ShownValue[];
}

/** Outcome, written after the act: what the attempt showed, capped for reading (20 rows, 200 hits; the counts are whole). */
export interface StepEndedData {
  readonly step: string;
  readonly attempt: number;
  readonly kind: StepKind;
  readonly title: string;
  readonly span: Span;
  readonly outcome: Outcome;
  readonly verdict: Verdict;
  /** Why it did not pass, in one sentence. */
  readonly reason?: string;
  /** The plan asks for another attempt, which follows. */
  readonly again?: true;
  /** Ended by a resumption: `again` is followed by another attempt; `in doubt` and `done` (by the probe, or by `by`'s word) are not. */
  readonly cut?: { readonly so: 'again' | 'in doubt' | 'done'; readonly because: string; readonly by?: string };
  readonly durationMs: number;
  readonly exitCode?: number;
  readonly signal?: string;
  readonly outputs: readonly OutputEvidence[];
  readonly rows?: RowsEvidence;
  readonly sqlFailure?: SqlFailure;
  readonly searches: readonly SearchEvidence[];
  readonly tests?: TestCounts;
  readonly leftover: readonly string[];
  /** How far its processes were kept apart; absent for a step that runs none. */
  readonly isolation?: IsolationLevel;
  readonly program?: { readonly path: string; readonly sha256: string };
  readonly problem?: Diagnostic;
  /** Statements that the gateway and the assertion session saw. */
  readonly statements: { readonly permitted: number; readonly refused: number };
  readonly writes?: readonly WriteData[];
}

export interface StepNotRunData {
  readonly step: string;
  readonly kind: StepKind;
  readonly title: string;
  readonly span: Span;
  readonly reason: string;
  /** True for a conditional step whose condition did not arise: no failure, and nothing is missing. */
  readonly notNeeded: boolean;
}

/** One answer of a guard, of the compiler, or of the order of execution. Equal statements of a step are one entry with a count. */
export interface DecisionData {
  readonly step: string;
  readonly source: 'gateway' | 'session' | 'static' | 'tripwire' | 'order';
  readonly effect: 'permit' | 'refuse';
  readonly rule: string;
  readonly reason: string;
  /** The policy sentences that this decision answers for (ids), and the kind that the guard named. */
  readonly policies: readonly string[];
  readonly policy?: PolicyKind;
  readonly text: string;
  readonly matched?: string;
  readonly sqlstate?: string;
  readonly count: number;
  readonly rowCount?: number;
  readonly fates: readonly string[];
  /** The sentence that forbids it; else the step. */
  readonly span?: Span;
}

export interface TripwireData extends TripwireFinding {
  readonly step: string;
  readonly effect: 'refuse' | 'shown';
  readonly policies: readonly string[];
}

/** A value taken out of evidence. `again`: an equal observation of a name that was known; `conflict`: the other value and its origin. */
export interface CaptureData extends ShownValue {
  readonly step: string;
  readonly captured: boolean;
  readonly again: boolean;
  readonly conflict?: { readonly text: string | null; readonly origin: Origin };
}

/** A hash chain recomputed from stored rows. `root` is null where there are no rows or the query failed (`problem`). */
export interface WitnessData {
  readonly witness: string;
  readonly moment: 'production' | 'coordinator-call' | 'end';
  readonly step: string;
  readonly seed: string | null;
  readonly root: string | null;
  readonly rows: number;
  readonly problem?: string;
  /** Rows that contradict the chain, each in words. */
  readonly contradictions?: readonly string[];
}

export interface ExpectationData {
  readonly id: string;
  readonly step: string;
  readonly text: string;
  readonly span: Span;
  readonly origin: Expectation['origin'];
  readonly claim: Expectation['claim']['kind'];
  readonly verdict: Verdict;
  readonly actual: string;
  readonly notes: readonly string[];
}

/** A witness with the verdict that it gives. `none`: it was not judged. */
export type WitnessVerdict = Witness & { readonly verdict: Verdict };

export interface CriterionData {
  readonly id: string;
  readonly text: string;
  readonly span: Span;
  readonly verdict: Verdict;
  readonly clauses: readonly { readonly text: string; readonly verdict: Verdict; readonly witnesses: readonly WitnessVerdict[] }[];
}

export interface TaskData {
  readonly id: string;
  readonly text: string;
  readonly span: Span;
  readonly verdict: Verdict;
  readonly verifiedBy: readonly string[];
  /** As in the plan: only in this case. The verdict is `none` for a remedy that nothing called for. */
  readonly condition?: 'failure' | 'choice';
  readonly attestedBy?: string;
}

/** Declared → enforced: one row a policy sentence. Entries are numbers in the journal; null where nothing was put before it. */
export interface PolicyEnforcedData {
  readonly id: string;
  readonly text: string;
  readonly span: Span;
  readonly rule: PolicyRule;
  readonly strength: Strength;
  readonly by: string;
  readonly canary: string | null;
  readonly permitted: number;
  readonly refused: number;
  readonly firstEntry: number | null;
  readonly lastEntry: number | null;
  readonly verdict: Verdict;
}

export interface PreconditionData {
  readonly id: string;
  readonly text: string;
  readonly span: Span;
  readonly verdict: Verdict;
  readonly notes: readonly string[];
}

/** A filled (or unfilled: no `value`) line of the plan's own report template; `origin` as people read it. */
export interface ReportFieldData {
  readonly label: string;
  readonly span: Span;
  readonly hole: Span;
  readonly value?: string;
  readonly origin?: string;
  /** The same as data, where one value has one origin. */
  readonly source?: Origin;
}

export interface PreparationData {
  readonly command: string;
  readonly exitCode: number;
  readonly durationMs: number;
  readonly stdoutSha256: string;
}

export interface VerdictData {
  readonly verdict: Verdict;
  readonly exitCode: number;
  readonly reason: string;
}

/** Tried before the first step, and again after the last: in between, the guard was asked before each step whether it still judges. */
export interface CanaryData extends CanaryResult {
  readonly moment: 'start' | 'end';
}

/** What the data of each kind of entry is. */
export interface EventData {
  readonly opened: OpenedData;
  readonly resumed: ResumedData;
  readonly preparation: PreparationData;
  readonly 'policy-declared': Policy;
  readonly canary: CanaryData;
  readonly precondition: PreconditionData;
  readonly 'step-started': StepStartedData;
  readonly 'step-ended': StepEndedData;
  readonly 'step-not-run': StepNotRunData;
  readonly decision: DecisionData;
  readonly tripwire: TripwireData;
  readonly capture: CaptureData;
  readonly witness: WitnessData;
  readonly freshness: FreshnessData;
  readonly fingerprint: FingerprintData;
  readonly expectation: ExpectationData;
  readonly task: TaskData;
  readonly criterion: CriterionData;
  readonly 'policy-enforced': PolicyEnforcedData;
  readonly 'report-field': ReportFieldData;
  /** A message for people, as it is framed on the terminal and in reports. */
  readonly diagnostic: Diagnostic;
  readonly verdict: VerdictData;
  readonly files: { readonly files: readonly RecordedFile[] };
  readonly closed: { readonly verdict: Verdict };
}

export type EventKind = keyof EventData;

/** An event of one kind, with its number in the journal (`seq`, from 1) and its time (UTC, milliseconds). */
export type ExecutionEvent = {
  readonly [K in EventKind]: { readonly kind: K; readonly seq: number; readonly ts: string; readonly data: EventData[K] };
}[EventKind];

const kinds: Readonly<Record<EventKind, true>> = {
  opened: true,
  resumed: true,
  freshness: true,
  fingerprint: true,
  preparation: true,
  'policy-declared': true,
  canary: true,
  precondition: true,
  'step-started': true,
  'step-ended': true,
  'step-not-run': true,
  decision: true,
  tripwire: true,
  capture: true,
  witness: true,
  expectation: true,
  task: true,
  criterion: true,
  'policy-enforced': true,
  'report-field': true,
  diagnostic: true,
  verdict: true,
  files: true,
  closed: true,
};

/**
 * The event that a line of the journal is; undefined for a kind that this version does not know (a reader leaves it out
 * and says so). The data is trusted to have the kind's shape: whether the line is genuine is the audit's question.
 */
export function eventOf(entry: JournalEntry): ExecutionEvent | undefined {
  if (!Object.hasOwn(kinds, entry.kind)) return undefined;
  return { kind: entry.kind, seq: entry.seq, ts: entry.ts, data: entry.data } as unknown as ExecutionEvent;
}
