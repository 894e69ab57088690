/** Which program a simple command really starts: wrappers such as `env`, `timeout` and `sudo` are looked through. */
import type { ShellCommand, ShellWord } from './shell-script.ts';

export interface ShellProgram {
  /** The file's name without folders; undefined where it is computed. */
  readonly name: string | undefined;
  readonly word: ShellWord;
  readonly arguments: readonly ShellWord[];
  /** It runs elsewhere: in a container or on another machine. */
  readonly remote: boolean;
}

/** Options of a wrapper that take the next word as their value. */
const wrappers: Readonly<Record<string, readonly string[]>> = {
  builtin: [],
  chronic: [],
  command: [],
  doas: ['-u', '-C'],
  env: ['-u', '--unset', '-C', '--chdir', '-S', '--split-string'],
  exec: ['-a'],
  ionice: ['-c', '-n', '-p'],
  nice: ['-n', '--adjustment'],
  nohup: [],
  setsid: [],
  stdbuf: ['-i', '-o', '-e', '--input', '--output', '--error'],
  sudo: ['-u', '--user', '-g', '--group', '-h', '-p', '-C', '-D', '-r', '-t', '-T', '-U'],
  time: ['-f', '-o'],
  timeout: ['-k', '--kill-after', '-s', '--signal'],
  xargs: ['-a', '-d', '-E', '-I', '-i', '-L', '-l', '-n', '-P', '-s', '--arg-file', '--delimiter', '--max-args', '--max-procs', '--replace'],
};

/** Programs that carry a command to another place. */
const carriers = new Set(['docker', 'podman', 'nerdctl', 'kubectl', 'oc', 'ssh', 'docker-compose', 'podman-compose', 'heroku', 'fly']);
const clients = new Set(['psql', 'pg_restore', 'pgbench', 'createdb', 'dropdb', 'sqlite3']);

/** Undefined for a command that only assigns or redirects. */
export function programOf(command: ShellCommand): ShellProgram | undefined {
  let words = command.words;
  for (let [word, ...rest] = words; word !== undefined; [word, ...rest] = words) {
    const name = word.value?.split('/').at(-1);
    const valued = name === undefined ? undefined : wrappers[name];
    if (name !== undefined && carriers.has(name)) {
      const at = rest.findIndex(({ value }) => clients.has(value?.split('/').at(-1) ?? ''));
      const inner = rest[at];
      if (inner) return { name: inner.value?.split('/').at(-1), word: inner, arguments: rest.slice(at + 1), remote: true };
    }
    if (valued === undefined) return { name, word, arguments: rest, remote: false };
    words = afterOptions(name ?? '', rest, valued);
  }
  return undefined;
}

function afterOptions(name: string, words: readonly ShellWord[], valued: readonly string[]): readonly ShellWord[] {
  let index = 0;
  for (let word = words[index]; word !== undefined; word = words[index]) {
    const text = word.value ?? word.text;
    if (text === '--') {
      index += 1;
      break;
    }
    if (valued.includes(text)) index += 2;
    else if (text.startsWith('-') || (name === 'env' || name === 'sudo' ? /^[A-Za-z_]\w*=/.test(text) : false)) index += 1;
    else break;
  }
  // The duration of `timeout` is no option.
  return words.slice(name === 'timeout' ? index + 1 : index);
}
