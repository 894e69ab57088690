/** Which words of the claim language mean a claim again, so that YAML can say it in words. */
import { compileClaim, type ClaimNames } from '../compile/claim.ts';
import type { Claim, Expectation } from '../model/claim.ts';
import type { Plan } from '../model/plan.ts';
import { renderClaim } from '../model/render-claim.ts';
import type { Wording, YamlData } from './convert-shape.ts';

/** The names of a plan as a claim of this step resolves them. */
export function planNames(plan: Plan, stepId: string): ClaimNames {
  const supplied = plan.steps.map((step) => ({
    id: step.id,
    names: step.kind === 'sql-assert' ? step.columns.map(({ name }) => name) : step.kind === 'coordinator-call' ? step.fields : [],
    captured: step.captures.map(({ name }) => name),
  }));
  const all = new Set([...supplied.flatMap(({ names, captured }) => [...names, ...captured]), ...plan.inputs.map(({ name }) => name)]);
  const near = supplied.find(({ id }) => id === stepId)?.names ?? [];
  return {
    resolve: (name) => {
      if (all.has(name)) return name;
      const local = near.filter((candidate) => candidate.endsWith(`.${name}`));
      const found = local.length === 1 ? local : [...all].filter((candidate) => candidate.endsWith(`.${name}`));
      return found.length === 1 ? found[0] : undefined;
    },
  };
}

/** Is the text read as exactly this claim? */
export function meansClaim(text: string, claim: Claim, names: ClaimNames): boolean {
  const reading = compileClaim(text, names);
  return reading.kind === 'claims' && reading.claims.length === 1 && JSON.stringify(reading.claims[0]) === JSON.stringify(claim);
}

/** The plan's own words, the words with the claim beside them, or the words with the claim as it is judged. */
export function convertExpectation(plan: Plan, { text, claim, step }: Expectation, wording: Wording): string | YamlData {
  const names = planNames(plan, step);
  if (wording.claims === 'words' && !text.endsWith('.') && meansClaim(text, claim, names)) return text;
  const rendered = renderClaim(claim);
  return meansClaim(rendered, claim, names) ? { text, claim: rendered } : { text, is: claim };
}
