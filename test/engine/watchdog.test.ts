import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { endOf, startRunner } from './child-runner.ts';
import { processesWith, uniqueSeconds } from './fixture.ts';

/** A runner whose one step is `command`; it prints a line when the step's own first line has come. */
function runnerOf(command: string, then = ''): string {
  return `
    const said = { write: async () => { process.stdout.write('started\\n'); ${then} return undefined; } };
    await engine.runSubprocess({
      program: '/bin/bash', arguments: ['-c', ${JSON.stringify(command)}], workingDirectory: '/', environment: { PATH: '/usr/bin:/bin' },
      timeoutMs: 60_000, signal: new AbortController().signal, stdout: said, stderr: said,
    });`;
}

async function goneWithin(text: string, patienceMs: number): Promise<number> {
  const startedAtMs = performance.now();
  while (processesWith(text).length > 0 && performance.now() - startedAtMs < patienceMs) await sleep(20);
  return performance.now() - startedAtMs;
}

const everyWayOut = (seconds: string): string =>
  `sleep ${seconds} & setsid sleep ${seconds} & (setsid bash -c '(sleep ${seconds} &)' &) ; env -i sleep ${seconds} & trap '' TERM; sleep 0.3; echo; while :; do sleep ${seconds}; done`;

test('a runner that is killed with SIGKILL takes every process of its step with it, within two seconds', async () => {
  const seconds = uniqueSeconds();
  const runner = await startRunner(runnerOf(everyWayOut(seconds)));
  await once(runner.stdout, 'data');
  await vi.waitUntil(() => processesWith(seconds).filter((line) => /^\d+ sleep /.test(line)).length === 5, 10_000);
  runner.kill('SIGKILL');
  expect(await goneWithin(seconds, 4_000)).toBeLessThan(2_000);
});

test('the token alone is enough: a runner killed before it could say which group it started', async () => {
  const seconds = uniqueSeconds();
  const program = `
    import { spawn } from 'node:child_process';
    engine.watchStep('token-of-this-test');
    spawn('/bin/sleep', ['${seconds}'], { detached: true, stdio: 'ignore', env: { ANY: 'token-of-this-test' } });
    process.kill(process.pid, 'SIGKILL');`;
  const runner = await startRunner(program);
  await once(runner, 'close');
  expect(await goneWithin(seconds, 4_000)).toBeLessThan(2_000);
});

test('so does a runner that leaves by process.exit in the middle of a step', async () => {
  const seconds = uniqueSeconds();
  const runner = await startRunner(runnerOf(everyWayOut(seconds), 'process.exit(7);'));
  expect((await endOf(runner)).code).toBe(7);
  expect(await goneWithin(seconds, 4_000)).toBeLessThan(2_000);
});

const findWatchdog = "$(pgrep -P $PPID -f 'const steps = new Ma[p]')";

test.each(['KILL', 'STOP'])('a step that sends %s to the watchdog is ended and named, and the next one runs under a new watchdog', async (signal) => {
  const seconds = uniqueSeconds();
  // A signal is delivered when its process is next looked at, which may be after the step's end.
  const rest = signal === 'KILL' ? `setsid sleep ${seconds} & sleep ${seconds}` : "until grep -q '^State:.T' /proc/$dog/status; do sleep 0.01; done";
  const program = `
    const nothing = { write: async () => undefined };
    const request = (command) => ({ program: '/bin/bash', arguments: ['-c', command], workingDirectory: '/', environment: { PATH: '/usr/bin:/bin' },
      timeoutMs: 60_000, signal: new AbortController().signal, stdout: nothing, stderr: nothing });
    const first = await engine.runSubprocess(request(${JSON.stringify(`dog=${findWatchdog}; kill -${signal} $dog; ${rest}`)}));
    const second = await engine.runSubprocess(request('true'));
    const third = await engine.runSubprocess(request('true'));
    console.log(JSON.stringify([first, second, third].map(({ outcome, problem }) => [outcome, problem?.code])));`;
  const { stdout, stderr } = await endOf(await startRunner(program));
  const [first, ...others] = JSON.parse(stdout || 'null') as [string, string?][];
  expect(first?.[1], stderr).toBe('engine/watchdog-lost');
  expect(others).toEqual([
    ['completed', null],
    ['completed', null],
  ]);
  expect(await goneWithin(seconds, 1_000)).toBeLessThan(1_000);
});

test('a runner that is killed right after its watchdog still takes its step with it', async () => {
  const seconds = uniqueSeconds();
  // The step ignores TERM, so that it is still there when the new watchdog has taken over.
  const runner = await startRunner(runnerOf(`trap '' TERM; kill -KILL ${findWatchdog}; sleep 0.5; echo; setsid sleep ${seconds} & sleep ${seconds}`));
  await once(runner.stdout, 'data');
  runner.kill('SIGKILL');
  expect(await goneWithin(seconds, 4_000)).toBeLessThan(2_000);
});

test('neither the watchdog nor the stock of pipes keeps a runner alive whose work is done', async () => {
  const startedAtMs = performance.now();
  const { code, stderr } = await endOf(await startRunner(runnerOf('echo')));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(performance.now() - startedAtMs).toBeLessThan(5_000);
});
