// The files are made as an application makes them: with Python's sqlite3, by a process of the step or by another one.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { canWitness } from '../../src/guard/open-file-witness.ts';
import { SqliteWatch } from '../../src/guard/sqlite-watch.ts';

let folder: string;
let workspace: string;
let elsewhere: string;
let temporary: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'proofplan-sqlite-test-'));
  workspace = join(folder, 'workspace');
  elsewhere = join(folder, 'elsewhere');
  temporary = join(folder, 'temporary');
  for (const made of [join(workspace, 'backend', 'data'), join(elsewhere, 'app'), temporary]) await mkdir(made, { recursive: true });
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const database = (path: string, more = ''): string => `
import sqlite3
c = sqlite3.connect(${JSON.stringify(path)})
c.execute('CREATE TABLE IF NOT EXISTS traces (id text)')
c.execute("INSERT INTO traces VALUES ('x')")
c.commit()
${more}
c.close()
`;

/** Runs a program as a step's group leader, and ends with it. */
/** Where a program says that it is done. */
const ready = (): string => join(folder, 'ready');

/** The program, run by the process itself or by one that it starts; says when it is done. */
function by(how: string, program: string): string {
  const inner = `${program}\nopen(${JSON.stringify(ready())}, 'w').close()`;
  if (how === '') return inner;
  const started = `import subprocess, sys\np = subprocess.Popen([sys.executable, '-c', ${JSON.stringify(inner)}], start_new_session=${how === 'daemon' ? 'True' : 'False'})\n`;
  // The parent lives long enough to be seen with its child, and not until the child has ended.
  return how === 'daemon' ? `${started}import time; time.sleep(1)` : `${started}p.wait()`;
}

async function python(program: string, started: (pid: number) => void = () => undefined): Promise<void> {
  const child = start(program);
  started(child.pid ?? 0);
  const [code] = (await once(child, 'exit')) as [number];
  expect(code).toBe(0);
}

function start(program: string): ChildProcess {
  return spawn('python3', ['-c', program], { detached: true, stdio: ['ignore', 'ignore', 'inherit'] });
}

test('a new database is found in the workspace, deep in it, in a new folder, and in the folder of the step', async () => {
  const watch = new SqliteWatch(workspace, []);
  const step = watch.begin([temporary]);
  const paths = [join(workspace, 'a.db'), join(workspace, 'backend', 'data', 'no ending'), join(workspace, 'new', 'deeper', 'c.txt'), join(temporary, 'd.db')];
  await mkdir(join(workspace, 'new', 'deeper'), { recursive: true });
  for (const path of paths) await python(database(path));
  const found = step.compare();
  expect(found).toHaveLength(paths.length);
  for (const path of paths)
    expect(found).toContainEqual({ kind: 'sqlite-file', what: `SQLite database \`${path}\` (new or changed since the step began)`, explained: false });
});

test('a database that was there before is found when it is written to, also without a journal, and not when it is only read', async () => {
  const path = join(workspace, 'backend', 'old.db');
  await python(database(path));
  await new Promise((resolve) => setTimeout(resolve, 30));
  const watch = new SqliteWatch(workspace, []);
  const reading = watch.begin([]);
  await python(`import sqlite3; sqlite3.connect(${JSON.stringify(path)}).execute('SELECT * FROM traces').fetchall()`, (pid) => reading.processStarted(pid));
  expect(reading.compare()).toEqual([]);
  const writing = watch.begin([]);
  await python(
    `import sqlite3; c = sqlite3.connect(${JSON.stringify(path)}); c.execute('PRAGMA journal_mode = OFF'); c.execute("INSERT INTO traces VALUES ('y')"); c.commit()`,
  );
  expect(writing.compare()).toMatchObject([{ what: expect.stringContaining(path), explained: false }]);
  const log = watch.begin([]);
  await python(
    `import sqlite3, os; c = sqlite3.connect(${JSON.stringify(path)}); c.execute('PRAGMA journal_mode = WAL'); c.execute("INSERT INTO traces VALUES ('z')"); c.commit(); os._exit(0)`,
  );
  expect(log.compare()).toMatchObject([{ what: expect.stringContaining(`${path}\``), explained: false }]);
});

test('other files, other tools and what lay there before are no findings', async () => {
  await python(database(join(workspace, 'before.db')));
  await new Promise((resolve) => setTimeout(resolve, 30));
  const watch = new SqliteWatch(workspace, []);
  const step = watch.begin([temporary]);
  await writeFile(join(workspace, 'data.db'), 'not SQLite, whatever the name');
  await writeFile(join(workspace, 'half.db'), 'SQLite format 3');
  await mkdir(join(workspace, '.pytest_cache', 'v'), { recursive: true });
  await writeFile(join(workspace, '.pytest_cache', 'v', 'lastfailed'), '{}');
  await python(`
import sqlite3
c = sqlite3.connect(${JSON.stringify(join(workspace, '.coverage'))})
for t in ('coverage_schema', 'meta', 'file', 'line_bits'): c.execute('CREATE TABLE ' + t + ' (a)')
c.commit()`);
  expect(step.compare()).toEqual([{ kind: 'sqlite-file', what: expect.stringContaining('the tables are those of coverage.py'), explained: true }]);
});

