/** The executions that one output folder has seen: by its ledger, in its order, with what became of their folders. */
import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join, posix } from 'node:path';
import { headMarkPath } from '../journal/head-mark.ts';
import { executionNamePattern } from '../journal/journal-line.ts';
import { lockHolder } from '../journal/ledger-lock.ts';
import { isSignedPruning } from '../journal/ledger-pruning.ts';
import { endedVerdict, groupEntries, ledgerPath, type LedgerEntry, type LedgerPlan } from '../journal/ledger.ts';
import { walkLedger } from '../journal/ledger-reader.ts';
import { isAside } from '../journal/prune-execution.ts';
import { messageOf, type Checked } from '../model/diagnostic.ts';
import type { HistorySource, LedgerFlaw, PastExecution } from '../model/history.ts';
import { executionFiles, executionIdPattern } from '../model/journal-entry.ts';

export interface SourceOptions {
  /** The output folder, absolute. */
  readonly folder: string;
  /** How messages and pages call it. */
  readonly path: string;
  /** Where marks of open journals are kept. */
  readonly stateFolder: string;
  readonly verifierKey?: string;
}

export interface ReadSource {
  readonly source: HistorySource;
  readonly executions: readonly PastExecution[];
}

/** Where an entry really stands. */
type LedgerLine = Pick<PastExecution, 'lineNumber' | 'lineSha256'>;

/** Without a value where there is no ledger, or none that can be read. */
export async function readHistorySource(options: SourceOptions): Promise<Checked<ReadSource>> {
  const { folder, path } = options;
  const ledgerFile = ledgerPath(folder);
  try {
    if (!existsSync(ledgerFile)) {
      const message = existsSync(folder) ? `\`${path}\` has no ledger: nothing was executed there` : `there is no folder \`${path}\``;
      return {
        value: undefined,
        diagnostics: [{ severity: 'error', code: 'review/ledger-missing', message, help: 'name the output folder of executions with --out' }],
      };
    }
    const lines = new Map<LedgerEntry, LedgerLine>();
    const { problems } = await walkLedger(ledgerFile, (entry, lineNumber, lineSha256) => void lines.set(entry, { lineNumber, lineSha256 }));
    // A torn last line is a writer at work, or one that died: the next one ends it and says so.
    const flaws = problems.flatMap(({ kind, lineNumber, offset }): readonly LedgerFlaw[] =>
      kind === 'torn' ? [] : [{ lineNumber, offset, message: kind === 'chain-broken' ? 'it is not chained to the line before' : 'it is damaged' }],
    );
    const executions = describeExecutions(lines, flaws[0]?.lineNumber ?? Number.POSITIVE_INFINITY, options);
    const known = new Set(executions.map(({ execution }) => execution));
    const source = { path, executions: executions.length, flaws, strangers: findStrangers(folder, known) };
    return { value: { source, executions }, diagnostics: [] };
  } catch (error) {
    const message = `the ledger of \`${path}\` cannot be read: ${messageOf(error)}`;
    return {
      value: undefined,
      diagnostics: [{ severity: 'error', code: 'journal/ledger-unusable', message, help: 'make it readable, or name another folder with --out' }],
    };
  }
}

function describeExecutions(lines: ReadonlyMap<LedgerEntry, LedgerLine>, brokenAt: number, options: SourceOptions): readonly PastExecution[] {
  const entries = [...lines.keys()];
  const lineOf = (entry: LedgerEntry): LedgerLine => lines.get(entry) ?? { lineNumber: 0, lineSha256: '' };
  // The line before the one that does not fit may be the one that was edited: only the next line vouches for a line.
  const isChained = (all: readonly LedgerEntry[]): boolean => all.every((entry) => lineOf(entry).lineNumber < brokenAt - 1);
  const groups = groupEntries(entries);
  const count = createAttemptCount();
  const seen = new Set<string>();
  const executions: PastExecution[] = [];
  for (const entry of entries) {
    const counted = entry.kind === 'registered' ? count(entry.plan) : 0;
    // What was registered twice is one execution; an end without any registration is one, too: it must not vanish.
    if (seen.has(entry.execution)) continue;
    seen.add(entry.execution);
    const all = groups.get(entry.execution) ?? [];
    executions.push({ ...describeExecution(entry, all, options), counted: counted || entry.attempt, ...lineOf(entry), chained: isChained(all) });
  }
  return executions;
}

