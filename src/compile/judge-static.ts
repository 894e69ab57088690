/** What can be refused before anything runs: statements and commands that a policy forbids, found in the text itself. */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Policy, PolicyKind } from '../model/policy.ts';
import type { Access } from '../model/step.ts';
import { concealedFailures } from '../policy/concealed-failure.ts';
import { doubtfulTestRun } from '../policy/doubtful-test-run.ts';
import { decideShell, type ShellFinding } from '../policy/decide-shell.ts';
import { decideSql } from '../policy/decide-sql.ts';
import { findForbiddenCommands } from '../policy/forbidden-command.ts';
import { findForbiddenTargets } from '../policy/forbidden-target.ts';
import { productionPathProblem } from '../policy/production-path.ts';
import { span, type Binder } from './bind.ts';
import { escapePattern } from './bind-search.ts';
import { isExecuted, type StepDraft } from './draft.ts';

export async function judgeStatically(
  binder: Binder,
  policies: readonly Policy[],
  protectedTables: readonly string[],
  accessOf: (step: StepDraft) => Access,
): Promise<void> {
  for (const step of binder.draft.steps) {
    const access = accessOf(step);
    const forbidden = policies.find((policy) => policy.rule.kind === 'no-execution' && inScope(policy, step));
    if (forbidden && step.kind !== 'rg-check' && isExecuted(step)) {
      binder.diagnostics.push(
        refusal('policy/forbidden-execution', `step ${step.id} executes a command where only searches may run`, step, span(binder, step), forbidden, []),
      );
      continue;
    }
    if (step.sql) {
      if (step.sql.statements !== 1)
        binder.diagnostics.push({
          severity: 'error',
          code: 'compile/unparsable-sql',
          message:
            step.sql.statements === 0
              ? `step ${step.id} holds no statement`
              : `step ${step.id} holds ${step.sql.statements} statements, and one is sent and judged`,
          span: span(binder, step),
          help: 'write a step for each statement',
        });
      const judgement = await decideSql(binder.parser, step.sql.text, { access, protectedTables });
      if (judgement.decision.effect === 'refuse') {
        const policy = policyOf(policies, step, judgement.decision.policy);
        if (judgement.decision.rule === 'unparsable')
          binder.diagnostics.push({
            severity: 'error',
            code: 'compile/unparsable-sql',
            message: `the database would not understand this statement: ${judgement.decision.reason}`,
            span: span(binder, step),
            help: 'mend the statement',
          });
        else
          binder.diagnostics.push(
            refusal(
              'policy/forbidden-write',
              `step ${step.id} ${step.sql.mode === 'probe' ? 'is no single statement that can be rolled back' : `holds a statement that it may not send: ${judgement.decision.reason}`}`,
              step,
              span(binder, step),
              policy,
              [`rule: ${judgement.decision.rule}`],
            ),
          );
      }
      continue;
    }
    if (!step.script || step.kind === 'rg-check') continue;
    for (const error of step.script.errors)
      binder.diagnostics.push({
        severity: 'error',
        code: 'compile/unparsable-shell',
        message: `the shell would not understand this block: ${error.message}`,
        span: span(binder, { start: step.place(error.offset), end: step.place(error.offset) + 1 }),
        help: 'mend the command',
      });
    if (step.productionPath) {
      const problem = productionPathProblem(step.script);
      if (problem !== undefined)
        binder.diagnostics.push({
          severity: 'error',
          code: 'compile/production-path-not-simple',
          message: `the production path must be one simple command: ${problem}`,
          span: span(binder, step),
          label: 'this block may write the protected tables',
          help: 'put every other command into a block of its own',
        });
    }
    for (const concealed of concealedFailures(step.script)) {
      binder.diagnostics.push({
        severity: 'warning',
        code: 'compile/concealed-failure',
        message: `${concealed.what}, so the exit code of step ${step.id} proves nothing`,
        span: span(binder, { start: step.place(concealed.offset), end: step.place(concealed.offset + concealed.length) }),
        help: 'remove it, or state what the output must show',
      });
    }
    const doubt = step.testRunner === undefined || concealedFailures(step.script).length > 0 ? undefined : doubtfulTestRun(step.script);
    if (doubt !== undefined)
      binder.diagnostics.push({
        severity: 'warning',
        code: 'compile/concealed-failure',
        message: `${doubt}, so the exit code of step ${step.id} proves nothing about its tests`,
        span: span(binder, step),
        help: 'put the test run into a block of its own',
      });
    for (const { policy, identifier, offset } of forbiddenIdentifiers(policies, step)) {
      const at = span(binder, { start: step.place(offset), end: step.place(offset + identifier.length) });
      binder.diagnostics.push(refusal('policy/forbidden-identifier', `step ${step.id} uses \`${identifier}\``, step, at, policy, []));
    }
    for (const { policy, message, offset, length } of forbiddenCalls(policies, step)) {
      const at = span(binder, { start: step.place(offset), end: step.place(offset + length) });
      binder.diagnostics.push(
        refusal(`policy/${policy.rule.kind === 'forbidden-target' ? 'forbidden-target' : 'forbidden-command'}`, message, step, at, policy, []),
      );
    }
    for (const finding of await decideShell(binder.parser, step.script, { access, protectedTables, productionPath: step.productionPath })) {
      if (finding.decision.effect !== 'refuse') {
        keepPermitted(binder, step, finding);
        continue;
      }
      // A plan that says nothing of SQLite may use it.
      if (finding.decision.policy === 'no-sqlite-fallback' && !policyOf(policies, step, 'no-sqlite-fallback')) continue;
      const at = { start: step.place(finding.offset), end: step.place(finding.offset + finding.length) };
      binder.diagnostics.push(
        refusal(
          'policy/forbidden-write',
          `step ${step.id} holds ${finding.decision.reason}`,
          step,
          span(binder, at),
          policyOf(policies, step, finding.decision.policy),
          [`rule: ${finding.decision.rule}`],
        ),
      );
    }
  }
}

