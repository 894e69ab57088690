/**
 * The one place that runs a program of a plan. It owns the deadline (execa's own is none: a grandchild that holds stdout
 * keeps it pending for ever), the end of everything the program leaves behind, and the way of its output into sinks.
 */
import { randomUUID } from 'node:crypto';
import type { Diagnostic } from '../model/diagnostic.ts';
import { type OutputSink, startFlow } from './output-flow.ts';
import { awaitEnd, drainFlows, endProcesses, type FindProcesses, settleProcesses } from './process-end.ts';
import { type Child, type StartRequest, startChild } from './process-start.ts';
import { endSandbox, findSandboxProcesses, findStepProcesses, listProcessIds } from './process-table.ts';
import { forgetStep, lookAfterWatchdog, watchGroup, watchStep } from './watchdog.ts';

/** Process ids come round after as many forks as there are ids (32,768 at least), which takes longer than this. */
const idsComeRoundMs = 1_000;
const longestTimerMs = 2_147_483_647;

/** Of the environment: only the step's token is added. */
export interface SubprocessRequest extends StartRequest {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly stdout: OutputSink;
  readonly stderr: OutputSink;
  /** Told the process id, which is the group's too; of a sandbox, that of its outermost process. */
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

/** Runs a program to its end or its deadline and leaves nothing of it behind. Never throws; what could not start is a `problem`. */
export async function runSubprocess(request: SubprocessRequest): Promise<SubprocessEnd> {
  if (request.signal.aborted) return { outcome: 'interrupted', durationMs: 0, leftover: [] };
  const token = randomUUID();
  const trouble = new Trouble();
  if (!watchStep(token, () => trouble.note(watchdogLost))) return cannotStart(request, 'its watchdog does not start');
  try {
    if (trouble.first !== undefined) return { outcome: 'not run', durationMs: 0, leftover: [], problem: trouble.first };
    const earlier = request.sandbox === undefined ? listProcessIds() : new Set<number>();
    const startedAtMs = performance.now();
    const child = await startChild(request, token);
    if (typeof child === 'string') return cannotStart(request, child);
    const { pid, sandbox } = child;
    watchGroup(token, pid);
    request.processStarted?.(pid);
    const find: FindProcesses =
      sandbox === undefined
        ? () => findStepProcesses(pid, token, performance.now() - startedAtMs < idsComeRoundMs ? earlier : new Set())
        : () => findSandboxProcesses(pid, sandbox.keepers);
    return await followChild(request, child, startedAtMs, find, trouble);
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

async function followChild(request: SubprocessRequest, child: Child, startedAtMs: number, find: FindProcesses, trouble: Trouble): Promise<SubprocessEnd> {
  const refuse = (diagnostic: Diagnostic): void => trouble.note(diagnostic);
  const flows = [startFlow(child.stdout, request.stdout, refuse), startFlow(child.stderr, request.stderr, refuse)];
  const outcome = await firstOf(child.ended, request.timeoutMs, [request.signal, trouble.signal]);
  const endAtOnce = child.sandbox === undefined ? undefined : () => endSandbox(child.pid);
  // Nothing of the step runs yet: there is nobody to ask.
  if (outcome !== 'completed' && child.sandbox?.hasStarted() === false) endSandbox(child.pid);
  const leftover = outcome === 'completed' ? await settleProcesses(child.pid, flows, find, endAtOnce) : await endProcesses(child.pid, find, endAtOnce);
  // Absent only for a program that even KILL does not end.
  const exit = await awaitEnd(child.exited, endAtOnce);
  const drained = await drainFlows(flows);
  lookAfterWatchdog();
  if (outcome === 'completed' && child.sandbox?.hasStarted() === false)
    return cannotStart(request, 'its sandbox could not be made; its standard error says why');
  const problem = trouble.first ?? (drained === 'not taken' ? outputCut : undefined);
  return {
    outcome,
    durationMs: (exit?.atMs ?? performance.now()) - startedAtMs,
    ...(exit === undefined || exit.code === null ? {} : { exitCode: exit.code }),
    ...(exit === undefined || exit.signal === null ? {} : { signal: exit.signal }),
    leftover: [
      ...leftover.map((member) => `${member.pid} ${member.command}`),
      ...(drained === 'closed' ? [] : ['a process that could not be found and holds the output open']),
    ],
    ...(problem === undefined ? {} : { problem }),
  };
}

/** What came between: the first of it is kept, and ends the step. */
class Trouble {
  readonly #interruption = new AbortController();
  first: Diagnostic | undefined;

  get signal(): AbortSignal {
    return this.#interruption.signal;
  }

  note(diagnostic: Diagnostic): void {
    this.first ??= diagnostic;
    this.#interruption.abort();
  }
}

/** A claim that something is not in the output would hold for what was not kept. */
const outputCut: Diagnostic = {
  severity: 'error',
  code: 'engine/evidence-unwritable',
  message: 'what the step printed could not be kept in time after its end',
  notes: ['the disk is too slow, or a process that cannot be found goes on printing'],
  help: 'name another folder with --out, or let the command wait for what it starts',
};

const watchdogLost: Diagnostic = {
  severity: 'error',
  code: 'engine/watchdog-lost',
  message: 'the process that ends left-over processes was itself ended or stopped',
  notes: ['what it would have ended may have acted unseen; another one has taken its place'],
  help: 'find out which step ends processes that are not its own',
};

/** What comes first: the exit, the deadline, or one of the signals. */
function firstOf(ended: Promise<unknown>, timeoutMs: number, signals: readonly AbortSignal[]): Promise<SubprocessEnd['outcome']> {
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
    void ended.then(() => decide('completed'));
  });
}
