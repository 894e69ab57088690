/**
 * The other end of a job: starts a process for one plan and reads what it says. A process each, so that a plan that takes its runner
 * with it (memory, a crash) takes no other along, and so that nothing of one (secrets, a lock, a watchdog) stands in another's memory.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { exitCodes } from '../model/verdict.ts';
import type { RegionSlot } from '../report/live-region.ts';
import type { CommandContext } from './command-context.ts';
import type { JobEnd, JobOrder } from './job.ts';
import { createToldReader } from './job-progress.ts';

/** Executes one plan in a process of its own; `line` is told each line of its progress, the slot shows what it does. Never rejects. */
export function runJob(order: JobOrder, signal: AbortSignal, line: (text: string) => void, context: CommandContext, slot?: RegionSlot): Promise<JobEnd> {
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
    let answer = '';
    const isTold = createToldReader(slot);
    const said = splitLines((text) => {
      if (!isTold(text)) answer = text;
    });
    child.stdout?.setEncoding('utf8');
    child.stdout?.on('data', (text: string) => said.take(text));
    const split = splitLines(line);
    child.stderr?.setEncoding('utf8');
    child.stderr?.on('data', (text: string) => split.take(text));
    child.stdin?.on('error', () => undefined);
    child.once('error', (error) => resolve(failed(`its process cannot be started: ${error.message}`)));
    child.once('close', (exitCode, endedBy) => {
      signal.removeEventListener('abort', interrupt);
      split.end();
      said.end();
      const end = parseEnd(answer);
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
    return JSON.parse(text) as JobEnd;
  } catch {
    return undefined;
  }
}

function splitLines(line: (text: string) => void): { readonly take: (text: string) => void; readonly end: () => void } {
  let rest: string[] = [];
  return {
    take: (text) => {
      // A long line comes in many parts: they are joined once.
      if (!text.includes('\n')) return void rest.push(text);
      const lines = [...rest, text].join('').split('\n');
      rest = [lines.pop() ?? ''];
      for (const each of lines) line(each);
    },
    end: () => {
      if (rest.join('') !== '') line(rest.join(''));
    },
  };
}
