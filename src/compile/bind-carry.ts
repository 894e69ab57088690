/**
 * Carrying: a variable that one block sets and another uses. Its value at the end of the setting step is captured like any
 * other, and stands in the environment of the step that uses it, under the same name. By itself only where one earlier step
 * alone can be meant; else the addendum says which.
 */
import type { Capture, Splice } from '../model/step.ts';
import type { ShellUse } from '../policy/shell-syntax.ts';
import { span, type Binder } from './bind.ts';
import { blanksIn } from './blank.ts';
import { isExecuted, type StepDraft } from './draft.ts';
import { inOrderOfExecution } from './step-order.ts';
import { isConfined, isSecretName } from './known-variable.ts';
import { holeName, holesIn } from './placeholder.ts';
import { exportedConstants, neededVariables, settingsOf, type Setting } from './shell-setting.ts';

interface Setter {
  readonly step: StepDraft;
  readonly setting: Setting;
}

/** What the addendum, or a YAML plan's own capture, says to keep. */
function carriedBy(step: StepDraft): readonly string[] {
  return [...(step.carries ?? []), ...step.captures.flatMap(({ source }) => (source.kind === 'variable' ? [source.variable] : []))];
}

/** However it came about, a token that is kept is a secret. */
function hideSecrets(step: StepDraft): void {
  for (const [index, capture] of step.captures.entries()) {
    if (capture.source.kind === 'variable' && isSecretName(capture.source.variable)) step.captures[index] = { ...capture, secret: true };
  }
}

/** Who sets which variable, in the order of execution. */
export interface VariableTable {
  readonly order: readonly StepDraft[];
  readonly position: ReadonlyMap<StepDraft, number>;
  readonly setters: ReadonlyMap<string, readonly Setter[]>;
}

export function variableTable(binder: Binder): VariableTable {
  const order = inOrderOfExecution(binder.draft);
  const setters = new Map<string, Setter[]>();
  for (const step of order) {
    if (!isShell(step)) continue;
    const own = settingsOf(step.script);
    const settings = new Map<string, Setting>(own);
    for (const name of carriedBy(step)) if (own.get(name) !== 'array') settings.set(name, 'always');
    for (const [name, setting] of settings) {
      const known = setters.get(name) ?? [];
      known.push({ step, setting });
      setters.set(name, known);
    }
  }
  return { order, position: new Map(order.map((step, index) => [step, index])), setters };
}

export function isShell(step: StepDraft): step is StepDraft & { readonly script: NonNullable<StepDraft['script']> } {
  return step.script !== undefined && step.kind !== 'rg-check';
}

/** Those that an earlier step could have set. */
export function settersBefore(table: VariableTable, step: StepDraft, name: string): readonly Setter[] {
  return (table.setters.get(name) ?? []).filter((setter) => isBefore(table, setter.step, step));
}

export function isBefore(table: VariableTable, step: StepDraft, other: StepDraft): boolean {
  return (table.position.get(step) ?? 0) < (table.position.get(other) ?? 0);
}

/** Adds the captures, and gives each step its splices: nothing of its text changes, the value stands in its environment. */
export function bindCarries(binder: Binder): ReadonlyMap<StepDraft, readonly Splice[]> {
  const table = variableTable(binder);
  const nameOf = createNamer(binder, table);
  const splices = new Map<StepDraft, Splice[]>();
  const carry = (setter: StepDraft, user: StepDraft, variable: string, offset: number, length: number): void => {
    const name = nameOf(setter, variable);
    const written = user.text.slice(offset, offset + length);
    splices.set(user, [...(splices.get(user) ?? []), { name, offset, length, replacement: written, format: 'plain', carrier: variable }]);
  };
  for (const step of table.order) for (const variable of step.carries ?? []) nameOf(step, variable);
  for (const step of table.order) hideSecrets(step);
  const constants = constantsOf(table);
  for (const step of table.order) {
    if (!isShell(step)) continue;
    const needed = neededVariables(step.script, step.environment, binder.inherited);
    for (const use of needed) {
      const setter = supplierOf(table, step, use);
      const place = referenceAt(step.text, use);
      if (setter) carry(setter, step, use.name, place.offset, place.length);
    }
    for (const [variable, setter] of constants) {
      const own = step.script.commands.some((command) => command.assignments.some((assignment) => assignment.name === variable));
      if (own || !isExecuted(step) || !isBefore(table, setter, step) || step.environment[variable] !== undefined) continue;
      if (!needed.some((use) => use.name === variable)) carry(setter, step, variable, 0, 0);
    }
  }
  return splices;
}

