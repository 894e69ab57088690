/** What was refused or went wrong in executions, as SARIF. A verdict other than passed is always a result, so that no empty list looks like a pass. */
import { dataOf } from './data-of.ts';
import { lineOf } from './format-text.ts';
import { planFindings, type ReportedPlan } from './report-finding.ts';
import { renderSarif, type SarifOptions, type SarifPlan } from './sarif-document.ts';

export function renderSarifReport(plans: readonly ReportedPlan[], options: SarifOptions): string {
  return renderSarif(plans.map(sarifPlan), options);
}

function sarifPlan(plan: ReportedPlan): SarifPlan {
  const { path, findings, verdict } = planFindings(plan);
  const common = { path, findings, exitCode: verdict.exitCode };
  if (plan.record === undefined) return { ...common, successful: false, problems: [verdict.reason], properties: { verdict: verdict.verdict } };
  const { execution, events, broken } = plan.record;
  const opened = dataOf(events, 'opened')[0];
  const [begin, end] = [events[0]?.ts, events.at(-1)?.ts];
  return {
    ...common,
    successful: verdict.verdict !== 'error',
    problems: broken === undefined ? [] : [broken],
    ...(opened === undefined ? {} : { commandLine: opened.argv }),
    ...(begin === undefined ? {} : { startedAt: begin }),
    ...(broken !== undefined || end === undefined ? {} : { endedAt: end }),
    properties: {
      execution,
      verdict: verdict.verdict,
      attempt: opened?.attempt,
      planSha256: opened?.plan.sha256,
      readingSha256: opened?.readingSha256,
      commit: lineOf(opened?.workspace.commit ?? '', 100),
    },
  };
}
