/** The audit of the ledger: this execution was registered, ended as its journal says, and no other attempt at its plan was removed. */
import { lstatSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { executionNamePattern, isRecord } from '../journal/journal-line.ts';
import { walkLedger } from '../journal/ledger-reader.ts';
import { endedVerdict, groupEntries, isSamePlan, type Ledger, type LedgerEntry, type LedgerPlan } from '../journal/ledger.ts';
import { isSignedPruning } from '../journal/ledger-pruning.ts';
import { messageOf } from '../model/diagnostic.ts';
import { executionFiles } from '../model/journal-entry.ts';
import type { Verdict } from '../model/verdict.ts';
import { publishedVerdict } from './audit-file.ts';
import { maximumFindings, type AuditCode, type AuditFinding } from './audit-finding.ts';
import type { JournalAudit } from './audit-journal.ts';

/** Another attempt at the plan whose folder is gone, and of which the ledger says that it was pruned. */
export interface PrunedAttempt {
  readonly execution: string;
  readonly attempt: number;
  /** The worst that the ledger says of its end; null where it says nothing. */
  readonly verdict: Verdict | null;
  readonly at: string;
  readonly rule: string;
  /** By the holder of the key that the auditor has given. */
  readonly signed: boolean;
}

export interface LedgerAudit {
  readonly findings: readonly AuditFinding[];
  readonly pruned: readonly PrunedAttempt[];
}

/** A ledger as it was read once, or why it cannot be. `hashes` are those of the lines. */
type ReadLedger =
  | {
      readonly entries: readonly LedgerEntry[];
      readonly hashes: ReadonlyMap<LedgerEntry, string>;
      readonly problems: Ledger['problems'];
      readonly entriesOf: ReadonlyMap<string, readonly LedgerEntry[]>;
    }
  | { readonly missing: string };

/** What is read of a ledger, kept: many executions of one output folder ask the same one. Not for longer than one verification. */
export type LedgerMemory = Map<string, Promise<ReadLedger>>;

async function readWhole(path: string): Promise<ReadLedger> {
  const entries: LedgerEntry[] = [];
  const hashes = new Map<LedgerEntry, string>();
  try {
    lstatSync(path);
    const { problems } = await walkLedger(path, (entry, _, hash) => {
      entries.push(entry);
      hashes.set(entry, hash);
    });
    return { entries, hashes, problems, entriesOf: groupEntries(entries) };
  } catch (error) {
    return { missing: messageOf(error) };
  }
}

/**
 * Verifies what the ledger at `path` says of the journal in `folder`. That a pass was pruned is told and hides nothing. The record of
 * anything else is missed, whoever says that he has removed it: only a line that is signed with the auditor's key explains that.
 */
export async function verifyLedger(
  path: string,
  folder: string,
  journal: JournalAudit,
  verifierKey?: string,
  memory: LedgerMemory = new Map(),
): Promise<LedgerAudit> {
  const file = relative(folder, path);
  const reading = memory.get(path) ?? readWhole(path);
  memory.set(path, reading);
  const ledger = await reading;
  if ('missing' in ledger)
    return { findings: [{ code: 'review/ledger-missing', message: `there is no ledger to be read: ${ledger.missing}`, file }], pruned: [] };
  const { entries, hashes, problems, entriesOf } = ledger;
  const findings: AuditFinding[] = [];
  const pruned: PrunedAttempt[] = [];
  const find = (code: AuditCode, message: string, place: { readonly lineNumber?: number; readonly offset?: number } = {}): void =>
    void findings.push({ code, message, file, ...place });

  for (const { kind, lineNumber, offset } of problems.slice(0, maximumFindings)) {
    // A torn last line is another execution that was killed just then; the next writer ends the line and says so.
    if (kind === 'chain-broken') find('review/ledger-broken', `line ${lineNumber} of the ledger is not chained to the line before`, { lineNumber, offset });
    if (kind === 'not-an-entry') find('review/ledger-broken', `line ${lineNumber} of the ledger is damaged`, { lineNumber, offset });
  }

  const own = entriesOf.get(journal.execution) ?? [];
  const [registered, ...again] = own.filter((entry) => entry.kind === 'registered');
  if (registered === undefined) {
    find('review/not-in-ledger', `the ledger has no registration of \`${journal.execution}\``);
    return { findings, pruned };
  }
  if (again.length > 0) find('review/ledger-differs', `\`${journal.execution}\` is registered ${again.length + 1} times`);
  findings.push(...compareRegistration(registered, hashes.get(registered), journal, file), ...compareEnd(own, registered, journal, file));

  const attempts = entries.filter((entry) => entry.kind === 'registered' && isSamePlan(entry.plan, registered.plan));
  // A registration takes its number from an index, which could be forged, and lines may have been taken out before it.
  const counted = attempts.indexOf(registered) + 1;
  if (registered.attempt !== counted)
    find('review/ledger-differs', `it was registered as attempt ${registered.attempt}, and is attempt ${counted} by counting`);
  for (const [index, attempt] of attempts.entries()) {
    const { execution } = attempt;
    const path = join(dirname(folder), execution);
    const all = entriesOf.get(execution) ?? [];
    const ends = all.filter((entry) => entry.kind === 'ended');
    if (execution === journal.execution || (isFolder(path, execution) && (ends.length === 0 || isFile(join(path, executionFiles.journal))))) continue;
    const name = `attempt ${index + 1} of ${attempts.length} (\`${execution}\`)`;
    const pruning = all.findLast((entry) => entry.kind === 'pruned' && entry.seq > attempt.seq);
    if (pruning?.kind !== 'pruned') {
      find('review/attempt-missing', `${name} is missing`, { lineNumber: attempt.seq });
      continue;
    }
    const verdict = endedVerdict(all);
    const { ts: at, rule } = pruning;
    const signed = verifierKey !== undefined && isSignedPruning(pruning, verifierKey);
    pruned.push({ execution, attempt: attempt.attempt, verdict, at, rule, signed });
    if (verdict === 'passed' || signed) continue;
    const ended = verdict === null ? 'of whose end the ledger says nothing' : `which ended as ${String(publishedVerdict(verdict))}`;
    const vouched =
      pruning.signature === undefined ? 'the line is not signed: anybody may have written it' : 'the line is not shown to be signed with a key that you know';
    find('review/attempt-pruned', `${name}, ${ended}, is missing, and said to have been pruned at ${at} (${rule}): ${vouched}`, { lineNumber: pruning.seq });
  }
  return { findings, pruned };
}

function compareRegistration(registered: LedgerEntry, hash: string | undefined, journal: JournalAudit, file: string): readonly AuditFinding[] {
  const plan: Partial<LedgerPlan> = isRecord(journal.opened?.data['plan']) ? journal.opened.data['plan'] : {};
  const own = isRecord(journal.opened?.data['ledger']) ? journal.opened.data['ledger'] : {};
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['plan.sha256', registered.plan.sha256, plan.sha256],
    ['attempt', registered.attempt, journal.opened?.data['attempt'] ?? registered.attempt],
    // The line binds all lines before it: a ledger that was written anew, chain and all, has another one.
    ['ledger.hash', hash, own['hash'] ?? hash],
  ];
  return pairs.filter(([, ledger, recorded]) => ledger !== recorded).map(([name, ledger, recorded]) => differs(name, ledger, recorded, file));
}

