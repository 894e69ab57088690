/** Our own mutants of a small record, shown to both verifiers: none may pass, and the two must say the same. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCanonicalJson, renderCanonicalJson } from '../../src/journal/canonical-json.ts';
import { playsAll } from '../support/sampled.ts';
import { allFound, replacements, verifyAll, type Outcome } from './audit-both.ts';
import { copyWithJournals, copyWithLedger, journalPath, ledgerOf, linesOf, makeSample, rechain, temporary, type Sample } from './audit-sample.ts';

function verifyMutants(sample: Sample, mutants: ReadonlyMap<string, Uint8Array | string>): Promise<Outcome> {
  return verifyAll(copyWithJournals(sample, mutants));
}

describe('mutants of a journal: none survives, and both verifiers say the same of each', () => {
  test('the samples themselves are good: the mutants are found for what was changed', async () => {
    for (const small of [true, false]) {
      const sample = await makeSample({ small });
      expect(await verifyMutants(sample, new Map([['unchanged', readFileSync(journalPath(sample))]]))).toEqual({ survived: ['unchanged'], disagreed: [] });
    }
  });

  test('every single byte changed to two others; every fourth left out, every fourth doubled', async () => {
    const sample = await makeSample({ small: true });
    const good = readFileSync(journalPath(sample));
    const mutants = new Map<string, Uint8Array>();
    // Of every offset: `npm run soak`.
    const stride = playsAll ? 1 : 3;
    for (let offset = 0; offset < good.length; offset += stride) {
      for (const replacement of replacements(good[offset] as number, offset)) {
        const bytes = Buffer.from(good);
        bytes[offset] = replacement;
        mutants.set(`byte ${offset} to ${replacement}`, bytes);
      }
      if (offset % 4 === 0) mutants.set(`byte ${offset} left out`, Buffer.concat([good.subarray(0, offset), good.subarray(offset + 1)]));
      if (offset % 4 === 2)
        mutants.set(`byte ${offset} doubled`, Buffer.concat([good.subarray(0, offset), good.subarray(offset, offset + 1), good.subarray(offset)]));
    }
    expect(mutants.size).toBeGreaterThanOrEqual((good.length / stride) * 2.4);
    expect(await verifyMutants(sample, mutants)).toEqual(allFound);
  });

  test('cut at every line and inside every line', async () => {
    const sample = await makeSample();
    const good = readFileSync(journalPath(sample));
    const cuts = Array.from({ length: Math.floor(good.length / 17) }, (_, index) => index * 17);
    const ends = [...good.entries()]
      .filter(([, byte]) => byte === 0x0a)
      .flatMap(([offset]) => [offset, offset + 1])
      .filter((offset) => offset < good.length);
    expect(await verifyMutants(sample, new Map([...cuts, ...ends].map((offset) => [`cut at ${offset}`, good.subarray(0, offset)])))).toEqual(allFound);
  });

  test('lines swapped, doubled, left out, taken from another execution; all of it also chained again', async () => {
    const sample = await makeSample();
    const other = linesOf(journalPath(await makeSample({ output: sample.output })));
    const lines = linesOf(journalPath(sample));
    const mutants = new Map<string, string>();
    const add = (name: string, mutant: readonly string[]): void => {
      mutants.set(name, mutant.join(''));
      mutants.set(`${name}, chained again`, rechain(mutant, sample.execution));
    };
    for (const [i, line] of lines.entries()) {
      add(`line ${i} doubled`, lines.toSpliced(i, 0, line));
      add(`line ${i} left out`, lines.toSpliced(i, 1));
      add(`line ${i} of another execution`, lines.toSpliced(i, 1, other[i] ?? ''));
      add(
        `line ${i} of another execution under this name`,
        lines.toSpliced(i, 1, (other[i] ?? '').replaceAll(/"execution":"[^"]*"/g, `"execution":"${sample.execution}"`)),
      );
      add(`from line ${i} on of another execution`, [...lines.slice(0, i), ...other.slice(i)]);
      for (let j = i + 1; j < lines.length; j += 1) add(`lines ${i} and ${j} swapped`, lines.with(i, lines[j] ?? '').with(j, line));
      mutants.set(`line ${i} improved, chained again`, rechain(lines.with(i, line.replace(/passed|1\.1|sample|Run|verdict/, 'better')), sample.execution));
    }
    for (const mutant of mutants.values()) expect(mutant).not.toBe(lines.join(''));
    expect(await verifyMutants(sample, mutants)).toEqual(allFound);
  });

  test('law: whatever JSON stands in the data, both verifiers read it alike', async () => {
    const sample = await makeSample();
    const lines = linesOf(journalPath(sample));
    const written = fc.oneof(
      fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.stringify(value)),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
    );
    const hostile = [
      '1.0',
      '-0',
      '1E5',
      '01',
      '.5',
      'NaN',
      'Infinity',
      '1e400',
      '1'.repeat(400),
      '1'.repeat(5_000),
      '9007199254740993',
      '"\\ud800"',
      '"\\ud83d\\ude00"',
      '"\\/"',
      '"\\u007f"',
      '"\u007f"',
    ];
    hostile.push(
      '{"b":1,"a":2}',
      '{"a":1,"a":2}',
      '{"\uffff":1,"\u{10000}":2}',
      '{"\u{10000}":2,"\uffff":1}',
      ' 1',
      '[1,]',
      '"\u0001"',
      '"\t"',
      'tru',
      '\u0661',
      '{"__proto__":1}',
      '\ufeff1',
    );
    hostile.push(...[200, 300, 3_000].map((depth) => '['.repeat(depth) + ']'.repeat(depth)));
    const texts = [...hostile, ...fc.sample(written, { numRuns: 150, seed: 8785 })];
    const mutants = new Map(
      texts.map((text, index) => [
        `${index}: ${text.slice(0, 80)}`,
        rechain(
          lines.with(
            1,
            (lines[1] ?? '').replace('{"action"', () => `{"a":${text},"action"`),
          ),
          sample.execution,
        ),
      ]),
    );
    expect(await verifyMutants(sample, mutants)).toEqual(allFound);
    const canonical = texts.filter((text) => 'value' in parseCanonicalJson(text));
    expect(canonical.length).toBeGreaterThan(50);
    for (const text of canonical) expect(renderCanonicalJson(JSON.parse(text))).toBe(text);
  });
});

test('bytes of a ledger: each is found before the last line, and both verifiers say the same', async () => {
  const sample = await makeSample({ small: true, verdict: 'failed' });
  await makeSample({ small: true, output: sample.output });
  const good = readFileSync(ledgerOf(sample));
  const parent = temporary();
  const folders = new Map<string, string>();
  const bytesBeforeLastLine = good.subarray(0, -1).lastIndexOf(0x0a);
  for (let offset = 0; offset < bytesBeforeLastLine; offset += 4) {
    const bytes = Buffer.from(good);
    bytes[offset] = replacements(good[offset] as number, offset / 4)[(offset / 4) % 2] as number;
    folders.set(`byte ${offset}`, copyWithLedger(sample, parent, String(offset), bytes));
  }
  expect(await verifyAll(folders)).toEqual(allFound);
});
