/** Streams that nobody reads, that are closed or full: what was decided is decided, and the exit code says it. */
import { spawn, type SpawnOptions } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { runCommand } from '../../src/cli/main.ts';
import { createColours } from '../../src/report/colour.ts';
import { builtProgram, root } from '../support/command.ts';
import { expectsCount, waitForGo, writePlan } from '../support/terminal-plan.ts';

const environment = { PATH: process.env['PATH'], HOME: process.env['HOME'], XDG_CACHE_HOME: join(root, 'node_modules/.cache/proofplan-test') };

function start(argv: readonly string[], cwd: string, stdio: SpawnOptions['stdio']) {
  const child = spawn(process.execPath, [builtProgram(), ...argv], { cwd, env: environment, stdio });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  return { child, ended };
}

/** Ways in which a stream may fail, as an end of a process whose stdout and stderr are like that. */
const faults: Readonly<Record<string, (argv: readonly string[], cwd: string) => Promise<number | null>>> = {
  'closed by a shell': (argv, cwd) => {
    const child = spawn('sh', ['-c', 'exec "$@" >&- 2>&-', 'sh', process.execPath, builtProgram(), ...argv], { cwd, env: environment, stdio: 'ignore' });
    return new Promise((resolve) => child.once('exit', resolve));
  },
  'without a reader': (argv, cwd) => {
    const { child, ended } = start(argv, cwd, ['ignore', 'pipe', 'pipe']);
    child.stdout?.destroy();
    child.stderr?.destroy();
    return ended;
  },
  'on a full disk': async (argv, cwd) => {
    const full = openSync('/dev/full', 'w');
    const { ended } = start(argv, cwd, ['ignore', full, full]);
    closeSync(full);
    return ended;
  },
};

const failing = `echo "count: 3"\nseq 3000 >&2`;

describe.each(Object.entries(faults))('streams %s', (_name, run) => {
  test('run, report, show, audit verify', async () => {
    const folder = writePlan('plan.md', failing, expectsCount);
    expect(await run(['run', 'plan.md', '-vv'], folder)).toBe(1);
    expect(verdictOf(folder)).toBe('failed');
    const codes = await Promise.all(
      [
        ['report', '.proofplan'],
        ['show', '.proofplan'],
        ['audit', 'verify', '.proofplan'],
      ].map((argv) => run(argv, folder)),
    );
    expect(codes).toEqual([0, 0, 0]);
  });

  test('resume', async () => {
    const folder = await cutExecution();
    writeFileSync(join(folder, 'go'), '');
    expect(await run(['resume', '.proofplan', '--not-done', '1.1', '--by', 'Ada'], folder)).toBe(1);
    expect(verdictOf(folder)).toBe('failed');
  });
});

/** The folder of an execution whose process was killed in its step. */
async function cutExecution(): Promise<string> {
  const folder = writePlan('plan.md', `echo "count: 3"\ntouch began\n${waitForGo}`, expectsCount);
  const { child, ended } = start(['run', 'plan.md'], folder, 'ignore');
  for (const end = performance.now() + 60_000; !existsSync(join(folder, 'began')); await sleep(10))
    if (performance.now() > end) throw new Error('the step did not begin');
  child.kill('SIGKILL');
  await ended;
  return folder;
}

function verdictOf(folder: string): unknown {
  return (JSON.parse(readFileSync(join(folder, '.proofplan/latest/verdict.json'), 'utf8')) as { readonly verdict: unknown }).verdict;
}

async function until(condition: () => boolean): Promise<void> {
  for (const end = performance.now() + 60_000; !condition(); await sleep(20)) if (performance.now() > end) throw new Error('it did not happen');
}

test('pipes that nobody reads for a while: the record is ended meanwhile, and who reads then is told what was left out', async () => {
  const steps = Array.from(
    { length: 30 },
    (_, index) => `## ${index + 2}. Further\n\n\`\`\`bash\nseq 3000; seq 3000 >&2\n\`\`\`\n\n**Expected:** output contains \`2999\`.\n`,
  );
  const folder = writePlan('plan.md', 'echo "count: 2"', [...expectsCount, '', ...steps]);
  const { child, ended } = start(['run', 'plan.md', '-vv'], folder, ['ignore', 'pipe', 'pipe']);
  const ledger = join(folder, '.proofplan/ledger.jsonl');
  await until(() => existsSync(ledger) && readFileSync(ledger, 'utf8').includes('"ended"'));
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  expect(await ended).toBe(0);
  await until(() => stdout.includes('AUDIT'));
  expect(stdout).toMatch(/^✓ passed {2}31 of 31 steps run/m);
  // So much was kept for a reader that might come, and no more.
  expect(stderr.length).toBeLessThan(600_000);
  expect(stderr).not.toContain('✓ 31.1');
});

test('a reader that is slow gets all of a result', async () => {
  const folder = writePlan('plan.md', 'echo "count: 2"', [...expectsCount, '', 'A long story. '.repeat(8_000)]);
  await start(['run', 'plan.md'], folder, 'ignore').ended;
  const report = readFileSync(join(folder, '.proofplan/latest/report.md'), 'utf8');
  expect(report.length).toBeGreaterThan(100_000);
  // A pipe of the system: it holds 64 KiB, and the rest waits in the program.
  const slowly = ['-c', 'set -o pipefail; "$@" | { sleep 1; cat; }', 'bash', process.execPath, builtProgram(), 'report', '.proofplan'];
  const child = spawn('bash', slowly, { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  const exitCode = await new Promise((resolve) => child.once('close', resolve));
  expect(exitCode).toBe(0);
  expect(text).toBe(report);
});

test('readers that throw: what they would have shown is missing, and nothing else', async () => {
  const folder = writePlan('plan.md', 'echo "count: 3"', expectsCount);
  const fail = (): never => {
    throw new Error('this reader is broken');
  };
  let said = '';
  const { PATH, HOME } = process.env;
  const exitCode = await runCommand({
    version: '0.0.0',
    argv: ['run', 'plan.md', '-vv'],
    environment: { PATH, HOME },
    workingFolder: folder,
    out: fail,
    err: (text) => void (said += text),
    outColours: createColours(0),
    errColours: createColours(0),
    outColumns: 80,
    errColumns: 80,
    errWidth: fail,
    errLive: false,
    region: () => ({ open: () => ({ line: fail, set: fail, close: fail }), above: fail, close: fail }),
    readStandardInput: () => Promise.resolve(Buffer.alloc(0)),
    sources: new Map(),
    interruption: () => new AbortController().signal,
    self: [process.execPath],
    command: 'proofplan',
  });
  expect(exitCode).toBe(1);
  expect(verdictOf(folder)).toBe('failed');
  expect(said).toContain('failed: step 1.1: `count == 2` does not hold: count is 3\nwarning: the ending cannot be shown: this reader is broken\n');
});
