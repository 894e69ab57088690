/** What signals do to an execution, in each of its phases: the exit code, the record, and what is left of it. */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Ajv } from 'ajv';
import { beforeEach, describe, expect, test } from 'vitest';
import { runCommand } from '../../src/cli/main.ts';
import { createColours } from '../../src/report/colour.ts';
import { processesWith, uniqueSeconds } from '../engine/fixture.ts';
import { builtProgram, root } from '../support/command.ts';
import { openPlay, planOf, type Play, type PlayEnd } from './isolation-play.ts';

const codes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
const names = Object.keys(codes) as (keyof typeof codes)[];

const isVerdictFile = new Ajv({ discriminator: true, strict: false }).compile(
  JSON.parse(readFileSync(join(root, 'schemas/verdict.schema.json'), 'utf8')) as object,
);

let play: Play;
beforeEach(() => {
  play = openPlay();
  return () => play.close();
});

async function until(condition: () => boolean, what = 'it'): Promise<void> {
  for (const end = performance.now() + 20_000; !condition(); await sleep(10)) {
    if (performance.now() > end) throw new Error(`${what} did not happen within 20 s`);
  }
}

const there = (name: string) => (): boolean => existsSync(join(play.folder, name));
const audit = (record: string) => spawnSync(process.execPath, [builtProgram(), 'audit', 'verify', record], { encoding: 'utf8' });

/** The record is closed, whole, and says `error`, and that no step after the one that was cut has run. */
function expectClosed(end: PlayEnd, exitCode: number): void {
  expect(end.exitCode, end.said).toBe(exitCode);
  expect(audit(end.record), end.said).toMatchObject({ status: 0 });
  expect(end.events.find(({ kind }) => kind === 'verdict')?.data).toMatchObject({ verdict: 'error', exitCode });
  expect(end.events.at(-1)?.kind).toBe('closed');
  const written: unknown = JSON.parse(readFileSync(join(end.record, 'verdict.json'), 'utf8'));
  expect(written).toMatchObject({ verdict: 'error', exitCode });
  expect(isVerdictFile(written), JSON.stringify(isVerdictFile.errors)).toBe(true);
}

const outcomes = (end: PlayEnd): readonly string[] =>
  end.events.flatMap((event) =>
    event.kind === 'step-ended' ? [`${event.data.step} ${event.data.outcome}`] : event.kind === 'step-not-run' ? [`${event.data.step} not run`] : [],
  );

describe.each(names)('the first %s', (name) => {
  test('ends a step and what it started, and the record says where', async () => {
    const seconds = uniqueSeconds();
    const { child, ended } = play.start(planOf(['true', `setsid sleep ${seconds} & touch begun; sleep ${seconds}`, 'touch later']));
    await until(there('begun'));
    child.kill(name);
    const end = await ended;
    expectClosed(end, codes[name]);
    expect(outcomes(end)).toEqual(['1.1 completed', '2.1 interrupted', '3.1 not run']);
    expect(end.said).toContain('interrupted in step 2.1');
    expect(existsSync(join(play.folder, 'later'))).toBe(false);
    expect(processesWith(seconds)).toEqual([]);
  });
});

describe('teardown', () => {
  const plan = (step: string, teardown: string): string =>
    planOf([step, 'touch later']).concat(`\n## 3. Teardown\n\n\`\`\`bash\n${teardown}\n\`\`\`\n\n**Expected:** exit code 0\n`);

  test('is run after the first signal, and improves nothing', async () => {
    const { child, ended } = play.start(plan('touch begun; sleep 30', 'touch torn-down'));
    await until(there('begun'));
    child.kill('SIGINT');
    const end = await ended;
    expectClosed(end, 130);
    expect(outcomes(end).toSorted()).toEqual(['1.1 interrupted', '2.1 not run', '3.1 completed']);
    expect(there('torn-down')()).toBe(true);
    expect(there('later')()).toBe(false);
  });

  test('is itself ended by the second', async () => {
    const seconds = uniqueSeconds();
    const { child, ended } = play.start(plan('touch begun; sleep 30', `touch tearing-down; sleep ${seconds}`));
    await until(there('begun'));
    child.kill('SIGINT');
    await until(there('tearing-down'), 'the teardown');
    child.kill('SIGINT');
    expect((await ended).exitCode).toBe(130);
    await until(() => processesWith(seconds).length === 0, 'the end of the teardown');
  });
});

