/**
 * The process of a command under the guard and in a sandbox: it sees neither the guard nor other ways to a database, and nothing of it
 * outlives it. It shares the streams of whoever called, and has no terminal: from one, it could type into the shell outside.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { endProcesses } from '../engine/process-end.ts';
import { endSandbox, findSandboxProcesses, stepVariable, type StepProcess } from '../engine/process-table.ts';
import { readSandboxReport, unfoldExitCode } from '../engine/sandbox-report.ts';
import { watchGroup } from '../engine/watchdog.ts';
import type { Sandbox } from '../model/contract.ts';
import type { GuardedProcess, GuardedProcessOptions, ProcessExit } from './guarded-process-type.ts';

/** What the program started may take so long to end after it. */
const leavingMs = 300;

/** `program` is absolute. The child, or the reason why there is none. */
export async function startInSandbox(
  { command: [, ...parameters], workingFolder, variables, stdout }: GuardedProcessOptions,
  { program, sandbox, token }: { readonly program: string; readonly sandbox: Sandbox; readonly token: string },
): Promise<Omit<GuardedProcess, 'release'> | string> {
  const call = sandbox.wrap({ program, arguments: parameters, workingDirectory: workingFolder, environment: { ...variables, [stepVariable]: token } });
  const child = spawn(call.program, call.arguments, {
    cwd: '/',
    env: {},
    detached: true,
    stdio: ['inherit', stdout === 'stdout' ? 'inherit' : 2, 'inherit', 'ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<number>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal === null ? (code ?? 0) : 128 + constants.signals[signal]));
  });
  const problem = await new Promise<Error | undefined>((resolve) => {
    child.once('spawn', () => resolve(undefined));
    child.once('error', resolve);
  });
  const { pid } = child;
  if (problem !== undefined || pid === undefined) return problem?.message ?? 'it has no process';
  watchGroup(token, pid);
  // (The types of Node know five descriptors.)
  const [, , , , options, said] = child.stdio as unknown as readonly [null, null, null, null, NodeJS.WritableStream, Parameters<typeof readSandboxReport>[0]];
  options.on('error', () => undefined).end(call.options);
  const report = readSandboxReport(said);
  const find = (): readonly StepProcess[] => findSandboxProcesses(pid, call.keepers);
  let left: readonly StepProcess[] = [];
  const finish = async (): Promise<ProcessExit> => {
    await Promise.race([report.programEnded, exited]);
    for (const until = performance.now() + leavingMs; ; ) {
      left = find();
      if (left.length === 0 || performance.now() > until) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    if (left.length > 0) await endProcesses(pid, find);
    const exitCode = await exited;
    await report.closed;
    if (!report.hasStarted()) return { exitCode, problem: 'its sandbox could not be made; its standard error says why' };
    const { signal } = unfoldExitCode(exitCode, report.end());
    return { exitCode, ...(signal === null || report.end() !== 'signal' ? {} : { signal: signal as NodeJS.Signals }) };
  };
  return {
    exited: finish(),
    // The first that is not the keeper's own is the program: what it does with the signal is its affair.
    signal: (name) => {
      const [first] = find();
      if (first !== undefined) kill(first.pid, name);
    },
    end: async () => {
      await endProcesses(pid, find);
      endSandbox(pid);
      await exited;
    },
    leftover: () => left,
  };
}

function kill(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has just ended.
  }
}
