/** Ten thousand steps, and an hour: memory, descriptors and the cost of a step stay what they are at the beginning. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ExecutionEvent } from '../../src/model/event.ts';
import { builtProgram } from '../support/command.ts';
import { mebibytes, noteFigure } from '../support/soak-figure.ts';
import { runProbed, type ProbedRun } from './probed-run.ts';

const planOf = (steps: number, command: (index: number) => string): string =>
  `# Long\n\n## 1. Steps\n\n${Array.from({ length: steps }, (_, index) => `\`\`\`bash\n${command(index)}\n\`\`\`\n\n`).join('')}`;

const verified = (run: ProbedRun): number | null => spawnSync(process.execPath, [builtProgram(), 'audit', 'verify', run.record]).status;

/** What is kept for each step: from the first look in the steps to the last one. */
function growthOf({ looks }: ProbedRun): { readonly bytesPerStep: number; readonly slowdown: number; readonly descriptors: readonly [number, number] } {
  const within = looks.filter(({ steps }) => steps > 100).slice(0, -1);
  const [first, last] = [within[0], within.at(-1)];
  if (first === undefined || last === undefined || last.steps - first.steps < 20) throw new Error('too few looks');
  const middle = within.find(({ steps }) => steps >= (first.steps + last.steps) / 2) ?? last;
  const costOf = (from: typeof first, to: typeof first): number => (to.atMs - from.atMs) / Math.max(1, to.steps - from.steps);
  const open = within.map(({ descriptors }) => descriptors);
  return {
    bytesPerStep: (last.heap - first.heap) / (last.steps - first.steps),
    slowdown: costOf(middle, last) / costOf(first, middle),
    descriptors: [Math.min(...open), Math.max(...open)],
  };
}

test('ten thousand steps', { timeout: 3_600_000 }, async () => {
  const small = await runProbed(
    planOf(10, (index) => `echo ${index}`),
    { everyMs: 50 },
  );
  const run = await runProbed(
    planOf(10_000, (index) => `echo ${index}`),
    { everyMs: 5_000 },
  );
  expect(run.exitCode, run.said).toBe(0);
  expect(verified(run)).toBe(0);
  const { bytesPerStep, slowdown, descriptors } = growthOf(run);
  const peakPerStep = (run.peak - small.peak) / 10_000;
  noteFigure('10,000 steps: memory kept for each', `${bytesPerStep.toFixed(0)} bytes`);
  noteFigure(
    '10,000 steps: peak memory above that of 10 steps, for each',
    `${peakPerStep.toFixed(0)} bytes (${mebibytes(small.peak)}, ${mebibytes(run.peak)})`,
  );
  noteFigure('10,000 steps: a step of the second half against one of the first', slowdown.toFixed(2));
  noteFigure('10,000 steps: open descriptors, least and most', descriptors.join(', '));
  noteFigure('10,000 steps: in all', `${(run.durationMs / 1_000).toFixed(0)} s, ${(run.durationMs / 10_000).toFixed(1)} ms a step`);
  expect(bytesPerStep).toBeLessThan(10_240);
  expect(descriptors[1] - descriptors[0]).toBeLessThan(100);
});

test('steps that print much keep nothing of it in memory', { timeout: 600_000 }, async () => {
  const run = await runProbed(
    planOf(600, (index) => `echo ${index}; head -c 100000 /dev/zero | tr '\\0' x`),
    { everyMs: 1_000 },
  );
  expect(run.exitCode, run.said).toBe(0);
  const { bytesPerStep } = growthOf(run);
  noteFigure('600 steps of 100 KB of output: memory kept for each', `${bytesPerStep.toFixed(0)} bytes`);
  expect(bytesPerStep).toBeLessThan(10_240);
});

test('an hour, by a clock that runs 300 times as fast', { timeout: 600_000 }, async () => {
  const run = await runProbed(
    planOf(300, (index) => `echo ${index}; sleep 0.03`),
    { everyMs: 500, clock: 300 },
  );
  expect(run.exitCode, run.said).toBe(0);
  expect(verified(run)).toBe(0);
  const events = readFileSync(join(run.record, 'journal.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ExecutionEvent);
  const minutes = (Date.parse(events.at(-1)?.ts ?? '') - Date.parse(events[0]?.ts ?? '')) / 60_000;
  const { bytesPerStep, descriptors } = growthOf(run);
  noteFigure('an hour by a fast clock: by the record', `${minutes.toFixed(0)} minutes, ${events.length} entries`);
  noteFigure('an hour by a fast clock: memory kept for each step', `${bytesPerStep.toFixed(0)} bytes`);
  noteFigure('an hour by a fast clock: open descriptors, least and most', descriptors.join(', '));
  expect(minutes).toBeGreaterThan(60);
  expect(events.some(({ kind }) => (kind as string) === 'clock-set-back')).toBe(false);
  expect(bytesPerStep).toBeLessThan(20_480);
  expect(descriptors[1] - descriptors[0]).toBeLessThan(100);
});
