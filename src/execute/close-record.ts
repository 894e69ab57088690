/** The end of a record, in its one order: verdict, verdict.json and reports, their digests, closed, ledger. */
import { lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, type Diagnostic } from '../model/diagnostic.ts';
import { executionFiles, resultFiles, type JournalState, type RecordedFile } from '../model/journal-entry.ts';
import type { Redactor } from '../model/redactor.ts';
import { exitCodes } from '../model/verdict.ts';
import { renderShellWord } from '../model/shell-word.ts';
import type { ExecutionFolder } from '../journal/execution-folder.ts';
import type { Journal } from '../journal/journal-writer.ts';
import { type FilePrefix, hasPrefix } from '../journal/file-prefix.ts';
import { isRegistered, ledgerPath, registerEnd, type LedgerOptions } from '../journal/ledger.ts';
import { changedFiles } from './check-integrity.ts';
import type { DiagnosticLog } from './diagnostic-log.ts';
import type { ReportFile } from './execution-option.ts';
import type { ExecutionRecord } from './execution-record.ts';
import type { Part } from './execution-part.ts';
import { writeNew } from './keep-document.ts';
import type { VerdictReader } from './verdict-file.ts';

/** A report that takes longer is left out: a record must not wait for one. */
const reportTimeoutMs = 120_000;

export interface ClosingOptions {
  readonly folder: ExecutionFolder;
  readonly journal: Journal;
  readonly record: ExecutionRecord;
  readonly diagnostics: DiagnosticLog;
  readonly redactor: Redactor;
  readonly ledger: LedgerOptions & { readonly attempt: number };
  /** The ledger when this execution was registered: it only grows. */
  readonly registered: FilePrefix;
  readonly verdict: ExecutionVerdict;
  /** An earlier process had come to the verdict, and perhaps further: only what is missing is done. */
  readonly begun?: { readonly files: { readonly files: readonly RecordedFile[] } | undefined; readonly closed: boolean };
  /** Has read all events so far. */
  readonly verdictFile: VerdictReader;
  readonly reports?: readonly ReportFile[];
}

interface ClosedRecord {
  readonly verdict: ExecutionVerdict;
  readonly journal: JournalState;
}

/** A verdict as it leaves the program. */
export type ExecutionVerdict = Part & { readonly exitCode: number };

/** Rejects with a JournalFailure or with what `node:fs` throws for verdict.json: then the record is not closed, and has no verdict.json. */
export async function closeRecord(options: ClosingOptions): Promise<ClosedRecord> {
  const { folder, record, diagnostics } = options;
  if (options.begun) return finishRecord(options, options.begun);
  const meddled = [...(await removePlanted(folder.folder)), ...(await lostFromLedger(options))];
  await diagnostics.report(...meddled);
  const verdict: ExecutionVerdict = meddled[0] ? { verdict: 'error', reason: meddled[0].message, exitCode: exitCodes.error } : options.verdict;
  await record.record('verdict', verdict, { durable: true });
  try {
    const end = await closeWith(verdict, options);
    if (end.verdict.exitCode !== verdict.exitCode) await removeResults(folder.folder);
    return end;
  } catch (error) {
    await removeResults(folder.folder);
    throw error;
  }
}

/** From where an earlier process was cut: the verdict is recorded and stays as it is. */
async function finishRecord(options: ClosingOptions, { files, closed }: NonNullable<ClosingOptions['begun']>): Promise<ClosedRecord> {
  const { folder, verdict } = options;
  if (closed) return endRecord(verdict, files?.files ?? [], options);
  if (files) {
    await options.record.record('closed', { verdict: verdict.verdict }, { durable: true });
    return endRecord(verdict, files.files, options);
  }
  // Unfinished ones: nothing in the record speaks of them.
  await removeResults(folder.folder);
  return closeWith(verdict, options);
}

/** A verdict.json that says `passed` must not outlive the failure of the record that it rests on. */
export async function removeResults(folder: string): Promise<void> {
  for (const name of resultFiles) await rm(join(folder, name), { recursive: true, force: true }).catch(() => undefined);
}

