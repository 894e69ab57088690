import { appendFileSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseEntry } from '../../src/journal/journal-line.ts';
import { readEntries, readJournal, readLines, type JournalLine } from '../../src/journal/journal-reader.ts';
import { execution, open, scratch } from './scratch.ts';

async function all(path: string): Promise<readonly JournalLine[]> {
  const lines: JournalLine[] = [];
  for await (const line of readJournal(path)) lines.push(line);
  return lines;
}

async function written(entries: number, text = 'x'): Promise<string> {
  const folder = scratch();
  const journal = await open(folder);
  for (let index = 0; index < entries; index += 1) await journal.record('note', { index, text });
  await journal.close();
  return folder;
}

describe('lines', () => {
  test('come with their number, place, bytes and hash, across every size of block', async () => {
    const folder = scratch();
    const path = join(folder, 'file');
    const texts = [1, 0, 262_143, 262_144, 262_145, 700_000, 3].map((length) => `${'y'.repeat(length)}\n`);
    writeFileSync(path, texts.join(''));
    let offset = 0;
    let index = 0;
    for await (const line of readLines(path)) {
      expect([line.lineNumber, line.offset, line.torn]).toEqual([index + 1, offset, false]);
      expect(line.bytes.toString()).toBe(texts[index]);
      offset += line.bytes.length;
      index += 1;
    }
    expect(index).toBe(texts.length);
  });

  test('a torn last line is told, and nothing of it is lost', async () => {
    const folder = await written(3);
    const path = join(folder, 'journal.jsonl');
    const whole = readFileSync(path);
    appendFileSync(path, '{"data":{},"exec');
    const lines = await all(path);
    expect(lines.map(({ torn }) => torn)).toEqual([false, false, false, true]);
    expect(lines.at(-1)).toMatchObject({ lineNumber: 4, offset: whole.length });
    expect(Buffer.concat(lines.map(({ bytes }) => bytes))).toEqual(readFileSync(path));
  });

  test('a line that no writer writes ends the reading before it fills the memory', async () => {
    const path = join(scratch(), 'file');
    const block = Buffer.alloc(8 << 20, 'z');
    for (let count = 0; count < 12; count += 1) appendFileSync(path, block);
    const lines = [];
    for await (const line of readLines(path)) lines.push(line);
    expect(lines.map(({ torn }) => torn)).toEqual([true]);
    expect(lines[0]?.bytes.length).toBeLessThan(65 << 20);
  });

  test('a symbolic link is not followed', async () => {
    const folder = await written(1);
    const link = join(scratch(), 'journal.jsonl');
    symlinkSync(join(folder, 'journal.jsonl'), link);
    await expect(all(link)).rejects.toMatchObject({ code: 'ELOOP' });
  });
});

describe('an entry is exactly what a writer writes', () => {
  const good = `{"data":{"a":1},"execution":"${execution}","kind":"note","prev":"${'0'.repeat(64)}","seq":1,"ts":"2026-02-09T12:00:00.000Z","v":1}`;
  test('the good one', () => {
    expect(parseEntry(Buffer.from(good))).toMatchObject({ entry: { seq: 1, kind: 'note', data: { a: 1 } } });
    expect(parseEntry(Buffer.from(`${good}\n`))).toMatchObject({ entry: { seq: 1 } });
  });

  test.each([
    ['Windows line ends', `${good}\r\n`, 'not-canonical', good.length],
    ['a missing field', good.replace(',"seq":1', ''), 'not-an-entry', 0],
    ['a further field', good.replace('"v":1', '"v":1,"w":1'), 'not-an-entry', 0],
    ['a list', '[]', 'not-an-entry', 0],
    ['data that is a list', good.replace('{"a":1}', '[]'), 'not-an-entry', 0],
    ['a sequence that is no whole number', good.replace('"seq":1', '"seq":1.5'), 'not-an-entry', 0],
    ['a time that is none', good.replace('T12', ' 12'), 'not-an-entry', 0],
    ['another version', good.replace('"v":1', '"v":2'), 'unknown-version', good.length - 2],
    ['white space', good.replace('"v":1', '"v": 1'), 'not-canonical', good.length - 2],
    ['a cut line', good.slice(0, 40), 'not-json', 40],
  ] as const)('%s', (_, line, kind, offset) => {
    expect(parseEntry(Buffer.from(line))).toEqual({ problem: { kind, offset } });
  });

  test('bytes that are not UTF-8, with the place of the first', () => {
    const bytes = Buffer.from(good.replace('"a":1', '"ä":1'));
    const at = bytes.indexOf(0xc3);
    bytes[at + 1] = 0x28;
    expect(parseEntry(bytes)).toEqual({ problem: { kind: 'not-utf8', offset: at } });
    expect(parseEntry(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(good)]))).toEqual({ problem: { kind: 'not-json', offset: 0 } });
    expect(parseEntry(Buffer.from(good.replace('a', 'ä€😀').replace('"v":1', '"v": 1')))).toMatchObject({
      problem: { kind: 'not-canonical', offset: Buffer.byteLength(good.replace('a', 'ä€😀')) - 2 },
    });
  });
});

describe('readers of entries', () => {
  test('get all of a whole journal, and no warning', async () => {
    const { value, diagnostics } = await readEntries(await written(3));
    expect(value?.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(diagnostics).toEqual([]);
  });

  test('get what stands before a torn or a damaged line, and a warning', async () => {
    const folder = await written(3);
    const path = join(folder, 'journal.jsonl');
    const content = readFileSync(path, 'utf8');
    writeFileSync(path, content.slice(0, -5));
    expect(await readEntries(folder)).toMatchObject({
      value: [{ seq: 1 }, { seq: 2 }],
      diagnostics: [{ severity: 'warning', code: 'journal/unreadable', message: 'the journal breaks off in line 3, which was not written whole' }],
    });
    writeFileSync(path, content.replace('"seq":2', '"seq":x'));
    expect(await readEntries(folder)).toMatchObject({
      value: [{ seq: 1 }],
      diagnostics: [{ severity: 'warning', message: 'line 2 of the journal is damaged; what follows is not shown' }],
    });
  });

  test('get an error without a journal', async () => {
    expect(await readEntries(scratch())).toMatchObject({ value: undefined, diagnostics: [{ severity: 'error', code: 'journal/unreadable' }] });
  });
});
