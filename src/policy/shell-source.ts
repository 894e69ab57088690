/** Texts that a shell text hands to programs, with the way back from their offsets to its own. */
import type { ShellProgram } from './shell-program.ts';
import type { ShellCommand, ShellHeredoc, ShellScript, ShellWord } from './shell-script.ts';

export interface ShellSource {
  /** With U+0000 for what the shell expands. */
  readonly text: string;
  /** Something in it is only known at run time. */
  readonly sketchy: boolean;
  /** Where a stretch of it stands in the shell text; the whole word where quoting has moved it. */
  readonly place: (offset: number, length: number) => { readonly offset: number; readonly length: number };
}

/** A source whose findings are all shown at one place. */
function wholeSource(text: string, start: number, end: number): ShellSource {
  return { text: withStandIns(text), sketchy: isSketchy(text), place: () => ({ offset: start, length: end - start }) };
}

/** A word's value; that of the one assignment with a literal value where the word is just that variable. */
export function contentOf(script: ShellScript, word: ShellWord): ShellSource {
  const variable = /^"?\$\{?([A-Za-z_]\w*)\}?"?$/.exec(word.text)?.[1];
  if (variable !== undefined) {
    const values = script.commands.flatMap(({ words, assignments }) => (words.length === 0 ? assignments.filter(({ name }) => name === variable) : []));
    const only = values[0]?.value;
    if (values.length === 1 && only?.value !== undefined) return sourceOf(only);
  }
  return sourceOf(word);
}

/** What a command reads on its standard input, and what its arguments are made of by other commands. */
export function inputsOf(script: ShellScript, command: ShellCommand, readsInput: boolean): readonly ShellSource[] {
  const inner = script.commands.filter((other) => other !== command && other.start > command.start && other.end <= command.end);
  const sources = inner.flatMap((other) => printedBy(script, other));
  if (!readsInput) return sources;
  const piped = command.pipeline === undefined ? [] : script.commands.filter((other) => other.pipeline === command.pipeline && other.start < command.start);
  return [...piped.flatMap((other) => printedBy(script, other)), ...sources, ...ownInput(script, command)];
}

function ownInput(script: ShellScript, command: ShellCommand): readonly ShellSource[] {
  const strings = command.redirects.flatMap(({ operator, target }) => (operator === '<<<' && target ? [contentOf(script, target)] : []));
  return [...command.heredocs.map(heredocSource), ...strings];
}

/** The literal output of `echo`, `printf` and `cat`. */
export function printedBy(script: ShellScript, command: ShellCommand): readonly ShellSource[] {
  const [program, ...rest] = command.words;
  const name = program?.value?.split('/').at(-1);
  if (name === 'cat') return ownInput(script, command);
  if (name !== 'echo' && name !== 'printf') return [];
  const words = rest.filter(({ text }, index) => !(name === 'echo' && index === 0 && /^-[neE]+$/.test(text)));
  const [first] = words;
  const last = words.at(-1);
  if (!first || !last) return [];
  if (words.length === 1) {
    const source = contentOf(script, first);
    // Two characters become two others: offsets stay.
    return [{ ...source, text: source.text.replaceAll('\\n', ' \n') }];
  }
  const texts = words.map(({ sketch }) => sketch);
  const text = name === 'echo' ? texts.join(' ') : formatted(texts[0] ?? '', texts.slice(1));
  return [wholeSource(text, first.start, last.end)];
}

function formatted(format: string, values: readonly string[]): string {
  let next = 0;
  return format.replaceAll('\\n', '\n').replace(/%[-0-9.]*[a-zA-Z]/g, () => {
    const value = values[next] ?? '';
    next += 1;
    return value;
  });
}

export const shells: ReadonlySet<string> = new Set(['bash', 'sh', 'dash', 'ash', 'zsh', 'ksh']);

/** Programs that have a text carried out by a shell: with which option, or with all their words (`eval`, `watch`) or the first (`trap`). */
const texts: Readonly<Record<string, RegExp | 'words' | 'first'>> = {
  alias: 'first',
  env: /^(?:-[a-z]*S|--split-string)/,
  eval: 'words',
  flock: /^(?:-c|--command)$/,
  parallel: 'words',
  runuser: /^(?:-c|--command)$/,
  script: /^(?:-[a-z]*c|--command)$/,
  sg: /^-c$/,
  su: /^(?:-c|--command)$/,
  trap: 'first',
  watch: 'words',
};

