/** The fuzzing of test/reading/fuzz.test.ts in full, with a new seed each time; a failure prints seed and path. Large documents too. */
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { createSqlParser } from '../../src/policy/sql-parser.ts';
import { adversarialDocument, boxes, fillings } from '../reading/adversarial-document.ts';
import { compileBytes, damaged, documents, expectSoundReading, fixtureDocuments, signs } from '../reading/fuzz-document.ts';
import { withMemory } from '../reading/mutant.ts';

const parser = withMemory(createSqlParser());
afterAll(() => parser.close());

const tenMinutes = 600_000;

test(
  'constructs of the trade, nested at random',
  () =>
    fc.assert(
      fc.asyncProperty(documents, (text) => expectSoundReading(text, parser)),
      { numRuns: 10_000 },
    ),
  tenMinutes,
);
test(
  'signs of Markdown in any order',
  () =>
    fc.assert(
      fc.asyncProperty(signs, (text) => expectSoundReading(text, parser)),
      { numRuns: 10_000 },
    ),
  tenMinutes,
);
test(
  'bytes',
  () =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), (bytes) => expectSoundReading(bytes, parser)),
      { numRuns: 20_000 },
    ),
  tenMinutes,
);

test.each(fixtureDocuments())(
  '%s, damaged',
  (file) => {
    const text = readFileSync(file, 'utf8');
    return fc.assert(
      fc.asyncProperty(damaged(text), (mutant) => expectSoundReading(mutant, parser)),
      { numRuns: 40 },
    );
  },
  tenMinutes,
);

describe('10 MB', () => {
  test.each([
    ['of one word', 'a'.repeat(10_000_000)],
    ['of empty lines', '\n'.repeat(10_000_000)],
    ['of one paragraph', 'word '.repeat(2_000_000)],
    ['of sections', '## Steps\n\nRun it, and the output must contain `ready`.\n\n- a\n- b\n\n'.repeat(150_000)],
    ['of a fence', `\`\`\`text\n${'line of text\n'.repeat(750_000)}\`\`\`\n`],
    ['of NUL', '\0'.repeat(10_000_000)],
  ])(
    '%s',
    async (_, text) => {
      const { diagnostics } = await compileBytes(new TextEncoder().encode(text), parser);
      expect(diagnostics.length).toBeGreaterThan(0);
    },
    tenMinutes,
  );
});

/** Ten times the text may take four times as long for each character before it counts as growing faster than its length. */
test.each(Object.keys(boxes))(
  'each filling of a %s takes time by its length',
  async (box) => {
    const cost = async (filling: string, length: number): Promise<number> => {
      const bytes = new TextEncoder().encode(adversarialDocument(box, filling, length));
      const { user, system } = process.cpuUsage();
      await compileBytes(bytes, parser);
      const ended = process.cpuUsage();
      return (ended.user + ended.system - user - system) / 1_000;
    };
    const slow: string[] = [];
    for (const filling of fillings) {
      const least = Math.max(20, Math.min(await cost(filling, 10_000), await cost(filling, 10_000)));
      const most = await cost(filling, 100_000);
      if (most > 40 * least) slow.push(`${JSON.stringify(filling)}: ${least.toFixed(0)} ms, ${most.toFixed(0)} ms`);
    }
    expect(slow).toEqual([]);
  },
  tenMinutes,
);
