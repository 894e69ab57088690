import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSqlParser } from '../../src/policy/sql-parser.ts';
import { labelledDocuments, readLabelled, type ReadDocument } from './labelled-corpus.ts';

/**
 * Agreement with the labels that a careful reader gave without having seen the reader. The numbers are a ratchet: they may only
 * rise. What is counted beside agreement is what must not happen: an instruction that becomes mere text, a step that must not run.
 */
const atLeast = { agreement: 0.865, held: 0.86 };
const atMost = { vanished: 0.053, 'false step': 0.0036, 'false alarm': 0.0042 };

const parser = createSqlParser();
afterAll(() => parser.close());
const read: ReadDocument[] = [];
beforeAll(async () => {
  for (const document of labelledDocuments()) read.push(await readLabelled(document, parser));
});

const blocksOf = (documents: readonly ReadDocument[]): readonly ReadDocument['blocks'][number][] => documents.flatMap((document) => document.blocks);
const share = (documents: readonly ReadDocument[], agreements: readonly string[]): number => {
  const blocks = blocksOf(documents);
  return blocks.filter((block) => agreements.includes(block.agreement)).length / blocks.length;
};

describe('a corpus of documents of many trades', () => {
  test('is there', () => expect(blocksOf(read).length).toBeGreaterThan(4000));
  test('has no block that the reading leaves out', () => expect(blocksOf(read).filter((block) => block.agreement === 'missing')).toEqual([]));
  test('is read as a careful reader reads it', () => expect(share(read, ['agree', 'reported'])).toBeGreaterThanOrEqual(atLeast.agreement));
  test('also where no rule was made with the document in view', () =>
    expect(
      share(
        read.filter(({ document }) => document.name.startsWith('held-')),
        ['agree', 'reported'],
      ),
    ).toBeGreaterThanOrEqual(atLeast.held));
  test.each(Object.entries(atMost))('%s', (agreement, most) => expect(share(read, [agreement])).toBeLessThanOrEqual(most));
  test('what is unclaimed is an error, and no error is silent in the account', () => {
    const wrong = read.filter(
      ({ plan, diagnostics }) =>
        plan?.blocks.some((block) => block.disposition === 'unclaimed') === true && !diagnostics.some((diagnostic) => diagnostic.severity === 'error'),
    );
    expect(wrong.map(({ document }) => document.name)).toEqual([]);
  });
});