function compareEnd(own: readonly LedgerEntry[], registered: LedgerEntry, journal: JournalAudit, file: string): readonly AuditFinding[] {
  const ended = own.findLast((entry) => entry.kind === 'ended');
  if (ended?.kind !== 'ended') return [{ code: 'review/ledger-not-ended', message: `the ledger does not say how \`${journal.execution}\` ended`, file }];
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['verdict', publishedVerdict(ended.verdict), publishedVerdict(journal.verdict?.data['verdict'])],
    ['journal.entries', ended.journal.entries, journal.state.entries],
    ['journal.head', ended.journal.head, journal.state.head],
    ['journal.root', ended.journal.root, journal.state.root],
  ];
  const again = [ended.plan.path !== registered.plan.path, ended.plan.sha256 !== registered.plan.sha256, ended.attempt !== registered.attempt].includes(true);
  return [
    ...pairs.filter(([, ledger, recorded]) => ledger !== recorded).map(([name, ledger, recorded]) => differs(name, ledger, recorded, file)),
    ...(again ? [{ code: 'review/ledger-differs', message: 'it was registered and ended for different plans or attempts', file } as const] : []),
  ];
}

function differs(name: string, ledger: unknown, recorded: unknown, file: string): AuditFinding {
  return { code: 'review/ledger-differs', message: `${name} is ${String(ledger)} in the ledger, and ${String(recorded)} in the journal`, file };
}

function isFolder(path: string, execution: string): boolean {
  return executionNamePattern.test(execution) && (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false);
}

/** What has ended had a journal; a folder that was emptied is no less gone than one that was removed. */
function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
