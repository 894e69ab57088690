import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listWorkspaceFiles } from '../../src/execute/workspace-file.ts';
import { parseStatus, readWorkspace } from '../../src/execute/workspace-state.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'proofplan-workspace-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const git = (...words: readonly string[]): string =>
  execFileSync('git', ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@example.org', ...words], { encoding: 'utf8' });

describe('readWorkspace', () => {
  it('says that there is no version control', async () => {
    expect(await readWorkspace(folder, process.env)).toEqual({ state: { path: folder, commit: null, dirty: [], dirtyCount: 0 } });
  });

  it('names the commit and what differs from it, and sees a second edit of a dirty file', async () => {
    git('init', '-q');
    await writeFile(join(folder, 'a.py'), 'one\n');
    await writeFile(join(folder, '.gitignore'), '*.pyc\n');
    git('add', '.');
    git('commit', '-q', '-m', 'first');
    const clean = await readWorkspace(folder, process.env);
    expect(clean.state).toEqual({ path: folder, commit: git('rev-parse', 'HEAD').trim(), dirty: [], dirtyCount: 0 });
    await writeFile(join(folder, 'cache.pyc'), 'ignored');
    expect((await readWorkspace(folder, process.env)).digest).toBe(clean.digest);
    await writeFile(join(folder, 'a.py'), 'two\n');
    await writeFile(join(folder, 'new file.py'), 'x\n');
    const dirty = await readWorkspace(folder, process.env);
    expect(dirty.state.dirty).toEqual(['a.py', 'new file.py']);
    await writeFile(join(folder, 'a.py'), 'three\n');
    expect((await readWorkspace(folder, process.env)).digest).not.toBe(dirty.digest);
  });

  it('asks the git of the system, whatever is first on the PATH', async () => {
    git('init', '-q');
    await writeFile(join(folder, 'a.py'), 'one\n');
    git('add', '.');
    git('commit', '-q', '-m', 'first');
    const planted = await mkdtemp(join(tmpdir(), 'proofplan-planted-'));
    await writeFile(join(planted, 'git'), '#!/bin/sh\necho 0123456789012345678901234567890123456789\n', { mode: 0o755 });
    const environment = { ...process.env, PATH: `${planted}:${process.env['PATH']}`, GIT_DIR: planted };
    // Without the rule the planted one would answer.
    expect(execFileSync('git', ['rev-parse'], { env: environment, encoding: 'utf8' })).toContain('0123456789');
    expect((await readWorkspace(folder, environment)).state.commit).toBe(git('rev-parse', 'HEAD').trim());
    expect((await listWorkspaceFiles(folder, { processEnvironment: environment, toolFolders: [] })).paths).toContain('a.py');
    await rm(planted, { recursive: true });
  });

  it('runs no program that the repository names', async () => {
    git('init', '-q');
    git('config', 'core.fsmonitor', `touch ${join(folder, 'ran')}; true`);
    await readWorkspace(folder, process.env);
    expect(execFileSync('ls', [folder], { encoding: 'utf8' })).not.toContain('ran');
  });
});

describe('parseStatus', () => {
  it('takes both names of a rename for one change', () => {
    expect(parseStatus('R  new.py\0old.py\0 M b.py\0?? c d.py\0')).toEqual(['new.py', 'b.py', 'c d.py']);
  });
});
