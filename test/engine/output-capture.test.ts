import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createOutputCapture, type CaptureOptions } from '../../src/engine/output-capture.ts';
import { createRedactor } from '../../src/model/redaction.ts';
import { makeFolder } from './fixture.ts';

async function keep(chunks: readonly (string | Uint8Array)[], more: Partial<CaptureOptions> = {}) {
  const evidenceFolder = more.evidenceFolder ?? makeFolder();
  const capture = createOutputCapture({ stream: 'stdout', evidenceFolder, redactor: createRedactor([]), ...more });
  const refusals = [];
  for (const chunk of chunks) refusals.push(await capture.write(Buffer.from(chunk)));
  const end = await capture.end();
  const { value } = end;
  const folder = join(evidenceFolder, 'sha256');
  return { ...end, refusals, folder, output: value, file: value === undefined ? undefined : readFileSync(join(folder, value.sha256)) };
}

const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('the file', () => {
  test('holds every byte under its own digest, for the owner alone, and nothing lies beside it', async () => {
    const { output, file, folder } = await keep(['one\n', 'two\n', 'three']);
    expect(output).toEqual({ stream: 'stdout', bytes: 13, lines: 3, sha256: sha256('one\ntwo\nthree'), head: 'one\ntwo\nthree', tail: '' });
    expect(file?.toString()).toBe('one\ntwo\nthree');
    expect(statSync(join(folder, output?.sha256 ?? '')).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual([output?.sha256]);
  });

  test('nothing printed is evidence too: an empty file', async () => {
    const { output, file } = await keep([]);
    expect(output).toEqual({ stream: 'stdout', bytes: 0, lines: 0, sha256: sha256(''), head: '', tail: '' });
    expect(file).toHaveLength(0);
  });

  test('what a step planted under the digest of its output is replaced by the output', async () => {
    const evidenceFolder = makeFolder();
    mkdirSync(join(evidenceFolder, 'sha256'));
    const elsewhere = join(makeFolder(), 'elsewhere');
    writeFileSync(elsewhere, 'untouched');
    symlinkSync(elsewhere, join(evidenceFolder, 'sha256', sha256('real')));
    expect((await keep(['real'], { evidenceFolder })).file?.toString()).toBe('real');
    expect(readFileSync(elsewhere, 'utf8')).toBe('untouched');
  });

  test('bytes that are no text are kept as they are', async () => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => (index * 7 + (index >> 8)) & 0xff);
    const { output, file } = await keep([bytes.subarray(0, 70_001), bytes.subarray(70_001)]);
    expect(file?.equals(bytes)).toBe(true);
    expect(output?.sha256).toBe(sha256(bytes));
  });

  test('a folder that cannot be written is a problem', async () => {
    const evidenceFolder = join(makeFolder(), 'file');
    writeFileSync(evidenceFolder, '');
    const { value, diagnostics } = await keep(['small'], { evidenceFolder });
    expect(value).toBeUndefined();
    expect(diagnostics).toMatchObject([{ severity: 'error', code: 'engine/evidence-unwritable' }]);
  });

  test('a failed write in the middle is said at once and stays a failure', async () => {
    const evidenceFolder = makeFolder();
    writeFileSync(join(evidenceFolder, 'sha256'), '');
    const { value, refusals } = await keep(['x'.repeat(70_000)], { evidenceFolder });
    expect(refusals).toMatchObject([{ code: 'engine/evidence-unwritable' }]);
    expect(value).toBeUndefined();
  });

  test('output without end is ended before it fills the disk', async () => {
    const { refusals, output } = await keep(['x'.repeat(60), 'x'.repeat(60)], { mostBytes: 100 });
    expect(refusals).toMatchObject([undefined, { code: 'engine/output-too-large' }]);
    expect(output?.bytes).toBe(120);
  });
});

describe('head and tail', () => {
  const head = 'h'.repeat(4_096);
  const tail = 't'.repeat(4_096);

  test.each([
    ['4,096 bytes are all head', [head], head, ''],
    ['one more begins the tail', [head, '!'], head, '!'],
    ['the middle is left out', [head, 'm'.repeat(10_000), tail], head, tail],
    ['single bytes make the same', `${head}mmm${tail}`.split(''), head, tail],
    ['a character across the end of the head goes to the tail', ['x'.repeat(4_095), 'é!'], 'x'.repeat(4_095), 'é!'],
    ['a character across the start of the tail is left out', [head, 'm', '€', 't'.repeat(4_094)], head, 't'.repeat(4_094)],
  ])('%s', async (_name, chunks, expectedHead, expectedTail) => {
    expect((await keep(chunks)).output).toMatchObject({ head: expectedHead, tail: expectedTail });
  });

  test('NUL and invalid UTF-8 are shown as what they are', async () => {
    expect((await keep([Uint8Array.of(0x61, 0x00, 0xff, 0x62)])).output?.head).toBe('a\0\ufffdb');
  });
});

describe('masking', () => {
  const secret = 'correct horse battery staple';
  const redactor = createRedactor([secret]);

  test('a secret across chunk boundaries is in no byte of the file, and the digest is that of the masked bytes', async () => {
    for (let cut = 1; cut < secret.length; cut += 1) {
      const { output, file } = await keep([`password: ${secret.slice(0, cut)}`, `${secret.slice(cut)}\n`], { redactor });
      expect(file?.toString()).toBe('password: ***\n');
      expect(output).toMatchObject({ head: 'password: ***\n', bytes: 14, sha256: sha256('password: ***\n') });
    }
  });

  test('a reader of lines sees the value itself', async () => {
    const lines: string[] = [];
    await keep([`token: ${secret}\n`], { redactor, readLine: (line) => void lines.push(line) });
    expect(lines).toEqual([`token: ${secret}`]);
  });
});

test('file, counts and lines do not depend on how the bytes are cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('a', 'é', '\n', '€', '\r\n', '\0', 'Run ID: x'), { maxLength: 60 }),
      fc.array(fc.nat(7), { minLength: 1, maxLength: 60 }),
      async (parts, cuts) => {
        const bytes = Buffer.from(parts.join(''));
        const chunks: Uint8Array[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const size = (cuts[turn % cuts.length] ?? 0) + 1;
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        const whole: string[] = [];
        const cut: string[] = [];
        const evidenceFolder = makeFolder();
        const one = await keep([bytes], { evidenceFolder, readLine: (line, number) => void whole.push(`${number} ${line}`) });
        const many = await keep(chunks, { evidenceFolder, readLine: (line, number) => void cut.push(`${number} ${line}`) });
        expect(many.output).toEqual(one.output);
        expect(cut).toEqual(whole);
        expect(one.output?.lines).toBe(whole.length);
      },
    ),
    { numRuns: 60 },
  );
});
