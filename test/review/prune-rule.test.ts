/** Which executions a rule names: over random ledgers, pruned for real, after which history still tells the same of every one of them. */
import { fc, test as property } from '@fast-check/vitest';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PastExecution } from '../../src/model/history.ts';
import { prunePast } from '../../src/cli/prune-act.ts';
import { readHistorySource } from '../../src/review/history-source.ts';
import { latestOf } from '../../src/review/prune-check.ts';
import { choosePruned, type PruneRule } from '../../src/review/prune-rule.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { playsAll } from '../support/sampled.ts';
import { idOf, startMs, writeOutput, type SampleExecution } from './history-sample.ts';
import { startSecondVerifier, type SecondVerifier } from './audit-sample.ts';

const dayMs = 24 * 3_600_000;
const nowMs = startMs + 400 * dayMs;

let second: SecondVerifier;
beforeAll(() => {
  second = startSecondVerifier();
});
afterAll(() => second.close());

async function read(output: string): Promise<readonly PastExecution[]> {
  const { value, diagnostics } = await readHistorySource({ folder: output, path: 'out', stateFolder: join(output, 'state') });
  if (value === undefined || value.source.flaws.length > 0) throw new Error(JSON.stringify([diagnostics, value?.source]));
  return value.executions;
}

async function prune(output: string, rule: PruneRule, text = '--keep'): Promise<readonly PastExecution[]> {
  const latest = latestOf(output);
  const { remove } = choosePruned(await read(output), rule, { nowMs, clusters: new Set(), ...(latest === undefined ? {} : { latest }) });
  const source = { folder: output, path: 'out', stateFolder: join(output, 'state') };
  const end = await prunePast({ source, remove, rule: text, clock: () => nowMs, signal: new AbortController().signal });
  expect(end).toMatchObject({ kept: [], diagnostics: [] });
  return end.removed;
}

async function chosen(samples: readonly SampleExecution[], rule: PruneRule, at = nowMs, clusters: readonly number[] = []): Promise<readonly number[]> {
  const output = temporaryFolder();
  writeOutput(output, samples);
  const { remove } = choosePruned(await read(output), rule, { nowMs: at, clusters: new Set(clusters.map(idOf)), latest: idOf(samples.length - 1) });
  return remove.map(({ execution }) => samples.findIndex((_, index) => idOf(index) === execution));
}

const passed: SampleExecution = { verdict: 'passed' };
const failed: SampleExecution = { verdict: 'failed' };

test('what a rule names, and what stays whatever it names', async () => {
  expect(await chosen([passed, passed, passed, passed], { keep: 2 })).toEqual([0, 1]);
  // The newest pass stays even where no rule keeps it; the one that `latest` points at, too.
  expect(await chosen([passed, passed, failed, failed], { keep: 1, failures: true })).toEqual([0, 2]);
  expect(await chosen([passed, failed, passed, passed], { keep: 1 })).toEqual([0, 2]);
  expect(await chosen([passed, { verdict: 'unproven' }, { verdict: 'none' }, { verdict: 'refused' }, { verdict: 'error' }, passed], { keep: 1 })).toEqual([0]);
  expect(await chosen([passed, { verdict: null }, passed], { keep: 1, failures: true })).toEqual([0, 1]);
  expect(await chosen([passed, { verdict: null }, passed], { keep: 1, failures: true }, nowMs, [1])).toEqual([0]);
});

test('of each plan by itself: a copy under another name does not use up what another keeps', async () => {
  expect(await chosen([passed, { ...passed, path: 'b.md', text: 'b' }, passed, { ...passed, path: 'b.md', text: 'b' }], { keep: 1 })).toEqual([0, 1]);
  // The newest pass of a text stays, too, when it was executed under another name.
  expect(await chosen([{ ...passed, text: 'old' }, passed, { ...failed, text: 'old', path: 'copy.md' }], { keep: 1 })).toEqual([]);
});

test('by age; where both are given, what either keeps stays', async () => {
  const samples = [passed, passed, passed];
  expect(await chosen(samples, { olderThanMs: 30 * dayMs })).toEqual([0, 1]);
  expect(await chosen(samples, { olderThanMs: 500 * dayMs })).toEqual([]);
  expect(await chosen(samples, { olderThanMs: 30 * dayMs, keep: 2 })).toEqual([0]);
  // A clock that was set back makes nothing old.
  expect(await chosen(samples, { olderThanMs: 0 }, startMs - dayMs)).toEqual([]);
});

