/** The plans of one command as a set with one digest, and which of them each shard executes. */
import { createHash } from 'node:crypto';
import { digestCanonicalJson } from './canonical-json.ts';

/** `path` as it is named from the folder of the command, with `/`; digests are SHA-256 in lower hex. */
export interface SetPlan {
  readonly path: string;
  readonly sha256: string;
  readonly addendum: string | null;
  /** The name of its environment, which each plan's own configuration gives. */
  readonly environment: string | null;
  /** Paths of the plans that it demands before it, and that these demand, in the order of their execution. */
  readonly prerequisites: readonly string[];
}

/** Sorted by path. `linked` are plans that are executed only because others link them. */
export interface PlanSet {
  readonly plans: readonly SetPlan[];
  readonly linked: readonly SetPlan[];
}

/** The same wherever and in whatever order the plans were named. */
export function createPlanSet(plans: readonly SetPlan[], linked: readonly SetPlan[]): PlanSet {
  const sorted = (list: readonly SetPlan[]): readonly SetPlan[] => [...list].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return { plans: sorted(plans), linked: sorted(linked) };
}

export function digestPlanSet(set: PlanSet): string {
  return digestCanonicalJson(set);
}

/**
 * Which shard (from 1) of `count` executes each plan, by path. By the digests of path and content, dealt out one by one: shards differ
 * by one plan at most, and neighbours in a folder, which often take as long, come apart.
 */
export function dealPlans({ plans }: PlanSet, count: number): ReadonlyMap<string, number> {
  const dealt = plans
    .map(({ path, sha256 }) => ({ path, order: createHash('sha256').update(`${path}\n${sha256}`).digest('hex') }))
    .sort((a, b) => (a.order < b.order ? -1 : 1));
  return new Map(dealt.map(({ path }, place) => [path, (place % count) + 1]));
}

/** What is made of a set, kept: a thousand shards of one set ask the same. */
export interface SetMemory {
  readonly digest: (set: PlanSet) => string;
  readonly deal: (set: PlanSet, count: number) => ReadonlyMap<string, number>;
}

export function createSetMemory(): SetMemory {
  const digests = new Map<string, string>();
  const deals = new Map<string, ReadonlyMap<string, number>>();
  return {
    digest: (set) => {
      const text = JSON.stringify(set);
      const known = digests.get(text) ?? digestPlanSet(set);
      digests.set(text, known);
      return known;
    },
    deal: (set, count) => {
      const key = `${count} ${JSON.stringify(set.plans)}`;
      const known = deals.get(key) ?? dealPlans(set, count);
      deals.set(key, known);
      return known;
    },
  };
}