async function closeWith(verdict: ExecutionVerdict, options: ClosingOptions): Promise<ClosedRecord> {
  const { folder, journal, record, diagnostics, verdictFile } = options;
  const files: RecordedFile[] = [];
  const text = verdictFile.render(folder.execution, journal.state());
  if (text !== undefined) files.push({ path: executionFiles.verdict, ...(await writeNew(join(folder.folder, executionFiles.verdict), text)) });
  for (const each of options.reports ?? []) {
    const report = await writeReport(each, options);
    if ('path' in report) files.push(report);
    else diagnostics.keep(report);
  }
  await record.record('files', { files });
  await record.record('closed', { verdict: verdict.verdict }, { durable: true });
  return endRecord(verdict, files, options);
}

async function endRecord(verdict: ExecutionVerdict, files: readonly RecordedFile[], options: ClosingOptions): Promise<ClosedRecord> {
  const { folder, journal, diagnostics, ledger } = options;
  const state = await journal.close();
  const changed = await changedFiles(folder.folder, files);
  const registered = await registerEnd({ ...ledger, verdict: changed.length > 0 ? 'error' : verdict.verdict, journal: state });
  diagnostics.keep(...changed, ...registered.diagnostics);
  // An end that the ledger does not know leaves a record with a hole.
  const [problem] = [...changed, ...registered.diagnostics].filter(({ severity }) => severity === 'error');
  return { journal: state, verdict: problem ? { verdict: 'error', reason: problem.message, exitCode: exitCodes.error } : verdict };
}

/** Without its line in the ledger an execution could be one of many of which the failures were removed; so it could with other lines. */
async function lostFromLedger({ folder: { output, execution }, registered }: ClosingOptions): Promise<readonly Diagnostic[]> {
  const known = await isRegistered(output, execution);
  if (known && hasPrefix(ledgerPath(output), registered)) return [];
  const message = known
    ? 'lines of the ledger were changed during the execution'
    : 'the ledger does not know this execution any more: it was removed or replaced';
  return [{ severity: 'error', code: 'journal/ledger-unusable', message, help: 'find out what writes into the output folder, and execute the plan again' }];
}

/** A step that knows the folder could have left a verdict of its own: it must not stand where ours belongs. */
async function removePlanted(folder: string): Promise<readonly Diagnostic[]> {
  const found: Diagnostic[] = [];
  for (const name of resultFiles) {
    const path = join(folder, name);
    if (
      !(await lstat(path).then(
        () => true,
        () => false,
      ))
    )
      continue;
    await rm(path, { recursive: true, force: true });
    found.push({
      severity: 'error',
      code: 'execute/planted-file',
      message: `\`${name}\` was already there before the execution had a verdict`,
      notes: ['only the runner writes it, at the end; it was removed'],
      help: "find out what writes into the execution's folder, and execute the plan again",
    });
  }
  return found;
}

/** A report that cannot be made is said, and changes nothing else. */
async function writeReport({ name, render }: ReportFile, { folder, redactor }: ClosingOptions): Promise<RecordedFile | Diagnostic> {
  let timer: NodeJS.Timeout | undefined;
  try {
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`it took longer than ${reportTimeoutMs} ms`)), reportTimeoutMs);
    });
    const text = redactor.text(await Promise.race([render(folder.folder), late]));
    return { path: name, ...(await writeNew(join(folder.folder, name), text)) };
  } catch (error) {
    // Half a report, or one that somebody else has laid there, must not stand for ours.
    await rm(join(folder.folder, name), { recursive: true, force: true }).catch(() => undefined);
    return {
      severity: 'warning',
      code: 'execute/report-failed',
      message: `\`${name}\` was not written: ${messageOf(error)}`,
      notes: ['the verdict stands'],
      help: `render it again with \`proofplan report ${renderShellWord(folder.folder)}\``,
    };
  } finally {
    clearTimeout(timer);
  }
}