test('a step that ignores TERM is killed, and its record closed', async () => {
  const { child, ended } = play.start(planOf([`trap '' TERM INT HUP; touch begun; while :; do sleep 0.1; done`]));
  await until(there('begun'));
  child.kill('SIGTERM');
  const end = await ended;
  expectClosed(end, 143);
  expect(end.events.find(({ kind }) => kind === 'step-ended')?.data).toMatchObject({ outcome: 'interrupted', signal: 'SIGKILL' });
});

test('a step that ends by itself with exit 0 when it is asked to is interrupted all the same', async () => {
  const { child, ended } = play.start(planOf([`trap 'exit 0' TERM; touch begun; while :; do sleep 0.05; done`]));
  await until(there('begun'));
  child.kill('SIGINT');
  const end = await ended;
  expectClosed(end, 130);
  expect(outcomes(end)).toEqual(['1.1 interrupted']);
});

test.each(
  sampled(
    [
      ['the second signal', ['SIGINT', 'SIGINT'], 130],
      ['a second signal of another name', ['SIGINT', 'SIGTERM'], 143],
      ['SIGQUIT', ['SIGQUIT'], 131],
    ] as const,
    2,
  ),
)('%s ends it at once, no process survives, and the record says that it was not closed', async (_, signals, exitCode) => {
  const seconds = uniqueSeconds();
  const { child, ended } = play.start(planOf([`trap '' TERM; setsid sleep ${seconds} & touch begun; while :; do sleep ${seconds}; done`]));
  await until(there('begun'));
  for (const signal of signals) {
    child.kill(signal);
    await sleep(200);
  }
  const askedAtMs = performance.now();
  const end = await ended;
  expect(end.exitCode, end.said).toBe(exitCode);
  await until(() => processesWith(seconds).length === 0, 'the end of the step');
  expect(performance.now() - askedAtMs).toBeLessThan(2_000);
  expect(existsSync(join(end.record, 'verdict.json'))).toBe(false);
  expect(audit(end.record)).toMatchObject({ status: 1, stderr: expect.stringContaining('review/not-closed') });
  expect(readdirSync(play.folder).filter((file) => file.startsWith('core'))).toEqual([]);
});

describe('while the environment is made ready', () => {
  const configuration = (more: string): string => `default: here\nenvironments:\n  here:\n    workspace: .\n${more}`;
  /** A temporary folder of its own: what runs in it can be told from everything else. */
  const variables = (): Readonly<Record<string, string>> => {
    const folder = join(play.folder, 'tmp');
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o1777);
    return { TMPDIR: folder, XDG_CACHE_HOME: join(root, 'node_modules/.cache/proofplan-test') };
  };

  test('a prepare command is ended, and nothing was opened', async () => {
    const seconds = uniqueSeconds();
    const prepare = configuration(`    database: embedded\n    prepare:\n      - run: "sleep ${seconds} & touch begun; sleep ${seconds}"\n`);
    const { child, ended } = play.start(planOf(['touch later']), { configuration: prepare, variables: variables() });
    await until(there('begun'));
    child.kill('SIGTERM');
    const end = await ended;
    expect(end.exitCode, end.said).toBe(143);
    expect(end.said).toContain('interrupted while the environment was being prepared');
    expect(existsSync(join(play.folder, 'out/executions'))).toBe(false);
    expect(existsSync(join(play.folder, 'later'))).toBe(false);
    await until(() => processesWith(seconds).length === 0, 'the end of the prepare command');
  });

  test.each(
    sampled(
      [
        ['once', 1],
        ['twice', 2],
      ],
      2,
    ),
  )('an embedded server that is being started does not outlive it: %s', async (_, times) => {
    const { child, ended } = play.start(planOf(['touch later']), { configuration: configuration('    database: embedded\n'), variables: variables() });
    // Its folder is there before the server answers.
    await until(() => processesWith(join(play.folder, 'tmp')).some((line) => line.includes('postgres')), 'a server');
    for (let time = 0; time < times; time += 1) {
      child.kill('SIGINT');
      await sleep(50);
    }
    const end = await ended;
    expect(end.exitCode, end.said).toBe(130);
    expect(existsSync(join(play.folder, 'later'))).toBe(false);
    await until(() => processesWith(join(play.folder, 'tmp')).length === 0, 'the end of the server');
  });
});

