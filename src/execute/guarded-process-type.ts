/** The process of a command under the guard, as whoever started it has it: in a sandbox or not. */
import type { StepProcess } from '../engine/process-table.ts';
import type { Sandbox } from '../model/contract.ts';

export interface GuardedProcessOptions {
  readonly command: readonly [string, ...(readonly string[])];
  readonly workingFolder: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Puts it into a sandbox; absent: it runs as whoever called. */
  readonly sandbox?: Sandbox;
  /** Where the command's standard output goes: to ours, or to standard error. */
  readonly stdout: 'stdout' | 'stderr';
}

/** `exitCode` is 128 + n for signal n, as a shell says it. */
export interface ProcessExit {
  readonly exitCode: number;
  readonly signal?: NodeJS.Signals;
  /** Why it did not even start: its sandbox could not be made. */
  readonly problem?: string;
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
