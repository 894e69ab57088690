/** The audit's one pass over the lines of a journal: each line by itself, its link to the line before, and what the entries promise. */
import { fieldOffset, hashTornLine, isRecord, journalGenesis, resumedKind, type LineProblem } from '../journal/journal-line.ts';
import { readJournal, type JournalLine } from '../journal/journal-reader.ts';
import { createMerkleTree } from '../journal/merkle-tree.ts';
import { executionFiles, type JournalEntry, type JournalState, type RecordedFile } from '../model/journal-entry.ts';
import { maximumFindings, type AuditCode, type AuditFinding } from './audit-finding.ts';
import { createPartLedger, nameOf } from './audit-part.ts';

/** A digest that an entry names, with the length and the line that names it first. */
interface EvidenceReference {
  readonly sha256: string;
  readonly bytes: number;
  readonly lineNumber: number;
}

/** What the journal says, for comparison with what lies beside it. */
export interface JournalAudit {
  readonly findings: readonly AuditFinding[];
  readonly execution: string;
  readonly state: JournalState;
  /** The state after the line that was asked for with `mark`. */
  readonly marked: JournalState | undefined;
  /** The reading was broken off, after too many findings or at another version: what is below is not all. */
  readonly brokenOff: boolean;
  readonly closed: boolean;
  readonly opened: JournalEntry | undefined;
  readonly verdict: JournalEntry | undefined;
  readonly files: readonly RecordedFile[];
  readonly evidence: readonly EvidenceReference[];
  /** The data of `policy-declared` and `policy-enforced`, in order. */
  readonly declared: readonly JournalEntry['data'][];
  readonly enforced: readonly JournalEntry['data'][];
}

type Damage = Exclude<LineProblem['kind'], 'cut'>;

const codeOfProblem: Readonly<Record<Damage, AuditCode>> = {
  'not-utf8': 'review/entry-malformed',
  'not-json': 'review/entry-malformed',
  'not-an-entry': 'review/entry-malformed',
  'not-canonical': 'review/entry-not-canonical',
  'unknown-version': 'review/unknown-version',
};

const wordsOfProblem: Readonly<Record<Damage, string>> = {
  'not-utf8': 'is not UTF-8',
  'not-json': 'is not JSON',
  'not-an-entry': 'has not the fields of an entry',
  'not-canonical': 'is not in canonical form (RFC 8785)',
  'unknown-version': 'is of another version',
};

const streamKey = '"stream":';

