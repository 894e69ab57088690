/**
 * What a sandbox says on its own descriptor (see `SandboxedCall`): that the program was started, and how it ended. A step cannot
 * write there; should it, it only ends itself early: what decides is the exit code.
 */
import { constants } from 'node:os';
import type { Socket } from 'node:net';

/** How the program's end reads in bash's list of jobs, and without a process number where bash told it first; anything else that is no sign of life is a signal's name. */
const ended = /^\[1\][-+ ]+(?:\d+ )?(?![-+ \d]|Running|Stopped)(Done|Exit \d+)?/;

export interface SandboxReport {
  /** Resolves when the program has ended; never, where the sandbox was ended around it. */
  readonly programEnded: Promise<void>;
  readonly hasStarted: () => boolean;
  /** How the program ended: by itself or by a signal. Undefined where nothing was said about it. */
  readonly end: () => 'exit' | 'signal' | undefined;
  /** Resolves when nothing more can be said: with the sandbox's end, in whatever order the two are noticed. */
  readonly closed: Promise<void>;
}

export function readSandboxReport(stream: Socket): SandboxReport {
  let text = '';
  let started = false;
  let end: 'exit' | 'signal' | undefined;
  const programEnded = new Promise<void>((resolve) => {
    stream.setEncoding('latin1').on('data', (chunk: string) => {
      const lines = (text + chunk).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) {
        if (line === 'started') started = true;
        const found = ended.exec(line);
        if (found === null || end !== undefined) continue;
        end = found[1] === undefined ? 'signal' : 'exit';
        resolve();
      }
    });
  });
  const closed = new Promise<void>((resolve) => {
    stream.on('error', () => resolve()).once('close', () => resolve());
  });
  return { programEnded, hasStarted: () => started, end: () => end, closed };
}

/** A shell's exit code as what it stands for: above 128 it may be a signal's. Without a word about it, a signal is assumed: killed is not failed. */
export function unfoldExitCode(code: number, end: 'exit' | 'signal' | undefined): { readonly code: number | null; readonly signal: string | null } {
  if (code <= 128 || end === 'exit') return { code, signal: null };
  const number = code - 128;
  const signal = Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? `SIG${number}`;
  return { code: null, signal };
}
