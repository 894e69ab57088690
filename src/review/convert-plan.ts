/**
 * A plan as the data of a YAML plan, with everything said that its prose and its addendum said. Pure; whether the YAML compiles to
 * the same plan is for the caller to see (`convert-comparison.ts`): where words do not suffice, rules and claims are written out.
 */
import { splitTerms } from '../compile/claim.ts';
import type { Expectation } from '../model/claim.ts';
import type { Criterion, Plan, Precondition, PreconditionCheck, ReportField, Task, Witness } from '../model/plan.ts';
import type { Policy } from '../model/policy.ts';
import { convertStep } from './convert-step.ts';
import { meansClaim, planNames } from './convert-claim.ts';
import { filled, oneOrMany, present, type Wording, type YamlData } from './convert-shape.ts';

export function convertPlan(plan: Plan, wording: Wording): YamlData {
  const policies = convertPolicies(plan, wording);
  return present({
    title: plan.title === '' ? undefined : plan.title,
    metadata: filled(metadataOf(plan)),
    inputs: filled(Object.fromEntries(plan.inputs.map(({ name, type, secret }) => [name, present({ type, secret: secret || undefined })]))),
    preconditions: filled(plan.preconditions.map(convertPrecondition)),
    policies: filled(policies.items),
    tasks: filled(plan.tasks.map(convertTask)),
    steps: plan.steps.filter(({ role }) => role !== 'teardown').map((step) => convertStep(plan, step, wording)),
    teardown: filled(plan.steps.filter(({ role }) => role === 'teardown').map((step) => convertStep(plan, step, wording))),
    criteria: filled(convertCriteria(plan, policies.place, wording)),
    report: filled(plan.report.map(convertReportField)),
  });
}

function metadataOf(plan: Plan): YamlData {
  const names = [...new Set(plan.metadata.map(({ name }) => name))];
  return Object.fromEntries(names.map((name) => [name, oneOrMany(plan.metadata.filter((entry) => entry.name === name).map(({ text }) => text))]));
}

function convertPrecondition({ text, checks }: Precondition): YamlData {
  return present({ text, checks: filled(checks.map(convertCheck)) });
}

function convertCheck(check: PreconditionCheck): YamlData {
  switch (check.kind) {
    case 'database-reachable':
      return { holds: check.kind };
    case 'environment':
      return { variable: { name: check.variable, value: check.value } };
    case 'plan':
      return { plan: check.link };
    case 'step':
      return { step: check.step };
  }
}

/** `place` is the position among the items, from 1, by which a witness names a policy. */
function convertPolicies(plan: Plan, wording: Wording): { readonly items: readonly unknown[]; readonly place: ReadonlyMap<string, number> } {
  const items: unknown[] = [];
  const place = new Map<string, number>();
  let sentence: Policy | undefined;
  // The baseline is the configuration's, whatever form the plan has.
  for (const policy of plan.policies.filter(({ origin }) => origin !== 'baseline')) {
    const asWords = wording.policies === 'words' && policy.origin === 'text' && policy.scope.kind === 'document';
    const continues = asWords && sentence?.span.start.offset === policy.span.start.offset;
    if (!continues) items.push(asWords ? policy.text : convertPolicy(plan, policy));
    sentence = asWords ? policy : undefined;
    place.set(policy.id, items.length);
  }
  return { items, place };
}

function convertPolicy(plan: Plan, { text, scope, rule }: Policy): YamlData {
  const { kind, ...parameters } = rule;
  const given = Object.entries(parameters).filter(
    ([, value]: readonly [string, unknown]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
  );
  return present({
    text,
    section: scope.kind === 'section' ? scope.section : undefined,
    step: scope.kind === 'step' ? scope.step : undefined,
    ...(rule.kind === 'accepted'
      ? { accept: rule.by, reason: `accepted in ${plan.addendum?.path ?? plan.path}` }
      : { rule: { kind, ...Object.fromEntries(given) } }),
  });
}

function convertTask({ text, condition, verifiedBy }: Task): YamlData {
  return present({ text, condition, verifiedBy: oneOrMany(verifiedBy) });
}

/** A claim that a criterion asks for by itself is written where it is first needed, then named by its number like any other. */
function convertCriteria(plan: Plan, policyPlace: ReadonlyMap<string, number>, wording: Wording): readonly YamlData[] {
  const expectations = new Map(plan.steps.flatMap((step) => step.expectations).map((expectation) => [expectation.id, expectation]));
  const written = new Set<string>();
  const convertWitness = (witness: Witness): YamlData => {
    if (witness.kind === 'step') return { step: witness.id };
    if (witness.kind === 'policy') return { policy: `P${policyPlace.get(witness.id) ?? 0}` };
    const expectation = expectations.get(witness.id);
    if (expectation?.origin !== 'criterion' || written.has(witness.id)) return { expectation: witness.id };
    written.add(witness.id);
    return convertAsked(plan, expectation, wording);
  };
  const convertWitnesses = (witnesses: readonly Witness[]): unknown => oneOrMany(witnesses.map(convertWitness));
  return plan.criteria.map(({ text, clauses }: Criterion) => {
    const [only] = clauses;
    if (only && clauses.length === 1 && splitTerms(text.replace(/\.$/, '')).length === 1) return present({ text, witness: convertWitnesses(only.witnesses) });
    return present({ text, clauses: clauses.map((clause) => present({ text: clause.text, witness: convertWitnesses(clause.witnesses) })) });
  });
}

function convertAsked(plan: Plan, { text, claim, step }: Expectation, wording: Wording): YamlData {
  const said = wording.claims === 'words' && meansClaim(text, claim, planNames(plan, step));
  return said ? { claim: text, step } : { is: claim, text, step };
}

function convertReportField({ label, source }: ReportField): YamlData {
  switch (source.kind) {
    case 'name':
      return { label, name: source.name };
    case 'word':
      return { label, yes: oneOrMany(source.of.map(({ id }) => id)), words: [source.yes, source.no] };
    case 'row-count':
      return { label, rows: source.step };
    case 'files':
      return present({ label, files: source.step, except: source.except });
    case 'none':
      return { label };
  }
}
