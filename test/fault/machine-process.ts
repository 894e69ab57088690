import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Processes that work in a folder, by their ids. */
export function processesIn(folder: string): readonly number[] {
  return processIds().filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
    } catch {
      return false;
    }
  });
}

/** The processes of a PostgreSQL server that hold a client's session, by the number of its first process. */
export function backendsOf(postmaster: number): readonly number[] {
  return processIds().filter((pid) => isSessionOf(pid, postmaster));
}

function processIds(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function isSessionOf(pid: number, postmaster: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) !== postmaster) return false;
    // Its title says `postgres: user database address state`; those of the server itself name no address.
    return /^postgres: .*\(\d+\)/.test(readFileSync(`/proc/${pid}/cmdline`, 'latin1'));
  } catch {
    return false;
  }
}
