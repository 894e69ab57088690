/** Values that a text leaves open without a `<name>`: blanks to fill in, and variables that another block sets. */
import { span, type Binder } from './bind.ts';
import type { StepDraft } from './draft.ts';
import { blanksIn, sqlSplices } from './placeholder.ts';

export function reportBlanks(binder: Binder, step: StepDraft): void {
  if (step.kind === 'rg-check') return;
  for (const blank of blanksIn(step.text)) {
    const at = span(binder, { start: step.place(blank.offset), end: step.place(blank.offset + blank.written.length) });
    binder.diagnostics.push({
      severity: 'error',
      code: 'compile/open-value',
      message: `\`${blank.written}\` looks like a value that is still to be written`,
      span: at,
      help: "write '<name>' in its place, and declare the name under `inputs:` of the addendum",
    });
  }
  if (!step.sql) return;
  for (const { hole } of sqlSplices(step.text).problems) {
    const at = span(binder, { start: step.place(hole.offset), end: step.place(hole.offset + hole.length) });
    binder.diagnostics.push({
      severity: 'error',
      code: 'compile/placeholder-never-expands',
      message: `nothing expands inside a text of SQL, so \`${hole.written}\` would be compared as it stands`,
      span: at,
      help: `join it: '…' || '${hole.written}' || '…'`,
    });
  }
}

/** Each step is a fresh shell: what only another block sets is empty here, and `"$DIR/x"` would be `/x`. */
export function reportVariables(binder: Binder): void {
  const { steps } = binder.draft;
  for (const step of steps) {
    if (!step.script || step.kind === 'rg-check') continue;
    const own = new Set(step.script.assigned);
    const reported = new Set<string>();
    for (const use of step.script.used) {
      if (use.hasDefault || own.has(use.name) || reported.has(use.name) || step.environment[use.name] !== undefined) continue;
      const setter = steps.find((other) => other !== step && other.script && setsForLater(other, use.name));
      if (!setter) continue;
      reported.add(use.name);
      const start = step.place(use.offset);
      binder.diagnostics.push({
        severity: 'error',
        code: 'compile/unset-variable',
        message: `\`$${use.name}\` is empty here: only step ${setter.id} sets it, and each step is a shell of its own`,
        span: span(binder, { start, end: start + use.name.length + 1 }),
        notes: [`step ${setter.id} stands at line ${span(binder, setter).start.line}`],
        help: `set it in this block too, or in the addendum, under \`steps:\`, write environment: { ${use.name}: … } for this step`,
      });
    }
  }
}

/** `export X=…` and `X=…` alone; `X=… command` sets it for that command only. */
function setsForLater(step: StepDraft, name: string): boolean {
  return (
    step.script?.commands.some(
      (command) =>
        (command.words.length === 0 && command.assignments.some((assignment) => assignment.name === name)) ||
        (/^(?:export|declare|readonly|typeset)$/.test(command.words[0]?.value ?? '') &&
          command.words.some((word) => step.text.slice(word.start, word.end).startsWith(`${name}=`))),
    ) === true
  );
}
