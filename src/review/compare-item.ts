/** A part of a plan as the comparison sees it, and how the parts of two plans find each other. */
import type { ComparedLine, Part } from './compare-change.ts';

/** What something means, facet by facet, as plain data. Ids are replaced by what both plans call alike. */
type Facets = Readonly<Record<string, unknown>>;

export interface Item {
  readonly part: Part;
  /** The id within its own plan, where it has one. */
  readonly id: string;
  /** What makes it the same thing in another plan, strictest first; an empty text identifies nothing. */
  readonly identities: readonly string[];
  /** Only items of one family can be each other's reworded form. */
  readonly family: string;
  /** The words by which a reworded form is recognised; empty: by its identities alone. */
  readonly words: readonly string[];
  readonly text: string;
  readonly at: ComparedLine;
  readonly facets: Facets;
}

export interface Pairing<T extends Item> {
  readonly pairs: readonly (readonly [T, T])[];
  readonly lost: readonly T[];
  readonly added: readonly T[];
}

/** Half of the words in common: less is another thing. It decides only what is shown side by side, never a class. */
const leastLikeness = 0.5;

/** Two documents that have so little in common are not compared sentence by sentence: the time grows with the product. */
const mostCandidates = 250_000;

/** Pairs by identity, strictest first and in the order of the text, then by words, the most alike first. */
export function pairItems<T extends Item>(olds: readonly T[], news: readonly T[]): Pairing<T> {
  const partner = new Map<T, T>();
  const taken = new Set<T>();
  const pair = (old: T, next: T): void => {
    partner.set(old, next);
    taken.add(next);
  };
  const levels = Math.max(0, ...olds.map((item) => item.identities.length));
  for (let level = 0; level < levels; level += 1) {
    const waiting = new Map<string, T[]>();
    for (const next of news) {
      const key = keyOf(next, level);
      if (key !== undefined && !taken.has(next)) waiting.set(key, [...(waiting.get(key) ?? []), next]);
    }
    for (const old of olds) {
      const key = keyOf(old, level);
      const next = key === undefined || partner.has(old) ? undefined : waiting.get(key)?.shift();
      if (next !== undefined) pair(old, next);
    }
  }
  for (const [old, next] of alike(
    olds.filter((item) => !partner.has(item)),
    news.filter((item) => !taken.has(item)),
  )) {
    if (!partner.has(old) && !taken.has(next)) pair(old, next);
  }
  return {
    pairs: olds.flatMap((old) => {
      const next = partner.get(old);
      return next === undefined ? [] : [[old, next] as const];
    }),
    lost: olds.filter((item) => !partner.has(item)),
    added: news.filter((item) => !taken.has(item)),
  };
}

function keyOf(item: Item, level: number): string | undefined {
  const identity = item.identities[level];
  return identity === undefined || identity === '' ? undefined : `${item.part}\0${identity}`;
}

/** Candidates for a reworded form, the most alike first; of equally alike ones the earlier in the text. */
function alike<T extends Item>(olds: readonly T[], news: readonly T[]): readonly (readonly [T, T])[] {
  if (olds.length * news.length > mostCandidates) return [];
  const candidates = olds.flatMap((old, index) =>
    news
      .filter((next) => next.part === old.part && next.family === old.family)
      .map((next, other) => ({ pair: [old, next] as const, likeness: likeness(old.words, next.words), distance: Math.abs(index - other) })),
  );
  return candidates
    .filter((each) => each.likeness >= leastLikeness)
    .sort((a, b) => b.likeness - a.likeness || a.distance - b.distance)
    .map((each) => each.pair);
}

/** The share of words that two texts have in common (Dice 1945), each as often as it occurs. */
function likeness(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return 0;
  const counts = new Map<string, number>();
  for (const word of a) counts.set(word, (counts.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of b) {
    const left = counts.get(word) ?? 0;
    if (left > 0) {
      common += 1;
      counts.set(word, left - 1);
    }
  }
  return (2 * common) / (a.length + b.length);
}
