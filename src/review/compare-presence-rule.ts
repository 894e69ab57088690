/** What it means that only one of two plans has something, as data; the first row that fits counts. */
import type { ChangeKind, Part } from './compare-change.ts';
import { equal, reworded, stronger, unclear, weaker, type Meaning } from './compare-meaning.ts';

export interface PresenceRule {
  readonly part: Part;
  readonly change: 'added' | 'lost';
  /** Only where the facet has one of these values. First match wins. */
  readonly when?: { readonly facet: string; readonly in: readonly unknown[] };
  readonly means: Meaning;
}

export const presenceRules: readonly PresenceRule[] = [
  { part: 'metadata', change: 'lost', means: equal('it described the plan and bound nothing') },
  { part: 'metadata', change: 'added', means: equal('it describes the plan and binds nothing') },
  { part: 'section', change: 'lost', means: equal('what stood in it is listed by itself') },
  { part: 'section', change: 'added', means: equal('what stands in it is listed by itself') },
  { part: 'policy', change: 'lost', means: weaker('what it forbade or demanded is not enforced by it any more') },
  { part: 'policy', change: 'added', when: { facet: 'accepted', in: [true] }, means: equal('no guard enforces it: it was accepted by name') },
  { part: 'policy', change: 'added', means: stronger('something more is forbidden or demanded') },
  { part: 'protected table', change: 'lost', means: weaker('other steps than the production path may write it') },
  { part: 'protected table', change: 'added', means: stronger('only the production path may write it') },
  { part: 'precondition', change: 'lost', means: weaker('it need not hold any more') },
  { part: 'precondition', change: 'added', means: stronger('something more must hold before the first step') },
  { part: 'task', change: 'lost', means: weaker('nobody has to do it any more') },
  { part: 'task', change: 'added', means: stronger('something more must be done by a person') },
  { part: 'input', change: 'lost', means: unclear('it is not given from outside any more') },
  { part: 'input', change: 'added', means: unclear('it is given from outside') },
  { part: 'step', change: 'lost', when: { facet: 'mode', in: ['probe'] }, means: weaker('nothing tries the forbidden statement any more') },
  { part: 'step', change: 'lost', when: { facet: 'production', in: [true] }, means: unclear('the production path is gone') },
  {
    part: 'step',
    change: 'lost',
    when: { facet: 'role', in: ['teardown'] },
    means: weaker('what it cleaned up at the end stays, and its failure shows no more'),
  },
  { part: 'step', change: 'lost', means: weaker('nothing shows any more what it showed') },
  {
    part: 'step',
    change: 'added',
    when: { facet: 'capability', in: ['write', 'write-except-protected', 'ddl', 'full', 'production'] },
    means: unclear('it may write to the database'),
  },
  { part: 'step', change: 'added', when: { facet: 'kind', in: ['shell'] }, means: unclear('another command is executed') },
  { part: 'step', change: 'added', means: stronger('something more is looked at') },
  { part: 'direction', change: 'lost', means: unclear('the document does not say any more where the next command runs') },
  { part: 'direction', change: 'added', means: unclear('the document says where the next command runs') },
  { part: 'capture', change: 'lost', means: weaker('the value is not recorded any more, so nothing can be held against it') },
  { part: 'capture', change: 'added', means: stronger('one more value is recorded and compared') },
  { part: 'expectation', change: 'lost', means: weaker('nothing must show it any more') },
  { part: 'expectation', change: 'added', means: stronger('something more must be shown') },
  { part: 'criterion', change: 'lost', means: weaker('acceptance does not depend on it any more') },
  { part: 'criterion', change: 'added', means: stronger('acceptance depends on something more') },
  { part: 'report field', change: 'lost', means: weaker('it is not reported any more') },
  { part: 'report field', change: 'added', means: stronger('something more is reported') },
  { part: 'open sentence', change: 'lost', means: unclear('a sentence that was not understood is gone or is read now') },
  { part: 'open sentence', change: 'added', means: unclear('a sentence is not understood, so the plan cannot pass until it is') },
];

/** Who asks for an expectation. A general rule or a criterion asks only as long as other words stand as they do. */
export interface OriginRule {
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly change: ChangeKind;
  readonly means: Meaning;
}

export const originRules: readonly OriginRule[] = [
  {
    from: ['text'],
    to: ['implied'],
    change: 'lost',
    means: weaker('the document does not state it any more; only a general rule still implies something of the kind'),
  },
  {
    from: ['text'],
    to: ['criterion'],
    change: 'lost',
    means: weaker('the document does not state it any more; only as the witness of a criterion is it still judged'),
  },
  { from: ['text'], to: ['addendum'], change: 'moved', means: equal('the addendum states it now') },
  { from: ['addendum'], to: ['text'], change: 'moved', means: equal('the document states it now') },
  {
    from: ['addendum'],
    to: ['implied', 'criterion'],
    change: 'lost',
    means: weaker('the addendum does not state it any more; what is left follows from other sentences'),
  },
  {
    from: ['implied', 'criterion'],
    to: ['text', 'addendum'],
    change: 'added',
    means: stronger('it is stated now, where it only followed from other sentences'),
  },
  { from: ['implied', 'criterion'], to: ['implied', 'criterion'], change: 'changed', means: equal('it follows from other sentences than before') },
];

/** A block whose text differs while everything that it became is the same. */
export const sentenceRule = {
  reworded,
  different: unclear('the sentence differs, and nothing else of the reading does'),
  lost: unclear('the sentence is gone or says nothing any more, and nothing else of the reading tells'),
  added: equal('the sentence is new, and nothing else of the reading is'),
} as const satisfies Record<string, Meaning>;
