/** A small record as an execution leaves it, made by the real writers; and what the two verifiers say about one. */
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, linkSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { createExecutionFolder } from '../../src/journal/execution-folder.ts';
import { headMarkPath } from '../../src/journal/head-mark.ts';
import { openJournal, type Journal } from '../../src/journal/journal-writer.ts';
import { registerEnd, registerExecution } from '../../src/journal/ledger.ts';
import type { NoteKey } from '../../src/journal/signed-note.ts';
import { evidencePath, type JournalState } from '../../src/model/journal-entry.ts';
import type { Verdict } from '../../src/model/verdict.ts';
import type { AuditFinding } from '../../src/review/audit-finding.ts';

export const plan = { path: 'plans/sample.md', text: '# A sample\n' };

export interface Sample {
  readonly output: string;
  readonly folder: string;
  readonly execution: string;
  readonly state: JournalState;
  readonly planSha256: string;
  /** The digest of the one output. */
  readonly outputSha256: string;
}

export interface SampleOptions {
  readonly output?: string;
  readonly key?: NoteKey;
  readonly verdict?: Verdict;
  readonly planText?: string;
  /** No step, no report: as few bytes as a good record can have. */
  readonly small?: boolean;
  /** Takes part in the middle of the execution. */
  readonly during?: (journal: Journal, folder: string) => Promise<void>;
  /** What verdict.json says, made from what it should say. */
  readonly falsify?: (verdict: Readonly<Record<string, unknown>>) => unknown;
  readonly stopBefore?: 'step-ended' | 'verdict' | 'files' | 'closed' | 'checkpoint' | 'ledger';
}

export function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'proofplan-audit-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function digestOf(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

let startMs = Date.UTC(2026, 1, 9, 12);

/** Leaves a record in a new output folder, or in `output` as the next attempt. */
export async function makeSample(options: SampleOptions = {}): Promise<Sample> {
  const output = options.output ?? temporary();
  startMs += 60_000;
  let now = startMs;
  const clock = (): number => (now += 7);
  const made = createExecutionFolder(output, clock).value;
  if (!made) throw new Error('no folder');
  const { folder, execution } = made;
  const planText = options.planText ?? plan.text;
  const planSha256 = digestOf(planText);
  const registration = { output, execution, plan: { path: plan.path, sha256: planSha256 }, clock };
  const attempt = (await registerExecution(registration)).value?.attempt ?? 0;
  const journal = await openJournal({ folder, execution, clock, headMark: headMarkPath(output, execution), ...(options.key ? { key: options.key } : {}) });
  const keep = (content: string, stream: string): object => {
    const sha256 = digestOf(content);
    writeFileSync(join(folder, evidencePath(sha256)), content, { mode: 0o600 });
    return { stream, sha256, bytes: Buffer.byteLength(content) };
  };
  const outputText = 'Run ID: 7\nzażółć\n';
  const step = async (): Promise<void> => {
    await journal.record('step-started', { step: '1.1', attempt: 1, action: 'echo "Run ID: 7"' }, { durable: true });
    await options.during?.(journal, folder);
    if (options.stopBefore === 'step-ended') return;
    await journal.record('step-ended', { step: '1.1', attempt: 1, outputs: [{ ...keep(outputText, 'stdout'), lines: 2, head: outputText, tail: '' }] });
  };
  const end = async (): Promise<void> => {
    const strange = options.small ? {} : { numbers: [0.1, 1e21, 5e-324, -0, 100], ключ: '😀\u2028\u007f' };
    await journal.record('opened', { plan: { path: plan.path, ...keep(planText, 'plan') }, attempt, ...strange });
    if (!options.small) await step();
    if (options.stopBefore === 'step-ended' || options.stopBefore === 'verdict') return;
    const verdict = { verdict: options.verdict ?? 'passed', exitCode: 0, reason: 'all of it' };
    await journal.record('verdict', verdict);
    if (options.stopBefore === 'files') return;
    const said = { execution, plan: { path: plan.path, sha256: planSha256 }, verdict: verdict.verdict, exitCode: verdict.exitCode, journal: journal.state() };
    const report = options.small ? {} : { 'report.md': '# Report\n' };
    const contents = { 'verdict.json': `${JSON.stringify(options.falsify?.(said) ?? said, null, 2)}\n`, ...report };
    for (const [name, content] of Object.entries(contents)) writeFileSync(join(folder, name), content);
    await journal.record('files', {
      files: Object.entries(contents).map(([path, content]) => ({ path, sha256: digestOf(content), bytes: Buffer.byteLength(content) })),
    });
    if (options.stopBefore === 'closed') return;
    await journal.record('closed', { verdict: verdict.verdict }, { durable: true });
  };
  await end();
  const state = journal.state();
  const stopped = options.stopBefore;
  if (stopped === undefined || stopped === 'ledger') await journal.close();
  if (stopped === undefined) await registerEnd({ ...registration, attempt, verdict: options.verdict ?? 'passed', journal: state });
  return { output, folder, execution, state, planSha256, outputSha256: digestOf(outputText) };
}

