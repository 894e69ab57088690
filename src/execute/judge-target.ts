/** Where an execution is directed at, before anything is made ready: a place that a policy rules out is refused, not reached. */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { EnvironmentConfig } from '../model/environment.ts';
import type { Policy } from '../model/policy.ts';
import { findTarget } from '../policy/forbidden-target.ts';
import type { Step } from '../model/step.ts';
import type { ExecutionContext } from './execution-context.ts';
import type { ExecuteOptions } from './execution-option.ts';
import { isInScope } from './policy-scope.ts';

/** What the execution is given from outside. `text` may be secret and is never shown. */
interface Direction {
  readonly what: string;
  readonly text: string;
}

/** One refusal for each policy and each direction that means a place which the policy names. Pure. */
export function targetRefusals(options: Pick<ExecuteOptions, 'plan' | 'environment' | 'values' | 'processEnvironment'>): readonly Diagnostic[] {
  const policies = options.plan.policies.filter((policy) => policy.rule.kind === 'forbidden-target');
  if (policies.length === 0) return [];
  const directions = directionsOf(options);
  return policies.flatMap((policy) => directions.flatMap((direction) => refusalOf(policy, direction)));
}

/** A value that was recorded on the way can mean such a place too: the step that would be given it is refused. Answers with the reason. */
export async function refuseDirection(
  step: Step,
  { plan, store, decisions, diagnostics }: Pick<ExecutionContext, 'plan' | 'store' | 'decisions' | 'diagnostics'>,
): Promise<string | undefined> {
  // A parameter of a statement is data and directs nothing.
  if (step.kind !== 'shell' && step.kind !== 'coordinator-call') return undefined;
  const policies = plan.policies.filter((policy) => policy.rule.kind === 'forbidden-target' && isInScope(policy, step));
  const bindings = [...new Set(step.splices.map((splice) => splice.name))].flatMap((name) => store.get(name) ?? []);
  for (const policy of policies) {
    for (const { name, value } of bindings) {
      const [refusal] = refusalOf(policy, { what: `the value of \`${name}\``, text: withoutCredentials(value.text ?? '') });
      if (!refusal) continue;
      await decisions.note({
        step: step.id,
        source: 'order',
        effect: 'refuse',
        rule: 'forbidden-target',
        reason: refusal.message,
        policies: [policy.id],
        policy: 'forbidden-target',
        text: step.title,
        count: 1,
        fates: [],
        span: policy.span,
      });
      await diagnostics.report({ ...refusal, notes: [`step ${step.id} would be given it, and was not run`] });
      return refusal.message;
    }
  }
  return undefined;
}

function refusalOf({ rule, span }: Policy, { what, text }: Direction): readonly Diagnostic[] {
  const name = rule.kind === 'forbidden-target' ? findTarget(text, rule.names) : undefined;
  if (name === undefined) return [];
  return [
    {
      severity: 'refused',
      code: 'policy/forbidden-target',
      message: `${what} means ${name}`,
      span,
      label: 'forbidden here',
      notes: ['compared before anything was made ready; nothing was executed'],
      help: 'choose another environment or another value',
    },
  ];
}

function directionsOf({
  environment,
  values,
  processEnvironment,
}: Pick<ExecuteOptions, 'environment' | 'values' | 'processEnvironment'>): readonly Direction[] {
  return [
    ...(environment ? environmentDirections(environment, processEnvironment) : []),
    ...values.map(({ name, value }) => ({ what: `the value of \`${name}\``, text: withoutCredentials(value.text ?? '') })),
  ];
}

function environmentDirections(
  { name, database, provides, inherit }: EnvironmentConfig,
  processEnvironment: Readonly<Record<string, string | undefined>>,
): readonly Direction[] {
  const url = database.kind === 'url' ? database.url : database.kind === 'environment-variable' ? processEnvironment[database.name] : undefined;
  return [
    { what: `the environment \`${name}\``, text: name },
    ...(url === undefined ? [] : [{ what: 'the address of the database', text: withoutCredentials(url) }]),
    ...inherit.map((variable) => ({ what: `the inherited variable \`${variable}\``, text: withoutCredentials(processEnvironment[variable] ?? '') })),
    ...provides.flatMap((provided) =>
      provided.kind === 'constant' ? [{ what: `the provided value of \`${provided.name}\``, text: withoutCredentials(provided.text) }] : [],
    ),
  ];
}

/** A password that holds such a word means no place. */
function withoutCredentials(text: string): string {
  return text.replace(/\/\/[^@/]*@/, '//').replace(/([?&]password=)[^&]*/g, '$1');
}
