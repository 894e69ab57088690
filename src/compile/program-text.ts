/** Words and here-documents that a program executes as its own text, so that no value may be put into them. */
import type { ShellCommand, ShellScript, ShellWord } from '../policy/shell-syntax.ts';

/** Programs whose `-c`, `-e` or standard input is a program. */
const interpreter =
  /^(?:ba|z|da|k|a|fi)?sh$|^python[\d.]*$|^(?:node|deno|bun|perl|ruby|php|Rscript|lua|su|psql|mysql|mariadb|sqlite3|sqlcmd|cockroach|mongosh?|mongo|cqlsh|clickhouse-client|duckdb|influx|ssh)$/;
const programOption = /^(?:-\w*[ceEQqr]|--(?:command|eval|execute|query|expression|run))$/;
const joinedOption = /^--(?:command|eval|execute|query|expression|run)=/;
/** The first argument that is no option is a program; the options that take values before it. */
const filters: Readonly<Record<string, ReadonlyMap<string, number>>> = {
  awk: new Map([
    ['-v', 1],
    ['-F', 1],
    ['--assign', 1],
  ]),
  sed: new Map(),
  jq: new Map([
    ['--arg', 2],
    ['--argjson', 2],
    ['--slurpfile', 2],
    ['--rawfile', 2],
    ['--indent', 1],
    ['-L', 1],
  ]),
  yq: new Map([
    ['--arg', 2],
    ['--argjson', 2],
    ['-o', 1],
    ['-p', 1],
  ]),
};
const filterNames: Readonly<Record<string, string>> = {
  awk: 'awk',
  gawk: 'awk',
  mawk: 'awk',
  nawk: 'awk',
  sed: 'sed',
  gsed: 'sed',
  jq: 'jq',
  gojq: 'jq',
  jaq: 'jq',
  yq: 'yq',
};
/** What follows is put together and read by a shell. */
const rereads = new Set(['eval', 'trap', 'watch', 'parallel']);
/** What a command does with its words, by any program that it names. */
const kinds = {
  searches: /^(?:[ezf]?grep|rg|ag|ack|sed|gsed|awk|gawk|mawk|nawk|perl|xmllint|pup|tr|envsubst|ripgrep)$/,
  replaces: /^g?sed$|^tr$|^envsubst$/,
  scans: /^(?:[gmn]?awk|perl)$/,
  'is perl': /^(?:perl|ruby)/,
  prints: /^(?:echo|printf)$/,
  fetches: /^(?:curl|wget|https?|xh|hey|ab|wrk|httpie)$/,
} as const;

interface CommandFacts {
  readonly kinds: ReadonlySet<string>;
  /** Where the first name of each sort stands; the end where none does. */
  readonly rereader: number;
  readonly interpreter: number;
  /** The first word that a remote shell reads, and the one that a filter takes for its program. */
  readonly remoteText: number;
  readonly filterText: number;
  readonly filter: number;
}

const commandFacts = new WeakMap<ShellCommand, CommandFacts>();

function factsOf(command: ShellCommand): CommandFacts {
  const known = commandFacts.get(command);
  if (known) return known;
  const names = command.words.map((word) => word.value?.split('/').at(-1) ?? '');
  const first = (fits: (name: string) => boolean): number => {
    const index = names.findIndex(fits);
    return index < 0 ? names.length : index;
  };
  const remote = first((name) => name === 'ssh');
  const filter = first((name) => filterNames[name] !== undefined);
  const made: CommandFacts = {
    kinds: new Set(Object.entries(kinds).flatMap(([kind, pattern]) => (names.some((name) => pattern.test(name)) ? [kind] : []))),
    rereader: first((name) => rereads.has(name)),
    interpreter: first((name) => interpreter.test(name)),
    remoteText: remote === names.length ? remote : remote + 2 + firstArgument(command.words.slice(remote + 1), sshValues),
    filterText: filterProgram(command.words, filter, filterNames[names[filter] ?? ''] ?? ''),
    filter,
  };
  commandFacts.set(command, made);
  return made;
}

export function doesCommand(command: ShellCommand | undefined, kind: keyof typeof kinds): boolean {
  return command !== undefined && factsOf(command).kinds.has(kind);
}

interface CommandIndex {
  /** Commands by the start of each of their words. */
  readonly byWord: ReadonlyMap<number, readonly { readonly command: ShellCommand; readonly index: number }[]>;
  /** In order of text. */
  readonly bodies: readonly { readonly start: number; readonly end: number; readonly command: ShellCommand }[];
}

const indexes = new WeakMap<ShellScript, CommandIndex>();

