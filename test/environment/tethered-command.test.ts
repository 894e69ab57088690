/** A command ends with all it started: at its end, at its time limit, on abort, and when the runner is killed. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runTethered } from '../../src/environment/tethered-command.ts';
import { eventually, makeStage, processesOf, startChild } from './child-runner.ts';

const folder = mkdtempSync(join(tmpdir(), 'proofplan-tether-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const options = { workingDirectory: folder, environment: { PATH: '/usr/bin:/bin' } };
const shell = (text: string, more: { timeoutMs?: number; signal?: AbortSignal } = {}) => runTethered('/bin/sh', ['-c', text], { ...options, ...more });

test('output, exit code, digest; nothing inherited, standard input empty', async () => {
  const end = await shell('cat; echo out; echo err >&2; env | sort; exit 3');
  expect(end).toMatchObject({ exitCode: 3, timedOut: false });
  const lines = end.stdout.split('\n').filter((line) => !/^(PWD|OLDPWD|SHLVL|_)=/.test(line));
  expect(lines).toEqual(['out', 'PATH=/usr/bin:/bin', '']);
  expect(end.tail).toContain('err');
  expect(end.stdoutSha256).toBe(createHash('sha256').update(end.stdout).digest('hex'));
});

test('the command is the head of its group and has no child that it did not start', async () => {
  const end = await shell('ps -o pid= --ppid $$ | wc -l; ps -o pgid= -p $$ | tr -d " "; echo $$');
  const [children, group, pid] = end.stdout.trim().split('\n').map(Number);
  // The pipeline's own two.
  expect(children).toBeLessThanOrEqual(2);
  expect(group).toBe(pid);
});

test('a program that does not exist, a folder that does not exist', async () => {
  expect(await runTethered('/nonexistent/program', [], options)).toMatchObject({ exitCode: 127 });
  const nowhere = await runTethered('/bin/sh', ['-c', 'true'], { ...options, workingDirectory: join(folder, 'absent') });
  expect(nowhere.exitCode).toBe(127);
  expect(nowhere.problem).toBeTruthy();
});

test('what is still running at the end is ended, also if it holds the output', async () => {
  const end = await shell('sleep 987.1 & echo $!');
  expect(end.exitCode).toBe(0);
  await eventually('the sleeper is gone', () => processesOf('sleep 987.1').length === 0);
});

test('a daemon that left the group cannot keep the command open', async () => {
  const end = await shell('setsid sh -c "echo \\$\\$ >daemon; exec sleep 987.2" & while [ ! -s daemon ]; do sleep 0.01; done');
  expect(end.exitCode).toBe(0);
  expect(end.durationMs).toBeLessThan(5_000);
  process.kill(Number(readFileSync(join(folder, 'daemon'), 'utf8')), 'SIGKILL');
});

test('the time limit ends the whole group, also one that does not want to', async () => {
  const end = await shell('trap "" TERM; (trap "" TERM; sleep 987.3) & echo begun; sleep 987.3; sleep 987.3', { timeoutMs: 200 });
  expect(end).toMatchObject({ timedOut: true, exitCode: 137, stdout: 'begun\n' });
  await eventually('the sleepers are gone', () => processesOf('sleep 987.3').length === 0);
});

test('an abort ends it, before and after its start', async () => {
  const controller = new AbortController();
  const running = shell('sleep 987.4', { signal: controller.signal });
  await eventually('it runs', () => processesOf('sleep 987.4').length > 0);
  controller.abort();
  expect((await running).exitCode).toBe(143);
  expect((await shell('sleep 987.4', { signal: controller.signal })).exitCode).not.toBe(0);
  expect(processesOf('sleep 987.4')).toEqual([]);
});

test('much output: the first 4 MiB and the last 16 KiB are kept, all of it is digested', async () => {
  const end = await shell("head -c 10000000 /dev/zero | tr '\\0' 'x'; echo end");
  expect(end.stdout.length).toBe(4 * 1024 * 1024);
  expect(end.tail).toMatch(/^x+end\n$/);
  expect(end.stdoutSha256).toBe(
    createHash('sha256')
      .update(`${'x'.repeat(10_000_000)}end\n`)
      .digest('hex'),
  );
});

test('kill -9 of the runner ends the whole group', async () => {
  const stage = await makeStage(undefined);
  try {
    const child = startChild(
      stage,
      `
      say({ begun: true });
      await environment.runTethered('/bin/sh', ['-c', '(sleep 987.5) & sleep 987.5'], { workingDirectory: '/', environment: { PATH: '/usr/bin:/bin' } });
    `,
    );
    await child.next();
    await eventually('both run', () => processesOf('sleep 987.5').filter(({ command }) => command.startsWith('sleep')).length === 2);
    child.process.kill('SIGKILL');
    await eventually('none runs', () => processesOf('sleep 987.5').length === 0);
    await child.exited;
    expect(child.process.signalCode).toBe('SIGKILL');
  } finally {
    stage.remove();
  }
});
