/**
 * When the runner is killed with SIGKILL, nothing in it can clean up: one small process beside it, in a session of its own,
 * holds a pipe and kills what was registered when the pipe closes. A token is registered before its step starts: what is
 * in the pipe outlives the runner, so there is no moment in which a step is unknown.
 */
import type { Socket } from 'node:net';
import { execa } from 'execa';
import { hasRoomToSpawn } from './pipe.ts';

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
  for (const group of steps.values()) if (group > 0) kill(-group);
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
  readonly send: (line: string) => void;
}

/** Tokens of the steps that run now, with their process group (0: not started yet). */
const watched = new Map<string, number>();
let watchdog: Watchdog | undefined;

/** Registers a step before it starts. False when no watchdog can be had: then the step must not start. */
export function watchStep(token: string): boolean {
  watchdog ??= startWatchdog();
  if (watchdog === undefined) return false;
  watched.set(token, 0);
  watchdog.send(`watch ${token} 0`);
  return true;
}

/** Adds the process group of a registered step, which holds even what has wiped its environment. */
export function watchGroup(token: string, group: number): void {
  watched.set(token, group);
  watchdog?.send(`watch ${token} ${group}`);
}

/** Ends the registration: nothing of the step is left. */
export function forgetStep(token: string): void {
  watched.delete(token);
  watchdog?.send(`forget ${token}`);
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
  if (child.pid === undefined) return undefined;
  // A watchdog that was killed breaks the pipe; `exit` says so and a new one takes over what still runs.
  child.stdin.on('error', () => undefined);
  child.once('exit', () => {
    watchdog = watched.size > 0 ? startWatchdog() : undefined;
    for (const [token, group] of watched) watchdog?.send(`watch ${token} ${group}`);
  });
  // The runner ends when its own work is done.
  child.unref();
  (child.stdin as unknown as Socket).unref();
  return { send: (line) => void child.stdin.write(`${line}\n`) };
}
