/** What a sandbox is made of, without making one; and that the real one is what the options say. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { runSubprocess } from '../../src/engine/subprocess.ts';
import { type Ground, socketsToClose, treatGround } from '../../src/guard/isolation-ground.ts';
import { Isolation } from '../../src/guard/isolation.ts';
import { isolate, isolationOptions, type IsolationPlan, type Treatment } from '../../src/guard/isolation-plan.ts';
import { probeIsolation, tryIsolation } from '../../src/guard/isolation-probe.ts';
import { keepingSink, makeFolder } from '../engine/fixture.ts';
import { need } from '../support/machine-need.ts';
import { makeSandbox, type SandboxOptions } from '../support/sandbox.ts';

const plan: IsolationPlan = {
  level: 'process',
  program: '/usr/bin/bwrap',
  bash: '/bin/bash',
  root: false,
  treatments: new Map(),
  devices: [],
  systemWritable: false,
};
const call = { program: '/bin/bash', arguments: ['-c', 'true'], workingDirectory: '/work', environment: { A: 'one', SECRET: 'hidden' } };
const mountsOf = (treatments: readonly (readonly [string, Treatment])[]): string => {
  const options = isolationOptions({ ...plan, treatments: new Map(treatments) }, call);
  return options.slice(options.indexOf('--proc') + 2, options.indexOf('--chdir')).join(' ');
};

describe('options', () => {
  test('no value of a variable stands on the command line, which everybody can read', () => {
    const wrapped = isolate(plan, call);
    expect(wrapped.arguments.join(' ')).not.toContain('hidden');
    expect(wrapped.options).toContain('--setenv\0SECRET\0hidden\0');
    expect(wrapped.options.endsWith('\0')).toBe(true);
  });

  test('each level adds to the one below', () => {
    const of = (level: 'process' | 'network'): readonly string[] => isolationOptions({ ...plan, level }, call);
    expect(of('process')).toEqual(expect.arrayContaining(['--unshare-pid', '--unshare-ipc', '--die-with-parent', '--unshare-user', '--proc']));
    expect(of('process')).not.toContain('--unshare-net');
    expect(of('network')).toEqual(expect.arrayContaining([...of('process'), '--unshare-net']));
  });

  test('root loses the privileges that lead out, and the devices', () => {
    const options = isolationOptions({ ...plan, root: true, systemWritable: true }, call).join(' ');
    expect(options).toContain('--cap-drop ALL');
    expect(options).toContain('--ro-bind /sys /sys');
    expect(options).toContain('--dev /dev');
    expect(options).not.toMatch(/CAP_(?:SYS_ADMIN|SYS_PTRACE|SYS_MODULE|SYS_RAWIO|MKNOD|DAC_READ_SEARCH|BPF|NET_ADMIN|SYS_BOOT)/);
    expect(options).not.toContain('--unshare-user');
  });

  test.each<readonly [string, readonly (readonly [string, Treatment])[], string]>([
    [
      'outer paths come first, whatever order they are given in',
      [
        ['/a/b', 'same'],
        ['/a', 'read-only'],
      ],
      '--ro-bind /a /a --bind /a/b /a/b',
    ],
    [
      'what changes nothing is no mount',
      [
        ['/a', 'read-only'],
        ['/a/b', 'read-only'],
        ['/c', 'same'],
      ],
      '--ro-bind /a /a',
    ],
    [
      'the nearest path counts',
      [
        ['/a', 'read-only'],
        ['/a/b', 'same'],
        ['/a/b/c', 'read-only'],
      ],
      '--ro-bind /a /a --bind /a/b /a/b --ro-bind /a/b/c /a/b/c',
    ],
    [
      'a name that begins alike is another one',
      [
        ['/a', 'read-only'],
        ['/ab', 'read-only'],
      ],
      '--ro-bind /a /a --ro-bind /ab /ab',
    ],
    [
      'an empty folder is closed when what lies in it has its place',
      [
        ['/s', 'empty folder'],
        ['/s/door', 'same'],
      ],
      '--tmpfs /s --bind /s/door /s/door --remount-ro /s',
    ],
    ['a file is covered', [['/home/.pgpass', 'empty file']], '--ro-bind /dev/null /home/.pgpass'],
  ])('%s', (_name, treatments, expected) => {
    expect(mountsOf(treatments)).toBe(expected);
  });
});

describe('what is treated how', () => {
  const groundIn = (folder: string, more: Partial<Ground> = {}): Ground => ({
    workspace: folder,
    workspaceWritable: true,
    record: join(folder, 'out'),
    protectedPaths: [],
    privateFolders: [],
    guarded: true,
    ...more,
  });

  test('a record inside the workspace is read-only as a whole; around the workspace, or being it, only its parts', () => {
    const folder = makeFolder();
    mkdirSync(join(folder, 'out/executions'), { recursive: true });
    writeFileSync(join(folder, 'out/ledger.jsonl'), '');
    mkdirSync(join(folder, 'work'));
    expect(treatGround(groundIn(folder)).get(join(folder, 'out'))).toBe('read-only');
    const around = treatGround(groundIn(join(folder, 'out'), { record: join(folder, 'out') }));
    expect(around.get(join(folder, 'out'))).toBe('same');
    expect([around.get(join(folder, 'out/executions')), around.get(join(folder, 'out/ledger.jsonl'))]).toEqual(['read-only', 'read-only']);
  });

  test('a link is followed: what it leads to is what counts', () => {
    const folder = makeFolder();
    writeFileSync(join(folder, 'real.md'), '');
    symlinkSync('real.md', join(folder, 'plan.md'));
    expect(treatGround(groundIn(folder, { protectedPaths: [join(folder, 'plan.md')] })).get(join(folder, 'real.md'))).toBe('read-only');
  });

  test('what is not there is left out, and the root folder is never hidden', () => {
    const folder = makeFolder();
    const treated = treatGround(groundIn(folder, { protectedPaths: [join(folder, 'no.md')], privateFolders: ['/'] }));
    expect([...treated.keys()]).not.toContain('/');
    expect([...treated.keys()]).not.toContain(join(folder, 'no.md'));
  });

  test('sockets: a database behind the guard and those who start programs elsewhere at any level, all of them without a network', async () => {
    const folder = makeFolder();
    const paths = ['.s.PGSQL.5432', 'other.sock', 'kept.sock'].map((name) => join(folder, name));
    const servers = await Promise.all(
      paths.map(
        (path) =>
          new Promise<ReturnType<typeof createServer>>((resolve) => {
            const server = createServer().listen(path, () => resolve(server));
          }),
      ),
    );
    const closed = (options: Parameters<typeof socketsToClose>[0]): readonly string[] => socketsToClose(options).filter((path) => dirname(path) === folder);
    expect(closed({ all: false, guarded: true, kept: undefined })).toEqual([paths[0]]);
    expect(closed({ all: false, guarded: false, kept: undefined })).toEqual([]);
    expect([...closed({ all: true, guarded: true, kept: paths[2] })].sort()).toEqual([paths[0], paths[1]].sort());
    for (const server of servers) server.close();
  });
});

test('what an earlier step puts before every program is noticed before the next one starts, at any level', () => {
  const folder = makeFolder();
  const file = join(folder, 'preload');
  const ground = { workspace: folder, workspaceWritable: true, record: folder, protectedPaths: [], privateFolders: [], guarded: false };
  const isolation = new Isolation({ support: { level: 'none' }, node: process.execPath, ground, loaderFiles: [file] });
  expect(isolation.sandbox({ level: 'none', folders: [] })).toBeUndefined();
  writeFileSync(file, '/tmp/evil.so');
  expect(() => isolation.sandbox({ level: 'none', folders: [] })).toThrow('loaded into every program');
});

describe('the real one', () => {
  beforeEach((context) => void need(context, 'bubblewrap'));

  const say = async (command: string, workspace: string, options: SandboxOptions = {}, level: 'process' | 'network' = 'process'): Promise<string> => {
    const stdout = keepingSink();
    await runSubprocess({
      program: '/bin/bash',
      arguments: ['-c', command],
      workingDirectory: workspace,
      environment: { PATH: '/usr/bin:/bin' },
      timeoutMs: 20_000,
      signal: new AbortController().signal,
      stdout,
      stderr: stdout,
      sandbox: await makeSandbox(level, workspace, options),
    });
    return stdout.text();
  };

  test('a private folder is empty, and what is written there is nowhere', async () => {
    const folder = makeFolder();
    const secret = join(folder, 'state');
    mkdirSync(secret);
    writeFileSync(join(secret, 'token'), 'hidden');
    const said = await say(`ls -A ${secret}; cat ${secret}/token; touch ${secret}/new; umount ${secret}; cat ${secret}/token`, folder, {
      privateFolders: [secret],
    });
    expect(said).not.toContain('hidden');
    expect(readdirSync(secret)).toEqual(['token']);
  });

  test("a server's Unix socket cannot be reached, nor a path that leads round it", async () => {
    const folder = makeFolder();
    const path = join(folder, '.s.PGSQL.6543');
    let visitors = 0;
    const server = createServer((socket) => {
      visitors += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const knock = `python3 -c "import socket; s = socket.socket(socket.AF_UNIX); s.connect('${path}'); print('reached')"; ls -l ${path} | cut -c1`;
    expect(await say(knock, folder)).toContain('reached');
    expect(visitors).toBe(1);
    const said = await say(`${knock}; mv ${path} ${path}2; ln ${path} ${path}3; cp -l ${path} ${path}4`, folder, { guarded: true });
    expect(said).not.toContain('reached');
    expect(visitors).toBe(1);
    server.close();
  });

  test('nothing can be mounted, and no device be made', async () => {
    const said = await say(
      `mkdir m; for try in "mount -t tmpfs none m" "mount --bind /etc m" "umount /proc" "umount -l /proc/sys" "mount -o remount,rw,bind /proc/sys" "mknod disk b 254 0"; do $try 2>/dev/null && echo "worked: $try"; done; grep NoNewPrivs /proc/self/status`,
      makeFolder(),
    );
    expect(said).toBe('NoNewPrivs:\t1\n');
  });

  test('no kernel setting can be written, not even by root', async () => {
    // Opened and nothing written: should it be possible, this machine must not be changed by finding out.
    const settings = [
      '/proc/sys/kernel/core_pattern',
      '/proc/sys/kernel/modprobe',
      '/proc/sys/vm/drop_caches',
      '/proc/sysrq-trigger',
      '/sys/kernel/uevent_helper',
      '/sys/kernel/uevent_seqnum',
      '/sys/power/state',
    ];
    const said = await say(
      `for file in ${settings.join(' ')}; do [ -e $file ] && (exec 7>>$file) 2>/dev/null && echo "open: $file"; done; find /proc/sys /sys -type f -writable 2>/dev/null | head -5`,
      makeFolder(),
    );
    expect(said).toBe('');
  });

  test("a namespace of one's own inside lifts nothing", async () => {
    const folder = makeFolder();
    const kept = join(folder, 'kept');
    writeFileSync(kept, 'as it was');
    await say(
      `unshare -Urmpf --mount-proc bash -c 'umount -l ${kept}; mount -o remount,rw,bind ${kept}; mount --bind /dev/null ${kept}; echo changed > ${kept}'; echo changed > ${kept}`,
      folder,
      { protectedPaths: [kept] },
    );
    expect(readFileSync(kept, 'utf8')).toBe('as it was');
  });

  test('a file of a private mount is seen from outside, at the same path', async () => {
    const folder = makeFolder();
    for (const place of ['/dev/shm', '/tmp', '/var/tmp', folder]) {
      const path = join(place, `proofplan-seen-${process.pid}`);
      await say(`echo here > ${path}`, folder);
      expect(existsSync(path)).toBe(true);
      execFileSync('rm', ['-f', path]);
    }
  });

  test('its canary notices each lock that is missing', async () => {
    const support = await probeIsolation();
    const folder = makeFolder();
    const hidden = join(folder, 'hidden');
    mkdirSync(hidden);
    chmodSync(hidden, 0o755);
    const whole: IsolationPlan = {
      ...plan,
      program: support.program ?? '',
      bash: support.bash ?? '',
      root: process.getuid?.() === 0,
      treatments: new Map<string, Treatment>([[folder, 'read-only']]),
    };
    expect(await tryIsolation(whole)).toMatchObject({ refused: true, layer: 'isolation' });
    expect(await tryIsolation({ ...whole, program: '/bin/false' })).toMatchObject({ refused: false });
    expect(await tryIsolation({ ...whole, program: '/no/such/bwrap' })).toMatchObject({ refused: false });
    // A program that only pretends: it takes the options and runs what is to be kept apart as it is.
    const fake = join(makeFolder(), 'bwrap');
    writeFileSync(fake, '#!/bin/bash\ncat <&4 >/dev/null\nwhile [ "$1" != proofplan ]; do shift; done\nshift\nexec "$@"\n');
    chmodSync(fake, 0o755);
    expect(await tryIsolation({ ...whole, program: fake })).toMatchObject({ refused: false, detail: expect.stringMatching(/can be (?:written|seen)/) });
  });
});
