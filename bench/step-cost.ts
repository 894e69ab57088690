/** Where a shell step's time goes, against a bare spawn, and whether it grows with the plan. Each part is measured by itself, interleaved with the others. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, fdatasync, mkdtempSync, openSync, readFileSync, realpathSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runSubprocess } from '../src/engine/subprocess.ts';
import { WorkspaceWatch } from '../src/execute/workspace-watch.ts';
import { Isolation } from '../src/guard/isolation.ts';
import { probeIsolation } from '../src/guard/isolation-probe.ts';
import { openJournal } from '../src/journal/journal-writer.ts';
import type { Sandbox } from '../src/model/contract.ts';
import { median, proofplan, type Row, spread, timeCommand } from './measure.ts';

const rounds = 40;
const sink = { write: () => Promise.resolve(undefined) };
/** As an execution of such a step records it. */
const entry = {
  step: '1.1',
  attempt: 1,
  kind: 'shell',
  title: 'Steps',
  text: 'true',
  values: [],
  outputs: [{ stream: 'stdout', bytes: 0, lines: 0, sha256: 'a'.repeat(64), head: '', tail: '' }],
};

/** Runs where bubblewrap cannot be executed: what a machine without it does. */
const withoutIsolation = ['/usr/bin/bwrap', '--dev-bind', '/', '/', '--ro-bind', '/dev/null', '/usr/bin/bwrap', '--'];

export async function measure(): Promise<readonly Row[]> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'proofplan-bench-')));
  try {
    return [...(await measureParts(folder)), ...(await measurePlans(folder)), ...(await measureEntries(folder)), ...(await measureOutput(folder))];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const bareSpawn = (): Promise<void> =>
  new Promise((done) => spawn('/bin/bash', ['-c', 'true'], { stdio: ['ignore', 'pipe', 'pipe'] }).on('close', () => done()));

async function timed(act: () => unknown): Promise<number> {
  const startedAtMs = performance.now();
  await act();
  return performance.now() - startedAtMs;
}

async function measureParts(folder: string): Promise<readonly Row[]> {
  const support = await probeIsolation();
  const isolation = new Isolation({
    support,
    node: process.execPath,
    ground: { workspace: folder, workspaceWritable: true, record: join(folder, 'out'), protectedPaths: [process.cwd()], privateFolders: [], guarded: false },
  });
  const subprocess = (sandbox: Sandbox | undefined): Promise<unknown> =>
    runSubprocess({
      program: '/bin/bash',
      arguments: ['--noprofile', '--norc', '-p', '-eo', 'pipefail', '-c', 'true'],
      workingDirectory: folder,
      environment: { PATH: '/usr/bin:/bin' },
      timeoutMs: 30_000,
      signal: new AbortController().signal,
      stdout: sink,
      stderr: sink,
      ...(sandbox === undefined ? {} : { sandbox }),
    });
  const journal = await openJournal({ folder, execution: 'bench', clock: Date.now });
  const watch = await WorkspaceWatch.begin({ workspace: folder, processEnvironment: process.env, toolFolders: [], named: [], own: [] });
  const parts: Readonly<Record<string, () => unknown>> = {
    'a bare spawn of bash': bareSpawn,
    'the engine: a spawn with deadline, watchdog, pipes and the search for left-over processes': () => subprocess(undefined),
    'the guard: the same in a sandbox': () => subprocess(isolation.sandbox({ level: support.level === 'none' ? 'none' : 'process', folders: [] })),
    'the journal: three entries, the first of them durable': async () => {
      await journal.record('step-started', entry, { durable: true });
      await journal.record('expectation', entry);
      await journal.record('step-ended', entry);
    },
    'the tripwire: two looks at an empty workspace': () => {
      watch?.look('1.1', 'before');
      watch?.look('1.1');
    },
  };
  const times = new Map(Object.keys(parts).map((name): [string, number[]] => [name, []]));
  for (let round = -5; round < rounds; round += 1) {
    for (const [name, act] of Object.entries(parts)) {
      const elapsed = await timed(act);
      if (round >= 0) times.get(name)?.push(elapsed);
    }
  }
  await journal.close();
  const bare = median(times.get('a bare spawn of bash') ?? []);
  return [...times].map(([what, all]) => ({ what: `${what}, ms`, figure: `${spread(all)}; ${(median(all) / bare).toFixed(2)} of a bare spawn` }));
}

async function measurePlans(folder: string): Promise<readonly Row[]> {
  const sizes = process.env['BENCH_LONG'] === undefined ? [10, 100, 1_000] : [10, 100, 1_000, 10_000];
  for (const size of sizes) writeFileSync(join(folder, `plan-${size}.md`), `# Bench\n\n## 1. Steps\n\n${'```bash\ntrue\n```\n\n'.repeat(size)}`);
  const rows: Row[] = [];
  const support = await probeIsolation();
  const ways: readonly { readonly way: string; readonly prefix: readonly string[] }[] = [
    { way: `isolation \`${support.level === 'none' ? 'none' : 'process'}\``, prefix: [] },
    ...(support.level === 'none' ? [] : [{ way: 'isolation `none`', prefix: withoutIsolation }]),
  ];
  for (const { way, prefix } of ways) {
    const time = (size: number, more: readonly string[] = []): number =>
      timeCommand([...prefix, process.execPath, proofplan, 'run', `plan-${size}.md`, '--quiet', '--out', `out-${way.length}-${size}`, ...more], {
        cwd: folder,
        exitCodes: [0, 4],
      });
    time(10);
    const costs = new Map<number, number[]>();
    let bare = 0;
    for (let repetition = 0; repetition < 3; repetition += 1) {
      bare = await timed(async () => {
        for (let index = 0; index < 100; index += 1) await bareSpawn();
      });
      const small = time(10);
      for (const size of sizes.slice(1)) {
        // A long one has many repetitions in itself.
        if (size >= 1_000 && repetition > 0) continue;
        // Reading the plan and reporting is not the steps' cost: a dry run has both.
        const steps = time(size) - small - (time(size, ['--dry-run']) - time(10, ['--dry-run']));
        costs.set(size, [...(costs.get(size) ?? []), steps / (size - 10) / (bare / 100)]);
      }
    }
    for (const [size, ratios] of costs)
      rows.push({
        what: `a step of a plan of ${size} with its durable record, ${way}, against a bare spawn`,
        figure: spread(ratios),
        aim: way.includes('none') ? '1.6' : '',
      });
  }
  return rows;
}

/** Entries a second, beside a loop that appends the same bytes. */
async function measureEntries(folder: string): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const durable of [true, false]) {
    const count = durable ? 200 : 5_000;
    const ratios: number[] = [];
    let perSecond = 0;
    for (let repetition = 0; repetition < 5; repetition += 1) {
      const own = realpathSync(mkdtempSync(join(folder, 'journal-')));
      const journal = await openJournal({ folder: own, execution: 'bench', clock: Date.now });
      const ours = await timed(async () => {
        for (let index = 0; index < count; index += 1) await journal.record('expectation', entry, { durable });
      });
      await journal.close();
      const line = readFileSync(join(own, 'journal.jsonl')).subarray(0, Math.floor(readFileSync(join(own, 'journal.jsonl')).length / count));
      const file = openSync(join(own, 'bare'), 'ax');
      const bare = await timed(async () => {
        for (let index = 0; index < count; index += 1) {
          writeSync(file, line);
          if (durable) await new Promise((done) => fdatasync(file, done));
        }
      });
      closeSync(file);
      ratios.push(ours / bare);
      perSecond = Math.max(perSecond, count / (ours / 1_000));
    }
    rows.push({
      what: `an entry ${durable ? 'with' : 'without'} fdatasync against a bare append`,
      figure: `${spread(ratios)} (up to ${perSecond.toFixed(0)} a second)`,
      aim: '1.5',
    });
  }
  return rows;
}

