/**
 * Programs whose doing the shell text does not show: those of other languages given as text, and shell text that is only made
 * when it runs. Nothing is said against them: the gateway sees what they send. They are named so that a reader knows.
 */
import type { ShellProgram } from './shell-program.ts';
import type { ShellCommand, ShellScript, ShellWord } from './shell-script.ts';
import { contentOf, inputsOf, readsItsInput, shells, type ShellSource } from './shell-source.ts';

export interface OpaquePart {
  /** What it is, in words that follow "holds". */
  readonly what: string;
  readonly matched: string;
  /** The program's own text as far as the shell text shows it: statements may stand in it as strings. */
  readonly sources: readonly ShellSource[];
}

interface Language {
  readonly name: string;
  /** The option whose value is a program. */
  readonly option: RegExp | undefined;
  /** Carries out its standard input when no file is named. */
  readonly readsInput: boolean;
}

const language = (name: string, option: RegExp | undefined, readsInput = true): Language => ({ name, option, readsInput });

const languages: Readonly<Record<string, Language>> = {
  awk: language('awk', undefined, false),
  bun: language('JavaScript', /^(?:-e|--eval|-p|--print)$/),
  deno: language('JavaScript', /^eval$/),
  elixir: language('Elixir', /^-e$/),
  gawk: language('awk', undefined, false),
  groovy: language('Groovy', /^-e$/),
  ipython: language('Python', /^-c$/),
  ipython3: language('Python', /^-c$/),
  julia: language('Julia', /^(?:-e|-E|--eval|--print)$/),
  lua: language('Lua', /^-e$/),
  luajit: language('Lua', /^-e$/),
  mawk: language('awk', undefined, false),
  node: language('JavaScript', /^(?:-[pi]*e|-p|--eval|--print)$/),
  nodejs: language('JavaScript', /^(?:-[pi]*e|-p|--eval|--print)$/),
  perl: language('Perl', /^-[a-zA-Z0]*[eE]$/),
  php: language('PHP', /^-[rBRE]$/),
  pwsh: language('PowerShell', /^-(?:c|command|encodedcommand|e|enc)$/i),
  pypy3: language('Python', /^-c$/),
  python: language('Python', /^-[a-zA-Z]*c$/),
  python2: language('Python', /^-[a-zA-Z]*c$/),
  python3: language('Python', /^-[a-zA-Z]*c$/),
  R: language('R', /^-e$/),
  Rscript: language('R', /^-e$/, false),
  ruby: language('Ruby', /^-[a-z]*e$/),
  tclsh: language('Tcl', undefined),
};

/** Clients of other databases, and of ours that are not read here. */
const foreignClients = new Set(['mysql', 'mariadb', 'mongosh', 'mongo', 'redis-cli', 'sqlcmd', 'duckdb', 'clickhouse-client', 'cockroach', 'sqlplus']);

