/**
 * The process of a command under the guard: it shares the terminal, the streams and the process group of whoever called, so that it
 * behaves as without the guard. A watchdog ends it when the guard's own process is killed.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { constants } from 'node:os';
import { resolve } from 'node:path';
import { endProcesses } from '../engine/process-end.ts';
import { findStepProcesses, stepVariable, type StepProcess } from '../engine/process-table.ts';
import { forgetStep, watchGroup, watchStep } from '../engine/watchdog.ts';
import { findProgram } from '../environment/program-path.ts';
import type { Checked } from '../model/diagnostic.ts';
import { notStarted } from './guard-command-diagnostic.ts';
import type { GuardedProcess, GuardedProcessOptions, ProcessExit } from './guarded-process-type.ts';
import { startInSandbox } from './guarded-sandbox.ts';

const missing = 'no program of that name is on the PATH';

export async function startGuardedProcess(options: GuardedProcessOptions): Promise<Checked<GuardedProcess>> {
  const [program, ...parameters] = options.command;
  const token = randomUUID();
  // Registered before it starts: there is no moment in which the guard's death would leave it running.
  if (!watchStep(token)) return refuse(program, 'its watchdog does not start', 'see that this machine can start processes: `proofplan doctor`');
  if (options.sandbox !== undefined) {
    const path = program.includes('/') ? resolve(options.workingFolder, program) : await findProgram(program, options.variables['PATH'] ?? '');
    const started = path === undefined ? missing : await startInSandbox(options, { program: path, sandbox: options.sandbox, token });
    if (typeof started !== 'string') return { value: { ...started, release: () => forgetStep(token) }, diagnostics: [] };
    forgetStep(token);
    return refuse(program, started, 'correct the name, or write its path');
  }
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
    const absent = problem?.code === 'ENOENT';
    return refuse(
      program,
      absent ? missing : (problem?.message ?? 'it has no process'),
      absent ? 'correct the name, or write its path' : 'see that it may be executed',
    );
  }
  // A program whose environment was wiped is still known by its own process.
  watchGroup(token, -pid);
  const find = (): readonly StepProcess[] => findStepProcesses(pid, token, new Set());
  const end = async (): Promise<void> => {
    child.kill('SIGTERM');
    await endProcesses(pid, find);
    child.kill('SIGKILL');
    await exited;
  };
  return { value: { exited, signal: (name) => void child.kill(name), end, leftover: find, release: () => forgetStep(token) }, diagnostics: [] };
}

function refuse(program: string, reason: string, help: string): Checked<never> {
  return { value: undefined, diagnostics: [notStarted(program, reason, help)] };
}
