/** The journal under attack while it is written: by the disk, and by somebody with access to the folder. */
import { execFileSync, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readJournal } from '../../src/journal/journal-reader.ts';
import { execution, failureOf, faulty, open, scratch, systemError, throwing } from './scratch.ts';

/** Calls through until the n-th call, which gives the fault. */
function atCall<A extends readonly unknown[], R>(call: number, act: (...parameters: A) => R, fault: (...parameters: A) => R): (...parameters: A) => R {
  let calls = 0;
  return (...parameters) => {
    calls += 1;
    return calls === call ? fault(...parameters) : act(...parameters);
  };
}

async function recordFive(journal: Awaited<ReturnType<typeof open>>): Promise<void> {
  for (let index = 0; index < 5; index += 1) await journal.record('step-started', { index }, { durable: index % 2 === 0 });
}

const write = fs.writeSync as (descriptor: number, bytes: Uint8Array) => number;
const writeHalf = (descriptor: number, bytes: Uint8Array): number => write(descriptor, bytes.subarray(0, bytes.length >> 1));

describe('a fault of the disk at each entry: the first failure is kept, nothing more is written, no checkpoint', () => {
  const kinds = ['ENOSPC', 'EIO', 'EDQUOT', 'EINTR', 'EROFS', 'short write'] as const;
  const cases = kinds.flatMap((kind) => [1, 2, 3, 4, 5].map((entry) => [kind, entry] as const));
  test.each(cases)('%s at entry %d', async (kind, entry) => {
    const folder = scratch();
    const fault = kind === 'short write' ? writeHalf : throwing(kind);
    const journal = await open(folder, { fileSystem: faulty({ writeSync: atCall(entry, write, fault) }) });
    const failure = await failureOf(recordFive(journal));
    expect(failure.reason).toBe(kind === 'short write' ? 'short-write' : 'write');
    expect(failure.diagnostic.code).toBe('journal/write-failed');
    expect(failure.diagnostic.message).toContain(kind === 'short write' ? 'were written' : kind);
    const size = fs.statSync(join(folder, 'journal.jsonl')).size;
    expect(await failureOf(journal.record('note', {}))).toBe(failure);
    expect(await failureOf(journal.close())).toBe(failure);
    expect(fs.statSync(join(folder, 'journal.jsonl')).size).toBe(size);
    expect(fs.readdirSync(folder)).toEqual(['journal.jsonl']);
    const read = [];
    for await (const line of readJournal(join(folder, 'journal.jsonl'))) read.push(line);
    expect(read.filter((line) => !line.torn)).toHaveLength(entry - 1);
  });

  test.each([1, 2, 3])('EIO at sync %d: also for those who wait for the same sync', async (call) => {
    const folder = scratch();
    const sync = (descriptor: number, done: fs.NoParamCallback): void => fs.fdatasync(descriptor, done);
    const fault = (_: number, done: fs.NoParamCallback): void => void setImmediate(() => done(systemError('EIO')));
    const journal = await open(folder, { fileSystem: faulty({ fdatasync: atCall(call, sync, fault) }) });
    const outcomes = await Promise.allSettled([
      journal.record('a', {}, { durable: true }),
      journal.record('b', {}, { durable: true }),
      journal.record('c', {}, { durable: true }),
    ]);
    if (call === 1) expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    if (call === 2) expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    const failure = await failureOf(journal.close());
    expect(failure.reason).toBe('sync');
    expect(fs.existsSync(join(folder, 'checkpoint'))).toBe(false);
  });

  test('a durable entry is not told to be safe when another entry failed meanwhile', async () => {
    let finish = (): void => undefined;
    const fdatasync = (descriptor: number, done: fs.NoParamCallback): void => {
      finish = () => fs.fdatasync(descriptor, done);
    };
    const journal = await open(scratch(), { fileSystem: faulty({ fdatasync, writeSync: atCall(2, write, throwing('ENOSPC')) }) });
    const intent = failureOf(journal.record('step-started', {}, { durable: true }));
    const failure = await failureOf(journal.record('output', {}));
    finish();
    expect(await intent).toBe(failure);
  });

  test('EIO of a sync that nobody waits for comes out of the next entry', async () => {
    let failed = (): void => undefined;
    const sync = new Promise<void>((resolve) => {
      failed = resolve;
    });
    const fdatasync = (_: number, done: fs.NoParamCallback): void => {
      done(systemError('EIO'));
      failed();
    };
    const journal = await open(scratch(), { fileSystem: faulty({ fdatasync }) });
    await journal.record('output', {});
    await sync;
    expect((await failureOf(journal.record('output', {}))).reason).toBe('sync');
  });

  test.each([
    ['the folder cannot be synced', { fsyncSync: throwing('EIO') }, 'open'],
    ['no descriptor is left', { openSync: throwing('EMFILE') }, 'open'],
    ['the new file cannot be looked at', { fstatSync: throwing('EIO') }, 'open'],
  ] as const)('at the beginning: %s', async (_, faults, reason) => {
    expect((await failureOf(open(scratch(), { fileSystem: faulty(faults) }))).reason).toBe(reason);
  });

  test.each([
    ['reading back', { readSync: throwing('EIO') }],
    ['writing the checkpoint', { writeSync: atCall(6, write, throwing('ENOSPC')) }],
    ['a short checkpoint', { writeSync: atCall(6, write, writeHalf) }],
    ['syncing the checkpoint', { fsyncSync: atCall(2, fs.fsyncSync, throwing('EIO')) }],
    ['syncing its folder', { fsyncSync: atCall(3, fs.fsyncSync, throwing('EIO')) }],
  ] as const)('at the end: %s', async (_, faults) => {
    const journal = await open(scratch(), { fileSystem: faulty(faults) });
    await recordFive(journal);
    expect((await failureOf(journal.close())).diagnostic.code).toBe('journal/write-failed');
  });

  test("the kernel's own refusal (/dev/full)", async () => {
    const full = fs.openSync('/dev/full', 'w');
    onTestFinished(() => fs.closeSync(full));
    const journal = await open(scratch(), { fileSystem: faulty({ writeSync: atCall(3, write, (_descriptor, bytes) => write(full, bytes)) }) });
    expect((await failureOf(recordFive(journal))).diagnostic.message).toContain('ENOSPC');
  });

  test('a real file system that is full', async () => {
    const folder = scratch();
    // Where a file system may be mounted, a small one; elsewhere /dev/full answers as it would.
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]).status === 0;
    onTestFinished(() => void (mounted && execFileSync('umount', [folder])));
    const full = fs.openSync('/dev/full', 'w');
    onTestFinished(() => fs.closeSync(full));
    const fileSystem = mounted ? {} : { fileSystem: faulty({ writeSync: atCall(60, write, (_descriptor, bytes) => write(full, bytes)) }) };
    const journal = await open(folder, fileSystem);
    const fill = async (): Promise<void> => {
      for (let index = 0; index < 1_000; index += 1) await journal.record('output', { index, text: 'x'.repeat(500) });
    };
    const failure = await failureOf(fill());
    expect(['write', 'short-write']).toContain(failure.reason);
    expect(await failureOf(journal.close())).toBe(failure);
    let whole = 0;
    for await (const line of readJournal(join(folder, 'journal.jsonl'))) if (!line.torn) whole += Number(line.entry?.seq === line.lineNumber);
    expect(whole).toBeGreaterThan(50);
    expect(failure.diagnostic.notes).toContain(`entries written before: ${whole}`);
  });
});

