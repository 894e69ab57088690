import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { displayWidth } from '../../src/report/display-width.ts';
import type { Explanation } from '../../src/review/explanation.ts';
import { command, root } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test.each(['v2', 'v4'])('run-proof-%s: every block, by the schema, none unclaimed', async (name) => {
  const end = await command(['explain', '--json', `plans/run-proof-${name}.md`]);
  expect(end.exitCode).toBe(0);
  const explanation = JSON.parse(end.stdout) as Explanation;
  const validate = new Ajv({ strict: false }).compile(JSON.parse(readFileSync(join(root, 'schemas/explain.schema.json'), 'utf8')));
  expect(validate(explanation) ? [] : validate.errors).toEqual([]);
  expect(explanation.counts).toMatchObject({ total: explanation.blocks.length, accounted: explanation.blocks.length, unclaimed: 0 });
  expect(explanation.placeholders.filter((each) => each.suppliedBy === null)).toEqual([]);
});

test('for people: 80 columns, line numbers, the account at the end', async () => {
  const end = await command(['explain', 'plans/run-proof-v4.md']);
  const lines = end.stdout.trimEnd().split('\n');
  expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(80);
  expect(end.stdout).toMatch(/^ 47 {2}step /m);
  expect(end.stdout).toContain('production path: may write runs');
  expect(end.stdout).toContain('given by the runner: DATABASE_URL');
  expect(end.stdout).toContain('implied: exit code is 0');
  expect(lines.at(-1)).toMatch(/^(\d+) of \1 blocks accounted for/);
});

test('a code: what it means, why it matters, both forms of an example', async () => {
  const end = await command(['explain', 'compile/vacuous-claim']);
  expect(end).toMatchObject({
    exitCode: 0,
    stderr: '',
    stdout: expect.stringMatching(/^compile\/vacuous-claim: nothing could make a claim fail\n\nwhy it matters\n/),
  });
  expect(end.stdout).toContain('- │ **Expected:** at least 0 rows');
  expect(end.stdout).toContain('+ │ **Expected:** at least 1 row');
  expect(JSON.parse((await command(['explain', '--json', 'parse/invalid-utf-8'])).stdout)).toMatchObject({
    schemaVersion: 1,
    code: 'parse/invalid-utf-8',
    bad: [{ name: 'plan.md' }],
  });
});

test.each([
  ['error[compile/no-step]', 'compile/no-step'],
  ['warning[parse/damaged-text]:', 'parse/damaged-text'],
  ['no-step', 'compile/no-step'],
])('a code as people copy it: %s', async (written, code) => {
  expect((await command(['explain', written])).stdout).toMatch(new RegExp(`^${code}: `));
});

test.each([
  ['parse/invalid-utf', 'did you mean `parse/invalid-utf-8`?'],
  ['compile/damaged-text', 'did you mean `parse/damaged-text`?'],
  ['report/zzzzzzzzzzzz', 'codes of this floor: `report/live-not-written`'],
  ['other/zzzzzzzzzzzz', 'copy the code from a message'],
])('a code that is none: %s', async (code, help) => {
  const unknown = await command(['explain', code]);
  expect(unknown).toMatchObject({ exitCode: 2, stdout: '' });
  expect(unknown.stderr).toContain(help);
});

test('a file goes before a code of the same name', async () => {
  const cwd = temporaryFolder();
  mkdirSync(join(cwd, 'compile'));
  writeFileSync(join(cwd, 'compile/no-step'), '# A file\n\n```bash\ntrue\n```\n');
  expect((await command(['explain', 'compile/no-step'], { cwd })).stdout).toMatch(/^compile\/no-step: A file\n/);
});

test('a plan that does not compile is explained as far as it was read', async () => {
  const end = await command(['explain', '-'], { stdin: '# Thoughts\n\nA sentence.\n' });
  expect(end.exitCode).toBe(2);
  expect(end.stdout).toContain('  3  narrative     A sentence.');
  expect(end.stderr).toContain('error[compile/no-step]');
});
