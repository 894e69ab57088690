/** Output of any size goes through the runner, not into it. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mebibytes, noteFigure } from '../support/soak-figure.ts';
import { runProbed, type ProbedRun } from './probed-run.ts';

const planOf = (block: string): string => `# Much\n\n## 1. Output\n\n\`\`\`bash\n${block}\n\`\`\`\n\n- Record \`run_id\`.\n`;

/** Sizes of the files of evidence, the largest first. */
const kept = (run: ProbedRun): readonly number[] =>
  readdirSync(join(run.record, 'evidence/sha256'))
    .map((name) => statSync(join(run.record, 'evidence/sha256', name)).size)
    .toSorted((a, b) => b - a);

const captured = (run: ProbedRun): unknown => {
  const { captures } = JSON.parse(readFileSync(join(run.record, 'verdict.json'), 'utf8')) as { readonly captures: Record<string, { readonly value: unknown }> };
  return captures['run_id']?.value;
};

test.each<readonly [string, string, number]>([
  ['a gigabyte in one line', "head -c 1000000000 /dev/zero | tr '\\0' x; echo; echo 'Run ID: 1c3a8a0e-0000-4000-8000-000000000001'", 1_000_000_000],
  ['ten million lines', "seq 1 5000000; echo 'Run ID: 1c3a8a0e-0000-4000-8000-000000000001'; seq 5000001 10000000", 78_888_897],
  [
    'a gigabyte on both streams at once',
    "head -c 500000000 <(yes 'a line of forty bytes, which is repeated') & head -c 500000000 <(yes 'another line, which is repeated') >&2; wait; echo; echo 'Run ID: 1c3a8a0e-0000-4000-8000-000000000001'",
    500_000_000,
  ],
])('%s', { timeout: 900_000 }, async (name, block, bytes) => {
  const small = await runProbed(planOf("echo 'Run ID: 1c3a8a0e-0000-4000-8000-000000000001'"), { everyMs: 50 });
  const run = await runProbed(planOf(block), { everyMs: 500 });
  expect([0, 4], run.said).toContain(run.exitCode);
  expect(kept(run)[0]).toBeGreaterThanOrEqual(bytes);
  expect(captured(run)).toBe('1c3a8a0e-0000-4000-8000-000000000001');
  noteFigure(`${name}: peak memory, and that of one line`, `${mebibytes(run.peak)}, ${mebibytes(small.peak)}`);
  noteFigure(`${name}: in all`, `${(run.durationMs / 1_000).toFixed(1)} s`);
  expect(run.peak - small.peak).toBeLessThan(120 * 2 ** 20);
});
