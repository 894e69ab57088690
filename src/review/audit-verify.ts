/**
 * `audit verify`: is this record what an execution left, whole and unchanged? Reads only. What it cannot see is a record
 * rewritten from beginning to end together with its checkpoint and its ledger: an expected root, or a key, binds that.
 */
import { lstatSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { isRecord } from '../journal/journal-line.ts';
import { ledgerPath } from '../journal/ledger.ts';
import { messageOf } from '../model/diagnostic.ts';
import { executionFiles, executionIdPattern, type JournalState } from '../model/journal-entry.ts';
import { compareExpectation, type AuditExpectation } from './audit-expectation.ts';
import { readVerdict, verifyCheckpoint, verifyEvidenceFiles, verifyRecordedFiles, type AuditSignature } from './audit-file.ts';
import type { AuditFinding } from './audit-finding.ts';
import { verifyJournal, type JournalAudit } from './audit-journal.ts';
import { verifyLedger, type LedgerMemory, type PrunedAttempt } from './audit-ledger.ts';

/** What was found about a record. An empty list of findings is the good answer; `journal` is undefined where there is none. */
export interface Audit {
  readonly findings: readonly AuditFinding[];
  readonly journal?: RecordSummary;
  /** Other attempts at the plan whose folders were pruned, as the ledger says: with or without a finding. */
  readonly pruned?: readonly PrunedAttempt[];
  /** The data of the journal's first entry, as it was read. */
  readonly opened?: Readonly<Record<string, unknown>>;
}

/** What a record says of itself, as far as it was read. `note`: its checkpoint, where that is the journal's own. */
interface RecordSummary {
  readonly execution: string;
  readonly plan: string | undefined;
  readonly verdict: string | undefined;
  readonly state: JournalState;
  readonly signature: AuditSignature;
  readonly note?: string;
}

/** Every finding about the record in an execution's folder (a link such as `latest` is followed). An empty list is the good answer. */
export async function verifyExecution(folder: string, expectation: AuditExpectation = {}): Promise<readonly AuditFinding[]> {
  return (await auditExecution(folder, expectation)).findings;
}

/** As `verifyExecution`, with what the record says of itself. Never rejects: what cannot be read is a finding. `ledgers` is for many at once. */
export async function auditExecution(folder: string, expectation: AuditExpectation = {}, ledgers?: LedgerMemory): Promise<Audit> {
  const real = realFolder(folder);
  const file = executionFiles.journal;
  const none = (message: string): Audit => ({ findings: [{ code: 'review/not-an-execution', message, file }] });
  if (real === undefined) return none(`\`${folder}\` is not a folder`);
  const journalPath = join(real, file);
  const name = basename(real);
  const state = (await readVerdict(real))?.['journal'];
  const mark = isRecord(state) && typeof state['entries'] === 'number' ? state['entries'] : undefined;
  try {
    if (!lstatSync(journalPath).isFile()) return none(`\`${journalPath}\` is not a regular file`);
    const journal = await verifyJournal(journalPath, executionIdPattern.test(name) ? name : undefined, mark);
    if (journal.brokenOff) return { findings: journal.findings, journal: summaryOf(journal, { kind: 'none' }) };
    const checkpoint = await verifyCheckpoint(real, journal, expectation.verifierKey);
    const ledger = await verifyLedger(ledgerPath(dirname(dirname(real))), real, journal, expectation.verifierKey, ledgers);
    const findings = [
      ...journal.findings,
      ...compareExpectation(journal, expectation),
      ...checkpoint.findings,
      ...(await verifyEvidenceFiles(real, journal)),
      ...(await verifyRecordedFiles(real, journal)),
      ...ledger.findings,
    ];
    return {
      findings,
      journal: { ...summaryOf(journal, checkpoint.signature), ...(checkpoint.note === undefined ? {} : { note: checkpoint.note }) },
      ...(journal.opened === undefined ? {} : { opened: journal.opened.data }),
      ...(ledger.pruned.length === 0 ? {} : { pruned: ledger.pruned }),
    };
  } catch (error) {
    return none(`\`${journalPath}\` cannot be read: ${messageOf(error)}`);
  }
}

function summaryOf({ execution, opened, verdict, state }: JournalAudit, signature: AuditSignature): RecordSummary {
  const plan = opened?.data['plan'];
  const [digest, judged] = [isRecord(plan) ? plan['sha256'] : undefined, verdict?.data['verdict']];
  return { execution, plan: typeof digest === 'string' ? digest : undefined, verdict: typeof judged === 'string' ? judged : undefined, state, signature };
}

function realFolder(folder: string): string | undefined {
  try {
    const path = realpathSync(resolve(folder));
    return lstatSync(path).isDirectory() ? path : undefined;
  } catch {
    return undefined;
  }
}
