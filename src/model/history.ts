/** What ledgers tell of past executions, and what the folders that are still there add to it: the shape of `history --json`. */
import type { JournalState } from './journal-entry.ts';
import type { Outcome, Verdict } from './verdict.ts';

/** A place where a ledger is not whole. `offset` in bytes from its beginning. */
export interface LedgerFlaw {
  readonly lineNumber: number;
  readonly offset: number;
  readonly message: string;
}

/** One output folder. */
export interface HistorySource {
  /** As the command names it. */
  readonly path: string;
  readonly executions: number;
  readonly flaws: readonly LedgerFlaw[];
  /** Folders with a journal that the ledger does not know: its lines may have been cut off. */
  readonly strangers: readonly string[];
}

/** A step as the record's verdict.json has it. */
export interface PastStep {
  readonly id: string;
  readonly title: string;
  readonly outcome: Outcome;
  readonly verdict: Verdict;
  readonly durationMs: number;
  readonly attempts: number;
}

/** What the folder of an execution adds. Taken from a verdict.json alone that the ledger's line vouches for, else from the opening. */
export interface PastDetail {
  readonly title: string;
  /** Null where it has no verdict. */
  readonly reason: string | null;
  readonly exitCode: number | null;
  readonly commit: string | null;
  /** How many files differ from the commit. */
  readonly dirtyCount: number;
  readonly readingSha256: string;
  readonly environment: string | null;
  readonly toolVersion: string;
  /** Something that is known to make a difference was the same where this is the same; null: that cannot be told. */
  readonly ground: string | null;
  /** Reports that the closed record holds, by their names. */
  readonly reports: readonly string[];
  /** How often it was cut and gone on with. */
  readonly resumed: number;
  readonly steps: readonly PastStep[];
}

/** One execution. Whether there was one, and how it ended, is the ledger's word alone. */
export interface PastExecution {
  /** The output folder, as its source is called. */
  readonly output: string;
  readonly execution: string;
  readonly plan: { readonly path: string; readonly sha256: string };
  /** The number that it was registered with, and the one that counting gives: lines are missing where they differ. */
  readonly attempt: number;
  readonly counted: number;
  /** Of the registration in the ledger. */
  readonly lineNumber: number;
  /** Of that line: the journal of the execution holds it, and by it all lines before. */
  readonly lineSha256: string;
  readonly registeredAt: string;
  readonly endedAt: string | null;
  /** From registration to end, a cut in between included. */
  readonly durationMs: number | null;
  readonly ending: 'ended' | 'running' | 'cut';
  readonly verdict: Verdict | null;
  /** The closed journal, as the ledger has it: it stays when the folder goes. */
  readonly journal: JournalState | null;
  /** The ledger says more than once how it ended: `verdict` is the worst. */
  readonly endedTwice?: true;
  /** `gone`: nobody has pruned it. */
  readonly folder: 'there' | 'pruned' | 'gone';
  readonly pruned?: { readonly at: string; readonly rule: string; readonly signed: boolean };
  /** False where the ledger is not whole, or was not before this execution's last line: nothing vouches for what it says then. */
  readonly chained: boolean;
  readonly resumable?: true;
  /** Why the folder is not the record that the ledger registered; only of those that were looked at. */
  readonly differs?: string;
  /** Absent where it was not looked at, or where nothing can be told. */
  readonly detail?: PastDetail;
}

export type VerdictCount = Readonly<Partial<Record<Verdict, number>>>;

export interface HistorySummary {
  readonly attempts: number;
  readonly verdicts: VerdictCount;
  /** Killed, or gone otherwise without a word in the ledger. */
  readonly cut: number;
  readonly running: number;
  readonly pruned: number;
  readonly gone: number;
  readonly lastPass: PastExecution | null;
  /** The first that did not pass after the last pass, or at all. */
  readonly failingSince: PastExecution | null;
}

/** Executions of one text on one ground that did not end alike. */
export interface Flake {
  readonly planSha256: string;
  readonly commit: string | null;
  readonly verdicts: VerdictCount;
  /** Attempts that did not pass. */
  readonly attempts: readonly number[];
  readonly steps: readonly { readonly id: string; readonly title: string; readonly verdicts: VerdictCount }[];
}

/** A step that was tried more than once within one execution. */
export interface Repetition {
  readonly attempt: number;
  readonly execution: string;
  readonly step: string;
  readonly tries: number;
  readonly verdict: Verdict;
}

/** How long a step took in passed executions of one text; milliseconds. */
export interface StepDuration {
  readonly id: string;
  readonly title: string;
  readonly count: number;
  readonly medianMs: number;
  readonly minimumMs: number;
  readonly maximumMs: number;
  readonly newestMs: number;
  /** The newest against the median of all before it, where those are at least a handful. */
  readonly slower?: { readonly times: number; readonly medianMs: number; readonly maximumMs: number; readonly count: number };
}

export interface PlanHistory {
  readonly path: string;
  /** Other names under which the same text was executed. */
  readonly otherPaths: readonly string[];
  /** Of all attempts, shown or not. */
  readonly summary: HistorySummary;
  /** The newest, in their order. */
  readonly attempts: readonly PastExecution[];
  /** How many are not among `attempts`. */
  readonly notShown: number;
  /** How many of the newest were looked at for what follows. */
  readonly examined: number;
  readonly flaky: readonly Flake[];
  readonly repetitions: readonly Repetition[];
  /** Of the newest text that has passed. */
  readonly durations: { readonly planSha256: string; readonly steps: readonly StepDuration[] } | null;
}

export interface History {
  readonly schemaVersion: 1;
  /** When it was read, UTC. */
  readonly at: string;
  readonly sources: readonly HistorySource[];
  readonly plans: readonly PlanHistory[];
}

/** A pass that something vouches for. */
export function isPass({ ending, verdict, chained, differs }: PastExecution): boolean {
  return ending === 'ended' && verdict === 'passed' && chained && differs === undefined;
}

/** Is it anything but a pass, of what has come to an end? */
export function isUnpassed(past: PastExecution): boolean {
  return past.ending !== 'running' && !isPass(past);
}
