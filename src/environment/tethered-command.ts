/**
 * A command that does not outlive the runner: a process group of its own, ended when the command's first process ends, when
 * its time is over, or (by a reader of a pipe that only the runner holds) when the runner is killed.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { constants } from 'node:os';
import { messageOf } from '../model/diagnostic.ts';

export interface TetheredOptions {
  readonly workingDirectory: string;
  /** Complete: nothing else is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** How it ended. `exitCode` is 128 + n for signal n, as a shell says it. */
export interface CommandEnd {
  readonly exitCode: number;
  readonly durationMs: number;
  readonly timedOut: boolean;
  /** The first 4 MiB; the digest is of all bytes. */
  readonly stdout: string;
  readonly stdoutSha256: string;
  /** The last 16 KiB of stdout and stderr as they came. */
  readonly tail: string;
  /** Why it did not even start. */
  readonly problem?: string;
}

const keptBytes = 4 * 1024 * 1024;
const tailBytes = 16 * 1024;
const graceMs = 2_000;
const drainMs = 1_000;

/**
 * The reader is started through a shell that ends at once, so that the command does not find a child it never started; then the
 * command takes the shell's place, and with it the head of the group.
 */
const tetherScript = `
exec 3<&0 </dev/null
( ( read -r _ <&3; kill -s KILL -- "-$$" ) >/dev/null 2>&1 & )
exec 3<&-
exec "$@"
`;

/** Runs a program (absolute path) and resolves when nothing of it runs any more. Never rejects. */
export function runTethered(program: string, parameters: readonly string[], options: TetheredOptions): Promise<CommandEnd> {
  const startedAt = performance.now();
  const digest = createHash('sha256');
  const kept: Buffer[] = [];
  let keptLength = 0;
  let tail = Buffer.alloc(0);
  let timedOut = false;
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', tetherScript, 'proofplan-tether', program, ...parameters], {
      cwd: options.workingDirectory,
      env: options.environment,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const end = (exitCode: number, problem?: string): void => {
      clearTimeout(timer);
      clearTimeout(killTimer);
      options.signal?.removeEventListener('abort', stop);
      resolve({
        exitCode,
        durationMs: performance.now() - startedAt,
        timedOut,
        stdout: Buffer.concat(kept).toString('utf8'),
        stdoutSha256: digest.digest('hex'),
        tail: tail.toString('utf8'),
        ...(problem === undefined ? {} : { problem }),
      });
    };
    const signalGroup = (signal: 'SIGTERM' | 'SIGKILL'): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, signal);
      } catch {
        // Nothing of the group is left.
      }
    };
    let killTimer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      signalGroup('SIGTERM');
      killTimer ??= setTimeout(() => signalGroup('SIGKILL'), graceMs);
    };
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            stop();
          }, options.timeoutMs);
    const remember = (chunk: Buffer): void => {
      tail = Buffer.concat([tail, chunk]).subarray(-tailBytes);
    };
    child.once('error', (error) => end(127, messageOf(error)));
    // Where there is no descriptor left, the child has no streams, and says so in an `error` event alone.
    if ((child.stdio as unknown) === undefined) return;
    child.stdin.on('error', () => undefined);
    child.stdout.on('data', (chunk: Buffer) => {
      digest.update(chunk);
      remember(chunk);
      if (keptLength < keptBytes) kept.push(chunk.subarray(0, keptBytes - keptLength));
      keptLength += chunk.length;
    });
    child.stderr.on('data', remember);
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      signalGroup('SIGKILL');
      // A daemon that left the group may hold the pipes open for ever.
      const drain = setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, drainMs);
      child.once('close', () => {
        clearTimeout(drain);
        end(code ?? 128 + signalNumber(signal));
      });
    });
    if (options.signal?.aborted === true) stop();
    options.signal?.addEventListener('abort', stop, { once: true });
  });
}

function signalNumber(signal: NodeJS.Signals | null): number {
  return signal === null ? 0 : (constants.signals[signal] ?? 0);
}
