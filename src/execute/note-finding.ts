/** What the tripwires found after a step: all of it in the record, and a refusal where nothing explains it. */
import type { TripwireFinding } from '../model/contract.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Policy, PolicyKind } from '../model/policy.ts';
import type { Step } from '../model/step.ts';
import type { ExecutionContext } from './execution-context.ts';
import { policiesFor } from './policy-scope.ts';
import { findingDiagnostic } from './step-diagnostic.ts';

/** Which kinds of policy an unexplained change breaks. */
const kindsBroken: Readonly<Record<TripwireFinding['kind'], readonly PolicyKind[]>> = {
  rows: ['no-manual-writes'],
  sessions: ['no-manual-writes'],
  schema: ['no-ddl', 'no-manual-writes'],
  'sqlite-file': ['no-sqlite-fallback'],
  workspace: ['no-workspace-change'],
};

/** Answers with a message for each refusal; none where the tripwires themselves cannot be `trusted`, because the server is gone. */
export async function noteFindings(
  step: Step,
  findings: readonly TripwireFinding[],
  trusted: boolean,
  context: ExecutionContext,
): Promise<readonly Diagnostic[]> {
  const diagnostics: Diagnostic[] = [];
  for (const finding of findings) {
    const policies = kindsBroken[finding.kind]
      .flatMap((kind) => policiesFor(context.plan, step, kind))
      .filter((policy, index, all) => all.indexOf(policy) === index);
    const refuses = trusted && finding.blind !== true && isRefused(finding, policies);
    if (finding.blind && trusted) diagnostics.push(blind(step, finding));
    await context.record.record('tripwire', { ...finding, step: step.id, effect: refuses ? 'refuse' : 'shown', policies: policies.map((policy) => policy.id) });
    if (!refuses) continue;
    const diagnostic = findingDiagnostic(step, finding, policies);
    await context.decisions.note({
      step: step.id,
      source: 'tripwire',
      effect: 'refuse',
      rule: finding.kind,
      reason: diagnostic.message,
      policies: policies.map((policy) => policy.id),
      ...(policies[0] ? { policy: policies[0].rule.kind } : {}),
      text: finding.what,
      count: 1,
      fates: [],
      span: policies[0]?.span ?? step.span,
    });
    diagnostics.push(diagnostic);
  }
  return diagnostics;
}

/** No violation of anybody's; but whatever the step shows, nobody watched it. */
function blind(step: Step, { what }: TripwireFinding): Diagnostic {
  return {
    severity: 'error',
    code: 'execute/guard-failed',
    message: `the guard could not watch step ${step.id}: ${what}`,
    span: step.span,
    help: 'look at the database server, and execute the plan again',
  };
}

/**
 * Rows, schema and sessions that nothing explains are refused whatever the plan says: something worked around the guard. A
 * schema change of an honest step, an SQLite file, a changed workspace are refusals only where a policy forbids them.
 */
function isRefused(finding: TripwireFinding, policies: readonly Policy[]): boolean {
  switch (finding.kind) {
    case 'rows':
    case 'sessions':
      return !finding.explained;
    case 'schema':
      return !finding.explained || policies.some((policy) => policy.rule.kind === 'no-ddl');
    case 'sqlite-file':
    case 'workspace':
      return !finding.explained && policies.length > 0;
  }
}
