/** Asks the database one question through the hardened session that `execute` supplies; sends nothing by itself. */
import type { AssertionAnswer, EngineContext, StepEngine } from '../model/contract.ts';
import { type Diagnostic, messageOf } from '../model/diagnostic.ts';
import type { StepEvidence } from '../model/evidence.ts';
import type { SqlAssertStep } from '../model/step.ts';
import type { Value } from '../model/value.ts';
import { createObservationCollector, type Observed } from './observation-collector.ts';
import { parseObserved, typeColumnValue } from './observed-value.ts';
import { markSecrets, redactDiagnostic, tellSecrets, withoutAttempt } from './run-command.ts';
import { readBinding } from './step-environment.ts';

const mostRows = 1_000;
/** The server ends a statement at its own time limit; this much later nobody answers any more. */
const answerGraceMs = 5_000;
/** `query_canceled`: the statement's time limit (PostgreSQL, appendix A). */
const canceled = '57014';

type Rows = Extract<AssertionAnswer, { kind: 'rows' }>;
type Answer = AssertionAnswer | { readonly kind: 'timed out' } | { readonly kind: 'interrupted' };

/** Rows become evidence and, where there is exactly one, an observation for each column that the plan names. */
export const sqlEngine: StepEngine<SqlAssertStep> = {
  kind: 'sql-assert',
  run: async (step, context) => {
    const parameters: string[] = [];
    for (const name of step.parameters) {
      const bound = readBinding(name, step, context);
      if (bound.value === undefined) return withoutAttempt(bound.diagnostics[0], context.redactor);
      parameters.push(bound.value);
    }
    if (context.assertion === undefined) return withoutAttempt(noDatabase(step), context.redactor);
    const startedAtMs = performance.now();
    const answer = await ask(step, parameters, context.assertion, context.signal);
    const { secrets, ...read } = readAnswer(step, answer, performance.now() - startedAtMs);
    const evidence = { ...read, observations: markSecrets(step, read, context.redactor) };
    tellSecrets(secrets === undefined ? {} : { secrets }, evidence.observations, context);
    return evidence.problem === undefined ? evidence : { ...evidence, problem: redactDiagnostic(evidence.problem, context.redactor) };
  },
};

/** The answer, or what came before it: the deadline, or the end of the execution. */
function ask(step: SqlAssertStep, parameters: readonly string[], assertion: NonNullable<EngineContext['assertion']>, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve) => {
    const settle = (answer: Answer): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', interrupt);
      resolve(answer);
    };
    const interrupt = (): void => settle({ kind: 'interrupted' });
    const timer = setTimeout(() => settle({ kind: 'timed out' }), step.timeoutMs + answerGraceMs);
    if (signal.aborted) return interrupt();
    signal.addEventListener('abort', interrupt, { once: true });
    assertion({ sql: step.sql, parameters, mode: step.mode, timeoutMs: step.timeoutMs }).then(settle, (error: unknown) =>
      settle({ kind: 'lost', message: messageOf(error) }),
    );
  });
}

type ReadAnswer = StepEvidence & Pick<Observed, 'secrets'>;

function readAnswer(step: SqlAssertStep, answer: Answer, durationMs: number): ReadAnswer {
  const nothing = { durationMs, observations: [] };
  switch (answer.kind) {
    case 'rows':
      return readRows(step, answer, durationMs);
    case 'failure': {
      const { kind: _, ...sqlFailure } = answer;
      const timedOut = answer.sqlstate === canceled && durationMs >= step.timeoutMs;
      return { ...nothing, outcome: timedOut ? 'timed out' : 'completed', sqlFailure };
    }
    case 'refused':
      return { ...nothing, outcome: 'refused', problem: refusal(step, answer.decision) };
    case 'lost':
      return { ...nothing, outcome: 'interrupted', problem: lost(step, answer.message) };
    case 'timed out':
    case 'interrupted':
      return { ...nothing, outcome: answer.kind };
  }
}

function readRows(step: SqlAssertStep, answer: Rows, durationMs: number): ReadAnswer {
  const types = answer.columns.map((column) => column.type);
  const rows = answer.rows.slice(0, mostRows).map((row) => row.map((text, index) => typeColumnValue(types[index] ?? 'text', text)));
  return {
    outcome: 'completed',
    durationMs,
    ...observeRows(step, answer, rows),
    rows: {
      columns: answer.columns.map(({ name, type }) => ({ name, type })),
      rowCount: answer.rowCount,
      rows,
      ...(answer.transactionId === undefined ? {} : { transactionId: answer.transactionId }),
    },
  };
}

/** The plan's columns of a single row, and the captures of every row: several rows give several values, which conflict. */
function observeRows(step: SqlAssertStep, answer: Rows, rows: readonly (readonly Value[])[]): Observed {
  const collector = createObservationCollector();
  const single = answer.rowCount === 1 ? rows[0] : undefined;
  const used = new Set<number>();
  for (const { column, name } of step.columns) {
    // Two columns of one name are told apart by their order.
    const index = answer.columns.findIndex((candidate, at) => candidate.name === column && !used.has(at));
    const value = single?.[index];
    if (value === undefined) continue;
    used.add(index);
    collector.add({ name, type: () => value }, value.text, { kind: 'row', step: step.id, row: 1, column }, false);
  }
  for (const capture of step.captures) {
    if (capture.source.kind !== 'column') continue;
    const { column } = capture.source;
    const index = answer.columns.findIndex((candidate) => candidate.name === column);
    for (const [at, row] of rows.entries()) {
      const value = row[index];
      if (value === undefined) continue;
      const wanted = { name: capture.name, capture, type: (text: string | null) => parseObserved(capture.type, text) };
      collector.add(wanted, value.text, { kind: 'row', step: step.id, row: at + 1, column }, false);
    }
  }
  return collector.observed();
}

function noDatabase(step: SqlAssertStep): Diagnostic {
  return {
    severity: 'error',
    code: 'engine/no-database',
    message: `step ${step.id} asks a database, and the environment has none`,
    span: step.span,
    help: 'give the environment a `database` in `proofplan.config.yaml`, or name another one with --environment',
  };
}

function refusal(step: SqlAssertStep, decision: Extract<AssertionAnswer, { kind: 'refused' }>['decision']): Diagnostic {
  return {
    severity: 'refused',
    code: 'engine/refused-statement',
    message: `the statement of step ${step.id} was refused: ${decision.reason}`,
    span: step.span,
    notes: [`rule ${decision.rule}${decision.matched === undefined ? '' : `, at \`${decision.matched}\``}`, 'nothing of it reached the database'],
    help: 'take the statement out of the plan, or declare it as a probe in the addendum',
  };
}

function lost(step: SqlAssertStep, message: string): Diagnostic {
  return {
    severity: 'error',
    code: 'engine/database-lost',
    message: `the connection to the database was lost in step ${step.id}`,
    span: step.span,
    notes: [message],
    help: "look into the database server's log, and start a new execution",
  };
}