/** Verifies the journal at `path`. Without an expected execution the first entry's own is taken. Throws what `node:fs` throws. */
export async function verifyJournal(path: string, expectedExecution: string | undefined, mark: number | undefined): Promise<JournalAudit> {
  const findings: AuditFinding[] = [];
  const tree = createMerkleTree();
  const openSteps = new Map<string, { readonly name: string; readonly line: JournalLine }>();
  const attempts = new Map<string, number>();
  const evidence = new Map<string, EvidenceReference>();
  const files: RecordedFile[] = [];
  const parts = createPartLedger();
  const verdicts: JournalEntry[] = [];
  const declared: JournalEntry['data'][] = [];
  const enforced: JournalEntry['data'][] = [];
  let execution = expectedExecution;
  let head = '';
  let cut: JournalLine | undefined;
  let marked: JournalState | undefined;
  let lastTime = '';
  let opened: JournalEntry | undefined;
  let closed: JournalEntry | undefined;
  let brokenOff = false;

  const find = (code: AuditCode, message: string, line?: JournalLine, offset = line?.offset): void => {
    findings.push({
      code,
      message,
      file: executionFiles.journal,
      ...(line ? { lineNumber: line.lineNumber } : {}),
      ...(offset === undefined ? {} : { offset }),
    });
  };
  const state = (): JournalState => ({ entries: tree.size(), head, root: tree.root().toString('hex') });

  const verifyLinks = (entry: JournalEntry, line: JournalLine): void => {
    const { lineNumber } = line;
    execution ??= entry.execution;
    const at = (field: 'execution' | 'prev' | 'seq' | 'ts'): number => line.offset + fieldOffset(line.bytes, field);
    if (entry.seq !== lineNumber) find('review/wrong-sequence', `line ${lineNumber} says that it is entry ${entry.seq}`, line, at('seq'));
    if (entry.execution !== execution)
      find('review/wrong-execution', `line ${lineNumber} belongs to \`${entry.execution}\`, not to \`${execution}\``, line, at('execution'));
    const expected = lineNumber === 1 ? journalGenesis(execution) : head;
    if (entry.prev !== expected) {
      const before = lineNumber === 1 ? `the beginning of \`${execution}\`` : `line ${lineNumber - 1}`;
      find('review/chain-broken', `line ${lineNumber} is not chained to ${before}: it names ${entry.prev}, which is not ${expected}`, line, at('prev'));
    }
    if (entry.ts < lastTime) find('review/time-backwards', `line ${lineNumber} is of ${entry.ts}, the line before of ${lastTime}`, line, at('ts'));
    lastTime = entry.ts;
  };

  /** A torn line before it that it does not fit is told as damaged already. */
  const verifyResumption = ({ data: { after, torn } }: JournalEntry, line: JournalLine): void => {
    const whole = line.lineNumber - (cut ? 2 : 1);
    if (after !== whole || (torn !== null && !cut))
      find('review/resumption-unfit', `line ${line.lineNumber} says that line ${String(after)} was the last whole one`, line);
  };

  const collectStep = ({ kind, data }: JournalEntry, line: JournalLine): void => {
    const [step, attempt] = [nameOf(data['step']), nameOf(data['attempt'])];
    const key = `${step} ${attempt}`;
    const name = `step ${step}, attempt ${attempt}`.replaceAll('"', '');
    if (kind === 'step-ended') {
      if (!openSteps.delete(key)) find('review/step-not-started', `${name} ended without having been started`, line);
      return;
    }
    openSteps.set(key, { name, line });
    const expected = (attempts.get(step) ?? 0) + 1;
    if (data['attempt'] !== expected) find('review/step-attempt-missing', `${name} follows attempt ${expected - 1}`, line);
    attempts.set(step, expected);
  };

  const collect = (entry: JournalEntry, line: JournalLine): void => {
    const { kind, data } = entry;
    parts.take(entry);
    if (kind === 'opened') opened ??= entry;
    if (kind === 'step-started' || kind === 'step-ended') collectStep(entry, line);
    if (kind === resumedKind) verifyResumption(entry, line);
    if (kind === 'policy-declared') declared.push(data);
    if (kind === 'policy-enforced') enforced.push(data);
    if (kind === 'verdict') verdicts.push(entry);
    if (kind === 'files' && Array.isArray(data['files'])) files.push(...data['files'].flatMap(recordedFile));
    if (kind === 'closed') closed ??= entry;
    // Most entries name no file: their bytes tell that sooner than a walk through their data.
    if (!line.bytes.includes(streamKey)) return;
    for (const reference of referencesIn(data))
      if (!evidence.has(reference.sha256)) evidence.set(reference.sha256, { ...reference, lineNumber: line.lineNumber });
  };

  for await (const line of readJournal(path)) {
    if (findings.length >= maximumFindings) {
      brokenOff = true;
      break;
    }
    if (line.torn) {
      if (closed) find('review/trailing-bytes', `${line.bytes.length} bytes without a line feed follow the closed journal`, line);
      else find('review/torn-end', `line ${line.lineNumber} breaks off after ${line.bytes.length} bytes`, line);
      break;
    }
    if (closed) find('review/entry-after-closed', `line ${line.lineNumber} follows the entry that closed the journal`, line);
    const { problem } = line;
    if (problem && problem.kind !== 'cut')
      find(codeOfProblem[problem.kind], `line ${line.lineNumber} ${wordsOfProblem[problem.kind]}`, line, line.offset + problem.offset);
    if (problem?.kind === 'unknown-version' && line.lineNumber === 1) {
      // Whatever else the later version changed, this reader would call it damage.
      brokenOff = true;
      break;
    }
    if (line.entry) {
      verifyLinks(line.entry, line);
      collect(line.entry, line);
    }
    if (line.lineNumber === 1 && line.entry?.kind !== 'opened') find('review/not-opened', 'the first line does not open an execution', line);
    tree.append(line.bytes);
    cut = problem?.kind === 'cut' ? line : undefined;
    head = cut ? hashTornLine(head, line.bytes) : line.hash;
    if (tree.size() === mark) marked = state();
  }

  if (!brokenOff) {
    const [verdict] = verdicts;
    if (tree.size() === 0) find('review/not-opened', 'the journal has no entry');
    if (!closed) find('review/not-closed', `the journal ends after ${tree.size()} entries without having been closed`);
    if (verdicts.length !== 1) find('review/verdict-not-single', `the journal has ${verdicts.length} verdicts`);
    else if (typeof closed?.data['verdict'] === 'string' && closed.data['verdict'] !== verdict?.data['verdict']) {
      find('review/verdict-not-single', `the verdict is ${String(verdict?.data['verdict'])}, but the journal was closed with ${closed.data['verdict']}`);
    }
    const [bad] = verdict?.data['verdict'] === 'passed' && verdicts.length === 1 ? parts.bad() : [];
    if (bad !== undefined) find('review/verdict-unfounded', `the verdict is passed, but ${bad}`);
    for (const { name, line } of openSteps.values()) find('review/step-not-ended', `${name} was started; what came of it is not recorded`, line);
  }
  return {
    findings,
    execution: execution ?? '',
    state: state(),
    marked,
    brokenOff,
    closed: closed !== undefined,
    opened,
    verdict: verdicts[0],
    files,
    evidence: [...evidence.values()],
    declared,
    enforced,
  };
}

/** A file of a `files` entry. One whose digest is missing stays in the list, with a digest that nothing has. */
function recordedFile(value: unknown): readonly RecordedFile[] {
  if (!isRecord(value) || typeof value['path'] !== 'string') return [];
  const { path, sha256, bytes } = value;
  return [{ path, sha256: typeof sha256 === 'string' ? sha256 : '', bytes: typeof bytes === 'number' ? bytes : -1 }];
}

/** Every object in the data with `stream`, `sha256` and `bytes`: the shape of OutputEvidence, wherever it stands. */
function* referencesIn(value: unknown): Generator<{ readonly sha256: string; readonly bytes: number }> {
  if (Array.isArray(value)) for (const item of value) yield* referencesIn(item);
  else if (isRecord(value)) {
    const { stream, sha256, bytes } = value;
    if (typeof stream === 'string' && typeof sha256 === 'string' && typeof bytes === 'number') yield { sha256, bytes };
    for (const item of Object.values(value)) yield* referencesIn(item);
  }
}
