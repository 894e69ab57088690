import { closeSync, existsSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runSubprocess, type SubprocessRequest } from '../../src/engine/subprocess.ts';
import { endOf, startRunner } from './child-runner.ts';
import { keepingSink, makeFolder, processesWith, uniqueSeconds } from './fixture.ts';

async function run(command: string, more: Partial<SubprocessRequest> = {}) {
  const stdout = keepingSink();
  const stderr = keepingSink();
  const end = await runSubprocess({
    program: '/bin/bash',
    arguments: ['-c', command],
    workingDirectory: '/',
    environment: { PATH: '/usr/bin:/bin' },
    timeoutMs: 20_000,
    signal: new AbortController().signal,
    stdout,
    stderr,
    ...more,
  });
  return { ...end, stdout: stdout.text(), stderr: stderr.text() };
}

describe('how a program ended', () => {
  test('every exit code comes through', async () => {
    const codes = [0, 1, 2, 3, 42, 77, 99, 126, 127, 128, 130, 137, 143, 254, 255];
    const ends = [];
    for (const code of codes) ends.push(await run(`exit ${code}`));
    expect(ends.map((end) => end.exitCode)).toEqual(codes);
    expect(new Set(ends.map((end) => end.outcome))).toEqual(new Set(['completed']));
  });

  test.each(['SIGTERM', 'SIGKILL', 'SIGSEGV', 'SIGINT'])('a program that %s ends has a signal and no exit code', async (signal) => {
    const end = await run(`kill -${signal.slice(3)} $$; sleep 5`);
    expect(end).toMatchObject({ outcome: 'completed', signal, leftover: [] });
    expect(end.exitCode).toBeUndefined();
  });

  test('standard input is closed: `cat` ends at once', async () => {
    expect(await run('cat; echo $?')).toMatchObject({ outcome: 'completed', stdout: '0\n' });
  });

  test('both streams are kept apart and whole', async () => {
    const end = await run('for i in 1 2 3; do echo out $i; echo err $i >&2; done');
    expect(end.stdout).toBe('out 1\nout 2\nout 3\n');
    expect(end.stderr).toBe('err 1\nerr 2\nerr 3\n');
  });

  test('its outputs can be opened by name, as in every CI system', async () => {
    const end = await run('echo one > /dev/stdout; echo two > /dev/stderr; echo three | tee /dev/stderr');
    expect(end).toMatchObject({ exitCode: 0, stdout: 'one\nthree\n', stderr: 'two\nthree\n' });
  });

  test.each([
    ['a program that does not exist', { program: '/no/such/program' }, 'ENOENT'],
    ['a folder in place of a program', { program: '/' }, 'EACCES'],
    ['an argument that is too long for the system', { arguments: ['-c', `: ${'x'.repeat(200_000)}`] }, 'E2BIG'],
    ['a working directory that does not exist', { workingDirectory: '/no/such/folder' }, ''],
    ['a NUL in an argument', { arguments: ['-c', 'echo a\0b'] }, ''],
  ])('%s is a problem, not an exception', async (_name, more, reason) => {
    const end = await run('true', more);
    expect(end.problem).toMatchObject({ severity: 'error', code: 'engine/cannot-start' });
    expect(end.problem?.notes?.join()).toContain(reason);
    expect(end).toMatchObject({ outcome: 'not run', leftover: [] });
  });
});

