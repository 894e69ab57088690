/** The strict union of shards: passed only where every plan of one set was executed once, in its own shard, by records that are whole. */
import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { createSetMemory, type PlanSet, type SetMemory } from '../journal/plan-set.ts';
import { exitCodes, worse, worst, type Verdict } from '../model/verdict.ts';
import { compareConditions, groupBy, listOf } from './merge-condition.ts';
import { verifyPlansHere } from './merge-document.ts';
import type { OtherAttempt } from './merge-ledger.ts';
import type { ReadExecution } from './merge-execution.ts';
import type { MergeFinding } from './merge-finding.ts';
import { readShard, type ReadShard } from './merge-shard.ts';

export interface MergeExpectation {
  /** The key that must have signed every shard and every record (`name+hash+base64`). */
  readonly verifierKey?: string;
  /** SHA-256 of the set, as another place tells it. Without it the set must be that of the plans that lie in the working folder, as far as they do. */
  readonly setSha256?: string;
}

/** A plan of the set, in the order of their paths. Without an execution nobody has shown it. */
export interface MergedPlan {
  readonly path: string;
  readonly shard: number;
  readonly folder: string | null;
  readonly execution: string | null;
  readonly verdict: Verdict;
  /** Why it did not pass, as its record says. */
  readonly reason: string | null;
  readonly earlier: readonly EarlierAttempt[];
}

/** An attempt before the one that is shown, which a ledger of the shards tells of; null for one without an end. */
interface EarlierAttempt {
  readonly execution: string;
  readonly verdict: Verdict | null;
}

/** Executed in a shard only because plans there demand it first. */
interface MergedPrerequisite extends Pick<ReadExecution, 'path' | 'role' | 'execution' | 'verdict' | 'exitCode' | 'reason'> {
  readonly folder: string;
  readonly earlier: readonly EarlierAttempt[];
}

export interface Merge {
  readonly setSha256: string | null;
  readonly shards: { readonly found: number; readonly count: number | null };
  readonly verdict: Verdict;
  readonly exitCode: number;
  readonly plans: readonly MergedPlan[];
  readonly prerequisites: readonly MergedPrerequisite[];
  readonly findings: readonly MergeFinding[];
  /** What an auditor should know beside the verdict, which it does not change: a sentence each. */
  readonly notes: readonly string[];
}

/** Never rejects. `folders` are output folders as they were named from `workingFolder`. */
export async function mergeShards(folders: readonly string[], workingFolder: string, expectation: MergeExpectation = {}): Promise<Merge> {
  const findings: MergeFinding[] = [];
  const shards: ReadShard[] = [];
  const seen = new Map<string, string>();
  const memory = createSetMemory();
  for (const name of folders) {
    const place = realOf(resolve(workingFolder, name));
    const known = seen.get(place);
    if (known !== undefined)
      findings.push({ code: 'review/shard-doubled', message: `\`${name}\` is the folder \`${known}\`, and was named twice`, folder: name });
    seen.set(place, name);
    if (known === undefined) shards.push(await readShard(place, name, expectation.verifierKey, memory));
  }
  const merged = joinShards(shards, expectation, memory);
  const set = expectation.setSha256 === undefined ? shards.find(({ record }) => record?.setSha256 === merged.setSha256)?.record?.set : undefined;
  if (set !== undefined) findings.push(...(await verifyPlansHere(set, workingFolder)));
  if (findings.length === 0) return merged;
  const verdict = worse(merged.verdict, 'unproven');
  return { ...merged, verdict, exitCode: exitCodes[verdict], findings: [...findings, ...merged.findings] };
}

