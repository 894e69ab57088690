// A journal of two gigabytes: both verifiers read it whole, in the memory that a small one takes.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { renderCanonicalJson } from '../../src/journal/canonical-json.ts';
import { journalGenesis } from '../../src/journal/journal-line.ts';
import { builtProgram, root } from '../support/command.ts';

const execution = '2026-02-09T12-00-00Z-abcdef';

/** Lines of a kilobyte and, among them, some of a megabyte. */
function writeJournal(path: string, bytes: number): void {
  const file = openSync(path, 'wx');
  let prev = journalGenesis(execution);
  const texts = ['x'.repeat(700), 'y'.repeat(1 << 20)];
  for (let [seq, size] = [1, 0]; size < bytes; seq += 1) {
    const data = seq === 1 ? { plan: { path: 'a.md', sha256: 'a'.repeat(64) } } : { text: texts[seq % 200 === 0 ? 1 : 0] };
    const line = Buffer.from(
      `${renderCanonicalJson({ v: 1, execution, seq, ts: '2026-02-09T12:00:00.000Z', kind: seq === 1 ? 'opened' : 'note', data, prev })}\n`,
    );
    writeSync(file, line);
    prev = createHash('sha256').update(line).digest('hex');
    size += line.length;
  }
  closeSync(file);
}

/** What a program prints, and its largest resident memory in MB. */
async function measured(command: string, argv: readonly string[]): Promise<{ readonly stdout: string; readonly memoryMb: number }> {
  const child = spawn(command, argv, { stdio: ['ignore', 'pipe', 'ignore'] });
  let stdout = '';
  let memoryMb = 0;
  child.stdout.on('data', (chunk: Buffer) => (stdout += String(chunk)));
  const timer = setInterval(() => {
    try {
      memoryMb = Math.max(memoryMb, Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024);
    } catch {
      // It has just ended.
    }
  }, 50);
  await new Promise((resolve) => child.once('close', resolve));
  clearInterval(timer);
  return { stdout, memoryMb };
}

test('2 GB', { timeout: 1_800_000 }, async () => {
  const output = mkdtempSync(join(tmpdir(), 'proofplan-large-'));
  try {
    const folder = join(output, 'executions', execution);
    mkdirSync(folder, { recursive: true });
    writeJournal(join(folder, 'journal.jsonl'), 2 ** 31);
    expect(statSync(join(folder, 'journal.jsonl')).size).toBeGreaterThan(2 ** 31);
    const ours = await measured(process.execPath, [builtProgram(), 'audit', 'verify', folder, '--json']);
    const codes = (JSON.parse(ours.stdout) as { readonly findings: readonly { readonly code: string }[] }).findings.map(({ code }) => code);
    expect(codes).toEqual(['review/not-closed', 'review/verdict-not-single', 'review/checkpoint-missing', 'review/ledger-missing']);
    expect(ours.memoryMb).toBeLessThan(400);
    const theirs = await measured('python3', ['-B', join(root, 'tools/verify.py'), folder]);
    expect([...theirs.stdout.matchAll(/review\/\S+/g)].map(([code]) => code).toSorted()).toEqual(codes.toSorted());
    expect(theirs.memoryMb).toBeLessThan(100);
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
});
