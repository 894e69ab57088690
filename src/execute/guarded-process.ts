/**
 * The process of a command under the guard: it shares the terminal, the streams and the process group of whoever called, so that it
 * behaves as without the guard. A watchdog ends it when the guard's own process is killed.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { constants } from 'node:os';
import { endProcesses } from '../engine/process-end.ts';
import { findStepProcesses, stepVariable, type StepProcess } from '../engine/process-table.ts';
import { forgetStep, watchStep } from '../engine/watchdog.ts';
import type { Checked, Diagnostic } from '../model/diagnostic.ts';

export interface GuardedProcessOptions {
  readonly command: readonly [string, ...(readonly string[])];
  readonly workingFolder: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Where the command's standard output goes: to ours, or to standard error. */
  readonly stdout: 'stdout' | 'stderr';
}

/** `exitCode` is 128 + n for signal n, as a shell says it. */
export interface ProcessExit {
  readonly exitCode: number;
  readonly signal?: NodeJS.Signals;
}

export interface GuardedProcess {
  /** Resolves when the command's own process has ended; those that it started may go on. */
  readonly exited: Promise<ProcessExit>;
  readonly signal: (name: NodeJS.Signals) => void;
  /** Ends the command and everything that it started, by TERM and then KILL. */
  readonly end: () => Promise<void>;
  /** What it started and what still runs. Without /proc nothing is seen. */
  readonly leftover: () => readonly StepProcess[];
  /** Takes the watchdog off; what still runs goes on. */
  readonly release: () => void;
}

export async function startGuardedProcess(options: GuardedProcessOptions): Promise<Checked<GuardedProcess>> {
  const [program, ...parameters] = options.command;
  const token = randomUUID();
  // Registered before it starts: there is no moment in which the guard's death would leave it running.
  if (!watchStep(token)) return cannotStart(program, 'its watchdog does not start', 'see that this machine can start processes: `proofplan doctor`');
  const child = spawn(program, parameters, {
    cwd: options.workingFolder,
    env: { ...options.variables, [stepVariable]: token },
    stdio: ['inherit', options.stdout === 'stdout' ? 'inherit' : 2, 'inherit'],
  });
  const exited = new Promise<ProcessExit>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal === null ? { exitCode: code ?? 0 } : { exitCode: 128 + constants.signals[signal], signal }));
  });
  const problem = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    child.once('spawn', () => resolve(undefined));
    child.once('error', resolve);
  });
  const { pid } = child;
  if (problem !== undefined || pid === undefined) {
    forgetStep(token);
    const missing = problem?.code === 'ENOENT';
    return cannotStart(program, missing ? 'no program of that name is on the PATH' : (problem?.message ?? 'it has no process'), missing ? 'correct the name, or write its path' : 'see that it may be executed');
  }
  // A program whose environment was wiped is still known by its own process.
  const find = (): readonly StepProcess[] => findStepProcesses(pid, token, new Set());
  const end = async (): Promise<void> => {
    child.kill('SIGTERM');
    await endProcesses(pid, find);
    child.kill('SIGKILL');
    await exited;
  };
  return { value: { exited, signal: (name) => void child.kill(name), end, leftover: find, release: () => forgetStep(token) }, diagnostics: [] };
}

function cannotStart(program: string, reason: string, help: string): Checked<never> {
  const diagnostic: Diagnostic = { severity: 'error', code: 'execute/command-not-started', message: `\`${program}\` could not be started`, notes: [reason], help };
  return { value: undefined, diagnostics: [diagnostic] };
}
