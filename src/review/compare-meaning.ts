/** What the tables of rules are made of: a class with its reason, and the row of a facet. */
import type { ChangeClass, Part } from './compare-change.ts';

export interface Meaning {
  readonly class: ChangeClass;
  readonly reason: string;
}

export const weaker = (reason: string): Meaning => ({ class: 'weaker', reason });
export const stronger = (reason: string): Meaning => ({ class: 'stronger', reason });
export const unclear = (reason: string): Meaning => ({ class: 'unclear', reason });
export const equal = (reason: string): Meaning => ({ class: 'equal', reason });

export const reworded = equal('other words for the same');
export const rephrased = unclear('other words, and nothing else tells whether they mean the same');
export const otherFacts = unclear('other names, numbers, operators or negations stand in the sentence');

/** How the values of a facet are held against each other. `words`: the same facts in other words are `reworded`. */
export type Measure = 'value' | 'set' | 'number' | 'flag' | 'claim' | 'scope' | 'type' | 'words' | { readonly scale: readonly string[] };

export interface FacetRule {
  readonly part: Part;
  readonly facet: string;
  readonly as: Measure;
  /** The new value is a part of the old one, smaller, or gone. */
  readonly less?: Meaning;
  readonly more?: Meaning;
  /** Other small words. */
  readonly reworded?: Meaning;
  /** Other words with the same names, numbers, operators and negations. */
  readonly rephrased?: Meaning;
  readonly different?: Meaning;
  /** Follows from the text: says nothing where the text differs, too. */
  readonly derived?: true;
}
