/** Puts what a step showed into the names of the execution, each observation in the record with what it met there. */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { CaptureData } from '../model/event.ts';
import type { StepEvidence } from '../model/evidence.ts';
import type { Step } from '../model/step.ts';
import type { Binding } from '../model/value.ts';
import { renderOrigin, renderValue, type Observed } from './binding-store.ts';
import type { ExecutionContext } from './execution-context.ts';
import { secretsOf } from './secret-set.ts';

/** What is wrong with the names after this step: conflicts, and captures that are missing. Each is a failure of the step. */
export async function takeObservations(step: Step, evidence: StepEvidence, context: ExecutionContext): Promise<readonly Diagnostic[]> {
  const diagnostics: Diagnostic[] = [];
  // From here on they are masked wherever they are printed; first of all of them, because one may be a part of another's text.
  const flagged = secretsOf(evidence.observations);
  context.secrets.add(flagged.secrets);
  diagnostics.push(...flagged.diagnostics.map((diagnostic) => ({ ...diagnostic, span: step.span })));
  for (const observation of evidence.observations) {
    const observed = context.store.observe(observation);
    await context.record.record('capture', captureData(step, observation, observed));
    if (observed.kind === 'conflict') diagnostics.push(conflict(step, observed));
  }
  if (evidence.outcome !== 'completed' || evidence.problem) return diagnostics;
  const missing = step.captures.filter((capture) => !capture.optional && !evidence.observations.some((observation) => observation.name === capture.name));
  // Where the step itself failed, nothing is to be changed about what it prints.
  const endedWell = (evidence.exitCode ?? 0) === 0 && evidence.signal === undefined && evidence.sqlFailure === undefined;
  return [...diagnostics, ...missing.map((capture) => missingCapture(step, capture.name, capture.span, endedWell))];
}

function captureData(step: Step, seen: Binding, observed: Observed): CaptureData {
  const { name, value, origin, secret } = seen;
  return {
    step: step.id,
    name,
    text: secret ? '***' : value.text,
    type: value.type,
    origin,
    ...(secret ? { secret } : {}),
    captured: step.captures.some((capture) => capture.name === name),
    again: observed.kind === 'again',
    ...(observed.kind === 'conflict'
      ? { conflict: { text: observed.binding.secret ? '***' : observed.binding.value.text, origin: observed.binding.origin } }
      : {}),
  };
}

function conflict(step: Step, { binding, other }: Extract<Observed, { kind: 'conflict' }>): Diagnostic {
  const shown = (seen: Binding): string => `${renderOrigin(seen.origin)}: ${seen.secret ? '***' : renderValue(seen.value)}`;
  const capture = step.captures.find((candidate) => candidate.name === binding.name);
  return {
    severity: 'failed',
    code: 'execute/conflicting-values',
    message: `\`${binding.name}\` has two values`,
    span: capture?.span ?? step.span,
    label: 'observed here again, with another value',
    notes: [shown(binding), shown(other)],
    help:
      binding.origin.kind === 'input'
        ? `find out why step ${step.id} shows another \`${binding.name}\` than was given`
        : 'let the plan say which of them is meant, or find out why they differ',
  };
}

function missingCapture(step: Step, name: string, span: Diagnostic['span'], endedWell: boolean): Diagnostic {
  const shown = step.kind === 'sql-assert' ? `query return one row with a column \`${name}\`` : `step print a line \`${name}: …\``;
  const help = `let the ${shown}, or bind in the addendum where it stands`;
  return {
    severity: 'failed',
    code: 'execute/missing-capture',
    message: `step ${step.id} did not show \`${name}\``,
    ...(span ? { span, label: 'to be recorded from this step' } : {}),
    notes: [
      step.kind === 'sql-assert' ? 'a column is recorded from the one row of a query' : 'only stdout is looked at, and a missing value is never an empty one',
    ],
    ...(endedWell ? { help } : {}),
  };
}
