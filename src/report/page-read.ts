/**
 * Reads an execution's folder for its page: one line of the journal in memory at a time, as far as the line before `files`, where the
 * page's own digest stands. So the page comes out the same while the record is closed and ever after.
 */
import { join } from 'node:path';
import { readEvidence } from '../journal/evidence-store.ts';
import { readJournal, type JournalLine } from '../journal/journal-reader.ts';
import { messageOf, type Checked, type Diagnostic } from '../model/diagnostic.ts';
import { eventOf, type ExecutionEvent } from '../model/event.ts';
import { executionFiles } from '../model/journal-entry.ts';
import { slimEvent } from '../model/slim-event.ts';
import { gatherPage, type PageRecord } from './page-record.ts';
import type { PageHead } from './page-top.ts';
import { mostDocument } from './read-record.ts';
import { reportedVerdict, verdictKinds } from './report-verdict.ts';

export interface ReadPageOptions {
  /** The record is being closed by whoever asks: that it has no end yet is no lack. */
  readonly closing?: boolean;
}

export interface PageSource {
  readonly record: PageRecord;
  readonly head: PageHead;
  readonly document: string;
}

/** What is missing or damaged is said in the page; without an opened record there is no page. */
export async function readPage(folder: string, options: ReadPageOptions = {}): Promise<Checked<PageSource>> {
  const { record, take } = gatherPage();
  const problems: string[] = [];
  let execution: string | undefined;
  let before: JournalLine | undefined;
  let head: PageHead['head'];
  let unknown = 0;
  const judged: ExecutionEvent[] = [];
  let ended = false;
  try {
    for await (const line of readJournal(join(folder, executionFiles.journal))) {
      if (line.problem?.kind === 'cut') continue;
      const wrong = lineProblem(line, before, execution);
      if (wrong !== undefined) {
        problems.push(wrong);
        break;
      }
      before = line;
      const entry = line.entry;
      if (!entry) break;
      execution ??= entry.execution;
      ended ||= entry.kind === 'files';
      const event = eventOf(entry);
      if (event === undefined) unknown += 1;
      else if (!ended || event.kind === 'closed') {
        take(event);
        if (verdictKinds.has(event.kind)) judged.push(slimEvent(event));
      }
      if (!ended) head = { entry: line.lineNumber, sha256: line.hash };
    }
    if (record.verdict && execution !== undefined) record.verdict = reportedVerdict({ execution, events: judged });
  } catch (error) {
    return { value: undefined, diagnostics: [unreadable(folder, `the journal cannot be read: ${messageOf(error)}`)] };
  }
  if (!record.opened || execution === undefined)
    return { value: undefined, diagnostics: [unreadable(folder, problems[0] ?? 'the journal does not say what was executed')] };
  if (unknown > 0) problems.push(`${unknown} entries are of kinds that this version does not know; they are not shown.`);
  const { value: plan, diagnostics: unread } = await readEvidence(folder, record.opened.plan.sha256, mostDocument);
  if (plan?.whole !== true) problems.push(`The plan document of this execution cannot be read: ${unread[0]?.message ?? 'it is too long'}.`);
  const document = plan?.whole === true ? plan.bytes.toString('utf8') : '';
  const whole = problems.length === 0 && (record.closed || options.closing === true);
  const end = whole && record.verdict ? 'closed' : 'broken';
  if (end === 'broken' && problems.length === 0) problems.push('The journal has no end: the program that wrote it was killed, or lines were taken away.');
  return {
    value: { record, document, head: { execution, end, problems, head } },
    diagnostics: end === 'broken' ? problems.map((problem) => warning(folder, problem)) : [],
  };
}

/** Why the record cannot be believed from this line on. Whether it is genuine is the audit's question; that it goes on is seen here. */
function lineProblem(line: JournalLine, before: JournalLine | undefined, execution: string | undefined): string | undefined {
  if (line.torn) return `The journal breaks off in line ${line.lineNumber}, which was not written whole.`;
  if (!line.entry) return `Line ${line.lineNumber} of the journal is damaged; what follows is not shown.`;
  if (execution !== undefined && line.entry.execution !== execution)
    return `Line ${line.lineNumber} of the journal belongs to another execution; what follows is not shown.`;
  if (before && line.entry.prev !== before.hash && line.lineNumber === before.lineNumber + 1)
    return `Line ${line.lineNumber} of the journal does not follow the line before it: the record was changed. What follows is not shown.`;
  return undefined;
}

function warning(folder: string, problem: string): Diagnostic {
  return { severity: 'warning', code: 'journal/unreadable', message: problem, help: `proofplan audit verify ${folder}` };
}

function unreadable(folder: string, message: string): Diagnostic {
  return { severity: 'error', code: 'journal/unreadable', message, help: `proofplan audit verify ${folder}` };
}
