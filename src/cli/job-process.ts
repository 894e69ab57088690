/**
 * The other end of a job: starts a process for one plan and reads what it says. A process each, so that a plan that takes its runner
 * with it (memory, a crash) takes no other along, and so that nothing of one (secrets, a lock, a watchdog) stands in another's memory.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { exitCodes } from '../model/verdict.ts';
import type { CommandContext } from './command-context.ts';
import type { JobEnd, JobOrder } from './job.ts';

const mostAnswerBytes = 256 << 20;

/** Executes one plan in a process of its own; `line` is told each line of its progress. Never rejects. */
export function runJob(order: JobOrder, signal: AbortSignal, line: (text: string) => void, context: CommandContext): Promise<JobEnd> {
  const failed = (reason: string): JobEnd => ({ verdict: 'error', exitCode: exitCodes.error, reason });
  const [program, ...words] = context.self;
  return new Promise((resolve) => {
    let child: ChildProcess;
    try {
      // A session of its own: a key on the terminal reaches the command, which hands it on once.
      child = spawn(program, [...words, 'job'], { cwd: context.workingFolder, env: context.environment, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    } catch (error) {
      resolve(failed(`its process cannot be started: ${String(error)}`));
      return;
    }
    const interrupt = (): void => void child.kill(signal.reason as NodeJS.Signals);
    signal.addEventListener('abort', interrupt, { once: true });
    const answer: Buffer[] = [];
    let length = 0;
    child.stdout?.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= mostAnswerBytes) answer.push(chunk);
    });
    const split = splitLines(line);
    child.stderr?.setEncoding('utf8');
    child.stderr?.on('data', (text: string) => split.take(text));
    child.stdin?.on('error', () => undefined);
    child.once('error', (error) => resolve(failed(`its process cannot be started: ${error.message}`)));
    child.once('close', (exitCode, endedBy) => {
      signal.removeEventListener('abort', interrupt);
      split.end();
      const end = parseEnd(Buffer.concat(answer).toString('utf8'));
      // A process says by both how it ended; one that does not is believed in neither.
      if (end !== undefined && end.exitCode === exitCode) resolve(end);
      else resolve(failed(endedBy === null ? `its process ended with exit code ${exitCode} and no verdict` : `its process was ended by ${endedBy}`));
    });
    child.stdin?.write(`${JSON.stringify(order)}\n`);
    // It may have come before the process was there.
    if (signal.aborted) interrupt();
  });
}

function parseEnd(text: string): JobEnd | undefined {
  try {
    return JSON.parse(text.trimEnd().split('\n').at(-1) ?? '') as JobEnd;
  } catch {
    return undefined;
  }
}

function splitLines(line: (text: string) => void): { readonly take: (text: string) => void; readonly end: () => void } {
  let rest = '';
  return {
    take: (text) => {
      const lines = `${rest}${text}`.split('\n');
      rest = lines.pop() ?? '';
      for (const each of lines) line(each);
    },
    end: () => {
      if (rest !== '') line(rest);
    },
  };
}
