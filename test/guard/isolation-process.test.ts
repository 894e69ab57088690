/** What works in a plain shell works in a sandbox too, to the last signal; and what a step leaves behind is found and ended. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { runSubprocess, type SubprocessRequest } from '../../src/engine/subprocess.ts';
import { keepingSink, makeFolder, processesWith, uniqueSeconds } from '../engine/fixture.ts';
import { need } from '../support/machine-need.ts';
import { makeSandbox } from '../support/sandbox.ts';
import { sampled } from '../support/sampled.ts';

describe.each(['process', 'network'] as const)('in a sandbox of the level %s', (level) => {
  beforeEach((context) => void need(context, 'bubblewrap'));

  async function run(command: string, more: Partial<SubprocessRequest> = {}) {
    const stdout = keepingSink();
    const stderr = keepingSink();
    const workspace = makeFolder();
    const end = await runSubprocess({
      program: '/bin/bash',
      arguments: ['-c', command],
      workingDirectory: workspace,
      environment: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' },
      timeoutMs: 20_000,
      signal: new AbortController().signal,
      stdout,
      stderr,
      sandbox: await makeSandbox(level, workspace),
      ...more,
    });
    return { ...end, stdout: stdout.text(), stderr: stderr.text(), workspace };
  }

  test('every exit code comes through, also those that look like a signal', async () => {
    const codes = [0, 1, 3, 126, 127, 128, 129, 130, 137, 143, 147, 254, 255];
    const ends = [];
    for (const code of codes) ends.push(await run(`exit ${code}`));
    expect(ends.map((end) => end.exitCode)).toEqual(codes);
    expect(new Set(ends.map((end) => end.outcome))).toEqual(new Set(['completed']));
  });

  test.each(sampled(['SIGTERM', 'SIGKILL', 'SIGSEGV', 'SIGINT', 'SIGHUP', 'SIGPIPE', 'SIGUSR1'], 3))(
    'a program that %s ends has a signal and no exit code',
    async (signal) => {
      const end = await run(`kill -${signal.slice(3)} $$; sleep 5`);
      expect(end).toMatchObject({ outcome: 'completed', signal, leftover: [] });
      expect(end.exitCode).toBeUndefined();
    },
  );

  test('a program that stops itself and is woken has its own exit code', async () => {
    expect(await run('(sleep 0.2; kill -CONT $$) & kill -STOP $$; wait; exit 5')).toMatchObject({ outcome: 'completed', exitCode: 5, leftover: [] });
  });

  test('the environment is the one that was given, and says the same in every shell', async () => {
    const environment = { PATH: '/usr/bin:/bin', LC_ALL: 'C', SECRET: 'a b\n"c" $d', SHLVL: '4', 'NO-NAME': 'kept', EMPTY: '' };
    const end = await run('env -0 | sort -z', { environment });
    const plain = keepingSink();
    await runSubprocess({
      program: '/bin/bash',
      arguments: ['-c', 'env -0 | sort -z'],
      workingDirectory: end.workspace,
      environment,
      timeoutMs: 20_000,
      signal: new AbortController().signal,
      stdout: plain,
      stderr: keepingSink(),
    });
    const withoutToken = (text: string): readonly string[] => text.split('\0').filter((entry) => !entry.startsWith('PROOFPLAN_STEP='));
    expect(withoutToken(end.stdout)).toEqual(withoutToken(plain.text()));
  });

  test('text on descriptor 3 reaches the program, and nothing else is open', async () => {
    const end = await run('cat <&3; exec 3<&-; for fd in {3..254}; do [ ! -e /proc/$$/fd/$fd ] || readlink /proc/$$/fd/$fd; done', {
      privateInput: 'for you alone\n',
    });
    expect(end.stdout).toBe('for you alone\n');
  });

  test('output streams while the program runs, and may be opened by name', async () => {
    const end = await run('echo one; echo two > /dev/stdout; echo three | tee /dev/stderr >/dev/null');
    expect(end).toMatchObject({ stdout: 'one\ntwo\n', stderr: 'three\n', exitCode: 0 });
  });

  test('what a process substitution has still to write is waited for', async () => {
    expect(await run('echo late > >(sleep 0.2; cat)')).toMatchObject({ stdout: 'late\n', leftover: [] });
  });

  test('the deadline ends everything, TERM first', async () => {
    const seconds = uniqueSeconds();
    const end = await run(`trap 'echo asked' TERM; setsid sleep ${seconds} & sleep ${seconds} & wait; wait`, { timeoutMs: 700 });
    expect(end).toMatchObject({ outcome: 'timed out', stdout: 'asked\n' });
    expect(processesWith(seconds)).toEqual([]);
  });

  test('a program that ignores TERM is killed', async () => {
    const end = await run(`trap '' TERM; while :; do sleep 1; done`, { timeoutMs: 500 });
    expect(end).toMatchObject({ outcome: 'timed out', signal: 'SIGKILL' });
  });

  test('an interruption ends it, whether it has begun or not', async () => {
    for (const afterMs of [0, 300]) {
      const seconds = uniqueSeconds();
      const stop = new AbortController();
      const end = await run(`sleep ${seconds}`, { signal: stop.signal, processStarted: () => void setTimeout(() => stop.abort(), afterMs) });
      expect(end.outcome).toBe('interrupted');
      expect(processesWith(seconds)).toEqual([]);
    }
  });

  test.each(
    sampled(
      [
        ['double fork, session of its own, hangup ignored', (seconds: string) => `(setsid nohup sleep ${seconds} >/dev/null 2>&1 &) ; exit 0`],
        ['with a wiped environment as well', (seconds: string) => `(env -i setsid sleep ${seconds} >/dev/null 2>&1 &) ; exit 0`],
        ['that ignores every signal', (seconds: string) => `(trap '' TERM HUP INT; env -i setsid sleep ${seconds} >/dev/null 2>&1 &) ; exit 0`],
      ],
      2,
    ),
  )('a daemon is named and does not outlive its step: %s', async (_name, command) => {
    const seconds = uniqueSeconds();
    const end = await run(command(seconds));
    expect(end).toMatchObject({ outcome: 'completed', exitCode: 0 });
    expect(end.leftover).toEqual([expect.stringMatching(new RegExp(`^\\d+ sleep ${seconds}$`))]);
    expect(processesWith(seconds)).toEqual([]);
  });

  test('a fork bomb ends with its step', async () => {
    const marker = uniqueSeconds();
    const end = await run(
      `f() { sleep ${marker} & f & f & }; for i in 1 2 3; do (f; f) & done; exit 0`.replace('f & f &', '[ -e stop ] || { sleep 0.1; f; } &'),
    );
    expect(end.outcome).toBe('completed');
    expect(processesWith(marker)).toEqual([]);
  });

  test('what cannot be started is a problem and no exit code', async () => {
    const workspace = makeFolder();
    const text = join(workspace, 'text');
    writeFileSync(text, 'no program');
    for (const more of [
      { program: '/no/such/program' },
      { program: '/' },
      { program: text },
      { workingDirectory: '/no/such/folder' },
      { arguments: ['-c', 'echo a\0b'] },
    ]) {
      const end = await run('true', more);
      expect(end).toMatchObject({ outcome: 'not run', leftover: [], problem: { code: 'engine/cannot-start' } });
      expect(end.exitCode).toBeUndefined();
    }
  });

  test('forty steps one after the other leave no process', async () => {
    // Other tests have sandboxes of their own: these are known by what stands in their command lines.
    const marker = uniqueSeconds();
    const running = run(`sleep 1; : ${marker}`);
    await vi.waitFor(() => expect(processesWith(marker).length).toBeGreaterThan(1), { timeout: 10_000 });
    await running;
    for (let index = 0; index < 40; index += 1) await run(`: ${marker}`);
    expect(processesWith(marker)).toEqual([]);
  });

  test('the process that is told sees every other one of the step below it', async () => {
    let outer = 0;
    const end = await run('sleep 0.3; cat /proc/sys/kernel/ns_last_pid >/dev/null; exit 0', {
      processStarted: (pid) => {
        outer = pid;
      },
    });
    expect(outer).toBeGreaterThan(0);
    expect(end.exitCode).toBe(0);
    expect(() => readFileSync(`/proc/${outer}/stat`)).toThrow();
  });
});
