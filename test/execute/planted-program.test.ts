import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findPlantedPrograms } from '../../src/execute/planted-program.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'proofplan-planted-'));
  await mkdir(join(folder, 'bin'));
  await writeFile(join(folder, 'bin/ls'), 'of the project, from before');
  await new Promise((wait) => setTimeout(wait, 20));
  await mkdir(join(folder, 'evidence'));
  await new Promise((wait) => setTimeout(wait, 20));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const found = (): readonly string[] => findPlantedPrograms([join(folder, 'bin'), join(folder, 'no-such-folder')], join(folder, 'evidence'));

test('nothing was put there', () => {
  expect(found()).toEqual([]);
});

test('a program in the place of one of the system, whatever its date says', async () => {
  await writeFile(join(folder, 'bin/sh'), '');
  await utimes(join(folder, 'bin/sh'), 0, 0);
  expect(found()).toEqual([join(folder, 'bin/sh')]);
});

test('one that was there and is another now', async () => {
  await writeFile(join(folder, 'bin/ls'), 'another');
  expect(found()).toEqual([join(folder, 'bin/ls')]);
});

test('a program that nobody had takes no place', async () => {
  await writeFile(join(folder, 'bin/a-program-of-the-project'), '');
  expect(found()).toEqual([]);
});
