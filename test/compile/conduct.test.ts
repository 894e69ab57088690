/** What sentences say about conduct, from a table of sentences: understood as a whole, reported, or none of it. */
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { conductBehind, conductOf, conductOfBrackets, conductOfLabel, type Conduct, type RepetitionWords } from '../../src/compile/conduct.ts';
import { millisecondsOf } from '../../src/compile/conduct-term.ts';
import { eventuallyIn } from '../../src/compile/eventual-claim.ts';

const folder = join(import.meta.dirname, '..', '..', 'fixtures', 'reading', 'conduct');
const rowsOf = (name: string): readonly (readonly [string, string])[] =>
  readFileSync(join(folder, name), 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [sentence = '', reading = ''] = line.split('\t');
      return [sentence, reading];
    });

const bounds = ({ attempts, withinMs, pauseMs }: RepetitionWords): readonly string[] => [
  ...(attempts === undefined ? [] : [`${attempts} attempts`]),
  ...(withinMs === undefined ? [] : [`within ${withinMs} ms`]),
  ...(attempts === undefined && withinMs === undefined ? ['unbounded'] : []),
  ...(pauseMs === undefined ? [] : [`${pauseMs} ms apart`]),
];
const shown = (conduct: Conduct | undefined): string => {
  if (conduct === undefined) return 'none';
  const each = 'each' in conduct && conduct.each ? ['each'] : [];
  if (conduct.kind === 'limit') return [`limit ${conduct.limitMs} ms`, ...each].join(', ');
  if (conduct.kind !== 'repetition') return [conduct.kind, ...each].join(', ');
  const { kind, until, giveUpWhen } = conduct.repetition;
  const rest = [
    ...bounds(conduct.repetition),
    ...(until === undefined ? [] : [`until ${until}`]),
    ...(giveUpWhen === undefined ? [] : [`gives up when ${giveUpWhen}`]),
    ...each,
  ];
  return `${kind} ${rest.join(', ')}`;
};

