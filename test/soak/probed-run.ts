/** One execution by the real program, with a look at its memory and descriptors every second. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { builtProgram } from '../support/command.ts';

/** `heap` is what is left after a collection, with buffers; `rss` was taken before it. In bytes. */
interface Look {
  readonly atMs: number;
  readonly steps: number;
  readonly rss: number;
  readonly heap: number;
  readonly descriptors: number;
}

export interface ProbedRun {
  readonly folder: string;
  /** Of the execution. */
  readonly record: string;
  readonly exitCode: number | null;
  readonly said: string;
  readonly durationMs: number;
  readonly looks: readonly Look[];
  /** VmHWM of proc(5): the most memory that the process ever had, in bytes. */
  readonly peak: number;
}

export interface ProbeOptions {
  readonly everyMs?: number;
  /** So many times as fast as the real clock. */
  readonly clock?: number;
}

export async function runProbed(plan: string, { everyMs = 1_000, clock }: ProbeOptions = {}): Promise<ProbedRun> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'proofplan-soak-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  // The notes are taken outside: they would be an edit of the workspace.
  const [workspace, probeFile] = [join(folder, 'workspace'), join(folder, 'probe.jsonl')];
  mkdirSync(workspace);
  writeFileSync(join(workspace, 'plan.md'), plan);
  const out = join(workspace, 'out');
  const begunAtMs = performance.now();
  const child = spawn(
    process.execPath,
    ['--expose-gc', '--import', join(import.meta.dirname, 'memory-probe.mjs'), builtProgram(), 'run', 'plan.md', '--quiet', '--out', 'out'],
    {
      cwd: workspace,
      env: {
        PATH: process.env['PATH'],
        HOME: folder,
        PROBE_FILE: probeFile,
        PROBE_OUT: out,
        PROBE_EVERY_MS: `${everyMs}`,
        ...(clock === undefined ? {} : { PROBE_CLOCK: `${clock}` }),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  let peak = 0;
  const look = setInterval(() => {
    peak = Math.max(peak, peakOf(child.pid ?? 0));
  }, 50);
  const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearInterval(look);
  const looks = readFileSync(probeFile, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Look);
  return { folder, record: join(out, 'latest'), exitCode, said, durationMs: performance.now() - begunAtMs, looks, peak };
}

function peakOf(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1_024;
  } catch {
    return 0;
  }
}
