/**
 * `audit verify`: is this record what an execution left, whole and unchanged? Reads only. What it cannot see is a record
 * rewritten from beginning to end together with its checkpoint and its ledger: an expected root, or a key, binds that.
 */
import { lstatSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { isRecord } from '../journal/journal-line.ts';
import { ledgerPath } from '../journal/ledger.ts';
import { messageOf } from '../model/diagnostic.ts';
import { executionFiles, executionIdPattern } from '../model/journal-entry.ts';
import { readVerdict, verifyCheckpoint, verifyEvidenceFiles, verifyRecordedFiles } from './audit-file.ts';
import type { AuditFinding } from './audit-finding.ts';
import { verifyJournal } from './audit-journal.ts';
import { verifyLedger } from './audit-ledger.ts';

export interface AuditExpectation {
  /** SHA-256 of the plan document, in hex. */
  readonly expectPlan?: string;
  /** The root that the execution printed (`AUDIT root=…`), in hex. */
  readonly expectRoot?: string;
  /** The execution's id; without it, the folder's name where it has the form of one. */
  readonly expectExecution?: string;
  /** The key that must have signed the checkpoint (`name+hash+base64`). */
  readonly verifierKey?: string;
}

/** Every finding about the record in an execution's folder (a link such as `latest` is followed). An empty list is the good answer. */
export async function verifyExecution(folder: string, expectation: AuditExpectation = {}): Promise<readonly AuditFinding[]> {
  const real = realFolder(folder);
  const file = executionFiles.journal;
  if (real === undefined) return [{ code: 'review/not-an-execution', message: `\`${folder}\` is not a folder`, file }];
  const journalPath = join(real, file);
  const name = basename(real);
  const expected = expectation.expectExecution ?? (executionIdPattern.test(name) ? name : undefined);
  const state = (await readVerdict(real))?.['journal'];
  const mark = isRecord(state) && typeof state['entries'] === 'number' ? state['entries'] : undefined;
  try {
    if (!lstatSync(journalPath).isFile()) return [{ code: 'review/not-an-execution', message: `\`${journalPath}\` is not a regular file`, file }];
    const journal = await verifyJournal(journalPath, expected, mark);
    if (journal.brokenOff) return journal.findings;
    const plan = journal.opened?.data['plan'];
    const digest = isRecord(plan) ? plan['sha256'] : undefined;
    const findings = [...journal.findings];
    if (expectation.expectPlan !== undefined && expectation.expectPlan.toLowerCase() !== digest) {
      findings.push({
        code: 'review/unexpected-plan',
        message: `the plan that was executed has digest ${String(digest)}, not ${expectation.expectPlan}`,
        file,
      });
    }
    if (expectation.expectRoot !== undefined && expectation.expectRoot.toLowerCase() !== journal.state.root) {
      findings.push({ code: 'review/unexpected-root', message: `the journal has root ${journal.state.root}, not ${expectation.expectRoot}`, file });
    }
    findings.push(
      ...(await verifyCheckpoint(real, journal, expectation.verifierKey)),
      ...(await verifyEvidenceFiles(real, journal)),
      ...(await verifyRecordedFiles(real, journal)),
      ...(await verifyLedger(ledgerPath(dirname(dirname(real))), real, journal)),
    );
    return findings;
  } catch (error) {
    return [{ code: 'review/not-an-execution', message: `\`${journalPath}\` cannot be read: ${messageOf(error)}`, file }];
  }
}

function realFolder(folder: string): string | undefined {
  try {
    const path = realpathSync(resolve(folder));
    return lstatSync(path).isDirectory() ? path : undefined;
  } catch {
    return undefined;
  }
}
