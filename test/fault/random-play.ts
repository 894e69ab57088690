/** Small plans by chance, executed with faults by chance. Everything follows from the seed. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseAddress } from '../../src/model/environment.ts';
import type { Plan } from '../../src/model/plan.ts';
import type { Step } from '../../src/model/step.ts';
import { createSample, environmentFor, execute, type Sample } from '../execute/run-sample.ts';
import { plan, planBytes, policy, search, shell, sql } from '../execute/sample-plan.ts';
import { backendsOf, processesIn } from './machine-process.ts';
import { type FaultPoint, watchCalls } from './fault-injector.ts';
import { contradictions } from './fault-play.ts';
import { randomFaults } from './random-fault.ts';
import { type Chance, chanceOf } from './seeded.ts';

export interface RandomDatabase {
  readonly address: DatabaseAddress;
  readonly postmaster: number;
  /** Resolves when the server answers again. */
  readonly recovered: () => Promise<void>;
}

export interface RandomEnd {
  readonly seed: number;
  /** What was done, in words, with its moment; empty where nothing was. */
  readonly faults: readonly string[];
  readonly exitCode: number;
  /** Did a fault take effect before the verdict was given? */
  readonly met: boolean;
  /** Ended well although a fault took effect before the verdict: by the fault's name. */
  readonly survived: readonly string[];
  /** Done when the verdict stood already, and not seen: by name. */
  readonly late: readonly string[];
  /** What must not be, in words. */
  readonly problems: readonly string[];
}

/** A step that ends badly by itself: no plan with one of them passes. */
const badCommands = [
  'kill -KILL $$',
  'kill -TERM $$',
  'exit 3',
  'ulimit -v 50000; exec python3 -c "bytearray(10**9)"',
  'ulimit -f 1; seq 5000 > big; exit $?',
] as const;
const goodCommands = ['true', 'echo "done: yes"', 'seq 30000', 'printf "%s" no-newline', 'echo to-stderr >&2', 'mkdir -p made && rm -rf made'] as const;

const deadlineMs = 60_000;

interface RandomPlan {
  readonly plan: Plan;
  readonly mayPass: boolean;
}

function composePlan(chance: Chance, sample: Sample, database: boolean): RandomPlan {
  const bad = chance.below(6) === 0;
  const count = 1 + chance.below(3);
  const badAt = bad ? chance.below(count) : -1;
  const steps = Array.from({ length: count }, (_, index): Step => {
    const id = `${index + 1}.1`;
    const mark = `echo x >> mark-${index + 1}`;
    if (index === badAt) return shell(id, `${mark}; ${chance.pick(badCommands)}`);
    const kind = chance.below(database ? 4 : 3);
    if (kind === 2) return search(id, ['needle'], ['hay.txt'], [{ kind: 'found', quantity: 'each' }]);
    if (kind === 3) return sql(id, 'SELECT 1 AS one', { claims: [{ kind: 'rows', bound: 'at-least', count: 1, noun: 'row' }] });
    return shell(id, `${mark}; ${chance.pick(goodCommands)}`);
  });
  const path = join(sample.workspace, 'sample.md');
  const guarded = database ? { policies: [policy('P1', { kind: 'no-manual-writes', tables: ['runs'] })], protectedTables: ['runs'] } : {};
  return { plan: plan(steps, { path, ...guarded }), mayPass: !bad };
}