/** A stream of a step as it is kept, beside a copy by `cat`. */
async function measureOutput(folder: string): Promise<readonly Row[]> {
  const { createOutputCapture } = await import('../src/engine/output-capture.ts');
  const { createRedactor } = await import('../src/model/redaction.ts');
  const bytes = 200_000_000;
  const source = join(folder, 'source');
  writeFileSync(source, Buffer.alloc(bytes, 'a line of forty bytes, which is repeated\n'));
  const ratios: number[] = [];
  const shas: number[] = [];
  let best = 0;
  for (let repetition = 0; repetition < 5; repetition += 1) {
    const cat = timeCommand(['bash', '-c', `cat ${source} | cat > ${folder}/copy`]);
    const hash = await timed(() => createHash('sha256').update(readFileSync(source)).digest());
    const stdout = createOutputCapture({ stream: 'stdout', evidenceFolder: folder, redactor: createRedactor([]) });
    const ours = await timed(async () => {
      await runSubprocess({
        program: '/bin/bash',
        arguments: ['-c', `exec cat ${source}`],
        workingDirectory: folder,
        environment: { PATH: '/usr/bin:/bin' },
        timeoutMs: 600_000,
        signal: new AbortController().signal,
        stdout,
        stderr: sink,
      });
      await stdout.end();
    });
    ratios.push(ours / cat);
    shas.push(ours / (cat + hash));
    best = Math.max(best, bytes / 1e6 / (ours / 1_000));
  }
  return [
    { what: 'output of a step, kept with its digest, against a copy by two `cat`', figure: `${spread(ratios)} (up to ${best.toFixed(0)} MB/s)` },
    { what: 'the same against a copy by two `cat` and a bare SHA-256 of the bytes', figure: spread(shas) },
  ];
}
