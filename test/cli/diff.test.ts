import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { displayWidth } from '../../src/report/display-width.ts';
import type { Diff } from '../../src/review/diff-data.ts';
import { command, root } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const seeds = ['plans/run-proof-v2.md', 'plans/run-proof-v4.md'] as const;
const plan = '# A plan\n\n## 1. Rows\n\n```sql\nSELECT count(*) AS n FROM runs;\n```\n\n**Expected:** `n >= 3`\n';

function folderWith(files: Readonly<Record<string, string>>): string {
  const cwd = temporaryFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  return cwd;
}

test('for people: 80 columns, weaker first, exit code 0', async () => {
  const end = await command(['diff', ...seeds]);
  expect(end).toMatchObject({ exitCode: 0, stderr: '' });
  const lines = end.stdout.trimEnd().split('\n');
  expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(80);
  expect(lines.indexOf('weaker')).toBeLessThan(lines.indexOf('unclear'));
  expect(end.stdout).toContain('Execute from `backend/`:');
  expect(end.stdout).toContain('has 1 warning');
});

test('--json: by its schema, and nothing else on stdout', async () => {
  const end = await command(['diff', '--json', ...seeds]);
  const diff = JSON.parse(end.stdout) as Diff;
  const validate = new Ajv({ strict: false }).compile(JSON.parse(readFileSync(join(root, 'schemas/diff.schema.json'), 'utf8')));
  expect(validate(diff) ? [] : validate.errors).toEqual([]);
  expect(diff.old.addendum?.path).toBe('plans/run-proof-v2.addendum.yaml');
  expect(Object.values(diff.counts).reduce((a, b) => a + b)).toBe(diff.changes.length);
});

test('--markdown: a heading, diff blocks, the harmless folded', async () => {
  const end = await command(['diff', '--markdown', ...seeds]);
  expect(end.stdout).toMatch(/^### `plans\/run-proof-v2\.md` → `plans\/run-proof-v4\.md`\n/);
  expect(end.stdout).toContain('```diff\n- 95: Execute from');
});

test('--fail-on-weaker: 1 for weaker, 1 for unclear, 0 for stronger and for the same', async () => {
  const cwd = folderWith({
    'a.md': plan,
    'weaker.md': plan.replace('>= 3', '>= 2'),
    'stronger.md': plan.replace('>= 3', '>= 4'),
    'unclear.md': plan.replace('FROM runs', 'FROM old_runs'),
  });
  const ends = ['weaker.md', 'unclear.md', 'stronger.md', 'a.md'].map((name) => command(['diff', '--fail-on-weaker', 'a.md', name], { cwd }));
  expect((await Promise.all(ends)).map((end) => end.exitCode)).toEqual([1, 1, 0, 0]);
  expect((await ends[0])?.stderr).toContain('weaker: expectation changed: claim (1)');
  expect((await command(['diff', 'a.md', 'weaker.md'], { cwd })).exitCode).toBe(0);
});

test('the same plan: no difference; from standard input, too', async () => {
  const cwd = folderWith({ 'a.md': plan });
  const end = await command(['diff', 'a.md', '-'], { cwd, stdin: plan });
  expect(end).toMatchObject({ exitCode: 0, stdout: 'a.md → <stdin>: no difference in meaning\n' });
});

test('plans with errors are compared as far as they were read, and that is told', async () => {
  const cwd = folderWith({ 'a.md': plan, 'b.md': plan.replace('`n >= 3`', 'the number looks right') });
  const end = await command(['diff', 'a.md', 'b.md'], { cwd });
  expect(end.exitCode).toBe(0);
  expect(end.stdout).toMatch(/b\.md has 1 error and is compared as far as it was read/);
});

test('what cannot be read, or is asked for twice, is misuse', async () => {
  const cwd = folderWith({ 'a.md': plan, 'bad.md': 'a\u0000b' });
  expect(await command(['diff', 'a.md', 'none.md'], { cwd })).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('cli/no-such-file') });
  expect(await command(['diff', 'a.md', 'bad.md'], { cwd })).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('parse/binary-file') });
  expect(await command(['diff', '-', '-'], { cwd })).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('named twice') });
  expect(await command(['diff', '--json', '--markdown', 'a.md', 'a.md'], { cwd })).toMatchObject({ exitCode: 2, stdout: '' });
});

test('--help shows an example that works', async () => {
  const { stdout } = await command(['diff', '--help']);
  const [, line = ''] = /\$ proofplan (diff plans.*)/.exec(stdout) ?? [];
  expect((await command(line.split(' '))).exitCode).toBe(0);
  expect(Math.max(...stdout.split('\n').map((each) => each.length))).toBeLessThanOrEqual(80);
});
