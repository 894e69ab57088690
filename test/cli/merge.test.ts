/** Nothing that is lost, doubled, stale, edited or open in the shards of a set lets `merge` say that it passed. */
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSetMemory, dealPlans, digestPlanSet } from '../../src/journal/plan-set.ts';
import { readShardRecord, writeShardRecord, type ShardRecord } from '../../src/journal/shard-record.ts';
import { createNoteKey } from '../../src/journal/signed-note.ts';
import { joinShards, mergeShards } from '../../src/review/merge-set.ts';
import { readShard, type ReadShard } from '../../src/review/merge-shard.ts';
import { command, root } from '../support/command.ts';
import { playsAll } from '../support/sampled.ts';
import { copyFolder, makeShards, searchPlan } from '../support/shard-set.ts';

const count = 12;
const names = Array.from({ length: count }, (_, index) => `p${String(index + 1).padStart(2, '0')}`);
const plans = Object.fromEntries(names.map((name) => [name, searchPlan(name, 'alpha')]));

let folder: string;
let shards: readonly string[];
/** The same plans, one of them changed: what an older commit has left. */
let stale: ReadonlyMap<number, string>;
let sound: readonly ReadShard[];
let copies = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'proofplan-merge-'));
  shards = await makeShards({ folder: join(folder, 'now'), plans, count });
  const only = playsAll ? Array.from({ length: count }, (_, index) => index + 1) : [1, 6];
  const changed = { ...plans, p03: searchPlan('p03', 'beta') };
  const made = await makeShards({ folder: join(folder, 'then'), plans: changed, count, only });
  sound = await Promise.all(shards.map((path) => read(path)));
  stale = new Map(only.map((index) => [index, made[index - 1] ?? '']));
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const copyOf = (path: string): string => copyFolder(path, join(folder, `copy-${(copies += 1)}`));
const shardAt = (index: number): string => shards[index - 1] ?? '';
const executionIn = (path: string): string => join(path, 'executions', readdirSync(join(path, 'executions'))[0] ?? '');
const read = (path: string, key?: string): Promise<ReadShard> => readShard(path, path, key);
const recordOf = (path: string): ShardRecord => {
  const found = readShardRecord(path);
  if (!('record' in found)) throw new Error(found.problem);
  return found.record;
};

/** As somebody would do it who knows the format, and has no key. */
function rewrite(path: string, change: (record: ShardRecord) => ShardRecord): void {
  const record = change(recordOf(path));
  writeShardRecord(path, { ...record, setSha256: digestPlanSet(record.set) });
}

function editLine(path: string, change: (text: string) => string): void {
  const before = readFileSync(path, 'latin1');
  const after = change(before);
  if (after === before) throw new Error(`nothing changed in ${path}`);
  writeFileSync(path, after, 'latin1');
}

