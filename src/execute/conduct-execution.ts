/**
 * From the open record to the last step, in the one order: what the text already refuses, what the text already leaves
 * unmet, canaries, preflight, preconditions, steps. Each gate that does not open leaves every step listed as not run.
 */
import type { AssertionQuery } from '../model/contract.ts';
import type { CanaryData, PrerequisiteOutcome } from '../model/event.ts';
import { messageOf, type Diagnostic } from '../model/diagnostic.ts';
import type { SqlAssertStep } from '../model/step.ts';
import { JournalFailure } from '../journal/journal-failure.ts';
import { executeSequence, executeTeardown, listNotRun } from './execute-sequence.ts';
import type { ExecutionContext } from './execution-context.ts';
import type { ExecuteOptions } from './execution-option.ts';
import type { Part } from './execution-part.ts';
import { noteFingerprint } from './note-state.ts';
import { isUnmetBefore, judgePrecondition, preconditionDiagnostic } from './judge-precondition.ts';
import { judgeAttemptLimit, notePermitted, noteRefusals } from './refuse-statically.ts';

/** Can anything run at all, by the text alone? If not, no environment needs to be made ready. */
export function isHeldBack(options: Pick<ExecuteOptions, 'plan' | 'refusals' | 'prerequisites' | 'resume'>): boolean {
  const { plan, refusals } = options;
  return refusals.length > 0 || plan.preconditions.some((each) => isUnmetBefore(each, prerequisitesOf(options)));
}

/** Of an execution that was cut: those that it began with. */
function prerequisitesOf({ prerequisites, resume }: Pick<ExecuteOptions, 'prerequisites' | 'resume'>): readonly PrerequisiteOutcome[] {
  return resume?.history.opened.prerequisites ?? prerequisites ?? [];
}

/** Answers with what the verdict rests on beside the steps themselves. Rejects with a JournalFailure only. */
export async function conductExecution(options: ExecuteOptions, attempt: number, context: ExecutionContext): Promise<readonly Part[]> {
  const { plan } = context;
  const declared = new Set(context.history?.events.flatMap((event) => (event.kind === 'policy-declared' ? [event.data.id] : [])));
  for (const policy of plan.policies) if (!declared.has(policy.id)) await context.record.record('policy-declared', policy);
  if (context.decisions.all().length === 0) await notePermitted(options.decisions ?? [], context.decisions);
  // An execution that had begun its steps was not held back.
  const held = context.history?.attempts.size ? undefined : await heldBack(options, attempt, context);
  if (held) {
    await listNotRun(plan.steps, held.reason, context);
    return [held];
  }
  try {
    const closed = (await tryCanaries('start', context)) ?? (await preflight(context));
    if (closed) {
      await listNotRun(plan.steps, closed.reason, context);
      return [closed];
    }
    await noteFingerprint('start', context);
  } catch (error) {
    return [await cutShort(error, 'the guard of the database failed', context)];
  }
  const preconditions = plan.steps.filter((step) => step.role === 'precondition');
  const others = plan.steps.filter((step) => step.role !== 'precondition' && step.role !== 'teardown');
  const teardown = plan.steps.filter((step) => step.role === 'teardown');
  const dryRun = options.dryRun ?? false;
  try {
    await executeSequence(preconditions, { dryRun, only: undefined }, context);
    const blocked = dryRun ? [] : await judgePreconditions(prerequisitesOf(options), context);
    const [first] = blocked;
    if (first) await listNotRun(others, first.reason, context);
    else await executeSequence(others, { dryRun, only: options.only }, context);
    if (dryRun) await listNotRun(teardown, 'dry run', context);
    else if (others.some(({ id }) => context.results.has(id))) await executeTeardown(teardown, context);
    else await listNotRun(teardown, 'nothing was executed, so there is nothing to clean up', context, true);
    const ended =
      dryRun || context.results.size === 0 || context.signal.aborted || context.guarded?.died.aborted ? undefined : await tryCanaries('end', context);
    return [
      ...(ended ? [ended] : []),
      ...blocked,
      ...(dryRun ? [{ verdict: 'unproven', reason: 'a dry run: no step was executed' } as const] : []),
      ...(options.only === undefined ? [] : [{ verdict: 'unproven', reason: `only step ${options.only} was asked for` } as const]),
    ];
  } catch (error) {
    return [await cutShort(error, 'the execution could not go on', context)];
  }
}

