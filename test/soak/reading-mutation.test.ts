/** Every line of both seeds and of many other documents, deleted and changed: what no comparison sees is listed. */
import { afterAll, expect, test } from 'vitest';
import { createSqlParser } from '../../src/policy/sql-parser.ts';
import { describeMutant, fateOf, mutantsOf, originalOf, withMemory } from '../reading/mutant.ts';
import { mutatedDocuments } from '../reading/mutated-document.ts';
import { readPlanText } from '../review/diff-fixture.ts';

const parser = withMemory(createSqlParser());
afterAll(() => parser.close());

test.each(mutatedDocuments())('%s', async (path) => {
  const source = readPlanText(path);
  const original = await originalOf(source, parser);
  const survivors: string[] = [];
  for (const mutant of mutantsOf(source)) {
    const { fate, dispositions } = await fateOf(mutant, original, parser);
    if (fate === 'survived') survivors.push(describeMutant(mutant, dispositions));
  }
  expect(survivors).toEqual([]);
});
