/** What an author reads in five seconds of a plan as people write it: the last message, the reason, and a next command that works. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { command } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const step = (code: string, ...below: readonly string[]): string => ['# Release', '', '## 1. Build', '', '```bash', code, '```', '', ...below, ''].join('\n');

test('a program that is not there: the cause stands last, with its own finding, and what follows from it above', async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'p.md'), step('no-such-tool --version', '**Expected:** exit code is 0 and `version == 3`.', '', '**Record:** `version`'));
  const { stdout, stderr, exitCode } = await command(['run', 'p.md', '--out', "the client's out"], { cwd });
  expect(exitCode).toBe(1);
  expect([...stderr.matchAll(/^failed\[.*\]: (.*)$/gm)].map((match) => match[1])).toEqual([
    'step 1.1 did not show `version`',
    '`version == 3` does not hold: `version` has no value',
    '`exit code is 0` does not hold: exit code 127',
  ]);
  // Both claims stand in one sentence: what is told below the frame is that of the message.
  expect(stderr).toContain('= note: the shell found no program of that name\n\n  expected  exit code is 0 (line 9)\n  actual    exit code 127 (journal');
  // Nothing is to be changed about what a program prints that never ran.
  expect(stderr).not.toContain('let the step print');
  expect(stdout).toContain('\n  step 1.1: `exit code is 0` does not hold: exit code 127\n');
  const next = /^next {4}proofplan (show .*)$/m.exec(stdout)?.[1] ?? '';
  const words = execFileSync('bash', ['-c', String.raw`printf '%s\n' ${next}`], { encoding: 'utf8' })
    .trimEnd()
    .split('\n');
  expect((await command(words, { cwd })).stdout).toContain('failed: completed');
});

test('what was said when the plan was read is not said again; without progress no empty line is the first', async () => {
  const cwd = temporaryFolder();
  writeFileSync(
    join(cwd, 'p.md'),
    step('echo ok', '**Expected:** output contains `ok`.', '', '## Acceptance criteria', '', '- The backup is fine.', '- So is the moon.'),
  );
  const { stderr, exitCode } = await command(['run', 'p.md'], { cwd });
  expect(exitCode).toBe(4);
  // Twice when it was read, and once because it decided.
  expect([...stderr.matchAll(/^warning\[(.*)\]/gm)].map((match) => match[1])).toEqual([
    'compile/unwitnessed-clause',
    'compile/unwitnessed-clause',
    'execute/criterion-unproven',
  ]);
  expect((await command(['run', 'p.md', '--set', 'no=1'], { cwd })).stderr).toMatch(/^warning/);
});

test('a name of a file is never a line of its own', async () => {
  const cwd = temporaryFolder();
  const name = 'a\nb.md compiles: 9 steps\u001b[2J.md';
  writeFileSync(join(cwd, name), step('true'));
  for (const argv of [
    ['check', '.'],
    ['lock', '.'],
    ['lock', '--check', '.'],
    ['run', '.', '--quiet'],
  ]) {
    const { stdout, stderr } = await command(argv, { cwd });
    for (const text of [stdout, stderr]) expect(text).not.toMatch(/^b\.md|\u001b/m);
  }
});
