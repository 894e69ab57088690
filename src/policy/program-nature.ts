/** What a failure of a program means to a block, by its name and first words: tables, each as wide as what people write. */
import { programOf, type ShellProgram } from './shell-program.ts';
import type { ShellCommand } from './shell-script.ts';

/** Only says, waits or sets something: it stands for nothing that failed before it. */
const idle = new Set([
  ...[':', 'true', 'echo', 'printf', 'print', 'sleep', 'date', 'pwd', 'touch', 'tee', 'logger', 'clear', 'tput', 'sync', 'times', 'caller'],
  ...['break', 'continue', 'shift', 'set', 'shopt', 'unset', 'export', 'declare', 'typeset', 'local', 'readonly', 'trap', 'umask', 'ulimit', 'popd', 'pushd'],
  // Shown to a person when something went wrong.
  ...['cat', 'tail', 'head', 'ls', 'less', 'more', 'dmesg', 'journalctl', 'hostname', 'whoami', 'uname', 'env', 'printenv', 'ps'],
]);

/** Answers a question by its exit code, so that a "no" is no failure. */
const asking = new Set([
  ...['[', '[[', '((', 'test', 'grep', 'egrep', 'fgrep', 'zgrep', 'rg', 'command', 'which', 'type', 'hash', 'diff', 'cmp', 'read', 'false', 'id', 'getent'],
  ...['pgrep', 'pidof', 'pg_isready', 'nc', 'lsof', 'mountpoint', 'dpkg', 'rpm', 'expr', 'getopts', 'let', 'mapfile', 'readarray'],
]);

/** Removes what may not be there, or makes what may be there already. */
const tidying = new Set([
  ...['rm', 'rmdir', 'unlink', 'mkdir', 'kill', 'pkill', 'killall', 'umount', 'dropdb', 'dropuser', 'createdb', 'createuser', 'useradd', 'userdel'],
  ...['groupadd', 'groupdel', 'deactivate', 'disown', 'stty'],
]);

/** The same by a word of the command line: which word makes the program one that asks, and one that tidies up. */
const byWord: Readonly<Record<string, { readonly asks?: RegExp; readonly tidies?: RegExp }>> = {
  docker: { asks: /^(?:inspect|ps|images|info)$/, tidies: /^(?:rm|rmi|stop|kill|down|prune|disconnect)$/ },
  'docker-compose': { asks: /^ps$/, tidies: /^(?:rm|stop|kill|down)$/ },
  git: { asks: /^(?:diff|show-ref|ls-files|rev-parse)$/, tidies: /^(?:branch|worktree|tag|stash|remote|config)$/ },
  helm: { asks: /^(?:status|list)$/, tidies: /^(?:uninstall|delete|rollback)$/ },
  kill: { asks: /^-0$/ },
  kubectl: { asks: /^(?:get|describe)$/, tidies: /^delete$/ },
  podman: { asks: /^(?:inspect|ps|images|info)$/, tidies: /^(?:rm|rmi|stop|kill|down|prune|disconnect)$/ },
  psql: { tidies: /^\s*(?:drop|create)\s/i },
  service: { asks: /^status$/, tidies: /^stop$/ },
  systemctl: { asks: /^(?:is-\w+|status)$/, tidies: /^stop$/ },
};

/** Reads what is there: put into a sentence (`echo "on $(hostname)"`) it says where one is. */
const telling = new Set([
  ...['awk', 'basename', 'bc', 'cut', 'df', 'dirname', 'du', 'file', 'free', 'git', 'jq', 'md5sum', 'nproc', 'readlink'],
  ...['realpath', 'sed', 'seq', 'sha1sum', 'sha256sum', 'sort', 'stat', 'tr', 'uniq', 'uptime', 'wc', 'yq', 'mktemp', 'uuidgen'],
]);

export type ProgramNature = 'idle' | 'asking' | 'tidying' | 'telling' | 'working';

/** Of a simple command; one that only assigns or redirects is idle. */
export function natureOf(command: ShellCommand): ProgramNature {
  const program = programOf(command);
  if (!program) return command.words.length === 0 ? 'idle' : 'working';
  const { name } = program;
  if (name === undefined) return 'working';
  // `wait` alone succeeds whatever became of what it waited for.
  if (name === 'wait') return program.arguments.length === 0 ? 'idle' : 'working';
  const words = Object.hasOwn(byWord, name) ? byWord[name] : undefined;
  if (words?.asks && hasWord(program, words.asks)) return 'asking';
  if (words?.tidies && hasWord(program, words.tidies)) return 'tidying';
  if (idle.has(name)) return 'idle';
  if (asking.has(name)) return 'asking';
  if (tidying.has(name)) return 'tidying';
  return telling.has(name) || program.arguments.some(({ value }) => /^--?version$/i.test(value ?? '')) ? 'telling' : 'working';
}

function hasWord({ arguments: words }: ShellProgram, pattern: RegExp): boolean {
  return words.some(({ sketch }) => pattern.test(sketch));
}

/** Why the program succeeds whatever it finds or whatever fails in it; undefined where nothing says so. */
export function unfailingOption({ name, arguments: words }: ShellProgram): string | undefined {
  const has = (pattern: RegExp): string | undefined => words.find(({ value }) => pattern.test(value ?? ''))?.text;
  const option =
    name === 'make' || name === 'gmake'
      ? has(/^(?:-[a-z]*i[a-z]*|--ignore-errors)$/)
      : name === 'find' && has(/^-(?:exec|execdir|ok)$/) !== undefined
        ? has(/^;$/) && has(/^-(?:exec|execdir|ok)$/)
        : name === 'mvn'
          ? has(/^(?:-[a-z]*fn|--fail-never|-Dmaven\.test\.failure\.ignore(?:=true)?|-DskipTests(?:=true)?)$/)
          : has(/^--(?:exit-zero|passWithNoTests|pass-with-no-tests|if-present)$/);
  return option === undefined ? undefined : `\`${name} ${option}\`, which succeeds whatever fails in it`;
}
