/** Where programs of the system lie: looked at before the PATH of whoever started the runner. */
const systemFolders = ['/usr/bin', '/bin', '/usr/local/bin', '/opt/homebrew/bin'];

/**
 * The environment in which the runner asks git. The system's own git goes first: a program of that name elsewhere on the PATH
 * could invent the commit, or leave out the files that are watched. No lock is taken, nothing is asked on a terminal, and no
 * variable that leads to another repository (`GIT_DIR`) gets in.
 */
export function gitEnvironment({ PATH }: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv {
  return {
    PATH: [...systemFolders, ...(PATH === undefined ? [] : [PATH])].join(':'),
    GIT_OPTIONAL_LOCKS: '0',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    LC_ALL: 'C',
  };
}
