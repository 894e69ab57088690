import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { command } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const plan = '# Rollout\n\n## 1. Image\n\n```bash\n./bin/image --tag 010\n```\n\n**Expected:** stdout contains "yes"\n';

test.each(['v2', 'v4'])('run-proof-%s: YAML on stdout, and it compiles', async (name) => {
  const converted = await command(['convert', `plans/run-proof-${name}.md`]);
  expect(converted.exitCode).toBe(0);
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'p.plan.yaml'), converted.stdout);
  const checked = await command(['check', '--json', 'p.plan.yaml'], { cwd });
  expect(checked.exitCode, checked.stderr).toBe(0);
  const markdown = JSON.parse((await command(['check', '--json', `plans/run-proof-${name}.md`])).stdout) as { readonly counts: object };
  expect((JSON.parse(checked.stdout) as { readonly counts: object }).counts).toEqual({ ...markdown.counts, blocks: 0 });
});

test('-o writes a file, once; --force writes it again', async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'rollout.md'), plan);
  expect(await command(['convert', 'rollout.md', '-o', 'rollout.plan.yaml'], { cwd })).toEqual({
    exitCode: 0,
    stdout: 'rollout.plan.yaml written: it compiles to the same plan as rollout.md\n',
    stderr: '',
  });
  const written = readFileSync(join(cwd, 'rollout.plan.yaml'), 'utf8');
  expect(written).toContain('run: ./bin/image --tag 010');
  writeFileSync(join(cwd, 'rollout.plan.yaml'), 'mine');
  const again = await command(['convert', 'rollout.md', '-o', 'rollout.plan.yaml'], { cwd });
  expect(again).toMatchObject({ exitCode: 2, stdout: '' });
  expect(again.stderr).toContain('error[cli/file-exists]: `rollout.plan.yaml` is already there and is not overwritten');
  expect(readFileSync(join(cwd, 'rollout.plan.yaml'), 'utf8')).toBe('mine');
  expect((await command(['convert', 'rollout.md', '-o', 'rollout.plan.yaml', '--force'], { cwd })).exitCode).toBe(0);
  expect(readFileSync(join(cwd, 'rollout.plan.yaml'), 'utf8')).toBe(written);
});

test('a folder that is not there is no place for a file', async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'rollout.md'), plan);
  const ended = await command(['convert', 'rollout.md', '-o', 'nowhere/x.plan.yaml'], { cwd });
  expect(ended).toMatchObject({ exitCode: 2, stdout: '' });
  expect(ended.stderr).toContain('error[cli/unwritable-file]');
});

test('a document that does not compile is not converted: its errors, and nothing on stdout', async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'half.md'), `${plan}\n**Expected:** it all looks fine\n`);
  const ended = await command(['convert', 'half.md', '-o', 'half.plan.yaml'], { cwd });
  expect(ended).toMatchObject({ exitCode: 2, stdout: '' });
  expect(ended.stderr).toContain('error[compile/unclear-expectation]');
  expect(existsSync(join(cwd, 'half.plan.yaml'))).toBe(false);
});

test('standard input is read; a YAML plan, a missing file and a misspelt option are refused', async () => {
  const piped = await command(['convert', '-'], { stdin: plan, cwd: temporaryFolder() });
  expect(piped).toMatchObject({ exitCode: 0, stderr: '' });
  expect(piped.stdout).toContain('title: Rollout');
  for (const [argv, said] of [
    [['x.plan.yaml'], 'is a YAML plan already'],
    [['nowhere.md'], 'there is no file'],
    [['a.md', '--fource'], 'did you mean `--force`?'],
  ] as const) {
    const ended = await command(['convert', ...argv], { cwd: temporaryFolder() });
    expect(ended).toMatchObject({ exitCode: 2, stdout: '' });
    expect(ended.stderr).toContain(said);
  }
});
