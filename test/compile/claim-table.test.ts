/** The decision table of the language of claims: sentences of many trades, each with the reading that a person decided on. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileClaim, type ClaimNames, type ClaimReading } from '../../src/compile/claim.ts';
import { renderClaim } from '../../src/model/render-claim.ts';

const folder = join(import.meta.dirname, '..', '..', 'fixtures', 'reading', 'claims');

interface Row {
  readonly sentence: string;
  readonly names: readonly string[];
  readonly reading: string;
}

function rowsOf(file: string): readonly Row[] {
  const [, ...lines] = readFileSync(join(folder, file), 'utf8').trimEnd().split('\n');
  return lines.map((line) => {
    const [sentence = '', names = '', reading = ''] = line.split('\t');
    return { sentence, names: names === '-' ? [] : names.split(' '), reading };
  });
}

function namesOf(all: readonly string[]): ClaimNames {
  const resolve = (name: string): string | undefined => {
    const qualified = all.filter((candidate) => candidate.endsWith(`.${name}`));
    return all.includes(name) ? name : qualified.length === 1 ? qualified[0] : undefined;
  };
  return { all, resolve };
}

/** Claims in their own words, with the command they are about; a refusal by its kind, the names nobody supplies, and what is suggested. */
function renderReading(reading: ClaimReading): string {
  if (reading.kind === 'claims') return reading.claims.map(renderClaim).join(' ; ') + (reading.subject === undefined ? '' : ` [${reading.subject}]`);
  const unknown = reading.kind === 'unknown-name' ? ` ${reading.names.join(' ')}` : '';
  const suggestion = 'suggestion' in reading ? ` → ${reading.suggestion}` : '';
  return `${reading.kind.toUpperCase()}${unknown}${suggestion}`;
}

const files = readdirSync(folder).filter((file) => file.endsWith('.tsv'));
const rows = files.flatMap(rowsOf);

describe.each(files)('%s', (file) => {
  test.each(rowsOf(file))('$sentence', ({ sentence, names, reading }) => {
    expect(renderReading(compileClaim(sentence, namesOf(names)))).toBe(reading);
  });
});

test('the table is large, and a fifth of it is refused', () => {
  expect(rows.length).toBeGreaterThanOrEqual(250);
  expect(new Set(rows.map((row) => `${row.sentence} ${row.names.join(' ')}`)).size).toBe(rows.length);
  expect(rows.filter((row) => /^(?:NONE|VACUOUS|IMPOSSIBLE|PATTERN|UNKNOWN-NAME)/.test(row.reading)).length * 5).toBeGreaterThan(rows.length);
});

test('what is shown to a reader is itself such a claim, and means the same', () => {
  const differing = rows.flatMap(({ sentence, names }) => {
    const reading = compileClaim(sentence, namesOf(names));
    if (reading.kind !== 'claims') return [];
    return reading.claims.flatMap((claim) => {
      const again = compileClaim(renderClaim(claim), namesOf(names));
      return again.kind === 'claims' && JSON.stringify(again.claims) === JSON.stringify([claim]) ? [] : [`${renderClaim(claim)}: ${renderReading(again)}`];
    });
  });
  expect(differing).toEqual([]);
});

test('what is suggested compiles', () => {
  const suggested = rows.flatMap(({ sentence, names }) => {
    const reading = compileClaim(sentence, namesOf(names));
    return 'suggestion' in reading && reading.suggestion !== undefined ? [compileClaim(reading.suggestion, namesOf(names)).kind] : [];
  });
  expect(suggested.length).toBeGreaterThan(50);
  expect(new Set(suggested)).toEqual(new Set(['claims']));
});

test('a sentence that hedges is never a claim', () => {
  const claims = rows.filter((row) => !/^(?:NONE|VACUOUS|IMPOSSIBLE|PATTERN|UNKNOWN-NAME)/.test(row.reading) && !/ or |neither/.test(row.sentence));
  const hedges = [
    'usually X',
    'X if it is Monday',
    'X, or something like it',
    'X most of the time',
    'ideally X',
    'X unless it rains',
    'it is not true that X',
    'X?',
    'if X',
    'X or better',
    'X, hopefully',
  ];
  const believed = claims.flatMap(({ sentence, names }) =>
    hedges.flatMap((hedge) => {
      const hedged = hedge.replace('X', sentence.replace(/[.]$/, ''));
      return compileClaim(hedged, namesOf(names)).kind === 'claims' ? [hedged] : [];
    }),
  );
  expect(believed).toEqual([]);
});

test('no sentence makes it fail or wait', () => {
  const words = [
    'rows',
    'no',
    'at least',
    '3',
    '`n`',
    'n',
    'is',
    'not',
    '==',
    '<',
    'and',
    ',',
    '"x"',
    'output',
    'contains',
    'exit code',
    'fails',
    'with',
    'between',
    'in',
    '{',
    '}',
    '/a/',
    'matches',
    'within',
    '5 s',
    'every',
    'or',
    '%',
    '\uE000',
    "'",
    '`',
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...words), { maxLength: 40 }), (parts) => {
      expect(['claims', 'none', 'vacuous', 'impossible', 'pattern', 'unknown-name']).toContain(compileClaim(parts.join(' '), namesOf(['n'])).kind);
    }),
    { numRuns: 2_000 },
  );
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), (text) => void compileClaim(text, namesOf(['n']))),
    { numRuns: 1_000 },
  );
  const started = performance.now();
  for (const part of ['a ', 'is ', '1 ', '`', 'not ', 'row ', ', ', ' or ', '"', '(', 'a.', '1,', 'the value of '])
    compileClaim(part.repeat(Math.floor(1_990 / part.length)), namesOf(['a']));
  expect(performance.now() - started).toBeLessThan(3_000);
});
