/** Runs commands for tests: in this process with surroundings of our own, or the built program as people do. */
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { CommandContext } from '../../src/cli/command-context.ts';
import { runCommand } from '../../src/cli/main.ts';
import { createColours } from '../../src/report/colour.ts';

export interface CommandEnd {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandSurroundings {
  readonly cwd?: string;
  readonly stdin?: string | Uint8Array | undefined;
  readonly environment?: Readonly<Record<string, string>>;
}

export const root = join(import.meta.dirname, '../..');

/** Surroundings of our own for a command in this process: nothing of the real environment but PATH and HOME. */
export function contextOf(argv: readonly string[], { cwd = root, stdin = '', environment = {} }: CommandSurroundings = {}): CommandContext {
  return {
    version: '0.0.0',
    argv,
    environment: { PATH: process.env['PATH'], HOME: process.env['HOME'], XDG_CACHE_HOME: join(root, 'node_modules/.cache/proofplan-test'), ...environment },
    workingFolder: cwd,
    out: () => undefined,
    err: () => undefined,
    outColours: createColours(0),
    errColours: createColours(0),
    outColumns: 80,
    errColumns: 80,
    errLive: false,
    readStandardInput: () => Promise.resolve(typeof stdin === 'string' ? Buffer.from(stdin) : stdin),
    sources: new Map(),
    interruption: () => new AbortController().signal,
    self: [process.execPath, join(root, 'dist/proofplan.js')],
    command: 'proofplan',
  };
}

/** In this process: no start-up. */
export async function command(argv: readonly string[], surroundings: CommandSurroundings = {}): Promise<CommandEnd> {
  let stdout = '';
  let stderr = '';
  const exitCode = await runCommand({
    ...contextOf(argv, surroundings),
    out: (text) => {
      stdout += text;
    },
    err: (text) => {
      stderr += text;
    },
  });
  return { exitCode, stdout, stderr };
}

let built = false;

/** The path of the built program; made from the sources as they are now. */
export function builtProgram(): string {
  if (!built) {
    const made = spawnSync(process.execPath, [join(root, 'tools/build.mjs')], { encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`the build failed\n${made.stderr}`);
    built = true;
  }
  return join(root, 'dist/proofplan.js');
}

/** Starts the built program; `ended` resolves with everything it wrote. */
export function startProgram(
  argv: readonly string[],
  { cwd = root, stdin, environment = {} }: CommandSurroundings = {},
): { readonly child: ReturnType<typeof spawn>; readonly ended: Promise<CommandEnd> } {
  const child = spawn(process.execPath, [builtProgram(), ...argv], { cwd, env: { ...programEnvironment(), ...environment }, stdio: ['pipe', 'pipe', 'pipe'] });
  const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  child.stdout.on('data', (chunk: Buffer) => chunks.stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.stderr.push(chunk));
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  const ended = new Promise<CommandEnd>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, stdout: Buffer.concat(chunks.stdout).toString(), stderr: Buffer.concat(chunks.stderr).toString() }));
  });
  return { child, ended };
}

/** Nothing of the tests' own environment that would change colours or places. */
function programEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  return { PATH, HOME, XDG_CACHE_HOME: join(root, 'node_modules/.cache/proofplan-test') };
}
