/** `audit …` by its command line: expectations, proofs, policies, comparisons, and everything that is handed to it by mistake. */
import { execFileSync, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { chmodSync, cpSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { builtProgram, command, root } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const golden = join(root, 'fixtures/journal/v1');

interface Golden {
  readonly execution: string;
  readonly verifierKey?: string;
  readonly state: { readonly root: string; readonly entries: number };
}

function expectedOf(name: string): Golden {
  return JSON.parse(readFileSync(join(golden, name, 'expected.json'), 'utf8')) as Golden;
}

/** The record in place, to be read. */
function folderOf(name: string): string {
  return join(golden, name, 'executions', expectedOf(name).execution);
}

/** A copy that a test may damage: `.proofplan` in a folder of its own. */
function copyOf(name: string): { readonly cwd: string; readonly folder: string } {
  const cwd = temporaryFolder();
  const { execution } = expectedOf(name);
  cpSync(join(golden, name), join(cwd, '.proofplan'), { recursive: true });
  symlinkSync(join('executions', execution), join(cwd, '.proofplan/latest'));
  return { cwd, folder: join(cwd, '.proofplan/executions', execution) };
}

describe('verify', () => {
  test('a good record: who answers for it, and what it says', async () => {
    const { execution, state } = expectedOf('passed');
    const end = await command(['audit', 'verify', folderOf('passed')]);
    expect(end).toMatchObject({ exitCode: 0, stderr: '' });
    expect(end.stdout.split('\n').slice(0, 2)).toEqual([
      `the record in ${folderOf('passed')} is intact; the checkpoint is not signed: that nobody wrote the whole record anew is shown only by the root that the AUDIT line said (--expect-root)`,
      `verdict passed, execution ${execution}, ${state.entries} entries, root ${state.root}`,
    ]);
    const json = JSON.parse((await command(['audit', 'verify', folderOf('passed'), '--json'])).stdout) as unknown;
    expect(json).toEqual({
      folder: folderOf('passed'),
      intact: true,
      findings: [],
      execution,
      plan: expect.stringMatching(/^[0-9a-f]{64}$/),
      verdict: 'passed',
      state,
      signature: { kind: 'none' },
    });
  });

  test('a signed one, with and without the key', async () => {
    const { verifierKey = '' } = expectedOf('signed');
    expect((await command(['audit', 'verify', folderOf('signed'), '--vkey', verifierKey])).stdout).toContain(
      'is intact; the checkpoint is signed by `ci.example`\n',
    );
    expect((await command(['audit', 'verify', folderOf('signed')])).stdout).toContain(
      'says that it is signed by `ci.example`, which was not verified: pass --vkey',
    );
    const end = await command(['audit', 'verify', folderOf('passed'), '--vkey', verifierKey]);
    expect(end).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('review/checkpoint-unsigned]: the checkpoint is not signed with the given key: it has no signature'),
    });
  });

  test.each([
    [['--expect-root', 'abc'], '`--expect-root` cannot be `abc`', 'write a SHA-256'],
    [['--expect-root', ''], '`--expect-root` cannot be ``', 'write a SHA-256'],
    [['--expect-plan', `${'0'.repeat(63)}g`], '`--expect-plan` cannot be', 'write a SHA-256'],
    [['--expect-execution', '../../etc'], '`--expect-execution` cannot be `../../etc`', 'write the id of an execution'],
    [['--expect-policy', 'no-manual-write'], '`--expect-policy` cannot be `no-manual-write`', 'did you mean `no-manual-writes`?'],
    [['--expect-policy', 'zzz'], '`--expect-policy` cannot be `zzz`', 'write a kind (no-manual-writes,'],
    [['--expect-policy', ''], '`--expect-policy` cannot be ``', 'write a kind'],
    [['--vkey', 'ci.example'], '`--vkey` cannot be `ci.example`', 'write a verifier key of Ed25519'],
    [['--vkey', 'PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'], '`--vkey` cannot be', 'name+hash+base64'],
    [['--vkey', 'PeterNeumann+c74f20a3+AhpC2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'], '`--vkey` cannot be', 'name+hash+base64'],
  ])('%j is misuse, and says nothing about the record', async (options, message, help) => {
    const end = await command(['audit', 'verify', folderOf('passed'), ...options]);
    expect(end).toMatchObject({ exitCode: 2, stdout: '' });
    expect(end.stderr).toContain(`error[cli/usage]: ${message}`);
    expect(end.stderr.replaceAll(/\n\s+/g, ' ')).toContain(help);
  });

  test('what was expected and is so, in any case of letters', async () => {
    const { execution, state } = expectedOf('passed');
    const show = JSON.parse((await command(['audit', 'show', folderOf('passed'), '--json'])).stdout) as { readonly policiesSha256: string };
    const { plan } = JSON.parse((await command(['audit', 'verify', folderOf('passed'), '--json'])).stdout) as { readonly plan: string };
    const policies = ['stop-on-failure', 'Stop on failure and report evidence.', 'stop on failure  and report evidence', show.policiesSha256];
    const end = await command([
      'audit',
      'verify',
      folderOf('passed'),
      '--expect-root',
      state.root.toUpperCase(),
      '--expect-plan',
      plan,
      '--expect-execution',
      execution,
      ...policies.flatMap((policy) => ['--expect-policy', policy]),
    ]);
    expect(end).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test.each([
    [['--expect-root', '0'.repeat(64)], 'review/unexpected-root'],
    [['--expect-plan', '0'.repeat(64)], 'review/unexpected-plan'],
    [['--expect-execution', '2026-02-09T12-00-00Z-abcdef'], 'review/unexpected-execution'],
    [['--expect-policy', 'no-manual-writes'], 'review/unexpected-policy'],
    [['--expect-policy', 'Never stop.'], 'review/unexpected-policy'],
    [['--expect-policy', '0'.repeat(64)], 'review/unexpected-policy'],
    [['--expect-policy', 'stop-on-failure', '--expect-policy', 'no-ddl'], 'review/unexpected-policy'],
  ])('%j is not so', async (options, code) => {
    const end = await command(['audit', 'verify', folderOf('passed'), ...options]);
    expect(end.exitCode).toBe(1);
    expect(end.stderr).toContain(`error[${code}]`);
    expect(end.stdout).toContain('is not intact: 1 finding\n');
  });

  test('a policy that was declared and not enforced is not one that was', async () => {
    // Ended before it was judged.
    const end = await command(['audit', 'verify', folderOf('killed'), '--expect-policy', 'stop-on-failure']);
    expect(end.stderr.replaceAll(/\n\s+/g, ' ')).toContain(
      'policy P1 (stop-on-failure: Stop on failure.) was declared, and the journal does not say how it was enforced',
    );
  });

  test('a record from another machine is as good, and it says where it was made', async () => {
    const { cwd } = copyOf('failed');
    expect((await command(['audit', 'verify', '.proofplan'], { cwd })).exitCode).toBe(0);
    const shown = JSON.parse((await command(['show', '.proofplan', '--json'], { cwd })).stdout) as {
      readonly events: readonly { readonly data: { readonly host?: object; readonly workspace?: object } }[];
    };
    expect(shown.events[0]?.data.host).toMatchObject({ platform: 'linux', release: '6.8.0' });
    expect(shown.events[0]?.data.workspace).toMatchObject({ path: '/tmp/example/project' });
  });
});

describe('folders that are none of ours', () => {
  test.each<readonly [string, (cwd: string) => string, number, string]>([
    ['a folder that is not there', () => 'gone', 2, 'there is no folder `gone`'],
    ['a file', (cwd: string) => (writeFileSync(join(cwd, 'file'), ''), 'file'), 2, '`file` is not the folder of an execution'],
    ['an empty folder', () => '.', 2, '`.` is not the folder of an execution'],
    ['a journal that is a folder', (cwd: string) => (mkdirSync(join(cwd, 'journal.jsonl')), '.'), 1, 'review/not-an-execution'],
    ['a journal that is a link', (cwd: string) => (symlinkSync('/etc/passwd', join(cwd, 'journal.jsonl')), '.'), 1, 'review/not-an-execution'],
    ['a journal that is a named pipe', (cwd: string) => (execFileSync('mkfifo', [join(cwd, 'journal.jsonl')]), '.'), 1, 'review/not-an-execution'],
    [
      'a journal of something else',
      (cwd: string) => (writeFileSync(join(cwd, 'journal.jsonl'), 'Nov 1 00:00 systemd[1]: started\n'), '.'),
      1,
      'review/entry-malformed',
    ],
  ])('%s', async (_, make, exitCode, message) => {
    const cwd = temporaryFolder();
    const end = await command(['audit', 'verify', make(cwd)], { cwd });
    expect(end.exitCode).toBe(exitCode);
    expect(end.stderr).toContain(message);
    for (const other of ['show', 'explain', 'prove', 'compare'] as const) {
      const rest = { show: [], explain: ['P1'], prove: ['1'], compare: ['.'] }[other];
      expect([1, 2]).toContain((await command(['audit', other, make(temporaryFolder()) === 'gone' ? 'gone' : '.', ...rest], { cwd })).exitCode);
    }
  });

  test('one that cannot be read, by somebody who is not root', () => {
    const { cwd, folder } = copyOf('passed');
    const ask = (): SpawnSyncReturns<string> =>
      spawnSync(process.execPath, [builtProgram(), 'audit', 'verify', folder], {
        cwd: '/',
        encoding: 'utf8',
        env: { PATH: process.env['PATH'] },
        ...(process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}),
      });
    for (const path of [cwd, join(cwd, '.proofplan'), join(cwd, '.proofplan/executions'), folder]) chmodSync(path, 0o755);
    chmodSync(join(folder, 'journal.jsonl'), 0o000);
    const journal = ask();
    expect([journal.status, journal.stderr]).toEqual([1, expect.stringContaining('cannot be read: EACCES')]);
    chmodSync(join(folder, 'journal.jsonl'), 0o644);
    chmodSync(join(folder, 'checkpoint'), 0o000);
    const checkpoint = ask();
    expect([checkpoint.status, checkpoint.stderr]).toEqual([1, expect.stringContaining('review/checkpoint-missing')]);
    chmodSync(folder, 0o000);
    const whole = ask();
    expect([whole.status, whole.stdout]).toEqual([2, '']);
    chmodSync(folder, 0o755);
  });

  test('the folder of somebody else is only read: nothing in it changes', async () => {
    const { cwd, folder } = copyOf('passed');
    const before = execFileSync('find', [join(cwd, '.proofplan'), '-printf', '%p %m %s %T@ %C@\n'], { encoding: 'utf8' });
    for (const argv of [['verify'], ['show'], ['explain', 'P1'], ['prove', '1']]) await command(['audit', argv[0] ?? '', folder, ...argv.slice(1)], { cwd });
    expect(execFileSync('find', [join(cwd, '.proofplan'), '-printf', '%p %m %s %T@ %C@\n'], { encoding: 'utf8' })).toBe(before);
  });
});

describe('links in the output folder', () => {
  test('a checkpoint, a report or evidence behind a symbolic link is not the one that was written', async () => {
    for (const [name, code] of [
      ['checkpoint', 'review/checkpoint-missing'],
      ['verdict.json', 'review/file-changed'],
      ['../../ledger.jsonl', 'review/ledger-missing'],
    ] as const) {
      const { cwd, folder } = copyOf('passed');
      renameSync(join(folder, name), join(cwd, 'moved'));
      symlinkSync(join(cwd, 'moved'), join(folder, name));
      const end = await command(['audit', 'verify', '.proofplan'], { cwd });
      expect(end.exitCode).toBe(1);
      expect(end.stderr).toContain(code);
    }
  });

  test('a hard link is the same file; the journal of another execution under this name is not', async () => {
    const { cwd, folder } = copyOf('passed');
    linkSync(join(folder, 'journal.jsonl'), join(cwd, 'second-name'));
    expect((await command(['audit', 'verify', '.proofplan'], { cwd })).exitCode).toBe(0);
    rmSync(join(folder, 'journal.jsonl'));
    linkSync(join(copyOf('failed').folder, 'journal.jsonl'), join(folder, 'journal.jsonl'));
    const end = await command(['audit', 'verify', '.proofplan'], { cwd });
    expect(end.exitCode).toBe(1);
    expect(end.stderr).toContain('review/wrong-execution');
  });

  test('an attempt that is a link to somewhere is a missing one', async () => {
    const { cwd } = copyOf('tampered-attempt');
    const gone = /"execution":"([^"]+)"/.exec(readFileSync(join(cwd, '.proofplan/ledger.jsonl'), 'utf8'))?.[1] ?? '';
    symlinkSync('/tmp', join(cwd, '.proofplan/executions', gone));
    expect((await command(['audit', 'verify', '.proofplan'], { cwd })).stderr).toContain('review/attempt-missing');
  });

  test('an id of a ledger that leads elsewhere is no folder', async () => {
    const { cwd } = copyOf('tampered-attempt');
    const path = join(cwd, '.proofplan/ledger.jsonl');
    const [first = '', ...rest] = readFileSync(path, 'utf8').split('\n');
    writeFileSync(path, [first.replace(/"execution":"[^"]+"/, '"execution":"../executions"'), ...rest].join('\n'));
    const end = await command(['audit', 'verify', '.proofplan'], { cwd });
    expect(end.stderr).toContain('(`../executions`) is missing');
    expect(
      execFileSync(
        'python3',
        [
          '-B',
          '-c',
          'import sys; sys.path.insert(0, sys.argv[1]); import verify; audit = verify.Audit(sys.argv[2]); audit.verify(); print(audit.findings)',
          join(root, 'tools'),
          join(cwd, '.proofplan/latest'),
        ],
        { encoding: 'utf8' },
      ),
    ).toContain('attempt-missing');
  });

  test('two executions under one id: registered twice', async () => {
    const { cwd } = copyOf('passed');
    const path = join(cwd, '.proofplan/ledger.jsonl');
    writeFileSync(path, readFileSync(path, 'utf8').repeat(2));
    const end = await command(['audit', 'verify', '.proofplan'], { cwd });
    expect(end.exitCode).toBe(1);
    expect(end.stderr).toContain('is registered 2 times');
  });

  test('evidence that was truncated', async () => {
    const { cwd, folder } = copyOf('failed');
    const digest = /"sha256":"([0-9a-f]{64})","stream":"stdout"/.exec(readFileSync(join(folder, 'journal.jsonl'), 'utf8'))?.[1] ?? '';
    truncateSync(join(folder, 'evidence/sha256', digest), 3);
    const end = await command(['audit', 'verify', '.proofplan'], { cwd });
    expect(end.exitCode).toBe(1);
    expect(end.stderr).toContain(`\`evidence/sha256/${digest}\` has 3 bytes`);
  });
});

describe('prove and check-proof', () => {
  test('a proof for a stranger', async () => {
    const { cwd } = copyOf('signed');
    const { verifierKey = '', state } = expectedOf('signed');
    expect(await command(['audit', 'prove', '.proofplan', '5', '--out', 'proof.json'], { cwd })).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    rmSync(join(cwd, '.proofplan'), { recursive: true });
    const end = await command(['audit', 'check-proof', 'proof.json', '--vkey', verifierKey, '--expect-root', state.root], { cwd });
    expect(end).toMatchObject({ exitCode: 0, stderr: '' });
    expect(end.stdout).toContain(`entry 5 (expectation, `);
    expect(end.stdout).toContain('the checkpoint is signed by `ci.example`');
    expect(
      execFileSync('python3', ['-B', join(root, 'tools/verify.py'), '--vkey', verifierKey, '--proof', join(cwd, 'proof.json')], { encoding: 'utf8' }),
    ).toBe(`${join(cwd, 'proof.json')}: ok\n`);
    const bytes = readFileSync(join(cwd, 'proof.json'), 'utf8');
    const bad = await command(['audit', 'check-proof', '-', '--json'], { cwd, stdin: bytes.replace('passed', 'failed') });
    expect(JSON.parse(bad.stdout)).toMatchObject({ holds: false, findings: [{ code: 'review/proof-mismatch', file: '<stdin>' }] });
    expect(bad.exitCode).toBe(1);
    expect((await command(['audit', 'prove', folderOf('passed'), '1', '--out', 'proof.json'], { cwd })).stderr).toContain('error[cli/file-exists]');
    expect(readFileSync(join(cwd, 'proof.json'), 'utf8')).toBe(bytes);
  });

  test.each([
    ['0', 2, 'cli/usage'],
    ['-1', 2, 'cli/usage'],
    ['1.5', 2, 'cli/usage'],
    ['one', 2, 'cli/usage'],
    ['99', 2, 'cli/unknown-entry'],
  ])('entry %s', async (seq, exitCode, code) => {
    expect(await command(['audit', 'prove', folderOf('passed'), '--', seq])).toMatchObject({ exitCode, stdout: '', stderr: expect.stringContaining(code) });
  });

  test('a torn line, and a record that was never closed', async () => {
    const torn = await command(['audit', 'prove', folderOf('torn-resumed'), '8']);
    expect(torn).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('line 8 of the journal was not written whole') });
    expect(await command(['audit', 'prove', folderOf('killed'), '1'])).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringContaining('review/checkpoint-missing'),
    });
  });
});

