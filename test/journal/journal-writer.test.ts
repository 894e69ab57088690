import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, linkSync, lstatSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseCheckpoint } from '../../src/journal/checkpoint.ts';
import { readEntries } from '../../src/journal/journal-reader.ts';
import { createNoteKey, verifyNote } from '../../src/journal/signed-note.ts';
import { execution, failureOf, faulty, open, scratch, steadyClock } from './scratch.ts';

function lines(folder: string): readonly string[] {
  return readFileSync(join(folder, 'journal.jsonl'), 'utf8').split(/(?<=\n)/);
}

describe('what a journal looks like', () => {
  test('one canonical line an entry, chained from a beginning that binds the execution', async () => {
    const folder = scratch();
    const journal = await open(folder);
    const first = await journal.record('opened', { b: 1, a: 'ä' });
    const second = await journal.record('note', {}, { durable: true });
    await journal.close();
    const genesis = createHash('sha256').update(`proofplan/journal/v1\n${execution}\n`).digest('hex');
    expect(lines(folder)).toEqual([
      `{"data":{"a":"ä","b":1},"execution":"${execution}","kind":"opened","prev":"${genesis}","seq":1,"ts":"2026-02-09T12:00:00.000Z","v":1}\n`,
      `{"data":{},"execution":"${execution}","kind":"note","prev":"${first.hash}","seq":2,"ts":"2026-02-09T12:00:00.001Z","v":1}\n`,
    ]);
    expect([first.seq, second.seq]).toEqual([1, 2]);
  });

  test("the chain can be checked with the system's own tools", async () => {
    const folder = scratch();
    const journal = await open(folder);
    const recorded = [await journal.record('a', {}), await journal.record('b', {}), await journal.record('c', {})];
    const { head } = await journal.close();
    for (const { seq, hash } of recorded) {
      expect(execFileSync('sh', ['-c', `sed -n ${seq}p journal.jsonl | sha256sum`], { cwd: folder, encoding: 'utf8' }).slice(0, 64)).toBe(hash);
    }
    expect(recorded[2]?.hash).toBe(head);
  });

  test('entries stand in the order of the calls, also when nobody waits', async () => {
    const folder = scratch();
    const journal = await open(folder);
    const all = await Promise.all(Array.from({ length: 200 }, (_, index) => journal.record('n', { index }, { durable: index % 7 === 0 })));
    expect(all.map(({ seq }) => seq)).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
    await journal.close();
    const { value } = await readEntries(folder);
    expect(value?.map(({ data }) => data['index'])).toEqual(Array.from({ length: 200 }, (_, index) => index));
  });

  test('only its owner can read it', async () => {
    const folder = scratch();
    const journal = await open(folder);
    await journal.record('a', {});
    await journal.close();
    for (const name of ['journal.jsonl', 'checkpoint']) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  });

  test('the checkpoint says how many lines and which root; with a key it is signed', async () => {
    const folder = scratch();
    const key = createNoteKey('proofplan');
    const journal = await open(folder, { key });
    await journal.record('a', {});
    await journal.record('b', {});
    const state = await journal.close();
    const parsed = parseCheckpoint(readFileSync(join(folder, 'checkpoint'), 'utf8'));
    expect(parsed?.checkpoint).toEqual({ origin: `proofplan/${execution}`, size: 2, root: state.root });
    expect(parsed && verifyNote(parsed.note, key.verifierKey)).toBe(true);
    expect(journal.state()).toEqual(state);
  });

  test('time never goes back, and that the clock did is recorded', async () => {
    const folder = scratch();
    const times = [5_000, 4_000, 4_500, 6_000];
    const journal = await open(folder, { clock: () => times.shift() ?? 7_000 });
    for (const kind of ['a', 'b', 'c', 'd']) await journal.record(kind, {});
    await journal.close();
    const { value } = await readEntries(folder);
    expect(value?.map(({ kind, ts }) => [kind, ts.slice(17)])).toEqual([
      ['a', '05.000Z'],
      ['clock-set-back', '05.000Z'],
      ['b', '05.000Z'],
      ['c', '05.000Z'],
      ['d', '06.000Z'],
    ]);
    expect(value?.[1]?.data).toEqual({ from: '1970-01-01T00:00:05.000Z', to: '1970-01-01T00:00:04.000Z' });
  });
});

