/** Two forms of one thing: what differs, facet by facet, and what the table says about it. */
import type { Claim } from '../model/claim.ts';
import type { Change, ChangeKind, ComparedLine } from './compare-change.ts';
import type { Relation } from './compare-extent.ts';
import type { Item } from './compare-item.ts';
import { compareClaims, compareRanks, compareSets, isSame } from './compare-relation.ts';
import { equal, type FacetRule, type Meaning, type Measure } from './compare-meaning.ts';
import { originRules, presenceRules } from './compare-presence-rule.ts';
import { facetRules } from './compare-rule.ts';
import { compareWords } from './compare-words.ts';

const noRule: Meaning = { class: 'unclear', reason: 'it differs, and no rule says what that means' };

const markup = equal('the same words, marked or spaced in another way');
const reordered = equal('the same in another order');

/** All that differs between two forms of one item; nothing where they mean the same. */
export function comparePair(old: Item, next: Item): readonly Change[] {
  const text = old.facets['text'];
  const textDiffers = !isSame(text, next.facets['text']);
  const facets = [...new Set([...Object.keys(old.facets), ...Object.keys(next.facets)])];
  const claimDiffers = !isSame(old.facets['claim'], next.facets['claim']);
  const origin = originChange(old, next);
  // What the document states no more is lost, whatever the remaining claim is like.
  if (origin?.change === 'lost') return [origin];
  const found = facets.flatMap((facet): readonly Change[] => {
    const [from, to] = [old.facets[facet], next.facets[facet]];
    if (isSame(from, to) || (facet === 'origin' && old.part === 'expectation')) return [];
    const rule = facetRules.find((row) => row.part === old.part && row.facet === facet);
    const settled = old.part === 'expectation' ? claimDiffers : textDiffers;
    if (rule?.derived === true && settled) return [];
    return [changeOf(old, next, facet, rule)];
  });
  return origin === undefined ? found : [origin, ...found];
}

/** An item that only one of the plans has. */
export function presenceChange(item: Item, change: 'added' | 'lost'): Change {
  const rule = presenceRules.find(
    (row) => row.part === item.part && row.change === change && (row.when === undefined || row.when.in.includes(item.facets[row.when.facet])),
  );
  const { class: is, reason } = rule?.means ?? noRule;
  return { part: item.part, change, class: is, reason, ...(change === 'lost' ? { old: item.at } : { new: item.at }) };
}

function originChange(old: Item, next: Item): Change | undefined {
  const [from, to] = [textOf(old.facets['origin']), textOf(next.facets['origin'])];
  const rule = old.part !== 'expectation' || from === to ? undefined : originRules.find((row) => row.from.includes(from) && row.to.includes(to));
  return rule === undefined
    ? undefined
    : { part: old.part, change: rule.change, class: rule.means.class, facet: 'origin', reason: rule.means.reason, old: old.at, new: next.at };
}

function changeOf(old: Item, next: Item, facet: string, rule: FacetRule | undefined): Change {
  const relation = rule === undefined ? 'different' : measure(old.facets[facet], next.facets[facet], rule.as);
  const { class: is, reason } =
    (relation === 'same' ? (rule?.as === 'set' ? reordered : rule?.as === 'words' ? markup : rule?.reworded) : rule?.[relation]) ?? rule?.different ?? noRule;
  const change: ChangeKind =
    facet === 'order' || facet === 'home' || (facet === 'step' && old.part !== 'report field')
      ? 'moved'
      : relation === 'reworded' ||
          relation === 'rephrased' ||
          relation === 'same' ||
          (facet === 'text' && is === 'equal') ||
          facet === 'sentence' ||
          facet === 'wording'
        ? 'reworded'
        : 'changed';
  const shown = showsItself(facet) || old.part === 'section' ? differingLines(old, next) : { old: withValue(old, facet), new: withValue(next, facet) };
  return { part: old.part, change, class: is, facet, reason, ...shown };
}

function measure(from: unknown, to: unknown, as: Measure): Relation | 'reworded' | 'rephrased' {
  if (typeof as === 'object') return compareRanks(textOf(from), textOf(to), as.scale);
  switch (as) {
    case 'set':
      return compareSets(texts(from), texts(to));
    case 'number':
      return typeof from !== 'number' || typeof to !== 'number' ? 'different' : to < from ? 'less' : 'more';
    case 'flag':
      return from === true ? 'less' : 'more';
    case 'claim':
      return compareClaims(from as Claim, to as Claim);
    case 'scope':
      return from === 'document' ? 'less' : to === 'document' ? 'more' : 'different';
    case 'type':
      return to === 'text' ? 'more' : from === 'text' ? 'less' : compareRanks(textOf(from), textOf(to), ['integer', 'number']);
    case 'words':
      if (from === undefined || to === undefined) return to === undefined ? 'less' : 'more';
      return compareWords(textOf(from), textOf(to));
    case 'value':
      return 'different';
    default:
      return as satisfies never;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(textOf) : [];
}

/** Facets that are seen in the line of the document itself. */
function showsItself(facet: string): boolean {
  return ['text', 'sentence', 'wording', 'claim', 'home', 'order', 'step', 'concealment', 'condition', 'number', 'meaning'].includes(facet);
}

/** The lines of both; of texts with several lines, the first that differs. */
export function differingLines(old: Item, next: Item): { readonly old: ComparedLine; readonly new: ComparedLine } {
  const [from, to] = [old, next].map(({ facets }) => (typeof facets['text'] === 'string' ? facets['text'].split('\n') : []));
  const index = (from ?? []).findIndex((line, at) => line !== to?.[at]);
  const several = (from?.length ?? 0) > 1 || (to?.length ?? 0) > 1;
  if (!several) return { old: old.at, new: next.at };
  const at = index === -1 ? Math.min(from?.length ?? 0, to?.length ?? 0) : index;
  const line = (item: Item, all: readonly string[] | undefined): ComparedLine => ({ ...item.at, line: item.at.line + at, text: all?.[at]?.trim() ?? '' });
  return { old: line(old, from), new: line(next, to) };
}

/** The line, and the value of a facet that does not stand in it. */
function withValue(item: Item, facet: string): ComparedLine {
  const value = item.facets[facet];
  const shown =
    value === undefined || value === null
      ? 'none'
      : typeof value === 'string'
        ? value
        : value === Number.POSITIVE_INFINITY
          ? 'as many as the time allows'
          : Array.isArray(value)
            ? texts(value).join(', ') || 'none'
            : JSON.stringify(value);
  return { ...item.at, text: `${item.at.text} [${facet}: ${shown}]` };
}
