/** Variables of the shell that no block has to set, and those that are never carried from one step to the next. */

/** Set by bash itself (its manual, "Shell Variables"), or given to every step by the runner. */
const known =
  /^(?:BASH|BASHOPTS|BASHPID|BASH_\w+|COLUMNS|COMP_\w+|COPROC|DATABASE_URL|DIRSTACK|EPOCHREALTIME|EPOCHSECONDS|EUID|FUNCNAME|GROUPS|HISTCMD|HOME|HOSTNAME|HOSTTYPE|IFS|LANG|LC_\w+|LINENO|LINES|LOGNAME|MACHTYPE|MAPFILE|OLDPWD|OPTARG|OPTERR|OPTIND|OSTYPE|PATH|PG(?:HOST|PORT|USER|PASSWORD|DATABASE)|PIPESTATUS|PPID|PS[0-4]|PWD|RANDOM|READLINE_\w+|REPLY|SECONDS|SHELL|SHELLOPTS|SHLVL|SRANDOM|TERM|TMPDIR|TZ|UID|USER|_)$/;

export function isKnownVariable(name: string): boolean {
  return known.test(name);
}

/** They change what a shell, loader or interpreter runs, or hold the address of a database: a block sets them for itself alone. */
const confined =
  /^(?:BASH_.*|BASHOPTS|SHELLOPTS|ENV|IFS|PS4|CDPATH|LD_.*|DYLD_.*|PG.*|DATABASE_URL|PYTHON.*|PYTEST_.*|NODE_OPTIONS|PERL5.*|RUBY(?:OPT|LIB)|JAVA_TOOL_OPTIONS|GIT_.*|RIPGREP_CONFIG_PATH|PROOFPLAN_.*|PP_.*|PATH|HOME|TMPDIR)$/;

export function isConfined(name: string): boolean {
  return confined.test(name);
}

/** A value of such a name is shown nowhere but as `***`. */
export function isSecretName(name: string): boolean {
  return /TOKEN|PASSW(?:OR)?D|PASSPHRASE|SECRET|CREDENTIAL|API_?KEY|(?:^|_)KEYS?(?:_|$)/i.test(name);
}