describe('the disk', () => {
  test('a durable entry is synced before the promise resolves; others wait for the next', async () => {
    const calls: string[] = [];
    const fileSystem = faulty({
      fdatasync: (descriptor: number, done: fs.NoParamCallback) => {
        calls.push('sync starts');
        fs.fdatasync(descriptor, (error) => {
          calls.push('sync ends');
          done(error);
        });
      },
    });
    const journal = await open(scratch(), { fileSystem });
    await journal.record('output', {});
    calls.push('output recorded');
    await journal.record('step-started', {}, { durable: true });
    calls.push('intent recorded');
    expect(calls).toEqual(['output recorded', 'sync starts', 'sync ends', 'intent recorded']);
    await journal.close();
  });

  test('a hundred durable entries at once share two syncs', async () => {
    let syncs = 0;
    const fileSystem = faulty({
      fdatasync: (descriptor: number, done: fs.NoParamCallback) => {
        syncs += 1;
        fs.fdatasync(descriptor, done);
      },
    });
    const journal = await open(scratch(), { fileSystem });
    await Promise.all(Array.from({ length: 100 }, () => journal.record('a', {}, { durable: true })));
    expect(syncs).toBe(2);
    await journal.close();
  });

  test("the new file's name is synced too, and the checkpoint's", async () => {
    const synced: number[] = [];
    const opened = new Map<number, string>();
    const folder = scratch();
    const fileSystem = faulty({
      openSync: (path: string, flags: number, mode?: number) => {
        const descriptor = fs.openSync(path, flags, mode);
        opened.set(descriptor, path);
        return descriptor;
      },
      fsyncSync: (descriptor: number) => {
        synced.push(descriptor);
        fs.fsyncSync(descriptor);
      },
    });
    const paths = (): readonly (string | undefined)[] => synced.map((descriptor) => opened.get(descriptor));
    const journal = await open(folder, { fileSystem });
    expect(paths()).toEqual([folder]);
    await journal.record('a', {});
    await journal.close();
    expect(synced).toHaveLength(3);
  });

  test('an entry that is not durable is synced within seconds by itself', async () => {
    let done = (): void => undefined;
    const synced = new Promise<void>((resolve) => {
      done = resolve;
    });
    const fileSystem = faulty({
      fdatasync: (descriptor: number, callback: fs.NoParamCallback) => {
        fs.fdatasync(descriptor, callback);
        done();
      },
    });
    const journal = await open(scratch(), { fileSystem });
    await journal.record('a', {});
    await synced;
    await journal.close();
  });
});

describe('what cannot be recorded is refused, and ends the journal', () => {
  test.each<readonly [string, string, Readonly<Record<string, unknown>>]>([
    ['undefined', 'note', { a: undefined }],
    ['half a surrogate pair', 'note', { a: '\ud800' }],
    ['a Map', 'note', { a: new Map() }],
    ['a kind that is none', 'Note with blanks', {}],
  ])('%s', async (_, kind, data) => {
    const folder = scratch();
    const journal = await open(folder);
    await journal.record('opened', {});
    const failure = await failureOf(journal.record(kind, data));
    expect(failure.reason).toBe('refused');
    expect(failure.diagnostic.code).toBe('journal/entry-refused');
    expect(await failureOf(journal.record('note', {}))).toBe(failure);
    expect(await failureOf(journal.close())).toBe(failure);
    expect(lines(folder)).toHaveLength(1);
    expect(existsSync(join(folder, 'checkpoint'))).toBe(false);
  });

  test('a line of more than 64 MiB', async () => {
    const journal = await open(scratch());
    expect((await failureOf(journal.record('note', { text: 'x'.repeat(64 << 20) }))).diagnostic.message).toMatch(/more than 67108864/);
  });

  test('a clock that gives no time', async () => {
    const journal = await open(scratch(), { clock: () => Number.NaN });
    expect((await failureOf(journal.record('note', {}))).reason).toBe('refused');
  });

  test('an entry after the end', async () => {
    const journal = await open(scratch());
    await journal.record('a', {});
    await journal.close();
    const failure = await failureOf(journal.record('b', {}));
    expect(failure.diagnostic.code).toBe('journal/closed');
  });

  test('an entry while the journal is being closed makes the closing fail', async () => {
    const folder = scratch();
    const journal = await open(folder);
    await journal.record('a', {});
    const closing = journal.close();
    const failure = await failureOf(journal.record('b', {}));
    expect(failure.reason).toBe('closed');
    expect(await failureOf(closing)).toBe(failure);
    expect(existsSync(join(folder, 'checkpoint'))).toBe(false);
  });

  test('closing twice is one closing', async () => {
    const journal = await open(scratch());
    await journal.record('a', {});
    const [first, second] = await Promise.all([journal.close(), journal.close()]);
    expect(first).toBe(second);
  });
});

describe('what stands in the way of a new journal', () => {
  test('one that is there already', async () => {
    const folder = scratch();
    await (await open(folder)).close();
    const failure = await failureOf(open(folder));
    expect(failure.reason).toBe('open');
    expect(failure.diagnostic.message).toContain('EEXIST');
  });

  test('a symbolic link that waits there, dangling or not', async () => {
    const [folder, elsewhere] = [scratch(), scratch()];
    symlinkSync(join(elsewhere, 'stolen'), join(folder, 'journal.jsonl'));
    expect((await failureOf(open(folder))).reason).toBe('open');
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  test('no folder, and an id that would lead out of it', async () => {
    expect((await failureOf(open(join(scratch(), 'missing')))).diagnostic).toMatchObject({ code: 'journal/not-opened', severity: 'error' });
    expect((await failureOf(open(scratch(), { execution: '../x' }))).reason).toBe('open');
  });

  test('a checkpoint that is there already', async () => {
    const folder = scratch();
    const journal = await open(folder);
    await journal.record('a', {});
    mkdirSync(join(folder, 'checkpoint'));
    expect((await failureOf(journal.close())).diagnostic.message).toMatch(/^the checkpoint was not written: EEXIST/);
  });
});

test('a mode or a further link is no harm: the content is what counts', async () => {
  const folder = scratch();
  const journal = await open(folder, { clock: steadyClock() });
  await journal.record('a', {});
  const before = lstatSync(join(folder, 'journal.jsonl'), { bigint: true }).ctimeNs;
  // A change in the very same tick of the kernel's clock would not show: repeated until it does.
  for (let mode = 0o600; lstatSync(join(folder, 'journal.jsonl'), { bigint: true }).ctimeNs === before; mode ^= 0o040)
    chmodSync(join(folder, 'journal.jsonl'), mode);
  linkSync(join(folder, 'journal.jsonl'), join(folder, 'second-name'));
  await journal.record('b', {});
  expect((await journal.close()).entries).toBe(2);
});
