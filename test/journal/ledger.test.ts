import { once } from 'node:events';
import * as fs from 'node:fs';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withLock } from '../../src/journal/ledger-lock.ts';
import { ledgerPath, readLedger, registerEnd, registerExecution, type LedgerFileSystem, type LedgerOptions } from '../../src/journal/ledger.ts';
import { buildJournalProgram, type JournalProgram } from './journal-program.ts';
import { execution, open, scratch, steadyClock, throwing } from './scratch.ts';

const plan = { path: 'plans/a.md', sha256: 'a'.repeat(64) };

function options(output: string, overrides: Partial<LedgerOptions> = {}): LedgerOptions {
  return { output, execution, plan, clock: steadyClock(), ...overrides };
}

describe('registration', () => {
  test('counts the attempts at a plan, by its text and by its path', async () => {
    const output = scratch();
    const attempt = async (path: string, digit: string): Promise<number | undefined> =>
      (await registerExecution(options(output, { plan: { path, sha256: digit.repeat(64) } }))).value?.attempt;
    expect(await attempt('plans/a.md', 'a')).toBe(1);
    expect(await attempt('plans/b.md', 'b')).toBe(1);
    expect(await attempt('./plans/a.md', 'c')).toBe(2);
    expect(await attempt('copy.md', 'a')).toBe(2);
    expect(await attempt('plans/a.md', 'a')).toBe(4);
  });

  test('is a chained line, followed by one for the end', async () => {
    const output = scratch();
    const journal = await open(output);
    await journal.record('opened', {});
    const state = await journal.close();
    const registered = await registerExecution(options(output));
    const ended = await registerEnd({ ...options(output), attempt: 1, verdict: 'failed', journal: state });
    const { entries, problems, next } = await readLedger(ledgerPath(output));
    expect(problems).toEqual([]);
    expect(entries.map(({ kind, seq, execution: id }) => [kind, seq, id])).toEqual([
      ['registered', 1, execution],
      ['ended', 2, execution],
    ]);
    expect(entries[1]).toMatchObject({ verdict: 'failed', journal: state, prev: registered.value?.hash, attempt: 1 });
    expect(next).toEqual({ seq: 3, prev: ended.value?.hash, torn: false });
    expect(statSync(ledgerPath(output)).mode & 0o777).toBe(0o600);
    expect(existsSync(join(output, 'ledger.lock'))).toBe(false);
  });

  test('a torn last line is tolerated, ended by the next writer, and never repaired', async () => {
    const output = scratch();
    await registerExecution(options(output));
    await registerExecution(options(output));
    const path = ledgerPath(output);
    truncateSync(path, statSync(path).size - 20);
    const torn = readFileSync(path, 'utf8');
    expect(await readLedger(path)).toMatchObject({ entries: [{ seq: 1 }], problems: [{ kind: 'torn', lineNumber: 2 }], next: { seq: 3, torn: true } });
    expect((await registerExecution(options(output))).value).toMatchObject({ attempt: 2, seq: 3 });
    expect(readFileSync(path, 'utf8').startsWith(`${torn}\n{`)).toBe(true);
    const { entries, problems } = await readLedger(path);
    expect(problems).toEqual([]);
    expect(entries).toMatchObject([{ seq: 1 }, { seq: 3, afterTorn: true }]);
  });

  test('an edited, removed or swapped line is found', async () => {
    const output = scratch();
    for (let count = 0; count < 4; count += 1) await registerExecution(options(output));
    const path = ledgerPath(output);
    const [first, second, third, fourth] = readFileSync(path, 'utf8').split(/(?<=\n)/);
    const problemsOf = async (lines: readonly (string | undefined)[]): Promise<readonly string[]> => {
      writeFileSync(path, lines.join(''));
      return (await readLedger(path)).problems.map(({ kind, lineNumber }) => `${kind} ${lineNumber}`);
    };
    expect(await problemsOf([first, second, third, fourth])).toEqual([]);
    expect(await problemsOf([first, second?.replace('"attempt":2', '"attempt":9'), third, fourth])).toEqual(['chain-broken 3']);
    expect(await problemsOf([first, third, fourth])).toEqual(['chain-broken 2', 'chain-broken 3']);
    expect(await problemsOf([first, third, second, fourth])).toEqual(['chain-broken 2', 'chain-broken 3', 'chain-broken 4']);
    expect(await problemsOf([first, 'garbage\n', third, fourth])).toEqual(['not-an-entry 2', 'chain-broken 3']);
    expect(await problemsOf([first, second, third, 'garbage\n'])).toEqual(['not-an-entry 4']);
  });
});

