import type { Diagnostic } from '../model/diagnostic.ts';
import { isHeldBack } from './conduct-execution.ts';
import type { ExecuteOptions } from './execution-option.ts';
import { digestOf } from './keep-document.ts';
import { resolveInputs } from './resolve-input.ts';

/** What can be told before minutes are spent on an environment. */
export function earlyProblems(options: ExecuteOptions): readonly Diagnostic[] {
  const { plan, planBytes, addendumBytes, environment, values } = options;
  const changed = digestOf(planBytes) !== plan.sha256 || (plan.addendum !== undefined && (!addendumBytes || digestOf(addendumBytes) !== plan.addendum.sha256));
  if (changed)
    return [
      {
        severity: 'error',
        code: 'execute/plan-changed',
        message: `the bytes of \`${plan.path}\` or its addendum are not those that were compiled`,
        help: 'compile and execute it again',
      },
    ];
  if (isHeldBack(options)) return [];
  const needsDatabase = plan.steps.find((step) => step.kind === 'sql-assert')?.span ?? plan.inputs.find((input) => input.type === 'database')?.span;
  if (!environment && needsDatabase) {
    return [
      {
        severity: 'error',
        code: 'execute/no-database',
        message: 'the plan needs a database, and there is no environment',
        span: needsDatabase,
        help: 'name one with --environment or --database',
      },
    ];
  }
  // What only the environment can supply is told when it is ready.
  const provided = new Set((environment?.provides ?? []).map((value) => value.name));
  const given = new Set(values.map((value) => value.name));
  return resolveInputs(plan, values, []).diagnostics.filter(({ code, span }) => {
    const input = code === 'execute/missing-input' ? plan.inputs.find((candidate) => candidate.span === span) : undefined;
    return !input || !provided.has(input.name) || given.has(input.name);
  });
}
