/** Before a folder goes: is it the record that the ledger's line speaks of, which stays behind as all that tells of it? */
import { existsSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { headMarkPath } from '../journal/head-mark.ts';
import { readRecordEnd } from '../journal/record-end.ts';
import type { PastExecution } from '../model/history.ts';
import { executionFiles } from '../model/journal-entry.ts';
import { publishedVerdict } from './audit-file.ts';

/** Why it stays after all. Asked when nobody else can write the record. */
export function checkPruned(output: string, { execution, journal, verdict }: PastExecution, stateFolder: string): string | undefined {
  const folder = join(output, 'executions', execution);
  if (latestOf(output) === execution) return 'latest points at it';
  if (journal === null) {
    return existsSync(headMarkPath(stateFolder, execution)) || existsSync(join(folder, executionFiles.checkpoint)) ? 'it can be resumed' : undefined;
  }
  const read = readRecordEnd(folder, journal);
  if ('problem' in read) return `it is not the record that the ledger registered: ${read.problem}`;
  return publishedVerdict(read.end.verdict) === verdict ? undefined : `its journal was closed as ${read.end.verdict}, and the ledger says ${String(verdict)}`;
}

/** The execution that `latest` points at; undefined where it points at none. */
export function latestOf(output: string): string | undefined {
  try {
    return basename(readlinkSync(join(output, 'latest')));
  } catch {
    return undefined;
  }
}