/** What the text does not show stands in the record; a string in it that is a forbidden statement is said aloud. */
function keepPermitted(binder: Binder, step: StepDraft, { decision, offset, length }: ShellFinding): void {
  if (!decision.rule.startsWith('opaque-')) return;
  const at = span(binder, { start: step.place(offset), end: step.place(offset + length) });
  binder.decisions.push({ step: step.id, decision, span: at, text: step.text.slice(offset, offset + length) });
  if (decision.rule !== 'opaque-write') return;
  binder.diagnostics.push({
    severity: 'warning',
    code: 'policy/opaque-write',
    message: `step ${step.id} holds ${decision.reason}`,
    span: at,
    notes: ['a program may build another text, or send none: the guard refuses it when it is sent'],
    help: 'take the statement out, or let the addendum say which tables this step writes',
  });
}

export function inScope(policy: Policy, step: StepDraft): boolean {
  if (policy.scope.kind === 'document') return true;
  if (policy.scope.kind === 'step') return policy.scope.step === step.id;
  return isInPart(step, policy.scope.section);
}

/** `part` is a section's number, with what stands below it, or `step` and a step's number. */
export function isInPart(step: StepDraft, part: string): boolean {
  if (part.startsWith('step ')) return step.id === part.slice('step '.length);
  return step.section.number === part || step.section.number.startsWith(`${part}.`);
}

/** Names that a policy rules out (`SQLiteTraceStore`) in the text of a step. A search may look for them. */
function forbiddenIdentifiers(
  policies: readonly Policy[],
  step: StepDraft,
): readonly { readonly policy: Policy; readonly identifier: string; readonly offset: number }[] {
  return policies.flatMap((policy) =>
    policy.rule.kind === 'no-sqlite-fallback' && inScope(policy, step)
      ? policy.rule.identifiers.flatMap((identifier) => {
          const found = new RegExp(String.raw`(?<![\w.])${escapePattern(identifier)}(?!\w)`).exec(step.text);
          return found ? [{ policy, identifier, offset: found.index }] : [];
        })
      : [],
  );
}

/** Commands that a policy rules out, and words that mean a place that it rules out. */
function forbiddenCalls(
  policies: readonly Policy[],
  step: StepDraft,
): readonly { readonly policy: Policy; readonly message: string; readonly offset: number; readonly length: number }[] {
  const { script } = step;
  if (!script) return [];
  return policies.flatMap((policy) => {
    if (!inScope(policy, step)) return [];
    if (policy.rule.kind === 'forbidden-command')
      return findForbiddenCommands(script, policy.rule.commands).map(({ command, offset, length }) => ({
        policy,
        message: command === undefined ? `step ${step.id} calls a program that is only known when it runs` : `step ${step.id} calls \`${command}\``,
        offset,
        length,
      }));
    if (policy.rule.kind !== 'forbidden-target') return [];
    return findForbiddenTargets(script, policy.rule.names).map(({ name, text, offset, length }) => ({
      policy,
      message: `step ${step.id} is directed at ${name} by \`${text}\``,
      offset,
      length,
    }));
  });
}

function policyOf(policies: readonly Policy[], step: StepDraft, kind: PolicyKind | undefined): Policy | undefined {
  const wanted: readonly (PolicyKind | undefined)[] = kind === 'no-manual-writes' || kind === undefined ? ['no-manual-writes', 'read-only'] : [kind];
  return policies.find((policy) => wanted.includes(policy.rule.kind) && inScope(policy, step));
}

/** A refusal points at the policy's sentence; the forbidden place is a note. */
function refusal(
  code: 'policy/forbidden-write' | 'policy/forbidden-execution' | 'policy/forbidden-identifier' | 'policy/forbidden-command' | 'policy/forbidden-target',
  message: string,
  step: StepDraft,
  place: Diagnostic['span'],
  policy: Policy | undefined,
  notes: readonly string[],
): Diagnostic {
  return {
    severity: 'refused',
    code,
    message,
    ...(policy ? { span: policy.span, label: 'forbidden here' } : place ? { span: place } : {}),
    notes: [
      ...(policy && place ? [`step ${step.id} stands at ${place.path}:${place.start.line}:${place.start.column}`] : []),
      ...notes,
      ...(policy ? [] : ['assertions only read, whatever the plan says']),
    ],
    help: helpFor(code, step),
  };
}

function helpFor(code: Diagnostic['code'], step: StepDraft): string {
  if (code === 'policy/forbidden-command') return 'take the command out of the block';
  if (code === 'policy/forbidden-target') return 'direct the command at another place';
  return step.sql ? 'let the production path write it, or declare a probe in the addendum' : 'remove it, or let the addendum say which tables this step writes';
}
