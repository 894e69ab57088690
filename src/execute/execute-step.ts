/** One step from intent to outcome: attempt, decisions, tripwires, names, claims, verdict, in this order. */
import { hasErrors, messageOf, type Diagnostic } from '../model/diagnostic.ts';
import type { StepEndedData } from '../model/event.ts';
import type { Step } from '../model/step.ts';
import { worst, type Outcome, type Verdict } from '../model/verdict.ts';
import { probeDatabase } from '../environment/probe.ts';
import { attemptStep, runsPrograms, timeLimitOf, type Attempt } from './attempt-step.ts';
import { attemptName } from './driver.ts';
import type { ExecutionContext, StepResult } from './execution-context.ts';
import { hitsOf } from './judge-search.ts';
import { judgeStep } from './judge-step.ts';
import { noteFindings } from './note-finding.ts';
import { noteFingerprint, noteFreshness } from './note-state.ts';
import { decideRepetition, pause, repetitionTold, spentBefore } from './repeat-step.ts';
import { databaseLost, interrupted, leftBehind, refusalDiagnostic, timedOut, unasserted } from './step-diagnostic.ts';
import { endedData, startedData } from './step-event.ts';
import { takeObservations } from './take-observation.ts';
import { writesOf } from './write-data.ts';

/** All attempts that the plan asks for; what an earlier process of this execution brought to an end is taken from its record. */
export async function executeStep(step: Step, context: ExecutionContext): Promise<StepResult> {
  // Programs and probes may change the world: their intent is on the disk before they begin.
  const durable = runsPrograms(step) || step.access.capability === 'probe';
  const beganMs = performance.now() - spentBefore(step, context);
  for (let attempt = 1; ; attempt += 1) {
    const intent = { kind: 'step-started', data: startedData(step, attempt, context), durable } as const;
    const outcome = ({ ended }: StepRound): { readonly kind: 'step-ended'; readonly data: StepEndedData } => ({ kind: 'step-ended', data: ended });
    const recall = (ended: StepEndedData): StepRound => recallRound(ended, context);
    const round = await context.driver.step(attemptName(step.id, attempt), { once: step.once, intent, outcome, recall }, () =>
      carryOut(step, attempt, performance.now() - beganMs, context),
    );
    if (step.repeat && round.ended.again) await pause(step.repeat.pauseMs, context.signal);
    else if (round.ended.cut?.so !== 'again') return round.result;
  }
}

interface StepRound {
  readonly result: StepResult;
  readonly ended: StepEndedData;
}

async function carryOut(step: Step, number: number, elapsedMs: number, context: ExecutionContext): Promise<StepRound> {
  const { decisions, diagnostics, store, statements } = context;
  const forget = store.mark();
  const attempt = await attemptStep(step, context);
  const { evidence, findings } = attempt;
  // Only writes are ever asked for again; a pool's thousands of reads are in the record.
  const writes = writesOf(attempt.statements, context.sequenceBefore);
  statements.push(...writes);
  const refusals = [
    ...(await decisions.noteStatements(step, 'gateway', attempt.statements)),
    ...(await decisions.noteStatements(step, 'session', attempt.assertions)),
  ];
  const unexplained = findings.some((finding) => !finding.explained);
  const lostEarly = isSuspicious(attempt) || unexplained ? await lostDatabase(step, context) : undefined;
  // Tripwires that cannot look say so; without a server that is no violation of anybody's.
  const refusedFindings = await noteFindings(step, findings, lostEarly === undefined, context);
  const untouched = !findings.some((finding) => finding.kind === 'rows' && !finding.explained);
  const refusal = refusalDiagnostic(context.plan, step, refusals, untouched);

  // From the worst to the least: what comes first is what a person reads first.
  const problems: Diagnostic[] = lostEarly
    ? [lostEarly]
    : [...(refusal ? [refusal] : []), ...refusedFindings, ...attemptProblems(step, attempt, refusals.length > 0, context)];
  const observed = await takeObservations(step, evidence, context);
  if (step.access.capability === 'production') {
    await noteFreshness(step, context);
    await context.chains.read('production', step.id, number);
  }
  if (step.kind === 'coordinator-call') await context.chains.read('coordinator-call', step.id, number);
  const { verdicts: expectations, causes, diagnostics: claimProblems } = await judgeStep(step, evidence, context, attempt.statements);
  // A program that failed prints no value: how it ended is the cause, and the value that is missing follows from it.
  problems.push(...causes, ...observed);
  const left = leftBehind(step, evidence.leftover ?? [], evidence.isolation);
  const told: Diagnostic[] = [...problems, ...claimProblems, ...(left ? [left] : [])];
  const claims = worst(expectations.values());
  const asserted = expectations.size > 0 || step.captures.some((capture) => !capture.optional) || step.role === 'report' || step.role === 'teardown';
  if (!asserted && evidence.outcome === 'completed' && !hasErrors(problems)) told.push(unasserted(step));
  const shown = worst([...problems.map(verdictOfProblem), claims, asserted ? 'passed' : 'unproven', verdictOfOutcome(evidence.outcome)]);
  const lostLate = shown === 'failed' && runsPrograms(step) ? await lostDatabase(step, context) : undefined;
  if (lostLate) told.push(lostLate);
  const judged = lostLate ? 'error' : shown;
  const outcome = outcomeOf(step, evidence.outcome, judged);
  const verdict: Verdict = outcome === 'blocked' ? 'unproven' : judged;
  const reason = reasonFor(step, [...(lostLate ? [lostLate] : []), ...problems, ...claimProblems]);
  const decided = judged === 'failed' ? await decideRepetition(step, { attempt: number, elapsedMs, evidence }, context) : 'none';
  const again = decided === 'again';
  // What showed in an attempt that another one follows holds for nothing; it stays in the record.
  if (again) forget();
  else await diagnostics.report(...told, ...repetitionTold(step, { attempt: number, decided, verdict }));
  if (attempt.watched) await noteFingerprint(step.id, context);
  return {
    result: {
      outcome,
      verdict,
      reason,
      expectations,
      ...(evidence.searches ? { hits: hitsOf(evidence.searches) } : {}),
      ...(evidence.rows ? { rowCount: evidence.rows.rowCount } : {}),
      ...(evidence.isolation ? { isolation: evidence.isolation } : {}),
    },
    ended: endedData(step, number, attempt, { outcome, verdict, ...(verdict === 'passed' ? {} : { reason }), ...(again ? { again } : {}), writes }),
  };
}

