/** `audit verify` in MB for each second of processor time, against bare SHA-256 of the same bytes: a journal of many small entries, one of a plan's own, and one with large evidence. */
import { createHash, hash } from 'node:crypto';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderCanonicalJson } from '../src/journal/canonical-json.ts';
import { journalGenesis } from '../src/journal/journal-line.ts';
import { auditExecution } from '../src/review/audit-verify.ts';
import { median, spread, type Row } from './measure.ts';

const execution = '2026-02-09T12-00-00Z-abcdef';
const repetitions = 7;

/** An output folder whose journal has so many bytes at least, written without the cost of a durable one. */
function makeRecord(journalBytes: number, textBytes: number, evidenceBytes: number): string {
  const output = mkdtempSync(join(tmpdir(), 'proofplan-verify-'));
  const folder = join(output, 'executions', execution);
  mkdirSync(join(folder, 'evidence', 'sha256'), { recursive: true });
  const file = openSync(join(folder, 'journal.jsonl'), 'wx');
  let prev = journalGenesis(execution);
  let [seq, size] = [0, 0];
  const append = (kind: string, data: object): void => {
    seq += 1;
    const line = Buffer.from(`${renderCanonicalJson({ v: 1, execution, seq, ts: '2026-02-09T12:00:00.000Z', kind, data, prev })}\n`);
    writeSync(file, line);
    prev = createHash('sha256').update(line).digest('hex');
    size += line.length;
  };
  const head = 'Run ID: 7\nimported 12 rows, "quoted", żażółć\n'.repeat(Math.ceil(textBytes / 46));
  append('opened', { plan: { path: 'a.md', sha256: 'a'.repeat(64) }, attempt: 1 });
  for (let step = 1; size < journalBytes; step += 1) {
    append('step-started', {
      step: `1.${step}`,
      attempt: 1,
      action: 'python3 -m shop.import_orders --quiet',
      timeoutMs: 600_000,
      access: { capability: 'read', writes: [] },
    });
    append('expectation', {
      id: `1.${step}/1`,
      step: `1.${step}`,
      text: 'the output contains `imported`',
      verdict: 'passed',
      actual: 'found in stdout, line 1',
      notes: [],
    });
    append('step-ended', { step: `1.${step}`, attempt: 1, verdict: 'passed', durationMs: 57.98778500000003, exitCode: 0, head, tail: '' });
  }
  if (evidenceBytes > 0) {
    const content = Buffer.alloc(evidenceBytes, 'evidence\n');
    const sha256 = createHash('sha256').update(content).digest('hex');
    writeFileSync(join(folder, 'evidence', 'sha256', sha256), content);
    append('output', { stream: 'stdout', sha256, bytes: evidenceBytes });
  }
  closeSync(file);
  return folder;
}

/** The least that any verifier does: each byte read and hashed once. */
function hashBare(paths: readonly string[]): number {
  const block = Buffer.allocUnsafe(1 << 20);
  let bytes = 0;
  for (const path of paths) {
    const digest = createHash('sha256');
    const file = openSync(path, 'r');
    for (let length = readSync(file, block); length > 0; length = readSync(file, block)) {
      digest.update(block.subarray(0, length));
      bytes += length;
    }
    closeSync(file);
    digest.digest();
  }
  return bytes;
}

/** Milliseconds of processor time, of all threads: other programs on the machine do not count. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** For scale: what no reader in this language goes below. Each line is a text, a value and a text again, and has two digests. */
function parseBare(path: string): void {
  const bytes = readFileSync(path);
  for (let start = 0; start < bytes.length; ) {
    const line = bytes.subarray(start, (start = bytes.indexOf(0x0a, start) + 1));
    const text = line.toString('utf8');
    if (`${JSON.stringify(JSON.parse(text))}\n` !== text) throw new Error('the line is not canonical');
    hash('sha256', line);
    hash('sha256', line);
  }
}

const records = {
  'a journal of 20 MB, entries of 400 bytes': [20 << 20, 46, 0],
  'a journal of 20 MB, a third of its entries with 4 KB of output': [20 << 20, 4096, 0],
  'a journal of 2 MB with 200 MB of evidence': [2 << 20, 400, 200 << 20],
} as const;

export async function measure(): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const [what, [journalBytes, textBytes, evidenceBytes]] of Object.entries(records)) {
    const folder = makeRecord(journalBytes, textBytes, evidenceBytes);
    const digest = evidenceBytes === 0 ? undefined : createHash('sha256').update(Buffer.alloc(evidenceBytes, 'evidence\n')).digest('hex');
    const paths = [join(folder, 'journal.jsonl'), ...(digest === undefined ? [] : [join(folder, 'evidence', 'sha256', digest)])];
    const ratios: number[] = [];
    const scaled: number[] = [];
    const [ours, bare]: [number[], number[]] = [[], []];
    let bytes = 0;
    for (let repetition = -1; repetition < repetitions; repetition += 1) {
      let started = processorMs();
      bytes = hashBare(paths);
      const hashed = processorMs() - started;
      started = processorMs();
      parseBare(join(folder, 'journal.jsonl'));
      const parsed = processorMs() - started;
      started = processorMs();
      const { findings, journal } = await auditExecution(folder);
      const verified = processorMs() - started;
      // Not closed and without a ledger, which costs nothing; anything else would be a mistake here.
      if (journal === undefined || findings.some(({ code }) => !/not-closed|verdict-not-single|checkpoint-missing|ledger-missing/.test(code)))
        throw new Error(JSON.stringify(findings.slice(0, 3)));
      if (repetition < 0) continue;
      ratios.push(verified / hashed);
      scaled.push(verified / (parsed + (evidenceBytes > 0 ? hashed : 0)));
      ours.push(bytes / 1e3 / verified);
      bare.push(bytes / 1e3 / hashed);
    }
    rows.push({
      what: `${what}: verify against bare SHA-256`,
      figure: `${spread(ratios)} (${median(ours).toFixed(0)} MB/s; SHA-256 ${median(bare).toFixed(0)} MB/s)`,
      aim: '3',
    });
    rows.push({ what: `${what}: verify against JSON.parse, JSON.stringify and two digests of each line`, figure: spread(scaled) });
    rmSync(join(folder, '..', '..'), { recursive: true });
  }
  return rows;
}
