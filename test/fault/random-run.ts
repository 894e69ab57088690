/** Many executions from consecutive seeds, and what came of them, by kind. */
import type { FaultPoint } from './fault-injector.ts';
import { playSeed, type RandomDatabase } from './random-play.ts';

export interface RandomAccount {
  readonly executions: number;
  readonly disturbed: number;
  readonly passed: number;
  readonly passedDisturbed: number;
  readonly exitCodes: Readonly<Record<string, number>>;
  /** By fault: how often it took effect before the verdict and did not matter. */
  readonly survived: Readonly<Record<string, number>>;
  /** By fault: done when the verdict stood already. */
  readonly late: Readonly<Record<string, number>>;
  /** `seed N: …`: give the seed to `playSeed` to see it again. */
  readonly problems: readonly string[];
}

export async function playSeeds(
  first: number,
  count: number,
  points: readonly FaultPoint[],
  database?: RandomDatabase,
  note: (account: RandomAccount) => void = () => undefined,
): Promise<RandomAccount> {
  const account = {
    executions: 0,
    disturbed: 0,
    passed: 0,
    passedDisturbed: 0,
    exitCodes: {} as Record<string, number>,
    survived: {} as Record<string, number>,
    late: {} as Record<string, number>,
    problems: [] as string[],
  };
  const add = (to: Record<string, number>, key: string): void => {
    to[key] = (to[key] ?? 0) + 1;
  };
  for (let seed = first; seed < first + count; seed += 1) {
    const end = await playSeed(seed, points, database);
    account.executions += 1;
    if (end.faults.length > 0) account.disturbed += 1;
    if (end.exitCode === 0) account.passed += 1;
    if (end.exitCode === 0 && end.met) account.passedDisturbed += 1;
    add(account.exitCodes, String(end.exitCode));
    for (const name of end.survived) add(account.survived, name);
    for (const name of end.late) add(account.late, name);
    for (const problem of end.problems) account.problems.push(`seed ${seed}: ${problem} (${end.faults.join('; ')})`);
    note(account);
  }
  return account;
}