export function opaquePart(script: ShellScript, command: ShellCommand, program: ShellProgram): OpaquePart | undefined {
  const { name, word, arguments: words } = program;
  if (name === undefined) return { what: 'a program that is only known when it runs', matched: word.text, sources: [] };
  if (foreignClients.has(name)) return { what: `a call of \`${name}\`, whose statements are not read here`, matched: name, sources: [] };
  const spoken = languageOf(name);
  if (spoken) return givenAsText(script, command, program, spoken);
  if (name === 'eval') return words.some(isOpen) && !words.every((each) => isKnown(script, each)) ? madeLater('`eval` of a text', name) : undefined;
  const inline = shells.has(name) ? words.findIndex(({ value }) => /^-[a-z]*c$/.test(value ?? '')) : -1;
  if (inline >= 0) {
    const text = words.slice(inline + 1).find(({ value }) => !/^[-+]/.test(value ?? ''));
    return (text && wholeIsOpen(text) && !isKnown(script, text)) || (program.fed && !text) ? madeLater(`\`${name} -c\` with a text`, name) : undefined;
  }
  const takesInput = shells.has(name) ? readsItsInput(words) : (name === 'source' || name === '.') && /^<\(|^\/dev\/(?:stdin|fd)/.test(words[0]?.text ?? '');
  if (takesInput && isUnknownInput(script, command)) return madeLater(`a text for \`${name}\``, name);
  return undefined;
}

function madeLater(what: string, matched: string): OpaquePart {
  return { what: `${what} that is only made when it runs`, matched, sources: [] };
}

/** `python3.11` is Python. */
function languageOf(name: string): Language | undefined {
  const plain = Object.hasOwn(languages, name) ? name : name.replace(/[\d.]+$/, '');
  return Object.hasOwn(languages, plain) ? languages[plain] : undefined;
}

function givenAsText(script: ShellScript, command: ShellCommand, program: ShellProgram, { name, option, readsInput }: Language): OpaquePart | undefined {
  const words = program.arguments;
  const part = (sources: readonly ShellSource[]): OpaquePart => ({
    what: `a program in ${name} given as text`,
    matched: program.name ?? name,
    sources,
  });
  // Filters are everywhere; one that starts programs is another matter.
  if (name === 'awk') return words.some(({ text }) => /\bsystem\s*\(|\|\s*getline|\bprint\w*\b[^|]*\|\s*"/.test(text)) ? part([]) : undefined;
  const at =
    option === undefined
      ? -1
      : words.findIndex(({ value }, index) => option.test(value ?? '') && words.slice(0, index).every(({ text }) => text.startsWith('-')));
  if (at >= 0) return part(words.slice(at + 1, at + 2).map((text) => contentOf(script, text)));
  const joined = option && words.find(({ sketch }) => /^-[ce][^-\w]|^--(?:eval|print)=/.test(sketch));
  if (joined) return part([contentOf(script, joined)]);
  if (readsInput && readsItsInput(words) && givesInput(script, command)) return part(inputsOf(script, command, true));
  return undefined;
}

const printing = new Set(['echo', 'printf', 'cat', 'tee', 'pv']);

/** Its input is not, or not all, what stands in the text: a file's, or made by another program (`base64 -d | sh`). */
export function isUnknownInput(script: ShellScript, command: ShellCommand): boolean {
  const before = script.commands.filter((other) => other.pipeline !== undefined && other.pipeline === command.pipeline && other.start < command.start);
  const changed = before.some(({ words }) => !printing.has(words[0]?.value?.split('/').at(-1) ?? ''));
  return givesInput(script, command) && (changed || inputsOf(script, command, true).length === 0);
}

/** Is something put on its standard input, or handed to it as a process substitution? */
function givesInput(script: ShellScript, command: ShellCommand): boolean {
  return (
    command.heredocs.length > 0 ||
    command.redirects.some(({ operator }) => operator === '<<<' || operator === '<' || operator === '<&') ||
    command.words.some(({ text }) => text.startsWith('<(')) ||
    script.commands.some((other) => other.pipeline !== undefined && other.pipeline === command.pipeline && other.start < command.start)
  );
}

/** Holds an expansion. */
function isOpen({ sketch }: ShellWord): boolean {
  return sketch.includes('\0');
}

/** Nothing of it stands there as text. */
export function wholeIsOpen({ sketch }: ShellWord): boolean {
  return isOpen({ sketch } as ShellWord) && sketch.replaceAll('\0', '').trim() === '';
}

/** A variable with one literal value, or the literal output of a command. */
export function isKnown(script: ShellScript, word: ShellWord): boolean {
  if (!isOpen(word)) return true;
  return (
    !contentOf(script, word).sketchy ||
    script.commands.some(
      ({ start, end, heredocs, words }) => start > word.start && end <= word.end && (heredocs.length > 0 || /^(?:echo|printf)$/.test(words[0]?.value ?? '')),
    )
  );
}
