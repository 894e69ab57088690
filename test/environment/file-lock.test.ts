/** One holder at a time; a dead holder's lock is swept; a living or an unknown one's is waited for. */
import { lstatSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { acquireLock } from '../../src/environment/file-lock.ts';
import { commandOf, ownerMark, ownerState } from '../../src/environment/process-identity.ts';

const folder = mkdtempSync(join(tmpdir(), 'proofplan-lock-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function markOfTheDead(): Promise<string> {
  const child = spawn('/bin/sh', ['-c', 'read x'], { stdio: ['pipe', 'ignore', 'ignore'] });
  await once(child, 'spawn');
  const mark = ownerMark(child.pid);
  expect(ownerState(mark)).toBe('alive');
  child.stdin?.end();
  await once(child, 'exit');
  return mark;
}

test('a mark tells the living from the dead, from a reused number, and from what cannot be seen', async () => {
  expect(ownerState(ownerMark())).toBe('alive');
  expect(ownerState(await markOfTheDead())).toBe('gone');
  const [host, boot, namespace, pid] = ownerMark().split('-');
  expect(ownerState([host, boot, namespace, pid, '1'].join('-'))).toBe('gone');
  expect(ownerState([host, '00000000', namespace, pid, '1'].join('-'))).toBe('gone');
  expect(ownerState(['00000000', boot, namespace, pid, '1'].join('-'))).toBe('unknown');
  expect(ownerState([host, boot, '00000000', pid, '1'].join('-'))).toBe('unknown');
  expect(ownerState('somebody')).toBe('unknown');
});

test('the command line of a process, and of none', async () => {
  expect(commandOf(process.pid)).toContain('node');
  const mark = await markOfTheDead();
  expect(commandOf(Number(mark.split('-')[3]))).toBeUndefined();
});

test('a second holder waits until the first lets go', async () => {
  const path = join(folder, 'shared');
  const first = await acquireLock(path, { timeoutMs: 1_000 });
  let told = 0;
  let second = false;
  const waiting = acquireLock(path, {
    timeoutMs: 10_000,
    waiting: () => {
      told += 1;
    },
  }).then((lock) => {
    second = true;
    return lock;
  });
  await new Promise((resolve) => {
    setTimeout(resolve, 250);
  });
  expect([told, second, await first?.held()]).toEqual([1, false, true]);
  await first?.release();
  const lock = await waiting;
  expect(await lock?.held()).toBe(true);
  await lock?.release();
  expect(() => lstatSync(path)).toThrow('ENOENT');
});

test('many at once: never two inside', async () => {
  const path = join(folder, 'crowd');
  symlinkSync(await markOfTheDead(), path);
  let inside = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      const lock = await acquireLock(path, { timeoutMs: 20_000 });
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => {
        setTimeout(resolve, 5);
      });
      inside -= 1;
      await lock?.release();
    }),
  );
  expect(most).toBe(1);
});

test('a dead holder is swept, an unknown one is waited for until the time limit or an abort', async () => {
  const path = join(folder, 'left');
  symlinkSync(await markOfTheDead(), path);
  const lock = await acquireLock(path, { timeoutMs: 1_000 });
  expect(await lock?.held()).toBe(true);
  await lock?.release();
  symlinkSync('another-machine-entirely-1-1', path);
  expect(await acquireLock(path, { timeoutMs: 150 })).toBeUndefined();
  expect(await acquireLock(path, { timeoutMs: 60_000, signal: AbortSignal.abort() })).toBeUndefined();
  writeFileSync(join(folder, 'file'), '');
  await expect(acquireLock(join(folder, 'file', 'lock'), { timeoutMs: 100 })).rejects.toThrow('ENOTDIR');
});
