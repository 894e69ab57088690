/** `proofplan prune`: what it says, what it asks, what it never touches, and what is left when it is stopped in the middle. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { holdLock } from '../../src/journal/ledger-lock.ts';
import { readLedger, registerExecution, type LedgerFileSystem } from '../../src/journal/ledger.ts';
import { createNoteKey } from '../../src/journal/signed-note.ts';
import { prunePast } from '../../src/cli/prune-act.ts';
import { pruneExecution } from '../../src/journal/prune-execution.ts';
import { verifyExecution } from '../../src/review/audit-verify.ts';
import { readHistorySource } from '../../src/review/history-source.ts';
import { placeOf, pythonFindings } from '../review/audit-sample.ts';
import { chainLedger, idOf, unchained, writeOutput, type SampleExecution } from '../review/history-sample.ts';
import { builtProgram, command, startProgram, root } from '../support/command.ts';
import { need } from '../support/machine-need.ts';
import { startOnPty } from '../support/pty.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const passed: SampleExecution = { verdict: 'passed' };
const failed: SampleExecution = { verdict: 'failed', reason: '7 is not 8' };

function project(
  samples: readonly SampleExecution[],
  more?: Parameters<typeof writeOutput>[2],
): { readonly cwd: string; readonly output: string; readonly there: () => readonly number[]; readonly folder: (index: number) => string } {
  const cwd = temporaryFolder();
  const output = join(cwd, '.proofplan');
  writeOutput(output, samples, more);
  const folder = (index: number): string => join(output, 'executions', idOf(index));
  return { cwd, output, folder, there: () => samples.flatMap((_, index) => (existsSync(folder(index)) ? [index] : [])) };
}

async function kinds(output: string): Promise<readonly string[]> {
  const { entries, problems } = await readLedger(join(output, 'ledger.jsonl'));
  expect(problems).toEqual([]);
  return entries.map(({ kind }) => kind);
}

/** What both verifiers find about the attempts beside this one. */
async function attemptFindings(folder: string, verifierKey?: string): Promise<readonly string[]> {
  const first = (await verifyExecution(folder, verifierKey === undefined ? {} : { verifierKey })).map(placeOf).filter((place) => place.includes('/attempt-'));
  const second = (await pythonFindings([folder], verifierKey === undefined ? [] : ['--vkey', verifierKey]))
    .get(folder)
    ?.filter((place) => place.includes('/attempt-'));
  expect(second).toEqual(first.toSorted());
  return first.map((place) => place.split(' ')[0] ?? '');
}

