import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import type { Lock } from '../../src/review/lock.ts';
import { command, root, startProgram, type CommandEnd } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const plan = '# A plan\n\n**Policy:** Stop on failure and report evidence.\n\n## 1. Steps\n\n```bash\necho hello\n```\n\nExpected: output contains "hello"\n';

function workspace(text = plan): string {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'p.md'), text);
  return cwd;
}

const lockIn = (cwd: string): Lock => JSON.parse(readFileSync(join(cwd, 'p.lock'), 'utf8')) as Lock;
const run = (cwd: string): Promise<CommandEnd> => command(['run', '--locked', '--quiet', 'p.md'], { cwd });

/** Refused: exit code 2, nothing was executed, and the message says what and what to do. */
async function expectRefusal(cwd: string, code: string, ...said: readonly string[]): Promise<void> {
  const end = await run(cwd);
  expect(end.exitCode).toBe(2);
  expect(end.stderr).toContain(`error[${code}]`);
  for (const each of said) expect(end.stderr.replace(/\s+/g, ' ')).toContain(each);
  expect(existsSync(join(cwd, '.proofplan'))).toBe(false);
  expect((await command(['lock', '--check', 'p.md'], { cwd })).exitCode).toBe(2);
}

test('a lock is written by its schema, in one form, and holds', async () => {
  const cwd = workspace();
  const end = await command(['lock', 'p.md'], { cwd });
  expect(end).toEqual({ exitCode: 0, stdout: expect.stringMatching(/^p\.lock written: 1 step, 2 expectations, 1 policy\n$/), stderr: '' });
  const text = readFileSync(join(cwd, 'p.lock'), 'utf8');
  expect(text).toBe(`${JSON.stringify(JSON.parse(text), undefined, 2)}\n`);
  expect(Object.keys(lockIn(cwd))).toEqual(['schemaVersion', 'plan', 'addendum', 'reading', 'counts', 'tool']);
  const validate = new Ajv({ strict: false }).compile(JSON.parse(readFileSync(join(root, 'schemas/lock.schema.json'), 'utf8')));
  expect(validate(lockIn(cwd)) ? [] : validate.errors).toEqual([]);
  expect(await command(['lock', '--check', 'p.md'], { cwd })).toEqual({ exitCode: 0, stdout: 'p.lock holds\n', stderr: '' });
  expect((await command(['lock', 'p.md'], { cwd })).stdout).toBe('p.lock holds already\n');
  expect(readFileSync(join(cwd, 'p.lock'), 'utf8')).toBe(text);
  expect(readdirSync(cwd).toSorted()).toEqual(['p.lock', 'p.md']);
});

test('what is locked is executed, and its record has the same reading', async () => {
  const cwd = workspace();
  await command(['lock', 'p.md'], { cwd });
  expect((await run(cwd)).exitCode).toBe(0);
  const verdict = JSON.parse(readFileSync(join(cwd, '.proofplan/latest/verdict.json'), 'utf8')) as { plan: { readingSha256: string } };
  expect(verdict.plan.readingSha256).toBe(lockIn(cwd).reading.sha256);
});

test('it does not depend on the folder, on how the plan is named, or on where blank lines stand', async () => {
  const [one, two] = [workspace(), workspace(plan.replaceAll('\n\n', '\n\n\n'))];
  await command(['lock', 'p.md'], { cwd: one });
  await command(['lock', join(two, 'p.md')], { cwd: one });
  expect(lockIn(two).reading).toEqual(lockIn(one).reading);
  const elsewhere = join(temporaryFolder(), 'deep');
  mkdirSync(elsewhere);
  cpSync(one, elsewhere, { recursive: true });
  expect((await command(['lock', '--check', join(elsewhere, 'p.md')], { cwd: one })).exitCode).toBe(0);
});

test('no lock: nothing is executed', async () => {
  await expectRefusal(workspace(), 'cli/no-lock', 'there is no `p.lock`', 'proofplan lock p.md');
});

test.each([
  ['an operator', 'contains "hello"', 'contains "hell"', 'it is read differently'],
  ['a policy', 'Stop on failure and report evidence.', 'Stop on failure.', 'it is read differently'],
  ['an expectation less', '\nExpected: output contains "hello"\n', '', 'expectations: 2 when it was locked, 1 now'],
  ['a blank line', '\n\n## 1.', '\n\n\n## 1.', 'the reading is the same'],
  ['the command', 'echo hello', 'echo hello there', 'the document was edited'],
])('%s was edited after the lock', async (_name, from, to, said) => {
  const cwd = workspace();
  await command(['lock', 'p.md'], { cwd });
  expect(plan).toContain(from);
  writeFileSync(join(cwd, 'p.md'), plan.replace(from, to));
  await expectRefusal(cwd, 'cli/stale-lock', 'the document was edited', said);
});

