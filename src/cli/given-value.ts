/** Values from the command line: `--set name=value`, `--set-secret name[=value]`, `--params FILE`. */
import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import { nearestName } from '../model/nearest-name.ts';
import type { Plan } from '../model/plan.ts';
import type { Binding, Origin } from '../model/value.ts';
import type { CommandContext } from './command-context.ts';
import { readInput } from './input-file.ts';

export interface GivenOptions {
  readonly set: readonly string[];
  readonly setSecret: readonly string[];
  readonly params: string | undefined;
}

const namePattern = /^[A-Za-z_][A-Za-z0-9_.-]*$/;

/** Bindings of type text, in the order of who gives them; the plan's own types are laid on them later. */
export async function readGiven(options: GivenOptions, context: CommandContext): Promise<Checked<readonly Binding[]>> {
  const params = options.params === undefined ? { value: [], diagnostics: [] } : await readParams(options.params, context);
  const set = options.set.map((text) => parsePair(text, '--set'));
  const secrets = options.setSecret.map((text) => parseSecret(text, context));
  const all = [...set, ...secrets];
  return { value: [...all.flatMap((each) => each.value ?? []), ...(params.value ?? [])], diagnostics: [...all.flatMap((each) => each.diagnostics), ...params.diagnostics] };
}

function parsePair(text: string, source: '--set' | '--set-secret'): Checked<Binding> {
  const equals = text.indexOf('=');
  const name = equals < 0 ? text : text.slice(0, equals);
  if (equals < 0) return cannot({ message: `${source} needs a name and a value, and \`${text}\` has no \`=\``, help: `write ${source} ${namePattern.test(name) ? name : 'name'}=<value>` });
  if (!namePattern.test(name)) return cannot({ message: `\`${name}\` is no name of a placeholder`, help: `write ${source} name=<value>` });
  return { value: binding(name, text.slice(equals + 1), source), diagnostics: [] };
}

/** A secret on the command line can be read by others while the program runs: the name alone takes it from the environment. */
function parseSecret(text: string, context: CommandContext): Checked<Binding> {
  if (text.includes('=')) {
    const pair = parsePair(text, '--set-secret');
    return pair.value === undefined ? pair : { value: { ...pair.value, secret: true }, diagnostics: [] };
  }
  const value = context.environment[text];
  if (value === undefined || value === '') {
    return cannot({ message: `--set-secret ${text} takes its value from the environment variable \`${text}\`, which is not set`, help: `set \`${text}\`, or write --set-secret ${text}=<value>` });
  }
  return { value: { ...binding(text, value, '--set-secret'), secret: true }, diagnostics: [] };
}

/** A YAML or JSON mapping of names to plain values; a number keeps its written form (9007199254740993 survives). */
async function readParams(path: string, context: CommandContext): Promise<Checked<readonly Binding[]>> {
  const file = await readInput(path, context);
  if (file.value === undefined) return { value: undefined, diagnostics: file.diagnostics };
  const [{ parseText }, { parseYaml }] = await Promise.all([import('../parse/text-document.ts'), import('../parse/yaml-document.ts')]);
  const text = parseText(file.value.bytes, file.value.path);
  if (text.value === undefined) return { value: undefined, diagnostics: text.diagnostics };
  const yaml = parseYaml(text.value.text, file.value.path);
  if (yaml.value === undefined) return { value: undefined, diagnostics: yaml.diagnostics };
  const document = yaml.value;
  const top = document.value;
  if (typeof top !== 'object' || top === null || Array.isArray(top)) return cannot({ message: `\`${path}\` does not hold a mapping of names to values`, span: document.spanOf([]), help: 'write `name: value` lines' });
  const diagnostics: Diagnostic[] = [];
  const bindings = Object.entries(top).flatMap(([name, value]) => {
    const source = document.sourceOf([name]);
    if (!namePattern.test(name)) diagnostics.push({ ...problem, message: `\`${name}\` is no name of a placeholder`, span: document.spanOf([name], 'key'), help: 'use letters, digits, `_`, `.` and `-`' });
    else if (typeof value === 'object' || value === undefined) diagnostics.push({ ...problem, message: `\`${name}\` is not one plain value`, span: document.spanOf([name]), help: 'write a text, a number, true or false' });
    else return [binding(name, typeof value === 'string' ? value : (source ?? String(value)), '--params')];
    return [];
  });
  return { value: bindings, diagnostics };
}

const problem = { severity: 'error', code: 'cli/given-value' } as const;

function binding(name: string, text: string, source: Extract<Origin, { kind: 'input' }>['source']): Binding {
  return { name, value: { type: 'text', text }, origin: { kind: 'input', source } };
}

function cannot(diagnostic: Omit<Diagnostic, 'severity' | 'code'>): Checked<never> {
  return { value: undefined, diagnostics: [{ ...problem, ...diagnostic }] };
}

/** Has a plan a use for a value of this name? One that it finds out itself counts: that it is given, too, is for its execution to say. */
export function takesValue({ inputs, steps }: Plan, name: string): boolean {
  return inputs.some((input) => input.name === name) || steps.some(({ captures }) => captures.some((capture) => capture.name === name));
}

/** Of several plans each takes what it has an input for; a name that none of them has is a mistake. */
export function untakenValues(plans: readonly Plan[], values: readonly Binding[]): readonly Diagnostic[] {
  const names = [...new Set(plans.flatMap(({ inputs }) => inputs.map(({ name }) => name)))];
  return values
    .filter(({ name }) => !plans.some((plan) => takesValue(plan, name)))
    .map(({ name }) => {
      const near = nearestName(name, names);
      const help = near !== undefined ? `did you mean \`${near}\`?` : names.length === 0 ? 'leave it out: they have no inputs' : `their inputs are ${names.map((each) => `\`${each}\``).join(', ')}`;
      return { severity: 'error', code: 'execute/unknown-input', message: `none of these plans has an input \`${name}\``, help };
    });
}