describe('a sentence', () => {
  test.each(rowsOf('sentence.tsv'))('%s', (sentence, reading) => expect(shown(conductOf(sentence.replace('; give up', ', give up')))).toBe(reading));

  test('is read without its closing sign, its emphasis and its case', () => {
    for (const [sentence, reading] of rowsOf('sentence.tsv').filter(([, each]) => !/none|`/.test(each))) {
      const words = sentence.replace('; give up', ', give up');
      for (const form of [words.toUpperCase(), words.replace(/\.$/, ''), `**${words}**`, words.replaceAll(' ', '  ')])
        expect([form, shown(conductOf(form)).toLowerCase()]).toEqual([form, reading]);
    }
  });

  test('that is very long costs nothing and says nothing', () => {
    const long = `Retry ${'up to 3 times, '.repeat(2_000)}`;
    const start = performance.now();
    expect(conductOf(long)).toBeUndefined();
    expect(eventuallyIn(`eventually ${long}`)).toBeUndefined();
    expect(conductBehind(long)).toBeUndefined();
    expect(performance.now() - start).toBeLessThan(500);
  });

  test('of any words is read or not, and never fails', () => {
    const words = [
      'retry',
      'poll',
      'until',
      'every',
      '2 s',
      'up to',
      '3 times',
      'give up when',
      '`a` is 1',
      'wait',
      'eventually',
      'within',
      'once',
      '(',
      ')',
      ',',
      ';',
      'it',
      'fails',
      'again',
      '§',
      '\u0001',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...words), { maxLength: 12 }), (parts) => {
        const sentence = parts.join(' ');
        const conduct = conductOf(sentence);
        if (conduct?.kind === 'repetition') {
          const { attempts, withinMs, pauseMs } = conduct.repetition;
          for (const number of [attempts, withinMs, pauseMs]) expect(number === undefined || (Number.isInteger(number) && number >= 0)).toBe(true);
        }
        expect(() => [eventuallyIn(sentence), conductBehind(sentence), conductOfLabel('Retry', sentence)]).not.toThrow();
      }),
      { numRuns: 3_000 },
    );
  });

  test('with a word that nobody knows is never taken for one without it', () => {
    for (const [sentence, reading] of rowsOf('sentence.tsv').filter(([, each]) => /^(?:retry|eventually)/.test(each))) {
      const strange = shown(conductOf(sentence.replace(/\.$/, ' unless the moon is full.')));
      expect([sentence, strange === reading]).toEqual([sentence, false]);
    }
  });
});

describe('a claim that may take its time', () => {
  test.each(rowsOf('eventual-claim.tsv'))('%s', (sentence, reading) => {
    const found = eventuallyIn(sentence);
    expect(found === undefined ? 'none' : `${found.claim} | ${bounds(found.repetition).join(', ')}`).toBe(reading);
  });
});

describe('behind another sentence', () => {
  test.each([
    ['Run the check, retrying up to 3 times, 5 s apart:', 'retry 4 attempts, 5000 ms apart', 'Run the check'],
    ['Query the gateway (retry up to 2 times)', 'retry 3 attempts', 'Query the gateway'],
    ['Run `make health` and retry up to 3 times.', 'retry 4 attempts', 'Run `make health`'],
    ['Read the lamp (max 5 s):', 'limit 5000 ms', 'Read the lamp'],
    ['Run `make x` every 2 s until it prints `ok`, for at most 1 min', 'eventually within 60000 ms, 2000 ms apart, until it prints `ok`', 'Run `make x`'],
  ])('%s', (sentence, reading, before) => {
    const found = conductBehind(sentence);
    expect([shown(found?.conduct), found?.before]).toEqual([reading, before]);
  });

  test.each(['Run the check (max 5 rows):', 'Run the check (see below).', 'Run the check, then retry the import.', 'Read the lamp (max).'])('%s', (sentence) =>
    expect(conductBehind(sentence)).toBeUndefined(),
  );
});

describe('in the brackets of a heading', () => {
  test.each([
    ['max 10 s', 'Import', 'limit 10000 ms'],
    ['within 1 min', 'Import', 'limit 60000 ms'],
    ['retry up to 3 times', 'Health', 'retry 4 attempts'],
    ['every 2 s, max 1 min', 'Poll the queue', 'eventually within 60000 ms, 2000 ms apart'],
    ['once', 'Import', 'once'],
    ['10 min', 'Import', 'none'],
    ['every 2 s, max 1 min', 'Queue', 'none'],
    ['optional', 'Import', 'none'],
    ['max 3 rows', 'Import', 'none'],
    ['retry with backoff, 3 times', 'Import', 'unclear'],
  ])('(%s) behind %s', (words, title, reading) => expect(shown(conductOfBrackets(words, title))).toBe(reading));
});

describe('behind a label', () => {
  test.each([
    ['Retry', 'up to 3 times, 5 s apart', 'retry 4 attempts, 5000 ms apart'],
    ['Retries', '3', 'retry 4 attempts'],
    ['Max attempts', '3 attempts', 'retry 3 attempts'],
    ['Polling', 'every 2 s for 1 min', 'eventually within 60000 ms, 2000 ms apart'],
    ['Retries', 'none', 'unclear'],
    ['Retry', 'as you like', 'unclear'],
    ['Retry', '', 'unclear'],
  ])('%s: %s', (label, body, reading) => expect(shown(conductOfLabel(label, body))).toBe(reading));
});

test.each([
  ['30 s', 30_000],
  ['1.5 min', 90_000],
  ['half an hour', 1_800_000],
  ['an hour', 3_600_000],
  ['five minutes', 300_000],
  ['250ms', 250],
  ['24 h', 86_400_000],
  ['25 h', undefined],
  ['30', undefined],
  ['30 apples', undefined],
  ['', undefined],
])('a time: %s', (text, ms) => expect(millisecondsOf(text)).toBe(ms));
