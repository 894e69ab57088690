import { execFileSync } from 'node:child_process';
import { appendFile, chmod, mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { rgPath } from '@vscode/ripgrep';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findNamedScripts, findQuietFiles } from '../../src/execute/named-script.ts';
import { WorkspaceWatch, type WatchOptions } from '../../src/execute/workspace-watch.ts';
import { shell } from './sample-plan.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'proofplan-watch-'));
  await put('app/cli.py', 'original\n');
  await put('pyproject.toml', '[tool]\n');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
}

const git = (...words: readonly string[]): string =>
  execFileSync('git', ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@example.org', ...words], { encoding: 'utf8' });

const begin = (more: Partial<WatchOptions> = {}): Promise<WorkspaceWatch> =>
  WorkspaceWatch.begin({ workspace: folder, named: [], own: [], processEnvironment: process.env, toolFolders: [dirname(rgPath)], ...more });

const unexplained = (watch: WorkspaceWatch): readonly string[] =>
  watch
    .look('1.1')
    .filter(({ explained }) => !explained)
    .map(({ what }) => what);

describe.each([
  ['without version control', false],
  ['with git', true],
])('%s', (_name, tracked) => {
  beforeEach(async () => {
    if (!tracked) return;
    git('init', '-q');
    await put('.gitignore', '__pycache__/\nnode_modules/\ncoverage/\n');
    git('add', '.');
    git('commit', '-q', '-m', 'first');
  });

  it('keeps still about what nobody touched', async () => {
    expect(unexplained(await begin())).toEqual([]);
  });

  it.each<readonly [string, () => Promise<unknown>, string]>([
    ['an edit of the same length at once', () => put('app/cli.py', 'ORIGINAL\n'), '`app/cli.py` was edited'],
    ['an edit that sets its times back', () => put('app/cli.py', 'ORIGINAL\n').then(() => utimes(join(folder, 'app/cli.py'), 1, 1)), '`app/cli.py` was edited'],
    ['an appended line', () => appendFile(join(folder, 'pyproject.toml'), 'x = 1\n'), '`pyproject.toml` was edited'],
    ['a removal', () => rm(join(folder, 'app/cli.py')), '`app/cli.py` was removed'],
    [
      'another file put in its place',
      () => put('app/other.py', 'other').then(() => rename(join(folder, 'app/other.py'), join(folder, 'app/cli.py'))),
      '`app/cli.py` was edited',
    ],
    ['a folder moved away', () => rename(join(folder, 'app'), join(folder, 'away')), '`app/cli.py` was removed'],
    ['a link in its place', () => rm(join(folder, 'app/cli.py')).then(() => symlink('/etc/hostname', join(folder, 'app/cli.py'))), '`app/cli.py` was edited'],
  ])('names %s', async (_what, edit, said) => {
    const watch = await begin();
    await edit();
    expect(unexplained(watch)).toEqual([said]);
    expect(watch.changes).toEqual([{ step: '1.1', what: said }]);
    expect(unexplained(watch)).toEqual([]);
  });

  it('sees an edit that a later step takes back: both', async () => {
    const watch = await begin();
    await put('app/cli.py', 'ORIGINAL\n');
    expect(unexplained(watch)).toEqual(['`app/cli.py` was edited']);
    await put('app/cli.py', 'original\n');
    expect(unexplained(watch)).toEqual(['`app/cli.py` was edited']);
  });

  it('shows what was written with the same content, and explains it', async () => {
    const watch = await begin();
    await chmod(join(folder, 'app/cli.py'), 0o755);
    expect(watch.look('1.1')).toEqual([{ kind: 'workspace', what: '`app/cli.py`: written again, with the same content', explained: true }]);
    expect(watch.changes).toEqual([]);
  });

  it('keeps still about caches, also those that were there before, and about what appears', async () => {
    const leftovers = [
      'app/__pycache__/cli.cpython-311.pyc',
      '.pytest_cache/v/cache/lastfailed',
      'node_modules/.cache/x/y.json',
      'coverage/lcov.info',
      '.coverage',
      'app.log',
    ];
    for (const path of leftovers) await put(path, 'before');
    const watch = await begin();
    for (const path of [...leftovers, 'new.txt']) await put(path, 'after, and longer');
    expect(unexplained(watch)).toEqual([]);
    expect(await watch.appeared()).toEqual(['new.txt']);
  });

  it('knows what was appeared by itself when it is changed again', async () => {
    const watch = await begin();
    await put('out.json', '1');
    await put('out.json', '22');
    expect(unexplained(watch)).toEqual([]);
  });
});

it("follows the workspace's own ignore files where there is no version control, and none from outside", async () => {
  await put('.gitignore', 'results/\n');
  await put('results/report.xml', 'a');
  await put('deep/.gitignore', '*\n');
  await put('deep/hidden.py', 'a');
  const watch = await begin({ workspace: join(folder, 'deep') });
  expect(unexplained(watch)).toEqual([]);
  const whole = await begin();
  await put('results/report.xml', 'b');
  await put('deep/hidden.py', 'b');
  expect(unexplained(whole)).toEqual([]);
  await put('deep/.gitignore', '*.pyc\n');
  expect(unexplained(whole)).toEqual([]);
  await put('.gitignore', '*\n');
  expect(unexplained(whole)).toEqual(['`.gitignore` was edited']);
});

it('a repository around the workspace that ignores it hides nothing', async () => {
  git('init', '-q');
  await put('.gitignore', 'work/\n');
  await put('work/app.py', 'a');
  const watch = await begin({ workspace: join(folder, 'work') });
  await put('work/app.py', 'b');
  expect(unexplained(watch)).toEqual(['`app.py` was edited']);
});

it('files that are named count wherever they are, and those of the runner never', async () => {
  await put('out/ledger.jsonl', 'a');
  await put('.gitignore', 'scripts/\n');
  await put('scripts/check.sh', 'a');
  await put('elsewhere/plan.md', 'a');
  const watch = await begin({
    own: [join(folder, 'out')],
    named: [join(folder, 'scripts/check.sh'), join(folder, 'elsewhere/plan.md'), join(folder, 'absent')],
  });
  for (const path of ['out/ledger.jsonl', 'scripts/check.sh', 'elsewhere/plan.md']) await put(path, 'bb');
  expect(unexplained(watch)).toEqual(['`scripts/check.sh` was edited', '`elsewhere/plan.md` was edited']);
});

it('settings and programs of the workspace count although they are ignored', async () => {
  await put('.gitignore', '.env*\n.venv/\n');
  for (const path of ['.env', '.env.test', '.venv/bin/pytest', '.venv/lib/other.py', 'tools/check.sh']) await put(path, 'a');
  expect(findQuietFiles(folder, [join(folder, '.venv/bin'), '/usr/bin', join(folder, 'absent')]).map((path) => path.slice(folder.length + 1))).toEqual([
    '.env',
    '.env.test',
    '.venv/bin/pytest',
  ]);
  const step = { ...shell('1.1', `bash "tools/check.sh" && python3 app/cli.py --out=x.json < /dev/null; cat pyproject.toml`), workingDirectory: '.' };
  expect(findNamedScripts({ steps: [step] }, folder)).toEqual([join(folder, 'tools/check.sh'), join(folder, 'app/cli.py')]);
});

it('a source behind a link is the source', async () => {
  const outside = await mkdtemp(join(tmpdir(), 'proofplan-outside-'));
  await writeFile(join(outside, 'shared.py'), 'a');
  await symlink(join(outside, 'shared.py'), join(folder, 'shared.py'));
  const watch = await begin();
  await writeFile(join(outside, 'shared.py'), 'b');
  expect(unexplained(watch)).toEqual(['`shared.py` was edited']);
  await rm(outside, { recursive: true });
});

it('without git and without ripgrep every file counts that is no leftover', async () => {
  await put('.venv/lib/a.py', 'a');
  await put('app/__pycache__/cli.pyc', 'a');
  const watch = await begin({ processEnvironment: { PATH: '/nonexistent' }, toolFolders: [] });
  await put('.venv/lib/a.py', 'b');
  await put('app/__pycache__/cli.pyc', 'b');
  await put('app/cli.py', 'b');
  await put('app/new.py', 'b');
  expect(unexplained(watch)).toEqual(['`app/cli.py` was edited']);
  expect(await watch.appeared()).toEqual(['app/new.py']);
});