describe('what a program leaves behind is ended and named', () => {
  test('a grandchild that holds stdout does not keep the step waiting', async () => {
    const seconds = uniqueSeconds();
    const startedAtMs = performance.now();
    const end = await run(`echo said; sleep ${seconds} & exit 3`);
    expect(performance.now() - startedAtMs).toBeLessThan(10_000);
    expect(end).toMatchObject({ outcome: 'completed', exitCode: 3, stdout: 'said\n' });
    expect(end.leftover).toEqual([expect.stringContaining(`sleep ${seconds}`)]);
    expect(processesWith(seconds)).toEqual([]);
  });

  test('a daemon that closed its outputs is found by the group', async () => {
    const seconds = uniqueSeconds();
    const end = await run(`sleep ${seconds} </dev/null >/dev/null 2>&1 & disown`);
    expect(end.leftover).toHaveLength(1);
    expect(processesWith(seconds)).toEqual([]);
  });

  test('a daemon in a session of its own is found by its token, also after a double fork', async () => {
    const seconds = uniqueSeconds();
    const end = await run(`setsid sleep ${seconds} >/dev/null 2>&1 & (setsid bash -c '(sleep ${seconds} & ) ; exit 0' >/dev/null 2>&1 &) ; sleep 0.1`);
    expect(end.leftover.filter((line) => / sleep /.test(line))).toHaveLength(2);
    expect(processesWith(seconds)).toEqual([]);
  });

  test('one that ignores TERM is killed', async () => {
    const seconds = uniqueSeconds();
    const end = await run(`(trap '' TERM; while :; do sleep ${seconds}; done) >/dev/null 2>&1 & sleep 0.1`);
    expect(end.leftover.length).toBeGreaterThan(0);
    expect(processesWith(seconds)).toEqual([]);
  });

  test('one that wiped its environment is still in the group', async () => {
    const seconds = uniqueSeconds();
    const end = await run(`env -i sleep ${seconds} >/dev/null 2>&1 &`);
    expect(end.leftover).toHaveLength(1);
    expect(processesWith(seconds)).toEqual([]);
  });

  test('one that cannot be found any more, but holds the output, is cut off and reported', async () => {
    const seconds = uniqueSeconds();
    const end = await run(`echo said; env -i setsid sleep ${seconds} & sleep 0.1`);
    expect(end).toMatchObject({ stdout: 'said\n', leftover: ['a process that could not be found and holds the output open'] });
    for (const line of processesWith(seconds)) process.kill(Number(line.split(' ')[0]), 'SIGKILL');
  });

  test('one that cannot be found and goes on printing leaves the output cut, which is no evidence', async () => {
    const seconds = uniqueSeconds();
    const slow = { write: () => new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 400)) };
    const end = await run(`env -i setsid bash -c 'while :; do echo ${seconds}; done' & sleep 0.1`, { stdout: slow });
    for (const line of processesWith(seconds)) process.kill(Number(line.split(' ')[0]), 'SIGKILL');
    expect(end.problem).toMatchObject({ severity: 'error', code: 'engine/evidence-unwritable' });
    expect(end.leftover).toEqual(['a process that could not be found and holds the output open']);
  });

  test('a process substitution may finish its work: nothing is lost, nothing is left over', async () => {
    const end = await run('echo slow > >(sleep 0.2; cat)');
    expect(end).toMatchObject({ stdout: 'slow\n', leftover: [] });
  });

  test('a fork bomb of forks that fork once more is ended', async () => {
    const seconds = uniqueSeconds();
    await run(`for i in $(seq 1 40); do (setsid bash -c 'sleep ${seconds} & sleep ${seconds}' >/dev/null 2>&1 &); done; sleep 0.1`);
    expect(processesWith(seconds)).toEqual([]);
  });
});

