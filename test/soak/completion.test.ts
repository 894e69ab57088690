/** Completion in shells that not every machine has. fish gives names with a line feed in pieces, which is no name and harmless. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { need } from '../support/machine-need.ts';
import { hostileNames, typeLines } from '../support/shell-completion.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test.for(['zsh', 'fish'] as const)('in a real %s, names of files reach the program as they are, and nothing in them is executed', async (shell, context) => {
  need(context, shell);
  const cwd = temporaryFolder();
  const names = hostileNames.filter((name) => shell !== 'fish' || !name.includes('\n'));
  for (const name of [...hostileNames, 'other.txt']) writeFileSync(join(cwd, name), '');
  mkdirSync(join(cwd, 'some folder'));
  writeFileSync(join(cwd, 'some folder/in side.plan.yaml'), '');
  const before = readdirSync(cwd).toSorted();
  const beginnings = ['my', 'qu', 'dq', '\\$\\(', '\\`', 'sem', ...(shell === 'fish' ? [] : ['new']), 'ba', 'star', '\\#', '\\{', 'e', 'a', 'z'];
  const lines = [
    ...beginnings.map((text) => `proofplan check ${text}\t`),
    'proofplan check some\\ f\tin\t',
    'proofplan audit ver\t',
    'proofplan guard --capability=w\t',
  ];
  const { given, shown } = await typeLines(shell, cwd, lines);
  expect(
    given.map((words) => words.filter((word) => word !== '')),
    shown,
  ).toEqual([...names.map((name) => ['check', name]), ['check', 'some folder/in side.plan.yaml'], ['audit', 'verify'], ['guard', '--capability=write']]);
  expect(readdirSync(cwd).toSorted()).toEqual(before);
});
