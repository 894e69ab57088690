/**
 * Executes several plans, each in a process of its own, as many side by side as are permitted and leave each other alone. How a plan
 * ends is that plan's: whatever becomes of one, the others are executed, but for those that demand it.
 */
import { basename, extname } from 'node:path';
import type { PrerequisiteOutcome, SetMembership } from '../model/event.ts';
import { exitCodes } from '../model/verdict.ts';
import type { Binding } from '../model/value.ts';
import { cutToWidth, displayWidth } from '../report/display-width.ts';
import { createLiveRegion, type RegionSlot } from '../report/live-region.ts';
import { stripToLine } from '../report/strip-control.ts';
import { paintVerdict, verdictMarks } from '../report/verdict-mark.ts';
import { say, type CommandContext } from './command-context.ts';
import { takesValue } from './given-value.ts';
import type { JobEnd, JobOrder } from './job.ts';
import { createLanes, disturbance, type JobLane } from './job-lane.ts';
import { runJob } from './job-process.ts';
import { StateKeeper } from './state-keeper.ts';
import type { PlannedJob } from './planned-job.ts';

export interface ManyOptions {
  readonly jobs: number;
  readonly environment?: string;
  readonly database?: string;
  readonly values: readonly Binding[];
  /** What each plan is told; attestations are chosen by plan. */
  readonly optionsOf: (job: PlannedJob) => Omit<JobOrder['options'], 'prerequisites' | 'membership' | 'state'>;
  readonly membership?: SetMembership;
  readonly quiet: boolean;
  readonly signal: AbortSignal;
}

/** How a job ended; `begun` is false for one that an interruption, or a prerequisite, kept from its beginning. */
export interface EndedJob {
  readonly job: PlannedJob;
  readonly end: JobEnd;
  readonly begun: boolean;
  readonly durationMs: number;
}

/** Never rejects for what a plan does. In the order of the jobs. */
export async function runMany(jobs: readonly PlannedJob[], options: ManyOptions, context: CommandContext): Promise<readonly EndedJob[]> {
  const states = new StateKeeper(jobs);
  const ended = new Map<string, EndedJob>();
  const running = new Map<string, { readonly lane: JobLane; readonly done: Promise<void> }>();
  const progress = createJobsProgress(jobs, options.quiet, context);
  try {
    const failures = await states.prepare(options, context);
    const lanes = new Map<string, JobLane>();
    const laneOf = createLanes(context);
    // Alone nobody disturbs anybody, and no database has to be asked which one it is.
    if (options.jobs > 1) for (const job of jobs) lanes.set(job.key, await laneOf(job.ready.plan, job.ready.environment, states.prepares(job)));
    await tellNarrowing(jobs, lanes, options, context);
    const finish = (job: PlannedJob, end: JobEnd, begun: boolean, durationMs = 0): void => void ended.set(job.key, { job, end, begun, durationMs });
    const start = async (job: PlannedJob): Promise<void> => {
      const since = performance.now();
      const order = orderOf(job, ended, states, options, context, progress.columns);
      const slot = progress.begin(job);
      const end = await runJob(order, options.signal, (text) => progress.line(job, text), context, slot);
      if (end.state) states.keep(job, end.state);
      finish(job, end, true, performance.now() - since);
      progress.line(
        job,
        paintVerdict(
          end.verdict,
          context.errColours,
        )(`${verdictMarks[end.verdict]} ${end.verdict}${end.verdict === 'passed' ? '' : `: ${stripToLine(end.reason)}`}`),
      );
      progress.end(job);
      await states.release(job);
    };
    let waiting = [...jobs];
    while (waiting.length > 0 || running.size > 0) {
      const left: PlannedJob[] = [];
      for (const job of waiting) {
        const unmet = job.after.find((key) => !ended.has(key));
        const failure = failures.get(job.key);
        const stopped = hindrance(job, ended, states);
        if (options.signal.aborted) finish(job, notBegun(`interrupted by ${String(options.signal.reason)} before it began`), false);
        else if (unmet !== undefined) left.push(job);
        else if (failure !== undefined) finish(job, failure, false);
        else if (stopped !== undefined) finish(job, notBegun(stopped), false);
        else if (running.size >= options.jobs || isInTheWay(job, lanes, running, left)) left.push(job);
        else running.set(job.key, { lane: lanes.get(job.key) ?? alone, done: start(job).finally(() => running.delete(job.key)) });
      }
      waiting = left;
      if (running.size > 0) await Promise.race([...running.values()].map(({ done }) => done));
    }
    return jobs.flatMap((job) => ended.get(job.key) ?? []);
  } finally {
    progress.close();
    await states.close();
  }
}

/**
 * Is there a plan under way, or one before it that waits, which it disturbs? None overtakes a plan whose doings it could see: what it
 * finds in a workspace or a database is what it would find with one plan at a time.
 */
function isInTheWay(
  job: PlannedJob,
  lanes: ReadonlyMap<string, JobLane>,
  running: ReadonlyMap<string, { readonly lane: JobLane }>,
  before: readonly PlannedJob[],
): boolean {
  const own = lanes.get(job.key);
  return [...running.values()].some(({ lane }) => disturbs(lane, own)) || before.some(({ key }) => disturbs(lanes.get(key), own));
}

const alone: JobLane = { workspace: '/', writes: true, parallel: false };

function disturbs(lane: JobLane = alone, other: JobLane = alone): boolean {
  return disturbance(lane, other) !== undefined;
}

