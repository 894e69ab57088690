/**
 * A project with a small plan and a copy of the built program, which a test may damage: the real command line under limits of
 * the system, faults of its own file system, and people who meddle while it runs.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { builtProgram, root } from '../support/command.ts';
import type { FaultPoint } from './fault-injector.ts';

export interface SceneEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

export interface SceneOptions {
  readonly arguments?: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  /** Shell text before the program is started, such as `ulimit -f 16`. */
  readonly limits?: string;
  /** Faults of the file system in the runner; relative to the output folder. */
  readonly fault?: FaultPoint;
  readonly preload?: string;
  /** Instead of pipes that the test reads. */
  readonly stdio?: readonly ['ignore', number | 'pipe', number | 'pipe'];
  /** Other than `run plan.md`. */
  readonly command?: readonly string[];
}

export interface Scene {
  /** The project: `plan.md`, `hay.txt`, `middle.sh`. */
  readonly folder: string;
  readonly out: string;
  /** A copy of the program, without its packages; its own where that was asked for. */
  readonly tool: string;
  /** The newest execution's folder; empty before there is one. */
  readonly execution: () => string;
  readonly start: (options?: SceneOptions) => { readonly child: ChildProcess; readonly ended: Promise<SceneEnd> };
  readonly run: (options?: SceneOptions) => Promise<SceneEnd>;
  /** Exit code and text of `audit verify`, by the built program, undisturbed. */
  readonly audit: () => { readonly exitCode: number | null; readonly text: string };
  /** Resolves when the step in the middle has begun; rejects when the program ends before. */
  readonly middle: (ended: Promise<SceneEnd>) => Promise<void>;
  /** Lets the step in the middle go on. */
  readonly go: () => void;
  /** Resolves when the condition holds; rejects after a minute. */
  readonly until: (holds: () => boolean) => Promise<void>;
  /** Has the step of this number begun, by the marks in the workspace? */
  readonly marked: (mark: number) => boolean;
  readonly close: () => void;
}

/** Steps leave marks; the one in the middle runs `middle.sh`, which a test writes. */
export const scenePlan = [
  '# Marks',
  '',
  '## 1. Begin',
  '',
  '```bash',
  'echo "first: done"; echo x >> mark-1; seq 20000',
  '```',
  '',
  '**Expected:** exit code 0.',
  '',
  '## 2. Middle',
  '',
  '```bash',
  'echo "second: done"; echo x >> mark-2; sh ./middle.sh',
  '```',
  '',
  '**Expected:** exit code 0.',
  '',
  '## 3. Search',
  '',
  '```bash',
  'rg -n needle hay.txt',
  '```',
  '',
  '**Expected:** at least 1 match.',
  '',
  '## 4. End',
  '',
  '```bash',
  'echo "last: done"; echo x >> mark-4',
  '```',
  '',
  '**Expected:** exit code 0.',
  '',
].join('\n');

const deadlineMs = 60_000;

/** What the step in the middle does until `go` is there. */
export const waiting = 'while [ ! -e go ]; do sleep 0.02; done';

