/**
 * The needles of all secrets as one tree: what begins alike is walked once, however many secrets begin so. A branch is a run of
 * units (a radix tree; Morrison 1968, "PATRICIA"), so that a long key costs no more than its units.
 */
import { walkTrie, type ByteTrie, type Walk } from './byte-trie.ts';
import type { Needle } from './secret-needle.ts';

export interface Branch {
  /** The units of its run are those of `needle` from `from` up to `to`. */
  readonly needle: Needle;
  readonly from: number;
  to: number;
  /** Does a needle end with the run? */
  ends: boolean;
  children: Branch[];
}

/** Puts a needle in, and answers with the branch that it begins with, which stays the same. */
export function insertNeedle(roots: Branch[], needle: Needle): Branch | undefined {
  let list = roots;
  let root: Branch | undefined;
  let at = 0;
  while (at < needle.length) {
    const known = list.find((candidate) => candidate.needle[candidate.from] === needle[at]);
    if (known === undefined) {
      const made: Branch = { needle, from: at, to: needle.length, ends: true, children: [] };
      list.push(made);
      return root ?? made;
    }
    root ??= known;
    let place = known.from;
    while (place < known.to && at < needle.length && known.needle[place] === needle[at]) {
      place += 1;
      at += 1;
    }
    if (place < known.to) {
      known.children = [{ needle: known.needle, from: place, to: known.to, ends: known.ends, children: known.children }];
      known.to = place;
      known.ends = false;
    }
    if (at === needle.length) known.ends = true;
    list = known.children;
  }
  return root;
}

/** The end of the one byte that stands there as it is, where nothing else can be meant by it; else -1. Nearly always it is so. */
function plainEnd(trie: ByteTrie, bytes: Uint8Array, place: number): number {
  if (trie.ends || place >= bytes.length) return -1;
  const known = trie.bytes.indexOf(bytes[place] as number);
  return known >= 0 && trie.nodes[known]?.bytes.length === 0 ? place + 1 : -1;
}

/**
 * Where the longest match ends that begins at `places` with this branch, or -1. `walk.open` is set where more bytes could make it
 * longer, or make one. A match that somebody's `…` has cut counts from `shortest` units on.
 */
export function matchBranch(branch: Branch, bytes: Uint8Array, places: readonly number[], shortest: number, walk: Walk): number {
  let current = places;
  for (let unit = branch.from; unit < branch.to; unit += 1) {
    const trie = branch.needle[unit] as ByteTrie;
    const plain = current.length === 1 ? plainEnd(trie, bytes, current[0] as number) : -1;
    if (plain >= 0) {
      current = [plain];
      continue;
    }
    const next: number[] = [];
    walk.cut = false;
    for (const place of current) walkTrie(trie, bytes, place, bytes.length, next, walk);
    if (next.length === 0) return walk.cut && unit >= shortest ? Math.max(...current) : -1;
    current = next;
  }
  let end = branch.ends ? Math.max(...current) : -1;
  for (const child of branch.children) end = Math.max(end, matchBranch(child, bytes, current, shortest, walk));
  return end;
}
