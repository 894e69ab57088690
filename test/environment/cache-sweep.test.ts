/** What belongs to no execution any more, and only that: other people's names, links and what is in use stay. */
import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { sweepCaches } from '../../src/environment/cache-sweep.ts';
import { keptClusters } from '../../src/environment/kept-cluster.ts';
import { ownerMark } from '../../src/environment/process-identity.ts';
import { findServerUser } from '../../src/environment/server-user.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const dayMs = 24 * 3_600_000;
const nowMs = Date.now();

function place(path: string, ageDays: number): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, 'x');
  const at = (nowMs - ageDays * dayMs) / 1_000;
  utimesSync(path, at, at);
}

test('what nobody has used for long goes; what is new, and what is not ours, stays', async () => {
  const [stateFolder, cacheFolder, outside] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
  const digest = (digit: string): string => digit.repeat(64);
  place(join(cacheFolder, 'sql', digest('a')), 40);
  place(join(cacheFolder, 'sql', digest('b')), 1);
  place(join(cacheFolder, 'sql/mine.txt'), 400);
  place(join(cacheFolder, 'compiled/v20.0.0-x64/0a1b'), 40);
  place(join(cacheFolder, 'compiled/v20.0.0-x64/0c1d'), 1);
  place(join(cacheFolder, `postgres-${'a'.repeat(12)}`, 'bin/postgres'), 40);
  place(join(cacheFolder, `postgres-${'b'.repeat(12)}`, 'bin/postgres'), 1);
  place(join(cacheFolder, 'postgres-notes/bin/postgres'), 400);
  place(join(outside, 'bin/postgres'), 400);
  symlinkSync(outside, join(cacheFolder, `postgres-${'c'.repeat(12)}`));
  place(join(stateFolder, 'heads/2026-02-09T12-00-00Z-aaaaaa'), 0);
  place(join(stateFolder, 'heads/2026-02-09T12-00-00Z-bbbbbb'), 0);
  const swept = await sweepCaches({ stateFolder, cacheFolder, ageMs: 30 * dayMs, nowMs, done: new Set(['2026-02-09T12-00-00Z-aaaaaa']) });
  expect(swept.diagnostics).toEqual([]);
  expect(swept.removed).toHaveLength(3);
  expect(readdirSync(join(cacheFolder, 'sql')).toSorted()).toEqual([digest('b'), 'mine.txt'].toSorted());
  expect(readdirSync(join(cacheFolder, 'compiled/v20.0.0-x64'))).toEqual(['0c1d']);
  expect(
    readdirSync(cacheFolder)
      .filter((name) => name.startsWith('postgres-'))
      .toSorted(),
  ).toEqual([`postgres-${'b'.repeat(12)}`, 'postgres-notes'].toSorted());
  expect(readdirSync(join(outside, 'bin'))).toEqual(['postgres']);
  expect(readdirSync(join(stateFolder, 'heads'))).toEqual(['2026-02-09T12-00-00Z-bbbbbb']);
});

test('a database that is kept for an execution goes when that has ended, and not before', async () => {
  const [stateFolder, cacheFolder] = [temporaryFolder(), temporaryFolder()];
  const user = (await findServerUser()).value;
  if (!user) throw new Error('no server user');
  // As the server makes them: its user can enter, and nobody of them runs any more.
  spawnSync('chmod', ['a+rx', stateFolder]);
  const gone = spawnSync('true').pid;
  const clusters = join(stateFolder, 'clusters');
  const folders = ['ended', 'cut'].map((name, index) => {
    const folder = join(clusters, `cluster-${ownerMark(gone)}-0000000${index}`);
    place(join(folder, 'keep'), 0);
    writeFileSync(join(folder, 'keep'), `${name}\n`);
    return folder;
  });
  const alive = join(clusters, `cluster-${ownerMark()}-00000009`);
  place(join(alive, 'keep'), 0);
  writeFileSync(join(alive, 'keep'), 'ended\n');
  if (user.uid !== undefined && user.gid !== undefined)
    for (const path of [clusters, ...folders.flatMap((folder) => [folder, join(folder, 'keep')]), alive, join(alive, 'keep')])
      chownSync(path, user.uid, user.gid);
  expect((await keptClusters(stateFolder)).map(({ execution }) => execution).toSorted()).toEqual(['cut', 'ended', 'ended']);
  const swept = await sweepCaches({ stateFolder, cacheFolder, ageMs: dayMs, nowMs, done: new Set(['ended']) });
  expect(swept.removed).toEqual([`removed the database of ended: ${folders[0]}`]);
  expect(folders.map(existsSync)).toEqual([false, true]);
  expect(existsSync(alive)).toBe(true);
});

test('nothing is there', async () => {
  const folder = temporaryFolder();
  expect(await sweepCaches({ stateFolder: join(folder, 'no'), cacheFolder: join(folder, 'nor'), ageMs: dayMs, nowMs, done: new Set() })).toEqual({
    removed: [],
    diagnostics: [],
  });
  expect(readdirSync(folder)).toEqual([]);
});