describe('what it says', () => {
  test('a dry run, and what nobody has agreed to, change nothing; in a pipe it needs --yes', async () => {
    const { cwd, output, there } = project([passed, passed, failed, passed]);
    const before = readFileSync(join(output, 'ledger.jsonl'));
    const dry = await command(['prune', '--keep', '1', '--dry-run'], { cwd });
    expect(dry).toMatchObject({ exitCode: 0, stderr: '' });
    expect(dry.stdout).toMatch(/^to be removed from \.proofplan: 2 executions, /);
    expect(dry.stdout).toContain(`  ${idOf(0)}  ✓ passed  plans/a.md\n  ${idOf(1)}  ✓ passed  plans/a.md\n`);
    expect(dry.stdout).toContain('2 executions stay:\n     1  latest points at it\n     1  did not pass (--failures removes their records, too)\n');
    const asked = await command(['prune', '--keep', '1'], { cwd });
    expect(asked).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('nothing was removed: nobody is there to be asked') });
    expect(there()).toEqual([0, 1, 2, 3]);
    expect(readFileSync(join(output, 'ledger.jsonl'))).toEqual(before);
    expect(readdirSync(output).toSorted()).toEqual(['executions', 'latest', 'ledger.jsonl']);
  });

  test('--yes removes; each is a line of the ledger, and all commands say so', async () => {
    const { cwd, output, there, folder } = project([passed, passed, failed, passed]);
    const end = await command(['prune', '--keep', '1', '--yes'], { cwd });
    expect(end).toMatchObject({ exitCode: 0, stderr: '' });
    expect(end.stdout).toContain('removed: 2 of 2');
    expect(there()).toEqual([2, 3]);
    expect((await kinds(output)).slice(-2)).toEqual(['pruned', 'pruned']);
    expect(readdirSync(output).toSorted()).toEqual(['executions', 'latest', 'ledger-index.json', 'ledger.jsonl']);
    for (const words of [['show'], ['report'], ['resume'], ['audit', 'verify'], ['audit', 'show']]) {
      const told = await command([...words, `.proofplan/executions/${idOf(0)}`], { cwd });
      expect(told, words.join(' ')).toMatchObject({ exitCode: 2, stdout: '' });
      expect(told.stderr).toMatch(/error\[cli\/pruned-execution\]: `.*` was pruned on \d{4}-\d\d-\d\d \(--keep 1\)/);
      expect(told.stderr).toContain('it was attempt 1 of plans/a.md, and ended as passed');
    }
    expect(await attemptFindings(folder(3))).toEqual([]);
    expect((await command(['prune', '--keep', '1', '--yes'], { cwd })).stdout).toContain('nothing in .proofplan is to be removed');
    // The next attempt has the next number.
    expect((await registerExecution({ output, execution: 'next', plan: { path: 'plans/a.md', sha256: 'x' }, clock: Date.now })).value?.attempt).toBe(5);
  });

  test('on a terminal it asks; only yes is yes', async () => {
    const { cwd, there } = project([passed, passed]);
    for (const [answer, left] of [
      ['n\r', [0, 1]],
      ['\u0004', [0, 1]],
      ['yes\r', [1]],
    ] as const) {
      const terminal = startOnPty(['prune', '--keep', '1'], { columns: 80, cwd });
      await terminal.shows(/remove them\? \[y\/N\]/);
      terminal.order(`type ${JSON.stringify(answer)}`);
      expect(await terminal.ended).toBe(left.length === 1 ? 0 : 2);
      expect(there()).toEqual(left);
    }
  });

  test.each([
    [['prune'], 'no rule says what is to be removed'],
    [['prune', '--failures', '--caches'], '--failures says of which records'],
    [['prune', '--keep', '0'], 'write a number from 1 on'],
    [['prune', '--keep', 'all'], '--keep all keeps all'],
    [['prune', '--older-than', '30'], 'write an age in hours, days or weeks'],
    [['prune', '--older-than', '1m'], 'write an age in hours, days or weeks'],
    [['prune', '--keep', '1', '--out', 'gone'], 'there is no folder `gone`'],
  ])('%j is misuse', async (argv, message) => {
    const { cwd } = project([passed, passed]);
    const end = await command(argv, { cwd });
    expect([2, 5]).toContain(end.exitCode);
    expect(end.stderr.replace(/\n +/g, ' ')).toContain(message);
  });

  test('--json lists all of it', async () => {
    const { cwd } = project([passed, failed, passed]);
    const validate = new Ajv({ strict: false }).compile(JSON.parse(readFileSync(join(root, 'schemas/prune.schema.json'), 'utf8')) as object);
    const ask = async (...words: readonly string[]): Promise<unknown> => {
      const data: unknown = JSON.parse((await command(['prune', '--json', ...words], { cwd })).stdout);
      expect([validate(data), validate.errors]).toEqual([true, null]);
      return data;
    };
    expect(await ask('--keep', '1', '--dry-run')).toMatchObject({
      schemaVersion: 1,
      rule: '--keep 1',
      remove: [{ execution: idOf(0), verdict: 'passed' }],
      kept: [{ because: 'did not pass' }, { because: 'latest points at it' }],
    });
    expect(await ask('--keep', '1', '--yes')).toMatchObject({ removed: [idOf(0)], stayed: [] });
    expect(await ask('--keep', '1', '--yes')).toMatchObject({ remove: [] });
  });
});

