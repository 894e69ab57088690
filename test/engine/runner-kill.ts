/** Kills the runner at a random moment of an execution, and tells how long any process of a step has outlived it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openPlay, planOf, type Play } from '../execute/isolation-play.ts';
import { processesWith, uniqueSeconds } from './fixture.ts';

/** `none`: where there is no bubblewrap. */
export type KillLevel = 'none' | 'process' | 'network';

interface KillAccount {
  /** After the start of the runner. */
  readonly killedAtMs: number;
  /** After its death; above the patience where something was still there. */
  readonly goneAfterMs: number;
  /** Command lines of what was still there. */
  readonly survivors: readonly string[];
  /** Had a process of a step been there at the kill? */
  readonly met: boolean;
}

const patienceMs = 5_000;

/**
 * Steps that leave processes in every way there is: in the group, in a session of their own, forked twice, ignoring signals, still
 * starting others. Only a sandbox knows one that has wiped its environment as well.
 */
function stepsOf(seconds: string, level: KillLevel): readonly string[] {
  const wiped = level === 'none' ? '' : `(env -i setsid sleep ${seconds} >/dev/null 2>&1 &); `;
  return [
    // Drained and ended by the runner: what is left over keeps the output open.
    `${wiped}(setsid bash -c '(sleep ${seconds} &)' &); sleep ${seconds} & sleep 0.1`,
    `${wiped}(trap '' TERM HUP INT; setsid nohup sleep ${seconds} &) >/dev/null 2>&1; sleep 0.1`,
    `for i in 1 2 3 4 5 6; do (setsid bash -c 'sleep ${seconds} & sleep ${seconds}' >/dev/null 2>&1 &); sleep 0.02; done; sleep 0.1`,
    `trap '' TERM; ${wiped}setsid sleep ${seconds} & while :; do sleep ${seconds} & sleep 0.05; done`,
  ];
}

/** `random` from 0 to 1. One execution for each kill. */
async function killOnce(play: Play, level: KillLevel, random: () => number): Promise<KillAccount> {
  const seconds = uniqueSeconds();
  const sentence = level === 'network' ? 'Every step must run in network isolation.' : '';
  const { child } = play.start(planOf(stepsOf(seconds, level), sentence), { isolated: level !== 'none' });
  const startedAtMs = performance.now();
  const gone = new Promise((resolve) => child.once('exit', resolve));
  // A quarter of the kills strike anywhere from the start on; the others when steps have begun, on a slow machine as on a quick one.
  if (random() < 0.25) await sleep(400 + random() * 3_000);
  else {
    while (processesWith(seconds).length === 0 && performance.now() - startedAtMs < 20_000) await sleep(5);
    await sleep(random() ** 2 * 3_000);
  }
  const met = processesWith(seconds).length > 0;
  const killedAtMs = performance.now() - startedAtMs;
  killRunner(play);
  await gone;
  const deadAtMs = performance.now();
  let survivors = processesWith(seconds);
  while (survivors.length > 0 && performance.now() - deadAtMs < patienceMs) {
    await sleep(20);
    survivors = processesWith(seconds);
  }
  return { killedAtMs, goneAfterMs: performance.now() - deadAtMs, survivors, met };
}

/** Where there is no bubblewrap, the child is what takes it away, and the runner below it. */
function killRunner({ folder }: Play): void {
  for (const line of processesWith(`${folder}/tool/dist/proofplan.js run`)) {
    const [pid, program] = line.split(' ');
    if (program === process.execPath) process.kill(Number(pid), 'SIGKILL');
  }
}

export async function killOften(level: KillLevel, times: number, random: () => number): Promise<readonly KillAccount[]> {
  const play = openPlay();
  try {
    const accounts: KillAccount[] = [];
    for (let time = 0; time < times; time += 1) accounts.push(await killOnce(play, level, random));
    return accounts;
  } finally {
    play.close();
  }
}

/** The same numbers for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
