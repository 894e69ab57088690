/** The attempts that were under way when an execution was cut: what becomes of each, into the record before anything else is done. */
import type { StepEndedData } from '../model/event.ts';
import type { Step } from '../model/step.ts';
import { attemptName } from './driver.ts';
import type { ExecutionContext } from './execution-context.ts';
import { type CutAnswers, cutAttempts, type ExecutionHistory, type PastAttempt, type Resumption } from './execution-history.ts';
import { restoreContext } from './restore-context.ts';
import { mismatch, ResumeRefused } from './resume-ground.ts';

/** A step that ended the runner so often is not attempted once more without a person's word. */
const mostCuts = 3;
const probeTimeoutMs = 60_000;

interface CutDecision {
  readonly attempt: PastAttempt;
  readonly cut: NonNullable<StepEndedData['cut']>;
}

/** Restores the memory, compares the database, and decides about what was under way. Rejects with `ResumeRefused`. */
export async function takeUp({ history, answers }: Resumption, context: ExecutionContext): Promise<readonly CutDecision[]> {
  const { guarded, plan } = context;
  const lost = restoreContext(history.events, context);
  if (lost.length > 0)
    throw new ResumeRefused([
      mismatch(`the value of \`${lost[0]}\` was taken out of a step as a secret, and is in no record`, 'steps that need it could not be carried out'),
    ]);
  const database = await guarded?.guard.fingerprint();
  const changed = history.database !== undefined && database !== history.database;
  const cuts = cutAttempts(history);
  if (changed && cuts.length === 0)
    throw new ResumeRefused([
      mismatch('the database is not as the last step left it', 'protected tables or the schema were changed while nothing was executed'),
    ]);
  const decided: CutDecision[] = [];
  for (const attempt of cuts) {
    const step = plan.steps.find(({ id }) => id === attempt.started.step);
    if (step) decided.push({ attempt, cut: await decideCut(step, { changed, cuts: cutsBefore(step, history), answers }, context) });
  }
  return decided;
}

interface CutFacts {
  /** Is the database not as it was before the attempt? */
  readonly changed: boolean;
  /** So many attempts at the step were cut, this one among them. */
  readonly cuts: number;
  readonly answers: CutAnswers;
}

async function decideCut(step: Step, { changed, cuts, answers: { done, notDone, by } }: CutFacts, context: ExecutionContext): Promise<CutDecision['cut']> {
  const { id } = step;
  const said = by === undefined ? {} : { by };
  if (done.includes(id)) return { so: 'done', because: `${by} says that it was done; what it showed is lost`, ...said };
  if (notDone.includes(id)) {
    if (!changed) return { so: 'again', because: `${by} says that it was not done`, ...said };
    return { so: 'in doubt', because: `${by} says that it was not done, yet protected tables or the schema are not as before it`, ...said };
  }
  if (step.doneWhen && context.guarded) {
    const { sql } = step.doneWhen;
    const parameters = step.doneWhen.parameters.map((name) => context.store.get(name)?.value.text ?? null);
    const answer = await context.guarded.guard.assertion({ sql, parameters, mode: 'read', timeoutMs: probeTimeoutMs });
    if (answer.kind !== 'rows') return { so: 'in doubt', because: 'the query that is to tell whether it was done could not be asked' };
    if (answer.rowCount > 0) return { so: 'done', because: 'the query that tells whether it was done has an answer; what it showed is lost' };
    return changed
      ? { so: 'in doubt', because: 'the query says that it was not done, yet protected tables or the schema are not as before it' }
      : { so: 'again', because: 'the query says that it was not done' };
  }
  if (step.once) return { so: 'in doubt', because: 'it may be done only once, and nobody says whether it was done' };
  if (changed) return { so: 'in doubt', because: 'protected tables or the schema are not as before it' };
  if (cuts >= mostCuts) return { so: 'in doubt', because: `it was under way at each of ${cuts} cuts, and may be what ends the runner` };
  return { so: 'again', because: 'it may be repeated' };
}

function cutsBefore({ id }: Step, { attempts }: ExecutionHistory): number {
  return [...attempts.values()].filter(({ started, ended }) => started.step === id && (ended === undefined || ended.cut !== undefined)).length;
}

/** Writes the resumption and the end of each attempt that was under way. */
export async function recordResumption(decided: readonly CutDecision[], argv: readonly string[], context: ExecutionContext): Promise<void> {
  const { record, plan, diagnostics } = context;
  await record.resume({
    cut: decided.map(({ attempt: { started } }) => ({ step: started.step, attempt: started.attempt })),
    argv,
  });
  for (const { attempt, cut } of decided) {
    const { step, attempt: number, kind, title, span } = attempt.started;
    const outcome = cut.so === 'again' ? 'interrupted' : 'in doubt';
    const verdict = cut.so === 'again' ? 'none' : cut.so === 'done' ? 'unproven' : 'error';
    const reason = `step ${step} is in doubt: it was under way when the execution was cut, and ${cut.because}`;
    const ended: StepEndedData = {
      step,
      attempt: number,
      kind,
      title,
      span,
      outcome,
      verdict,
      ...(cut.so === 'again' ? {} : { reason }),
      cut,
      durationMs: 0,
      outputs: [],
      searches: [],
      leftover: [],
      statements: { permitted: 0, refused: 0 },
    };
    await record.record('step-ended', ended, { durable: true });
    // From here on it is known to this process, too.
    context.history?.note(attemptName(step, number), ended);
    const place = plan.steps.find(({ id }) => id === step)?.span;
    if (cut.so !== 'again')
      await diagnostics.report({
        severity: cut.so === 'done' ? 'warning' : 'error',
        code: 'execute/in-doubt',
        message: reason,
        ...(place ? { span: place } : {}),
        label: 'begun, and never ended',
        help: 'look what it did, and execute the plan again',
      });
  }
}
