/** What may stand at the cursor of a command line: read off the table of commands, whatever commands there are. */
import type { CommandRow, OptionRow, ValueRow } from './command-table.ts';

/** What the shell adds by itself: names of files never go through this program. */
export type Completed = 'none' | 'plan' | 'file' | 'folder' | 'command';

export interface Candidate {
  readonly value: string;
  readonly note: string;
}

export interface CompletionAnswer {
  readonly files: Completed;
  readonly candidates: readonly Candidate[];
}

/** What is known outside the table. None of it executes or compiles anything. */
export interface CompletionSource {
  /** Paths of executions, the newest first. */
  readonly executions: () => readonly Candidate[];
  /** Steps of the execution in this folder, or of the newest execution of this plan. */
  readonly steps: (path: string) => readonly Candidate[];
  readonly environments: () => Promise<readonly Candidate[]>;
  readonly templates: () => Promise<readonly Candidate[]>;
  readonly codes: () => readonly Candidate[];
  readonly formats: () => Promise<readonly Candidate[]>;
}

/** The last word is the one at the cursor. `continued`: the shell completes only what follows `=` in it. */
export interface TypedWords {
  readonly words: readonly string[];
  readonly continued: boolean;
}

/** bash takes words apart at `=` and `:` and gives both as words of their own. */
export function joinSplitWords(split: readonly string[]): TypedWords {
  const words: string[] = [];
  let glued = false;
  for (const word of split) {
    const isBreak = /^[=:]+$/.test(word) && words.length > 0;
    if (isBreak || glued) words.push(`${words.pop() ?? ''}${word}`);
    else words.push(word);
    glued = isBreak;
  }
  const last = split.at(-1) ?? '';
  return { words, continued: words.length > 0 && words.at(-1) !== last };
}

/** Words of the help for values, and what completes them; of others nothing is offered. An option's name goes before its word. */
const values: Readonly<
  Record<
    string,
    {
      readonly files?: Completed;
      readonly offer?: (source: CompletionSource, given: readonly string[]) => readonly Candidate[] | Promise<readonly Candidate[]>;
    }
  >
> = {
  '--environment': { offer: (source) => source.environments() },
  plan: { files: 'plan' },
  old: { files: 'plan' },
  new: { files: 'plan' },
  'plan-or-code': { files: 'plan', offer: (source) => source.codes() },
  // As an argument it is an execution's folder, as an option (`--out <dir>`) any.
  dir: { files: 'folder', offer: (source) => source.executions() },
  '--out <dir>': { files: 'folder' },
  a: { files: 'folder', offer: (source) => source.executions() },
  b: { files: 'folder', offer: (source) => source.executions() },
  // Of several formats, the first.
  list: { offer: (source) => source.formats() },
  step: { offer: (source, [path]) => (path === undefined ? [] : source.steps(path)) },
  template: { offer: (source) => source.templates() },
  file: { files: 'file' },
  path: { files: 'file' },
  command: { files: 'command' },
};

export async function answerCompletion({ words, continued }: TypedWords, root: CommandRow, source: CompletionSource): Promise<CompletionAnswer> {
  const current = words.at(-1) ?? '';
  const { command, given, open, closed } = readWords(words.slice(0, -1), root);
  // What the shell completes is a piece of a name, and the rest of it would be put behind that piece.
  if (continued && (closed || !/^--[^=:]+=[^=:]*$/.test(current))) return { files: 'none', candidates: [] };
  if (open !== undefined) return valueAnswer(open, given, '', current, source);
  const assigned = /^(--[^=]+)=/.exec(current);
  if (assigned !== null && !closed) {
    const option = command.options.find((each) => each.long === assigned[1]);
    if (option?.value === undefined) return { files: 'none', candidates: [] };
    return valueAnswer(option, given, continued ? '' : assigned[0], current.slice(assigned[0].length), source);
  }
  if (current.startsWith('-') && !closed) return { files: 'none', candidates: fitting(command.options.map(optionCandidate), current) };
  if (command.commands.length > 0 && given.length === 0) {
    const named = command.commands.map((each) => ({ value: each.path.at(-1) ?? '', note: each.description }));
    return { files: 'none', candidates: fitting(named, current) };
  }
  const argument = command.arguments[given.length] ?? command.arguments.findLast((each) => each.variadic);
  if (argument === undefined) return { files: 'none', candidates: [] };
  // The first word behind `--` is a program, the others are its own.
  if (argument.name === 'command' && given.length > 0) return { files: 'file', candidates: [] };
  return offered(argument, argument.name, given, current, source);
}

