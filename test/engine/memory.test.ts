/** Memory stays flat: measured in a process of its own, whose heap is capped far below what the step prints. */
import { expect, test } from 'vitest';
import { endOf, startRunner } from './child-runner.ts';

interface Measured {
  readonly bytes: number;
  readonly lines: number;
  readonly outcome: string;
  readonly value: string | null;
  readonly grownMiB: number;
}

async function measure(command: string, redacted = false): Promise<Measured> {
  const program = `
    const step = {
      kind: 'shell', id: '2.1', title: '', section: '2', text: '', span: undefined, access: { capability: 'none', writes: [] },
      captures: [
        { name: 'run_id', type: 'text', optional: false, source: { kind: 'label', label: 'Run ID' } },
        { name: 'agent', type: 'text', optional: true, source: { kind: 'pattern', pattern: '<uuid>: <name> (<status>)', take: 'name', first: false } },
      ],
      expectations: [], timeoutMs: 60_000, role: 'step', once: false, command: ${JSON.stringify(command)}, splices: [], workingDirectory: '.', environment: {},
    };
    let most = 0;
    const before = process.memoryUsage().rss;
    const timer = setInterval(() => { most = Math.max(most, process.memoryUsage().rss); }, 20);
    const evidence = await engine.shellEngine.run(step, {
      workspace: folder, environment: { PATH: '/usr/bin:/bin' }, bindings: new Map(), evidenceFolder: folder, temporaryFolder: folder,
      redactor: engine.createRedactor(${redacted ? "['a secret of some length']" : '[]'}), signal: new AbortController().signal,
    });
    clearInterval(timer);
    const stdout = evidence.outputs.find((output) => output.stream === 'stdout');
    console.log(JSON.stringify({
      bytes: stdout.bytes, lines: stdout.lines, outcome: evidence.outcome, value: evidence.observations[0]?.value.text ?? null,
      grownMiB: Math.round((most - before) / 2 ** 20),
    }));`;
  const { stdout, stderr } = await endOf(await startRunner(program, ['--max-old-space-size=48']));
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Measured;
}

test('200 MB in one endless line, and a value after it', async () => {
  const measured = await measure("head -c 200000000 /dev/zero | tr '\\0' x; echo; echo 'Run ID: at-the-end'");
  expect(measured).toMatchObject({ bytes: 200_000_020, lines: 2, outcome: 'completed', value: 'at-the-end' });
  expect(measured.grownMiB).toBeLessThan(150);
});

test('two million lines with a secret looked for, and a value in the middle', async () => {
  const measured = await measure("seq 1 1000000; echo 'Run ID: in-the-middle'; seq 1 1000000", true);
  expect(measured).toMatchObject({ bytes: 2 * 6_888_896 + 22, lines: 2_000_001, outcome: 'completed', value: 'in-the-middle' });
  expect(measured.grownMiB).toBeLessThan(150);
});
