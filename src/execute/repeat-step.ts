/** Attempts after the first: only where the plan says so, within its time, and never after a refusal or an error. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { StepEvidence } from '../model/evidence.ts';
import type { Step } from '../model/step.ts';
import type { Verdict } from '../model/verdict.ts';
import type { ExecutionContext } from './execution-context.ts';
import { judgeClaim } from './judge-step.ts';

/** Why there is no other attempt, or `again`. `none`: the plan asks for none. */
export type Repeated = 'again' | 'none' | 'attempts used' | 'time used' | 'given up';

export interface FailedAttempt {
  readonly attempt: number;
  /** Since the first attempt began. */
  readonly elapsedMs: number;
  readonly evidence: StepEvidence;
}

/** Of an attempt that failed: is it followed by another one? */
export async function decideRepetition(step: Step, { attempt, elapsedMs, evidence }: FailedAttempt, context: ExecutionContext): Promise<Repeated> {
  const { repeat } = step;
  if (!repeat || context.signal.aborted || evidence.outcome === 'interrupted') return 'none';
  if (repeat.attempts !== undefined && attempt >= repeat.attempts) return 'attempts used';
  if (elapsedMs + repeat.pauseMs >= repeat.withinMs) return 'time used';
  if (repeat.giveUpWhen) {
    const vain = await judgeClaim({ id: `${step.id}/give-up`, step: step.id, origin: 'text', ...repeat.giveUpWhen }, step, evidence, context);
    if (vain.verdict === 'passed') return 'given up';
  }
  return 'again';
}

const endings: Readonly<Record<Exclude<Repeated, 'again' | 'none'>, string>> = {
  'attempts used': 'the plan asks for no more',
  'time used': 'the time that the plan gives them is over',
  'given up': 'what the plan calls in vain showed',
};

/** Said once, at the end of all attempts: a pass that took several is told as one. */
export function repetitionTold(
  step: Step,
  { attempt, decided, verdict }: { readonly attempt: number; readonly decided: Repeated; readonly verdict: Verdict },
): readonly Diagnostic[] {
  const { repeat } = step;
  if (!repeat || decided === 'again' || (attempt === 1 && verdict === 'passed')) return [];
  const notes = decided === 'none' ? [] : [endings[decided]];
  return [
    {
      severity: 'warning',
      code: 'execute/repeated',
      message:
        verdict === 'passed'
          ? `step ${step.id} passed on attempt ${attempt}`
          : `step ${step.id} did not pass in ${attempt} ${attempt === 1 ? 'attempt' : 'attempts'}`,
      span: repeat.span,
      label: 'asked for here',
      notes: ['every attempt is in the record', ...notes],
    },
  ];
}

/** Until the time is over or the execution is ended. */
export async function pause(pauseMs: number, signal: AbortSignal): Promise<void> {
  if (pauseMs > 0 && !signal.aborted) await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
}

/** How long an earlier process of this execution spent with the step, in milliseconds; a clock that was set back counts as nothing. */
export function spentBefore(step: Step, { history, clock }: ExecutionContext): number {
  const first = [...(history?.attempts.values() ?? [])].find(({ started }) => started.step === step.id);
  return first ? Math.max(0, clock() - first.startedAtMs) : 0;
}
