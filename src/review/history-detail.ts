/**
 * What the folder of an execution adds to the ledger's line. Read from a verdict.json alone that the line vouches for (last line of
 * the journal, its `files`, the digest there), so that an edited file adds nothing.
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isRecord } from '../journal/journal-line.ts';
import { readJournal } from '../journal/journal-reader.ts';
import { readEndVerdict, readRecordEnd } from '../journal/record-end.ts';
import type { PastDetail, PastExecution, PastStep } from '../model/history.ts';
import { executionFiles } from '../model/journal-entry.ts';
import { publishedVerdict } from './audit-file.ts';
import { verdictOrder, type Outcome, type Verdict } from '../model/verdict.ts';

type Data = Readonly<Record<string, unknown>>;

const resumedMark = ',"kind":"resumed","prev":"';
/** A longer journal is not searched for resumptions. */
const searchedBytes = 64 << 20;
/** Values that were given by somebody: what the environment provides is new each time. */
const givenBy: readonly unknown[] = ['--set', '--set-secret', '--params', 'plan'];

/** The execution with what its folder tells, or with why that is not the record that the ledger registered. Never rejects. */
export async function examineExecution(folder: string, past: PastExecution): Promise<PastExecution> {
  try {
    const read = past.journal === null ? undefined : readRecordEnd(folder, past.journal);
    const differs = read && differenceOf(read, past);
    if (differs !== undefined) return { ...past, differs };
    const opened = await readOpened(folder);
    if (opened === undefined) return past;
    const registered = recordOf(opened['ledger'])['hash'];
    if (registered !== undefined && registered !== past.lineSha256)
      return { ...past, differs: 'it was registered in another line: the ledger was written anew' };
    const verdict = read && 'end' in read ? readEndVerdict(folder, read.end) : undefined;
    const reports = read && 'end' in read ? [executionFiles.page, executionFiles.report].filter((name) => read.end.files.has(name)) : [];
    return { ...past, detail: { ...describe(opened, verdict), reports, resumed: countResumptions(join(folder, executionFiles.journal)) } };
  } catch {
    return past;
  }
}

function differenceOf(read: ReturnType<typeof readRecordEnd>, { verdict, endedTwice }: PastExecution): string | undefined {
  if ('problem' in read) return read.problem;
  const closed = publishedVerdict(read.end.verdict);
  return closed === verdict || endedTwice ? undefined : `its journal was closed as ${String(closed)}`;
}

async function readOpened(folder: string): Promise<Data | undefined> {
  for await (const line of readJournal(join(folder, executionFiles.journal))) return line.entry?.kind === 'opened' ? line.entry.data : undefined;
  return undefined;
}

function describe(opened: Data, verdict: Data | undefined): Omit<PastDetail, 'reports' | 'resumed'> {
  const workspace = recordOf((verdict ?? opened)['workspace']);
  const plan = recordOf((verdict ?? opened)['plan']);
  const reading = verdict ? plan['readingSha256'] : opened['readingSha256'];
  return {
    title: textOf(plan['title']) ?? '',
    reason: textOf(verdict?.['reason']) ?? null,
    exitCode: numberOf(verdict?.['exitCode']) ?? null,
    commit: textOf(workspace['commit']) ?? null,
    dirtyCount: numberOf(workspace['dirtyCount']) ?? 0,
    readingSha256: textOf(reading) ?? '',
    environment: textOf(opened['environment']) ?? null,
    toolVersion: textOf(recordOf(opened['tool'])['version']) ?? '',
    ground: verdict === undefined ? null : groundOf(opened, workspace),
    steps: listOf(verdict?.['steps']).flatMap(stepOf),
  };
}

/** All that is known to make a difference, but for what is new in every execution. Null where nobody can tell which source was tested. */
function groundOf(opened: Data, workspace: Data): string | null {
  const commit = workspace['commit'];
  // Without a commit, or with changes that are not committed, the digest of all tested files has to do.
  const source = typeof commit === 'string' && workspace['dirtyCount'] === 0 ? commit : textOf(workspace['filesSha256']);
  if (source === undefined) return null;
  const inputs = listOf(opened['inputs']).filter((input) => givenBy.includes(recordOf(input['origin'])['source']));
  const given = inputs.map((input) => [input['name'], input['text']]);
  const { dryRun, only, timeoutMs, attest } = recordOf(opened['options']);
  const names = ['readingSha256', 'environment', 'environmentSha256', 'isolation', 'tool', 'host'];
  return JSON.stringify([source, given, dryRun, only, timeoutMs, attest, ...names.map((name) => opened[name] ?? null)]);
}

function stepOf(step: Data): readonly PastStep[] {
  const { id, title, outcome, verdict, durationMs, attempts } = step;
  if (typeof id !== 'string' || !verdictOrder.includes(verdict as Verdict)) return [];
  return [
    {
      id,
      title: textOf(title) ?? '',
      outcome: (textOf(outcome) ?? 'not run') as Outcome,
      verdict: verdict as Verdict,
      durationMs: numberOf(durationMs) ?? 0,
      attempts: numberOf(attempts) ?? 0,
    },
  ];
}

function countResumptions(journal: string): number {
  if (statSync(journal).size > searchedBytes) return 0;
  const bytes = readFileSync(journal);
  let count = 0;
  for (let at = bytes.indexOf(resumedMark); at !== -1; at = bytes.indexOf(resumedMark, at + 1)) count += 1;
  return count;
}

function recordOf(value: unknown): Data {
  return isRecord(value) ? value : {};
}

function listOf(value: unknown): readonly Data[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