test('an addendum that appears, changes or goes', async () => {
  const cwd = workspace();
  const addendum = (timeoutMs: number): void => writeFileSync(join(cwd, 'p.addendum.yaml'), `plan: p.md\ndefaults:\n  shell: { timeoutMs: ${timeoutMs} }\n`);
  await command(['lock', 'p.md'], { cwd });
  addendum(5000);
  await expectRefusal(cwd, 'cli/stale-lock', 'an addendum was added', 'it is read differently');
  await command(['lock', 'p.md'], { cwd });
  expect((await command(['lock', '--check', 'p.md'], { cwd })).exitCode).toBe(0);
  addendum(6000);
  await expectRefusal(cwd, 'cli/stale-lock', 'the addendum was edited');
});

test('the same files, read by another program or under another baseline', async () => {
  const cwd = workspace();
  await command(['lock', 'p.md'], { cwd });
  const lock = lockIn(cwd);
  writeFileSync(join(cwd, 'p.lock'), JSON.stringify({ ...lock, tool: 'proofplan 9.9.9', reading: { ...lock.reading, sha256: 'ab'.repeat(32) } }));
  await expectRefusal(cwd, 'cli/stale-lock', 'the files are the same and are read differently: locked by proofplan 9.9.9');
  writeFileSync(join(cwd, 'p.lock'), JSON.stringify({ ...lock, reading: { ...lock.reading, version: lock.reading.version + 1 } }));
  await expectRefusal(cwd, 'cli/stale-lock', `in format ${lock.reading.version + 1}`);
  writeFileSync(join(cwd, 'p.lock'), JSON.stringify(lock));
  writeFileSync(
    join(cwd, 'proofplan.config.yaml'),
    'default: here\nenvironments: { here: { workspace: ., database: embedded } }\npolicies: [No SQLite fallback.]\n',
  );
  await expectRefusal(cwd, 'cli/stale-lock', 'policies: 1 when it was locked, 2 now');
});

test("another plan's lock is none", async () => {
  const cwd = workspace();
  await command(['lock', 'p.md'], { cwd });
  const lock = lockIn(cwd);
  writeFileSync(join(cwd, 'p.lock'), JSON.stringify({ ...lock, plan: { ...lock.plan, file: 'q.md' } }));
  await expectRefusal(cwd, 'cli/stale-lock', 'the lock is of `q.md`');
});

test.each(['', '{', '[]', '{"schemaVersion":1}', '# yarn lockfile v1\n', '{"schemaVersion":2}', '\ufffd'])(
  'a file of that name that is no lock (%j) is neither believed nor written over',
  async (text) => {
    const cwd = workspace();
    writeFileSync(join(cwd, 'p.lock'), text);
    await expectRefusal(cwd, 'cli/lock-unusable', 'is not a lock');
    expect(await command(['lock', 'p.md'], { cwd })).toMatchObject({ exitCode: 2, stdout: '' });
    expect(readFileSync(join(cwd, 'p.lock'), 'utf8')).toBe(text);
  },
);

test('a plan with errors is not locked; of several plans the others are', async () => {
  const cwd = workspace();
  writeFileSync(join(cwd, 'bad.md'), '# Thoughts\n\nNothing.\n');
  const end = await command(['lock', 'bad.md', 'p.md'], { cwd });
  expect(end.exitCode).toBe(2);
  expect(end.stdout).toContain('bad.md does not compile: no lock was written');
  expect(readdirSync(cwd).toSorted()).toEqual(['bad.md', 'p.lock', 'p.md']);
});

test('a folder and a pattern stand for their plans; one that is not locked is named', async () => {
  const cwd = temporaryFolder();
  mkdirSync(join(cwd, 'plans/deep'), { recursive: true });
  for (const name of ['a.md', 'b.md', 'deep/c.md']) writeFileSync(join(cwd, 'plans', name), plan);
  expect((await command(['lock', 'plans/*.md'], { cwd })).stdout).toMatch(/^plans\/a\.lock written.*\nplans\/b\.lock written.*\n$/);
  const check = await command(['lock', '--check', 'plans'], { cwd });
  expect(check).toMatchObject({ exitCode: 2, stdout: 'plans/a.lock holds\nplans/b.lock holds\n' });
  expect(check.stderr).toContain('`plans/deep/c.md` has no lock');
  await command(['lock', 'plans'], { cwd });
  expect(await command(['lock', '--check', 'plans', 'plans/a.md'], { cwd })).toMatchObject({ exitCode: 0, stderr: '' });
  writeFileSync(join(cwd, 'plans/b.addendum.yaml'), 'plan: b.md\ndefaults:\n  shell: { timeoutMs: 5000 }\n');
  const stale = await command(['lock', '--check', 'plans'], { cwd });
  expect(stale).toMatchObject({ exitCode: 2, stdout: 'plans/a.lock holds\nplans/deep/c.lock holds\n' });
  expect(stale.stderr).toContain('an addendum was added');
  expect((await command(['lock', '--check', 'none'], { cwd })).exitCode).toBe(2);
});

