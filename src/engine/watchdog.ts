/**
 * When the runner is killed with SIGKILL, nothing in it can clean up: one small process beside it, in a session of its own,
 * holds a pipe and kills what was registered when the pipe closes. A token is registered before its step starts: what is
 * in the pipe outlives the runner, so there is no moment in which a step is unknown.
 */
import type { Socket } from 'node:net';
import { execa } from 'execa';
import { hasRoomToSpawn } from './pipe.ts';
import { canAct } from './process-table.ts';

/**
 * Plain JavaScript for `node -e`, so that a bundle needs no second entry. It looks again until three rounds were clean: a
 * process that was just being forked or executed has no environment to read yet.
 */
const watchdogScript = `
const fs = require('node:fs');
const steps = new Map();
let rest = '';
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
process.stdin.setEncoding('utf8');
process.stdin.on('data', (text) => {
  const lines = (rest + text).split('\\n');
  rest = lines.pop();
  for (const line of lines) {
    const [verb, token, group] = line.split(' ');
    if (verb === 'watch') steps.set(token, Number(group));
    else steps.delete(token);
  }
});
process.stdin.on('error', sweep);
process.stdin.on('end', sweep);
function sweep() {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let round = 0, clean = 0; steps.size > 0 && round < 100 && clean < 3; round += 1) {
    clean = killAll() ? 0 : clean + 1;
    Atomics.wait(pause, 0, 0, 20);
  }
  process.exit(0);
}
function killAll() {
  let killed = false;
  const kill = (target) => { try { process.kill(target, 'SIGKILL'); killed = true; } catch {} };
  for (const group of steps.values()) if (group !== 0) kill(-group);
  let names = [];
  try { names = fs.readdirSync('/proc'); } catch {}
  for (const name of names) {
    if (!/^\\d+$/.test(name) || Number(name) === process.pid) continue;
    try {
      const environment = fs.readFileSync('/proc/' + name + '/environ', 'latin1');
      for (const token of steps.keys()) if (environment.includes(token)) kill(Number(name));
    } catch {}
  }
  return killed;
}
`;

interface Watchdog {
  readonly pid: number;
  readonly send: (line: string) => void;
}

interface Watched {
  /** 0: not started yet. */
  readonly group: number;
  readonly lost: () => void;
}

/** The steps that run now, by their tokens. */
const watched = new Map<string, Watched>();
let watchdog: Watchdog | undefined;
/** The watchdog was ended while no step ran. */
let lostUnseen = false;

/**
 * Registers a step before it starts. False when no watchdog can be had: then the step must not start. `lost` is called when the
 * watchdog was ended, by whomever; a new one takes over, so that nothing is left, and what happened meanwhile is not known.
 */
export function watchStep(token: string, lost: () => void = () => undefined): boolean {
  // One that was stopped at the very end of the step before was not seen then.
  lookAfterWatchdog();
  watchdog ??= startWatchdog();
  if (watchdog === undefined) return false;
  watched.set(token, { group: 0, lost });
  watchdog.send(`watch ${token} 0`);
  if (lostUnseen) lost();
  lostUnseen = false;
  return true;
}

/** Adds the process group of a registered step, which holds even what has wiped its environment; below 0, one process that leads none. */
export function watchGroup(token: string, group: number): void {
  watched.set(token, { lost: () => undefined, ...watched.get(token), group });
  watchdog?.send(`watch ${token} ${group}`);
}

/** Ends the registration: nothing of the step is left. */
export function forgetStep(token: string): void {
  watched.delete(token);
  watchdog?.send(`forget ${token}`);
}

/** Looks whether the watchdog can still act: its end is told with a delay, and that it was stopped is not told at all. */
export function lookAfterWatchdog(): void {
  if (watchdog === undefined || canAct(watchdog.pid)) return;
  try {
    process.kill(watchdog.pid, 'SIGKILL');
  } catch {
    // It is gone.
  }
  lostUnseen = watched.size === 0;
  replaceWatchdog();
}

function replaceWatchdog(): void {
  watchdog = watched.size > 0 ? startWatchdog() : undefined;
  for (const [token, { group, lost }] of watched) {
    watchdog?.send(`watch ${token} ${group}`);
    lost();
  }
}

function startWatchdog(): Watchdog | undefined {
  if (!hasRoomToSpawn()) return undefined;
  const child = execa(process.execPath, ['-e', watchdogScript], {
    cwd: '/',
    env: {},
    extendEnv: false,
    detached: true,
    cleanup: false,
    stdin: 'pipe',
    stdout: 'ignore',
    stderr: 'ignore',
    buffer: false,
    reject: false,
  });
  const { pid } = child;
  if (pid === undefined) return undefined;
  // A watchdog that was killed breaks the pipe; `exit` says so and a new one takes over what still runs.
  child.stdin.on('error', () => undefined);
  child.once('exit', () => {
    if (watchdog?.pid !== pid) return;
    lostUnseen = watched.size === 0;
    replaceWatchdog();
  });
  // The runner ends when its own work is done. With nothing left to end, the watchdog needs no chance to end by itself: where
  // no more threads may be started, a Node.js that begins hangs before it reads anything, and would stay.
  const end = (): void => {
    if (watched.size === 0 && watchdog?.pid === pid) child.kill('SIGKILL');
  };
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
  child.unref();
  (child.stdin as unknown as Socket).unref();
  return { pid, send: (line) => void child.stdin.write(`${line}\n`) };
}
