/** Holes of the steps get what fills them: inputs from outside or captures of earlier steps. What nothing fills is reported. */
import type { Input } from '../model/plan.ts';
import { span, type Binder } from './bind.ts';
import type { StepDraft } from './draft.ts';
import { reportBlanks } from './open-value.ts';
import { applySplices, shellSplices } from './placeholder.ts';

/** What the caller of a compilation says about values from outside. */
export interface InputDemand {
  /** A database is there, so that a placeholder for its address is filled by the guard. */
  readonly hasDatabase?: boolean;
  /** `run` demands a value for each input; `check` treats declared inputs as filled. */
  readonly demandValues?: boolean;
}

export function spliceSteps(binder: Binder): void {
  const captured = new Set(binder.draft.steps.flatMap((step) => step.captures.map((capture) => capture.name)));
  const declared = new Set((binder.addendum?.inputs ?? []).map((input) => input.name));
  const elsewhere = new Set(binder.draft.steps.flatMap((step) => (step.sql ? step.splices.map((splice) => splice.name) : [])));
  for (const step of binder.draft.steps) {
    if (step.role === 'step') reportBlanks(binder, step);
    if (!step.script || step.kind === 'rg-check') continue;
    const known = (name: string): boolean => captured.has(name) || declared.has(name) || binder.given.has(name) || elsewhere.has(name);
    const { splices, problems } = shellSplices(step.script, known);
    step.splices = splices;
    step.command = applySplices(step.text, splices);
    for (const problem of problems) {
      const at = span(binder, { start: step.place(problem.hole.offset), end: step.place(problem.hole.offset + problem.hole.length) });
      binder.diagnostics.push(
        problem.kind === 'unquoted'
          ? {
              severity: 'error',
              code: 'compile/unquoted-placeholder',
              message: `the shell reads \`${problem.hole.written}\` as a redirection, not as a placeholder`,
              span: at,
              help: `put it in quotes: '${problem.hole.written}'`,
            }
          : {
              severity: 'error',
              code: 'compile/placeholder-never-expands',
              message: `nothing expands here, so \`${problem.hole.written}\` would reach the program as it stands`,
              span: at,
              help: `pass it through the environment: ${problem.hole.name.toUpperCase()}='${problem.hole.written}' before the command, and read that variable in the program`,
            },
      );
    }
  }
}

export function inputsOf(binder: Binder, options: InputDemand): readonly Input[] {
  const captured = new Set(binder.draft.steps.flatMap((step) => step.captures.map((capture) => capture.name)));
  const inputs = new Map<string, Input>();
  for (const step of binder.draft.steps) {
    for (const splice of step.splices) {
      if (captured.has(splice.name) || inputs.has(splice.name)) continue;
      const declared = binder.addendum?.inputs.find((input) => input.name === splice.name);
      const isDatabase = /^(?:db|database|postgres(?:ql)?|pg)_?(?:url|uri|dsn)$/.test(splice.name);
      inputs.set(splice.name, {
        name: splice.name,
        type: declared?.type ?? (isDatabase && options.hasDatabase === true ? 'database' : 'text'),
        span: span(binder, { start: step.place(splice.offset), end: step.place(splice.offset + splice.length) }),
        neededBy: '',
        secret: declared?.secret ?? false,
      });
    }
  }
  for (const declared of binder.addendum?.inputs ?? []) if (inputs.has(declared.name)) binder.used.add(declared);
  return [...inputs.values()];
}

/** Holes that nothing fills by the time their step needs them. */
export function reportUnbound(binder: Binder, inputs: readonly Input[], options: InputDemand): void {
  const captured = new Map<string, StepDraft>();
  const reported = new Set<string>();
  const all = new Set(binder.draft.steps.flatMap((step) => step.captures.map((capture) => capture.name)));
  for (const step of binder.draft.steps) {
    for (const splice of step.splices) {
      if (reported.has(splice.name) || captured.has(splice.name)) continue;
      const input = inputs.find((candidate) => candidate.name === splice.name);
      const declared = binder.addendum?.inputs.some((candidate) => candidate.name === splice.name) === true;
      const filled = binder.given.has(splice.name) || (input?.type === 'database' && (options.hasDatabase === true || options.demandValues !== true));
      if (input && (filled || (declared && options.demandValues !== true))) continue;
      reported.add(splice.name);
      const at = span(binder, { start: step.place(splice.offset), end: step.place(splice.offset + splice.length) });
      const supplied = [...binder.given].concat([...captured.keys()]);
      binder.diagnostics.push({
        severity: 'error',
        code: 'compile/unbound-placeholder',
        message: all.has(splice.name)
          ? `\`<${splice.name}>\` is recorded only after this step needs it`
          : `nothing supplies \`<${splice.name}>\` before this step needs it`,
        span: at,
        label: `needed by step ${step.id} (${step.kind})`,
        notes: [`supplied so far: ${supplied.length > 0 ? supplied.map((name) => `\`${name}\``).join(', ') : 'nothing'}`],
        help:
          input?.type === 'database' || /^(?:db|database)_/.test(splice.name)
            ? `in the addendum, under \`inputs:\`, write ${splice.name}: { type: database }, and name a database`
            : declared
              ? `pass --set ${splice.name}=<value>`
              : `in the addendum, under \`inputs:\`, write ${splice.name}: { type: … }, or record \`${splice.name}\` in an earlier step, or pass --set ${splice.name}=<value>`,
      });
    }
    for (const capture of step.captures) captured.set(capture.name, step);
  }
}
