/** How psql is called (its documentation, "Options"): what it is told to carry out, and where to connect. */
import type { ShellWord } from './shell-script.ts';

export interface PsqlInvocation {
  /** Of `-c`; each is SQL as it stands, or one backslash command. */
  readonly commands: readonly ShellWord[];
  readonly files: readonly ShellWord[];
  /** Host, port, user, and a database that is an address: what leads elsewhere. */
  readonly connection: readonly ShellWord[];
  /** Of `-o` and `-L`: a file, or `|` and a program. */
  readonly outputs: readonly ShellWord[];
  /** Of `-v`, with literal values. */
  readonly variables: ReadonlyMap<string, string>;
}

const valued: Readonly<Record<string, string>> = {
  c: 'command',
  d: 'dbname',
  f: 'file',
  v: 'set',
  L: 'log-file',
  o: 'output',
  F: 'field-separator',
  P: 'pset',
  R: 'record-separator',
  T: 'table-attr',
  h: 'host',
  p: 'port',
  U: 'username',
};
const longValued = [...Object.values(valued), 'variable'];

export function readPsqlInvocation(words: readonly ShellWord[]): PsqlInvocation {
  const commands: ShellWord[] = [];
  const files: ShellWord[] = [];
  const connection: ShellWord[] = [];
  const outputs: ShellWord[] = [];
  const variables = new Map<string, string>();
  const take = (option: string, word: ShellWord): void => {
    if (option === 'command') commands.push(word);
    else if (option === 'file') files.push(word);
    else if (option === 'host' || option === 'port' || option === 'username') connection.push(word);
    else if (option === 'output' || option === 'log-file') outputs.push(word);
    else if (option === 'set' || option === 'variable') {
      const [, name, value] = /^(\w+)=(.*)$/s.exec(word.value ?? '') ?? [];
      if (name !== undefined && value !== undefined) variables.set(name, value);
    } else if (option === 'dbname' && isAddress(word)) connection.push(word);
  };
  let plain = 0;
  let optionsEnded = false;
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index];
    if (word === undefined) continue;
    const { sketch } = word;
    const next = words[index + 1];
    if (optionsEnded || !sketch.startsWith('-') || sketch === '-') {
      // The first is the database, the second the user.
      if (plain === 0 && isAddress(word)) connection.push(word);
      if (plain === 1) connection.push(word);
      plain += 1;
    } else if (sketch === '--') optionsEnded = true;
    else if (sketch.startsWith('--')) {
      const equals = sketch.indexOf('=');
      const name = sketch.slice(2, equals < 0 ? undefined : equals);
      const option = longValued.includes(name) ? name : longValued.filter((long) => long.startsWith(name)).at(0);
      if (option === undefined) continue;
      if (equals >= 0) take(option, restOf(word, equals + 1));
      else if (next !== undefined) {
        take(option, next);
        index += 1;
      }
    } else {
      // `-Atc 'SELECT …'`: flags in one word, the last of which may take a value, from the same word or the next.
      for (let at = 1; at < sketch.length; at += 1) {
        const option = valued[sketch.charAt(at)];
        if (option === undefined) continue;
        if (at + 1 < sketch.length) take(option, restOf(word, at + 1));
        else if (next !== undefined) {
          take(option, next);
          index += 1;
        }
        break;
      }
    }
  }
  return { commands, files, connection, outputs, variables };
}

/** A connection string or an address; a bare name is a database of the server that the environment names. */
function isAddress(word: ShellWord): boolean {
  return /:\/\/|(?:^|\s)(?:host|hostaddr|port|service|user)\s*=/.test(word.sketch);
}

/** The value that begins inside a word: it keeps the word's place. */
function restOf(word: ShellWord, from: number): ShellWord {
  return { ...word, value: word.value?.slice(from), sketch: word.sketch.slice(from) };
}
