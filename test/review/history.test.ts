/** What the ledger tells of past executions, and how little a folder that somebody touched can change of it. */
import { appendFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { holdLock } from '../../src/journal/ledger-lock.ts';
import { headMarkPath } from '../../src/journal/head-mark.ts';
import type { History, PlanHistory } from '../../src/model/history.ts';
import type { Verdict } from '../../src/model/verdict.ts';
import { readHistory, type HistoryOptions } from '../../src/review/history.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { chainLedger, idOf, startMs, unchained, writeOutput, type SampleExecution, type SampleStep } from './history-sample.ts';

const passed: SampleExecution = { verdict: 'passed' };
const failed: SampleExecution = { verdict: 'failed' };

async function historyOf(output: string, options: Partial<HistoryOptions> = {}): Promise<History> {
  const read = await readHistory({
    sources: [{ folder: output, path: '.proofplan', stateFolder: join(output, 'state') }],
    clock: () => startMs,
    limit: 1_000,
    choose: (all) => all,
    ...options,
  });
  if (read.value === undefined) throw new Error(JSON.stringify(read.diagnostics));
  return read.value;
}

async function planOf(samples: readonly SampleExecution[], options: Partial<HistoryOptions> = {}): Promise<PlanHistory> {
  const output = temporaryFolder();
  writeOutput(output, samples);
  const [plan] = (await historyOf(output, options)).plans;
  if (plan === undefined) throw new Error('no plan');
  return plan;
}

describe('attempts', () => {
  test('in order, with how they ended, the last pass and the first that did not since', async () => {
    const { attempts, summary } = await planOf([failed, passed, passed, { verdict: 'refused' }, { verdict: 'none' }, { verdict: null }]);
    expect(attempts.map(({ attempt, verdict, ending }) => [attempt, verdict, ending])).toEqual([
      [1, 'failed', 'ended'],
      [2, 'passed', 'ended'],
      [3, 'passed', 'ended'],
      [4, 'refused', 'ended'],
      [5, 'unproven', 'ended'],
      [6, null, 'cut'],
    ]);
    expect(summary).toMatchObject({
      attempts: 6,
      verdicts: { passed: 2, failed: 1, refused: 1, unproven: 1 },
      cut: 1,
      lastPass: { attempt: 3 },
      failingSince: { attempt: 4 },
    });
  });

  test('how many are shown, and since when, changes no count', async () => {
    const samples = [failed, passed, failed, failed];
    const short = await planOf(samples, { limit: 1 });
    expect(short).toMatchObject({
      attempts: [{ attempt: 4 }],
      notShown: 3,
      summary: { attempts: 4, verdicts: { passed: 1, failed: 3 }, failingSince: { attempt: 3 } },
    });
    expect(await planOf(samples, { sinceMs: startMs + 150_000 })).toMatchObject({ attempts: [{ attempt: 4 }], notShown: 3, summary: { attempts: 4 } });
    expect(await planOf(samples, { sinceMs: startMs + 1e9 })).toMatchObject({ attempts: [], notShown: 4, summary: { attempts: 4, lastPass: { attempt: 2 } } });
  });

  test('running now and killed are told apart by the lock; a mark of the head makes it resumable', async () => {
    const output = temporaryFolder();
    writeOutput(output, [{ verdict: null }, { verdict: null }, { verdict: null }]);
    holdLock(join(output, 'executions', idOf(0), 'lock'));
    symlinkSync(`1.1.${'0'.repeat(16)}@elsewhere@another-boot@pid:[1]`, join(output, 'executions', idOf(1), 'lock'));
    mkdirSync(join(output, 'state/heads'), { recursive: true });
    writeFileSync(headMarkPath(join(output, 'state'), idOf(2)), '');
    const [plan] = (await historyOf(output)).plans;
    // A holder that cannot be asked may live.
    expect(plan?.attempts.map(({ ending, resumable }) => [ending, resumable])).toEqual([
      ['running', undefined],
      ['running', undefined],
      ['cut', true],
    ]);
    expect(plan?.summary).toMatchObject({ running: 2, cut: 1, failingSince: { attempt: 3 } });
  });

  test('a folder that is gone is one that was pruned, or one that somebody removed', async () => {
    const output = temporaryFolder();
    writeOutput(output, [{ ...passed, gone: true }, { ...failed, gone: true }, passed], (id) => [
      { kind: 'pruned', ts: '2026-03-01T00:00:00.000Z', execution: id(0), plan: { path: 'plans/a.md', sha256: 'x' }, attempt: 1, rule: '--keep 1' },
    ]);
    const { plans } = await historyOf(output);
    expect(plans[0]?.attempts).toMatchObject([
      { folder: 'pruned', pruned: { at: '2026-03-01T00:00:00.000Z', rule: '--keep 1', signed: false }, verdict: 'passed' },
      { folder: 'gone', verdict: 'failed' },
      { folder: 'there' },
    ]);
    expect(plans[0]?.summary).toMatchObject({ attempts: 3, verdicts: { passed: 2, failed: 1 }, pruned: 1, gone: 1 });
  });

  test('an emptied folder is gone; a resumption is told', async () => {
    const output = temporaryFolder();
    writeOutput(output, [passed, { ...passed, resumed: true }]);
    rmSync(join(output, 'executions', idOf(0), 'journal.jsonl'));
    expect((await historyOf(output)).plans[0]?.attempts).toMatchObject([
      { folder: 'gone' },
      { folder: 'there', detail: { resumed: 1, reports: ['report.md'] } },
    ]);
  });

  test('of several folders, by their time', async () => {
    const [one, other] = [temporaryFolder(), temporaryFolder()];
    writeOutput(one, [failed, failed, passed]);
    writeOutput(other, [passed, passed]);
    const sources = [one, other].map((folder, index) => ({ folder, path: `out${index}`, stateFolder: folder }));
    const { plans, sources: told } = await historyOf(one, { sources });
    expect(plans[0]?.attempts.map(({ output, verdict }) => `${output} ${String(verdict)}`)).toEqual([
      'out0 failed',
      'out1 passed',
      'out0 failed',
      'out1 passed',
      'out0 passed',
    ]);
    expect(told.map(({ executions }) => executions)).toEqual([3, 2]);
  });
});

describe('a ledger that somebody touched', () => {
  const ledger = (output: string): string => join(output, 'ledger.jsonl');
  const linesOf = (output: string): string[] => readFileSync(ledger(output), 'utf8').split(/(?<=\n)/);

  test('a failure that was edited to a pass is nobody’s pass: neither it nor what follows is vouched for', async () => {
    const output = temporaryFolder();
    writeOutput(output, [passed, failed, failed]);
    const lines = linesOf(output);
    writeFileSync(ledger(output), lines.with(3, (lines[3] ?? '').replace('"failed"', '"passed"')).join(''));
    const { plans, sources } = await historyOf(output);
    expect(sources[0]?.flaws).toMatchObject([{ lineNumber: 5, message: 'it is not chained to the line before' }]);
    expect(plans[0]?.attempts.map(({ chained }) => chained)).toEqual([true, false, false]);
    expect(plans[0]?.attempts[1]?.differs).toBe('its journal was closed as failed');
    expect(plans[0]?.summary).toMatchObject({ lastPass: { attempt: 1 }, failingSince: { attempt: 2 } });
  });

  test('of the last line only the record itself tells', async () => {
    const output = temporaryFolder();
    writeOutput(output, [passed, failed]);
    const lines = linesOf(output);
    writeFileSync(ledger(output), lines.with(3, (lines[3] ?? '').replace('"failed"', '"passed"')).join(''));
    const { plans } = await historyOf(output);
    expect(plans[0]?.attempts[1]).toMatchObject({ verdict: 'passed', differs: 'its journal was closed as failed' });
    expect(plans[0]?.summary).toMatchObject({ lastPass: { attempt: 1 }, failingSince: { attempt: 2 } });
  });

  test('what is not a line, a taken out line, a second end, a number that lines are missing for', async () => {
    const output = temporaryFolder();
    writeOutput(output, [passed, failed, passed]);
    const lines = linesOf(output);
    writeFileSync(ledger(output), lines.with(2, 'garbage\n').join(''));
    expect((await historyOf(output)).sources[0]?.flaws).toMatchObject([{ lineNumber: 3, message: 'it is damaged' }, { lineNumber: 4 }]);
    writeFileSync(ledger(output), [...lines.slice(0, 2), ...lines.slice(4)].join(''));
    const cut = await historyOf(output);
    expect(cut.plans[0]?.attempts.at(-1)).toMatchObject({ attempt: 3, counted: 2, chained: false });
    expect(cut.sources[0]).toMatchObject({ flaws: [{ lineNumber: 3 }, { lineNumber: 4 }], strangers: [idOf(1)] });
    writeFileSync(ledger(output), [...lines, (lines[3] ?? '').replace('"failed"', '"passed"')].join(''));
    expect((await historyOf(output)).plans[0]?.attempts[1]).toMatchObject({ verdict: 'failed', endedTwice: true });
  });

  test('written anew from its beginning, with a pass in the place of a failure: the attempts after it were registered in other lines', async () => {
    const output = temporaryFolder();
    writeOutput(output, [failed, passed]);
    const lines = linesOf(output).map((line) => JSON.parse(line) as { readonly kind: string; readonly seq: number });
    writeFileSync(ledger(output), chainLedger(lines.map((line) => unchained(line.seq === 2 ? { ...line, verdict: 'passed' } : line))));
    const { plans, sources } = await historyOf(output);
    expect(sources[0]?.flaws).toEqual([]);
    expect(plans[0]?.attempts).toMatchObject([
      { differs: 'its journal was closed as failed' },
      { differs: 'it was registered in another line: the ledger was written anew' },
    ]);
    expect(plans[0]?.summary.lastPass).toBeNull();
  });

  test('its end was cut off: the folders that it does not know any more are named', async () => {
    const output = temporaryFolder();
    writeOutput(output, [passed, failed]);
    writeFileSync(ledger(output), linesOf(output).slice(0, 2).join(''));
    expect((await historyOf(output)).sources[0]).toMatchObject({ flaws: [], strangers: [idOf(1)] });
  });

  test('a torn end is a writer at work, and no flaw', async () => {
    const output = temporaryFolder();
    writeOutput(output, [passed]);
    appendFileSync(ledger(output), '{"attempt":2,"exec');
    expect((await historyOf(output)).sources[0]?.flaws).toEqual([]);
  });

  test.each([
    ['no ledger', () => undefined],
    ['a folder in its place', (output: string) => mkdirSync(ledger(output), { recursive: true })],
    ['a link in its place', (output: string) => symlinkSync('/dev/zero', ledger(output))],
  ])('%s', async (_, place) => {
    const output = temporaryFolder();
    place(output);
    const read = await readHistory({ sources: [{ folder: output, path: 'out', stateFolder: output }], clock: () => 0, limit: 1 });
    expect(read).toMatchObject({ value: undefined, diagnostics: [{ severity: 'error' }] });
  });
});

describe('what folders add', () => {
  test('nothing from a verdict.json that the ledger does not vouch for', async () => {
    const { attempts } = await planOf([
      { verdict: 'failed', reason: 'the true reason', edited: { reason: 'all is well', exitCode: 0 } },
      { verdict: 'failed', reason: 'the true reason' },
    ]);
    expect(attempts[0]).toMatchObject({ verdict: 'failed', detail: { reason: null, steps: [] } });
    expect(attempts[1]).toMatchObject({ verdict: 'failed', detail: { reason: 'the true reason' } });
    expect(attempts[0]?.detail?.ground).toBeNull();
  });

  test('a journal of another execution is none of this one', async () => {
    const output = temporaryFolder();
    writeOutput(output, [failed, passed]);
    const path = (index: number): string => join(output, 'executions', idOf(index), 'journal.jsonl');
    writeFileSync(path(0), readFileSync(path(1)));
    const [plan] = (await historyOf(output)).plans;
    expect(plan?.attempts[0]?.differs).toContain('does not end with the line that the ledger registered');
    expect(plan?.attempts[0]?.detail).toBeUndefined();
  });
});

const steps = (...verdicts: readonly Verdict[]): readonly SampleStep[] => verdicts.map((verdict, index) => ({ id: `${index + 1}.1`, verdict }));

describe('flaky', () => {
  test('the same text and commit, different verdicts: counts, attempts, steps that differed', async () => {
    const { flaky } = await planOf([
      { verdict: 'passed', steps: steps('passed', 'passed', 'passed') },
      { verdict: 'failed', steps: steps('passed', 'failed', 'none') },
      { verdict: 'passed', steps: steps('passed', 'passed', 'passed') },
    ]);
    expect(flaky).toEqual([
      {
        planSha256: expect.any(String),
        commit: 'c'.repeat(40),
        verdicts: { passed: 2, failed: 1 },
        attempts: [2],
        steps: [{ id: '2.1', title: 'Step 2.1', verdicts: { passed: 2, failed: 1 } }],
      },
    ]);
  });

  test.each<readonly [string, SampleExecution]>([
    ['another text', { verdict: 'failed', text: '# B\n' }],
    ['read otherwise', { verdict: 'failed', reading: 'other' }],
    ['another commit', { verdict: 'failed', commit: 'd'.repeat(40) }],
    ['changes that are not committed', { verdict: 'failed', dirtyCount: 2 }],
    ['no version control, and no digests of the files', { verdict: 'failed', commit: null }],
    ['another value was given', { verdict: 'failed', inputs: [{ name: 'n', text: '8', origin: { kind: 'input', source: '--set' } }] }],
    ['a dry run', { verdict: 'unproven', options: { dryRun: true, only: null } }],
    ['interrupted by a person', { verdict: 'error', exitCode: 130 }],
    ['it has no end', { verdict: null }],
    ['its record is gone', { verdict: 'failed', gone: true }],
    ['its verdict.json was edited', { verdict: 'failed', edited: { reason: 'x' } }],
  ])('not where something that is known was different: %s', async (_, other) => {
    expect((await planOf([passed, other, passed])).flaky).toEqual([]);
  });

  test('a value that the environment makes anew is no difference', async () => {
    const made = (text: string): readonly object[] => [{ name: 'tenant', text, origin: { kind: 'input', source: 'environment' } }];
    expect(
      (
        await planOf([
          { ...passed, inputs: made('1') },
          { ...failed, inputs: made('2') },
        ])
      ).flaky,
    ).toHaveLength(1);
  });

  test('more than one try within an execution is told, also where it passed', async () => {
    const { repetitions } = await planOf([
      { verdict: 'passed', steps: [{ id: '2.1', verdict: 'passed', attempts: 3 }] },
      { verdict: 'failed', steps: [{ id: '2.1', verdict: 'failed', attempts: 2 }] },
    ]);
    expect(repetitions).toMatchObject([
      { attempt: 1, step: '2.1', tries: 3, verdict: 'passed' },
      { attempt: 2, step: '2.1', tries: 2, verdict: 'failed' },
    ]);
  });
});

describe('durations', () => {
  const took = (durationMs: number, sample: SampleExecution = passed): SampleExecution => ({
    ...sample,
    steps: [{ id: '1.1', verdict: sample.verdict ?? 'none', durationMs }],
  });

  test('median and range of passed executions of the newest text that passed', async () => {
    const { durations } = await planOf([took(9_000, { verdict: 'passed', text: 'old' }), took(300), took(100), took(60_000, failed), took(200), took(700)]);
    expect(durations?.steps).toEqual([{ id: '1.1', title: 'Step 1.1', count: 4, medianMs: 250, minimumMs: 100, maximumMs: 700, newestMs: 700 }]);
  });

  test('much slower is told against a handful of passes before it, and not against fewer', async () => {
    const usual = [3_000, 3_100, 2_900, 3_000].map((durationMs) => took(durationMs));
    expect((await planOf([...usual, took(12_000)])).durations?.steps[0]?.slower).toBeUndefined();
    expect((await planOf([took(3_000), ...usual, took(12_000)])).durations?.steps[0]?.slower).toEqual({
      times: 4,
      medianMs: 3_000,
      maximumMs: 3_100,
      count: 5,
    });
    expect((await planOf([took(13_000), ...usual, took(12_000)])).durations?.steps[0]?.slower).toBeUndefined();
    expect((await planOf([took(3_000), ...usual, took(3_300)])).durations?.steps[0]?.slower).toBeUndefined();
  });

  test('nothing has passed', async () => {
    expect((await planOf([failed])).durations).toBeNull();
  });
});