/** The union of shards that were read, each from a folder of its own. */
export function joinShards(shards: readonly ReadShard[], expectation: Pick<MergeExpectation, 'setSha256'> = {}, memory: SetMemory = createSetMemory()): Merge {
  const findings: MergeFinding[] = shards.flatMap((shard) => shard.findings);
  const read = shards.flatMap((shard) => (shard.record === undefined ? [] : [{ ...shard, record: shard.record }]));
  const sets = new Map(read.map(({ record }) => [`${record.setSha256} ${record.count}`, record]));
  const chosen = [...sets.values()].find(({ setSha256 }) => setSha256 === expectation.setSha256?.toLowerCase()) ?? [...sets.values()][0];
  if (chosen === undefined) {
    findings.push({ code: 'review/shard-missing', message: 'no shard was found whose file can be read', folder: null });
    return {
      setSha256: null,
      shards: { found: 0, count: null },
      verdict: 'unproven',
      exitCode: exitCodes.unproven,
      plans: [],
      prerequisites: [],
      findings,
      notes: [],
    };
  }
  const { set, setSha256, count } = chosen;
  if (expectation.setSha256 !== undefined && expectation.setSha256.toLowerCase() !== setSha256)
    findings.push({ code: 'review/shard-stale', message: `the set of these shards is ${setSha256}, not ${expectation.setSha256}`, folder: null });
  for (const { folder, record } of read)
    if (record.setSha256 !== setSha256 || record.count !== count)
      findings.push({
        code: 'review/shard-stale',
        message: `\`${folder}\` is shard ${record.index}/${record.count} of another set of plans: ${differenceOf(record.set, set, record.count, count)}`,
        folder,
      });
  const own = read.filter(({ record }) => record.setSha256 === setSha256 && record.count === count);
  const byIndex = groupBy(own, ({ record }) => record.index);
  for (const [index, several] of byIndex)
    if (several.length > 1)
      findings.push({
        code: 'review/shard-doubled',
        message: `shard ${index}/${count} is there ${several.length} times: ${several.map(({ folder }) => `\`${folder}\``).join(', ')}`,
        folder: null,
      });
  const missing = Array.from({ length: count }, (_, place) => place + 1).filter((index) => !byIndex.has(index));
  if (missing.length > 0)
    findings.push({
      code: 'review/shard-missing',
      message: `${missing.length} of ${count} shards ${missing.length === 1 ? 'is' : 'are'} missing: ${listOf(missing.map((index) => `${index}/${count}`))}`,
      folder: null,
    });
  const conditions = compareConditions(
    own.flatMap(({ folder, executions }) => executions.flatMap((each) => each.conditions.map((one) => ({ ...one, folder })))),
  );
  findings.push(...doubledExecutions(read), ...conditions.findings);
  const earlier = earlierAttempts(own);
  const plans = mergedPlans(set, memory.deal(set, count), byIndex, earlier);
  // What another set's shard found counts, too: a failure stays one.
  const verdicts = [...plans.map(({ verdict }) => verdict), ...read.flatMap(({ executions }) => executions.map(({ verdict }) => verdict))];
  const verdict = worst([...verdicts, ...(findings.length > 0 || plans.length === 0 ? (['unproven'] as const) : [])]);
  const prerequisites = own.flatMap(({ folder, executions }) =>
    executions
      .filter(({ role }) => role === 'prerequisite')
      .map(({ path, role, execution, verdict, exitCode, reason }) => ({
        path,
        role,
        folder,
        execution,
        verdict,
        exitCode,
        reason,
        earlier: earlier.get(path) ?? [],
      })),
  );
  const notes = [...retried(plans), ...conditions.notes];
  return { setSha256, shards: { found: byIndex.size, count }, verdict, exitCode: exitCodes[verdict], plans, prerequisites, findings, notes };
}

/** Each plan of the set with the one execution that shows it. */
function mergedPlans(
  set: PlanSet,
  dealt: ReadonlyMap<string, number>,
  byIndex: ReadonlyMap<number, readonly ReadShard[]>,
  earlier: ReadonlyMap<string, readonly EarlierAttempt[]>,
): readonly MergedPlan[] {
  return set.plans.map(({ path }) => {
    const shard = dealt.get(path) ?? 0;
    const there = (byIndex.get(shard) ?? []).flatMap(({ folder, executions }) =>
      executions.filter((each) => each.path === path && each.role === 'plan').map((each) => ({ ...each, folder })),
    );
    const [one] = there;
    const before = earlier.get(path) ?? [];
    if (one === undefined) return { path, shard, folder: null, execution: null, verdict: 'unproven', reason: null, earlier: before };
    const verdict = worst([...there.map((each) => each.verdict), ...(there.length > 1 ? (['unproven'] as const) : [])]);
    return { path, shard, folder: one.folder, execution: one.execution, verdict, reason: one.reason, earlier: before };
  });
}

/** By plan; what the ledger of one shard tells of a plan of another one counts as well, and the same ledger twice does not. */
function earlierAttempts(shards: readonly ReadShard[]): ReadonlyMap<string, readonly EarlierAttempt[]> {
  const shown = new Set(shards.flatMap(({ executions }) => executions.map(({ execution }) => execution)));
  const all = groupBy(
    shards.flatMap<OtherAttempt>(({ before }) => before),
    ({ path }) => path,
  );
  return new Map(
    [...all].map(([path, attempts]) => {
      const each = new Map(attempts.map(({ execution, verdict }) => [execution, { execution, verdict }]));
      return [path, [...each.values()].filter(({ execution }) => !shown.has(execution))];
    }),
  );
}

/** Whoever reads a passed plan must see what it took. */
function retried(plans: readonly MergedPlan[]): readonly string[] {
  const all = plans.filter(({ verdict, earlier }) => verdict === 'passed' && earlier.some((attempt) => attempt.verdict !== 'passed'));
  if (all.length === 0) return [];
  return [`${all.length === 1 ? '1 plan' : `${all.length} plans`} passed after attempts that did not: ${listOf(all.map(({ path }) => `\`${path}\``))}`];
}

/** One execution stands in one shard: a folder that was copied into another one is there twice. */
function doubledExecutions(shards: readonly ReadShard[]): readonly MergeFinding[] {
  const named = groupBy(
    shards.flatMap(({ folder, executions }) => executions.flatMap(({ execution, path }) => (execution === null ? [] : [{ execution, path, folder }]))),
    ({ execution }) => execution,
  );
  return [...named.values()]
    .filter((each) => each.length > 1)
    .map((each) => ({
      code: 'review/shard-plan-doubled',
      message: `the execution \`${each[0]?.execution ?? ''}\` of \`${each[0]?.path ?? ''}\` stands ${each.length} times: ${listOf(each.map(({ folder }) => `\`${folder}\``))}`,
      folder: null,
    }));
}

function differenceOf(other: PlanSet, set: PlanSet, otherCount: number, count: number): string {
  const all = (one: PlanSet): ReadonlyMap<string, string> =>
    new Map([...one.plans, ...one.linked].map(({ path, sha256, addendum, environment }) => [path, JSON.stringify([sha256, addendum, environment])]));
  const [there, here] = [all(other), all(set)];
  const names = [...new Set([...there.keys(), ...here.keys()])].filter((path) => there.get(path) !== here.get(path));
  if (names.length > 0) return `${listOf(names.map((path) => `\`${path}\``))} ${names.length === 1 ? 'differs' : 'differ'}`;
  return otherCount === count ? 'its prerequisites are others' : `it was divided into ${otherCount} shards, not ${count}`;
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