describe('a ledger that cannot be used', () => {
  test.each<readonly [string, (path: string) => void]>([
    ['a folder', (path) => mkdirSync(path)],
    ['a symbolic link', (path) => symlinkSync('elsewhere', path)],
  ])('%s in its place: the execution must not start', async (_, place) => {
    const output = scratch();
    place(ledgerPath(output));
    expect(await registerExecution(options(output))).toMatchObject({ value: undefined, diagnostics: [{ severity: 'error', code: 'journal/ledger-unusable' }] });
    expect(readdirSync(output)).toEqual(['ledger.jsonl']);
  });

  test.each<readonly [string, Partial<Record<keyof LedgerFileSystem, unknown>>]>([
    ['no room', { writeSync: throwing('ENOSPC') }],
    ['a short write', { writeSync: (descriptor: number, bytes: Uint8Array) => fs.writeSync(descriptor, bytes.subarray(0, 30)) }],
    ['a failed sync', { fsyncSync: throwing('EIO') }],
    ['no descriptor', { openSync: throwing('EMFILE') }],
  ])('%s: the execution must not start, and the next one is not disturbed', async (_, faults) => {
    const output = scratch();
    await registerExecution(options(output));
    const fileSystem = { ...fs, ...faults } as LedgerFileSystem;
    expect(await registerExecution(options(output, { fileSystem }))).toMatchObject({ value: undefined, diagnostics: [{ code: 'journal/ledger-unusable' }] });
    expect((await registerExecution(options(output))).value).toBeDefined();
    expect((await readLedger(ledgerPath(output))).problems).toEqual([]);
  });

  test('what is registered is on the disk: file and folder are synced', async () => {
    const output = scratch();
    const opened = new Map<number, string>();
    const synced: (string | undefined)[] = [];
    const openSync = (path: string, flags: number, mode?: number): number => {
      const descriptor = fs.openSync(path, flags, mode);
      opened.set(descriptor, path);
      return descriptor;
    };
    const fsyncSync = (descriptor: number): void => void synced.push(opened.get(descriptor));
    await registerExecution(options(output, { fileSystem: { ...fs, openSync, fsyncSync } as LedgerFileSystem }));
    expect(synced).toEqual([ledgerPath(output), output]);
  });

  test('no output folder', async () => {
    expect(await registerExecution(options(join(scratch(), 'missing')))).toMatchObject({
      value: undefined,
      diagnostics: [{ code: 'journal/ledger-unusable' }],
    });
  });
});

