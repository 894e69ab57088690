/** The two entries of a step: what it will do, and what it showed. */
import type { StepEndedData, StepStartedData } from '../model/event.ts';
import type { Step } from '../model/step.ts';
import { runsPrograms, timeLimitOf, type Attempt } from './attempt-step.ts';
import type { ExecutionContext } from './execution-context.ts';
import { stepEnvironment } from './step-environment.ts';

/** For reading: the journal holds 20 rows and 200 hits of each search, and the whole counts. */
const mostRows = 20;
const mostHits = 200;

export function startedData(step: Step, attempt: number, context: ExecutionContext): StepStartedData {
  const { config, processEnvironment, toolFolders } = context;
  const hasDoor = context.guarded !== undefined && runsPrograms(step) && step.access.capability !== 'none';
  const environment = stepEnvironment({ config, processEnvironment, toolFolders, temporaryFolder: '', ...(hasDoor ? { databaseUrl: '' } : {}) });
  const own = step.kind === 'shell' || step.kind === 'coordinator-call' ? Object.keys(step.environment) : [];
  const names = 'splices' in step ? step.splices.map((splice) => splice.name) : [];
  const { id, kind, title, section, role, span, text, access, once } = step;
  return {
    step: id,
    attempt,
    kind,
    title,
    section,
    role,
    span,
    text,
    action: actionOf(step),
    splices: 'splices' in step ? step.splices : [],
    access,
    once,
    timeoutMs: timeLimitOf(step, context.timeoutMs),
    environmentNames: [...new Set([...Object.keys(environment), ...own])].sort(),
    values: [...new Set(names)].flatMap((name) => {
      const binding = context.store.get(name);
      if (!binding) return [];
      return [
        {
          name,
          text: binding.secret ? '***' : binding.value.text,
          type: binding.value.type,
          origin: binding.origin,
          ...(binding.secret ? { secret: true } : {}),
        },
      ];
    }),
  };
}

function actionOf(step: Step): string {
  switch (step.kind) {
    case 'shell':
    case 'coordinator-call':
      return step.command;
    case 'sql-assert':
      return step.sql;
    case 'rg-check':
      return ['rg', ...step.arguments].join(' ');
  }
}

/** How an attempt was judged. */
export type Judged = Pick<StepEndedData, 'outcome' | 'verdict' | 'reason' | 'again' | 'writes'>;

export function endedData(step: Step, attempt: number, { evidence, statements, assertions }: Attempt, judged: Judged): StepEndedData {
  const { durationMs, exitCode, signal, outputs, rows, sqlFailure, searches, tests, leftover, isolation, program, problem } = evidence;
  const seen = [...statements, ...assertions];
  const refused = seen.filter((statement) => statement.decision.effect === 'refuse').length;
  return {
    step: step.id,
    attempt,
    kind: step.kind,
    title: step.title,
    span: step.span,
    ...judged,
    durationMs,
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(signal === undefined ? {} : { signal }),
    outputs: outputs ?? [],
    ...(rows ? { rows: { ...rows, rows: rows.rows.slice(0, mostRows) } } : {}),
    ...(sqlFailure ? { sqlFailure } : {}),
    searches: (searches ?? []).map((search) => ({ ...search, hits: search.hits.slice(0, mostHits) })),
    ...(tests ? { tests } : {}),
    leftover: leftover ?? [],
    ...(isolation === undefined ? {} : { isolation }),
    ...(program ? { program } : {}),
    ...(problem ? { problem } : {}),
    statements: { permitted: seen.length - refused, refused },
  };
}
