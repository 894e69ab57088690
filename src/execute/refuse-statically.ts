/** Refusals that are known before anything runs, in the record like every other decision. */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Plan } from '../model/plan.ts';
import type { PlacedDecision } from '../model/policy.ts';
import type { DecisionLog } from './decision-log.ts';

/** The step that a message is about, and the sentence it points at, stand in the diagnostic itself. */
export async function noteRefusals(plan: Plan, refusals: readonly Diagnostic[], decisions: DecisionLog): Promise<void> {
  for (const { message, span, code, notes = [] } of refusals) {
    const step = plan.steps.find((candidate) => message.includes(`step ${candidate.id} `));
    const policies = plan.policies.filter(
      (policy) => span && policy.span.path === span.path && policy.span.start.offset === span.start.offset && policy.span.end.offset === span.end.offset,
    );
    await decisions.note({
      step: step?.id ?? 'plan',
      source: 'static',
      effect: 'refuse',
      rule: notes.find((note) => note.startsWith('rule: '))?.slice('rule: '.length) ?? code,
      reason: message,
      policies: policies.map((policy) => policy.id),
      ...(policies[0] ? { policy: policies[0].rule.kind } : {}),
      text: step?.text ?? '',
      count: 1,
      fates: [],
      ...(span ? { span } : {}),
    });
  }
}

/** What the text of a step does not show: permitted, so that a reader of the record knows where only the gateway can tell. */
export async function notePermitted(placed: readonly PlacedDecision[], decisions: DecisionLog): Promise<void> {
  for (const { step: id, decision, span, text } of placed) {
    const { rule, reason, matched } = decision;
    await decisions.note({
      step: id,
      source: 'static',
      effect: 'permit',
      rule,
      reason,
      policies: [],
      text,
      ...(matched === undefined ? {} : { matched }),
      count: 1,
      fates: [],
      span,
    });
  }
}

/** The attempt's number against every limit that the plan sets. Answers with the reason where one is passed. */
export async function judgeAttemptLimit(plan: Plan, attempt: number, decisions: DecisionLog): Promise<string | undefined> {
  let exceeded: string | undefined;
  for (const { rule, id, span, text } of plan.policies) {
    if (rule.kind !== 'attempt-limit') continue;
    const over = attempt > rule.attempts;
    const reason = `this is attempt ${attempt} of at most ${rule.attempts}`;
    await decisions.note({
      step: 'plan',
      source: 'order',
      effect: over ? 'refuse' : 'permit',
      rule: 'attempt-limit',
      reason,
      policies: [id],
      policy: 'attempt-limit',
      text,
      count: 1,
      fates: [],
      span,
    });
    if (over) exceeded ??= reason;
  }
  return exceeded;
}
