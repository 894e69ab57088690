/**
 * The blocks of both documents, for what no other comparison has seen: sentences that say where a command runs, sentences that
 * are not understood, and those that changed while everything that they became is the same.
 */
import type { Block, Disposition, Plan } from '../model/plan.ts';
import type { Change, Part } from './compare-change.ts';
import { pairItems, type Item } from './compare-item.ts';
import { comparePair, differingLines, presenceChange } from './compare-pair.ts';
import { leavesOf, lineOf } from './compare-place.ts';
import { sentenceRule } from './compare-presence-rule.ts';
import { compareWords, wordsOf } from './compare-words.ts';
import { isSame } from './compare-relation.ts';

const parts: Readonly<Partial<Record<Disposition, Part>>> = {
  metadata: 'metadata',
  policy: 'policy',
  precondition: 'precondition',
  task: 'task',
  step: 'step',
  expectation: 'expectation',
  capture: 'capture',
  criterion: 'criterion',
  'report field': 'report field',
  unread: 'open sentence',
  unclaimed: 'open sentence',
};

/** `changes` are those found so far: what they speak of is not said twice. */
export function compareSentences(old: Plan, next: Plan, changes: readonly Change[]): readonly Change[] {
  // Where a step stands or how it is called says nothing about the words of its block.
  const telling = changes.filter((change) => !['home', 'order', 'title', 'boundBy'].includes(change.facet ?? ''));
  const seen = (plan: Plan, side: 'old' | 'new') => new Set(telling.flatMap((change) => (change[side]?.path === plan.path ? [change[side].line] : [])));
  const [olds, news] = [sentences(old), sentences(next)];
  const [oldSeen, newSeen] = [seen(old, 'old'), seen(next, 'new')];
  const { pairs, lost, added } = pairItems(olds, news);
  const open = (item: SentenceItem, lines: ReadonlySet<number>): boolean => !item.touches(lines);
  return [
    ...pairs.flatMap(([from, to]) => (isSame(from.facets, to.facets) || !(open(from, oldSeen) && open(to, newSeen)) ? [] : reworded(from, to))),
    ...lost.filter((item) => open(item, oldSeen)).map((item) => absent(item, 'lost')),
    ...added.filter((item) => open(item, newSeen)).map((item) => absent(item, 'added')),
  ];
}

interface SentenceItem extends Item {
  /** Does one of the lines belong to it, or to what it is a part of? */
  readonly touches: (lines: ReadonlySet<number>) => boolean;
}

function sentences(plan: Plan): readonly SentenceItem[] {
  const leaves = leavesOf(plan);
  const firsts = new Map<string, Block>();
  for (const block of leaves) for (const became of block.becomes) if (!firsts.has(became)) firsts.set(became, block);
  return leaves.flatMap((block): readonly SentenceItem[] => {
    const part = parts[block.disposition] ?? (block.becomes.length > 0 ? 'direction' : undefined);
    if (part === undefined || block.type === 'heading') return [];
    const first = firsts.get(block.becomes[0] ?? '') ?? block;
    const text = (block.source ?? block.text).trim();
    return [
      {
        part,
        id: '',
        identities: [text],
        family: block.type,
        words: wordsOf(text),
        text,
        at: lineOf(block.span, block.text),
        facets: { text, disposition: block.disposition },
        touches: (lines) => covers(block, lines) || (first !== block && lines.has(first.span.start.line)),
      },
    ];
  });
}

function covers({ span }: Block, lines: ReadonlySet<number>): boolean {
  for (let line = span.start.line; line <= span.end.line; line += 1) if (lines.has(line)) return true;
  return false;
}

function reworded(old: Item, next: Item): readonly Change[] {
  if (old.part === 'metadata' || old.part === 'open sentence') return comparePair(old, next);
  const same = ['same', 'reworded'].includes(compareWords(old.text, next.text));
  const { class: is, reason } = same ? sentenceRule.reworded : sentenceRule.different;
  return [{ part: old.part, change: 'reworded', class: is, reason, ...differingLines(old, next) }];
}

function absent(item: Item, change: 'lost' | 'added'): Change {
  if (item.part === 'direction' || item.part === 'open sentence') return presenceChange(item, change);
  const { class: is, reason } = sentenceRule[change];
  return { part: item.part, change, class: is, reason, ...(change === 'lost' ? { old: item.at } : { new: item.at }) };
}
