/** Ten thousand executions in one output folder: each is registered as quickly as the first, and none is lost. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { isRegistered, ledgerPath, readLedger, registerEnd, registerExecution } from '../../src/journal/ledger.ts';
import { mebibytes, noteFigure } from '../support/soak-figure.ts';

const executions = 10_000;
const planCount = 20;
const planAt = (index: number) => ({ path: `plans/${index}.md`, sha256: index.toString(16).padStart(64, '0') });
const state = { entries: 36, head: 'b'.repeat(64), root: 'c'.repeat(64) };

test('ten thousand executions in one ledger', { timeout: 1_800_000 }, async () => {
  const output = mkdtempSync(join(tmpdir(), 'proofplan-soak-'));
  onTestFinished(() => rmSync(output, { recursive: true, force: true }));
  const openNow = (): number => readdirSync('/proc/self/fd').length;
  const thousands: number[] = [];
  let [memory, descriptors] = [0, 0];
  let begunAtMs = performance.now();
  for (let number = 0; number < executions; number += 1) {
    const options = { output, execution: `2026-11-21T00-00-00Z-${number.toString(16).padStart(6, '0')}`, plan: planAt(number % planCount), clock: Date.now };
    const { value } = await registerExecution(options);
    expect(value?.attempt).toBe(Math.floor(number / planCount) + 1);
    expect(await isRegistered(output, options.execution)).toBe(true);
    const ended = await registerEnd({ ...options, attempt: value?.attempt ?? 0, verdict: 'passed', journal: state });
    expect(ended.value).toBeDefined();
    if (number === 1_000) [memory, descriptors] = [process.memoryUsage().rss, openNow()];
    if ((number + 1) % 1_000 === 0) {
      thousands.push(performance.now() - begunAtMs);
      begunAtMs = performance.now();
    }
  }
  const grown = process.memoryUsage().rss - memory;
  const { entries, problems } = await readLedger(ledgerPath(output));
  expect(problems).toEqual([]);
  expect(entries).toHaveLength(2 * executions);
  // Somebody touched it: all of it is read once.
  rmSync(join(output, 'ledger-index.json'));
  begunAtMs = performance.now();
  expect((await registerExecution({ output, execution: 'last', plan: planAt(0), clock: Date.now })).value?.attempt).toBe(executions / planCount + 1);
  const whole = performance.now() - begunAtMs;
  const [first = 0, last = 0] = [thousands[0], thousands.at(-1)];
  noteFigure(
    '10,000 executions registered in one ledger: one of the last thousand against one of the first',
    `${(last / first).toFixed(2)} (${(last / 1_000).toFixed(1)} ms)`,
  );
  noteFigure('10,000 executions registered in one ledger: reading all of it once', `${whole.toFixed(0)} ms`);
  noteFigure('10,000 executions registered in one ledger: memory grown after the first thousand', mebibytes(grown));
  noteFigure('10,000 executions registered in one ledger: open descriptors after the first thousand and at the end', `${descriptors}, ${openNow()}`);
  expect(last / first).toBeLessThan(3);
  expect(grown).toBeLessThan(64 * 2 ** 20);
  expect(openNow()).toBeLessThanOrEqual(descriptors + 4);
});
