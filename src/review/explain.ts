/** The whole reading of a plan, before anything runs: what each block became, and what each step may do and must show. */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Plan, PreconditionCheck, ReportSource, Witness } from '../model/plan.ts';
import type { PlacedDecision, PolicyScope } from '../model/policy.ts';
import type { Span } from '../model/span.ts';
import type { Access, CaptureSource, Step, Repetition } from '../model/step.ts';
import type { ValueType } from '../model/value.ts';
import type { ExplainedPlaceholder, ExplainedStep, Explanation, ExplainedRepetition } from './explanation.ts';
import { expectedStrength } from './expected-strength.ts';
import { placeDiagnostic } from './placed-diagnostic.ts';
import { renderClaim } from '../model/render-claim.ts';

/** `plan` is undefined where the document could not be read at all: then there is nothing but messages. */
export function explainPlan(plan: Plan | undefined, diagnostics: readonly Diagnostic[], decisions: readonly PlacedDecision[] = []): Explanation {
  const blocks = (plan?.blocks ?? []).map((block) => ({
    line: block.span.start.line,
    column: block.span.start.column,
    endLine: lastLine(block.span),
    type: block.type,
    disposition: block.disposition,
    text: block.text,
    ...(block.source === undefined ? {} : { source: block.source }),
    becomes: block.becomes,
    ...(block.reason === undefined ? {} : { reason: block.reason }),
    ...(block.boundBy === undefined ? {} : { boundBy: block.boundBy }),
  }));
  const of = (disposition: string): number => blocks.filter((block) => block.disposition === disposition).length;
  return {
    schemaVersion: 1,
    ...(plan === undefined
      ? {}
      : {
          plan: {
            path: plan.path,
            title: plan.title,
            form: plan.form,
            sha256: plan.sha256,
            ...(plan.addendum === undefined ? {} : { addendum: plan.addendum }),
          },
        }),
    blocks,
    counts: {
      total: blocks.length,
      accounted: blocks.length - of('unclaimed'),
      unclaimed: of('unclaimed'),
      unread: of('unread'),
      boundByAddendum: blocks.filter((block) => block.boundBy === 'addendum').length,
    },
    metadata: (plan?.metadata ?? []).map(({ name, text, span }) => ({ name, text, line: span.start.line })),
    preconditions: (plan?.preconditions ?? []).map(({ id, text, span, checks }) => ({ id, text, line: span.start.line, checks: checks.map(renderCheck) })),
    tasks: (plan?.tasks ?? []).map(({ id, text, span, verifiedBy, condition }) => ({
      id,
      text,
      line: span.start.line,
      verifiedBy,
      ...(condition === undefined ? {} : { condition }),
    })),
    steps: (plan?.steps ?? []).map((step) =>
      explainStep(
        step,
        decisions.filter(({ step: id, decision }) => id === step.id && decision.rule === 'opaque-program'),
      ),
    ),
    policies: (plan?.policies ?? []).map((policy) => ({
      id: policy.id,
      text: policy.text,
      kind: policy.rule.kind,
      line: policy.span.path === plan?.path ? policy.span.start.line : null,
      scope: renderScope(policy.scope),
      origin: policy.origin,
      strength: expectedStrength(policy, plan ?? { steps: [] }),
      ...(policy.rule.kind === 'accepted' ? { acceptedBy: policy.rule.by } : {}),
    })),
    criteria: (plan?.criteria ?? []).map(({ id, text, span, clauses, boundBy }) => ({
      id,
      text,
      line: span.start.line,
      clauses: clauses.map((clause) => ({ text: clause.text, witnesses: clause.witnesses.map(renderWitness) })),
      ...(boundBy === undefined ? {} : { boundBy }),
    })),
    report: (plan?.report ?? []).map(({ label, span, source }) => ({ label, line: span.start.line, from: renderReportSource(source) })),
    protectedTables: plan?.protectedTables ?? [],
    placeholders: plan === undefined ? [] : explainPlaceholders(plan),
    diagnostics: diagnostics.map(placeDiagnostic),
  };
}

function shownAccess({ capability, writes, fixedSchema }: Access): ExplainedStep['access'] {
  return { capability, writes, ...(fixedSchema ? { fixedSchema } : {}) };
}

