import { appendFileSync, chmodSync, copyFileSync, cpSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { changedRunnerFiles, markRunnerFiles } from '../../src/execute/runner-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

function program(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'dist/chunk'), { recursive: true });
  writeFileSync(join(folder, 'dist/proofplan.js'), 'export const judged = "failed";\n');
  writeFileSync(join(folder, 'dist/chunk/verdict.js'), 'export const verdict = 1;\n');
  writeFileSync(join(folder, 'server'), Buffer.alloc(5_000, 1));
  writeFileSync(join(folder, 'package.json'), '{}\n');
  return folder;
}

const pathsOf = (folder: string): readonly string[] => [join(folder, 'dist'), join(folder, 'package.json'), join(folder, 'server')];

test.each<readonly [string, (folder: string) => void, string]>([
  ['edited', (folder) => appendFileSync(join(folder, 'dist/chunk/verdict.js'), '//\n'), 'dist/chunk/verdict.js'],
  [
    'edited, with its times and its length as they were',
    (folder) => {
      const path = join(folder, 'dist/proofplan.js');
      writeFileSync(path, 'export const judged = "passed";\n');
      utimesSync(path, 1, 1);
    },
    'dist/proofplan.js',
  ],
  ['removed', (folder) => rmSync(join(folder, 'package.json')), 'package.json'],
  ['made', (folder) => writeFileSync(join(folder, 'dist/chunk/more.js'), ''), 'dist/chunk/more.js'],
  ['a binary that was written to', (folder) => appendFileSync(join(folder, 'server'), 'x'), 'server'],
  ['a folder in the place of the program', (folder) => renameSync(join(folder, 'dist'), join(folder, 'old')), 'dist/proofplan.js'],
])('%s: told, with its path', (_, act, path) => {
  const folder = program();
  const before = markRunnerFiles(pathsOf(folder));
  act(folder);
  const [found, ...others] = changedRunnerFiles(pathsOf(folder), before);
  expect(others).toEqual([]);
  expect(found).toMatchObject({ severity: 'error', code: 'execute/runner-changed' });
  expect(found?.message).toContain(path);
});

test.each<readonly [string, (folder: string) => void]>([
  ['nothing', () => undefined],
  [
    'built again with the same content',
    (folder) => {
      cpSync(join(folder, 'dist'), join(folder, 'fresh'), { recursive: true });
      renameSync(join(folder, 'dist'), join(folder, 'old'));
      renameSync(join(folder, 'fresh'), join(folder, 'dist'));
    },
  ],
  ['its mode', (folder) => chmodSync(join(folder, 'dist/proofplan.js'), 0o755)],
  ['a link beside it', (folder) => symlinkSync('proofplan.js', join(folder, 'dist/alias'))],
  ['a copy elsewhere', (folder) => copyFileSync(join(folder, 'dist/proofplan.js'), join(folder, 'copy.js'))],
])('%s is no change', (_, act) => {
  const folder = program();
  const before = markRunnerFiles(pathsOf(folder));
  act(folder);
  expect(changedRunnerFiles(pathsOf(folder), before)).toEqual([]);
});

test('what is not there is nothing, and never thrown', () => {
  expect(changedRunnerFiles(['/nowhere/at-all'], markRunnerFiles(['/nowhere/at-all']))).toEqual([]);
});