async function heldBack(options: ExecuteOptions, attempt: number, context: ExecutionContext): Promise<Part | undefined> {
  const { plan, decisions, diagnostics, record } = context;
  const { refusals } = options;
  const prerequisites = prerequisitesOf(options);
  if (refusals.length > 0) {
    await noteRefusals(plan, refusals, decisions);
    await diagnostics.report(...refusals);
    return { verdict: 'refused', reason: `refused before the first step: ${refusals[0]?.message}` };
  }
  const exceeded = await judgeAttemptLimit(plan, attempt, decisions);
  if (exceeded !== undefined) return { verdict: 'refused', reason: exceeded };
  const unmet = plan.preconditions.filter((each) => isUnmetBefore(each, prerequisites));
  for (const precondition of unmet) {
    const data = judgePrecondition(precondition, { databaseProblem: undefined, verdictOfStep: () => 'none', prerequisites });
    await record.record('precondition', data);
    await diagnostics.report(preconditionDiagnostic(data, precondition));
  }
  const [first] = unmet;
  return first && { verdict: 'unproven', reason: `blocked: the precondition \`${first.text.replaceAll('`', '').trim()}\` does not hold` };
}

/** "0 violations" looks the same with a live guard and with none: the runner tries the forbidden acts itself. */
async function tryCanaries(
  moment: CanaryData['moment'],
  { guarded, isolation, driver, record, diagnostics, canaries }: ExecutionContext,
): Promise<Part | undefined> {
  if (!guarded && !isolation) return undefined;
  const answers = await driver.step(`canaries at the ${moment}`, { once: false }, async () => [
    ...((await guarded?.guard.canaries()) ?? []),
    ...((await isolation?.canaries()) ?? []),
  ]);
  for (const answer of answers) await record.record('canary', { ...answer, moment });
  canaries.push(...answers.map((answer) => ({ ...answer, moment })));
  const passed = answers.filter((answer) => !answer.refused);
  if (passed.length === 0 && (answers.length > 0 || !guarded)) return undefined;
  const reason = answers.length === 0 ? 'the guard has no canary' : `the canary \`${passed[0]?.name}\` was not refused`;
  await diagnostics.report({
    severity: 'error',
    code: 'execute/canary-not-refused',
    message: `${reason}, so the guard is not trusted${moment === 'start' ? ' and nothing is executed' : ': it was lost while the steps ran'}`,
    notes: passed.map((answer) => `${answer.layer}: ${answer.detail}`),
    help: 'look with `proofplan doctor` at what this database account allows',
  });
  return { verdict: 'error', reason };
}

/** A column that does not exist is a mistake of the plan, to be told before step 1 and not in the middle. */
async function preflight({ guarded, plan, driver, diagnostics }: ExecutionContext): Promise<Part | undefined> {
  const steps = plan.steps.filter((step): step is SqlAssertStep => step.kind === 'sql-assert' && step.mode === 'read');
  if (!guarded || steps.length === 0) return undefined;
  const queries = steps.map(
    (step): AssertionQuery => ({ sql: step.sql, parameters: step.parameters.map(() => null), mode: 'read', timeoutMs: step.timeoutMs }),
  );
  const answers = await driver.step('preflight', { once: false }, () => guarded.guard.preflight(queries));
  const rejected = steps.flatMap((step, index) => {
    const answer = answers[index];
    return answer && answer.kind !== 'rows' ? [{ step, reason: answer.kind === 'refused' ? answer.decision.reason : answer.message }] : [];
  });
  const [first] = rejected;
  if (!first) return undefined;
  await diagnostics.report(...rejected.map(({ step, reason }) => queryRejected(step, reason)));
  return { verdict: 'error', reason: `the database rejects the query of step ${first.step.id}: ${first.reason}` };
}

function queryRejected(step: SqlAssertStep, reason: string): Diagnostic {
  return {
    severity: 'error',
    code: 'execute/query-rejected',
    message: `the database rejects the query of step ${step.id}: ${reason}`,
    span: step.span,
    notes: ['asked of the live catalogue before the first step; nothing was executed'],
    help: 'correct the query, or bring the database to the state that the plan is for',
  };
}

async function judgePreconditions(prerequisites: readonly PrerequisiteOutcome[], context: ExecutionContext): Promise<readonly Part[]> {
  const { plan, record, results, guarded, diagnostics } = context;
  const answer = plan.preconditions.some(({ checks }) => checks.some((check) => check.kind === 'database-reachable'))
    ? await guarded?.guard.assertion({ sql: 'SELECT 1', parameters: [], mode: 'read', timeoutMs: 10_000 })
    : undefined;
  const databaseProblem =
    answer?.kind === 'rows' ? undefined : answer === undefined ? 'there is no database' : answer.kind === 'refused' ? answer.decision.reason : answer.message;
  const parts: Part[] = [];
  for (const precondition of plan.preconditions) {
    const data = judgePrecondition(precondition, { databaseProblem, verdictOfStep: (step) => results.get(step)?.verdict ?? 'none', prerequisites });
    await record.record('precondition', data);
    if (data.verdict === 'passed') continue;
    await diagnostics.report(preconditionDiagnostic(data, precondition));
    parts.push({ verdict: data.verdict, reason: `blocked: the precondition \`${precondition.text.replaceAll('`', '').trim()}\` does not hold` });
  }
  // A check that no sentence of the plan owns blocks all the same.
  const other = plan.steps.find((step) => step.role === 'precondition' && results.get(step.id)?.verdict !== 'passed');
  return parts.length === 0 && other ? [{ verdict: 'unproven', reason: `blocked: the check of step ${other.id} does not hold` }] : parts;
}

/** Something threw where it had to answer. The steps that are not in the record by then are listed. */
async function cutShort(error: unknown, message: string, context: ExecutionContext): Promise<Part> {
  if (error instanceof JournalFailure) throw error;
  const { plan, results, notRun, diagnostics } = context;
  const reason = `${message}: ${messageOf(error)}`;
  await diagnostics.report({
    severity: 'error',
    code: 'execute/guard-failed',
    message,
    notes: [messageOf(error)],
    help: 'look at the database server, and execute the plan again',
  });
  await listNotRun(
    plan.steps.filter((step) => !results.has(step.id) && !notRun.has(step.id)),
    reason,
    context,
  );
  return { verdict: 'error', reason };
}
