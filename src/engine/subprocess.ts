/**
 * The one place that starts a program of a plan. It owns the deadline (execa's own is none: a grandchild that holds stdout
 * keeps it pending for ever), the end of everything the program leaves behind, and the way of its output into sinks.
 */
import { randomUUID } from 'node:crypto';
import { Socket } from 'node:net';
import { execa } from 'execa';
import { type Diagnostic, messageOf } from '../model/diagnostic.ts';
import { type OutputSink, startFlow } from './output-flow.ts';
import { closeDescriptor, hasRoomToSpawn, type Pipe, takePipe } from './pipe.ts';
import { drainFlows, endProcesses, type FindProcesses, settleProcesses } from './process-end.ts';
import { findStepProcesses, listProcessIds, stepVariable } from './process-table.ts';
import { forgetStep, watchGroup, watchStep } from './watchdog.ts';

/** Process ids come round after as many forks as there are ids (32,768 at least), which takes longer than this. */
const idsComeRoundMs = 1_000;
const longestTimerMs = 2_147_483_647;

export interface SubprocessRequest {
  /** Absolute. */
  readonly program: string;
  readonly arguments: readonly string[];
  readonly workingDirectory: string;
  /** The complete environment; only the step's token is added. */
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly stdout: OutputSink;
  readonly stderr: OutputSink;
  /** Text that the program finds on descriptor 3. */
  readonly privateInput?: string;
  /** Told the process id, which is the group's too. */
  readonly processStarted?: (pid: number) => void;
}

/** How a program ended. `exitCode` and `signal` are absent where it never started or could not be killed. */
export interface SubprocessEnd {
  /** `not run`: it could not be started. */
  readonly outcome: 'completed' | 'timed out' | 'interrupted' | 'not run';
  /** Until the program's own exit. */
  readonly durationMs: number;
  readonly exitCode?: number;
  readonly signal?: string;
  /** What outlived the program and had to be killed: `pid command`. */
  readonly leftover: readonly string[];
  readonly problem?: Diagnostic;
}

interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly atMs: number;
}

interface Child {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  readonly stdout: Socket;
  readonly stderr: Socket;
}

type Stdio = ['ignore', 'pipe', 'pipe', 'pipe'];
type PipePair = readonly [Pipe | undefined, Pipe | undefined];

/** Runs a program to its end or its deadline and leaves nothing of it behind. Never throws; what could not start is a `problem`. */
export async function runSubprocess(request: SubprocessRequest): Promise<SubprocessEnd> {
  if (request.signal.aborted) return { outcome: 'interrupted', durationMs: 0, leftover: [] };
  const token = randomUUID();
  if (!watchStep(token)) return cannotStart(request, 'its watchdog does not start');
  try {
    const pipes: PipePair = [await takePipe(), await takePipe()];
    const earlier = listProcessIds();
    const startedAtMs = performance.now();
    const child = await startChild(request, token, pipes);
    for (const pipe of pipes) {
      if (pipe === undefined) continue;
      closeDescriptor(pipe.writer);
      if (typeof child === 'string') closeDescriptor(pipe.reader);
    }
    if (typeof child === 'string') return cannotStart(request, child);
    watchGroup(token, child.pid);
    request.processStarted?.(child.pid);
    const find: FindProcesses = () => findStepProcesses(child.pid, token, performance.now() - startedAtMs < idsComeRoundMs ? earlier : new Set());
    return await followChild(request, child, startedAtMs, find);
  } finally {
    forgetStep(token);
  }
}

function cannotStart(request: SubprocessRequest, reason: string): SubprocessEnd {
  const problem: Diagnostic = {
    severity: 'error',
    code: 'engine/cannot-start',
    message: `\`${request.program}\` could not be started`,
    notes: [reason],
    help: 'run `proofplan doctor` to see what this machine lacks',
  };
  return { outcome: 'not run', durationMs: 0, leftover: [], problem };
}

