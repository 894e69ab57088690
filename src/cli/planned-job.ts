/** What one command executes, as jobs in order: its plans, and before each the plans that it demands, once for each state that they begin on. */
import { normalize } from 'node:path';
import type { CompiledFile } from './compiled-file.ts';
import type { Ready } from './execute-one.ts';

/** One plan to execute. Jobs are called by their `key`; those that it names stand before it. */
export interface PlannedJob {
  readonly key: string;
  readonly ready: Ready;
  readonly path: string;
  readonly role: 'plan' | 'prerequisite';
  /** The jobs of all plans that it demands, and that these demand, in the order of their execution. */
  readonly after: readonly string[];
  /** Each link of the plan with the job that it demands. */
  readonly links: readonly { readonly link: string; readonly key: string }[];
  /** The job whose embedded database this one's begins as. */
  readonly base?: string;
}

/**
 * A prerequisite is executed once. Where databases are embedded it is once for each state that it begins on: plans that demand A and B
 * need what both have left in one database, so there B is executed on what A has left, and for a plan that demands B alone it is not.
 */
export function planJobs(plans: readonly Ready[]): readonly PlannedJob[] {
  const jobs = new Map<string, PlannedJob>();
  const named = new Set(plans.map(placeOf));
  const add = (ready: CompiledFile, chain: readonly CompiledFile[]): string => {
    const keys = chain.map((each, index) => keyOf(each, chain.slice(0, index)));
    const key = keyOf(ready, chain);
    const base = keys.at(-1);
    if (!jobs.has(key))
      jobs.set(key, {
        key,
        ready: ready as Ready,
        path: pathOf(ready),
        role: named.has(placeOf(ready)) && chain.length === demandedBy(ready).length ? 'plan' : 'prerequisite',
        after: [...new Set(keys)],
        links: (ready.prerequisites ?? []).map(({ link, compiled }) => ({ link, key: keys[chain.findIndex((each) => isSame(each, compiled))] ?? '' })),
        ...(isEmbedded(ready) && base !== undefined ? { base } : {}),
      });
    return key;
  };
  for (const plan of plans) {
    const chain = demandedBy(plan);
    for (const [index, each] of chain.entries()) add(each, chain.slice(0, index));
    add(plan, chain);
  }
  return [...jobs.values()];
}

/** All that a plan demands, each once, what is demanded by another one before it. */
export function demandedBy(plan: CompiledFile): readonly CompiledFile[] {
  const found: CompiledFile[] = [];
  const visit = (each: CompiledFile): void => {
    for (const { compiled } of each.prerequisites ?? []) {
      visit(compiled);
      if (!found.some((one) => isSame(one, compiled))) found.push(compiled);
    }
  };
  visit(plan);
  return found;
}

function keyOf(plan: CompiledFile, chain: readonly CompiledFile[]): string {
  return [...(isEmbedded(plan) ? chain.map(placeOf) : []), placeOf(plan)].join('\0');
}

function isSame(a: CompiledFile, b: CompiledFile): boolean {
  return placeOf(a) === placeOf(b);
}

/** As it is named, without detours. */
function pathOf({ path, file }: CompiledFile): string {
  return file?.absolute === undefined ? path : normalize(path);
}

function placeOf({ file, path }: CompiledFile): string {
  return file?.absolute ?? path;
}

function isEmbedded({ environment }: CompiledFile): boolean {
  return environment?.database.kind === 'embedded';
}