function explainStep(step: Step, opaque: readonly PlacedDecision[]): ExplainedStep {
  const executes = step.kind === 'sql-assert' ? step.sql : step.kind === 'rg-check' ? undefined : step.command;
  return {
    id: step.id,
    kind: step.kind,
    title: step.title,
    section: step.section,
    line: step.span.start.line,
    column: step.span.start.column,
    endLine: lastLine(step.span),
    text: step.text,
    ...(executes === undefined || executes === step.text ? {} : { executes }),
    role: step.role,
    access: shownAccess(step.access),
    ...('workingDirectory' in step && step.workingDirectory !== '' ? { workingDirectory: step.workingDirectory } : {}),
    timeoutMs: step.timeoutMs,
    once: step.once,
    ...(step.repeat === undefined ? {} : { repeat: explainRepetition(step.repeat) }),
    ...(step.doneWhen === undefined
      ? {}
      : { doneWhen: step.doneWhen.parameters.reduceRight((sql, name, index) => sql.replaceAll(`$${index + 1}`, () => `<${name}>`), step.doneWhen.sql) }),
    ...(step.condition === undefined ? {} : { condition: `only if no earlier step recorded ${step.condition.name}` }),
    captures: step.captures.map(({ name, type, optional, span, source, boundBy }) => ({
      name,
      type,
      optional,
      line: span.start.line,
      from: renderCaptureSource(source),
      ...(boundBy === undefined ? {} : { boundBy }),
    })),
    expectations: step.expectations.map(({ id, text, span, claim, origin }) => ({ id, text, line: span.start.line, claim: renderClaim(claim), origin })),
    ...(opaque.length === 0 ? {} : { opaque: opaque.map(({ decision, span, text }) => ({ program: text, line: span.start.line, reason: decision.reason })) }),
    ...(step.boundBy === undefined ? {} : { boundBy: step.boundBy }),
  };
}

function explainRepetition({ kind, attempts, withinMs, pauseMs, giveUpWhen }: Repetition): ExplainedRepetition {
  return {
    kind,
    ...(attempts === undefined ? {} : { attempts }),
    withinMs,
    pauseMs,
    ...(giveUpWhen === undefined ? {} : { giveUpWhen: renderClaim(giveUpWhen.claim) }),
  };
}

function explainPlaceholders(plan: Plan): readonly ExplainedPlaceholder[] {
  const captures = plan.steps.flatMap((step) => step.captures.map((capture) => ({ ...capture, step: step.id })));
  const holes = plan.steps.flatMap((step) => ('splices' in step ? step.splices.map((splice) => ({ name: splice.name, step: step.id })) : []));
  const names = [...new Set([...plan.inputs.map((input) => input.name), ...holes.map((hole) => hole.name)])];
  return names.map((name) => {
    const input = plan.inputs.find((each) => each.name === name);
    const capture = captures.find((each) => each.name === name);
    const type: ValueType = input?.type ?? capture?.type ?? 'text';
    const suppliedBy = input !== undefined ? (type === 'database' ? 'the runner' : 'an input') : capture !== undefined ? `step ${capture.step}` : null;
    return {
      name,
      type,
      suppliedBy,
      neededBy: [...new Set(holes.filter((hole) => hole.name === name).map((hole) => `step ${hole.step}`))],
      secret: input?.secret ?? capture?.secret ?? false,
    };
  });
}

function renderCheck(check: PreconditionCheck): string {
  if (check.kind === 'database-reachable') return 'the database answers';
  if (check.kind === 'step') return `step ${check.step} holds`;
  if (check.kind === 'plan') return `the plan ${check.link} is executed first, and passes`;
  const unmet = check.unmetBy.map((each) => `step ${each.step} ${each.found === undefined ? 'does not set it' : `has ${each.found}`}`);
  return `${check.variable} is ${check.value} in the text of each step that needs it${unmet.length === 0 ? '' : `: ${unmet.join(', ')}`}`;
}

function renderScope(scope: PolicyScope): string {
  if (scope.kind === 'document') return 'the document';
  return scope.kind === 'section' ? `section ${scope.section}` : `step ${scope.step}`;
}

function renderWitness({ kind, id }: Witness): string {
  return `${kind} ${id}`;
}

function renderReportSource(source: ReportSource): string {
  switch (source.kind) {
    case 'name':
      return source.name;
    case 'word':
      return `${source.yes} or ${source.no}, by ${source.of.map(renderWitness).join(', ')}`;
    case 'files':
      return `files with hits of step ${source.step}${source.except === undefined ? '' : `, except hits of ${JSON.stringify(source.except)}`}`;
    case 'row-count':
      return `number of rows of step ${source.step}`;
    case 'none':
      return 'nothing';
    default:
      return source satisfies never;
  }
}

function renderCaptureSource(source: CaptureSource): string {
  switch (source.kind) {
    case 'label':
      return `a line \`${source.label}: …\` of its output`;
    case 'pattern':
      return `${source.first ? 'the first' : 'the one'} line \`${source.pattern}\` of its output`;
    case 'column':
      return `column ${source.column}`;
    case 'stdout':
      return 'its whole output';
    case 'variable':
      return `the shell variable ${source.variable} at its end`;
    default:
      return source satisfies never;
  }
}

/** The last line that belongs to it: a span that ends at the beginning of a line ends with the line before. */
function lastLine({ start, end }: Span): number {
  return end.column === 1 && end.line > start.line ? end.line - 1 : end.line;
}