test('at any moment: the exit code is what the record says, and a record that was closed is whole', async () => {
  const steps = Array.from({ length: 6 }, (_, index) => `echo ${index}`);
  const begun = performance.now();
  await play.run(planOf(steps));
  const whole = performance.now() - begun;
  for (let round = 0; round < (playsAll ? 6 : 3); round += 1) {
    const { child, ended } = play.start(planOf(steps));
    const exited = new Promise((resolve) => child.once('exit', (_code, signal) => resolve(signal)));
    await Promise.race([sleep(whole * (0.3 + round * (playsAll ? 0.13 : 0.3))), exited]);
    child.kill(names[round % names.length] ?? 'SIGINT');
    const end = await ended;
    const verdict = end.events.find((event) => event.kind === 'verdict')?.data as { readonly exitCode: number } | undefined;
    // Before the program listens, the signal itself ends it.
    if (end.exitCode === null) expect(end.events).toEqual([]);
    else if (verdict !== undefined) {
      expect(verdict.exitCode, end.said).toBe(end.exitCode);
      expect(audit(end.record), end.said).toMatchObject({ status: 0 });
      if (end.exitCode === 0) expect(outcomes(end)).toEqual(steps.map((_step, index) => `${index + 1}.1 completed`));
    } else expect(end.exitCode).not.toBe(0);
  }
});

test('of several plans, those that were not begun are no part of a pass', async () => {
  const controller = new AbortController();
  for (const name of ['one.md', 'two.md']) writeFileSync(join(play.folder, name), planOf(['true']));
  let said = '';
  const exitCode = await runCommand({
    version: '0.0.0',
    argv: ['run', 'one.md', 'two.md', '--out', 'out'],
    environment: { PATH: process.env['PATH'], HOME: play.folder },
    workingFolder: play.folder,
    out: () => undefined,
    err: (text) => {
      said += text;
      // The first plan has ended, with its verdict.
      if (text.includes('✓ passed')) controller.abort('SIGINT');
    },
    outColours: createColours(0),
    errColours: createColours(0),
    outColumns: 80,
    errColumns: 80,
    errLive: false,
    readStandardInput: () => Promise.resolve(Buffer.alloc(0)),
    sources: new Map(),
    interruption: () => controller.signal,
    self: [process.execPath, builtProgram()],
    command: 'proofplan',
  });
  expect(said).toContain('✓ 1.1');
  expect(exitCode).toBe(130);
  expect(said).toContain('SIGINT: not begun: two.md');
  expect(readdirSync(join(play.folder, 'out/executions'))).toHaveLength(1);
});

/** Runs a command on a terminal of its own, types when something was shown, and tells the modes before and after. */
const typing = `
import fcntl, json, os, pty, struct, sys, termios, time
command, keys, close = json.loads(sys.argv[1])
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 100, 0, 0))
    os.execvp(command[0], command)
before = termios.tcgetattr(fd)
shown = b''
while True:
    try: chunk = os.read(fd, 4096)
    except OSError: break
    if not chunk: break
    shown += chunk
    if keys and keys[0][0].encode() in shown:
        wanted, key = keys.pop(0)
        time.sleep(0.3)
        if close:
            os.close(fd)
            break
        os.write(fd, key.encode())
after = before if close else termios.tcgetattr(fd)
_, status = os.waitpid(pid, 0)
print(json.dumps([shown.decode(errors='replace'), os.waitstatus_to_exitcode(status), before == after]))
`;
import { playsAll, sampled } from '../support/sampled.ts';

interface Shown {
  readonly text: string;
  readonly exitCode: number;
  readonly sameModes: boolean;
}

function onTerminal(plan: string, keys: readonly (readonly [string, string])[], close = false): Shown {
  writeFileSync(join(play.folder, 'plan.md'), plan);
  const command = [process.execPath, builtProgram(), 'run', 'plan.md', '--out', 'out'];
  const said = execFileSync('python3', ['-c', typing, JSON.stringify([command, keys, close])], {
    cwd: play.folder,
    env: { PATH: process.env['PATH'], HOME: play.folder, TERM: 'xterm', LANG: 'C.UTF-8' },
    encoding: 'utf8',
    timeout: 50_000,
  });
  const [text, exitCode, sameModes] = JSON.parse(said) as [string, number, boolean];
  return { text, exitCode, sameModes };
}

const record = (): string => join(play.folder, 'out/latest');

