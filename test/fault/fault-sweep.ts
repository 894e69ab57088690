/** One clean execution counts the calls; then each call of each kind on each kind of file is disturbed, once, in an execution of its own. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseAddress } from '../../src/model/environment.ts';
import { createSample, environmentFor, execute, type Executed } from '../execute/run-sample.ts';
import { faultsOf, type FaultPoint, type FileKind, type Watch, watchCalls } from './fault-injector.ts';
import { contradictions, markedPlan } from './fault-play.ts';

export interface SweptPoint {
  readonly point: FaultPoint;
  readonly fired: boolean;
  readonly exitCode: number;
  /** Codes of the diagnostics that the execution ended with. */
  readonly codes: readonly string[];
  readonly problems: readonly string[];
}

/** An execution that takes longer than this hangs. */
const deadlineMs = 30_000;

async function playOnce(
  database: DatabaseAddress | undefined,
  point: FaultPoint | undefined,
): Promise<{ readonly watch: Watch; readonly executed: Executed | undefined; readonly problems: readonly string[] }> {
  const sample = await createSample();
  writeFileSync(join(sample.workspace, 'hay.txt'), 'needle\n');
  const watch = watchCalls(join(sample.out, '..'), point);
  try {
    const environment = database === undefined ? undefined : environmentFor(sample, database);
    const executing = execute(sample, markedPlan({ database: database !== undefined }), environment, {
      reports: [{ name: 'report.md', render: () => Promise.resolve('# a report\n') }],
    });
    const executed = await within(deadlineMs, executing);
    watch.end();
    const problems = executed === undefined ? ['it hangs'] : await contradictions({ end: executed.end, workspace: sample.workspace, out: sample.out });
    return { watch, executed, problems };
  } finally {
    watch.end();
    await sample.close();
  }
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((settle) => {
    timer = setTimeout(() => settle(undefined), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Every point of the sweep, in a fixed order. Throws where the clean execution does not pass. */
export async function listPoints(database: DatabaseAddress | undefined): Promise<readonly FaultPoint[]> {
  const { watch, executed, problems } = await playOnce(database, undefined);
  if (executed?.end.verdict !== 'passed' || problems.length > 0)
    throw new Error(`the undisturbed execution does not pass: ${executed?.end.reason} ${problems.join('; ')} ${JSON.stringify(executed?.end.diagnostics)}`);
  return [...watch.counts].flatMap(([key, count]) => {
    const [file = '', call = ''] = key.split(' ');
    return Array.from({ length: count }, (_, index) => index + 1).flatMap((nth) =>
      faultsOf(call).map((fault): FaultPoint => ({ file: file as FileKind, call, nth, fault })),
    );
  });
}

export async function sweepPoint(database: DatabaseAddress | undefined, point: FaultPoint): Promise<SweptPoint> {
  const { watch, executed, problems } = await playOnce(database, point);
  return {
    point,
    fired: watch.fired,
    exitCode: executed?.end.exitCode ?? -1,
    codes: executed?.end.diagnostics.map(({ code }) => code) ?? [],
    problems,
  };
}

export function renderPoint({ file, call, nth, fault }: FaultPoint): string {
  return `${fault} at ${file} ${call} ${nth}`;
}