/**
 * Copies of a record, each with another journal, beside each other over one ledger. What is not changed is shared by links,
 * so that thousands of copies cost little. Their names are no ids: nothing but the record itself tells which execution it is.
 */
export function copyWithJournals(sample: Sample, mutants: ReadonlyMap<string, Uint8Array | string>): ReadonlyMap<string, string> {
  const output = temporary();
  copyFileSync(ledgerOf(sample), join(output, 'ledger.jsonl'));
  const shared = readdirSync(sample.folder).filter((entry) => entry !== 'journal.jsonl' && entry !== 'evidence');
  keepOthers(sample, join(output, 'executions'));
  const folders = new Map<string, string>();
  for (const [name, journal] of mutants) {
    const folder = join(output, 'executions', `mutant-${folders.size}`);
    mkdirSync(folder);
    writeFileSync(join(folder, 'journal.jsonl'), journal);
    for (const file of shared) linkSync(join(sample.folder, file), join(folder, file));
    symlinkSync(join(sample.folder, 'evidence'), join(folder, 'evidence'));
    folders.set(name, folder);
  }
  return folders;
}

/** The folders of all attempts, with the journals of the others. */
export function keepOthers(sample: Sample, executions: string): void {
  for (const execution of readdirSync(dirname(sample.folder))) {
    mkdirSync(join(executions, execution), { recursive: true });
    const journal = join(dirname(sample.folder), execution, 'journal.jsonl');
    if (execution !== sample.execution) linkSync(journal, join(executions, execution, 'journal.jsonl'));
  }
}

/** The record in an output folder of its own, with another ledger. */
export function copyWithLedger(sample: Sample, parent: string, name: string, ledger: Uint8Array): string {
  const executions = join(parent, name, 'executions');
  keepOthers(sample, executions);
  writeFileSync(join(parent, name, 'ledger.jsonl'), ledger);
  const folder = join(executions, sample.execution);
  for (const file of readdirSync(sample.folder)) {
    if (file === 'evidence') symlinkSync(join(sample.folder, file), join(folder, file));
    else linkSync(join(sample.folder, file), join(folder, file));
  }
  return folder;
}

/** A whole, independent copy of an output folder; answers with the copy of the sample. */
export function copyOutput(sample: Sample): Sample {
  const output = temporary();
  const copy = (from: string, to: string): void => {
    for (const entry of readdirSync(from, { withFileTypes: true })) {
      if (entry.isSymbolicLink()) continue;
      if (entry.isDirectory()) {
        mkdirSync(join(to, entry.name), { recursive: true });
        copy(join(from, entry.name), join(to, entry.name));
      } else copyFileSync(join(from, entry.name), join(to, entry.name));
    }
  };
  copy(sample.output, output);
  return { ...sample, output, folder: join(output, 'executions', basename(sample.folder)) };
}

const secondVerifier = join(import.meta.dirname, '../../tools/verify.py');