/** Shell texts that a command has carried out by a shell here: `sh -c`, `eval`, a here-document for a shell, `trap`. */
export function nestedShellOf(script: ShellScript, command: ShellCommand, program: ShellProgram): readonly ShellSource[] {
  const words = program.arguments;
  const name = program.name ?? '';
  const kind = Object.hasOwn(texts, name) ? texts[name] : undefined;
  if (kind === 'first') {
    const first = words.find(({ text }) => !/^-/.test(text));
    if (!first || (name === 'trap' && words.length < 2)) return [];
    const source = contentOf(script, first);
    return name === 'alias' ? [{ ...source, text: source.text.replace(/^[\w.-]+=/, (head) => ' '.repeat(head.length)) }] : [source];
  }
  if (kind === 'words') {
    const rest = name === 'eval' ? words : words.slice(words.findIndex(({ text }) => !text.startsWith('-')));
    return joined(script, rest);
  }
  if (kind) {
    const option = words.findIndex(({ value }) => kind.test(value ?? ''));
    const text = option < 0 ? undefined : words[option + 1];
    const inWord = option < 0 ? undefined : /^(?:-S|--split-string=)(.+)$/s.exec(words[option]?.value ?? '')?.[1];
    const own = words[option];
    if (inWord !== undefined && own) return [wholeSource(inWord, own.start, own.end)];
    return text ? [contentOf(script, text)] : [];
  }
  if (name === 'at' || name === 'batch') return inputsOf(script, command, true);
  if (name === 'source' || name === '.')
    return /^<\(|^\/(?:dev\/stdin|dev\/fd\/0|proc\/self\/fd\/0)$/.test(words[0]?.text ?? '') ? inputsOf(script, command, true) : [];
  if (!shells.has(name)) return [];
  const option = words.findIndex(({ value }) => /^-[a-z]*c$/.test(value ?? ''));
  const text = option < 0 ? undefined : words.slice(option + 1).find(({ value }) => !/^[-+]/.test(value ?? ''));
  if (text && !(program.fed && isFilledIn(text))) return [contentOf(script, text)];
  return text || readsItsInput(words) ? inputsOf(script, command, true) : [];
}

/** The text that `ssh host …` has carried out on the other machine. */
export function remoteShellOf(script: ShellScript, program: ShellProgram): readonly ShellSource[] {
  if (program.name !== 'ssh') return [];
  const valued = /^-[BbcDEeFIiJLlmOopQRSWw]$/;
  let index = 0;
  for (let word = program.arguments[index]; word?.text.startsWith('-') === true; word = program.arguments[index]) index += valued.test(word.text) ? 2 : 1;
  return joined(script, program.arguments.slice(index + 1));
}

function joined(script: ShellScript, words: readonly ShellWord[]): readonly ShellSource[] {
  const [first] = words;
  const last = words.at(-1);
  if (!first || !last) return [];
  return [words.length === 1 ? contentOf(script, first) : wholeSource(words.map(({ sketch }) => sketch).join(' '), first.start, last.end)];
}

/** A shell or an interpreter without a file: `-`, a descriptor and a process substitution are its input, too. */
export function readsItsInput(words: readonly ShellWord[]): boolean {
  const first = words.find(({ value, text }) => value?.startsWith('-') !== true || text === '-');
  return (
    first === undefined ||
    first.text === '-' ||
    /^<\(|^\/(?:dev\/stdin|dev\/fd\/\d+|proc\/self\/fd\/\d+)$/.test(first.text) ||
    words.some(({ value }) => value === '-s')
  );
}

/** The place that `xargs -I{}` fills. */
function isFilledIn(word: ShellWord): boolean {
  return /\{\}|%|@@/.test(word.text);
}

function heredocSource(heredoc: ShellHeredoc): ShellSource {
  const direct = heredoc.sketch.length === heredoc.bodyEnd - heredoc.bodyStart;
  if (!direct) return wholeSource(heredoc.sketch, heredoc.bodyStart, heredoc.bodyEnd);
  return directSource(heredoc.sketch, heredoc.bodyStart);
}

function sourceOf(word: ShellWord): ShellSource {
  const quote = /^(?:\$?'|")/.exec(word.text)?.[0] ?? '';
  const inside = quote === '' ? word.text.length : word.text.length - quote.length - 1;
  const direct = inside === word.sketch.length && word.end - word.start === word.text.length;
  return direct ? directSource(word.sketch, word.start + quote.length) : wholeSource(word.sketch, word.start, word.end);
}

function directSource(text: string, base: number): ShellSource {
  return { text: withStandIns(text), sketchy: isSketchy(text), place: (offset, length) => ({ offset: base + offset, length }) };
}

const openPart = /\0+|<[A-Za-z_][\w-]*>/g;

function isSketchy(text: string): boolean {
  return text.search(openPart) >= 0;
}

/** A name, and a value inside quotes, as long as what will stand there. */
function withStandIns(text: string): string {
  return text.replace(openPart, (part) => 'x'.padEnd(part.length, '0'));
}
