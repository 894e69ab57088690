/**
 * The order of a plan: its steps one after the other as written, stop on failure, conditions, sections that wait for others.
 * What is not run is listed with its reason and never counted as anything else.
 */
import { messageOf } from '../model/diagnostic.ts';
import type { Step } from '../model/step.ts';
import type { Verdict } from '../model/verdict.ts';
import { executeStep } from './execute-step.ts';
import type { ExecutionContext, StepResult } from './execution-context.ts';
import { expectationsFor } from './judge-step.ts';
import { refuseDirection } from './judge-target.ts';
import { isInPart, namePart } from './policy-scope.ts';

export interface SequenceOptions {
  readonly dryRun: boolean;
  readonly only: string | undefined;
}

/** Carries out the steps in their order. Answers with why the execution stopped early, where it did. */
export async function executeSequence(steps: readonly Step[], options: SequenceOptions, context: ExecutionContext): Promise<string | undefined> {
  let stopped: string | undefined;
  for (const step of steps) {
    if (isFinished(step, context)) {
      const result = await executeStep(step, context);
      context.results.set(step.id, result);
      stopped ??= stopAfter(step, result);
      continue;
    }
    stopped ??= await stopBefore(context);
    if (stopped !== undefined) {
      await notRun(step, stopped, false, context);
      continue;
    }
    const withheld = withheldBecause(step, options, context);
    if (withheld) {
      await notRun(step, withheld.reason, withheld.notNeeded, context);
      if (withheld.stops) stopped = `stopped before step ${step.id}`;
      continue;
    }
    const directed = await refuseDirection(step, context);
    if (directed !== undefined) {
      await notRun(step, directed, false, context);
      stopped = `refused before step ${step.id}`;
      continue;
    }
    await noteOrder(step, context);
    if (step.access.capability === 'production') await holdSnapshot(context);
    const result = await executeStep(step, context);
    context.results.set(step.id, result);
    stopped = stopAfter(step, result);
  }
  return stopped;
}

/**
 * The steps that clean up: in any case, whatever happened before, sections in the reverse of their order. None of them keeps another from
 * running, and none can lift a verdict. An execution that was ended by a signal still runs them; the next signal ends the runner.
 */
export async function executeTeardown(steps: readonly Step[], context: ExecutionContext): Promise<void> {
  const died = context.guarded?.died;
  const signal = died ?? new AbortController().signal;
  for (const step of inReverseSections(steps)) context.results.set(step.id, await executeStep(step, { ...context, signal }));
}

/** Sections from the last to the first; inside of one as written. */
export function inReverseSections(steps: readonly Step[]): readonly Step[] {
  const sections = [...new Set(steps.map(({ section }) => section))];
  return sections.toReversed().flatMap((section) => steps.filter((step) => step.section === section));
}

/** Was it brought to its end by an earlier process of this execution? */
function isFinished({ id }: Step, { history }: ExecutionContext): boolean {
  const last = [...(history?.attempts.values() ?? [])].findLast(({ started }) => started.step === id)?.ended;
  return last !== undefined && last.again !== true && last.cut?.so !== 'again';
}

/** What keeps any further step from running, whatever the steps themselves showed. */
async function stopBefore({ signal, record, documents }: ExecutionContext): Promise<string | undefined> {
  if (signal.aborted) return 'the execution was ended';
  if (record.clockSetBack()) return "the machine's clock was set back";
  return (await documents?.look())?.[0]?.message;
}

function stopAfter({ id }: Step, { verdict, outcome }: StepResult): string | undefined {
  return stops(verdict) || outcome === 'blocked' ? `stopped after step ${id}: ${outcome === 'completed' ? verdict : outcome}` : undefined;
}

/** Lists steps that will not run. */
export async function listNotRun(steps: readonly Step[], reason: string, context: ExecutionContext, notNeeded = false): Promise<void> {
  for (const step of steps) await notRun(step, reason, notNeeded, context);
}

function stops(verdict: Verdict): boolean {
  return verdict === 'failed' || verdict === 'refused' || verdict === 'error';
}

interface Withheld {
  readonly reason: string;
  readonly notNeeded: boolean;
  readonly stops: boolean;
}

function withheldBecause(step: Step, { dryRun, only }: SequenceOptions, context: ExecutionContext): Withheld | undefined {
  if (dryRun) return { reason: 'dry run', notNeeded: false, stops: false };
  if (only !== undefined && step.id !== only) return { reason: `only step ${only} was asked for`, notNeeded: false, stops: false };
  if (step.condition && context.store.has(step.condition.name))
    return { reason: `condition not met: \`${step.condition.name}\` was captured before`, notNeeded: true, stops: false };
  const waiting = waitsFor(step, context);
  return waiting === undefined ? undefined : { reason: waiting, notNeeded: false, stops: true };
}

/** A section that must wait for another runs only when all that the other holds was carried out and held. */
function waitsFor(step: Step, { plan, results, notRun: listed }: ExecutionContext): string | undefined {
  for (const { rule, id } of plan.policies) {
    if (rule.kind !== 'order' || !isInPart(step, rule.after)) continue;
    const open = plan.steps.find(
      (before) =>
        isInPart(before, rule.before) && before.role === 'step' && listed.get(before.id)?.notNeeded !== true && results.get(before.id)?.verdict !== 'passed',
    );
    if (open) return `${namePart(rule.before)} must hold before it (policy ${id}), and step ${open.id} does not`;
  }
  return undefined;
}

/** That a waiting section may begin is a decision like any other. */
async function noteOrder(step: Step, { plan, decisions }: ExecutionContext): Promise<void> {
  for (const { rule, id, span } of plan.policies) {
    if (
      rule.kind !== 'order' ||
      !isInPart(step, rule.after) ||
      decisions.all().some((decision) => decision.source === 'order' && decision.policies.includes(id))
    )
      continue;
    const reason = `${namePart(rule.before)} holds, so ${namePart(rule.after)} may begin`;
    await decisions.note({
      step: step.id,
      source: 'order',
      effect: 'permit',
      rule: 'order',
      reason,
      policies: [id],
      policy: 'order',
      text: step.title,
      count: 1,
      fates: [],
      span,
    });
  }
}

/** Held open from before the production path: what it does not have, that path must have written. */
async function holdSnapshot({ guarded, snapshot, driver }: ExecutionContext): Promise<void> {
  if (!guarded || snapshot.held) return;
  try {
    snapshot.held = await driver.step('snapshot', { once: false }, () => guarded.guard.holdSnapshot());
  } catch (error) {
    throw new Error(`no snapshot could be held: ${messageOf(error)}`, { cause: error });
  }
}

/** Also its claims are listed: every planned thing stands in the record, judged or not. */
async function notRun(step: Step, reason: string, notNeeded: boolean, { record, config, notRun: listed }: ExecutionContext): Promise<void> {
  // Listed by an earlier process of this execution.
  if (listed.has(step.id)) return;
  listed.set(step.id, { reason, notNeeded });
  const { id, kind, title, span } = step;
  await record.record('step-not-run', { step: id, kind, title, span, reason, notNeeded });
  for (const expectation of expectationsFor(step, config?.witnesses ?? [])) {
    const { text, origin, claim } = expectation;
    await record.record('expectation', {
      id: expectation.id,
      step: id,
      text,
      span: expectation.span,
      origin,
      claim: claim.kind,
      verdict: 'none',
      actual: notNeeded ? 'not needed' : 'not run',
      notes: [],
    });
  }
}
