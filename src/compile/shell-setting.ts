/** Which variables a block leaves set, and which it needs from elsewhere. Each step is a fresh shell: what only another block sets is empty. */
import type { ShellCommand, ShellScript, ShellUse } from '../policy/shell-syntax.ts';
import { isKnownVariable } from './known-variable.ts';

/**
 * `always`: a command of the block's own list sets it. `sometimes`: only a branch, a loop, a function or the right side of
 * `&&` does. `array`: more than an environment variable can hold.
 */
export type Setting = 'always' | 'sometimes' | 'array';

const declarations = /^(?:export|declare|readonly|typeset)$/;
const readers = /^(?:read|mapfile|readarray|printf|getopts)$/;

/** The variables that are set when the block has ended. What a subshell, a pipeline or a substitution sets is gone by then. */
export function settingsOf(script: ShellScript): ReadonlyMap<string, Setting> {
  const settings = new Map<string, Setting>();
  const gone = new Set<string>();
  const seen = new Set<string>();
  for (const command of script.commands) {
    if (command.words[0]?.value === 'unset') for (const word of command.words) settings.delete(word.value ?? '');
    for (const name of namesSetBy(script, command)) {
      seen.add(name);
      if (isArray(script, command, name)) {
        settings.set(name, 'array');
        continue;
      }
      if (settings.get(name) === 'array') continue;
      if (command.within === 'subshell' || command.within === 'substitution' || command.within === 'pipeline' || command.words[0]?.value === 'local')
        gone.add(name);
      else if (command.within === 'top' && command.after === undefined && !command.background) settings.set(name, 'always');
      else if (!settings.has(name)) settings.set(name, 'sometimes');
    }
  }
  // Loop variables, arithmetic, `${x:=default}`.
  for (const name of script.assigned) if (!seen.has(name) && !gone.has(name)) settings.set(name, 'sometimes');
  return settings;
}

function isArray(script: ShellScript, command: ShellCommand, name: string): boolean {
  if (command.assignments.some((assignment) => assignment.name === name && assignment.value === undefined)) return true;
  const texts = command.words.map((word) => script.text.slice(word.start, word.end));
  if (/^(?:mapfile|readarray)$/.test(texts[0] ?? '') || texts.some((text) => text.startsWith(`${name}=(`))) return true;
  return texts.includes(name) && texts.slice(1).some((text) => /^-[a-z]*[aA]/.test(text));
}

function namesSetBy(script: ShellScript, command: ShellCommand): readonly string[] {
  const [program, ...rest] = command.words;
  if (!program) return command.assignments.map((assignment) => assignment.name);
  const name = program.value ?? '';
  const texts = rest.map((word) => script.text.slice(word.start, word.end));
  if (declarations.test(name) || name === 'local') return texts.flatMap((text) => /^([A-Za-z_]\w*)\+?=/.exec(text)?.[1] ?? []);
  if (!readers.test(name)) return [];
  return texts.filter((text) => /^[A-Za-z_]\w*$/.test(text) && script.assigned.includes(text));
}

/** A constant that the block exports for every program: `export AWS_REGION=eu-west-1`. */
export function exportedConstants(script: ShellScript): ReadonlySet<string> {
  const constants = new Set<string>();
  for (const command of script.commands) {
    if (command.within !== 'top' || command.after !== undefined || command.background) continue;
    if (command.words[0]?.value !== 'export') continue;
    for (const word of command.words.slice(1)) {
      const [, name, value] = /^([A-Za-z_]\w*)=([^]*)$/.exec(word.value ?? '') ?? [];
      if (name !== undefined && value !== undefined && value !== '' && !/<[^<>]*>/.test(value)) constants.add(name);
    }
  }
  return constants;
}

/** The first use of each variable that the block neither sets before nor gets from bash or the runner. */
export function neededVariables(
  script: ShellScript,
  environment: Readonly<Record<string, string>>,
  inherited: ReadonlySet<string> = new Set(),
): readonly ShellUse[] {
  const own = new Set(script.assigned);
  const opaque = script.commands.find((command) => /^(?:source|\.|eval)$/.test(command.words[0]?.value ?? ''))?.end ?? Number.POSITIVE_INFINITY;
  const needed = new Map<string, ShellUse>();
  for (const use of script.used) {
    if (isKnownVariable(use.name) || inherited.has(use.name) || environment[use.name] !== undefined || use.offset > opaque) continue;
    const before = own.has(use.name) && use.offset >= firstSetting(script, use.name);
    const known = needed.get(use.name);
    if (before || (known && (!known.hasDefault || use.hasDefault))) continue;
    needed.set(use.name, use);
  }
  return [...needed.values()].sort((a, b) => a.offset - b.offset);
}

/** Where the variable is first set by a command; the start of the text where something else sets it. */
function firstSetting(script: ShellScript, name: string): number {
  const first = script.commands.find((command) => namesSetBy(script, command).includes(name));
  return first ? (first.words.length === 0 ? (first.assignments.find((assignment) => assignment.name === name)?.end ?? first.end) : first.end) : 0;
}
