/** The server ends with its runner, however the runner ends. */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DatabaseAddress } from '../../src/model/environment.ts';
import { eventually, makeStage, nothingLeftOf, ordinaryUid, processesOf, startChild, type ChildRunner, type Stage } from './child-runner.ts';

const startAndWait = (options: string): string => `
  process.on('SIGINT', () => undefined);
  const progress = [];
  const { value, diagnostics } = await environment.startEmbeddedServer({ stateFolder: stage.state, progress: (line) => progress.push(line), ${options} });
  say({ progress, folder: value?.folder, superuser: value?.superuser, version: value?.version, source: value?.source, diagnostics });
  process.stdin.resume();
  process.stdin.on('end', async () => { await value?.close(); say({ closed: true }); process.exit(0); });
`;

interface Told {
  readonly progress: readonly string[];
  readonly folder: string;
  readonly superuser: DatabaseAddress;
  readonly source: string;
}

async function startRunner(stage: Stage, options = ''): Promise<{ readonly child: ChildRunner; readonly told: Told }> {
  const child = startChild(stage, startAndWait(options));
  const told = await child.next();
  expect(told['diagnostics']).toEqual([]);
  return { child, told: told as unknown as Told };
}

async function answers(address: DatabaseAddress): Promise<boolean> {
  const client = new pg.Client({ ...address, ssl: false });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Its reader first, so that nobody is left to see the pipe close (which Node does as soon as the watchdog itself is gone). */
async function killWatchdog(folder: string): Promise<void> {
  const shells = (): readonly number[] =>
    processesOf(folder)
      .filter(({ command }) => command.includes('proofplan-watchdog'))
      .map(({ pid }) => pid);
  await eventually('both shells run', () => shells().length === 2);
  for (const pid of shells().toSorted((a, b) => b - a)) process.kill(pid, 'SIGKILL');
}

// Under root: once as root (the server belongs to a system user), once as an ordinary user. Otherwise both are ourselves.
describe.each([
  ['as we are', undefined],
  ['as an ordinary user', ordinaryUid()],
] as const)('%s', (_name, uid) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await makeStage(uid);
  });
  afterAll(() => stage.remove());

  test('kill -9 of the runner leaves no process and no folder', async () => {
    const { child, told } = await startRunner(stage);
    expect(await answers(told.superuser)).toBe(true);
    expect(processesOf(told.folder).length).toBeGreaterThan(1);
    child.process.kill('SIGKILL');
    await nothingLeftOf(told.folder);
    expect(await answers(told.superuser)).toBe(false);
  });

  test('a runner that ends without closing leaves nothing', async () => {
    const child = startChild(
      stage,
      `
      const { value } = await environment.startEmbeddedServer({ stateFolder: stage.state });
      say({ folder: value.folder });
    `,
    );
    const { folder } = await child.next();
    await child.exited;
    await nothingLeftOf(String(folder));
    expect(child.process.exitCode).toBe(0);
  });

  test('an interrupt of the whole group does not take the server from under the runner', async () => {
    const { child, told } = await startRunner(stage);
    process.kill(-(child.process.pid ?? 0), 'SIGINT');
    process.kill(-(child.process.pid ?? 0), 'SIGINT');
    expect(await answers(told.superuser)).toBe(true);
    child.process.stdin?.end();
    expect(await child.next()).toEqual({ closed: true });
    await nothingLeftOf(told.folder);
  });

  test('runner and watchdog killed: the next start sweeps what is left', async () => {
    const { child, told } = await startRunner(stage);
    await killWatchdog(told.folder);
    child.process.kill('SIGKILL');
    await child.exited;
    expect(await answers(told.superuser)).toBe(true);
    const second = await startRunner(stage);
    expect(second.told.progress).toContain(`removing what a killed execution left: ${told.folder}`);
    expect(existsSync(told.folder)).toBe(false);
    expect(processesOf(told.folder)).toEqual([]);
    second.child.process.stdin?.end();
    await second.child.exited;
  });

  test('the watchdog killed: close still ends the server and removes its folder', async () => {
    const { child, told } = await startRunner(stage);
    await killWatchdog(told.folder);
    child.process.stdin?.end();
    expect(await child.next()).toEqual({ closed: true });
    expect(existsSync(told.folder)).toBe(false);
    expect(processesOf(told.folder)).toEqual([]);
  });

  test('kill -9 at any moment of the start leaves nothing that the next start does not sweep', async () => {
    for (const delayMs of [60, 110, 150, 190, 260]) {
      const child = startChild(stage, `say({ begun: true }); await environment.startEmbeddedServer({ stateFolder: stage.state });`);
      await child.next();
      await new Promise((resolve) => {
        setTimeout(resolve, delayMs);
      });
      child.process.kill('SIGKILL');
      await child.exited;
    }
    const { child, told } = await startRunner(stage);
    const root = join(told.folder, '..');
    await eventually('only the living cluster is there', () => readdirSync(root).length === 1);
    child.process.stdin?.end();
    await child.exited;
    expect(readdirSync(root)).toEqual([]);
    await eventually('no process is left', () => processesOf(root).length === 0);
  });

  test('two at once do not disturb each other', async () => {
    const [first, second] = await Promise.all([startRunner(stage), startRunner(stage)]);
    expect(first.told.superuser.port).not.toBe(second.told.superuser.port);
    first.child.process.kill('SIGKILL');
    await nothingLeftOf(first.told.folder);
    expect(await answers(second.told.superuser)).toBe(true);
    second.child.process.stdin?.end();
    expect(await second.child.next()).toEqual({ closed: true });
    await nothingLeftOf(second.told.folder);
  });
});

test('the npm package serves an ordinary user too', async () => {
  const stage = await makeStage(ordinaryUid(), { withPackage: true });
  try {
    const { child, told } = await startRunner(stage, "source: 'package'");
    expect(told.source).toBe('package');
    expect(await answers(told.superuser)).toBe(true);
    child.process.kill('SIGKILL');
    await nothingLeftOf(told.folder);
  } finally {
    stage.remove();
  }
});

test('a state folder that the system user cannot enter is no hindrance', async () => {
  const stage = await makeStage(undefined);
  try {
    const closed = join(stage.folder, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    const { child, told } = await startRunner({ ...stage, state: closed });
    expect(await answers(told.superuser)).toBe(true);
    child.process.kill('SIGKILL');
    await nothingLeftOf(told.folder);
    const root = dirname(told.folder);
    for (const folder of [root, root.replace('-clusters-', '-templates-')]) rmSync(folder, { recursive: true, force: true });
  } finally {
    stage.remove();
  }
});

test('a user that the system has no name for is told so', async () => {
  if (process.getuid?.() !== 0) return;
  const stage = await makeStage(54_321);
  try {
    const child = startChild(stage, 'say(await environment.startEmbeddedServer({ stateFolder: stage.state }));');
    expect((await child.next())['diagnostics']).toMatchObject([
      { code: 'environment/no-server-user', message: 'PostgreSQL does not run as a user without a name, and the system knows none for the number 54321' },
    ]);
  } finally {
    stage.remove();
  }
});