describe('the lock', () => {
  test('one that a living holder does not let go is told, and left alone', async () => {
    const output = scratch();
    let letGo = (): void => undefined;
    const holding = withLock(join(output, 'ledger.lock'), 0, () => new Promise<void>((resolve) => (letGo = resolve)));
    const refused = await registerExecution(options(output, { waitMs: 20 }));
    expect(refused).toMatchObject({ value: undefined, diagnostics: [{ code: 'journal/ledger-locked' }] });
    expect(refused.diagnostics[0]?.notes?.[0]).toContain(String(process.pid));
    letGo();
    await holding;
    expect((await registerExecution(options(output))).value?.attempt).toBe(1);
  });

  test('of another machine is never broken', async () => {
    const output = scratch();
    symlinkSync(`1.1.${'0'.repeat(16)}@elsewhere@another-boot@pid:[1]`, join(output, 'ledger.lock'));
    expect((await registerExecution(options(output, { waitMs: 20 }))).diagnostics).toMatchObject([{ code: 'journal/ledger-locked' }]);
    expect(lstatSync(join(output, 'ledger.lock')).isSymbolicLink()).toBe(true);
  });

  test('a file in its place is left alone', async () => {
    const output = scratch();
    writeFileSync(join(output, 'ledger.lock'), 'mine');
    expect((await registerExecution(options(output, { waitMs: 20 }))).diagnostics).toMatchObject([{ code: 'journal/ledger-locked' }]);
    expect(readFileSync(join(output, 'ledger.lock'), 'utf8')).toBe('mine');
  });

  describe('left by a dead holder is broken', () => {
    /** What a lock of this very process says: number, start and a random part of the holder, machine, boot and namespace. */
    async function ownMark(): Promise<{ readonly holder: readonly string[]; readonly place: readonly string[] }> {
      const path = join(scratch(), 'lock');
      const locked = await withLock(path, 0, () => Promise.resolve(readlinkSync(path)));
      const [holder = '', ...place] = 'value' in locked ? locked.value.split('@') : [];
      return { holder: holder.split('.'), place };
    }

    test.each<readonly [string, number, (mark: Awaited<ReturnType<typeof ownMark>>) => readonly string[]]>([
      ['whose number another process has now', 1, ({ holder: [pid, , random], place }) => [[pid, '1', random].join('.'), ...place]],
      ['of an earlier boot of this machine', 1, ({ holder, place: [host, , namespace] }) => [holder.join('.'), host ?? '', 'another-boot', namespace ?? '']],
      ['not one in another process namespace', 0, ({ holder, place: [host, boot] }) => [holder.with(1, '1').join('.'), host ?? '', boot ?? '', 'pid:[1]']],
      ['not one that is no mark of ours', 0, () => ['somebody']],
    ])('%s', async (_, attempt, mark) => {
      const output = scratch();
      symlinkSync(mark(await ownMark()).join('@'), join(output, 'ledger.lock'));
      expect((await registerExecution(options(output, { waitMs: 20 }))).value?.attempt ?? 0).toBe(attempt);
    });
  });

  test('that was taken over by hand is not taken from the new holder', async () => {
    const path = join(scratch(), 'lock');
    await withLock(path, 0, () => {
      unlinkSync(path);
      symlinkSync('another', path);
      return Promise.resolve();
    });
    expect(readlinkSync(path)).toBe('another');
  });

  test('what fails under the lock lets it go', async () => {
    const path = join(scratch(), 'lock');
    await expect(withLock(path, 0, () => Promise.reject(new Error('x')))).rejects.toThrow('x');
    expect(await withLock(path, 0, () => Promise.resolve(7))).toEqual({ value: 7 });
  });
});