/** Each changes one shard. None of them needs a key. */
const edits: Readonly<Record<string, (path: string) => void>> = {
  'the file of the shard is gone': (path) => rmSync(join(path, 'shard.json')),
  'its checkpoint is gone': (path) => rmSync(join(path, 'shard.checkpoint')),
  'its verdict was edited': (path) => editLine(join(path, 'shard.json'), (text) => text.replace('"verdict":"passed"', '"verdict":"failed"')),
  'its verdict was edited, its digest too': (path) =>
    rewrite(path, (record) => ({ ...record, executions: record.executions.map((each) => ({ ...each, verdict: 'failed', exitCode: 1 })) })),
  'its execution was taken out': (path) => rewrite(path, (record) => ({ ...record, executions: [] })),
  'its execution stands twice': (path) => rewrite(path, (record) => ({ ...record, executions: [...record.executions, ...record.executions] })),
  'its execution is called a prerequisite': (path) =>
    rewrite(path, (record) => ({ ...record, executions: record.executions.map((each) => ({ ...each, role: 'prerequisite' })) })),
  'its plan was taken out of the set': (path) => rewrite(path, (record) => ({ ...record, set: { ...record.set, plans: record.set.plans.slice(1) } })),
  'another plan is in the set': (path) =>
    rewrite(path, (record) => ({
      ...record,
      set: { ...record.set, plans: [...record.set.plans, { path: 'z.md', sha256: 'ab'.repeat(32), addendum: null, environment: null, prerequisites: [] }] },
    })),
  'a plan has an addendum': (path) =>
    rewrite(path, (record) => ({ ...record, set: { ...record.set, plans: record.set.plans.map((plan) => ({ ...plan, addendum: 'ab'.repeat(32) })) } })),
  'it says that it is another shard': (path) => rewrite(path, (record) => ({ ...record, index: (record.index % count) + 1 })),
  'it says that there are fewer shards': (path) => rewrite(path, (record) => ({ ...record, index: 1, count: 1 })),
  'it is open': (path) => rewrite(path, (record) => ({ ...record, state: 'open' })),
  'its execution was never opened': (path) =>
    rewrite(path, (record) => ({ ...record, executions: record.executions.map((each) => ({ ...each, execution: null, journal: null })) })),
  'its execution is somewhere else': (path) =>
    rewrite(path, (record) => ({ ...record, executions: record.executions.map((each) => ({ ...each, execution: '..' })) })),
  'its root is another one': (path) =>
    rewrite(path, (record) => ({
      ...record,
      executions: record.executions.map((each) => ({ ...each, journal: each.journal && { ...each.journal, root: 'ab'.repeat(32) } })),
    })),
  'its ledger is said to be longer': (path) => rewrite(path, (record) => ({ ...record, ledger: record.ledger && { ...record.ledger, entries: 4 } })),
  'the journal was edited': (path) => editLine(join(executionIn(path), 'journal.jsonl'), (text) => text.replace('"passed"', '"failed"')),
  'the journal was cut': (path) => editLine(join(executionIn(path), 'journal.jsonl'), (text) => text.slice(0, -20)),
  'the journal is gone': (path) => rmSync(join(executionIn(path), 'journal.jsonl')),
  'the checkpoint was edited': (path) => editLine(join(executionIn(path), 'checkpoint'), (text) => text.replace(/\d+\n/, '1\n')),
  'the verdict file was edited': (path) => editLine(join(executionIn(path), 'verdict.json'), (text) => text.replace('passed', 'failed')),
  'evidence is gone': (path) => {
    const evidence = join(executionIn(path), 'evidence/sha256');
    rmSync(join(evidence, readdirSync(evidence)[0] ?? ''));
  },
  'the execution was renamed': (path) => renameSync(executionIn(path), join(path, 'executions', '2020-01-01T00-00-00Z-abcdef')),
  'the ledger is gone': (path) => rmSync(join(path, 'ledger.jsonl')),
  'the ledger was edited': (path) => editLine(join(path, 'ledger.jsonl'), (text) => text.replace('"passed"', '"failed"')),
  'the ledger lost its last line': (path) => editLine(join(path, 'ledger.jsonl'), (text) => `${text.split('\n').slice(0, -2).join('\n')}\n`),
  'the ledger is torn': (path) => appendFileSync(join(path, 'ledger.jsonl'), '{"v":1'),
};

