import { closeSync, fstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { takePipe } from '../../src/engine/pipe.ts';
import { runSubprocess, type SubprocessEnd } from '../../src/engine/subprocess.ts';
import { endOf, startRunner } from './child-runner.ts';
import { keepingSink, makeFolder } from './fixture.ts';

afterEach(() => vi.unstubAllEnvs());

// The first of this file: the stock is still empty.
test("where no FIFO can be made, Node's own pipes do: only opening them by name does not work", async () => {
  vi.stubEnv('TMPDIR', join(makeFolder(), 'missing'));
  expect(await takePipe()).toBeUndefined();
  const [stdout, stderr] = [keepingSink(), keepingSink()];
  const end = await runSubprocess({
    program: '/bin/bash',
    arguments: ['-c', 'echo out; echo err >&2; (sleep 100 &); exit 3'],
    workingDirectory: '/',
    environment: {},
    timeoutMs: 10_000,
    signal: new AbortController().signal,
    stdout,
    stderr,
  });
  expect(end).toMatchObject({ outcome: 'completed', exitCode: 3 });
  expect([stdout.text(), stderr.text()]).toEqual(['out\n', 'err\n']);
});

test('a pipe is a pipe, and a hundred are a hundred different ones', async () => {
  const pipes = [];
  for (let count = 0; count < 100; count += 1) pipes.push(await takePipe());
  const descriptors = pipes.flatMap((pipe) => (pipe === undefined ? [] : [pipe.reader, pipe.writer]));
  expect(new Set(descriptors).size).toBe(200);
  expect(descriptors.every((descriptor) => fstatSync(descriptor).isFIFO())).toBe(true);
  for (const descriptor of descriptors) closeSync(descriptor);
});

test('with no descriptor left a step is a problem or runs, and later ones run: nothing is thrown, nothing leaks', async () => {
  const temporary = makeFolder();
  vi.stubEnv('TMPDIR', temporary);
  const runner = await startRunner(
    `
    const sink = { write: async () => undefined };
    const step = () => engine.runSubprocess({
      program: '/bin/bash', arguments: ['-c', 'sleep 0.2'], workingDirectory: '/', environment: { PATH: '/usr/bin:/bin' },
      timeoutMs: 20_000, signal: new AbortController().signal, stdout: sink, stderr: sink,
    });
    const many = await Promise.all(Array.from({ length: 80 }, step));
    const later = [await step(), await step()];
    console.log(JSON.stringify({ many, later }));`,
    [],
    160,
  );
  const { stdout, stderr } = await endOf(runner);
  expect(stderr).toBe('');
  const { many, later } = JSON.parse(stdout) as { readonly many: readonly SubprocessEnd[]; readonly later: readonly SubprocessEnd[] };
  expect(new Set(many.map((end) => end.problem?.code ?? end.exitCode))).toEqual(new Set([0, 'engine/cannot-start']));
  expect(later).toMatchObject([{ exitCode: 0 }, { exitCode: 0 }]);
  expect(readdirSync(temporary).filter((name) => name.startsWith('proofplan-pipe'))).toEqual([]);
});