describe('deadline and interruption', () => {
  test('the deadline ends the whole step, also what is in another session', async () => {
    const seconds = uniqueSeconds();
    const startedAtMs = performance.now();
    const end = await run(`echo begun; setsid sleep ${seconds} & sleep ${seconds}`, { timeoutMs: 600 });
    expect(performance.now() - startedAtMs).toBeLessThan(10_000);
    expect(end).toMatchObject({ outcome: 'timed out', signal: 'SIGTERM', stdout: 'begun\n' });
    expect(processesWith(seconds)).toEqual([]);
  });

  test('a program that answers TERM with exit 0 has still timed out', async () => {
    const end = await run("trap 'exit 0' TERM; while :; do sleep 0.05; done", { timeoutMs: 800 });
    expect(end).toMatchObject({ outcome: 'timed out', exitCode: 0 });
  });

  test('a program that ignores TERM is killed', async () => {
    const end = await run("trap '' TERM; while :; do sleep 0.05; done", { timeoutMs: 800 });
    expect(end).toMatchObject({ outcome: 'timed out', signal: 'SIGKILL' });
  });

  test('the deadline holds against endless output to both streams', async () => {
    const bytes = { count: 0 };
    const counting = {
      write: (chunk: Uint8Array) => {
        bytes.count += chunk.length;
        return Promise.resolve(undefined);
      },
    };
    const end = await run('yes out & yes err >&2', { timeoutMs: 300, stdout: counting, stderr: counting });
    expect(end.outcome).toBe('timed out');
    expect(bytes.count).toBeGreaterThan(1_000_000);
  });

  test('an abort ends the step as interrupted', async () => {
    const seconds = uniqueSeconds();
    const stop = new AbortController();
    const end = await run(`sleep ${seconds}`, { signal: stop.signal, processStarted: () => stop.abort() });
    expect(end).toMatchObject({ outcome: 'interrupted', signal: 'SIGTERM' });
    expect(processesWith(seconds)).toEqual([]);
  });

  test('nothing starts after an abort', async () => {
    const marker = join(makeFolder(), 'marker');
    expect(await run(`touch ${marker}`, { signal: AbortSignal.abort() })).toMatchObject({ outcome: 'interrupted', durationMs: 0 });
    expect(existsSync(marker)).toBe(false);
  });

  test("a sink's diagnostic ends the step", async () => {
    const problem = { severity: 'error', code: 'engine/evidence-unwritable', message: 'full' } as const;
    const end = await run('yes', { stdout: { write: () => Promise.resolve(problem) } });
    expect(end).toMatchObject({ outcome: 'interrupted', problem });
  });
});

describe('nothing of the runner reaches the program', () => {
  test('no variable of the runner, only what is given and the token', async () => {
    process.env['PROOFPLAN_TEST_LEAK'] = 'leaked';
    const end = await run('env', { environment: { GIVEN: 'yes' } });
    delete process.env['PROOFPLAN_TEST_LEAK'];
    const names = end.stdout
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0] ?? '');
    // The last three are bash's own.
    expect(new Set(names)).toEqual(new Set(['GIVEN', 'PROOFPLAN_STEP', 'PWD', 'SHLVL', '_']));
  });

  test('no descriptor but the three', async () => {
    const opened = openSync('/dev/null', 'r');
    const end = await run('ls -l /proc/$$/fd; true');
    closeSync(opened);
    const open = end.stdout.split('\n').flatMap((line) => /(\d+) -> (.*)$/.exec(line)?.slice(1, 3).join(' ') ?? []);
    // Node closes what it was started with up to 15; a harness may have left it something higher.
    expect(
      open
        .filter((line) => !line.endsWith('/dev/null'))
        .map((line) => Number(line.split(' ')[0]))
        .filter((number) => number < 16),
    ).toEqual([1, 2]);
  });

  test('nothing that the runner was started with: a step cannot read or hold it', async () => {
    const program = `
      const sink = { write: async (chunk) => void process.stdout.write(chunk) };
      await engine.runSubprocess({
        program: '/bin/bash', arguments: ['-c', 'readlink /proc/$PPID/fd/9; readlink /proc/$$/fd/9; true'], workingDirectory: '/', environment: { PATH: '/usr/bin:/bin' },
        timeoutMs: 20_000, signal: new AbortController().signal, stdout: sink, stderr: sink,
      });`;
    expect((await endOf(await startRunner(program))).stdout).toBe('/etc/passwd\n');
  });

  test('private input stands on descriptor 3', async () => {
    expect(await run('cat <&3', { privateInput: 'only for you' })).toMatchObject({ stdout: 'only for you', exitCode: 0 });
  });

  test('the process is told as it starts, and leads its group', async () => {
    let pid = 0;
    const end = await run('ps -o pid=,pgid= -p $$', { processStarted: (started) => void (pid = started) });
    expect(end.stdout.trim().split(/\s+/).map(Number)).toEqual([pid, pid]);
  });

  test('two hundred steps one after the other leave no descriptor open', async () => {
    await run('true');
    const before = readdirSync('/proc/self/fd').length;
    for (let index = 0; index < 200; index += 1) await run('true');
    // The stock of pipes goes up and down by at most its size.
    expect(Math.abs(readdirSync('/proc/self/fd').length - before)).toBeLessThanOrEqual(64);
  });
});