describe('a set of 12 plans in 12 shards', () => {
  test('whole, it passes, in any order', async () => {
    const merged = await mergeShards(shards.toReversed(), folder);
    expect(merged).toMatchObject({ verdict: 'passed', exitCode: 0, findings: [], shards: { found: count, count } });
    expect(merged.plans.map(({ path, verdict }) => [path, verdict])).toEqual(names.map((name) => [`${name}.md`, 'passed']));
  });

  // Reading a shard and joining shards are two things: each shard is read once, and every subset is joined.
  test('every subset of lost, doubled, stale and edited shards is unproven', async () => {
    const doubled = await Promise.all(shards.map((path) => read(copyOf(path))));
    const kinds = Object.values(edits);
    const edited = await Promise.all(
      shards.map((path, index) => {
        const copy = copyOf(path);
        kinds[(index * 5) % kinds.length]?.(copy);
        return read(copy);
      }),
    );
    const old = await Promise.all(shards.map((path, index) => read(stale.get(index + 1) ?? [...stale.values()][index % stale.size] ?? path)));
    const faults: Readonly<Record<string, (index: number) => readonly (ReadShard | undefined)[]>> = {
      lost: () => [],
      doubled: (index) => [sound[index], doubled[index]],
      stale: (index) => [old[index]],
      'stale beside': (index) => [sound[index], old[index]],
      edited: (index) => [edited[index]],
      'edited beside': (index) => [sound[index], edited[index]],
    };
    const memory = createSetMemory();
    const joined = (faultOf: (index: number) => ((index: number) => readonly (ReadShard | undefined)[]) | undefined) =>
      joinShards(
        sound.flatMap((shard, index) => (faultOf(index)?.(index) ?? [shard]).filter((each) => each !== undefined)),
        {},
        memory,
      );
    expect(joined(() => undefined).verdict).toBe('passed');
    const passed: string[] = [];
    let played = 0;
    for (const [name, fault] of Object.entries(faults))
      for (let subset = 1; subset < 1 << count; subset += playsAll ? 1 : 11) {
        // All of them at once are no mixture, but yesterday's set, whole: the plans that lie here say so (`mergeShards`), not the union.
        if (name === 'stale' && subset === (1 << count) - 1) continue;
        played += 1;
        const merged = joined((index) => ((subset >> index) & 1 ? fault : undefined));
        if (merged.verdict === 'passed' || merged.verdict === 'none' || merged.exitCode === 0) passed.push(`${name} ${subset.toString(2)}`);
      }
    // And the faults mixed: a number of base 7 for each shard.
    const list = Object.values(faults);
    let seed = 7;
    for (let round = 0; round < (playsAll ? 20_000 : 500); round += 1) {
      seed = (seed * 48_271) % 2_147_483_647;
      let digits = seed;
      const chosen = Array.from({ length: count }, () => {
        const digit = digits % 7;
        digits = Math.floor(digits / 7) || seed;
        return list[digit];
      });
      if (chosen.every((fault) => fault === undefined)) continue;
      if (joined((index) => chosen[index]).exitCode === 0) passed.push(`mixed ${seed}`);
    }
    expect(passed).toEqual([]);
    if (playsAll) expect(played).toBe(Object.keys(faults).length * ((1 << count) - 1) - 1);
  }, playsAll ? 600_000 : 60_000);

  test.each(Object.entries(edits))('%s: unproven', async (_name, edit) => {
    const copy = copyOf(shardAt(4));
    edit(copy);
    const merged = joinShards([...sound.filter(({ folder: path }) => path !== shardAt(4)), await read(copy)]);
    expect(merged.verdict === 'passed').toBe(false);
    expect(merged.exitCode).not.toBe(0);
    expect(merged.findings.length).toBeGreaterThan(0);
  });

  test('no byte of the file of a shard, or of its checkpoint, can be another one', () => {
    const copy = copyOf(shardAt(1));
    for (const name of ['shard.json', 'shard.checkpoint']) {
      const path = join(copy, name);
      const bytes = readFileSync(path);
      for (let at = 0; at < bytes.length; at += playsAll ? 1 : 41) {
        for (const bit of [1, 32]) {
          const changed = Buffer.from(bytes);
          changed[at] = (changed[at] ?? 0) ^ bit;
          writeFileSync(path, changed);
          if (!('problem' in readShardRecord(copy))) throw new Error(`${name}: byte ${at} was changed unseen`);
        }
      }
      writeFileSync(path, bytes);
    }
    expect(readShardRecord(copy)).toHaveProperty('record');
  });

  test('all shards rewritten alike, without one plan: the journals know the set that they belong to', async () => {
    const set = recordOf(shardAt(1)).set;
    const smaller = { ...set, plans: set.plans.filter(({ path }) => path !== 'p05.md') };
    const dropped = dealPlans(set, count).get('p05.md') ?? 0;
    const kept = shards.filter((path) => path !== shardAt(dropped)).map(copyOf);
    kept.forEach((path, index) => rewrite(path, (record) => ({ ...record, set: smaller, index: index + 1, count: count - 1 })));
    const merged = await mergeShards(kept, folder);
    expect(merged.verdict).toBe('unproven');
  });

  test('the same folder twice, by two names', async () => {
    const merged = await mergeShards([...shards, `${shardAt(1)}/../${shardAt(1).split('/').at(-1) ?? ''}`], folder);
    expect(merged).toMatchObject({ verdict: 'unproven', exitCode: 4 });
  });

  test('a plan that was executed again after its shard was closed', async () => {
    const copy = copyOf(shardAt(2));
    rewrite(copy, (record) => ({ ...record, ledger: record.ledger && { entries: 1, head: ledgerHead(copy, 1) } }));
    expect((await read(copy)).findings).toEqual([]);
    rewrite(copy, (record) => ({ ...record, ledger: record.ledger && { entries: 0, head: ledgerHead(copy, 0) } }));
    expect((await read(copy)).findings.map(({ code }) => code)).toEqual(['review/shard-attempt-later']);
  });

  test('the command: one table, the next action, the exit code', async () => {
    const whole = await command(['merge', ...shards], { cwd: folder });
    expect(whole).toMatchObject({ exitCode: 0, stderr: '' });
    expect(whole.stdout).toMatch(/^plan {4}verdict {5}shard\np01\.md {2}✓ passed/);
    const validate = new Ajv({ strict: false }).compile(JSON.parse(readFileSync(join(root, 'schemas/merge.schema.json'), 'utf8')) as object);
    for (const folders of [shards, shards.slice(2), [join(folder, 'nothing')]]) {
      const { stdout } = await command(['merge', '--json', ...folders], { cwd: folder });
      expect([validate(JSON.parse(stdout)), validate.errors]).toEqual([true, null]);
    }
    const lost = await command(['merge', ...shards.slice(1)], { cwd: folder });
    expect(lost.exitCode).toBe(4);
    expect(lost.stdout).toContain('1 of 12 shards is missing: 1/12');
    expect(lost.stdout).toMatch(/next {4}bring the missing shards/);
    expect((await command(['merge', join(folder, 'nothing')], { cwd: folder })).exitCode).toBe(4);
    expect((await command(['merge', ...shards, '--expect-set', 'ab'.repeat(32)], { cwd: folder })).exitCode).toBe(4);
    expect((await command(['merge', ...shards, '--expect-set', recordOf(shardAt(1)).setSha256], { cwd: folder })).exitCode).toBe(0);
    expect((await command(['merge', ...shards, '--expect-set', 'short'], { cwd: folder })).exitCode).toBe(2);
  });
});