/** One execution from its seed. `points`: calls that a clean execution makes. */
export async function playSeed(seed: number, points: readonly FaultPoint[], database?: RandomDatabase): Promise<RandomEnd> {
  const chance = chanceOf(seed);
  const sample = await createSample();
  writeFileSync(join(sample.workspace, 'hay.txt'), 'needle\n');
  writeFileSync(join(sample.workspace, 'sample.md'), planBytes);
  writeFileSync(join(sample.workspace, 'proofplan.config.yaml'), '# none\n');
  const withDatabase = chance.below(4) === 0 && database !== undefined;
  const composed = composePlan(chance, sample, withDatabase);
  const controller = new AbortController();
  // Of ten executions two are left alone, six meet one fault, two meet two.
  const acts = [0, 1, 1, 1, 1, 1, 1, 2, 2, 0][chance.below(10)] as number;
  const systemFault = chance.below(3) === 0 ? { ...chance.pick(points), ...(chance.below(4) === 0 ? ({ lasting: true } as const) : {}) } : undefined;
  const planned = Array.from({ length: acts }, () => ({ fault: chance.pick(randomFaults), atEvent: 1 + chance.below(22) }));
  const clock = jumpingClock(chance);
  const watch = watchCalls(join(sample.out, '..'), systemFault);
  const faults: string[] = [];
  const meant = { before: [] as { readonly name: string; readonly noticed: string }[], after: [] as string[] };
  let events = 0;
  let judged = false;
  let jumpedBefore = false;
  try {
    const executing = execute(sample, composed.plan, withDatabase ? environmentFor(sample, database.address) : undefined, {
      clock: clock.now,
      signal: controller.signal,
      watchedFiles: [join(sample.workspace, 'proofplan.config.yaml')],
      absentFiles: [join(sample.workspace, 'sample.addendum.yaml')],
      reports: [{ name: 'report.md', render: () => Promise.resolve('# a report\n') }],
      onEvent: (event) => {
        events += 1;
        judged ||= event.kind === 'verdict';
        if (!judged) jumpedBefore = clock.jumped();
        for (const { fault, atEvent } of planned) {
          if (atEvent !== events) continue;
          const folder = newestFolder(sample.out);
          if (
            folder === undefined ||
            !fault.act({
              sample,
              folder,
              chance,
              interrupt: (signal) => controller.abort(signal),
              backends: withDatabase ? backendsOf(database.postmaster) : [],
            })
          )
            continue;
          faults.push(`${fault.name} at event ${events} (${event.kind})`);
          if (judged) meant.after.push(fault.name);
          else meant.before.push(fault);
        }
      },
    });
    const executed = await within(executing);
    watch.end();
    if (watch.fired && systemFault)
      faults.push(`${systemFault.fault}${systemFault.lasting ? ' from then on' : ''} at ${systemFault.file} ${systemFault.call} ${systemFault.nth}`);
    if (clock.jumped()) faults.push('clock set back');
    if (executed === undefined) return { seed, faults, exitCode: -1, met: true, survived: [], late: [], problems: ['it hangs'] };
    const { exitCode } = executed.end;
    const left = processesIn(sample.workspace);
    const told = new Set(executed.of('step-started').map(({ step }) => step));
    // Whoever meddles when the verdict stands does what anybody can do afterwards: that is for an audit to find.
    const late = exitCode === 0 && meant.after.length > 0;
    const problems = late ? [] : [...(await contradictions({ end: executed.end, workspace: sample.workspace, out: sample.out, told }))];
    if (left.length > 0) problems.push(`processes are left: ${left.join(', ')}`);
    if (exitCode === 0 && !composed.mayPass) problems.push('a plan with a step that fails has passed');
    const unseen = meant.before.filter(({ noticed }) => noticed === 'always').map(({ name }) => name);
    if (exitCode === 0 && unseen.length > 0) problems.push(`passed, and nobody noticed: ${unseen.join(', ')}`);
    if (exitCode !== 0 && composed.mayPass && faults.length === 0)
      problems.push(`nothing was disturbed, and it ended with ${exitCode}: ${executed.end.reason}`);
    if (exitCode === 0 && jumpedBefore) problems.push('passed, and nobody noticed that the clock was set back');
    const survived =
      exitCode === 0
        ? [...meant.before.map(({ name }) => name), ...(watch.fired && systemFault ? [`${systemFault.fault} at ${systemFault.file} ${systemFault.call}`] : [])]
        : [];
    return { seed, faults, exitCode, met: meant.before.length > 0 || watch.fired, survived, late: late ? meant.after : [], problems };
  } finally {
    watch.end();
    await sample.close();
    if (faults.some((fault) => fault.startsWith('server'))) await database?.recovered();
  }
}

/** A clock that is set back once, at some look at it after the record was opened, in one of five executions. */
function jumpingClock(chance: Chance): { readonly now: () => number; readonly jumped: () => boolean } {
  const at = chance.below(5) === 0 ? 5 + chance.below(30) : Number.POSITIVE_INFINITY;
  let looks = 0;
  return {
    now: () => {
      looks += 1;
      return Date.now() - (looks >= at ? 3_600_000 : 0);
    },
    jumped: () => looks >= at,
  };
}

function newestFolder(out: string): string | undefined {
  try {
    return join(out, readFileLink(out));
  } catch {
    return undefined;
  }
}

function readFileLink(out: string): string {
  const entry = readFileSync(join(out, 'ledger.jsonl'), 'utf8').trim().split('\n').at(0) ?? '';
  return join('executions', (JSON.parse(entry) as { readonly execution: string }).execution);
}

async function within<T>(promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((settle) => {
    timer = setTimeout(() => settle(undefined), deadlineMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
