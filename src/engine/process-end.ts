/** How a step's processes come to their end: by themselves for a moment, then by TERM, then by KILL. */
import type { OutputFlow } from './output-flow.ts';
import { type StepProcess, signalProcesses } from './process-table.ts';

/** How long TERM may take before KILL, and KILL before a process is called unkillable. */
const termMs = 1_000;
const killMs = 2_000;
/** How long what is left may take to end by itself after the program's exit (a `tee` in a process substitution). */
const drainMs = 500;
/** How long a sink may be busy with what the pipes held at the exit. */
const flushMs = 10_000;
const pollMs = 15;
const turnMs = 100;

/** What is alive of the step right now. */
export type FindProcesses = () => readonly StepProcess[];

/** TERM, then KILL, to the whole step; what is alive after that is given back. `endAtOnce` ends what outran both: a sandbox around it. */
export async function endProcesses(group: number, find: FindProcesses, endAtOnce: () => void = () => undefined): Promise<readonly StepProcess[]> {
  let living = find();
  for (const [signal, patienceMs] of [
    ['SIGTERM', termMs],
    ['SIGKILL', killMs],
    ['at once', killMs],
  ] as const) {
    if (living.length === 0) break;
    const giveUpAtMs = performance.now() + patienceMs;
    if (signal === 'at once') endAtOnce();
    else signalProcesses(living, group, signal);
    while (living.length > 0 && performance.now() < giveUpAtMs) {
      await sleep(pollMs);
      living = find();
      // Again to every new child: a fork can outrun one round of KILL.
      if (signal === 'SIGKILL') signalProcesses(living, group, signal);
    }
  }
  return living;
}

/** After the program's own exit: waits for what ends by itself, kills the rest, and says what that was. */
export async function settleProcesses(
  group: number,
  flows: readonly OutputFlow[],
  find: FindProcesses,
  endAtOnce?: () => void,
): Promise<readonly StepProcess[]> {
  const endAtMs = performance.now() + drainMs;
  await within(endOf(flows), drainMs);
  let living = find();
  while (living.length > 0 && performance.now() < endAtMs) {
    await sleep(pollMs);
    living = find();
  }
  if (living.length > 0) await endProcesses(group, find, endAtOnce);
  return living;
}

/** How something ended, when nothing of it is to be left. Undefined where even KILL does not end it. */
export async function awaitEnd<T>(exited: Promise<T>, endAtOnce: () => void = () => undefined): Promise<T | undefined> {
  const exit = await within(exited, termMs);
  if (exit !== undefined) return exit;
  endAtOnce();
  return within(exited, killMs);
}

/** `held open`: a writer that cannot be found keeps a pipe, and was cut off. `not taken`: a sink was not done, so something printed is missing. */
export type Drained = 'closed' | 'held open' | 'not taken';

/** Lets the sinks take what the pipes still hold. */
export async function drainFlows(flows: readonly OutputFlow[], patienceMs = flushMs): Promise<Drained> {
  const giveUpAtMs = performance.now() + patienceMs;
  const moving = (flow: OutputFlow): boolean => !flow.hasEnded() && flow.movedWithin(drainMs) && performance.now() < giveUpAtMs;
  // The end of what was just killed has to come through the runner's own event loop first.
  await within(endOf(flows), turnMs);
  while (flows.some(moving)) await within(endOf(flows), pollMs);
  const drained = flows.some((flow) => flow.isBusy()) ? 'not taken' : flows.every((flow) => flow.hasEnded()) ? 'closed' : 'held open';
  for (const flow of flows) flow.destroy();
  return drained;
}

function endOf(flows: readonly OutputFlow[]): Promise<unknown> {
  return Promise.all(flows.map((flow) => flow.ended));
}

/** Waits for a promise, but not longer than so many milliseconds, and leaves no timer behind. Undefined where it did not come. */
async function within<T>(promise: Promise<T>, patienceMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), patienceMs);
  });
  const first = await Promise.race([promise, patience]);
  clearTimeout(timer);
  return first;
}

function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs);
  });
}
