/** Commands that a policy rules out by program and words (`git push`, `rm -rf`), found in shell text before it runs. */
import { carriedCommands, programOf } from './shell-program.ts';
import type { ShellCommand, ShellScript, ShellWord } from './shell-script.ts';
import { nestedShellOf, remoteShellOf } from './shell-source.ts';
import { parseShell } from './shell-syntax.ts';

/** `command` is the ruled-out one; undefined where the program is only known when it runs, so that nothing can be said for it. */
export interface ForbiddenCommand {
  readonly command: string | undefined;
  readonly offset: number;
  readonly length: number;
}

const deepestShell = 5;

/** Programs that carry out the file that they are given. */
const interpreters = new Set(['bash', 'sh', 'dash', 'zsh', 'ksh', 'source', '.', 'python', 'python3', 'node', 'ruby', 'perl', 'php']);

/** In order of text; empty when none of `forbidden` is called. Shells within shells are looked through. */
export function findForbiddenCommands(script: ShellScript, forbidden: readonly string[], depth = 0): readonly ForbiddenCommand[] {
  if (forbidden.length === 0) return [];
  const carried = script.commands.flatMap((command) => {
    const program = programOf(command);
    return program ? carriedCommands(command, program) : [];
  });
  return [...script.commands, ...carried].flatMap((command): readonly ForbiddenCommand[] => {
    const program = programOf(command);
    if (!program) return [];
    const place = { offset: program.word.start, length: program.word.end - program.word.start };
    if (program.name === undefined) return [{ command: undefined, ...place }];
    const found = forbidden.filter((text) => calls(command, program, text)).map((text) => ({ command: text, ...place }));
    if (depth >= deepestShell) return found;
    const nested = [...nestedShellOf(script, command, program), ...remoteShellOf(script, program)].flatMap((source) =>
      findForbiddenCommands(parseShell(source.text), forbidden, depth + 1).map((inner) => ({ ...inner, ...source.place(inner.offset, inner.length) })),
    );
    return [...found, ...nested];
  });
}

/** The program, or a wrapper or carrier before it, with every further word somewhere among its arguments. */
function calls(command: ShellCommand, program: { readonly name: string | undefined; readonly arguments: readonly ShellWord[] }, forbidden: string): boolean {
  const [path = '', ...wanted] = forbidden.trim().split(/\s+/);
  const name = path.split('/').at(-1) ?? path;
  const first = command.words[0];
  const own = first === undefined ? undefined : nameOf(first);
  const script = program.arguments.findIndex((word) => !/^[-+]/.test(word.value ?? ''));
  const scriptWord = program.arguments[script];
  const interpreted = interpreters.has(program.name ?? '') && scriptWord !== undefined && nameOf(scriptWord) === name;
  const tokens =
    program.name === name
      ? tokensOf(program.arguments)
      : interpreted
        ? tokensOf(program.arguments.slice(script + 1))
        : own === name || wrapped(command, name)
          ? tokensOf(command.words.slice(1))
          : undefined;
  return tokens !== undefined && wanted.flatMap(expand).every((word) => tokens.has(word));
}

/** `env sudo x`: every word before the program is a wrapper or its option. */
function wrapped(command: ShellCommand, name: string): boolean {
  const program = programOf(command)?.word;
  return command.words.some((word) => program !== undefined && word.start < program.start && nameOf(word) === name);
}

function nameOf(word: ShellWord): string | undefined {
  return word.value?.split('/').at(-1);
}

function tokensOf(words: readonly ShellWord[]): ReadonlySet<string> {
  return new Set(words.flatMap((word) => expand(word.value ?? word.text)));
}

/** `-rf` is `-r` and `-f`. */
function expand(word: string): readonly string[] {
  return /^-[A-Za-z]{2,}$/.test(word) ? Array.from(word.slice(1), (letter) => `-${letter}`) : [word.replace(/^(--[\w-]+)=.*$/s, '$1')];
}
