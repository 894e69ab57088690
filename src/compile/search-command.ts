/** An `rg` command line taken apart: which pattern, which alternatives, which paths. Anything not understood makes it a shell step. */
import { parseShell, type ShellScript } from '../policy/shell-syntax.ts';

export interface SearchCommand {
  /** As written, after shell quoting, without the program's name. */
  readonly arguments: readonly string[];
  readonly patterns: readonly string[];
  readonly paths: readonly string[];
  readonly fixedStrings: boolean;
}

/** Options of ripgrep that take a value in the next word. Source: `rg --help` of ripgrep 14. */
const valued = new Set(
  '-A -B -C -E -M -g -j -m -r -t -T -d --after-context --before-context --context --encoding --max-columns --glob --iglob --threads --max-count --replace --type --type-not --max-depth --sort --sortr --color --colors --max-filesize --engine'.split(
    ' ',
  ),
);

/** Options that turn the question round or read patterns elsewhere: such a command is run as a shell step. */
const unsupported =
  /^(?:-[a-zA-Z0-9]*[vf].*|--invert-match|--file(?:=.*)?|--files(?:-without-match)?|--pre(?:=.*)?|--type-list|-z|--search-zip|--passthru|--json|--replace.*)$/;

/** A text that is one such command. */
export function parseSearch(text: string): SearchCommand | undefined {
  return compileSearchCommand(parseShell(text));
}

export function compileSearchCommand(script: ShellScript): SearchCommand | undefined {
  const [command] = script.commands;
  if (script.errors.length > 0 || script.commands.length !== 1 || !command || command.within !== 'top' || command.background) return undefined;
  if (command.assignments.length + command.redirects.length + command.heredocs.length > 0) return undefined;
  if (command.words[0]?.value !== 'rg') return undefined;
  const words = command.words.slice(1).map((word) => word.value);
  if (words.some((word) => word === undefined)) return undefined;
  const args = words as string[];
  const patterns: string[] = [];
  const positional: string[] = [];
  let fixedStrings = false;
  for (let index = 0; index < args.length; index += 1) {
    const word = args[index] ?? '';
    if (word === '--') {
      positional.push(...args.slice(index + 1));
      break;
    }
    if (word === '-' || !word.startsWith('-')) positional.push(word);
    else if (unsupported.test(word)) return undefined;
    else if (word === '-e' || word === '--regexp') patterns.push(args[(index += 1)] ?? '');
    else if (word.startsWith('--regexp=')) patterns.push(word.slice('--regexp='.length));
    else if (/^-[a-zA-Z]*F/.test(word) || word === '--fixed-strings') fixedStrings = true;
    else if (valued.has(word)) index += 1;
  }
  const pattern = patterns.length > 0 ? undefined : positional.shift();
  if (pattern !== undefined) patterns.push(pattern);
  if (patterns.length === 0 || patterns.includes('') || positional.includes('-')) return undefined;
  return { arguments: args, patterns: fixedStrings ? patterns : patterns.flatMap(alternativesOf), paths: positional, fixedStrings };
}

/** `a|b|c` → its alternatives, split where `|` stands at the top of the expression; the whole where it has none. */
export function alternativesOf(pattern: string): readonly string[] {
  const parts: string[] = [''];
  let depth = 0;
  let inClass = false;
  for (let index = 0; index < pattern.length; index += 1) {
    const unit = pattern.charAt(index);
    let taken = unit;
    if (unit === '\\') {
      taken = pattern.slice(index, index + 2);
      index += 1;
    } else if (inClass) inClass = unit !== ']';
    else if (unit === '[') inClass = true;
    else if (unit === '(') depth += 1;
    else if (unit === ')') depth -= 1;
    else if (unit === '|' && depth === 0) {
      parts.push('');
      continue;
    }
    parts[parts.length - 1] += taken;
  }
  return parts.some((part) => part === '') ? [pattern] : parts;
}
