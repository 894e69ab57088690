/** What the steps amount to: tasks, criteria, policies, the report's fields, and the worst of all parts. */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { CriterionData, PolicyEnforcedData, TaskData } from '../model/event.ts';
import { expectationsOf, type Witness } from '../model/plan.ts';
import type { Verdict } from '../model/verdict.ts';
import { compareWorkspace } from './compare-workspace.ts';
import type { ExecutionContext } from './execution-context.ts';
import type { ExecuteOptions } from './execution-option.ts';
import type { Part } from './execution-part.ts';
import { judgeCriterion, judgeTask } from './judge-criterion.ts';
import { judgePolicy } from './judge-policy.ts';
import { expectationsFor } from './judge-step.ts';
import { fillReportField } from './report-field.ts';
import { renderClaim } from './step-diagnostic.ts';
import type { WorkspaceReading } from './workspace-state.ts';

/** Records it all and answers with the parts. Rejects with a JournalFailure only. */
export async function concludeExecution(options: ExecuteOptions, workspaceBefore: WorkspaceReading, context: ExecutionContext): Promise<readonly Part[]> {
  const { plan, record, diagnostics, results } = context;
  const executed = results.size > 0;
  const complete = executed && [...context.notRun.values()].every(({ notNeeded }) => notNeeded);
  const parts: Part[] = [...stepParts(context), ...(executed ? await chainParts(context) : [])];
  const workspace = executed ? await compareWorkspace(workspaceBefore, context) : undefined;
  if (workspace) parts.push(workspace);

  const policies = plan.policies.map((policy) =>
    judgePolicy(policy, {
      steps: plan.steps,
      database: context.guarded?.facts,
      canaries: context.canaries,
      decisions: context.decisions.all(),
      executed,
      inherited: context.config?.inherit ?? [],
      workspaceTracked: workspaceBefore.digest !== undefined || context.workspaceWatch?.watches === true,
      isolationOf: (step) => results.get(step.id)?.isolation ?? context.isolation?.levelOf(step) ?? 'none',
      freshClaims: expectationsOf(plan).flatMap(({ id, step, claim }) =>
        claim.kind === 'fresh' ? [{ name: claim.name, verdict: results.get(step)?.expectations.get(id) ?? 'none' }] : [],
      ),
    }),
  );
  const verdictOf = witnessLookup(policies, context);

  for (const task of plan.tasks) {
    const data = judgeTask(task, verdictOf, options.attest?.find((attested) => attested.task === task.id)?.by);
    await record.record('task', data);
    // A remedy is for the case that something fails: then the execution has stopped, and no person's word mends its verdict.
    if (data.verdict === 'none') continue;
    if (data.verdict !== 'passed') parts.push({ verdict: data.verdict, reason: `the task ${task.id} is not verified` });
    if (executed && data.verdict !== 'passed' && task.verifiedBy.length === 0) await diagnostics.report(notAttested(data));
  }
  for (const criterion of plan.criteria) {
    const data = judgeCriterion(criterion, verdictOf);
    await record.record('criterion', data);
    parts.push({ verdict: data.verdict, reason: `an acceptance criterion (line ${criterion.span.start.line}) is ${data.verdict}` });
    // What failed was said by its witness, and what was not run by the stop: only a gap in the plan itself is news.
    if (complete && data.verdict === 'unproven') await diagnostics.report(criterionDiagnostic(data));
  }
  for (const row of policies) {
    await record.record('policy-enforced', row);
    parts.push({
      verdict: row.verdict,
      reason: row.refused > 0 ? `the policy of line ${row.span.start.line} was violated` : `the policy of line ${row.span.start.line} is not enforced`,
    });
    if (row.verdict === 'unproven' && row.strength === 'UNENFORCED') await diagnostics.report(notEnforced(row));
  }
  const facts = {
    names: context.store,
    verdictOf,
    hitsOf: (step: string) => results.get(step)?.hits,
    rowCountOf: (step: string) => results.get(step)?.rowCount,
  };
  for (const field of plan.report) await record.record('report-field', fillReportField(field, facts));
  return parts;
}

