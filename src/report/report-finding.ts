/** What there is to say about a plan's execution, message by message: for the formats that show messages beside lines (SARIF, annotations). */
import type { Diagnostic } from '../model/diagnostic.ts';
import { settledEvents } from '../model/settled-event.ts';
import { dataOf } from './data-of.ts';
import type { RecordedEvents } from './read-event.ts';
import { reportedVerdict, type ReportedVerdict } from './report-verdict.ts';
import { findingOf, type SarifFinding } from './sarif-document.ts';

/** Why a plan has no record. `diagnostics`: what was said about it, at its lines. */
export interface UnopenedPlan {
  readonly path: string;
  readonly reason: string;
  readonly exitCode: number;
  readonly diagnostics?: readonly Diagnostic[];
}

/** Of one plan: its record, or why there is none. */
export type ReportedPlan =
  | { readonly record: RecordedEvents; readonly unopened?: undefined }
  | { readonly record?: undefined; readonly unopened: UnopenedPlan };

/** The plan's path as its author named it, the verdict, and the messages. */
export interface PlanFindings {
  readonly path: string;
  readonly verdict: ReportedVerdict;
  /** The verdict first, where it is not passed: an empty list is a pass. */
  readonly findings: readonly SarifFinding[];
}

export function planFindings(plan: ReportedPlan): PlanFindings {
  const { record, unopened } = plan;
  if (record === undefined) {
    const verdict: ReportedVerdict = { verdict: 'error', exitCode: unopened.exitCode, reason: unopened.reason };
    return {
      path: unopened.path,
      verdict,
      findings: [
        verdictFinding(verdict, 'nothing of it was executed: mend what is said, and execute it again'),
        ...(unopened.diagnostics ?? []).map(findingOf),
      ],
    };
  }
  const verdict = reportedVerdict(record);
  const events = settledEvents(record.events);
  return {
    path: dataOf(events, 'opened')[0]?.plan.path ?? 'plan',
    verdict,
    findings: [...(verdict.verdict === 'passed' ? [] : [verdictFinding(verdict)]), ...dataOf(events, 'diagnostic').map(findingOf), ...refusals(record)],
  };
}

function verdictFinding({ verdict, reason }: ReportedVerdict, help = 'look at the execution with `proofplan show`'): SarifFinding {
  const severity = verdict === 'failed' || verdict === 'refused' ? verdict : 'error';
  return {
    rule: `verdict/${verdict}`,
    meaning: `the verdict over the execution is ${verdict}`,
    severity,
    message: `verdict ${verdict}: ${reason}`,
    help,
  };
}

/** A step's refusals have one message, which tells of the first; each further one has its own place here. */
function refusals({ events }: RecordedEvents): readonly SarifFinding[] {
  const told = new Set(dataOf(events, 'diagnostic').flatMap(({ message, notes }) => [message, ...(notes ?? [])]));
  return events.flatMap((event): readonly SarifFinding[] => {
    if (event.kind !== 'decision' || event.data.effect !== 'refuse' || told.has(`journal entry ${event.seq}`) || told.has(event.data.reason)) return [];
    const { step, reason, text, count, sqlstate, span, policy } = event.data;
    return [
      {
        rule: policy === 'no-manual-writes' || policy === 'read-only' ? 'policy/forbidden-write' : 'policy/forbidden-statement',
        severity: 'refused',
        message: `step ${step}: ${reason}`,
        ...(span === undefined ? {} : { span }),
        notes: [text, ...(sqlstate === undefined ? [] : [`SQLSTATE ${sqlstate}`]), ...(count > 1 ? [`${count} times`] : []), `journal entry ${event.seq}`],
      },
    ];
  });
}
