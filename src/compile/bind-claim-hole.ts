/** "contains `run <run_id> finished`": a hole in the text of a claim is the value of that name when the claim is judged. */
import type { Claim, ClaimHole } from '../model/claim.ts';
import type { Input } from '../model/plan.ts';
import type { Binder } from './bind.ts';
import type { ExpectationDraft, StepDraft } from './draft.ts';
import { closedTags, isMarkup } from './markup.ts';
import { holesIn, type Hole } from './placeholder.ts';

/** `inputs` are those that steps need; the answer are those that claims alone need. Steps stand in the order of their execution. */
export function bindClaimHoles(binder: Binder, inputs: readonly Input[]): readonly Input[] {
  const added = new Map<string, Input>();
  const outside = new Set([...inputs.map((input) => input.name), ...binder.given, ...(binder.addendum?.inputs ?? []).map((input) => input.name)]);
  const everywhere = new Set(binder.draft.steps.flatMap(suppliedBy));
  const supplied = new Set(outside);
  for (const step of binder.draft.steps) {
    for (const name of suppliedBy(step)) supplied.add(name);
    for (const expectation of step.expectations) {
      const { claim } = expectation;
      const open =
        expectation.origin === 'implied' ? [] : holesOf(claim).filter((hole) => outside.has(hole.name) || everywhere.has(hole.name) || isMeant(claim, hole));
      if (open.length === 0) continue;
      for (const name of new Set(open.map((hole) => hole.name)))
        if (!supplied.has(name))
          reportOpen(
            binder,
            step,
            expectation,
            open.find((hole) => hole.name === name),
            everywhere.has(name),
          );
      expectation.claim = filled(claim, open);
      for (const { name } of open) {
        const declared = binder.addendum?.inputs.find((input) => input.name === name);
        if (declared) binder.used.add(declared);
        if (!outside.has(name) || everywhere.has(name) || added.has(name) || inputs.some((input) => input.name === name)) continue;
        added.set(name, { name, type: declared?.type ?? 'text', span: expectation.span, neededBy: step.id, secret: declared?.secret ?? false });
      }
    }
  }
  return [...added.values()];
}

function suppliedBy(step: StepDraft): readonly string[] {
  return [...step.captures.map((capture) => capture.name), ...step.supplies];
}

function holesOf(claim: Claim): readonly Hole[] {
  if (claim.kind === 'output') return holesIn(claim.text);
  const text = claim.kind === 'compare' && claim.right.kind === 'literal' ? claim.right.value.text : null;
  // A value that is compared is a name or it is none: nothing is put together there.
  return text === null ? [] : holesIn(text).filter((hole) => hole.length === text.length);
}

/** A tag that a page must contain is text as it stands. */
function isMeant(claim: Claim, hole: Hole): boolean {
  return (
    claim.kind === 'compare' ||
    !isMarkup(claim.kind === 'output' ? claim.text : '', hole, { closed: closedTags(claim.kind === 'output' ? claim.text : ''), searched: true })
  );
}

function filled(claim: Claim, holes: readonly Hole[]): Claim {
  if (claim.kind === 'output') return { ...claim, holes: holes.map(({ name, offset, length }): ClaimHole => ({ name, offset, length })) };
  const [hole] = holes;
  return claim.kind === 'compare' && hole ? { ...claim, right: { kind: 'name', name: hole.name } } : claim;
}

function reportOpen(binder: Binder, step: StepDraft, expectation: ExpectationDraft, hole: Hole | undefined, later: boolean): void {
  if (!hole) return;
  binder.diagnostics.push({
    severity: 'error',
    code: 'compile/unbound-placeholder',
    message: later
      ? `\`${hole.written}\` is recorded only after step ${step.id}, of which this is expected`
      : `nothing supplies \`${hole.written}\` for what is expected here`,
    span: expectation.span,
    label: `expected of step ${step.id}`,
    notes: [`supplied by then: ${suppliedNames(binder, step)}`],
    help: `record \`${hole.name}\` in this step or an earlier one, or in the addendum, under \`inputs:\`, write ${hole.name}: { type: … }`,
  });
}

function suppliedNames(binder: Binder, step: StepDraft): string {
  const names = [
    ...binder.given,
    ...binder.draft.steps.slice(0, binder.draft.steps.indexOf(step) + 1).flatMap((each) => each.captures.map((capture) => capture.name)),
  ];
  return names.length === 0 ? 'nothing' : [...new Set(names)].map((name) => `\`${name}\``).join(', ');
}