/** What an earlier process recorded of an attempt, as if it had just been made. */
function recallRound(ended: StepEndedData, { history }: ExecutionContext): StepRound {
  const { outcome, verdict, reason = '', searches, rows, isolation, step, attempt } = ended;
  return {
    ended,
    result: {
      outcome,
      verdict,
      reason,
      expectations: history?.attempts.get(attemptName(step, attempt))?.expectations ?? new Map(),
      ...(searches.length > 0 ? { hits: hitsOf(searches) } : {}),
      ...(rows ? { rowCount: rows.rowCount } : {}),
      ...(isolation ? { isolation } : {}),
    },
  };
}

/** A precondition that does not hold blocks; refusals and errors in it stay what they are. */
function outcomeOf(step: Step, outcome: Outcome, verdict: Verdict): Outcome {
  if (verdict === 'refused') return 'refused';
  return step.role === 'precondition' && (verdict === 'failed' || verdict === 'unproven') ? 'blocked' : outcome;
}

/** In one sentence that names the step. */
function reasonFor(step: Step, problems: readonly Diagnostic[]): string {
  const message = (problems.find(({ severity }) => severity !== 'warning') ?? problems[0])?.message;
  if (message === undefined) return `step ${step.id} proves nothing`;
  return message.includes(`step ${step.id}`) ? message : `step ${step.id}: ${message}`;
}

/** Evidence that shows something else than the plan says is a failure; only where no judgement is possible it is an error. */
const failures: ReadonlySet<string> = new Set(['engine/wrong-type', 'engine/no-such-path']);

function verdictOfProblem({ severity, code }: Diagnostic): Verdict {
  if (severity === 'warning') return 'passed';
  return severity === 'error' && failures.has(code) ? 'failed' : severity;
}

function verdictOfOutcome(outcome: Outcome): Verdict {
  switch (outcome) {
    case 'completed':
      return 'passed';
    case 'timed out':
      return 'failed';
    case 'refused':
      return 'refused';
    case 'blocked':
    case 'not run':
      return 'unproven';
    case 'interrupted':
    case 'in doubt':
      return 'error';
  }
}

function attemptProblems(step: Step, { evidence, guardProblem }: Attempt, refused: boolean, context: ExecutionContext): readonly Diagnostic[] {
  const problems = [...(guardProblem ? [guardProblem] : [])];
  // The engine says again what the refusal says with the policy's sentence.
  if (evidence.problem && !(refused && evidence.problem.severity === 'refused')) problems.push(evidence.problem);
  if (evidence.outcome === 'timed out') problems.push(timedOut(step, timeLimitOf(step, context.timeoutMs)));
  if (evidence.outcome === 'interrupted' && problems.length === 0) problems.push(interrupted(step));
  return problems;
}

const probeTimeoutMs = 10_000;

/** Signs that the server may be gone: not every failure is the step's own. */
function isSuspicious({ evidence, guardProblem }: Attempt): boolean {
  return guardProblem !== undefined || evidence.outcome === 'interrupted' || evidence.problem?.code === 'engine/database-lost';
}

/** A program whose database died fails like one that is wrong: only the server can say which it was. */
async function lostDatabase(step: Step, { guarded }: ExecutionContext): Promise<Diagnostic | undefined> {
  if (!guarded) return undefined;
  if (guarded.died.aborted) return databaseLost(step, messageOf(guarded.died.reason));
  // In a session that the tripwires know; only one that gets no answer asks in a session of its own, which they would see.
  const answer = await guarded.guard.assertion({ sql: 'SELECT 1', parameters: [], mode: 'read', timeoutMs: probeTimeoutMs }).catch(() => undefined);
  if (answer?.kind === 'rows') return undefined;
  const probe = await probeDatabase(guarded.database);
  return probe.value
    ? undefined
    : databaseLost(step, probe.diagnostics.map((diagnostic) => [diagnostic.message, ...(diagnostic.notes ?? [])].join(': ')).join('; '));
}
