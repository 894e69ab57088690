import { mkdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createExecutionFolder, type ExecutionFolder, settleLatest } from '../../src/journal/execution-folder.ts';
import { scratch } from './scratch.ts';

const older = '2020-01-01T00-00-00Z-aaaaaa';
const newer = '2100-01-01T00-00-00Z-aaaaaa';

function begin(): ExecutionFolder {
  const made = createExecutionFolder(join(scratch(), 'out'), () => Date.UTC(2026, 1, 9));
  if (made.value === undefined) throw new Error('no folder');
  for (const name of [older, newer]) mkdirSync(join(made.value.output, 'executions', name));
  return made.value;
}

function turn({ output }: ExecutionFolder, target: string): void {
  rmSync(join(output, 'latest'));
  symlinkSync(target, join(output, 'latest'));
}

const registered = (name: string) => (execution: string) => Promise.resolve(execution === name);
const targetOf = ({ output }: ExecutionFolder): string => readlinkSync(join(output, 'latest'));

test('as it was', async () => {
  const folder = begin();
  expect(await settleLatest(folder, registered(older))).toEqual([]);
  expect(targetOf(folder)).toBe(`executions/${folder.execution}`);
});

test('an execution that began later has taken it', async () => {
  const folder = begin();
  turn(folder, `executions/${newer}`);
  expect(await settleLatest(folder, registered(newer))).toEqual([]);
  expect(targetOf(folder)).toBe(`executions/${newer}`);
});

test.each([
  ['an older execution', `executions/${older}`, older],
  ['a later one that nobody registered', `executions/${newer}`, older],
  ['a folder elsewhere', '/tmp', older],
  ['a folder elsewhere with the name of a registered one', `/tmp/${newer}`, newer],
  ['nothing', 'executions/nowhere', older],
])('it leads to %s: set again, and told', async (_, target, known) => {
  const folder = begin();
  turn(folder, target);
  expect(await settleLatest(folder, registered(known))).toMatchObject([
    { severity: 'warning', code: 'journal/latest-turned', message: expect.stringContaining(`led to \`${target}\``) },
  ]);
  expect(targetOf(folder)).toBe(`executions/${folder.execution}`);
});

test('it was removed, or is a file: told; a file is not taken away', async () => {
  const folder = begin();
  rmSync(join(folder.output, 'latest'));
  expect(await settleLatest(folder, registered(older))).toMatchObject([
    { code: 'journal/latest-turned', message: expect.stringContaining('was no link any more') },
  ]);
  expect(targetOf(folder)).toBe(`executions/${folder.execution}`);
  rmSync(join(folder.output, 'latest'));
  writeFileSync(join(folder.output, 'latest'), 'mine');
  expect(await settleLatest(folder, registered(older))).toMatchObject([{ severity: 'warning', code: 'journal/latest-not-updated' }]);
});