/** The child, or the reason why there is none. */
async function startChild(request: SubprocessRequest, token: string, pipes: PipePair): Promise<Child | string> {
  if (!hasRoomToSpawn()) return 'no file descriptor is left';
  try {
    const child = execa(request.program, request.arguments, {
      cwd: request.workingDirectory,
      env: { ...request.environment, [stepVariable]: token },
      extendEnv: false,
      detached: true,
      cleanup: false,
      buffer: false,
      reject: false,
      // Standard input is the null device. Node opens everything close-on-exec, so that no other descriptor of ours goes along.
      // (The types of execa know descriptors up to 9 only.)
      stdio: ['ignore', pipes[0]?.writer ?? 'pipe', pipes[1]?.writer ?? 'pipe', request.privateInput === undefined ? 'ignore' : 'pipe'] as unknown as Stdio,
    });
    const { pid } = child;
    if (pid === undefined) {
      const end = await child;
      return messageOf(end.cause ?? end.message);
    }
    const exited = new Promise<Exit>((resolve) => {
      child.once('exit', (code: number | null, signal: string | null) => resolve({ code, signal, atMs: performance.now() }));
    });
    if (request.privateInput !== undefined) {
      const input = child.stdio[3] as Socket;
      // A program that ends without reading its input is no failure.
      input.on('error', () => undefined);
      input.end(request.privateInput);
    }
    return { pid, exited, stdout: reading(pipes[0], child.stdout), stderr: reading(pipes[1], child.stderr) };
  } catch (error) {
    return messageOf(error);
  }
}

function reading(pipe: Pipe | undefined, ownStream: unknown): Socket {
  return pipe === undefined ? (ownStream as Socket) : new Socket({ fd: pipe.reader, readable: true, writable: false });
}

async function followChild(request: SubprocessRequest, child: Child, startedAtMs: number, find: FindProcesses): Promise<SubprocessEnd> {
  let problem: Diagnostic | undefined;
  const interruption = new AbortController();
  const refuse = (diagnostic: Diagnostic): void => {
    problem ??= diagnostic;
    interruption.abort();
  };
  const flows = [startFlow(child.stdout, request.stdout, refuse), startFlow(child.stderr, request.stderr, refuse)];
  const outcome = await firstOf(child.exited, request.timeoutMs, [request.signal, interruption.signal]);
  const leftover = outcome === 'completed' ? await settleProcesses(child.pid, flows, find) : await endProcesses(child.pid, find);
  const closed = await drainFlows(flows);
  // Absent only for a program that even KILL does not end.
  const exit = leftover.some((member) => member.pid === child.pid) ? undefined : await child.exited;
  return {
    outcome,
    durationMs: (exit?.atMs ?? performance.now()) - startedAtMs,
    ...(exit === undefined || exit.code === null ? {} : { exitCode: exit.code }),
    ...(exit === undefined || exit.signal === null ? {} : { signal: exit.signal }),
    leftover: [
      ...leftover.map((member) => `${member.pid} ${member.command}`),
      ...(closed ? [] : ['a process that could not be found and holds the output open']),
    ],
    ...(problem === undefined ? {} : { problem }),
  };
}

/** What comes first: the exit, the deadline, or one of the signals. */
function firstOf(exited: Promise<Exit>, timeoutMs: number, signals: readonly AbortSignal[]): Promise<SubprocessEnd['outcome']> {
  return new Promise((resolve) => {
    const decide = (outcome: SubprocessEnd['outcome']): void => {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener('abort', interrupt);
      resolve(outcome);
    };
    const interrupt = (): void => decide('interrupted');
    const timer = setTimeout(() => decide('timed out'), Math.min(timeoutMs, longestTimerMs));
    for (const signal of signals) {
      if (signal.aborted) interrupt();
      else signal.addEventListener('abort', interrupt, { once: true });
    }
    void exited.then(() => decide('completed'));
  });
}