/** The verdict of each step that ran; a step that did not run proves nothing, unless nobody needed it. */
function stepParts({ plan, results, notRun }: ExecutionContext): readonly Part[] {
  const ran = plan.steps.flatMap((step): readonly Part[] => {
    const result = results.get(step.id);
    if (result) return [{ verdict: result.verdict, reason: result.reason }];
    return notRun.get(step.id)?.notNeeded ? [] : [{ verdict: 'unproven', reason: `step ${step.id} was not run` }];
  });
  const acted = plan.steps.some((step) => step.role === 'step' && results.has(step.id));
  return acted ? ran : [...ran, { verdict: 'unproven', reason: 'no step was executed' }];
}

/** The stored rows once more before the report: what was tampered with after the last look is found here. */
async function chainParts({ chains, guarded, diagnostics, plan, results, config }: ExecutionContext): Promise<readonly Part[]> {
  if (!guarded || guarded.died.aborted) return [];
  await chains.read('end', 'end');
  const changes = chains.changes(plan.steps.find((step) => step.access.capability === 'production'));
  const executed = plan.steps.filter(({ id }) => results.has(id));
  const claims = executed.flatMap((step) => expectationsFor(step, config?.witnesses ?? [])).map(({ claim }) => claim);
  const claimed = new Set(claims.flatMap((claim) => (claim.kind === 'hash-chain' ? [claim.root] : [])));
  const uncompared = chains.uncompared(
    executed.find(({ kind }) => kind === 'coordinator-call'),
    claimed,
  );
  await diagnostics.report(...changes, ...uncompared);
  return [
    ...changes.map(({ message }) => ({ verdict: 'failed', reason: message }) as const),
    ...uncompared.map(({ message }) => ({ verdict: 'unproven', reason: message }) as const),
  ];
}

function witnessLookup(policies: readonly PolicyEnforcedData[], { results }: ExecutionContext): (witness: Witness) => Verdict {
  const expectations = new Map([...results.values()].flatMap((result) => [...result.expectations]));
  return ({ kind, id }) => {
    switch (kind) {
      case 'expectation':
        return expectations.get(id) ?? 'none';
      case 'step':
        return results.get(id)?.verdict ?? 'none';
      case 'policy':
        return policies.find((row) => row.id === id)?.verdict ?? 'none';
    }
  };
}

function criterionDiagnostic({ text, span, clauses }: CriterionData): Diagnostic {
  const notes = clauses
    .filter((clause) => clause.verdict !== 'passed')
    .map((clause) => {
      const witnesses = clause.witnesses
        .map((witness) => `${witness.kind} ${witness.id}: ${witness.verdict === 'none' ? 'not judged' : witness.verdict}`)
        .join(', ');
      return `${renderClaim(clause.text)}: ${witnesses === '' ? 'no witness' : witnesses}`;
    });
  return {
    severity: 'warning',
    code: 'execute/criterion-unproven',
    message: `the acceptance criterion ${renderClaim(text)} is unproven`,
    span,
    notes,
    help: 'bind a witness for each part of it in the addendum, or find out why its witnesses were not judged',
  };
}

function notEnforced({ text, span }: PolicyEnforcedData): Diagnostic {
  return {
    severity: 'warning',
    code: 'execute/policy-not-enforced',
    message: `nothing enforces the policy ${renderClaim(text)} here`,
    span,
    notes: ['that it was kept cannot be said, so the execution does not pass'],
    help: 'look with `proofplan doctor` at what this machine and account allow, or accept it by name in the addendum',
  };
}

function notAttested({ id, text, span }: TaskData): Diagnostic {
  return {
    severity: 'warning',
    code: 'execute/task-not-attested',
    message: `nothing verifies the task ${renderClaim(text)}`,
    span,
    label: `task ${id}`,
    help: `attest it: --attest '${id}' --by NAME, or bind in the addendum what verifies it`,
  };
}
