/** Every call that writes a record, disturbed once in each way; and ten thousand executions with faults by chance. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listPoints, renderPoint, sweepPoint } from '../fault/fault-sweep.ts';
import { openRandomDatabase, type OpenedDatabase } from '../fault/random-database.ts';
import { playSeeds, type RandomAccount } from '../fault/random-run.ts';
import { noteFigure } from '../support/soak-figure.ts';

const hourMs = 3_600_000;
/** PROOFPLAN_SOAK_FIRST and PROOFPLAN_SOAK_COUNT play a part of them, or one that was told again. */
const first = Number(process.env['PROOFPLAN_SOAK_FIRST'] ?? 1);
const count = Number(process.env['PROOFPLAN_SOAK_COUNT'] ?? 10_000);
/** PROOFPLAN_SOAK_STRIDE takes every so many of the calls. */
const stride = Number(process.env['PROOFPLAN_SOAK_STRIDE'] ?? 1);

let database: OpenedDatabase;
beforeAll(async () => {
  database = await openRandomDatabase();
});
afterAll(() => database.close());

describe.each([false, true])('each call, each fault, with a database: %s', (guarded) => {
  test('nothing passes wrongly, nothing contradicts itself, nothing hangs', { timeout: 4 * hourMs }, async () => {
    const address = guarded ? database.address : undefined;
    const points = (await listPoints(address)).filter((_, index) => index % stride === 0);
    const problems: string[] = [];
    const exits: Record<string, number> = {};
    for (const point of points) {
      const swept = await sweepPoint(address, point);
      problems.push(...swept.problems.map((problem) => `${renderPoint(point)}: ${problem}`));
      const key = swept.fired ? `exit ${swept.exitCode}` : 'not reached';
      exits[key] = (exits[key] ?? 0) + 1;
    }
    noteFigure(
      `each call that writes a record, disturbed in each way, ${guarded ? 'with' : 'without'} a database`,
      `${points.length} executions, ${problems.length} problems: ${JSON.stringify(exits)}`,
    );
    expect(problems).toEqual([]);
  });
});

test(`${count} random executions`, { timeout: 8 * hourMs }, async () => {
  let told = Date.now();
  const tell = (account: RandomAccount): void => {
    if (Date.now() - told < 60_000) return;
    told = Date.now();
    process.stdout.write(`${account.executions} executions, ${account.passed} passed, problems: ${JSON.stringify(account.problems)}\n`);
  };
  const account = await playSeeds(first, count, await listPoints(undefined), database, tell);
  process.stdout.write(`${JSON.stringify(account, null, 2)}\n`);
  const { executions, disturbed, passed, passedDisturbed, problems } = account;
  noteFigure(
    'random executions with faults by chance',
    `${executions}: ${disturbed} disturbed, ${passed} passed, of these ${passedDisturbed} where it could not matter, ${problems.length} problems (seeds from ${first})`,
  );
  expect(account.problems).toEqual([]);
  expect(account.executions).toBe(count);
});