describe('processes', () => {
  let program: JournalProgram;
  beforeAll(async () => {
    program = await buildJournalProgram();
  });
  afterAll(() => program.remove());

  const writer = `
    import { registerExecution } from 'journal';
    const [output, name, count] = process.argv.slice(2);
    for (let index = 0; index < Number(count); index += 1) {
      const { value, diagnostics } = await registerExecution({ output, execution: name + '-' + index, plan: { path: 'a.md', sha256: 'a' }, clock: Date.now });
      if (!value) throw new Error(JSON.stringify(diagnostics));
    }`;

  test('four at once: every line whole, one chain, every attempt number once', async () => {
    const output = scratch();
    const children = ['one', 'two', 'three', 'four'].map((name) => program.start(writer, [output, name, '40']));
    const codes = await Promise.all(children.map(async (child) => ((await once(child, 'exit')) as [number])[0]));
    expect(codes).toEqual([0, 0, 0, 0]);
    const { entries, problems } = await readLedger(ledgerPath(output));
    expect(problems).toEqual([]);
    expect(entries.map(({ attempt }) => attempt)).toEqual(Array.from({ length: 160 }, (_, index) => index + 1));
    expect(new Set(entries.map(({ execution: id }) => id)).size).toBe(160);
    expect(readdirSync(output).filter((name) => !name.startsWith('ledger-index'))).toEqual(['ledger.jsonl']);
  });

  test('a holder that is killed leaves a lock that the next ones break, one at a time', async () => {
    const output = scratch();
    const holder = program.start(
      `import { withLock } from 'journal';
       await withLock(process.argv[2] + '/ledger.lock', 0, async () => {
         process.stdout.write('held');
         await new Promise((resolve) => setTimeout(resolve, 600_000));
       });`,
      [output],
    );
    await once(holder.stdout as NodeJS.ReadableStream, 'data');
    expect((await registerExecution(options(output, { waitMs: 20 }))).diagnostics).toMatchObject([{ code: 'journal/ledger-locked' }]);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect(lstatSync(join(output, 'ledger.lock')).isSymbolicLink()).toBe(true);
    const children = ['one', 'two', 'three'].map((name) => program.start(writer, [output, name, '5']));
    const codes = await Promise.all(children.map(async (child) => ((await once(child, 'exit')) as [number])[0]));
    expect(codes).toEqual([0, 0, 0]);
    const { entries, problems } = await readLedger(ledgerPath(output));
    expect(problems).toEqual([]);
    expect(entries.map(({ attempt }) => attempt)).toEqual(Array.from({ length: 15 }, (_, index) => index + 1));
    expect(readdirSync(output).filter((name) => !name.startsWith('ledger-index'))).toEqual(['ledger.jsonl']);
  });

  test('a journal whose writer is killed at any moment is whole up to a torn end, and every durable entry is in it', async () => {
    const { readJournal } = await import('../../src/journal/journal-reader.ts');
    for (let round = 0; round < 5; round += 1) {
      const folder = scratch();
      chmodSync(folder, 0o700);
      const child = program.start(
        `import { openJournal } from 'journal';
         const journal = await openJournal({ folder: process.argv[2], execution: 'killed', clock: Date.now });
         for (let index = 1; ; index += 1) {
           await journal.record('step-started', { index, text: 'x'.repeat(5000) }, { durable: true });
           process.stdout.write(index + '\\n');
         }`,
        [folder],
      );
      let told = '';
      child.stdout?.on('data', (chunk: Buffer) => {
        told += chunk.toString();
        if (told.split('\n').length > 20 + round * 13) child.kill('SIGKILL');
      });
      await once(child, 'exit');
      let prev = '';
      let whole = 0;
      for await (const line of readJournal(join(folder, 'journal.jsonl'))) {
        if (line.torn) continue;
        expect(line.entry?.seq).toBe(line.lineNumber);
        if (prev !== '') expect(line.entry?.prev).toBe(prev);
        prev = line.hash;
        whole += 1;
      }
      expect(whole).toBeGreaterThanOrEqual(Number(told.trimEnd().split('\n').at(-1)));
    }
  });

  test("a limit on the file's size (a quota's twin) ends the journal as a full disk does", async () => {
    const folder = scratch();
    const child = program.start(
      `import { openJournal } from 'journal';
       const journal = await openJournal({ folder: process.argv[2], execution: 'limited', clock: Date.now });
       try {
         for (;;) await journal.record('output', { text: 'x'.repeat(700) });
       } catch (error) {
         process.stdout.write(error.name + ' ' + error.reason);
       }`,
      [folder],
      20,
    );
    let told = '';
    child.stdout?.on('data', (chunk: Buffer) => (told += chunk.toString()));
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(told).toBe('JournalFailure short-write');
    expect([20 * 512, 20 * 1024]).toContain(statSync(join(folder, 'journal.jsonl')).size);
  });
});
