import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { expect, test } from 'vitest';
import { startProgram } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('db start, url, stop: a server that outlives the command, and is gone at the end', async () => {
  const cwd = temporaryFolder();
  expect(await startProgram(['db', 'url'], { cwd }).ended).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('`proofplan db start`') });
  const started = await startProgram(['db', 'start'], { cwd }).ended;
  try {
    expect(started.exitCode, started.stderr).toBe(0);
    const url = started.stdout.trim();
    const client = new pg.Client(url);
    await client.connect();
    const { rows } = await client.query<{ user: string; superuser: boolean }>(
      'select current_user as user, usesuper as superuser from pg_user where usename = current_user',
    );
    await client.end();
    expect(rows).toEqual([{ user: 'app', superuser: false }]);
    expect((await startProgram(['db', 'url'], { cwd }).ended).stdout.trim()).toBe(url);
    expect(await startProgram(['db', 'start'], { cwd }).ended).toMatchObject({ exitCode: 0, stdout: `${url}\n`, stderr: expect.stringContaining('already') });
    // The note holds a password: for its owner alone, and never committed.
    expect(statSync(join(cwd, '.proofplan/server.json')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(cwd, '.proofplan/.gitignore'), 'utf8')).toBe('*\n');
    expect((await startProgram(['db', 'stop'], { cwd }).ended).exitCode).toBe(0);
    await expect(new pg.Client(url).connect()).rejects.toThrow();
    expect(existsSync(join(cwd, '.proofplan/server.json'))).toBe(false);
  } finally {
    await startProgram(['db', 'stop'], { cwd }).ended;
  }
  expect((await startProgram(['db', 'stop'], { cwd }).ended).exitCode).toBe(2);
});

test('a holder that was killed takes its server along, and its note is not believed', async () => {
  const cwd = temporaryFolder();
  const started = await startProgram(['db', 'start'], { cwd }).ended;
  const { pid } = JSON.parse(readFileSync(join(cwd, '.proofplan/server.json'), 'utf8')) as { pid: number };
  process.kill(pid, 'SIGKILL');
  expect((await startProgram(['db', 'url'], { cwd }).ended).exitCode).toBe(2);
  for (let left = 100; left > 0; left -= 1) {
    const gone = await new pg.Client(started.stdout.trim()).connect().then(
      () => false,
      () => true,
    );
    if (gone) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the server still answers 10 s after its holder was killed');
});
