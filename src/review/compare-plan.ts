/** Compares two plans by meaning. Pure: two plans in, every difference out, each with a class and a reason. */
import type { Plan } from '../model/plan.ts';
import { changeClasses, partOrder, type Change, type ChangeClass, type Comparison } from './compare-change.ts';
import { pairItems, type Item, type Pairing } from './compare-item.ts';
import { comparePair, presenceChange } from './compare-pair.ts';
import { plainItems, policyItems, sectionItems, titleItem } from './compare-part.ts';
import { headingAt, headingsOf } from './compare-place.ts';
import { compareSentences } from './compare-sentence.ts';
import { captureItems, expectationItems, stepItems, type Reference, type StepItem } from './compare-step.ts';

/** What both plans call alike, by kind and id, one map a plan. */
interface Names {
  readonly old: Map<string, string>;
  readonly new: Map<string, string>;
}

/** Steps find each other first; what refers to a step or an expectation is then compared under the names that both share. */
export function comparePlan(old: Plan, next: Plan): Comparison {
  const names: Names = { old: new Map(), new: new Map() };
  // A YAML plan has no headings: where one is compared, the numbers alone tell sections apart.
  const byNumber = old.form === 'yaml' || next.form === 'yaml';
  const refer =
    (side: 'old' | 'new'): Reference =>
    (kind, id) =>
      kind === 'section' && byNumber ? `section ${id}` : (names[side].get(`${kind} ${id}`) ?? `${kind} ${id} of ${side}`);
  const steps = pairItems(stepItems(old), stepItems(next));
  name(names, 'step', steps);
  const sections: Pairing<Item> = byNumber
    ? { pairs: [], lost: [], added: [] }
    : pairItems(sectionItems(old, firstStep(old, steps, 0)), sectionItems(next, firstStep(next, steps, 1)));
  name(names, 'section', sections);
  const expectations = pairItems(expectationItems(old, refer('old')), expectationItems(next, refer('new')));
  name(names, 'expectation', expectations);
  const policies = pairItems(policyItems(old, refer('old')), policyItems(next, refer('new')));
  name(names, 'policy', policies);
  const others = [
    pairItems([titleItem(old)], [titleItem(next)]),
    sections,
    policies,
    pairItems(captureItems(old, refer('old')), captureItems(next, refer('new'))),
    withoutConsequences(expectations, steps),
    pairItems(plainItems(old, refer('old')), plainItems(next, refer('new'))),
  ];
  const found = [...changesOf(placed(steps, old, next, refer)), ...others.flatMap(changesOf)];
  const changes = [...found, ...(byNumber ? [] : compareSentences(old, next, found))];
  const sorted = changes.toSorted(
    (a, b) => changeClasses.indexOf(a.class) - changeClasses.indexOf(b.class) || partOrder.indexOf(a.part) - partOrder.indexOf(b.part),
  );
  const count = (is: ChangeClass): number => changes.filter((change) => change.class === is).length;
  return { changes: sorted, counts: { weaker: count('weaker'), unclear: count('unclear'), stronger: count('stronger'), equal: count('equal') } };
}

function changesOf({ pairs, lost, added }: Pairing<Item>): readonly Change[] {
  return [
    ...pairs.flatMap(([from, to]) => comparePair(from, to)),
    ...lost.map((item) => presenceChange(item, 'lost')),
    ...added.map((item) => presenceChange(item, 'added')),
  ];
}

/** Paired things are called alike from here on; others keep names of their own. */
function name(names: Names, kind: string, { pairs }: Pairing<Item>): void {
  for (const [index, [from, to]] of pairs.entries()) {
    const shared = `${kind} #${index + 1}`;
    // Sections below a numbered one share its number: the first, which is the outermost, stands for it.
    if (!names.old.has(`${kind} ${from.id}`)) names.old.set(`${kind} ${from.id}`, shared);
    if (!names.new.has(`${kind} ${to.id}`)) names.new.set(`${kind} ${to.id}`, shared);
  }
}

function firstStep(plan: Plan, { pairs }: Pairing<StepItem>, side: 0 | 1): (number: string, title: string) => string | undefined {
  const headings = headingsOf(plan);
  return (number, title) => {
    const index = pairs.findIndex((pair) => {
      const home = headingAt(plan, headings, pair[side].step.span);
      return home?.number === number && home.title === title;
    });
    return index === -1 ? undefined : `step #${index + 1}`;
  };
}

/** Steps with the place where they stand: another section, or another order among those that both plans have. */
function placed(steps: Pairing<StepItem>, old: Plan, next: Plan, refer: (side: 'old' | 'new') => Reference): Pairing<StepItem> {
  const places = new Map(next.steps.map((step, index) => [step, index]));
  const inOrder = longestRise(steps.pairs.map(([, to]) => places.get(to.step) ?? 0));
  const homes = (plan: Plan, side: 'old' | 'new') => {
    const headings = headingsOf(plan);
    return ({ step }: StepItem): string => refer(side)('section', headingAt(plan, headings, step.span)?.number ?? step.section);
  };
  const [oldHome, newHome] = [homes(old, 'old'), homes(next, 'new')];
  const pairs = steps.pairs.map(([from, to], index): readonly [StepItem, StepItem] =>
    inOrder.has(index)
      ? [standing(from, { home: oldHome(from) }), standing(to, { home: newHome(to) })]
      : [standing(from, { order: 'before' }), standing(to, { order: 'after' })],
  );
  return { ...steps, pairs };
}

function standing(item: StepItem, facets: Item['facets']): StepItem {
  return { ...item, facets: { ...item.facets, ...facets } };
}

/** The indices of a longest rising subsequence: what is not in it changed its place. */
function longestRise(values: readonly number[]): ReadonlySet<number> {
  const best: { readonly length: number; readonly previous: number }[] = [];
  let last = -1;
  for (const [index, value] of values.entries()) {
    let previous = -1;
    for (let before = 0; before < index; before += 1) {
      if ((values[before] ?? 0) < value && (best[before]?.length ?? 0) > (best[previous]?.length ?? 0)) previous = before;
    }
    best.push({ length: (best[previous]?.length ?? 0) + 1, previous });
    if ((best[index]?.length ?? 0) > (best[last]?.length ?? 0)) last = index;
  }
  const rise = new Set<number>();
  for (let index = last; index >= 0; index = best[index]?.previous ?? -1) rise.add(index);
  return rise;
}

/** With a step goes what was only implied of it: that is no loss of its own. */
function withoutConsequences({ pairs, lost, added }: Pairing<Item>, steps: Pairing<StepItem>): Pairing<Item> {
  const own = (items: readonly StepItem[]) =>
    new Set(items.flatMap(({ step }) => step.expectations.filter((each) => each.origin === 'implied').map((each) => each.id)));
  const [gone, come] = [own(steps.lost), own(steps.added)];
  return { pairs, lost: lost.filter((item) => !gone.has(item.id)), added: added.filter((item) => !come.has(item.id)) };
}