test("a trace store does not pass for a tool's file by its name, nor by one table more", async () => {
  const watch = new SqliteWatch(workspace, []);
  const step = watch.begin([]);
  await python(database(join(workspace, '.coverage'), "for t in ('coverage_schema', 'meta', 'file'): c.execute('CREATE TABLE ' + t + ' (a)')\nc.commit()"));
  expect(step.compare()).toMatchObject([{ explained: false }]);
});

describe('outside the workspace', () => {
  test.each<readonly [string, string]>([
    ['the process itself', ''],
    ['a child', 'child'],
    ['a grandchild in a session of its own that outlives its parents', 'daemon'],
  ])('a database of %s is found where folders are watched, in whatever short time it was written', async (_name, how) => {
    const path = join(elsewhere, 'app', 'traces.db');
    const step = new SqliteWatch(workspace, [elsewhere]).begin([]);
    await python(by(how, database(path)), (pid) => step.processStarted(pid));
    await expect.poll(() => existsSync(ready()), { timeout: 20_000 }).toBe(true);
    expect(step.compare()).toEqual([{ kind: 'sqlite-file', what: expect.stringContaining(`SQLite database \`${path}\` (`), explained: false }]);
  });

  test.each<readonly [string, string]>([
    ['the process itself', ''],
    ['a child', 'child'],
    ['a grandchild in a session of its own', 'daemon'],
  ])('a database that %s holds open is found wherever it lies', async (_name, how) => {
    if (!canWitness) return expect(new SqliteWatch(workspace, []).coverage).toContain('no open files');
    const path = join(elsewhere, 'app', 'traces.db');
    const step = new SqliteWatch(workspace, []).begin([]);
    await python(by(how, database(path, 'import time; time.sleep(2)')), (pid) => step.processStarted(pid));
    await expect.poll(() => existsSync(ready()), { timeout: 20_000 }).toBe(true);
    expect(step.compare()).toEqual([
      { kind: 'sqlite-file', what: expect.stringMatching(new RegExp(`^SQLite database \`${path}\` \\(written by \`python`)), explained: false },
    ]);
  });

  test('a database that was held open and is gone at the end is still found', async () => {
    if (!canWitness) return expect(new SqliteWatch(workspace, []).coverage).toContain('no open files');
    const path = join(elsewhere, 'gone.db');
    const step = new SqliteWatch(workspace, []).begin([]);
    await python(database(path, `import os, time\ntime.sleep(2)\nos.unlink(${JSON.stringify(path)})`), (pid) => step.processStarted(pid));
    expect(step.compare()).toMatchObject([{ what: expect.stringContaining(path), explained: false }]);
  });

  test("a database that another process has open, and one of another project, are shown and are not the step's", async () => {
    if (!canWitness) return expect(new SqliteWatch(workspace, []).coverage).toContain('no open files');
    await mkdir(join(elsewhere, 'project', 'data'), { recursive: true });
    await writeFile(join(elsewhere, 'project', 'proofplan.config.yaml'), '');
    const watch = new SqliteWatch(workspace, [elsewhere]);
    await new Promise((resolve) => setTimeout(resolve, 30));
    const step = watch.begin([]);
    const browser = start(database(join(elsewhere, 'app', 'browser.db'), `open(${JSON.stringify(ready())}, 'w').close()\nimport time\ntime.sleep(60)`));
    await expect.poll(() => existsSync(ready()), { timeout: 20_000 }).toBe(true);
    await python(database(join(elsewhere, 'project', 'data', 'theirs.db')));
    await python('pass', (pid) => step.processStarted(pid));
    const found = step.compare();
    browser.kill();
    expect(found).toHaveLength(2);
    expect(found).toContainEqual({
      kind: 'sqlite-file',
      what: expect.stringMatching(/browser\.db` \(changed meanwhile, and `python.*` has it open\)/),
      explained: true,
    });
    expect(found).toContainEqual({
      kind: 'sqlite-file',
      what: expect.stringContaining(`changed meanwhile, in the project \`${join(elsewhere, 'project')}\``),
      explained: true,
    });
  });

  test("a configuration that the step itself made, or the workspace's own, hides nothing", async () => {
    await writeFile(join(folder, 'proofplan.config.yaml'), '');
    const watch = new SqliteWatch(workspace, [elsewhere]);
    await new Promise((resolve) => setTimeout(resolve, 30));
    const step = watch.begin([]);
    await writeFile(join(elsewhere, 'app', 'proofplan.config.yaml'), '');
    await python(database(join(elsewhere, 'app', 'traces.db')));
    expect(step.compare()).toMatchObject([{ explained: false }]);
  });
});

test('what is not watched is counted', async () => {
  for (const deep of ['1/2/3/4/5/6', 'node_modules/x', '.git/y']) await mkdir(join(elsewhere, deep), { recursive: true });
  expect(new SqliteWatch(workspace, [elsewhere, join(folder, 'missing')]).coverage).toMatch(
    /^3 folders of the workspace, 6 elsewhere, .*; 3 folders below are not watched/,
  );
});
