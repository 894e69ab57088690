/** Values that a text leaves open: blanks to fill in, holes where no reference can stand, and variables that nothing sets. */
import type { Diagnostic } from '../model/diagnostic.ts';
import { isBefore, isShell, settersBefore, variableTable, type VariableTable } from './bind-carry.ts';
import { span, type Binder } from './bind.ts';
import type { StepDraft } from './draft.ts';
import { isConfined } from './known-variable.ts';
import { blanksIn } from './blank.ts';
import { holesIn, holeName, type Hole, type HoleProblem } from './placeholder.ts';
import { replacedLines } from './replaced-token.ts';
import { tokensIn, type HoleFilling } from './shell-hole.ts';
import { neededVariables } from './shell-setting.ts';
import { sqlSplices } from './sql-hole.ts';
import type { ShellUse } from '../policy/shell-syntax.ts';

export interface OpenStep {
  readonly step: StepDraft;
  readonly blanks: readonly Hole[];
  readonly problems: readonly HoleProblem[];
}

export function reportProblems(binder: Binder, open: readonly OpenStep[], filling: HoleFilling): void {
  const blanks = new Map<string, { readonly hole: Hole; readonly step: StepDraft }[]>();
  for (const { step, blanks: own, problems } of open) {
    for (const hole of [...own, ...tokensOf(step, filling)]) {
      const places = blanks.get(hole.name) ?? [];
      places.push({ hole, step });
      blanks.set(hole.name, places);
    }
    for (const problem of [...problems, ...(step.sql ? sqlSplices(step.text).problems : [])]) binder.diagnostics.push(problemDiagnostic(binder, step, problem));
    if (step.kind === 'rg-check') reportSearch(binder, step, filling);
    else if (step.script) reportReplaced(binder, step);
  }
  for (const [name, places] of blanks) reportBlank(binder, name, places);
}

/** Tokens of a query: a sentence is read after it, so that they are only reported there. */
function tokensOf(step: StepDraft, { tokens, known }: HoleFilling): readonly Hole[] {
  return step.sql ? tokensIn(step.text, tokens ?? []).filter((hole) => !known(hole.name) || !step.splices.some((splice) => splice.name === hole.name)) : [];
}

function reportBlank(binder: Binder, name: string, places: readonly { readonly hole: Hole; readonly step: StepDraft }[]): void {
  const [first, ...others] = places;
  if (!first) return;
  const { hole, step } = first;
  const lines = [...new Set(others.map((other) => placeOf(binder, other.step, other.hole).start.line))];
  binder.diagnostics.push({
    severity: 'error',
    code: 'compile/open-value',
    message: `\`${hole.written}\` looks like a value that is still to be written`,
    span: placeOf(binder, step, hole),
    ...(lines.length > 0 ? { notes: [`written as well at line ${lines.join(', ')}`] } : {}),
    help: step.sql
      ? `write '<${name}>' in its place, and declare the name under \`inputs:\` of the addendum`
      : `in the addendum, under \`inputs:\`, write ${name}: { type: … }, or pass --set ${name}=<value>`,
  });
}

function placeOf(binder: Binder, step: StepDraft, hole: Pick<Hole, 'offset' | 'length'>): ReturnType<typeof span> {
  return span(binder, { start: step.place(hole.offset), end: step.place(hole.offset + hole.length) });
}

function problemDiagnostic(binder: Binder, step: StepDraft, { hole, kind }: HoleProblem): Diagnostic {
  const { written, name } = hole;
  const common = { severity: 'error', span: placeOf(binder, step, hole) } as const;
  switch (kind) {
    case 'nameless':
      return {
        ...common,
        code: 'compile/open-value',
        message: `\`${written}\` leaves the statement open`,
        help: "write '<name>' for what is to be filled in, or the statement as a whole",
      };
    case 'names-program':
      return { ...common, code: 'compile/open-value', message: `\`${written}\` leaves open which program is executed`, help: 'write the name of the program' };
    case 'names-relation':
      return {
        ...common,
        code: 'compile/placeholder-never-expands',
        message: `\`${written}\` stands for a name of the database, and only values can be filled in`,
        help: 'write the name of the table or column, one statement for each',
      };
    case 'bare-json':
      return {
        ...common,
        code: 'compile/placeholder-never-expands',
        message: `\`${written}\` stands in JSON outside a string, where a text would change what the JSON says`,
        help: `put it in double quotes, or declare ${name}: { type: integer } under \`inputs:\` of the addendum`,
      };
    case 'nothing-expands':
      return step.sql
        ? {
            ...common,
            code: 'compile/placeholder-never-expands',
            message: `nothing expands inside a text of SQL, so \`${written}\` would be compared as it stands`,
            help: `join it: '…' || '${written}' || '…'`,
          }
        : {
            ...common,
            code: 'compile/placeholder-never-expands',
            message: `nothing expands here, so \`${written}\` would reach the program as it stands`,
            help: `pass it through the environment: ${name.toUpperCase()}='${written}' before the command, and read that variable in the program`,
          };
  }
}

