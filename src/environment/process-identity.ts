/**
 * Who made a folder, told from its name: machine, boot, process namespace, process id and the process's start time. A process
 * id alone is reused by others, and a folder on a shared disk may belong to a machine whose processes cannot be seen from here.
 */
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { hostname } from 'node:os';

/** Is the maker of a folder still there? `unknown` where another machine or another process namespace made it. */
export type OwnerState = 'alive' | 'gone' | 'unknown';

/** The mark of this very process, fit for a file name: five parts joined by `-`. */
export function ownerMark(pid: number = process.pid): string {
  return [...scope(), String(pid), startOf(pid) ?? '0'].join('-');
}

/** Judges the process that a mark names. */
export function ownerState(mark: string): OwnerState {
  const [host, boot, namespace, pid, start] = mark.split('-');
  if (host === undefined || boot === undefined || namespace === undefined || pid === undefined || start === undefined) return 'unknown';
  const [ownHost, ownBoot, ownNamespace] = scope();
  if (host !== ownHost) return 'unknown';
  if (boot !== ownBoot) return 'gone';
  if (namespace !== ownNamespace) return 'unknown';
  return startOf(Number(pid)) === start ? 'alive' : 'gone';
}

/** The command line of a process, arguments parted by blanks; undefined when there is no such process (or only its zombie). */
export function commandOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return text === '' ? undefined : text;
  } catch {
    return process.platform === 'linux' ? undefined : fromPs(pid, 'command=');
  }
}

function scope(): readonly [string, string, string] {
  return [short(hostname()), short(readOr('/proc/sys/kernel/random/boot_id', '')), short(linkOr('/proc/self/ns/pid', ''))];
}

/** When a process started, in whatever form the system tells it; undefined when there is no such process. */
function startOf(pid: number): string | undefined {
  const stat = readOr(`/proc/${pid}/stat`, '');
  // The second field is the program's name in brackets and may hold blanks and brackets: count from the last one (proc(5), field 22).
  // A zombie is gone: in a container nobody may ever collect it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (stat !== '') return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  if (process.platform === 'linux') return undefined;
  const text = fromPs(pid, 'lstart=');
  return text === undefined ? undefined : short(text);
}

function fromPs(pid: number, column: string): string | undefined {
  const text = spawnSync('ps', ['-o', column, '-p', String(pid)], { encoding: 'utf8' }).stdout?.trim();
  return text === undefined || text === '' ? undefined : text;
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}

function linkOr(path: string, otherwise: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return otherwise;
  }
}

function short(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
