/**
 * Programs that a test needs and that the README's two commands do not bring (`.ci/run` installs them). Where one is
 * missing the test says so and is named in the summary; with CI=true it fails, so that nothing is left out there.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'vitest';

export type MachineNeed = 'psql' | 'bubblewrap' | 'strace' | 'pgbench' | 'pg_dump' | 'pgbouncer' | 'system-postgres' | 'zsh' | 'fish' | 'groovy';

/** What the reporter looks for at the start of a skipped test's note. */
export const needPrefix = 'this machine lacks ';

const packages: Readonly<Record<MachineNeed, string>> = {
  psql: 'postgresql-client',
  bubblewrap: 'bubblewrap',
  strace: 'strace',
  pgbench: 'postgresql',
  pg_dump: 'postgresql-client',
  pgbouncer: 'pgbouncer',
  'system-postgres': 'postgresql',
  zsh: 'zsh',
  fish: 'fish',
  groovy: 'groovy, with default-jre-headless',
};

/** The program's path, absolute; undefined where the machine lacks it. Debian keeps Postgres' own beside the PATH, and `psql` on it is a wrapper. */
function findNeed(need: MachineNeed): string | undefined {
  if (need === 'bubblewrap') return onPath('bwrap', ['--ro-bind', '/', '/', 'true']);
  if (need === 'strace') return onPath('strace', ['-o', '/dev/null', 'true']);
  // Debian keeps it where only root looks.
  if (need === 'pgbouncer' && existsSync('/usr/sbin/pgbouncer')) return '/usr/sbin/pgbouncer';
  const program = need === 'system-postgres' ? 'postgres' : need;
  return (
    postgresFolders()
      .map((folder) => join(folder, program))
      .find(existsSync) ?? onPath(program, ['--version'])
  );
}

/** Call it first in a test: returns the program's path, or ends the test with the reason. */
export function need(context: TestContext, wanted: MachineNeed): string {
  const found = findNeed(wanted);
  if (found !== undefined) return found;
  const reason = `${needPrefix}${wanted} (package ${packages[wanted]})`;
  if (process.env['CI'] === 'true') throw new Error(reason);
  return context.skip(reason);
}

function postgresFolders(): readonly string[] {
  const root = '/usr/lib/postgresql';
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .toSorted((a, b) => Number(b) - Number(a))
    .map((version) => join(root, version, 'bin'));
}

/** Found only if it really works here: bubblewrap may be installed where user namespaces are forbidden, strace without ptrace. */
function onPath(program: string, trial: readonly string[]): string | undefined {
  const path = (process.env['PATH'] ?? '')
    .split(':')
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, program))
    .find(existsSync);
  return path !== undefined && spawnSync(path, trial, { stdio: 'ignore' }).status === 0 ? path : undefined;
}
