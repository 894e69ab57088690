/** Expectations by what they are about: each clause of each criterion looks for the few that could show it. */
import { literalsIn, namesIn } from './bind-expectation.ts';
import type { ExpectationDraft, StepDraft } from './draft.ts';

export interface ExpectationIndex {
  /** Claims on a name that ends in this one, or whose expression mentions it; in the order of the steps. */
  readonly about: (name: string) => readonly ExpectationDraft[];
  /** Claims that hold such a value. */
  readonly with: (literal: string) => readonly ExpectationDraft[];
  readonly testsPass: () => readonly ExpectationDraft[];
  /** Takes in what a witness has asked for since the index was made. */
  readonly add: (expectations: readonly ExpectationDraft[]) => void;
}

export function indexExpectations(steps: readonly StepDraft[]): ExpectationIndex {
  const position = new Map(steps.map((step, index) => [step, index]));
  const known = new Set<ExpectationDraft>();
  const found = new Map<string, Set<ExpectationDraft>>();
  const note = (key: string, expectation: ExpectationDraft): void => {
    const expectations = found.get(key);
    if (expectations) expectations.add(expectation);
    else found.set(key, new Set([expectation]));
  };
  const add = (expectations: readonly ExpectationDraft[]): void => {
    for (const expectation of expectations) {
      if (known.has(expectation)) continue;
      known.add(expectation);
      const { claim, step } = expectation;
      if (claim.kind === 'tests-pass') note('tests pass', expectation);
      for (const literal of literalsIn(claim)) note(`value ${literal}`, expectation);
      for (const name of namesIn(claim)) {
        note(`name ${name}`, expectation);
        for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) note(`name ${name.slice(dot + 1)}`, expectation);
        for (const mentioned of step.sql?.mentions.get(name) ?? []) note(`name ${mentioned}`, expectation);
      }
    }
  };
  for (const step of steps) add(step.expectations);
  const inOrder = (key: string): readonly ExpectationDraft[] =>
    [...(found.get(key) ?? [])].sort(
      (a, b) => (position.get(a.step) ?? 0) - (position.get(b.step) ?? 0) || a.step.expectations.indexOf(a) - b.step.expectations.indexOf(b),
    );
  return { about: (name) => inOrder(`name ${name}`), with: (literal) => inOrder(`value ${literal}`), testsPass: () => inOrder('tests pass'), add };
}
