/** A seeded sample of all mutants; `npm run soak` tries every one of them. */
import { afterAll, expect, test } from 'vitest';
import { createSqlParser } from '../../src/policy/sql-parser.ts';
import { readPlanText } from '../review/diff-fixture.ts';
import { createRandom, describeMutant, fateOf, mutantsOf, originalOf, withMemory, type Fate } from './mutant.ts';
import { mutatedDocuments } from './mutated-document.ts';

const parser = withMemory(createSqlParser());
afterAll(() => parser.close());

const sampleSize = 100;

/** Each document is read once more as it is: fewer of them, and it takes seconds. */
const documentCount = 18;
const seed = 20260209;

test('no sampled mutant of a line with a meaning is read like the original', async () => {
  const random = createRandom(seed);
  const paths = mutatedDocuments();
  expect(paths.length).toBeGreaterThanOrEqual(22);
  const drawn = paths
    .slice(2)
    .map((path) => ({ path, order: random() }))
    .sort((a, b) => a.order - b.order);
  const sources = [...paths.slice(0, 2), ...drawn.slice(0, documentCount - 2).map(({ path }) => path)].map(readPlanText);
  const all = sources.flatMap((source) => mutantsOf(source).map((mutant) => ({ source, mutant })));
  const sample = Array.from({ length: sampleSize }, () => all[Math.floor(random() * all.length)]).filter((each) => each !== undefined);
  const originals = new Map<string, ReturnType<typeof originalOf>>();
  const fates: Record<Fate, number> = { seen: 0, reported: 0, idle: 0, survived: 0 };
  const survivors: string[] = [];
  for (const { source, mutant } of sample) {
    const original = originals.get(source.path) ?? originalOf(source, parser);
    originals.set(source.path, original);
    const { fate, dispositions } = await fateOf(mutant, await original, parser);
    fates[fate] += 1;
    if (fate === 'survived') survivors.push(describeMutant(mutant, dispositions));
  }
  expect(survivors).toEqual([]);
  expect(fates.seen).toBeGreaterThan(sampleSize / 2);
});

test('a mutant that nobody sees survives, where its line has a meaning', async () => {
  const original = await originalOf({ path: 'a.md', text: '# A\n\nSome words.\n\n## 1. Run\n\n```bash\ntrue\n```\n', addendum: undefined }, parser);
  const mutant = { path: 'a.md', lineNumber: 3, kind: 'deletion', line: 'Some words.', changed: undefined };
  expect(await fateOf(mutant, original, parser)).toMatchObject({ fate: 'idle', dispositions: ['narrative'] });
  const blocks = original.plan.blocks.map((block) => (block.text === 'Some words.' ? { ...block, becomes: [], disposition: 'reference' as const } : block));
  expect((await fateOf(mutant, { ...original, plan: { ...original.plan, blocks } }, parser)).fate).toBe('idle');
  const live = blocks.map((block) => (block.text === 'Some words.' ? { ...block, disposition: 'policy' as const } : block));
  expect((await fateOf(mutant, { ...original, plan: { ...original.plan, blocks: live } }, parser)).fate).toBe('seen');
  expect((await fateOf({ ...mutant, changed: 'Some words.' }, { ...original, plan: { ...original.plan, blocks: live } }, parser)).fate).toBe('seen');
  const heading = original.plan.blocks.map((block) => (block.type === 'heading' ? { ...block, disposition: 'policy' as const } : block));
  const unchanged = { path: 'a.md', lineNumber: 5, kind: 'nothing', line: '## 1. Run', changed: '## 1. Run' };
  expect((await fateOf(unchanged, { ...original, plan: { ...original.plan, blocks: heading } }, parser)).fate).toBe('survived');
});

test('each kind of change is made where it applies, and only there', () => {
  const kinds = (line: string): readonly string[] =>
    mutantsOf({ path: 'a.md', text: line, addendum: undefined }).map(({ kind, changed }) => `${kind} ${changed ?? ''}`.trim());
  expect(kinds('- `n >= 1` rows')).toEqual(['deletion', 'number - `n >= 2` rows', 'name - `nx >= 1` rows', 'operator - `n < 1` rows']);
  expect(kinds('Do **not** write, at least once')).toEqual(['deletion', 'bound Do **not** write, at most once', 'negation do write, at least once']);
  expect(kinds('12. Restart')).toEqual(['deletion']);
  expect(kinds('> 3) Restart 2 nodes')).toEqual(['deletion', 'number > 3) Restart 3 nodes']);
  expect(kinds(' > ')).toEqual([]);
});
