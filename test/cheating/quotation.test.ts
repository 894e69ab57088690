// The list is played whole: each phrase of it has an act, and each act quotes a phrase.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { allActs } from './act-table.ts';
import { folded } from './expect-act.ts';
import { sceneNames } from './scene.ts';

const list = readFileSync(join(import.meta.dirname, '../../fixtures/cheating/workarounds.md'), 'utf8');
/** From the first heading on. */
const body = list.slice(list.indexOf('Rows and data:'));
const quotes = [...new Set(allActs.map(({ quote }) => folded(quote)))];

test('every quotation stands in the list', () => {
  expect(quotes.filter((quote) => !folded(list).includes(quote))).toEqual([]);
});

test('no word of the list is left over', () => {
  let rest = folded(body).replaceAll(/\b(?:Rows and data|Commands|SQL|Verdicts|Process|Storage|Tool|System):/g, '');
  for (const quote of quotes.toSorted((one, other) => other.length - one.length)) rest = rest.replaceAll(quote, ' ');
  expect(rest.replaceAll(/[\s·,.;]+/g, ' ').trim()).toBe('');
});

test('identifiers are unique, and every scene has an act', () => {
  expect(new Set(allActs.map(({ id }) => id)).size).toBe(allActs.length);
  expect(sceneNames.filter((name) => !allActs.some(({ scene }) => scene === name))).toEqual([]);
});

test('an act that is executed or reviewed names a code or a phrase, and ends in no pass', () => {
  for (const { id, exitCode, names } of allActs) {
    expect(exitCode, id).not.toBe(0);
    expect(names.length, id).toBeGreaterThan(0);
  }
});
