/** Who stands around an execution: the processes of its guard, which somebody ends, and the readers of what it says. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { renderDatabaseUrl } from '../../src/environment/database-url.ts';
import { startTestServer, type TestServer } from '../support/postgres.ts';
import { openScene, type Scene, sceneContradictions, type SceneEnd, scenePlan, waiting } from './fault-scene.ts';
import { sampled } from '../support/sampled.ts';

let scene: Scene;
afterEach(() => scene.close());

/** The processes below one, by their command lines. */
function descendants(pid: number): readonly { readonly pid: number; readonly command: string }[] {
  const parents = new Map<number, number>();
  const commands = new Map<number, string>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
      commands.set(Number(name), readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' '));
    } catch {
      // It has ended.
    }
  }
  const isBelow = (each: number): boolean => each === pid || (parents.has(each) && each > 1 && isBelow(parents.get(each) as number));
  return [...commands].filter(([each]) => each !== pid && isBelow(each)).map(([each, command]) => ({ pid: each, command }));
}

/** Ends those of the runner's processes whose command line fits, while the step in the middle runs. */
async function endDuring(pattern: RegExp, signal: NodeJS.Signals): Promise<SceneEnd & { readonly ended: number }> {
  const { child, ended } = scene.start();
  await scene.middle(ended);
  const found = descendants(child.pid ?? 0).filter(({ command }) => pattern.test(command));
  for (const { pid } of found) process.kill(pid, signal);
  // Its end is told with a delay.
  await Promise.race([ended, new Promise((settle) => setTimeout(settle, 300))]);
  scene.go();
  return { ...(await ended), ended: found.length };
}

describe('the processes of the guard', () => {
  test.each(
    sampled(
      [
        ['the watchdog is killed', /watch|sweep/, 'SIGKILL', /error\[engine\/watchdog-lost\]/],
        ['the watchdog is stopped', /watch|sweep/, 'SIGSTOP', /error\[engine\/watchdog-lost\]/],
        ['bubblewrap is killed', /^(?:\S*\/)?bwrap /, 'SIGKILL', /failed\[|error\[/],
      ] as const,
      2,
    ),
  )('%s in the middle of a step: no pass, and the record is whole', async (_, pattern, signal, says) => {
    scene = openScene({ middle: waiting });
    const end = await endDuring(pattern, signal);
    expect(end.ended).toBeGreaterThan(0);
    expect(end.stderr).toMatch(says);
    expect([1, 5]).toContain(end.exitCode);
    expect(scene.marked(4)).toBe(false);
    expect(sceneContradictions(scene, end)).toEqual([]);
    expect(scene.audit().exitCode).toBe(0);
  });
});

describe('a database', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  const query = [
    '## 5. Ask',
    '',
    '```sql',
    'SELECT count(*) AS one FROM pg_database WHERE datname = current_database();',
    '```',
    '',
    '**Expected:** `one == 1`',
    '',
  ].join('\n');

  test('whose sessions are all ended in the middle', async () => {
    scene = openScene({ middle: waiting, plan: `${scenePlan}\n${query}` });
    const { ended } = scene.start({ arguments: ['--database', `${renderDatabaseUrl(server.owner)}`] });
    await scene.middle(ended);
    const { default: pg } = await import('pg');
    const client = new pg.Client({ ...server.superuser, ssl: false });
    await client.connect();
    await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL');
    await client.end();
    scene.go();
    const end = await ended;
    expect(end.exitCode).toBe(5);
    expect(end.stderr).toMatch(/error\[execute\/guard-failed\]: the guard could not watch step 2\.1/);
    expect(sceneContradictions(scene, end)).toEqual([]);
    expect(scene.audit().exitCode).toBe(0);
  });

  test('the embedded server is killed in the middle', async () => {
    scene = openScene({ middle: waiting, plan: `${scenePlan}\n${query}` });
    const { child, ended } = scene.start({ arguments: ['--database', 'embedded'] });
    await scene.middle(ended);
    const servers = descendants(child.pid ?? 0).filter(({ command }) => /postgres/.test(command));
    expect(servers.length).toBeGreaterThan(0);
    for (const { pid } of servers) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // The first took it along.
      }
    }
    scene.go();
    const end = await ended;
    expect(end.exitCode).toBe(5);
    expect(end.stderr).toMatch(/error\[execute\/database-lost\]/);
    expect(sceneContradictions(scene, end)).toEqual([]);
    expect(scene.audit().exitCode).toBe(0);
  });
});

describe('readers: the verdict and the exit code stand', () => {
  const reads = [
    ['standard output closed', 'exec >&-', 0],
    ['standard error closed', 'exec 2>&-', 0],
    ['both closed', 'exec >&- 2>&-', 0],
    ['both on a full device', 'exec >/dev/full 2>&1', 0],
  ] as const;

  test.each(reads)('%s', async (_, limits, exitCode) => {
    scene = openScene();
    const end = await scene.run({ limits });
    expect(end.exitCode).toBe(exitCode);
    expect(sceneContradictions(scene, end)).toEqual([]);
    expect(scene.audit().exitCode).toBe(0);
  });

  test.each(
    sampled(
      [
        ['true', 0],
        ['false', 1],
      ],
      2,
    ),
  )('a reader that goes away in the middle of `%s`', async (middle, exitCode) => {
    scene = openScene({ middle });
    const { child, ended } = scene.start();
    child.stdout?.destroy();
    child.stderr?.destroy();
    const end = await ended;
    expect(end.exitCode).toBe(exitCode);
    expect(scene.audit().exitCode).toBe(0);
  });

  test('a reader that sleeps: the record is closed long before he wakes, and he gets every line', async () => {
    scene = openScene({ middle: waiting });
    const { child, ended } = scene.start({ stdio: ['ignore', 'pipe', 'pipe'], limits: fullPipe });
    child.stdout?.pause();
    await scene.middle(ended);
    scene.go();
    await scene.until(() => readFileSync(join(scene.out, 'ledger.jsonl'), 'utf8').includes('"kind":"ended"'));
    expect(scene.audit().exitCode).toBe(0);
    child.stdout?.resume();
    const end = await ended;
    expect(end.exitCode).toBe(0);
    expect(end.stdout).toMatch(/AUDIT root=[0-9a-f]{64}/);
  });

  test('a report that cannot be rendered is left out, and no verdict changes', async () => {
    scene = openScene({ ownTool: true });
    const chunks = join(scene.tool, 'dist/chunk');
    const [chunk = ''] = readdirSync(chunks).filter((name) => name.startsWith('report-markdown'));
    expect(chunk).not.toBe('');
    const path = join(chunks, chunk);
    writeFileSync(path, readFileSync(path, 'utf8').replace(/(async function readReport\([^)]*\) ?\{)/, "$1 throw new Error('no ink');"));
    const end = await scene.run();
    expect(end).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(/warning\[execute\/report-failed\]: `report.md` was not written: no ink/) });
    expect(end.stdout).not.toContain('report.md');
    expect(sceneContradictions(scene, end)).toEqual([]);
    expect(scene.audit().exitCode).toBe(0);
  });
});

/** Standard output as a pipe that already holds all that it can. */
const fullPipe = 'head -c 65536 /dev/zero';