describe('explain', () => {
  test('a sentence, from the plan to the evidence', async () => {
    const { stdout, exitCode } = await command(['audit', 'explain', folderOf('refused'), 'git push']);
    expect(exitCode).toBe(0);
    expect(stdout.split('\n').map((line) => line.replace(/entry \d+/g, 'entry N'))).toEqual(
      expect.arrayContaining([
        'P2 forbidden-command: Never run `git push`.',
        '  declared: refused.md:3:30, by the text, for the whole document (entry N)',
        '    3 | **Policy:** Stop on failure. Never run `git push`.',
        '      |                              ^^^^^^^^^^^^^^^^^^^^^',
        '  read as: forbidden-command, commands git push',
        '    refused: 0 permitted, 1 refused',
        '  decisions:',
      ]),
    );
    expect(stdout).toMatch(/entry \d+, step 1\.1, static: refuse /);
  });

  test.each([['P1'], ['p1'], ['stop-on-failure'], ['STOP ON   failure']])('found by %j', async (wanted) => {
    expect((await command(['audit', 'explain', folderOf('refused'), wanted])).stdout).toMatch(/^P1 stop-on-failure: /);
  });

  test('a line with two sentences: both; none at all: what there is', async () => {
    expect(
      (JSON.parse((await command(['audit', 'explain', folderOf('refused'), '3', '--json'])).stdout) as { readonly policies: readonly unknown[] }).policies,
    ).toHaveLength(2);
    const end = await command(['audit', 'explain', folderOf('refused'), 'P9']);
    expect(end).toMatchObject({ exitCode: 2, stdout: '' });
    expect(end.stderr).toContain('error[cli/unknown-policy]: this execution declared no policy `P9`');
    expect(end.stderr).toContain('P1, line 3: Stop on failure.');
  });

  test('what was not judged is said', async () => {
    const { stdout } = await command(['audit', 'explain', folderOf('killed'), 'P1']);
    expect(stdout).toContain('  enforced: not judged, the execution ended before');
    expect(stdout).toContain('    whether it was kept at all: the execution ended before it was judged');
  });

  test('the plan edited after the execution, or its evidence gone: the frame is the executed one, or none', async () => {
    const { cwd, folder } = copyOf('refused');
    writeFileSync(join(cwd, 'refused.md'), '# nothing\n');
    expect((await command(['audit', 'explain', '.proofplan', 'P2'], { cwd })).stdout).toContain('    3 | **Policy:** Stop on failure. Never run `git push`.');
    rmSync(join(folder, 'evidence'), { recursive: true });
    expect((await command(['audit', 'explain', '.proofplan', 'P2'], { cwd })).stdout).not.toContain('    3 | ');
  });
});