/** Made once a script: a block of a megabyte may hold ten thousand commands, and as many holes. */
function indexOf(script: ShellScript): CommandIndex {
  const known = indexes.get(script);
  if (known) return known;
  const byWord = new Map<number, { readonly command: ShellCommand; readonly index: number }[]>();
  for (const command of script.commands) {
    for (const [index, word] of command.words.entries()) byWord.set(word.start, [...(byWord.get(word.start) ?? []), { command, index }]);
  }
  const bodies = script.commands
    .flatMap((command) => command.heredocs.map((heredoc) => ({ start: heredoc.bodyStart, end: heredoc.bodyEnd, command })))
    .sort((a, b) => a.start - b.start);
  const made = { byWord, bodies };
  indexes.set(script, made);
  return made;
}

/** How many commands a substitution may stand in, one in the other. */
const deepest = 200;

/** The innermost command whose words, or whose here-document, hold this offset. */
export function commandAt(script: ShellScript, offset: number): ShellCommand | undefined {
  const body = commandOfBody(script, offset);
  if (body) return body;
  const last = lastBefore(script.commands, offset);
  for (let index = last; index >= 0 && index > last - deepest; index -= 1) {
    const command = script.commands[index];
    if (command && offset < command.end) return command;
  }
  return undefined;
}

function commandOfBody(script: ShellScript, offset: number): ShellCommand | undefined {
  const { bodies } = indexOf(script);
  const body = bodies[lastBefore(bodies, offset)];
  return body && offset < body.end ? body.command : undefined;
}

/** The index of the last that starts at or before the offset; -1 where none does. */
function lastBefore(sorted: readonly { readonly start: number }[], offset: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle]?.start ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Is the word the name of the program that a command starts? */
export function isCommandName(script: ShellScript, word: ShellWord): boolean {
  return (
    indexOf(script)
      .byWord.get(word.start)
      ?.some(({ index }) => index === 0) === true
  );
}

/** The word before this one in its command. */
export function wordBefore(script: ShellScript, word: ShellWord | undefined): string | undefined {
  const place = word && indexOf(script).byWord.get(word.start)?.at(-1);
  return place === undefined || place.index === 0 ? undefined : (place.command.words[place.index - 1]?.value ?? '');
}

/** Is the word the program text of `sh -c`, `python -c`, `psql -c`, `jq`, `eval`, `ssh host …` and their like? */
export function isProgramText(script: ShellScript, word: ShellWord): boolean {
  return (
    indexOf(script)
      .byWord.get(word.start)
      ?.some(({ command, index }) => index > 0 && isProgramWord(script, command, index)) === true
  );
}

function isProgramWord(script: ShellScript, command: ShellCommand, index: number): boolean {
  const facts = factsOf(command);
  const own = command.words[index];
  if (own === undefined) return false;
  if (facts.rereader < index || facts.remoteText <= index) return true;
  const before = command.words[index - 1]?.value ?? '';
  if (facts.filter < index && (facts.filterText === index || (facts.filterText < 0 && /^(?:-\w*e|--expression)$/.test(before)))) return true;
  return facts.interpreter < index && (programOption.test(before) || joinedOption.test(script.text.slice(own.start, own.end)));
}

const sshValues: ReadonlyMap<string, number> = new Map(
  ['-b', '-c', '-D', '-E', '-e', '-F', '-I', '-i', '-J', '-L', '-l', '-m', '-O', '-o', '-p', '-Q', '-R', '-S', '-W', '-w'].map((option) => [option, 1]),
);

/** The word that a filter takes for its program; -1 where options say it (`-e`, `-f`). */
function filterProgram(words: readonly ShellWord[], filter: number, name: string): number {
  const rest = words.slice(filter + 1);
  if (rest.some((word) => /^(?:-f|--file|--from-file)$/.test(word.value ?? '') || (name !== 'jq' && /^(?:-\w*e|--expression)$/.test(word.value ?? ''))))
    return -1;
  return filter + 1 + firstArgument(rest, filters[name] ?? new Map());
}

/** The index of the first word that is neither an option nor the value of one. */
function firstArgument(words: readonly ShellWord[], valued: ReadonlyMap<string, number>): number {
  let index = 0;
  while (index < words.length) {
    const text = words[index]?.value ?? words[index]?.sketch ?? '';
    if (!text.startsWith('-') || text === '-') return index;
    index += 1 + (valued.get(text) ?? 0);
  }
  return index;
}

/** Does the here-document that holds this offset go to a program that executes it? */
export function feedsProgram(script: ShellScript, offset: number): boolean {
  const command = commandOfBody(script, offset);
  return command !== undefined && factsOf(command).interpreter < command.words.length;
}
