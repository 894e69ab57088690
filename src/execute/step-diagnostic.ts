/** What is said to people about one step. Facts are given; nothing is decided here. */
import type { Expectation } from '../model/claim.ts';
import type { TripwireFinding } from '../model/contract.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { SqlFailure } from '../model/evidence.ts';
import type { Plan } from '../model/plan.ts';
import type { IsolationLevel, Policy } from '../model/policy.ts';
import type { Step } from '../model/step.ts';
import type { RecordedDecision } from './decision-log.ts';
import type { Judgement } from './judgement.ts';

/** A claim as it stands in a message: one pair of backticks, whatever the author wrote around it. */
export function renderClaim(text: string): string {
  return `\`${text.replaceAll('`', '').trim()}\``;
}

/** Undefined for a claim that passed. */
export function judgementDiagnostic(expectation: Expectation, { verdict, actual, notes }: Judgement): Diagnostic | undefined {
  if (verdict === 'passed') return undefined;
  const place = { span: expectation.span, label: actual };
  const implied = expectation.origin === 'implied';
  // Nobody wrote this claim: how the step ended says more than its words.
  if (implied && expectation.claim.kind === 'exit-code' && verdict === 'failed')
    return {
      severity: 'failed',
      code: 'execute/expectation-not-met',
      message: `step ${expectation.step} ${actual.startsWith('ended by') ? 'was' : 'ended with'} ${actual}`,
      ...place,
      notes: [...notes, 'the plan names no exit code for it, so 0 is expected'],
    };
  const origin = implied ? [`implied for step ${expectation.step}`] : [];
  if (verdict === 'failed')
    return {
      severity: 'failed',
      code: 'execute/expectation-not-met',
      message: `${renderClaim(expectation.text)} does not hold: ${actual}`,
      ...place,
      notes: [...notes, ...origin],
    };
  return {
    severity: 'warning',
    code: 'execute/claim-unproven',
    message: `${renderClaim(expectation.text)} is not proven: ${actual}`,
    ...place,
    notes: [...notes, ...origin],
  };
}

/** A statement that nothing expects to fail: whatever else is claimed of its step, what it asks was not answered. */
export function statementRejected(step: Step, { sqlstate, message }: SqlFailure): Diagnostic {
  return {
    severity: 'failed',
    code: 'execute/statement-rejected',
    message: `the server rejected the statement of step ${step.id}: ${message}`,
    span: step.span,
    notes: [`SQLSTATE ${sqlstate}`],
    help: 'correct the statement or what it works on; where it is to fail, let the plan expect that',
  };
}

/** The refusals of a step in one message: the first in full, the others counted. Undefined without any. */
export function refusalDiagnostic(plan: Plan, step: Step, refusals: readonly RecordedDecision[], untouched: boolean): Diagnostic | undefined {
  const [first] = refusals;
  if (!first) return undefined;
  const policies = first.policies.flatMap((id) => plan.policies.filter((policy) => policy.id === id));
  const [sentence, ...others] = policies;
  const writer = plan.steps.find((candidate) => candidate.access.capability === 'production');
  const reason = writer ? first.reason.replace('the production path may', `the production path (step ${writer.id}) may`) : first.reason;
  const lines = [...new Set(others.filter((policy) => policy.span.start.line !== sentence?.span.start.line).map((policy) => policy.span.start.line))];
  const where = first.source === 'session' ? 'the assertion session refused it' : 'the gateway answered in place of the database';
  const total = refusals.reduce((sum, refusal) => sum + refusal.count, 0);
  return {
    severity: 'refused',
    code: first.policy === 'no-manual-writes' || first.policy === 'read-only' ? 'policy/forbidden-write' : 'policy/forbidden-statement',
    message: `step ${step.id} sent ${reason}`,
    span: sentence?.span ?? step.span,
    label: sentence ? `forbidden here${lines.length > 0 ? `, and by line ${lines.join(', ')}` : ''}` : 'what is not granted is refused',
    notes: [
      untouched ? `${where}; no row was written` : `${where}; that statement did not reach the database`,
      ...(total > 1 ? [`${total} statements of this step were refused`] : []),
      `journal entry ${first.entry}`,
    ],
    help: `take the statement out of step ${step.id}, or let the addendum say what this step writes`,
  };
}

/** An unexplained change. `policies` are the sentences that forbid it. */
export function findingDiagnostic(step: Step, finding: TripwireFinding, policies: readonly Policy[]): Diagnostic {
  const sqlite = finding.kind === 'sqlite-file';
  const [sentence] = policies;
  return {
    severity: 'refused',
    code: sqlite ? 'policy/sqlite-fallback' : 'policy/changed-behind-guard',
    message: sqlite
      ? `step ${step.id} wrote an SQLite file: ${finding.what}`
      : `something changed during step ${step.id} that nothing explains: ${finding.what}`,
    span: sentence?.span ?? step.span,
    ...(sentence ? { label: 'forbidden here' } : {}),
    notes: [sqlite ? 'found by its header, whatever its name is' : 'found by comparing the state before and after the step'],
    help: sqlite ? 'let the tested program store what it stores in PostgreSQL' : 'find out what wrote there beside the gateway',
  };
}

export function timedOut(step: Step, timeoutMs: number): Diagnostic {
  return {
    severity: 'failed',
    code: 'execute/step-timed-out',
    message: `step ${step.id} did not end within ${timeoutMs < 1_000 ? `${timeoutMs} ms` : `${timeoutMs / 1_000} s`}`,
    span: step.span,
    help: 'if it needs longer, say so at the step (`**Timeout:** 20 min`), or pass --timeout 20m where the plan says nothing',
  };
}

export function interrupted(step: Step): Diagnostic {
  return {
    severity: 'error',
    code: 'execute/interrupted',
    message: `interrupted in step ${step.id}`,
    span: step.span,
    notes: ['its processes were ended; what it did until then stands'],
    help: 'execute the plan again',
  };
}

export function unasserted(step: Step): Diagnostic {
  return {
    severity: 'warning',
    code: 'execute/unasserted-step',
    message: `step ${step.id} was carried out and nothing was expected of it`,
    span: step.span,
    notes: ['what nobody checked proves nothing'],
    help: 'say in the plan or in the addendum what it must show',
  };
}

/** Reported, and no verdict: an honest program may leave a daemon behind. Undefined when nothing was left. */
/** How surely none was missed: by the level at which the step's processes were kept apart. */
const seenBy: Readonly<Record<IsolationLevel, string>> = {
  none: 'isolation `none`: found by process group and by the mark in their environment; one that left both is not seen',
  process: 'isolation `process`: a process cannot leave its namespace, so all of them were found',
  network: 'isolation `network`: a process cannot leave its namespace, so all of them were found',
};

export function leftBehind(step: Step, processes: readonly string[], isolation: IsolationLevel = 'none'): Diagnostic | undefined {
  if (processes.length === 0) return undefined;
  return {
    severity: 'warning',
    code: 'execute/process-left',
    message: `step ${step.id} left ${processes.length === 1 ? 'a process' : `${processes.length} processes`} behind, which ${processes.length === 1 ? 'was' : 'were'} ended`,
    span: step.span,
    notes: [...processes.slice(0, 5), seenBy[isolation]],
    help: 'let the command wait for what it starts: what was still to be done was not done',
  };
}

export function databaseLost(step: Step, reason: string): Diagnostic {
  return {
    severity: 'error',
    code: 'execute/database-lost',
    message: `the database did not answer any more in step ${step.id}`,
    span: step.span,
    notes: [reason],
    help: "look into the database server's log, and start a new execution",
  };
}