describe('compare', () => {
  test('an execution with itself, and with another of the same plan: the same', async () => {
    const same = await command(['audit', 'compare', folderOf('passed'), folderOf('passed')]);
    expect(same).toMatchObject({ exitCode: 0, stderr: '', stdout: expect.stringContaining('both say the same') });
    const other = await command(['audit', 'compare', folderOf('passed'), folderOf('tampered-attempt'), '--json']);
    expect(other.exitCode).toBe(0);
    expect(JSON.parse(other.stdout)).toMatchObject({ schemaVersion: 1, samePlan: true, same: true });
  });

  test('one that passed and one that did not: what differs, and not of one plan', async () => {
    const end = await command(['audit', 'compare', folderOf('passed'), folderOf('failed')]);
    expect(end.exitCode).toBe(1);
    expect(end.stdout).toContain('they are not executions of the same plan');
    expect(end.stdout).toContain('  ! step 1.1: verdict\n      a: passed\n      b: failed\n');
    expect(end.stdout).toContain('  ! verdict\n      a: passed\n      b: failed\n');
  });

  test('a cut execution and its resumption: one plan, other verdicts', async () => {
    const { samePlan, same, differences } = JSON.parse((await command(['audit', 'compare', folderOf('killed'), folderOf('resumed'), '--json'])).stdout) as {
      readonly samePlan: boolean;
      readonly same: boolean;
      readonly differences: readonly { readonly part: string; readonly name: string; readonly a: string | null; readonly b: string | null }[];
    };
    expect([samePlan, same]).toEqual([true, false]);
    expect(differences).toContainEqual({ part: 'steps', name: 'step 2.1: outcome', weight: 'verdict', a: 'in doubt', b: 'completed' });
    expect(differences).toContainEqual({ part: 'steps', name: 'step 2.1: attempts', weight: 'fact', a: '1', b: '2' });
    expect(differences).toContainEqual({ part: 'verdict', name: 'verdict', weight: 'verdict', a: null, b: 'unproven' });
  });

  test('what is no execution', async () => {
    expect((await command(['audit', 'compare', folderOf('passed'), 'gone'])).exitCode).toBe(2);
    expect((await command(['audit', 'compare', folderOf('passed')])).exitCode).toBe(2);
  });
});