function notBegun(reason: string): JobEnd {
  return { verdict: 'unproven', exitCode: exitCodes.unproven, reason };
}

/** A plan whose own prerequisites passed, while the database that it would begin on was never left. */
function hindrance(job: PlannedJob, ended: ReadonlyMap<string, EndedJob>, states: StateKeeper): string | undefined {
  if (job.base === undefined || states.of(job.base) !== undefined) return undefined;
  // What a prerequisite of its own keeps from running gets a record that says so.
  if (job.links.some(({ key }) => ended.get(key)?.end.verdict !== 'passed')) return undefined;
  return `\`${ended.get(job.base)?.job.path ?? ''}\`, which is executed before it, did not pass`;
}

function orderOf(
  job: PlannedJob,
  ended: ReadonlyMap<string, EndedJob>,
  states: StateKeeper,
  options: ManyOptions,
  context: CommandContext,
  columns: number,
): JobOrder {
  const { file, plan, path } = job.ready;
  const prerequisites = job.links.map(({ link, key }): PrerequisiteOutcome => {
    const end = ended.get(key)?.end;
    return {
      link,
      verdict: end?.verdict ?? 'none',
      ...(end?.execution === undefined ? {} : { execution: end.execution }),
      ...(end?.journal === undefined ? {} : { root: end.journal.root }),
    };
  });
  const from = states.from(job);
  const state = { ...(from === undefined ? {} : { from }), ...(states.isBase(job) ? { leaveTo: states.mark } : {}) };
  return {
    path: file.absolute === undefined ? '-' : path,
    ...(file.absolute === undefined ? { text: Buffer.from(file.bytes).toString('base64') } : {}),
    documents: { plan: plan.sha256, addendum: plan.addendum?.sha256 ?? null },
    ...(options.environment === undefined ? {} : { environment: options.environment }),
    ...(options.database === undefined ? {} : { database: options.database }),
    values: options.values.filter(({ name }) => takesValue(plan, name)),
    argv: context.argv,
    colourLevel: context.errColours.level,
    columns,
    ...(context.errLive ? { live: true } : {}),
    options: {
      ...options.optionsOf(job),
      ...(prerequisites.length === 0 ? {} : { prerequisites }),
      ...(options.membership === undefined ? {} : { membership: options.membership }),
      ...(Object.keys(state).length === 0 ? {} : { state }),
    },
  };
}

/** What makes `--jobs` less than it seems, once. */
async function tellNarrowing(
  jobs: readonly PlannedJob[],
  lanes: ReadonlyMap<string, JobLane>,
  { jobs: most, quiet }: ManyOptions,
  context: CommandContext,
): Promise<void> {
  if (most < 2 || quiet) return;
  const pairs = jobs.flatMap((job, index) =>
    jobs
      .slice(index + 1)
      .filter((other) => !other.after.includes(job.key))
      .map((other) => ({ job, other })),
  );
  const found = pairs
    .map(({ job, other }) => ({ job, other, why: disturbance(lanes.get(job.key) ?? alone, lanes.get(other.key) ?? alone) }))
    .filter(({ why }) => why !== undefined);
  const [first] = found;
  if (first === undefined) return;
  const what = first.why === 'the same workspace' ? 'steps of both may write into the same workspace' : `both have ${first.why}`;
  await say(context, [
    {
      severity: 'warning',
      code: 'cli/not-parallel',
      message: `\`${first.job.path}\` and \`${first.other.path}\` are executed one after the other: ${what}`,
      ...(found.length > 1 ? { notes: [`so are ${found.length - 1} other pairs of these plans`] } : {}),
      help: 'if the plans of this environment leave each other alone, say `parallel: true` in its configuration',
    },
  ]);
}

interface Progress {
  readonly line: (job: PlannedJob, text: string) => void;
  /** Its place where lines live; undefined where they do not. */
  readonly begin: (job: PlannedJob) => RegionSlot | undefined;
  readonly end: (job: PlannedJob) => void;
  readonly close: () => void;
  /** How many columns are left beside a label. */
  readonly columns: number;
}

/** Each line behind the name of its plan, and below them a place for each that is under way. */
function createJobsProgress(jobs: readonly PlannedJob[], quiet: boolean, context: CommandContext): Progress {
  const short = (path: string): string => stripToLine(basename(path, extname(path)));
  const labels = new Map(
    jobs.map((job) => [
      job.key,
      jobs.some((other) => other.path !== job.path && short(other.path) === short(job.path)) ? stripToLine(job.path) : short(job.path),
    ]),
  );
  const width = Math.min(mostLabelColumns, Math.max(...[...labels.values()].map(displayWidth)));
  const region =
    context.region?.({ labelColumns: width }) ?? createLiveRegion({ write: context.err, colours: context.errColours, live: false, labelColumns: width });
  const slots = new Map<string, RegionSlot>();
  const line = (job: PlannedJob, text: string): void => {
    if (quiet || text.trim() === '') return;
    slots.get(job.key)?.line(text);
  };
  return {
    line,
    begin: (job) => {
      if (quiet) return undefined;
      const slot = region.open(cutToWidth(labels.get(job.key) ?? '', width));
      slots.set(job.key, slot);
      slot.set({ title: `executing ${stripToLine(job.path)}` });
      return context.errLive ? slot : undefined;
    },
    end: (job) => slots.get(job.key)?.close(),
    close: () => region.close(),
    columns: Math.max(40, context.errColumns - width - 3),
  };
}

const mostLabelColumns = 24;
