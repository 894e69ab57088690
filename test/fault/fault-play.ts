/** Small plans executed while something fails, and what must hold of every end whatever it was. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionEnd } from '../../src/execute/execution-option.ts';
import { readJournal } from '../../src/journal/journal-reader.ts';
import { readLedger, ledgerPath } from '../../src/journal/ledger.ts';
import { parseCheckpoint } from '../../src/journal/checkpoint.ts';
import type { Plan } from '../../src/model/plan.ts';
import { verifyExecution } from '../../src/review/audit-verify.ts';
import { plan, policy, search, shell, sql } from '../execute/sample-plan.ts';

/** Each step leaves a mark, so that what was done can be held against what was recorded. */
export function markedPlan(options: { readonly database: boolean; readonly steps?: number } = { database: false }): Plan {
  const { database, steps = 3 } = options;
  const shells = Array.from({ length: steps }, (_, index) =>
    shell(`${index + 1}.1`, `echo done: ${index + 1}; echo x >> mark-${index + 1}${index === 0 ? '; seq 20000' : ''}`),
  );
  const found = search(`${steps + 1}.1`, ['needle'], ['hay.txt'], [{ kind: 'found', quantity: 'each' }]);
  const asked = sql(`${steps + 2}.1`, 'SELECT 1 AS one', { claims: [{ kind: 'rows', bound: 'at-least', count: 1, noun: 'row' }] });
  return plan(
    [...shells, found, ...(database ? [asked] : [])],
    database ? { policies: [policy('P1', { kind: 'no-manual-writes', tables: ['runs'] })], protectedTables: ['runs'] } : {},
  );
}

export interface Played {
  readonly end: ExecutionEnd;
  readonly workspace: string;
  readonly out: string;
  /** Steps of which it was told that they begin, where the journal may be gone. */
  readonly told?: ReadonlySet<string>;
}

interface RecordFacts {
  /** In words; empty where the record is whole. */
  readonly findings: readonly string[];
  readonly verdictFile: { readonly verdict: string; readonly exitCode: number } | 'none' | 'broken';
  readonly journalVerdict: string | undefined;
  readonly started: ReadonlySet<string>;
  /** A line that is whole and no entry: what follows it cannot be read. */
  readonly damaged: boolean;
}

async function readRecord(folder: string): Promise<RecordFacts> {
  const findings = (await verifyExecution(folder)).map(({ code, message }) => `${code}: ${message}`);
  const started = new Set<string>();
  let journalVerdict: string | undefined;
  let damaged = false;
  if (existsSync(join(folder, 'journal.jsonl'))) {
    for await (const line of readJournal(join(folder, 'journal.jsonl'))) {
      if (!line.entry) {
        damaged = !line.torn;
        break;
      }
      if (line.entry.kind === 'step-started') started.add(String(line.entry.data['step']));
      if (line.entry.kind === 'verdict') journalVerdict = String(line.entry.data['verdict']);
    }
  }
  return { findings, verdictFile: readVerdictFile(folder), journalVerdict, started, damaged };
}

function readVerdictFile(folder: string): RecordFacts['verdictFile'] {
  let text: string;
  try {
    text = readFileSync(join(folder, 'verdict.json'), 'utf8');
  } catch {
    return 'none';
  }
  try {
    return JSON.parse(text) as { readonly verdict: string; readonly exitCode: number };
  } catch {
    return 'broken';
  }
}

/** Everything in which an end contradicts its record, in words. Empty is what must be. */
export async function contradictions({ end, workspace, out, told }: Played): Promise<readonly string[]> {
  const found: string[] = [];
  const say = (sentence: string): void => void found.push(sentence);
  if (end.exitCode === 0 && end.verdict !== 'passed') say(`exit code 0 with verdict ${end.verdict}`);
  if (end.exitCode !== 0 && end.verdict === 'passed') say(`exit code ${end.exitCode} with verdict passed`);
  if (!end.opened) {
    if (end.exitCode === 0) say('exit code 0 without a record');
    const made = readdirSync(workspace).filter((name) => name.startsWith('mark-'));
    if (made.length > 0) say(`nothing was opened, and ${made.join(', ')} was done`);
    return found;
  }
  const record = await readRecord(end.folder);
  const { verdictFile } = record;
  if (verdictFile === 'broken') say('verdict.json is left broken');
  else if (verdictFile !== 'none') {
    if (verdictFile.exitCode !== end.exitCode) say(`verdict.json says exit code ${verdictFile.exitCode}, the command ${end.exitCode}`);
    if (verdictFile.verdict !== end.verdict) say(`verdict.json says ${verdictFile.verdict}, the command ${end.verdict}`);
  }
  if (end.exitCode === 0) {
    if (record.findings.length > 0) say(`passed, and the audit finds ${record.findings.join('; ')}`);
    if (verdictFile === 'none') say('passed without verdict.json');
  } else if (record.findings.length === 0 && record.journalVerdict === 'passed') say('an error, and the record looks like a whole pass');
  // The intent stands before the act.
  for (const name of readdirSync(workspace)) {
    const step = /^mark-(\d+)$/.exec(name)?.[1];
    if (step !== undefined && !record.started.has(`${step}.1`) && told?.has(`${step}.1`) !== true && !record.damaged)
      say(`step ${step}.1 was done, and nobody says that it began`);
    if (step !== undefined && readFileSync(join(workspace, name), 'utf8') !== 'x\n') say(`step ${step}.1 was done twice`);
  }
  found.push(...(await ledgerContradictions(out, end, record)));
  const checkpoint = readText(join(end.folder, 'checkpoint'));
  const parsed = checkpoint === undefined ? undefined : parseCheckpoint(checkpoint);
  if (parsed && record.findings.length === 0 && parsed.checkpoint.root !== end.journal.root) say('the AUDIT line has another root than the checkpoint');
  return found;
}

async function ledgerContradictions(out: string, end: ExecutionEnd & { readonly opened: true }, record: RecordFacts): Promise<readonly string[]> {
  const ledger = await readLedger(ledgerPath(out)).catch(() => undefined);
  const ended = ledger?.entries.findLast((entry) => entry.execution === end.execution && entry.kind === 'ended');
  if (ended?.kind !== 'ended' || ended.verdict === end.verdict) return [];
  return record.findings.length > 0 ? [] : [`the ledger says ${ended.verdict}, the command ${end.verdict}`];
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