test('golden records are never written to by tests', () => {
  expect(statSync(join(golden, 'empty', 'executions', expectedOf('empty').execution, 'journal.jsonl')).size).toBe(0);
});

test('a record that steers terminals is shown without that', async () => {
  const { cwd, folder } = copyOf('refused');
  const path = join(folder, 'journal.jsonl');
  // Written by hand: no finding of the audit keeps the other commands from showing it.
  writeFileSync(
    path,
    readFileSync(path, 'utf8')
      .replaceAll('Never run `git push`.', 'Never \u009b2J\u202erun')
      .replaceAll('"id":"P2"', '"id":"P2\u009b31m"')
      .replaceAll('"verdict":"refused"', '"verdict":"\u009b32mpassed"'),
  );
  writeFileSync(join(folder, 'checkpoint'), readFileSync(join(folder, 'checkpoint'), 'utf8') + `\n— ci\u009b2J ${Buffer.alloc(68).toString('base64')}\n`);
  for (const argv of [['verify'], ['show'], ['explain', 'Never'], ['explain', 'P9'], ['compare', folderOf('refused')]]) {
    const end = await command(['audit', argv[0] ?? '', '.proofplan', ...argv.slice(1)], { cwd });
    expect(end.stdout + end.stderr, argv.join(' ')).not.toMatch(/[^\n\P{Cc}]|[\u202a-\u202e]/u);
  }
});