describe('somebody touches the journal: noticed at the next entry, and at the end', () => {
  const path = (folder: string): string => join(folder, 'journal.jsonl');
  const attacks: Readonly<Record<string, { readonly reason: string; readonly act: (folder: string) => void }>> = {
    deleted: { reason: 'deleted', act: (folder) => fs.rmSync(path(folder)) },
    'the whole folder deleted': { reason: 'deleted', act: (folder) => fs.rmSync(folder, { recursive: true }) },
    'replaced by a copy': {
      reason: 'replaced',
      act: (folder) => {
        fs.copyFileSync(path(folder), join(folder, 'copy'));
        fs.renameSync(join(folder, 'copy'), path(folder));
      },
    },
    'replaced by a symbolic link to itself': {
      reason: 'replaced',
      act: (folder) => {
        fs.renameSync(path(folder), join(folder, 'moved'));
        fs.symlinkSync('moved', path(folder));
      },
    },
    truncated: { reason: 'truncated', act: (folder) => fs.truncateSync(path(folder), 100) },
    'cut by its last line': { reason: 'truncated', act: (folder) => fs.truncateSync(path(folder), fs.statSync(path(folder)).size - 10) },
    'appended to': { reason: 'grown', act: (folder) => fs.appendFileSync(path(folder), '{}\n') },
    'edited in place': { reason: 'edited', act: (folder) => editInPlace(path(folder)) },
  };

  /** Changes one byte, again and again, until the file's change time shows it (the kernel's clock ticks every few milliseconds). */
  function editInPlace(file: string): void {
    const before = fs.statSync(file, { bigint: true }).ctimeNs;
    while (fs.statSync(file, { bigint: true }).ctimeNs === before) overwrite(file, 20, 'X');
  }

  function overwrite(file: string, offset: number, text: string): void {
    const descriptor = fs.openSync(file, 'r+');
    fs.writeSync(descriptor, text, offset);
    fs.closeSync(descriptor);
  }

  for (const [name, { reason, act }] of Object.entries(attacks)) {
    test(`${name}: the next entry`, async () => {
      const folder = scratch();
      const journal = await open(folder);
      await recordFive(journal);
      act(folder);
      const failure = await failureOf(journal.record('step-started', {}));
      expect(failure.reason).toBe(reason);
      expect(failure.diagnostic.code).toBe('journal/disturbed');
      expect(await failureOf(journal.record('note', {}))).toBe(failure);
      expect(await failureOf(journal.close())).toBe(failure);
    });

    test(`${name}: the end`, async () => {
      const folder = scratch();
      const journal = await open(folder);
      await recordFive(journal);
      act(folder);
      expect((await failureOf(journal.close())).diagnostic.code).toBe('journal/disturbed');
      expect(fs.existsSync(join(folder, 'checkpoint'))).toBe(false);
    });
  }

  test('an edit that leaves no trace in the change time is found when the journal is read back at the end', async () => {
    const folder = scratch();
    // A file system whose change times never move.
    const still = (stat: fs.BigIntStats): fs.BigIntStats => Object.assign(stat, { ctimeNs: 1n });
    const fileSystem = faulty({
      lstatSync: (name: string, options: { readonly bigint: true }) => still(fs.lstatSync(name, options)),
      fstatSync: (descriptor: number, options: { readonly bigint: true }) => still(fs.fstatSync(descriptor, options)),
    });
    const journal = await open(folder, { fileSystem });
    await recordFive(journal);
    overwrite(path(folder), 20, 'X');
    await journal.record('note', {});
    expect((await failureOf(journal.close())).reason).toBe('edited');
    expect(fs.existsSync(join(folder, 'checkpoint'))).toBe(false);
  });

  test('a replaced journal of the same content and another execution is not written to', async () => {
    const folder = scratch();
    const journal = await open(folder, { execution });
    await recordFive(journal);
    fs.copyFileSync(path(folder), join(folder, 'copy'));
    fs.renameSync(join(folder, 'copy'), path(folder));
    const size = fs.statSync(path(folder)).size;
    await failureOf(journal.record('note', {}));
    expect(fs.statSync(path(folder)).size).toBe(size);
  });
});

test('a clock that was set back since the last entry is seen by whoever asks, before a verdict', async () => {
  let now = Date.UTC(2026, 1, 9, 12);
  const journal = await open(scratch(), { clock: () => now });
  await journal.record('a', {});
  expect(journal.clockSetBack()).toBeUndefined();
  now -= 3_600_000;
  expect(journal.clockSetBack()).toMatchObject({ to: '2026-02-09T11:00:00.000Z' });
  expect(journal.state().entries).toBe(2);
  await journal.close();
  expect(journal.clockSetBack()).toBeDefined();
});