describe('a failure is not pruned away', () => {
  test('not without --failures; then its verdict stays in the ledger, and the audit misses its record', async () => {
    const { cwd, there, folder } = project([failed, { verdict: null }, passed]);
    await command(['prune', '--keep', '1', '--yes'], { cwd });
    expect(there()).toEqual([0, 1, 2]);
    await command(['prune', '--keep', '1', '--yes', '--failures'], { cwd });
    expect(there()).toEqual([2]);
    const history = await command(['history', 'plans/a.md'], { cwd });
    expect(history.stdout).toMatch(/1 {2}2026-\S+ {2}✗ failed .*\n.*its record is gone: pruned on .* \(--keep 1 --failures\)/);
    expect(history.stdout).toContain('3 attempts: 1 passed, 1 failed, 1 without an end; of the records 2 pruned');
    expect(await attemptFindings(folder(2))).toEqual(['review/attempt-pruned', 'review/attempt-pruned']);
    const audit = await command(['audit', 'verify', '.proofplan/latest'], { cwd });
    expect(audit.stderr.replace(/\n +/g, ' ')).toContain('which ended as failed, is missing, and said to have been pruned at');
  });

  test('signed with the key that the auditor knows, it is explained; a forged line is not', async () => {
    const { cwd, output, there, folder } = project([failed, failed, passed]);
    const key = createNoteKey('owner.example');
    const other = createNoteKey('owner.example');
    const { value } = await readHistorySource({ folder: output, path: 'out', stateFolder: output });
    const [first, second] = value?.executions ?? [];
    if (!first || !second) throw new Error('no executions');
    const act = {
      source: { folder: output, path: 'out', stateFolder: output },
      rule: '--keep 1 --failures',
      clock: Date.now,
      signal: new AbortController().signal,
    };
    await prunePast({ ...act, remove: [first], key });
    await prunePast({ ...act, remove: [second], key: other });
    expect(there()).toEqual([2]);
    expect(await attemptFindings(folder(2), key.verifierKey)).toEqual(['review/attempt-pruned']);
    expect(await attemptFindings(folder(2), other.verifierKey)).toEqual(['review/attempt-pruned']);
    expect(await attemptFindings(folder(2))).toHaveLength(2);
    // What was signed for one line explains no other.
    const lines = readFileSync(join(output, 'ledger.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; signature?: string });
    const signature = lines.find(({ kind }) => kind === 'pruned')?.signature;
    const forged = lines.map((line, index) => (index === lines.length - 1 ? { ...line, signature } : line));
    writeFileSync(join(output, 'ledger.jsonl'), chainLedger(forged));
    expect(await attemptFindings(folder(2), key.verifierKey)).toEqual(['review/attempt-pruned']);
    expect((await command(['history', 'plans/a.md', '--vkey', key.verifierKey, '--json'], { cwd })).stdout).toContain('"signed": true');
  });

  test('somebody removes it and writes the line himself: the audit says what it is, and history what it was', async () => {
    const { cwd, folder } = project([failed, passed], (id) => [
      { kind: 'pruned', ts: '2026-02-01T00:00:00.000Z', execution: id(0), plan: { path: 'plans/a.md', sha256: 'x' }, attempt: 1, rule: '--keep 1' },
    ]);
    rmSync(folder(0), { recursive: true });
    expect(await attemptFindings(folder(1))).toEqual(['review/attempt-pruned']);
    expect((await command(['history', 'plans/a.md'], { cwd })).stdout).toContain('2 attempts: 1 passed, 1 failed; of the records 1 pruned');
  });

  test('a ledger that was written anew, with a pass in the place of the failure: what was registered later knows another one', async () => {
    const { cwd, output, folder } = project([failed, passed]);
    const lines = readFileSync(join(output, 'ledger.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; prev?: string; seq?: number; execution: string });
    const pruned = {
      kind: 'pruned',
      ts: '2026-02-01T00:00:00.000Z',
      execution: idOf(0),
      plan: { path: 'plans/a.md', sha256: 'x' },
      attempt: 1,
      rule: '--keep 1',
    };
    const forged = [...lines.map((line) => unchained(line.execution === idOf(0) && line.kind === 'ended' ? { ...line, verdict: 'passed' } : line)), pruned];
    writeFileSync(join(output, 'ledger.jsonl'), chainLedger(forged));
    rmSync(folder(0), { recursive: true });
    expect(await attemptFindings(folder(1))).toEqual([]);
    const first = (await verifyExecution(folder(1))).map(placeOf);
    expect(first).toContain('review/ledger-differs ../../ledger.jsonl:');
    expect((await pythonFindings([folder(1)])).get(folder(1))).toEqual(first.toSorted());
    expect((await command(['audit', 'verify', '.proofplan/latest'], { cwd })).stderr).toContain('ledger.hash is');
  });

  test.each<readonly [string, (project: ReturnType<typeof projectOfThree>) => void]>([
    ['the last line of the ledger says passed', ({ output }) => editLedger(output, (line) => line.replace('"verdict":"failed"', '"verdict":"passed"'))],
    [
      'an earlier line of the ledger says passed',
      ({ output }) => editLedger(output, (line, index) => (index === 1 ? line.replace('"verdict":"failed"', '"verdict":"passed"') : line)),
    ],
    ['a second end says passed', ({ output }) => appendEnd(output)],
    [
      'the journal was exchanged for one that passed',
      ({ folder }) => writeFileSync(join(folder(0), 'journal.jsonl'), readFileSync(join(folder(1), 'journal.jsonl'))),
    ],
  ])('%s: it stays', async (_, edit) => {
    const played = projectOfThree();
    edit(played);
    await command(['prune', '--keep', '1', '--yes'], { cwd: played.cwd });
    expect(played.there()).toContain(0);
    expect(played.there()).toContain(3);
  });
});

function projectOfThree(): ReturnType<typeof project> {
  const made = project([failed, passed, passed, failed]);
  // `latest` would keep the last one by itself.
  rmSync(join(made.output, 'latest'));
  symlinkSync(join('executions', idOf(2)), join(made.output, 'latest'));
  return made;
}

function editLedger(output: string, edit: (line: string, index: number) => string): void {
  const path = join(output, 'ledger.jsonl');
  const lines = readFileSync(path, 'utf8').split(/(?<=\n)/);
  writeFileSync(path, lines.map((line, index) => (index === 1 || index === lines.length - 1 ? edit(line, index) : line)).join(''));
}

function appendEnd(output: string): void {
  const lines = readFileSync(join(output, 'ledger.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind: string });
  writeFileSync(join(output, 'ledger.jsonl'), chainLedger([...lines, { ...lines[1], kind: 'ended', verdict: 'passed' }]));
}

describe('what it never touches', () => {
  test('one that runs, one that another prune or a resumption holds', async () => {
    const { cwd, there, folder } = project([passed, passed, passed]);
    const lock = holdLock(join(folder(0), 'lock'));
    const end = await command(['prune', '--keep', '1', '--yes'], { cwd });
    expect(there()).toEqual([0, 2]);
    expect(end.stderr).toContain(`\`${idOf(0)}\` stays: it is in use`);
    if ('release' in lock) lock.release();
  });

  test('a plan that runs meanwhile, which is not disturbed by that', async () => {
    const { cwd, output, there } = project([passed, passed, passed]);
    writeFileSync(
      join(cwd, 'slow.md'),
      '# Slow\n\n## 1. Wait\n\n~~~bash\ntouch begun; until [ -e go ]; do sleep 0.05; done; echo done\n~~~\n\n**Expected:** the output contains `done`.\n',
    );
    writeFileSync(join(cwd, '.gitignore'), 'begun\ngo\n.proofplan\n');
    const { ended } = startProgram(['run', 'slow.md'], { cwd });
    while (!existsSync(join(cwd, 'begun'))) await new Promise((resolve) => setTimeout(resolve, 20));
    const running = readlinkSync(join(output, 'latest'));
    const end = await command(['prune', '--keep', '1', '--older-than', '0h', '--failures', '--yes'], { cwd });
    expect(end).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('     1  running now\n') });
    expect(there()).toEqual([2]);
    expect((await command(['history', 'slow.md'], { cwd })).stdout).toContain('… running');
    writeFileSync(join(cwd, 'go'), '');
    expect(await ended).toMatchObject({ exitCode: 0 });
    expect(await verifyExecution(join(output, running))).toEqual([]);
    expect((await kinds(output)).slice(-4)).toEqual(['registered', 'pruned', 'pruned', 'ended']);
  });

  test('anything outside: links in the place of folders, and in them, lead nowhere', async () => {
    const outside = temporaryFolder();
    writeFileSync(join(outside, 'precious'), 'x');
    mkdirSync(join(outside, 'folder'));
    writeFileSync(join(outside, 'folder/precious'), 'x');
    const { cwd, there, folder, output } = project([passed, passed, passed, passed]);
    symlinkSync(outside, join(folder(0), 'evidence/link'));
    renameSync(folder(1), join(outside, 'record'));
    symlinkSync(join(outside, 'record'), folder(1));
    await command(['prune', '--keep', '1', '--yes'], { cwd });
    expect(there()).toEqual([1, 3]);
    expect(readdirSync(outside).toSorted()).toEqual(['folder', 'precious', 'record']);
    // The folder of all executions, and the one in which things lie while they are removed.
    const other = project([passed, passed, passed]);
    renameSync(join(other.output, 'executions'), join(outside, 'executions'));
    symlinkSync(join(outside, 'executions'), join(other.output, 'executions'));
    await command(['prune', '--keep', '1', '--yes'], { cwd: other.cwd });
    expect(readdirSync(join(outside, 'executions'))).toHaveLength(3);
    const third = project([passed, passed]);
    symlinkSync(join(outside, 'folder'), join(third.output, 'pruned'));
    expect((await command(['prune', '--keep', '1', '--yes'], { cwd: third.cwd })).exitCode).toBe(5);
    expect(third.there()).toEqual([0, 1]);
    expect(readdirSync(join(outside, 'folder'))).toEqual(['precious']);
    expect(await kinds(third.output)).not.toContain('pruned');
    expect(existsSync(join(output, 'pruned'))).toBe(false);
  });

  test.each(['..', '../..', '../../outside', '/etc', '.', '', 'a/../../..', 'x\u0000y', '-rf', 'latest'])(
    'the ledger calls an execution %j: nothing is a path',
    async (name) => {
      const cwd = temporaryFolder();
      const output = join(cwd, 'deep/.proofplan');
      mkdirSync(join(cwd, 'outside'));
      writeFileSync(join(cwd, 'outside/journal.jsonl'), 'x');
      writeOutput(output, [passed, passed]);
      const plan = { path: 'plans/a.md', sha256: 'x' };
      expect(
        await pruneExecution({ output, execution: name, plan, attempt: 1, rule: '--keep 1', clock: Date.now, confirm: () => Promise.resolve(undefined) }),
      ).toMatchObject({ kind: name === 'latest' ? 'failed' : 'kept' });
      expect(readdirSync(cwd).toSorted()).toEqual(['deep', 'outside']);
      expect(readdirSync(join(output, 'executions'))).toHaveLength(2);
    },
  );

  test('what somebody has laid into the folder of half removed ones', async () => {
    const { cwd, output } = project([passed, passed]);
    mkdirSync(join(output, 'pruned', idOf(0)), { recursive: true });
    mkdirSync(join(output, 'pruned/mine'));
    const end = await command(['prune', '--keep', '5', '--yes'], { cwd });
    expect(end.stderr).toContain('is nothing that was pruned, and stays');
    expect(readdirSync(join(output, 'pruned')).toSorted()).toEqual([idOf(0), 'mine'].toSorted());
  });
});

describe('stopped in the middle', () => {
  test('killed at any moment: each execution is there whole, or the ledger says that it was pruned; the next one goes on', async () => {
    const { cwd, output, there, folder } = project(Array.from({ length: 40 }, () => passed));
    for (let index = 0; index < 40; index += 1) for (let file = 0; file < 20; file += 1) writeFileSync(join(folder(index), `evidence/sha256/${file}`), 'x');
    for (const pruned of [3, 11, 24]) {
      const { child, ended } = startProgram(['prune', '--keep', '1', '--yes'], { cwd });
      while (child.exitCode === null && readFileSync(join(output, 'ledger.jsonl'), 'utf8').split('"kind":"pruned"').length <= pruned)
        await new Promise((resolve) => setTimeout(resolve, 1));
      child.kill('SIGKILL');
      await ended;
      const { value } = await readHistorySource({ folder: output, path: 'out', stateFolder: output });
      for (const past of value?.executions ?? []) expect([past.folder === 'there', past.pruned !== undefined]).not.toEqual([false, false]);
      for (const index of there()) expect(readdirSync(join(folder(index), 'evidence/sha256'))).toHaveLength(20);
    }
    expect(await command(['prune', '--keep', '1', '--yes'], { cwd })).toMatchObject({ exitCode: 0, stderr: '' });
    expect(there()).toEqual([39]);
    expect(existsSync(join(output, 'pruned'))).toBe(false);
    expect((await kinds(output)).filter((kind) => kind === 'pruned')).toHaveLength(39);
    expect(await attemptFindings(folder(39))).toEqual([]);
  });

  test('two at once: one of them is told so, and nothing is said twice', async () => {
    const { cwd, output, there } = project(Array.from({ length: 40 }, () => passed));
    const ends = await Promise.all([1, 2, 3].map(() => startProgram(['prune', '--keep', '1', '--yes'], { cwd }).ended));
    expect(there()).toEqual([39]);
    expect((await kinds(output)).filter((kind) => kind === 'pruned')).toHaveLength(39);
    expect(ends.filter(({ exitCode }) => exitCode === 0).length).toBeGreaterThan(0);
    for (const { exitCode, stderr } of ends.filter((end) => end.exitCode !== 0)) {
      expect(exitCode).toBe(5);
      expect(stderr).toContain('journal/prune-running');
    }
  });

  test.each<readonly [string, Partial<Record<keyof LedgerFileSystem, unknown>>]>([
    [
      'no room',
      {
        writeSync: () => {
          throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
        },
      },
    ],
    ['half of a line', { writeSync: (descriptor: number, bytes: Uint8Array) => fs.writeSync(descriptor, bytes.subarray(0, 40)) }],
  ])('%s for the line of the ledger: nothing is removed, and the next prune is not disturbed', async (_, faults) => {
    const { cwd, output, there, folder } = project([passed, passed, passed]);
    const plan = { path: 'plans/a.md', sha256: 'x' };
    const fileSystem = { ...fs, ...faults } as LedgerFileSystem;
    const end = await pruneExecution({
      output,
      execution: idOf(0),
      plan,
      attempt: 1,
      rule: '--keep 1',
      clock: Date.now,
      fileSystem,
      confirm: () => Promise.resolve(undefined),
    });
    expect(end).toMatchObject({ kind: 'failed', diagnostics: [{ code: 'journal/ledger-unusable' }] });
    expect(there()).toEqual([0, 1, 2]);
    expect(existsSync(join(folder(0), 'lock'))).toBe(false);
    expect((await command(['prune', '--keep', '1', '--yes'], { cwd })).exitCode).toBe(0);
    expect(there()).toEqual([2]);
    expect(await attemptFindings(folder(2))).toEqual([]);
  });

  test('an output folder on a file system that cannot be written: said, and the ledger stays as it is', async (context) => {
    const bwrap = need(context, 'bubblewrap');
    const { cwd, output, there } = project([passed, passed]);
    const before = readFileSync(join(output, 'ledger.jsonl'));
    const { status, stderr } = spawnSync(
      bwrap,
      ['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--chdir', cwd, process.execPath, builtProgram(), 'prune', '--keep', '1', '--yes'],
      { encoding: 'utf8' },
    );
    expect(status).toBe(5);
    expect(stderr).toContain('nothing can be removed from `.proofplan`');
    expect(there()).toEqual([0, 1]);
    expect(readFileSync(join(output, 'ledger.jsonl'))).toEqual(before);
  });

  test('a folder that cannot be moved is said to be pruned and is still there: history tells both, the next prune goes on', async () => {
    const { cwd, output, there } = project([passed, passed], (id) => [
      { kind: 'pruned', ts: '2026-02-01T00:00:00.000Z', execution: id(0), plan: { path: 'plans/a.md', sha256: 'x' }, attempt: 1, rule: '--keep 1' },
    ]);
    expect((await command(['history', 'plans/a.md'], { cwd })).stdout).toContain('said to be pruned on 2026-02-01, and still there');
    await command(['prune', '--keep', '1', '--yes'], { cwd });
    expect(there()).toEqual([1]);
    expect((await kinds(output)).filter((kind) => kind === 'pruned')).toHaveLength(1);
  });
});

describe('a ledger that is not whole', () => {
  test.each<readonly [string, (output: string) => void]>([
    [
      'a line was taken out',
      (output) =>
        writeFileSync(
          join(output, 'ledger.jsonl'),
          readFileSync(join(output, 'ledger.jsonl'), 'utf8')
            .split(/(?<=\n)/)
            .toSpliced(1, 1)
            .join(''),
        ),
    ],
    ['garbage stands in it', (output) => appendFileSync(join(output, 'ledger.jsonl'), 'garbage\n')],
    [
      'its end was cut off',
      (output) =>
        writeFileSync(
          join(output, 'ledger.jsonl'),
          readFileSync(join(output, 'ledger.jsonl'), 'utf8')
            .split(/(?<=\n)/)
            .slice(0, -2)
            .join(''),
        ),
    ],
  ])('%s: nothing is removed', async (_, damage) => {
    const { cwd, output, there } = project([passed, passed, passed]);
    damage(output);
    expect(await command(['prune', '--keep', '1', '--yes'], { cwd })).toMatchObject({
      exitCode: 5,
      stderr: expect.stringContaining('nothing is removed as long as it is so'),
    });
    expect(there()).toEqual([0, 1, 2]);
  });
});

test('it is only the link that says which is the latest: nothing else is there to be turned', async () => {
  const { output, cwd, there } = project([passed, passed, passed]);
  rmSync(join(output, 'latest'));
  symlinkSync(join('executions', idOf(0)), join(output, 'latest'));
  chmodSync(output, 0o700);
  await command(['prune', '--keep', '1', '--yes'], { cwd });
  expect(there()).toEqual([0, 2]);
  expect(readlinkSync(join(output, 'latest'))).toBe(join('executions', idOf(0)));
  expect(lstatSync(join(output, 'ledger.jsonl')).isFile()).toBe(true);
});