/** One line for what the shell adds, and one for each candidate: value, tab, note. */
export function renderAnswer({ files, candidates }: CompletionAnswer): string {
  const plain = candidates.filter(({ value }) => !/[\u0000-\u001f\u007f]/.test(value));
  return [files, ...plain.map(({ value, note }) => `${value}\t${plainNote(note)}`), ''].join('\n');
}

interface ReadWords {
  readonly command: CommandRow;
  /** What is no option and no name of a command. */
  readonly given: readonly string[];
  /** The option whose value comes next. */
  readonly open: OptionRow | undefined;
  /** Did `--` stand there? What follows is no option. */
  readonly closed: boolean;
}

function readWords(words: readonly string[], root: CommandRow): ReadWords {
  let command = root;
  let open: OptionRow | undefined;
  let closed = false;
  const given: string[] = [];
  for (const word of words) {
    if (open !== undefined) open = undefined;
    else if (closed) given.push(word);
    else if (word === '--') closed = true;
    else if (/^-./.test(word)) open = openOption(word, command);
    else {
      const sub = given.length === 0 ? command.commands.find((each) => each.path.at(-1) === word) : undefined;
      if (sub === undefined) given.push(word);
      else command = sub;
    }
  }
  return { command, given, open, closed };
}

/** The option that this word names, where its value is the next word. */
function openOption(word: string, command: CommandRow): OptionRow | undefined {
  const option = command.options.find((each) => each.long === word || each.short === word);
  return option?.value?.required === true ? option : undefined;
}

function valueAnswer(
  option: OptionRow,
  given: readonly string[],
  prefix: string,
  current: string,
  source: CompletionSource,
): CompletionAnswer | Promise<CompletionAnswer> {
  if (option.value === undefined) return { files: 'none', candidates: [] };
  const named = [option.long, `${option.long} <${option.value.name}>`].find((key) => Object.hasOwn(values, key)) ?? option.value.name;
  return offered(option.value, named, given, current, source, prefix);
}

async function offered(
  value: ValueRow,
  key: string,
  given: readonly string[],
  current: string,
  source: CompletionSource,
  prefix = '',
): Promise<CompletionAnswer> {
  if (value.choices.length > 0) {
    const chosen = value.choices.map((choice) => ({ value: choice, note: '' }));
    return { files: 'none', candidates: withPrefix(fitting(chosen, current), prefix) };
  }
  const row = Object.hasOwn(values, key) ? values[key] : undefined;
  const candidates = (await row?.offer?.(source, given)) ?? [];
  return { files: row?.files ?? 'none', candidates: withPrefix(fitting(candidates, current), prefix) };
}

function optionCandidate({ long, description }: OptionRow): Candidate {
  return { value: long, note: description };
}

function fitting(candidates: readonly Candidate[], current: string): readonly Candidate[] {
  return candidates.filter(({ value }) => value.startsWith(current));
}

function withPrefix(candidates: readonly Candidate[], prefix: string): readonly Candidate[] {
  return prefix === '' ? candidates : candidates.map(({ value, note }) => ({ value: `${prefix}${value}`, note }));
}

const noteLength = 72;

/** Shells print notes: titles of steps among them come from plans. */
function plainNote(note: string): string {
  const plain = note
    .replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]|[`$\\%]/gu, ' ')
    .replaceAll(/ +/g, ' ')
    .trim();
  return plain.length > noteLength ? `${plain.slice(0, noteLength - 1).trimEnd()}…` : plain;
}
