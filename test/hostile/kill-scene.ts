/** The two plans that are killed, and what must hold after each kill. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { openRunProof, seed, testDatabaseUrl } from '../support/run-proof.ts';
import { type KillMoment, type KillResult, type KillScene, longPlan, ofACut, playKill } from './kill-play.ts';

export interface CheckedScene extends KillScene {
  /** Before each play. */
  readonly reset: () => Promise<void>;
  /** What was done twice that may be done only once; nothing where all is well. */
  readonly doubled: () => Promise<readonly string[]>;
  readonly close: () => Promise<void>;
}

/** Steps that write their numbers into a file outside of the workspace. */
export async function openLongPlan(count: number): Promise<CheckedScene> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'proofplan-kill-')));
  const workspace = join(folder, 'workspace');
  mkdirSync(workspace);
  const marks = join(folder, 'marks');
  writeFileSync(join(workspace, 'long.md'), longPlan(count, marks));
  return {
    plan: 'long.md',
    out: join(folder, 'out'),
    folder: workspace,
    environment: { PATH: process.env['PATH'], HOME: process.env['HOME'], NO_COLOR: '1' },
    reset: () => Promise.resolve(rmSync(marks, { force: true })),
    doubled: () => {
      const done = existsSync(marks) ? readFileSync(marks, 'utf8').split('\n').filter(Boolean) : [];
      return Promise.resolve(done.filter((step, index) => Number(step) % 2 === 1 && done.indexOf(step) !== index));
    },
    close: () => Promise.resolve(rmSync(folder, { recursive: true, force: true })),
  };
}

/** v4 on a database of its own, which stays when the runner is gone. */
export async function openSeed(): Promise<CheckedScene> {
  const backend = await openRunProof();
  const { text, addendum } = await seed('v4');
  const plan = await backend.writePlan('run-proof-v4', text, addendum);
  let before = 0;
  return {
    plan,
    out: join(backend.folder, 'out'),
    folder: backend.folder,
    environment: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      LANG: 'C.UTF-8',
      NO_COLOR: '1',
      TEST_DATABASE_URL: testDatabaseUrl(backend.server.owner),
    },
    reset: async () => {
      before = await backend.count('runs');
    },
    doubled: async () => {
      const rows = (await backend.count('runs')) - before;
      return rows > 1 ? [`${rows} rows in runs`] : [];
    },
    close: backend.close,
  };
}

/** Kills once, goes on, and holds what came of it against what an undisturbed execution says. */
export async function playAndCheck(scene: CheckedScene, moment: KillMoment): Promise<KillResult> {
  await scene.reset();
  const result = await playKill(scene, moment);
  const told = JSON.stringify({ moment, ...result }, undefined, 2);
  expect(result.survivors, told).toEqual([]);
  expect(await scene.doubled(), told).toEqual([]);
  if (result.lines === 0 || result.tooLate) return result;
  expect(
    result.cutFindings.filter((code) => !ofACut.test(code)),
    told,
  ).toEqual([]);
  expect(result.findings, told).toBe('');
  if (result.verdict === 'error') expect(result.outcomes, told).toContain('in doubt');
  else expect([result.verdict, result.resumeExit], told).toEqual(['passed', 0]);
  return result;
}
