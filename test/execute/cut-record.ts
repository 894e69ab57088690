/** The record of an execution as a process that was killed at some moment would have left it. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hash } from 'node:crypto';
import { basename, join } from 'node:path';
import { must } from '../support/postgres.ts';
import { type CutAnswers, readHistory, type Resumption } from '../../src/execute/execution-history.ts';
import { headMarkPath, openHeadMark } from '../../src/journal/head-mark.ts';
import { readBegunJournal } from '../../src/journal/journal-begun.ts';
import { eventOf } from '../../src/model/event.ts';

/** The lines of a journal, each with its line feed. */
export function linesOf(folder: string): readonly string[] {
  return readFileSync(join(folder, 'journal.jsonl'), 'utf8').split(/(?<=\n)/);
}

export interface Cut {
  /** So many whole lines stay. */
  readonly lines: number;
  /** What stands behind them. */
  readonly torn?: string;
  /** What was there by then beside the journal; all of it where absent is nothing. */
  readonly keep?: readonly ('verdict.json' | 'report.md' | 'checkpoint')[];
  readonly ledgerEnded?: boolean;
}

/** Copies the record of a finished execution to another output folder, cut. Answers with the execution's folder there. */
export function cutRecord(folder: string, output: string, { lines, torn = '', keep = [], ledgerEnded = false }: Cut): string {
  const copy = join(output, 'executions', basename(folder));
  rmSync(output, { recursive: true, force: true });
  mkdirSync(join(output, 'executions'), { recursive: true });
  cpSync(folder, copy, { recursive: true });
  for (const name of ['verdict.json', 'report.md', 'checkpoint'] as const) if (!keep.includes(name)) rmSync(join(copy, name), { force: true });
  const ledger = readFileSync(join(folder, '../../ledger.jsonl'), 'utf8').split(/(?<=\n)/);
  const own = ledger.findIndex((line) => line.includes(basename(folder)) && line.includes('"ended"'));
  writeFileSync(join(output, 'ledger.jsonl'), (ledgerEnded || own === -1 ? ledger : ledger.slice(0, own)).join(''));
  const kept = linesOf(folder).slice(0, lines);
  writeFileSync(join(copy, 'journal.jsonl'), kept.join('') + torn);
  const mark = openHeadMark(headMarkPath(stateOf(output), basename(folder)));
  mark.note(hash('sha256', kept.at(-1) ?? ''), 'x');
  mark.close();
  return copy;
}

/** The state folder of an output folder, as `execute` of run-sample.ts has it. */
export function stateOf(output: string): string {
  return join(output, '..', 'state');
}

/** What `proofplan resume` reads before anything is done. */
export async function resumptionOf(folder: string, answers: CutAnswers = { done: [], notDone: [] }): Promise<Resumption> {
  const begun = must(await readBegunJournal(folder, stateOf(join(folder, '../..'))));
  const history = readHistory(begun.entries.map(eventOf).filter((event) => event !== undefined));
  if (history === undefined) throw new Error('nothing was begun');
  return { folder, begun, history, answers };
}
