/** What a cheat would do with the shards of a set, who knows the formats and has no key: `merge` never says that it passed. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readLedger } from '../../src/journal/ledger.ts';
import { digestPlanSet } from '../../src/journal/plan-set.ts';
import { readShardRecord, writeShardRecord, type ShardRecord } from '../../src/journal/shard-record.ts';
import { joinShards, mergeShards, type Merge } from '../../src/review/merge-set.ts';
import { readShard } from '../../src/review/merge-shard.ts';
import { renderMerge } from '../../src/review/render-merge.ts';
import { sampled } from '../support/sampled.ts';
import { makeShards, searchPlan, type ShardSetOptions } from '../support/shard-set.ts';

let folder: string;
let places = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'proofplan-merge-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const newPlace = (): string => join(folder, `place-${(places += 1)}`);
const make = (place: string, options: Partial<ShardSetOptions> = {}): Promise<readonly string[]> =>
  makeShards({ folder: place, plans: { a: searchPlan('a', 'alpha'), b: searchPlan('b', 'beta') }, count: 2, ...options });
const codesOf = ({ findings }: Merge): readonly string[] => findings.map(({ code }) => code);

function recordOf(path: string): ShardRecord {
  const found = readShardRecord(path);
  if (!('record' in found)) throw new Error(found.problem);
  return found.record;
}

function rewrite(path: string, change: (record: ShardRecord) => ShardRecord): void {
  const record = change(recordOf(path));
  writeShardRecord(path, { ...record, setSha256: digestPlanSet(record.set) });
}

describe('a failure that was there before', () => {
  let outs: readonly string[];
  beforeAll(async () => {
    const one = { folder: newPlace(), plans: { a: searchPlan('a', 'alpha') }, count: 1 };
    outs = await makeShards({ ...one, plans: { a: searchPlan('a', 'nowhere') } });
    await makeShards(one);
  });

  test('is told beside the verdict of the last attempt', async () => {
    const merged = await mergeShards(outs, folder);
    expect(merged).toMatchObject({ verdict: 'passed', plans: [{ earlier: [{ verdict: 'failed' }] }] });
    expect(renderMerge(merged)).toContain('attempt 2; before: 1 failed');
    expect(merged.notes).toContainEqual(expect.stringContaining('1 plan passed after attempts that did not'));
  });

  test('is not hidden by a ledger beside a link to the true records', async () => {
    const out = outs[0] ?? '';
    const fresh = newPlace();
    // Another folder, whose ledger knows nothing of the failure.
    const [other = ''] = await makeShards({ folder: fresh, plans: { a: searchPlan('a', 'alpha') }, count: 1 });
    rmSync(join(other, 'executions'), { recursive: true });
    symlinkSync(join(out, 'executions'), join(other, 'executions'));
    rewrite(other, (record) => ({ ...record, executions: recordOf(out).executions }));
    expect(await mergeShards([other], folder)).toMatchObject({ verdict: 'unproven' });
    rmSync(join(other, 'executions'));
    mkdirSync(join(other, 'executions'));
    const { execution } = recordOf(out).executions[0] ?? {};
    symlinkSync(join(out, 'executions', execution ?? ''), join(other, 'executions', execution ?? ''));
    expect(await mergeShards([other], folder)).toMatchObject({ verdict: 'unproven' });
  });

  test('afterwards is found, whatever the file of the shard says of the ledger', async () => {
    // Here the failing one comes last.
    const one = { folder: newPlace(), plans: { a: searchPlan('a', 'alpha') }, count: 1 };
    const [again = ''] = await makeShards(one);
    const kept = readFileSync(join(again, 'shard.json'));
    const passing = recordOf(again);
    await makeShards({ ...one, plans: { a: searchPlan('a', 'nowhere') } });
    writeFileSync(join(again, 'shard.json'), kept);
    const { next } = await readLedger(join(again, 'ledger.jsonl'));
    writeShardRecord(again, { ...passing, ledger: null });
    expect(await mergeShards([again], folder)).toMatchObject({ verdict: 'unproven' });
    writeShardRecord(again, { ...passing, ledger: { entries: next.seq - 1, head: next.prev } });
    expect(codesOf(await mergeShards([again], folder))).toContain('review/shard-attempt-later');
  });

  test('in the folder of another shard is told, too', async () => {
    // The whole set at once, before, in the folder of what became shard 1: both failed there.
    const before = newPlace();
    const [first = ''] = await makeShards({ folder: before, plans: { a: searchPlan('a', 'no'), b: searchPlan('b', 'no') }, count: 1 });
    await make(before, { outOf: (index) => (index === 1 ? first : join(before, 'out-second')), only: [] });
    rmSync(join(first, 'shard.json'));
    await make(before, { outOf: (index) => (index === 1 ? first : join(before, 'out-second')) });
    const merged = await mergeShards([first, join(before, 'out-second')], folder);
    expect(merged).toMatchObject({ verdict: 'passed' });
    expect(merged.plans.map(({ earlier }) => earlier.map(({ verdict }) => verdict))).toEqual([['failed'], ['failed']]);
  });
});

describe('shards that were not executed alike', () => {
  test('other values', async () => {
    const plan = (name: string): string => `# ${name}\n\n## 1. Say\n\n~~~bash\necho <word>\n~~~\n\n**Expected:** exit code 0.\n`;
    const plans = { a: plan('a'), b: plan('b') };
    const options = { plans, given: (index: number) => ({ word: index === 1 ? 'alpha' : 'beta' }) };
    const merged = await mergeShards(await make(newPlace(), options), folder);
    expect(merged).toMatchObject({ verdict: 'unproven', findings: [{ code: 'review/shard-unlike' }] });
    expect(merged.findings[0]?.message).toMatch(/`word`.*`alpha` in .*, `beta` in /);
    expect(await mergeShards(await make(newPlace(), { plans, given: () => ({ word: 'alpha' }) }), folder)).toMatchObject({ verdict: 'passed', findings: [] });
  });

  test('another version of the program', async () => {
    const merged = await mergeShards(await make(newPlace(), { toolVersion: (index) => `0.${index}.0` }), folder);
    expect(merged).toMatchObject({ verdict: 'unproven', findings: [{ code: 'review/shard-unlike' }] });
  });

  test('a commit, and none', async () => {
    const place = newPlace();
    mkdirSync(join(place, 'bare'), { recursive: true });
    const committed = join(place, 'committed');
    mkdirSync(committed);
    const git = (...words: readonly string[]): void => void execFileSync('git', ['-C', committed, '-c', 'user.name=a', '-c', 'user.email=a@b', ...words]);
    git('init', '-q');
    for (const at of [committed, join(place, 'bare')]) writeFileSync(join(at, 'source.txt'), 'alpha\nbeta\n');
    git('add', '.');
    git('commit', '-qm', 'first');
    const outs = await make(place, { workspaceOf: (index) => (index === 1 ? committed : join(place, 'bare')) });
    expect(codesOf(await mergeShards(outs, folder))).toEqual(['review/shard-stale']);
  });

  test('what they had under them is told where it differs', async () => {
    const outs = await make(newPlace());
    const [one, other] = await Promise.all(outs.map((out) => readShard(out, out)));
    if (one === undefined || other === undefined) throw new Error('two shards are there');
    const changed = {
      ...other,
      executions: other.executions.map((each) => ({
        ...each,
        conditions: [{ about: 'how steps were kept apart', key: 'none', shown: 'none', binding: false }],
      })),
    };
    const known = {
      ...one,
      executions: one.executions.map((each) => ({
        ...each,
        conditions: [{ about: 'how steps were kept apart', key: 'network', shown: 'network', binding: false }],
      })),
    };
    const merged = joinShards([known, changed]);
    expect(merged).toMatchObject({ verdict: 'passed', notes: [expect.stringMatching(/^how steps were kept apart: `network` in .*, `none` in /)] });
  });
});

describe('plans that come first', () => {
  const first = 'Prerequisite: run [Setup](s.md) first.';
  const plans = { s: searchPlan('s', 'alpha'), a: searchPlan('a', 'alpha').replace('\n\n', `\n\n${first}\n\n`) };
  const one = { plans, count: 1 };

  test('are matched with what the record says of them', async () => {
    const place = newPlace();
    expect(await mergeShards(await make(place, one), folder)).toMatchObject({ verdict: 'passed', findings: [] });
    const told: Readonly<Record<string, ShardSetOptions['told']>> = {
      'another root': (all) => all.map((each) => ({ ...each, root: 'ab'.repeat(32) })),
      'another execution': (all) => all.map((each) => ({ ...each, execution: '2020-01-01T00-00-00Z-abcdef' })),
      'no execution': (all) => all.map(({ link, verdict }) => ({ link, verdict })),
      none: () => [],
    };
    for (const [name, change] of sampled(Object.entries(told), 2)) {
      const merged = await mergeShards(await make(newPlace(), { ...one, ...(change === undefined ? {} : { told: change }) }), folder);
      expect([name, merged.verdict]).toEqual([name, 'unproven']);
    }
  });
});

test('a whole set of older plans, where the plans are others now', async () => {
  const place = newPlace();
  const outs = await make(place);
  const set = recordOf(outs[0] ?? '').setSha256;
  expect(await mergeShards(outs, place)).toMatchObject({ verdict: 'passed' });
  writeFileSync(join(place, 'b.md'), searchPlan('b', 'nowhere'));
  expect(await mergeShards(outs, place)).toMatchObject({ verdict: 'unproven', findings: [{ code: 'review/shard-stale' }] });
  // Whoever names the set means it; and where the plans are not, nothing is compared.
  expect(await mergeShards(outs, place, { setSha256: set })).toMatchObject({ verdict: 'passed' });
  expect(await mergeShards(outs, folder)).toMatchObject({ verdict: 'passed' });
  writeFileSync(join(place, 'b.md'), searchPlan('b', 'beta'));
  writeFileSync(join(place, 'b.addendum.yaml'), 'version: 1\n');
  expect(await mergeShards(outs, place)).toMatchObject({ verdict: 'unproven', findings: [{ code: 'review/shard-stale' }] });
  rmSync(join(place, 'b.addendum.yaml'));
  rmSync(join(place, 'b.md'));
  execFileSync('mkfifo', [join(place, 'b.md')]);
  expect(await mergeShards(outs, place)).toMatchObject({ verdict: 'unproven' });
});

test('a passed verdict beside an exit code that is none', async () => {
  const [one = '', two = ''] = await make(newPlace());
  rewrite(one, (record) => ({ ...record, executions: record.executions.map((each) => ({ ...each, exitCode: 1 })) }));
  expect(await mergeShards([one, two], folder)).toMatchObject({ verdict: 'unproven' });
});

test('the execution of another plan with the same text is not that of this one', async () => {
  const text = searchPlan('same', 'alpha');
  const [out = ''] = await make(newPlace(), { plans: { a: text, b: text }, count: 1 });
  rewrite(out, (record) => {
    const [a, b] = record.executions;
    return a === undefined || b === undefined
      ? record
      : {
          ...record,
          executions: [
            { ...a, path: b.path },
            { ...b, path: a.path },
          ],
        };
  });
  expect(await mergeShards([out], folder)).toMatchObject({ verdict: 'unproven' });
});

test('the reason of what did not pass stands below it; names of any length and kind leave the table readable', async () => {
  const outs = await make(newPlace(), { plans: { a: searchPlan('a', 'nowhere'), [`l\u{1f600}ng-${'x'.repeat(150)}`]: searchPlan('b', 'beta') } });
  const shown = renderMerge(await mergeShards(outs, folder));
  expect(shown).toMatch(/^a\.md .*✗ failed .*\n {2}.*nowhere/m);
});