test('of several plans, one that was edited after its lock keeps all from running, and each problem is said', async () => {
  const cwd = workspace();
  writeFileSync(join(cwd, 'q.md'), plan);
  await command(['lock', 'p.md', 'q.md'], { cwd });
  // Several plans are executed each in a process of its own, for which there must be a program.
  expect((await startProgram(['run', '--locked', '--quiet', 'p.md', 'q.md'], { cwd }).ended).exitCode).toBe(0);
  rmSync(join(cwd, '.proofplan'), { recursive: true });
  writeFileSync(join(cwd, 'q.md'), plan.replace('contains "hello"', 'contains "hell"'));
  writeFileSync(join(cwd, 'r.md'), plan);
  const end = await command(['run', '--locked', '--quiet', 'p.md', 'q.md', 'r.md'], { cwd });
  expect(end.exitCode).toBe(2);
  expect(end.stderr).toContain('`q.md` is not what `q.lock` holds');
  expect(end.stderr).toContain('`r.md` has no lock');
  expect(existsSync(join(cwd, '.proofplan'))).toBe(false);
});

test('a configuration that takes a policy of the baseline away is caught; where a plan runs is no part of its reading', async () => {
  const cwd = workspace();
  const configure = (policies: string, workspaceFolder = '.'): void =>
    writeFileSync(
      join(cwd, 'proofplan.config.yaml'),
      `default: here\nenvironments: { here: { workspace: ${workspaceFolder}, database: embedded } }\npolicies: [${policies}]\n`,
    );
  configure('No SQLite fallback.');
  await command(['lock', 'p.md'], { cwd });
  configure('No SQLite fallback.', '..');
  expect((await command(['lock', '--check', 'p.md'], { cwd })).exitCode).toBe(0);
  configure('');
  await expectRefusal(cwd, 'cli/stale-lock', 'the files are the same and are read differently: the configuration has other `policies`');
});

test('standard input has no lock', async () => {
  expect(await command(['lock', '-'], { stdin: plan })).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('name the plan as a file') });
  expect(await command(['run', '--locked', '-'], { stdin: plan, cwd: temporaryFolder() })).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('cli/no-lock'),
  });
});

test('one plan without a lock keeps all plans of the command from running', async () => {
  const cwd = workspace();
  await command(['lock', 'p.md'], { cwd });
  writeFileSync(join(cwd, 'q.md'), plan);
  expect((await command(['run', '--locked', '--quiet', 'p.md', 'q.md'], { cwd })).exitCode).toBe(2);
  expect(existsSync(join(cwd, '.proofplan'))).toBe(false);
});

test('values that are given change no lock, and a value that makes a hole of text is refused', async () => {
  const cwd = workspace(plan.replace('echo hello', "cat <<END\nhello <name>\nEND\necho '<who>'"));
  writeFileSync(join(cwd, 'p.addendum.yaml'), 'plan: p.md\ninputs:\n  who: { type: text }\n');
  await command(['lock', 'p.md'], { cwd });
  expect((await command(['run', '--locked', '--quiet', '--set', 'who=Ada', 'p.md'], { cwd })).exitCode).toBe(0);
  const end = await command(['run', '--locked', '--quiet', '--set', 'who=Ada', '--set', 'name=Bob', 'p.md'], { cwd });
  expect(end.exitCode).toBe(2);
});

test('the seeds can be locked, with their addenda', async () => {
  const cwd = temporaryFolder();
  cpSync(join(root, 'plans'), join(cwd, 'plans'), { recursive: true });
  const { stdout } = await command(['lock', '--help']);
  expect(Math.max(...stdout.split('\n').map((each) => each.length))).toBeLessThanOrEqual(80);
  for (const [, line = ''] of stdout.matchAll(/\$ proofplan (lock.*)/g)) expect((await command(line.split(' '), { cwd })).exitCode).toBe(0);
  const lock = JSON.parse(readFileSync(join(cwd, 'plans/run-proof-v4.lock'), 'utf8')) as Lock;
  expect(lock.addendum?.file).toBe('run-proof-v4.addendum.yaml');
});
