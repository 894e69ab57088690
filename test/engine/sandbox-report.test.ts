/** How a program ended, in bash's own words. */
import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { readSandboxReport } from '../../src/engine/sandbox-report.ts';

test.each([
  ['[1]+ 4242 Exit 143                "$@"', 'exit'],
  ['[1]+  Exit 143                "$@"', 'exit'],
  ['[1]+ 4242 Done                    "$@"', 'exit'],
  ['[1]+ 4242 Terminated              "$@"', 'signal'],
  ['[1]+ 4242 Running                 "$@" &', undefined],
  ['[1]+  Stopped                 "$@"', undefined],
  ['proofplan: line 8:  4242 Killed   "$@"', undefined],
])('%s', async (line, end) => {
  const stream = new Socket();
  const report = readSandboxReport(stream);
  stream.push(`started\n${line}\n`);
  stream.push(null);
  await new Promise((resolve) => setImmediate(resolve));
  stream.destroy();
  await report.closed;
  expect([report.hasStarted(), report.end()]).toEqual([true, end]);
});