describe('on a terminal', () => {
  const [hide, show] = ['\u001b[?25l', '\u001b[?25h'];

  test('Ctrl-C once: the live line is gone, the cursor there, the verdict said', () => {
    const end = onTerminal(planOf(['sleep 30']), [['1.1 shell', '\u0003']]);
    expect(end).toMatchObject({ exitCode: 130, sameModes: true });
    expect(end.text.split('\r\u001b[J').at(-1)).not.toContain('1.1 shell Part');
    expect(end.text.lastIndexOf(show)).toBeGreaterThanOrEqual(end.text.lastIndexOf(hide));
    expect(end.text).toContain('interrupted in step 1.1');
    expect(audit(record()).status).toBe(0);
  });

  test('Ctrl-C twice: it ends at once, and the last bytes give the line and the cursor back', () => {
    const end = onTerminal(planOf([`trap '' TERM; while :; do sleep 0.1; done`]), [
      ['1.1 shell', '\u0003'],
      ['1.1 shell', '\u0003'],
    ]);
    expect(end).toMatchObject({ exitCode: 130, sameModes: true });
    expect(end.text.endsWith(`\r\u001b[J\u001b[?7h${show}`)).toBe(true);
  });

  test('a terminal that is closed ends the execution in order, with nobody to tell it to', async () => {
    expect(onTerminal(planOf(['sleep 30', 'touch later']), [['1.1 shell', '']], true)).toMatchObject({ exitCode: 129 });
    await until(() => existsSync(join(record(), 'verdict.json')), 'a verdict');
    expect(audit(record()).status).toBe(0);
    expect(existsSync(join(play.folder, 'later'))).toBe(false);
  });
});

describe('signals that say something else', () => {
  test('SIGPIPE: a reader that goes away ends nothing, and a step has it as any program', async () => {
    writeFileSync(join(play.folder, 'plan.md'), planOf(['grep SigIgn /proc/self/status', 'set +o pipefail; yes | head -1']));
    const program = `"$NODE" "$PROGRAM" run plan.md --out out 2>&1 | head -1 >/dev/null; exit "\${PIPESTATUS[0]}"`;
    const end = spawnSync('bash', ['-c', program], { cwd: play.folder, env: { ...process.env, NODE: process.execPath, PROGRAM: builtProgram() } });
    const read = JSON.parse(readFileSync(join(record(), 'verdict.json'), 'utf8')) as { readonly exitCode: number };
    expect(end.status).toBe(read.exitCode);
    expect(audit(record()).status).toBe(0);
    const journal = readFileSync(join(record(), 'journal.jsonl'), 'utf8');
    expect(/SigIgn:\\t(\w+)/.exec(journal)?.[1]).toBe('0'.repeat(16));
  });

  test('SIGUSR1 opens no debugger: who could talk to it could be the runner', async () => {
    const { child, ended } = play.start(planOf(['touch begun; sleep 1']));
    await until(there('begun'));
    child.kill('SIGUSR1');
    const end = await ended;
    expect(end.said).not.toMatch(/debugger|inspector/i);
    expect(end.exitCode, end.said).toBe(0);
  });

  test('stopped and woken, it goes on', async () => {
    const { child, ended } = play.start(planOf(['touch begun; sleep 1', 'true']));
    await until(there('begun'));
    child.kill('SIGSTOP');
    await sleep(1_500);
    child.kill('SIGCONT');
    expect((await ended).exitCode).toBe(0);
  });

  test('a signal to its whole process group, as a shell sends it', async () => {
    const child: ChildProcess = spawn(process.execPath, [builtProgram(), 'run', 'plan.md', '--out', 'out'], {
      cwd: play.folder,
      env: { PATH: process.env['PATH'], HOME: play.folder },
      detached: true,
      stdio: 'ignore',
    });
    writeFileSync(join(play.folder, 'plan.md'), planOf(['touch begun; sleep 30']));
    const exited = new Promise((resolve) => child.once('exit', resolve));
    await until(there('begun'));
    process.kill(-(child.pid ?? 0), 'SIGINT');
    expect(await exited).toBe(130);
    expect(audit(record()).status).toBe(0);
  });
});

test('while an execution that was cut is resumed: its record is closed like any other', async () => {
  const first = play.start(planOf(['true', 'touch begun; sleep 30', 'touch later']));
  await until(there('begun'));
  first.child.kill('SIGKILL');
  await first.ended;
  rmSync(join(play.folder, 'begun'));
  const words = ['resume', 'out/latest', '--not-done', '2.1', '--by', 'Somebody'];
  const child = spawn(process.execPath, [builtProgram(), ...words], {
    cwd: play.folder,
    env: { PATH: process.env['PATH'], HOME: play.folder },
    stdio: 'ignore',
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  await until(there('begun'));
  child.kill('SIGTERM');
  expect(await exited).toBe(143);
  expect(audit(record())).toMatchObject({ status: 0 });
  expect(JSON.parse(readFileSync(join(record(), 'verdict.json'), 'utf8'))).toMatchObject({ verdict: 'error', exitCode: 143 });
  expect(there('later')()).toBe(false);
});