/** A search looks for the very characters: one for `<run_id>` would find nothing, and call that an absence. */
function reportSearch(binder: Binder, step: StepDraft, { known }: HoleFilling): void {
  for (const hole of [...holesIn(step.text), ...blanksIn(step.text)]) {
    if (!known(hole.name)) continue;
    binder.diagnostics.push({
      severity: 'error',
      code: 'compile/placeholder-never-expands',
      message: `a search takes its words as they stand, so it would look for \`${hole.written}\` itself`,
      span: placeOf(binder, step, hole),
      help: `let the shell run it: rg … -- '${hole.written}' … | cat`,
    });
  }
}

/** `export TOKEN=abc # replace with yours`: the value that stands there is nobody's. */
function reportReplaced(binder: Binder, step: StepDraft): void {
  for (const line of replacedLines(step.text)) {
    if (step.splices.some((splice) => splice.length > 0 && splice.offset >= line.offset && splice.offset < line.offset + line.length)) continue;
    if (
      binder.diagnostics.some(
        (diagnostic) => diagnostic.code === 'compile/open-value' && diagnostic.span?.start.line === placeOf(binder, step, line).start.line,
      )
    )
      continue;
    binder.diagnostics.push({
      severity: 'error',
      code: 'compile/open-value',
      message: 'the comment says that the value here is to be replaced',
      span: placeOf(binder, step, line),
      notes: [line.comment],
      help: "write '<name>' for the value, and declare the name under `inputs:` of the addendum",
    });
  }
}

/** Each step is a fresh shell: what only another block sets is empty here, and `"$DIR/x"` would be `/x`. One message a name. */
export function reportVariables(binder: Binder): void {
  const table = variableTable(binder);
  const open = new Map<string, { readonly step: StepDraft; readonly use: ShellUse }[]>();
  for (const step of binder.draft.steps) {
    if (!isShell(step)) continue;
    for (const use of neededVariables(step.script, step.environment, binder.inherited)) {
      if (step.splices.some((splice) => splice.carrier === use.name)) continue;
      if (use.hasDefault && settersBefore(table, step, use.name).length === 0) continue;
      const places = open.get(use.name) ?? [];
      places.push({ step, use });
      open.set(use.name, places);
    }
  }
  for (const [name, places] of open) reportVariable(binder, table, name, places);
}

function reportVariable(binder: Binder, table: VariableTable, name: string, places: readonly { readonly step: StepDraft; readonly use: ShellUse }[]): void {
  const [first, ...others] = places;
  if (!first) return;
  const { step, use } = first;
  const setters = (table.setters.get(name) ?? []).filter((setter) => setter.step !== step);
  const before = setters.filter((setter) => isBefore(table, setter.step, step));
  const ids = setters.map((setter) => setter.step.id);
  const reason =
    setters.length === 0
      ? `nothing sets \`$${name}\`, so it would be empty here`
      : before.length === 0
        ? `\`$${name}\` is empty here: step ${ids.join(', ')} sets it only later`
        : isConfined(name)
          ? `\`$${name}\` is empty here: step ${ids.join(', ')} sets it for itself, and a variable of this name is not handed on`
          : before.some((setter) => setter.setting === 'array')
            ? `\`$${name}\` is empty here: step ${ids.join(', ')} sets it as an array, which is not handed on`
            : before.length > 1
              ? `\`$${name}\` is empty here: each step is a shell of its own, and steps ${before.map((setter) => setter.step.id).join(', ')} all set it`
              : `\`$${name}\` is empty here: only step ${ids.join(', ')} sets it, not in every case, and each step is a shell of its own`;
  const lines = [...new Set(others.map((other) => placeOf(binder, other.step, referencePlace(other.use)).start.line))];
  const setter = before.at(-1)?.step;
  binder.diagnostics.push({
    severity: 'error',
    code: 'compile/unset-variable',
    message: reason,
    span: placeOf(binder, step, referencePlace(use)),
    notes: [
      ...setters.map((each) => `step ${each.step.id} stands at line ${span(binder, each.step).start.line}`),
      ...(lines.length > 0 ? [`used as well at line ${lines.join(', ')}`] : []),
    ],
    help:
      setter && !isConfined(name) && !before.some((each) => each.setting === 'array')
        ? `set it in this block too, or in the addendum, under \`steps:\`, write { at: '${shownLine(setter.text)}', carries: [${name}] }`
        : setters.length > 0
          ? `set it in this block too, or in the addendum, under \`steps:\`, write environment: { ${name}: … } for this step`
          : `in the addendum, under \`inputs:\`, write ${holeName(name)}: { type: … }, or at the step that sets it carries: [${name}]`,
  });
}

function referencePlace(use: ShellUse): Pick<Hole, 'offset' | 'length'> {
  return { offset: use.offset, length: use.name.length + 1 };
}

function shownLine(text: string): string {
  const line = text.trim().split('\n')[0] ?? '';
  return line.replace(/'/g, "''").slice(0, 60);
}
