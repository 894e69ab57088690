/** Which program a simple command really starts: wrappers such as `env`, `timeout` and `sudo` are looked through. */
import type { ShellCommand, ShellWord } from './shell-script.ts';

export interface ShellProgram {
  /** The file's name without folders; undefined where it is computed. */
  readonly name: string | undefined;
  readonly word: ShellWord;
  readonly arguments: readonly ShellWord[];
  /** It runs elsewhere: in a container or on another machine. */
  readonly remote: boolean;
  /** `xargs` starts it: more of its arguments come from the standard input. */
  readonly fed: boolean;
}

/** Options of a wrapper that take the next word as their value. */
const wrappers: Readonly<Record<string, readonly string[]>> = {
  builtin: [],
  busybox: [],
  chronic: [],
  chroot: ['--userspec', '--groups'],
  chrt: ['-T', '-P', '-D'],
  command: [],
  coproc: [],
  doas: ['-u', '-C'],
  env: ['-u', '--unset', '-C', '--chdir'],
  exec: ['-a'],
  fakeroot: ['-l', '-s', '-i', '-b'],
  faketime: [],
  flock: ['-w', '--timeout', '-E', '--conflict-exit-code'],
  gosu: [],
  ionice: ['-c', '-n', '-p'],
  ltrace: ['-e', '-o', '-p', '-s', '-u'],
  nice: ['-n', '--adjustment'],
  nohup: [],
  numactl: [],
  prlimit: [],
  setarch: [],
  setpriv: ['--reuid', '--regid', '--groups'],
  setsid: [],
  stdbuf: ['-i', '-o', '-e', '--input', '--output', '--error'],
  strace: ['-e', '-o', '-p', '-s', '-u', '-P', '-I', '-O', '-S', '-a', '-b', '-E'],
  sudo: ['-u', '--user', '-g', '--group', '-h', '-p', '-C', '-D', '-r', '-t', '-T', '-U'],
  'systemd-run': ['-p', '--property', '-E', '--setenv', '-u', '--unit', '--uid', '--gid', '--slice', '--working-directory'],
  taskset: [],
  time: ['-f', '-o'],
  timeout: ['-k', '--kill-after', '-s', '--signal'],
  unshare: ['-S', '-G', '--setuid', '--setgid', '-R', '-w'],
  xargs: ['-a', '-d', '-E', '-I', '-i', '-L', '-l', '-n', '-P', '-s', '--arg-file', '--delimiter', '--max-args', '--max-procs', '--replace'],
};

/** Wrappers with words of their own before the program: a duration, a folder, a mask, a lock, a user. */
const ownWords: Readonly<Record<string, number>> = { timeout: 1, chroot: 1, taskset: 1, flock: 1, gosu: 1, chrt: 1, faketime: 1 };

/** Programs that carry a command to another place. */
const carriers = new Set([
  'docker',
  'podman',
  'nerdctl',
  'kubectl',
  'oc',
  'ssh',
  'docker-compose',
  'podman-compose',
  'heroku',
  'fly',
  'vagrant',
  'lxc',
  'nsenter',
]);
const carried = new Set(['psql', 'usql', 'pgcli', 'pg_restore', 'pgbench', 'createdb', 'dropdb', 'sqlite3', 'bash', 'sh', 'dash', 'ash', 'zsh', 'ksh']);

/** Undefined for a command that only assigns or redirects, and for a wrapper without a program. */
export function programOf(command: ShellCommand): ShellProgram | undefined {
  let words = command.words;
  let fed = false;
  for (let [word, ...rest] = words; word !== undefined; [word, ...rest] = words) {
    const name = word.value?.split('/').at(-1);
    const valued = name === undefined || !Object.hasOwn(wrappers, name) ? undefined : wrappers[name];
    if (name !== undefined && carriers.has(name)) {
      const at = rest.findIndex(({ value }) => carried.has(value?.split('/').at(-1) ?? ''));
      const inner = rest[at];
      if (inner) return { name: inner.value?.split('/').at(-1), word: inner, arguments: rest.slice(at + 1), remote: true, fed };
    }
    const after = valued === undefined ? rest : afterOptions(name ?? '', rest, valued);
    // `env -S 'program and words'`, `flock file -c text`: what follows is a text, which `nestedShellOf` reads.
    const isText = (name === 'env' && rest.some(isSplit)) || (name === 'flock' && /^(?:-c|--command)$/.test(after[0]?.value ?? ''));
    if (valued === undefined || isText) return { name, word, arguments: rest, remote: false, fed };
    fed ||= name === 'xargs';
    words = after;
  }
  return undefined;
}

/** Commands that a program starts with words of its own command line (`find … -exec`): each as a command in the same place. */
export function carriedCommands(command: ShellCommand, program: ShellProgram): readonly ShellCommand[] {
  if (program.name !== 'find' && program.name !== 'fd' && program.name !== 'fdfind') return [];
  const words = program.arguments;
  return words.flatMap((word, index) => {
    if (!/^(?:-exec|-execdir|-ok|-okdir|-x|-X|--exec|--exec-batch)$/.test(word.value ?? '')) return [];
    const rest = words.slice(index + 1);
    const end = rest.findIndex(({ value }) => value === ';' || value === '+');
    return [{ ...command, words: end < 0 ? rest : rest.slice(0, end), assignments: [] }];
  });
}

function isSplit({ value }: ShellWord): boolean {
  return /^(?:-[a-z]*S|--split-string)/.test(value ?? '');
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
  return words.slice(index + (ownWords[name] ?? 0));
}
