import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { renderDatabaseUrl } from '../../src/environment/database-url.ts';
import { command } from '../support/command.ts';
import { startTestServer } from '../support/postgres.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

interface Answer {
  readonly ready: boolean;
  readonly checks: readonly { readonly name: string; readonly state: string; readonly fact: string; readonly help?: string }[];
}

async function ask(argv: readonly string[], cwd: string, environment: Record<string, string> = {}): Promise<{ readonly exitCode: number | null; readonly answer: Answer }> {
  const end = await command(['doctor', '--json', ...argv], { cwd, environment });
  return { exitCode: end.exitCode, answer: JSON.parse(end.stdout) as Answer };
}

function find(answer: Answer, name: string): Answer['checks'][number] {
  const found = answer.checks.find((check) => check.name === name);
  if (found === undefined) throw new Error(`no check \`${name}\` in ${JSON.stringify(answer)}`);
  return found;
}

test('in this repository everything that its plans need is there', async () => {
  const end = await command(['doctor']);
  expect(end.stdout).toMatch(/^✓ node {2,}\d+/);
  expect(end.stdout).toMatch(/^✓ configuration +proofplan\.config\.yaml: run-proof/m);
  expect(end.stdout.trimEnd().split('\n').at(-1)).toBe('ready');
  expect(end).toMatchObject({ exitCode: 0, stderr: '' });
});

test('a machine without programs: each is named with the one next action', async () => {
  const cwd = temporaryFolder();
  const bin = join(cwd, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'python3'), '#!/bin/sh\nprintf "2.7.18\\n/usr/bin/python2\\n"\n');
  chmodSync(join(bin, 'python3'), 0o755);
  symlinkSync('/bin/sh', join(bin, 'sh'));
  const { exitCode, answer } = await ask([], cwd, { PATH: bin });
  expect(find(answer, 'python')).toMatchObject({ state: 'limited', fact: expect.stringContaining('older than 3.9'), help: expect.stringContaining('install Python') });
  expect(find(answer, 'bash')).toMatchObject({ state: 'missing', help: expect.stringContaining('install bash') });
  expect(find(answer, 'psql')).toMatchObject({ state: 'limited', help: expect.stringContaining('postgresql-client') });
  expect(find(answer, 'bubblewrap')).toMatchObject({ state: 'limited', help: expect.stringContaining('bubblewrap') });
  expect(find(answer, 'configuration')).toMatchObject({ state: 'limited', fact: expect.stringContaining('no proofplan.config.yaml') });
  expect(answer.checks.filter(({ state, help }) => state === 'missing' && help === undefined)).toEqual([]);
  expect(exitCode).toBe(5);
});

test('an output folder that is a file, an unknown environment, a workspace that is not there, a variable that is not set', async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'file'), '');
  writeFileSync(join(cwd, 'proofplan.config.yaml'), 'default: one\nenvironments:\n  one: { workspace: ., database: { env: NOWHERE_SET } }\n  two: { workspace: gone, database: embedded }\n');
  const one = await ask(['--out', 'file/x'], cwd);
  expect(find(one.answer, 'output folder')).toMatchObject({ state: 'missing', fact: expect.stringContaining('is not a folder'), help: expect.stringContaining('--out') });
  expect(find(one.answer, 'database')).toMatchObject({ state: 'missing', fact: 'the variable NOWHERE_SET is not set' });
  expect(one.exitCode).toBe(5);
  expect(find((await ask(['-e', 'two'], cwd)).answer, 'configuration')).toMatchObject({ state: 'missing', fact: expect.stringContaining('is not a folder') });
  expect(find((await ask(['-e', 'tow'], cwd)).answer, 'configuration')).toMatchObject({ state: 'missing', help: 'did you mean `two`?' });
});

test('what a database account allows', async () => {
  const cwd = temporaryFolder();
  const server = await startTestServer();
  try {
    const owner = await ask(['--database', renderDatabaseUrl(server.owner)], cwd);
    expect(find(owner.answer, 'account')).toMatchObject({ state: 'ok', fact: expect.stringContaining('prevent') });
    const superuser = await ask(['--database', 'env:SUPERUSER_URL'], cwd, { SUPERUSER_URL: renderDatabaseUrl(server.superuser) });
    expect(find(superuser.answer, 'account')).toMatchObject({ state: 'limited', fact: expect.stringContaining('detected there, not prevented') });
    const wrong = await ask(['--database', renderDatabaseUrl({ ...server.owner, password: 'wrong' })], cwd);
    expect(find(wrong.answer, 'database')).toMatchObject({ state: 'missing' });
    expect(JSON.stringify([owner, superuser, wrong])).not.toContain(server.owner.password);
  } finally {
    await server.close();
  }
});
