/**
 * Finds the processes of a step in /proc: those of its process group, and those that left it (setsid, double fork) but still
 * carry the step's token in their environment. Not seen: a process that left the group *and* wiped its environment; only
 * isolation shows that one, because a process cannot leave its namespace. Without /proc (macOS) only the group is known.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** The variable that marks every process of a step; its value is a token of this one attempt. */
export const stepVariable = 'PROOFPLAN_STEP';

const longestCommand = 200;

export interface StepProcess {
  readonly pid: number;
  readonly group: number;
  readonly command: string;
}

/** Ids of all processes there are now; empty without /proc. */
export function listProcessIds(): ReadonlySet<number> {
  try {
    return new Set(readdirSync('/proc').map(Number).filter(Number.isInteger));
  } catch {
    return new Set();
  }
}

/**
 * The living processes of the group `group` or with the token. `earlier` are ids that were there before the step: reading
 * the environment of every process of the machine costs milliseconds, so they are left out; give none when the step ran so
 * long that ids may have come round.
 */
export function findStepProcesses(group: number, token: string, earlier: ReadonlySet<number>): readonly StepProcess[] {
  const present = listProcessIds();
  if (present.size === 0) return groupAlone(group);
  const found: StepProcess[] = [];
  for (const pid of present) {
    if (earlier.has(pid) || pid === process.pid) continue;
    const status = readStatus(pid);
    if (status === undefined || (status.group !== group && !carriesToken(pid, token))) continue;
    found.push({ pid, group: status.group, command: readCommand(pid) ?? status.name });
  }
  return found;
}

/**
 * The living processes of a sandbox whose first process outside is `outer`, but for those of its own (`keepers`, by their ids
 * inside). Everything in it descends from its process 1, whatever it does to its session, group or environment.
 */
export function findSandboxProcesses(outer: number, keepers: number): readonly StepProcess[] {
  const found: StepProcess[] = [];
  const walk = (parent: number): void => {
    for (const pid of readChildren(parent)) {
      const status = readStatus(pid);
      if (status !== undefined && (readInnerId(pid) ?? 0) > keepers) found.push({ pid, group: status.group, command: readCommand(pid) ?? status.name });
      walk(pid);
    }
  };
  walk(outer);
  return found;
}

/** Ends a sandbox and, with its process 1, everything in it at once: nothing can fork away from that. */
export function endSandbox(outer: number): void {
  for (const root of readChildren(outer)) send(root, 'SIGKILL');
  send(outer, 'SIGKILL');
}

/** Sends a signal to each process, to whole groups first so that none can fork away in between. */
export function signalProcesses(processes: readonly StepProcess[], group: number, signal: NodeJS.Signals): void {
  if (processes.some((member) => member.group === group)) send(-group, signal);
  for (const member of processes) if (member.group !== group) send(member.pid, signal);
}

function send(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal);
  } catch {
    // Gone already, or another user's: the next look at the table tells which.
  }
}

function groupAlone(group: number): readonly StepProcess[] {
  try {
    process.kill(-group, 0);
    return [{ pid: group, group, command: 'process group' }];
  } catch {
    return [];
  }
}

/** Undefined for a process that is gone or a zombie: nobody may ever collect the zombies of a container. */
function readStatus(pid: number): { readonly name: string; readonly group: number } | undefined {
  const text = readText(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // The name stands in brackets and may hold brackets and spaces itself: proc(5).
  const nameEnd = text.lastIndexOf(')');
  const [state, , group] = text.slice(nameEnd + 2).split(' ');
  if (state === 'Z' || state === 'X') return undefined;
  return { name: text.slice(text.indexOf('(') + 1, nameEnd), group: Number(group) };
}

/** Is the process alive and not stopped? Where there is no /proc, nobody can tell, and it is taken for well. */
export function canAct(pid: number): boolean {
  const text = readText(`/proc/${pid}/stat`);
  if (text === undefined) return listProcessIds().size === 0;
  return !/^[ZXTt]/.test(text.slice(text.lastIndexOf(')') + 2));
}

/** Of all its threads: each can start processes. */
function readChildren(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      (readText(`/proc/${pid}/task/${thread}/children`) ?? '').split(' ').filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

/** The id in the innermost namespace: the last of `NSpid`, proc(5). */
function readInnerId(pid: number): number | undefined {
  const ids = /^NSpid:\s*(.*)$/m.exec(readText(`/proc/${pid}/status`) ?? '')?.[1]?.split(/\s+/);
  return ids === undefined ? undefined : Number(ids.at(-1));
}

function carriesToken(pid: number, token: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`).includes(token);
  } catch {
    return false;
  }
}

function readCommand(pid: number): string | undefined {
  const text = readText(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ').trim();
  if (text === undefined || text === '') return undefined;
  return text.length > longestCommand ? `${text.slice(0, longestCommand)}…` : text;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
