/** Bad input gets place, fact and next action, and leaves nothing behind. */
import { mkdirSync, readdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { command } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

function folderOfInputs(): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'plan.md'), '# A plan\n\n## 1. Steps\n\n```bash\ntrue\n```\n');
  writeFileSync(join(folder, 'empty.md'), '');
  writeFileSync(join(folder, 'binary.md'), Buffer.from([0x23, 0x00, 0x01]));
  writeFileSync(join(folder, 'latin.md'), Buffer.from([0x23, 0x20, 0xe4, 0x0a]));
  writeFileSync(join(folder, 'prose.md'), '# Thoughts\n\nNothing to do here.\n');
  writeFileSync(join(folder, 'large.md'), '#');
  truncateSync(join(folder, 'large.md'), 40 * 1024 * 1024);
  mkdirSync(join(folder, 'folder'));
  writeFileSync(join(folder, 'folder/inner.md'), '');
  symlinkSync('loop.md', join(folder, 'loop.md'));
  return folder;
}

test.each([
  ['plann.md', 'cli/no-such-file', 'there is no file `plann.md`', 'did you mean `plan.md`?'],
  ['nothing/like/it.md', 'cli/no-such-file', 'there is no file', 'name an existing file, or `-` for standard input'],
  ['plan.md/x.md', 'cli/no-such-file', 'there is no file', 'name an existing file'],
  ['folder', 'cli/not-a-file', '`folder` is a folder', 'such as `folder/inner.md`'],
  ['loop.md', 'cli/unreadable-file', '`loop.md` cannot be read', 'name another file'],
  ['large.md', 'cli/file-too-large', '`large.md` has 41943040 bytes', 'name a plan document'],
  ['empty.md', 'parse/empty-document', 'is empty', 'write at least one step'],
  ['binary.md', 'parse/binary-file', 'is a binary file', 'name a text file'],
  ['latin.md', 'parse/invalid-utf-8', 'is not valid UTF-8', 'save the file as UTF-8'],
  ['prose.md', 'compile/no-step', 'nothing to execute', 'write at least one'],
])('%s', async (path, code, message, help) => {
  const cwd = folderOfInputs();
  const before = readdirSync(cwd);
  // `check` and `run` read the plans of a folder.
  for (const name of path === 'folder' ? ['explain'] : ['check', 'explain', 'run']) {
    const end = await command([name, path], { cwd });
    expect(end.exitCode).toBe(2);
    expect(end.stderr).toContain(`error[${code}]: `);
    expect(end.stderr).toContain(message);
    expect(end.stderr.replace(/\n\s+/g, ' ')).toContain(help);
  }
  expect(readdirSync(cwd)).toEqual(before);
});

test('`-` is standard input, for the plan or the values, not for both', async () => {
  const cwd = temporaryFolder();
  const plan = '# A plan\n\n## 1. Steps\n\n```bash\ntrue\n```\n';
  expect(await command(['check', '-'], { cwd, stdin: plan })).toMatchObject({ exitCode: 0, stderr: '' });
  const both = await command(['run', '-', '--params', '-'], { cwd, stdin: plan });
  expect(both.exitCode).toBe(2);
  expect(both.stderr).toContain('named more than once');
});

test.each([
  [['--set', 'a'], 'has no `=`', '--set a=<value>'],
  [['--set', '1a=x'], '`1a` is no name of a placeholder', '--set name=<value>'],
  [['--set-secret', 'nowhere_set'], 'environment variable `nowhere_set`, which is not set', 'set `nowhere_set`'],
  [['--params', 'none.yaml'], 'there is no file `none.yaml`', 'name an existing file'],
  [['--params', 'list.yaml'], 'does not hold a mapping', 'write `name: value` lines'],
  [['--params', 'nested.yaml'], '`a` is not one plain value', 'write a text'],
  [['--params', 'broken.yaml'], 'parse/yaml', ''],
  [['--attest', 'T1'], 'an attestation needs the name', '--by'],
  [['--by', 'Nobody'], 'nothing is attested', '--attest'],
  [['--only', '9.9'], 'the plan has no step `9.9`', 'name one of these'],
  [['--attest', 'T1', '--by', 'N'], 'the plan has no task `T1`', 'leave --attest out'],
])('run with %j', async (options, message, help) => {
  const cwd = folderOfInputs();
  writeFileSync(join(cwd, 'list.yaml'), '- a\n');
  writeFileSync(join(cwd, 'nested.yaml'), 'a: { b: 1 }\n');
  writeFileSync(join(cwd, 'broken.yaml'), 'a: [\n');
  const end = await command(['run', 'plan.md', ...options], { cwd });
  expect(end.exitCode).toBe(2);
  expect(end.stderr).toContain(message);
  expect(end.stderr.replace(/\n\s+/g, ' ')).toContain(help);
  expect(readdirSync(cwd)).not.toContain('.proofplan');
});