export function openScene({
  middle = 'true',
  plan = scenePlan,
  ownTool = false,
}: {
  readonly middle?: string;
  readonly plan?: string;
  readonly ownTool?: boolean;
} = {}): Scene {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'proofplan-fault-')));
  const folder = join(base, 'project');
  const tool = ownTool ? copyTool(join(base, 'tool')) : sharedTool();
  const out = join(folder, '.proofplan');
  mkdirSync(folder);
  writeFileSync(join(folder, 'plan.md'), plan);
  writeFileSync(join(folder, 'hay.txt'), 'needle\n');
  writeFileSync(join(folder, 'middle.sh'), `${middle}\n`);
  const program = join(tool, 'dist/proofplan.js');
  const environment = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    LANG: 'C.UTF-8',
    XDG_CACHE_HOME: join(root, 'node_modules/.cache/proofplan-test'),
  };

  const children: ChildProcess[] = [];
  const start: Scene['start'] = (options = {}) => {
    const { fault, preload, variables = {}, limits, stdio = ['ignore', 'pipe', 'pipe'], command = ['run', 'plan.md'] } = options;
    const loaded = preload ?? (fault === undefined ? undefined : faultPreload());
    const call = [process.execPath, ...(loaded === undefined ? [] : ['--import', loaded]), program, ...command, ...(options.arguments ?? [])];
    const [file = '', ...parameters] = limits === undefined ? call : ['sh', '-c', `${limits}; exec "$@"`, 'sh', ...call];
    const startedAtMs = performance.now();
    const child = spawn(file, parameters, {
      cwd: folder,
      env: { ...environment, ...(fault === undefined ? {} : { PROOFPLAN_TEST_FAULT: JSON.stringify({ folder: out, point: fault }) }), ...variables },
      stdio: [...stdio],
    });
    children.push(child);
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const ended = new Promise<SceneEnd>((settle, reject) => {
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        reject(new Error(`it hangs; so far: ${stdout}${stderr}`));
      }, deadlineMs);
      child.once('error', reject);
      child.once('close', (exitCode, signal) => {
        clearTimeout(timer);
        settle({ exitCode, signal, stdout, stderr, durationMs: performance.now() - startedAtMs });
      });
    });
    return { child, ended };
  };

  const execution = (): string => {
    const executions = join(out, 'executions');
    const newest = existsSync(executions) ? readdirSync(executions).toSorted().at(-1) : undefined;
    return newest === undefined ? '' : join(executions, newest);
  };

  return {
    folder,
    out,
    tool,
    execution,
    start,
    run: (options) => start(options).ended,
    audit: () => {
      const found = spawnSync(process.execPath, [program, 'audit', 'verify', execution()], { cwd: folder, env: environment, encoding: 'utf8' });
      return { exitCode: found.status, text: `${found.stdout}${found.stderr}` };
    },
    go: () => writeFileSync(join(folder, 'go'), ''),
    until,
    middle: (ended) => {
      const early = ended.then((end): never => {
        throw new Error(`it ended before the step in the middle: ${end.exitCode} ${end.stdout}${end.stderr}`);
      });
      return Promise.race([until(() => existsSync(join(folder, 'mark-2'))), early]);
    },
    marked: (mark) => existsSync(join(folder, `mark-${mark}`)),
    close: () => {
      // A test that failed leaves its program waiting.
      for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      rmSync(base, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function until(holds: () => boolean): Promise<void> {
  const lastMs = performance.now() + deadlineMs;
  while (!holds()) {
    if (performance.now() > lastMs) throw new Error('what was waited for did not happen');
    await new Promise((settle) => setTimeout(settle, 10));
  }
}

function copyTool(tool: string): string {
  mkdirSync(tool);
  cpSync(join(builtProgram(), '..'), join(tool, 'dist'), { recursive: true });
  cpSync(join(root, 'package.json'), join(tool, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(tool, 'node_modules'));
  return tool;
}

let shared: string | undefined;

/** Builds of other tests must not change the program in the middle of an execution. */
function sharedTool(): string {
  if (shared !== undefined) return shared;
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'proofplan-fault-tool-')));
  process.once('exit', () => rmSync(base, { recursive: true, force: true }));
  shared = copyTool(join(base, 'tool'));
  return shared;
}

let preloaded: string | undefined;

/** Built by `buildFaultPreload`. */
function faultPreload(): string {
  if (preloaded === undefined) throw new Error('buildFaultPreload was not awaited');
  return preloaded;
}

/** The injector as a module for `node --import`, in a folder of its own; answers with what removes it. */
export async function buildFaultPreload(): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'proofplan-preload-'));
  const bundle = await rolldown({ input: join(import.meta.dirname, 'fault-preload.ts'), platform: 'node', logLevel: 'silent' });
  await bundle.write({ file: join(folder, 'fault-preload.mjs'), format: 'esm', codeSplitting: false });
  await bundle.close();
  preloaded = join(folder, 'fault-preload.mjs');
  return () => {
    preloaded = undefined;
    rmSync(folder, { recursive: true, force: true });
  };
}

/** Whatever a command says in several places must be one and the same. In words; empty is what must be. */
export function sceneContradictions(scene: Scene, end: SceneEnd): readonly string[] {
  const found: string[] = [];
  const folder = scene.execution();
  const line = /AUDIT root=([0-9a-f]*) size=(\d+)/.exec(end.stdout + end.stderr);
  const said = /^(?:[^\w\n]\s)?(passed|unproven|failed|refused|error)\b/m.exec(end.stdout)?.[1];
  const file = readJson(join(folder, 'verdict.json'));
  const report = readText(join(folder, 'report.md'));
  const audit = folder === '' ? undefined : scene.audit();
  const passed = end.exitCode === 0;
  const expected = passed ? 'passed' : undefined;
  if (said !== undefined && (said === 'passed') !== passed) found.push(`the terminal says ${said} with exit code ${end.exitCode}`);
  if (passed && said === undefined && end.stdout !== '') found.push('exit code 0, and the terminal says nothing');
  if (file === 'broken') found.push('verdict.json is broken');
  else if (file !== undefined) {
    if (file.exitCode !== end.exitCode) found.push(`verdict.json has exit code ${file.exitCode}, the command ${end.exitCode}`);
    if ((file.verdict === 'passed') !== passed) found.push(`verdict.json says ${file.verdict} with exit code ${end.exitCode}`);
    if (said !== undefined && file.verdict !== said) found.push(`verdict.json says ${file.verdict}, the terminal ${said}`);
  }
  if (passed && file === undefined) found.push('exit code 0 without verdict.json');
  if (passed && audit?.exitCode !== 0) found.push(`exit code 0, and the audit says: ${audit?.text}`);
  if (passed && line === null && end.stdout !== '') found.push('exit code 0 without an AUDIT line');
  const checkpoint = readText(join(folder, 'checkpoint'));
  if (line?.[1] !== undefined && checkpoint !== undefined && audit?.exitCode === 0 && !checkpoint.includes(Buffer.from(line[1], 'hex').toString('base64')))
    found.push('the AUDIT line has another root than the checkpoint');
  if (audit?.exitCode === 0 && file === undefined) found.push('the audit finds nothing, and there is no verdict.json');
  if (report !== undefined && !passed && /^> \S+ \*\*passed\*\*/m.test(report.split('\n').slice(0, 3).join('\n'))) found.push('report.md says passed');
  if (!passed && expected === undefined && audit?.exitCode === 0 && file !== undefined && file !== 'broken' && file.verdict === 'passed')
    found.push('the record is a whole pass');
  const latest = join(scene.out, 'latest');
  if (folder !== '' && existsSync(latest) && realpathSync(latest) !== realpathSync(folder) && !/latest-not-updated/.test(end.stderr))
    found.push('`latest` is another execution, and nobody says so');
  return found;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function readJson(path: string): { readonly verdict: string; readonly exitCode: number } | 'broken' | undefined {
  const text = readText(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as { readonly verdict: string; readonly exitCode: number };
  } catch {
    return 'broken';
  }
}