function describeExecution(
  first: LedgerEntry,
  all: readonly LedgerEntry[],
  options: SourceOptions,
): Omit<PastExecution, 'counted' | 'chained' | keyof LedgerLine> {
  const { execution, plan, attempt, ts } = first;
  const ends = all.filter((entry) => entry.kind === 'ended');
  const last = ends.at(-1);
  const pruning = all.findLast((entry) => entry.kind === 'pruned');
  const path = join(options.folder, 'executions', execution);
  const there = isFolder(path, execution) && (ends.length === 0 || isFile(join(path, executionFiles.journal)));
  const running = last === undefined && there && lockHolder(join(path, executionFiles.lock)) !== undefined;
  const verdict = endedVerdict(all);
  const elapsedMs = last === undefined ? Number.NaN : Date.parse(last.ts) - Date.parse(ts);
  return {
    output: options.path,
    execution,
    plan: { path: plan.path, sha256: plan.sha256 },
    attempt,
    registeredAt: ts,
    endedAt: last?.ts ?? null,
    durationMs: Number.isFinite(elapsedMs) ? elapsedMs : null,
    ending: last ? 'ended' : running ? 'running' : 'cut',
    // What proved nothing is published as unproven.
    verdict: verdict === 'none' ? 'unproven' : verdict,
    journal: last?.kind === 'ended' ? { ...last.journal } : null,
    ...(ends.length > 1 ? { endedTwice: true as const } : {}),
    folder: there ? 'there' : pruning || isAside(options.folder, execution) ? 'pruned' : 'gone',
    ...(pruning?.kind === 'pruned'
      ? { pruned: { at: pruning.ts, rule: pruning.rule, signed: options.verifierKey !== undefined && isSignedPruning(pruning, options.verifierKey) } }
      : {}),
    ...(!last && there && !running && isResumable(path, execution, options.stateFolder) ? { resumable: true as const } : {}),
  };
}

/** What is cut can be gone on with while the mark of its head is kept, or where only the ledger's line is missing. */
function isResumable(folder: string, execution: string, stateFolder: string): boolean {
  return existsSync(headMarkPath(stateFolder, execution)) || isFile(join(folder, executionFiles.checkpoint));
}

/** Which attempt at its plan each registration is: by the same text, or the same path, whatever was in it then. */
function createAttemptCount(): (plan: LedgerPlan) => number {
  const counts = [new Map<string, number>(), new Map<string, number>(), new Map<string, number>()];
  return ({ path, sha256 }) => {
    const normal = posix.normalize(path);
    const keys = [normal, sha256, `${sha256}\0${normal}`];
    const [byPath = 0, byText = 0, byBoth = 0] = keys.map((key, index) => {
      const number = (counts[index]?.get(key) ?? 0) + 1;
      counts[index]?.set(key, number);
      return number;
    });
    return byPath + byText - byBoth;
  };
}

/** Folders of executions that no line registers: whoever cuts the end off a ledger leaves them behind. */
function findStrangers(folder: string, known: ReadonlySet<string>): readonly string[] {
  try {
    return readdirSync(join(folder, 'executions')).filter(
      (name) => executionIdPattern.test(name) && !known.has(name) && isFile(join(folder, 'executions', name, executionFiles.journal)),
    );
  } catch {
    return [];
  }
}

function isFolder(path: string, execution: string): boolean {
  return executionNamePattern.test(execution) && (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false);
}

function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
