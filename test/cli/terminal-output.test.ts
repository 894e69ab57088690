import { closeSync, openSync } from 'node:fs';
import { Writable } from 'node:stream';
import { expect, test, vi } from 'vitest';
import { createOutputStream } from '../../src/cli/output-stream.ts';
import { createTerminal } from '../../src/cli/terminal.ts';

/** A stream whose reader takes what it is told to take. */
function reader(): { readonly stream: NodeJS.WriteStream; readonly taken: () => string; readonly take: (chunks?: number) => Promise<void> } {
  let taken = '';
  const waiting: (() => void)[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk: string, _encoding, done) => {
      waiting.push(() => {
        taken += chunk;
        done();
      });
    },
  });
  const take = async (chunks = Number.POSITIVE_INFINITY): Promise<void> => {
    for (let taking = 0; taking < chunks && waiting.length > 0; taking += 1) {
      waiting.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { stream: stream as unknown as NodeJS.WriteStream, taken: () => taken, take };
}

const line = `${'x'.repeat(999)}\n`;

/** A process whose two streams lead to these readers. */
function processOf(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): NodeJS.Process {
  return {
    env: { LC_ALL: 'C.UTF-8' },
    argv: ['node', 'proofplan'],
    execArgv: [],
    execPath: 'node',
    cwd: () => '/',
    stdin: undefined,
    stdout,
    stderr,
  } as unknown as NodeJS.Process;
}

test('messages and results that go to one terminal are taken in the order in which they were written; two terminals stay two', async () => {
  const descriptors = ['/dev/null', '/dev/null', '/dev/zero'].map((path) => openSync(path, 'r'));
  try {
    for (const [second, together] of [
      [1, true],
      [2, false],
    ] as const) {
      const [out, err] = [reader(), reader()];
      Object.assign(out.stream, { isTTY: true, fd: descriptors[0], columns: 80 });
      Object.assign(err.stream, { isTTY: true, fd: descriptors[second], columns: 80 });
      const { context } = createTerminal(processOf(out.stream, err.stream), '0');
      context.err('a message\n');
      context.out('the result\n');
      context.err('another\n');
      await err.take();
      await out.take();
      expect(err.taken()).toBe(together ? 'a message\nthe result\nanother\n' : 'a message\nanother\n');
      expect(out.taken()).toBe(together ? '' : 'the result\n');
    }
  } finally {
    descriptors.forEach((descriptor) => closeSync(descriptor));
  }
});
const notice = (lines: number): string => `(${lines} left out)\n`;

test('of progress that nobody reads so much is kept and no more; what was left out is counted where it was', async () => {
  const { stream, taken, take } = reader();
  const output = createOutputStream(stream, { lossy: true, notice });
  for (let written = 0; written < 10_000; written += 1) output.write(line);
  expect(stream.writableLength).toBeLessThan(400_000);
  expect(output.isBehind()).toBe(true);
  await take();
  output.write('the next\n');
  await take();
  const kept = taken().split(line).length - 1;
  expect(taken()).toBe(`${line.repeat(kept)}(${10_000 - kept} left out)\nthe next\n`);
  expect(output.isBehind()).toBe(false);
});

test('of results nothing is left out', async () => {
  const { stream, taken, take } = reader();
  const output = createOutputStream(stream, { lossy: false });
  for (let written = 0; written < 1_000; written += 1) output.write(line);
  const flushed = output.flush();
  await take();
  await flushed;
  expect(taken()).toBe(line.repeat(1_000));
});

test('who takes nothing is waited for so long; who takes a little is waited for longer', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  try {
    const { stream, take } = reader();
    const output = createOutputStream(stream, { lossy: true, notice });
    for (let written = 0; written < 10; written += 1) output.write(line);
    let flushed = false;
    const end = output.flush(400).then(() => (flushed = true));
    for (let step = 0; step < 5; step += 1) {
      await vi.advanceTimersByTimeAsync(300);
      await take(1);
    }
    expect(flushed).toBe(false);
    await vi.advanceTimersByTimeAsync(500);
    await end;
    expect(stream.writableLength).toBeGreaterThan(0);
  } finally {
    vi.useRealTimers();
  }
});

test('a stream that fails is gone: nothing more is written, nobody is waited for, nothing throws', async () => {
  const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) }) as unknown as NodeJS.WriteStream;
  const output = createOutputStream(stream, { lossy: false });
  output.write('a');
  await new Promise((resolve) => setImmediate(resolve));
  for (let written = 0; written < 100; written += 1) output.write(line);
  await output.flush();
  const throwing = Object.assign(new Writable(), {
    write: () => {
      throw new Error('ENOSPC');
    },
  }) as unknown as NodeJS.WriteStream;
  const full = createOutputStream(throwing, { lossy: false });
  full.write('a');
  full.write('b');
  await full.flush();
});
