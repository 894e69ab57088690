/** The strict union of shards: passed only where every plan of one set was executed once, in its own shard, by records that are whole. */
import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { createSetMemory, type PlanSet, type SetMemory } from '../journal/plan-set.ts';
import { exitCodes, worse, worst, type Verdict } from '../model/verdict.ts';
import { readShard, type MergedExecution, type MergeFinding, type ReadShard } from './merge-shard.ts';

export interface MergeExpectation {
  /** The key that must have signed every shard and every record (`name+hash+base64`). */
  readonly verifierKey?: string;
  /** SHA-256 of the set, as another place tells it. */
  readonly setSha256?: string;
}

/** A plan of the set, in the order of their paths. Without an execution nobody has shown it. */
export interface MergedPlan {
  readonly path: string;
  readonly shard: number;
  readonly folder: string | null;
  readonly execution: string | null;
  readonly verdict: Verdict;
  readonly earlier: MergedExecution['earlier'];
}

export interface Merge {
  readonly setSha256: string | null;
  readonly shards: { readonly found: number; readonly count: number | null };
  readonly verdict: Verdict;
  readonly exitCode: number;
  readonly plans: readonly MergedPlan[];
  readonly prerequisites: readonly (MergedExecution & { readonly folder: string })[];
  readonly findings: readonly MergeFinding[];
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
    return { setSha256: null, shards: { found: 0, count: null }, verdict: 'unproven', exitCode: exitCodes.unproven, plans: [], prerequisites: [], findings };
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
  findings.push(...doubledExecutions(read), ...differentSources(own));
  const plans = mergedPlans(set, memory.deal(set, count), byIndex);
  // What another set's shard found counts, too: a failure stays one.
  const verdicts = [...plans.map(({ verdict }) => verdict), ...read.flatMap(({ executions }) => executions.map(({ verdict }) => verdict))];
  const verdict = worst([...verdicts, ...(findings.length > 0 || plans.length === 0 ? (['unproven'] as const) : [])]);
  const prerequisites = own.flatMap(({ folder, executions }) => executions.filter(({ role }) => role === 'prerequisite').map((each) => ({ ...each, folder })));
  return { setSha256, shards: { found: byIndex.size, count }, verdict, exitCode: exitCodes[verdict], plans, prerequisites, findings };
}

/** Each plan of the set with the one execution that shows it. */
function mergedPlans(set: PlanSet, dealt: ReadonlyMap<string, number>, byIndex: ReadonlyMap<number, readonly ReadShard[]>): readonly MergedPlan[] {
  return set.plans.map(({ path }) => {
    const shard = dealt.get(path) ?? 0;
    const there = (byIndex.get(shard) ?? []).flatMap(({ folder, executions }) =>
      executions.filter((each) => each.path === path && each.role === 'plan').map((each) => ({ ...each, folder })),
    );
    const [one] = there;
    if (one === undefined) return { path, shard, folder: null, execution: null, verdict: 'unproven', earlier: [] };
    const verdict = worst([...there.map((each) => each.verdict), ...(there.length > 1 ? (['unproven'] as const) : [])]);
    return { path, shard, folder: one.folder, execution: one.execution, verdict, earlier: one.earlier };
  });
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
    new Map([...one.plans, ...one.linked].map(({ path, sha256, addendum }) => [path, `${sha256} ${addendum ?? ''}`]));
  const [there, here] = [all(other), all(set)];
  const names = [...new Set([...there.keys(), ...here.keys()])].filter((path) => there.get(path) !== here.get(path));
  if (names.length > 0) return `${listOf(names.map((path) => `\`${path}\``))} ${names.length === 1 ? 'differs' : 'differ'}`;
  if (other.environment !== set.environment) return `its environment is \`${other.environment ?? 'none'}\`, not \`${set.environment ?? 'none'}\``;
  return otherCount === count ? 'its prerequisites are others' : `it was divided into ${otherCount} shards, not ${count}`;
}

/** Shards that have the same plans, and tested something else with them. */
function differentSources(shards: readonly ReadShard[]): readonly MergeFinding[] {
  const sources = shards.flatMap(({ folder, executions }) => executions.flatMap(({ source }) => (source === undefined ? [] : [{ ...source, folder }])));
  return [...groupBy(sources, ({ environment }) => environment).values()].flatMap((each) => {
    const states = groupBy(each, ({ commit, digest }) => `${commit} ${digest}`);
    if (states.size < 2) return [];
    const told = [...states.values()].map(([first]) => `\`${first?.folder ?? ''}\` commit ${first?.commit ?? ''}`);
    const same = new Set(each.map(({ commit }) => commit)).size === 1;
    return [
      {
        code: 'review/shard-stale' as const,
        message: `the shards tested different sources: ${listOf(told)}${same ? ', with other changes' : ''}`,
        folder: null,
      },
    ];
  });
}

function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

const mostNamed = 10;

function listOf(names: readonly string[]): string {
  return `${names.slice(0, mostNamed).join(', ')}${names.length > mostNamed ? ` and ${names.length - mostNamed} more` : ''}`;
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
