/** Programs on a PATH: real files in folders made here. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { findProgram, findPrograms } from '../../src/environment/program-path.ts';

const base = mkdtempSync(join(tmpdir(), 'proofplan-path-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));
const [first, second] = ['first', 'second'].map((name) => join(base, name)) as [string, string];
for (const folder of [first, second, join(first, 'tool')]) mkdirSync(folder, { recursive: true });
writeFileSync(join(first, 'text'), 'not a program');
for (const path of [
  join(second, 'tool'),
  join(second, 'text'),
  join(second, 'python3.9'),
  join(second, 'python3.12'),
  join(second, 'python3.12-config'),
  join(first, 'python3.10'),
])
  writeFileSync(path, '#!/bin/sh\n', { mode: 0o755 });
chmodSync(join(first, 'text'), 0o644);
symlinkSync(join(base, 'nowhere'), join(first, 'python3.11'));

test('a folder, a file that cannot run and a broken link are passed over', async () => {
  expect(await findProgram('tool', `${first}:${second}`)).toBe(join(second, 'tool'));
  expect(await findProgram('text', `${first}:${second}`)).toBe(join(second, 'text'));
  expect(await findProgram('absent', `${first}:${second}`)).toBeUndefined();
});

test('an empty or relative entry never means the working directory', async () => {
  expect(await findProgram('package.json', ':.:')).toBeUndefined();
  expect(await findPrograms(/./, ':.:test')).toEqual([]);
});

test('by pattern: the whole name, in the order of the PATH', async () => {
  expect(await findPrograms(/^python3\.\d+$/, `${first}:${second}:${first}:${join(base, 'absent')}`)).toEqual([
    join(first, 'python3.10'),
    join(second, 'python3.12'),
    join(second, 'python3.9'),
  ]);
});