/** A finding as the two verifiers are compared by it. The second one shows nothing to a terminal that is not printable. */
export function placeOf({ code, file, lineNumber, offset }: AuditFinding): string {
  return `${code} ${file.replaceAll(/[^\x21-\x7e]/gu, '?')}:${lineNumber ?? ''}${offset === undefined ? '' : `@${offset}`}`;
}

/** The same without the byte, for those to whom the line is enough. */
export function withoutByte(place: string): string {
  return place.replace(/@\d+$/, '');
}

/** What tools/verify.py finds in each folder, as `placeOf` writes it, sorted. One process for all folders. */
export async function pythonFindings(folders: readonly string[], options: readonly string[] = []): Promise<ReadonlyMap<string, readonly string[]>> {
  const { status, stdout, stderr } = await new Promise<{ readonly status: number; readonly stdout: string; readonly stderr: string }>((resolve) => {
    execFile('python3', ['-B', secondVerifier, ...options, ...folders], { encoding: 'utf8', maxBuffer: 1 << 30 }, (error, stdout, stderr) =>
      resolve({ status: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
  if (stderr !== '') throw new Error(stderr.slice(0, 2_000));
  const found = new Map<string, string[]>(folders.map((folder) => [folder, []]));
  let told = 0;
  for (const line of stdout.split('\n').filter((text) => text !== '')) {
    const [, folder = '', rest = ''] = /^(.*?): (.*)$/.exec(line) ?? [];
    const list = found.get(folder);
    if (!list) throw new Error(`not one of the folders: ${line}`);
    told += 1;
    if (!rest.startsWith('ok ')) list.push(rest.split(' ').slice(0, 2).join(' '));
  }
  const bad = [...found.values()].some((list) => list.length > 0);
  if (told < folders.length || status !== (bad ? 1 : 0)) throw new Error(`the second verifier answered ${status} after ${told} lines`);
  for (const list of found.values()) list.sort();
  return found;
}

export interface SecondVerifier {
  /** As `pythonFindings`, for one folder. */
  readonly findingsOf: (folder: string, verifierKey?: string) => Promise<readonly string[]>;
  readonly close: () => void;
}

/** tools/verify.py kept running, for folders that are changed and asked about one after the other. */
export function startSecondVerifier(): SecondVerifier {
  const loop =
    'import json, sys; sys.dont_write_bytecode = True; sys.path.insert(0, sys.argv[1]); import verify\nfor line in sys.stdin:\n    folder, _, key = line[:-1].partition(chr(9)); audit = verify.Audit(folder, verify.parse_verifier_key(key) if key else None); audit.verify(); print(json.dumps(audit.findings), flush=True)';
  const child = spawn('python3', ['-c', loop, dirname(secondVerifier)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    findingsOf: async (folder, verifierKey) => {
      child.stdin.write(`${folder}${verifierKey === undefined ? '' : `\t${verifierKey}`}\n`);
      const answer = await answers.next();
      if (answer.done === true) throw new Error('the second verifier died');
      return (JSON.parse(answer.value) as readonly string[]).map((line) => line.split(' ').slice(0, 2).join(' ')).toSorted();
    },
    close: () => child.stdin.end(),
  };
}

/** The lines of a journal or ledger, each with its line feed. */
export function linesOf(path: string): readonly string[] {
  return readFileSync(path, 'utf8').split(/(?<=\n)/);
}

/** Writes a journal again as its own writer would have: sequence and chain are right, whatever the entries say. */
export function rechain(lines: readonly string[], execution: string): string {
  let prev = digestOf(`proofplan/journal/v1\n${execution}\n`);
  return lines
    .map((line, index) => {
      const again = line.replace(/"prev":"[0-9a-f]{64}","seq":\d+/, `"prev":"${prev}","seq":${index + 1}`);
      prev = digestOf(again);
      return again;
    })
    .join('');
}

export function journalPath(sample: Sample): string {
  return join(sample.folder, 'journal.jsonl');
}

export function ledgerOf(sample: Sample): string {
  return join(dirname(dirname(sample.folder)), 'ledger.jsonl');
}