const anyExecution = fc.record({
  verdict: fc.constantFrom('passed', 'passed', 'passed', 'failed', 'unproven', 'none', 'refused', 'error', null),
  path: fc.constantFrom('plans/a.md', 'plans/b.md'),
  text: fc.constantFrom('# A\n', '# B\n', '# C\n'),
  missing: fc.constantFrom(false, false, false, false, true),
});
const anyRule = fc.record({
  keep: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
  days: fc.option(fc.constantFrom(0, 30, 500), { nil: undefined }),
  failures: fc.boolean(),
});

property.prop([fc.array(anyExecution, { minLength: 1, maxLength: 12 }), fc.array(anyRule, { minLength: 1, maxLength: 3 })], { numRuns: playsAll ? 300 : 8 })(
  'whatever is pruned: no execution, no verdict, no attempt disappears from history, and no failure that nobody named from the disk',
  async (drawn, rules) => {
    const output = temporaryFolder();
    writeOutput(
      output,
      drawn.map(({ missing, ...sample }) => ({ ...sample, ...(missing ? { gone: true as const } : {}) })),
    );
    const before = await read(output);
    for (const { keep, days, failures } of rules) {
      const rule = { ...(keep === undefined ? {} : { keep }), olderThanMs: (days ?? 0) * dayMs, ...(failures ? { failures } : {}) } satisfies PruneRule;
      const there = await read(output);
      const latest = latestOf(output);
      const removed = new Set((await prune(output, rule)).map(({ execution }) => execution));
      for (const past of there.filter(({ execution }) => removed.has(execution))) {
        expect(past.folder).toBe('there');
        expect(past.execution).not.toBe(latest);
        if (!failures) expect(past.verdict).toBe('passed');
        if (past.verdict !== 'passed') continue;
        const newer = there.filter(
          ({ folder, verdict, registeredAt, plan }) =>
            folder === 'there' && verdict === 'passed' && registeredAt > past.registeredAt && plan.path === past.plan.path,
        );
        expect(newer.filter(({ execution }) => !removed.has(execution)).length).toBeGreaterThan(0);
      }
      for (const path of ['plans/a.md', 'plans/b.md']) {
        const own = there.filter(({ plan, folder }) => plan.path === path && folder === 'there').map(({ execution }) => execution);
        expect(own.slice(-(keep ?? 1)).filter((execution) => keep !== undefined && removed.has(execution))).toEqual([]);
      }
    }
    const after = await read(output);
    const told = (list: readonly PastExecution[]) =>
      list.map(({ execution, verdict, attempt, counted, journal, ending, registeredAt, endedAt }) => ({
        execution,
        verdict,
        attempt,
        counted,
        journal,
        ending,
        registeredAt,
        endedAt,
      }));
    expect(told(after)).toEqual(told(before));
    const onDisk = new Set(readdirSync(join(output, 'executions')));
    for (const [index, past] of after.entries()) {
      const was = before[index]?.folder;
      expect(past.folder).toBe(was === 'gone' ? 'gone' : onDisk.has(past.execution) ? 'there' : 'pruned');
    }
    expect(existsSync(join(output, 'pruned'))).toBe(false);
    // Both verifiers miss what somebody removed, and what did not pass; nothing else.
    const folder = after.findLast((past) => past.folder === 'there' && past.ending === 'ended');
    if (!folder) return;
    const path = join(output, 'executions', folder.execution);
    const found = (await second.findingsOf(path)).filter((line) => line.includes('/attempt-'));
    const alike = after.filter(({ plan }) => plan.path === folder.plan.path || plan.sha256 === folder.plan.sha256);
    expect(found.filter((line) => line.startsWith('review/attempt-missing'))).toHaveLength(alike.filter(({ folder: state }) => state === 'gone').length);
    expect(found.filter((line) => line.startsWith('review/attempt-pruned'))).toHaveLength(
      alike.filter(({ folder: state, verdict }) => state === 'pruned' && verdict !== 'passed').length,
    );
  },
);
