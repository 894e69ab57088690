import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openRuleOf, openRules } from '../../src/compile/open-rule.ts';
import { phrasebook, phrasesByKind, phrasesIn, ruleWords } from '../../src/compile/phrasebook.ts';
import { fold } from '../../src/compile/prose.ts';
import type { PolicyKind } from '../../src/model/policy.ts';

const folder = join(import.meta.dirname, '..', '..', 'fixtures', 'reading', 'phrases');
const linesOf = (name: string): readonly string[] => readFileSync(join(folder, name), 'utf8').trimEnd().split('\n').slice(1);

interface Sample {
  readonly kind: string;
  readonly id: string;
  readonly near: boolean;
  readonly sentence: string;
  readonly also: readonly string[];
}

const kinds = readdirSync(folder)
  .filter((name) => name.endsWith('.tsv') && !['narrative.tsv', 'unenforced.tsv'].includes(name))
  .map((name) => name.replace('.tsv', ''));
const samples = kinds.flatMap((kind) =>
  linesOf(`${kind}.tsv`).map((line): Sample => {
    const [wording = '', expected = '', sentence = '', also = ''] = line.split('\t');
    return { kind, id: `${kind}/${wording}`, near: expected === 'near', sentence, also: also === '' ? [] : also.split(',') };
  }),
);
const narratives = linesOf('narrative.tsv');
const headings = new Set(phrasebook.filter((phrase) => phrase.heading).map((phrase) => phrase.id));
const idsOf = (sentence: string, heading: boolean): readonly string[] => phrasesIn(fold(sentence), heading).map((phrase) => phrase.id);
const kindsOf = (sentence: string, heading: boolean): readonly PolicyKind[] => [...new Set(phrasesIn(fold(sentence), heading).map((phrase) => phrase.kind))];

describe('the table', () => {
  test('has a file of samples for each kind, and names each row once', () => {
    expect(kinds.toSorted()).toEqual([...new Set(phrasebook.map((phrase) => phrase.kind))].toSorted());
    expect(new Set(phrasebook.map((phrase) => phrase.id)).size).toBe(phrasebook.length);
    expect(samples.filter((sample) => !phrasebook.some((phrase) => phrase.id === sample.id))).toEqual([]);
  });

  test.each(phrasebook.map((phrase) => phrase.id))('%s has two samples and a near miss', (id) => {
    const own = samples.filter((sample) => sample.id === id);
    expect(own.filter((sample) => !sample.near).length).toBeGreaterThanOrEqual(2);
    expect(own.filter((sample) => sample.near).length).toBeGreaterThanOrEqual(1);
  });

  test.each(kinds)('%s has twelve wordings', (kind) => {
    expect(samples.filter((sample) => sample.kind === kind && !sample.near).length).toBeGreaterThanOrEqual(12);
  });

  test('is listed for people, each row under its kind', () => {
    const listed = phrasesByKind().flatMap(({ wordings }) => wordings);
    expect(listed.map((wording) => wording.id).toSorted()).toEqual(phrasebook.map((phrase) => phrase.id).toSorted());
    for (const { id, example, onlyInHeading } of listed)
      expect({ id, matched: idsOf(example.replace(/^\((.*)\)$/, '$1'), onlyInHeading).includes(id) }).toEqual({ id, matched: true });
  });
});

describe('each sample matches its own row, and no row of another kind', () => {
  test.each(samples.filter((sample) => !sample.near))('$id: $sentence', ({ id, kind, sentence, also }) => {
    expect(idsOf(sentence, headings.has(id))).toContain(id);
    expect(kindsOf(sentence, headings.has(id)).toSorted()).toEqual([kind, ...also].toSorted());
    // Other sentences with this row are rules in a part of rules only.
    if (!headings.has(id) && kind !== 'order' && id !== 'fresh-evidence/real-run') expect(fold(sentence)).toMatch(ruleWords);
  });
});

describe('a near miss matches no row of that kind', () => {
  test.each(samples.filter((sample) => sample.near))('$id: $sentence', ({ id, kind, sentence }) =>
    expect(kindsOf(sentence, headings.has(id))).not.toContain(kind),
  );
});

describe('what only tells matches nothing', () => {
  test('there are enough of them', () => expect(narratives.length + samples.filter((sample) => sample.near).length).toBeGreaterThanOrEqual(120));
  test.each(narratives)('%s', (sentence) => expect(idsOf(sentence, false)).toEqual([]));
});

describe('what no row understands is not guessed, and the message can say what it is about', () => {
  const open = linesOf('unenforced.tsv').map((line) => line.split('\t'));
  test.each(open)('%s: %s', (about, sentence = '') => {
    expect(idsOf(sentence, false)).toEqual([]);
    expect(openRuleOf(fold(sentence)) ?? '').toBe(about);
  });
  test.each(openRules.map((rule) => rule.about))('%s has a sample', (about) => expect(open.some(([first]) => first === about)).toBe(true));
  test('what only tells demands nothing', () => expect(narratives.filter((sentence) => openRuleOf(fold(sentence)) !== undefined)).toEqual([]));
});

describe('how it is written makes no difference', () => {
  test.each(['no\u00a0manual DB inserts.', 'NO MANUAL DB INSERTS!', 'No  manual\nDB inserts', 'No **manual** DB inserts.'])('%j', (sentence) =>
    expect(kindsOf(sentence, false)).toEqual(['no-manual-writes']),
  );
  test.each([
    'You MUST NOT insert into `orders`.',
    'You SHALL NOT insert into `orders`.',
    'You must never insert into `orders`.',
    'You mustn\u2019t insert into `orders`.',
    'Don\u2019t insert into `orders`.',
  ])('%s', (sentence) => expect(kindsOf(sentence, false)).toEqual(['no-manual-writes']));
});

test('a condition beside a rule takes nothing from it', () => {
  expect(kindsOf('If you do not have the importer, do not insert rows by hand.', false)).toEqual(['no-manual-writes']);
  expect(kindsOf('If the importer does not answer, do not retry.', false)).toEqual(['attempt-limit']);
  expect(kindsOf('The trigger does not look at this, so do not insert rows by hand.', false)).toEqual(['no-manual-writes']);
  expect(kindsOf('Never update the ledger rows; the nightly job only repairs totals.', false)).toEqual(['no-manual-writes']);
  expect(kindsOf('Do not insert rows that the importer does not know.', false)).toEqual(['no-manual-writes']);
});

describe('a long line is matched in linear time', () => {
  /** The least of three goes: others use the machine too. */
  const costMs = (text: string): number =>
    Math.min(
      ...[1, 2, 3].map(() => {
        const started = process.cpuUsage();
        phrasesIn(text);
        return process.cpuUsage(started).user / 1000;
      }),
    );
  test.each([
    'do not ',
    'must not be ',
    'only the ',
    'no row may ',
    'before the section 1 ',
    'without a ',
    'insert write row ',
    'stop at the ',
    'production ',
    'if a step ',
    'the importer ',
    '`a` ',
  ])('%j', (piece) => {
    costMs(fold(piece.repeat(2_000)));
    const [small, large] = [costMs(fold(piece.repeat(1_000))), costMs(fold(piece.repeat(16_000)))];
    // Sixteen times the text: a square would cost 256 times as much.
    expect(large).toBeLessThan(64 * Math.max(small, 2));
  });
});