test('failures keep their verdicts; signed shards are verified with the key', async () => {
  const key = createNoteKey('ci');
  const outs = await makeShards({ folder: join(folder, 'signed'), plans: { a: searchPlan('a', 'alpha'), b: searchPlan('b', 'nowhere') }, count: 2, key });
  const merged = await mergeShards(outs, folder, { verifierKey: key.verifierKey });
  expect(merged).toMatchObject({ verdict: 'failed', exitCode: 1, findings: [] });
  expect((await mergeShards(outs, folder, { verifierKey: createNoteKey('ci').verifierKey })).findings.map(({ code }) => code)).toContain(
    'review/shard-unsigned',
  );
  // A failure that is lost does not become a pass, and one that is there is not made smaller by what is missing.
  const verdicts = await Promise.all(outs.map(async (out) => (await mergeShards([out], folder)).verdict));
  expect(verdicts.toSorted()).toEqual(['failed', 'unproven']);
  // Somebody without the key writes it anew.
  const failing = outs[verdicts.indexOf('failed')] ?? '';
  const copy = copyOf(failing);
  rewrite(copy, (record) => ({ ...record, executions: record.executions.map((each) => ({ ...each, verdict: 'passed', exitCode: 0 })) }));
  expect(await mergeShards([...outs.filter((out) => out !== failing), copy], folder)).toMatchObject({ verdict: 'failed' });
  expect((await mergeShards([copy], folder, { verifierKey: key.verifierKey })).findings.map(({ code }) => code)).toContain('review/shard-unsigned');
});

test('an attempt that failed before is told beside the one that passed', async () => {
  const place = join(folder, 'again');
  const first = await makeShards({ folder: place, plans: { a: searchPlan('a', 'gamma') }, count: 1 });
  writeFileSync(join(place, 'a.md'), searchPlan('a', 'alpha'));
  const outs = await makeShards({ folder: place, plans: { a: searchPlan('a', 'alpha') }, count: 1 });
  expect(outs).toEqual(first);
  const merged = await mergeShards(outs, folder);
  expect(merged).toMatchObject({ verdict: 'passed', findings: [] });
  expect(merged.plans[0]?.earlier.map(({ verdict }) => verdict)).toEqual(['failed']);
  expect((await command(['merge', ...outs], { cwd: folder })).stdout).toContain('attempt 2; before: 1 failed');
});

/** What the chain of a ledger has after so many lines. */
function ledgerHead(path: string, entries: number): string {
  const lines = readFileSync(join(path, 'ledger.jsonl'), 'utf8').trimEnd().split('\n');
  return (JSON.parse(lines[entries] ?? '{}') as { readonly prev?: string }).prev ?? '';
}