/** `$NAME` or `${NAME…}` around the name. */
export function referenceAt(text: string, use: ShellUse): { readonly offset: number; readonly length: number } {
  const end = use.offset + use.name.length;
  if (text.charAt(use.offset - 1) === '$') return { offset: use.offset - 1, length: use.name.length + 1 };
  if (text.slice(use.offset - 2, use.offset) === '${' && text.charAt(end) === '}') return { offset: use.offset - 2, length: use.name.length + 3 };
  return { offset: use.offset, length: use.name.length };
}

/** The step that the addendum names, the last of several; else the only one before, where it always sets it. */
function supplierOf(table: VariableTable, step: StepDraft, use: ShellUse): StepDraft | undefined {
  const setters = settersBefore(table, step, use.name);
  const named = setters.findLast((setter) => carriedBy(setter.step).includes(use.name));
  if (named) return named.setting === 'array' ? undefined : named.step;
  const [only] = setters;
  return only && setters.length === 1 && carriesItself(only) && !isConfined(use.name) ? only.step : undefined;
}

function carriesItself({ step, setting }: Setter): boolean {
  return setting === 'always' && step.conditional === undefined && step.condition === undefined && step.role !== 'report';
}

/** What one block alone exports as a constant, every later program would find in its environment. */
function constantsOf(table: VariableTable): ReadonlyMap<string, StepDraft> {
  const found = new Map<string, StepDraft>();
  // A document that exports something in each of a thousand blocks is no plan: a million references would tell nobody anything.
  if (table.setters.size * table.order.length > 100_000) return found;
  for (const [variable, [only, ...others]] of table.setters) {
    if (!only || others.length > 0 || !isShell(only.step) || !carriesItself(only) || isConfined(variable)) continue;
    if (exportedConstants(only.step.script).has(variable)) found.set(variable, only.step);
  }
  return found;
}

/**
 * Gives each carried variable its capture. `NODE=<node>`: what a person fills in is not what the step finds out, though both
 * would have one name; nor are two variables, two steps, or an input and a variable, one.
 */
function createNamer(binder: Binder, table: VariableTable): (step: StepDraft, variable: string) => string {
  const firstPlaces = new Map<string, number>();
  for (const [index, step] of table.order.entries()) {
    const outside = isShell(step)
      ? neededVariables(step.script, step.environment, binder.inherited).filter((use) => settersBefore(table, step, use.name).length === 0)
      : [];
    const names = [...outside.map((use) => holeName(use.name)), ...[...holesIn(step.text), ...blanksIn(step.text), ...step.splices].map((hole) => hole.name)];
    for (const name of names) if (!firstPlaces.has(name)) firstPlaces.set(name, index);
  }
  const taken = new Set([
    ...binder.draft.steps.flatMap((step) => [...step.captures.map((capture) => capture.name), ...step.supplies]),
    ...(binder.addendum?.inputs ?? []).map((input) => input.name),
  ]);
  return (step, variable) => {
    const existing = step.captures.find((capture) => capture.source.kind === 'variable' && capture.source.variable === variable);
    if (existing) return existing.name;
    const plain = holeName(variable);
    const stoodBefore = (firstPlaces.get(plain) ?? Number.POSITIVE_INFINITY) <= (table.position.get(step) ?? 0);
    let name = stoodBefore ? `shell_${plain}` : plain;
    for (let count = 1; taken.has(name); count += 1) name = count === 1 ? `shell_${plain}` : `shell_${plain}_${count}`;
    taken.add(name);
    step.captures.push(captureOf(binder, step, variable, name));
    return name;
  };
}

function captureOf(binder: Binder, step: StepDraft, variable: string, name: string): Capture {
  const at = step.script?.commands.find((command) => step.text.slice(command.start, command.end).includes(`${variable}=`));
  return {
    name,
    type: 'text',
    span: span(binder, at ? { start: step.place(at.start), end: step.place(at.end) } : step),
    optional: false,
    source: { kind: 'variable', variable },
    ...(isSecretName(variable) ? { secret: true } : {}),
    ...(step.carries?.includes(variable) ? { boundBy: 'addendum' as const } : {}),
  };
}
