/**
 * `proofplan job`: one plan of a command with several, in a process of its own. What it has to do comes on standard input as one line
 * of JSON, secrets too, which are so in no list of processes. The pipe stays open: when it closes, whoever began this is gone.
 */
import type { JournalState } from '../model/journal-entry.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { DatabaseState } from '../model/environment.ts';
import type { Binding } from '../model/value.ts';
import { exitCodes, interruptionExitCodes, type Verdict } from '../model/verdict.ts';
import { createColours } from '../report/colour.ts';
import { redacted, type CommandContext } from './command-context.ts';
import { maskMessages } from './command-secret.ts';
import { executeOne, isReady, type ExecutionOptions } from './execute-one.ts';
import { createToldRegion } from './job-progress.ts';
import { compileFile } from './plan-file.ts';
import type { Finish, Program } from './program.ts';

/** What a job is told. `documents` are the digests of what was compiled before any plan was executed. */
export interface JobOrder {
  readonly path: string;
  /** Of a plan from standard input, in base64. */
  readonly text?: string;
  readonly documents: { readonly plan: string; readonly addendum: string | null };
  readonly environment?: string;
  readonly database?: string;
  readonly values: readonly Binding[];
  readonly argv: readonly string[];
  readonly colourLevel: 0 | 1 | 2 | 3;
  readonly columns: number;
  /** Whoever began this stands at a terminal: what the job does is shown there, in lines that live. */
  readonly live?: true;
  /** As far as they can be told to another process: what it gives back, and to whom, is its own. */
  readonly options: Omit<ExecutionOptions, 'json' | 'resume' | 'told' | 'onEnd'>;
}

/** What a job answers, as the last line on its standard output. `data` is what `run --json` prints of the plan. */
export interface JobEnd {
  readonly verdict: Verdict;
  readonly exitCode: number;
  readonly reason: string;
  readonly folder?: string;
  readonly execution?: string;
  readonly attempt?: number;
  readonly journal?: JournalState;
  readonly state?: DatabaseState;
  readonly data?: unknown;
  /** Of a plan that was never opened. */
  readonly diagnostics?: readonly Diagnostic[];
}

export function addJob(program: Program, context: CommandContext, finish: Finish): void {
  program
    .command('job', { hidden: true })
    .description('execute one plan for a command that executes several')
    .action(async () => finish(await job(context)));
}

async function job(context: CommandContext): Promise<number> {
  const gone = new AbortController();
  let signal = gone.signal;
  const order = await readOrder(process.stdin, () => {
    // Whoever began this was asked twice, and left: so does its job.
    if (signal.aborted) process.exit(interruptionExitCodes.SIGTERM);
    gone.abort('SIGTERM');
  });
  const colours = createColours(order.colourLevel);
  // The lines go behind a label: nothing is written over, and no reader of a CI system takes one for a command.
  const { region: _region, aroundOutput: _around, ...plain } = context;
  const told = maskMessages({
    ...plain,
    argv: order.argv,
    errColours: colours,
    outColours: colours,
    errColumns: order.columns,
    errWidth: () => order.columns,
    errLive: false,
    ...(order.live !== true ? {} : { region: () => createToldRegion((line) => context.out(`${line}\n`), context.err) }),
    readStandardInput: () => Promise.resolve(Buffer.from(order.text ?? '', 'base64')),
  });
  // Whoever began this says what it does when it is interrupted; a process that is left alone ends itself.
  signal = AbortSignal.any([context.interruption(), gone.signal]);
  const answer = (end: JobEnd): number => {
    context.out(`${JSON.stringify(end)}\n`);
    return end.exitCode;
  };
  const { environment, database, values, options } = order;
  const compiled = await compileFile(order.path, { use: 'chosen', cached: false, environment, database, given: values.map(({ name }) => name) }, told);
  const { plan } = compiled;
  if (!isReady(compiled, compiled.diagnostics) || plan?.sha256 !== order.documents.plan || (plan.addendum?.sha256 ?? null) !== order.documents.addendum) {
    const reason = `\`${order.path}\` was changed after all plans were compiled`;
    const { say } = await import('./command-context.ts');
    await say(told, [{ severity: 'error', code: 'cli/plan-changed', message: reason, help: 'execute the plans again as they are now' }]);
    return answer({ verdict: 'error', exitCode: exitCodes.error, reason });
  }
  let end: JobEnd | undefined;
  await executeOne(
    compiled,
    values,
    signal,
    {
      ...options,
      told: ({ verdict, exitCode, reason, ...opened }, data) => {
        const place = opened.opened
          ? {
              folder: opened.folder,
              execution: opened.execution,
              attempt: opened.attempt,
              journal: opened.journal,
              ...(opened.state === undefined ? {} : { state: opened.state }),
            }
          : { diagnostics: redacted(opened.diagnostics, told) };
        end = { verdict: verdict === 'none' ? 'unproven' : verdict, exitCode, reason, ...place, data };
      },
    },
    told,
  );
  return answer(end ?? { verdict: 'error', exitCode: exitCodes.error, reason: 'it ended without a word' });
}

/** The first line; afterwards `closed` is called when the pipe closes, for a second time at once. */
function readOrder(stream: NodeJS.ReadStream, closed: () => void): Promise<JobOrder> {
  return new Promise((resolve, reject) => {
    let text = '';
    let read = false;
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      if (read) return;
      text += chunk;
      const end = text.indexOf('\n');
      if (end === -1) return;
      read = true;
      try {
        resolve(JSON.parse(text.slice(0, end)) as JobOrder);
      } catch {
        reject(new Error('a job is given out by `proofplan run` alone'));
      }
      text = '';
    });
    stream.on('close', () => {
      if (read) closed();
      else reject(new Error('a job is given out by `proofplan run` alone'));
    });
    stream.on('error', () => undefined);
  });
}
