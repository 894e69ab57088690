import fc from 'fast-check';
import { expect, test } from 'vitest';
import { restorePlan, splitLines, spliceReport } from '../../src/report/report-splice.ts';

const id = '2026-02-09T12-00-00Z-abcdef';
const fragment = fc.constantFrom(
  'a',
  '`<x>`',
  '\n',
  '\n',
  '\r\n',
  '\r',
  ' ',
  '> ',
  '- ',
  '```',
  '<!-- proofplan x -->',
  '<!-- /proofplan x -->',
  '-->',
  '日',
  '"',
  '\\',
  '\u0000',
);
const documents = fc
  .tuple(fc.boolean(), fc.array(fragment, { maxLength: 60 }))
  .map(([mark, parts]) => (mark ? '\ufeff' : '') + parts.join('').replaceAll('\ufeff', ''));

test('taking out what was added gives the document back, whatever was added', () => {
  fc.assert(
    fc.property(
      documents,
      fc.array(
        fc.record({
          after: fc.nat(40),
          indent: fc.constantFrom('', '  ', '     ', '> '),
          lines: fc.array(fc.constantFrom('> a', '> <!-- x', '>', '> -->', '> ~~~')),
        }),
        { maxLength: 8 },
      ),
      fc.array(
        fc.record({ line: fc.integer({ min: 1, max: 20 }), from: fc.integer({ min: 1, max: 3 }), to: fc.integer({ min: 3, max: 6 }), text: fc.string() }),
        { maxLength: 3 },
      ),
      (document, additions, replacements) => {
        const lines = splitLines(document.replace(/^\ufeff/, ''));
        const oneALine = replacements.filter(
          (each, index) => each.line <= lines.length && replacements.findIndex((other) => other.line === each.line) === index,
        );
        const single = oneALine.map((each) => ({ ...each, text: each.text.replace(/[\r\n]/g, ''), to: Math.max(each.from, each.to) }));
        const report = spliceReport(document, id, additions, single);
        expect(restorePlan(report)).toBe(document);
      },
    ),
    { numRuns: 1_000 },
  );
});

test('a carriage return before an addition and a line feed behind it stay two endings', () => {
  const document = '\ra\n\r\n\r\n\n';
  for (let after = 0; after < 7; after += 1) expect(restorePlan(spliceReport(document, id, [{ after, indent: '', lines: ['> x'] }], []))).toBe(document);
});

test('lines of the result end as those of the document do', () => {
  const report = spliceReport('a\r\nb\r\n', id, [{ after: 1, indent: '', lines: ['> x'] }], []);
  expect(report.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
});

test('a report whose marker was taken away is not taken for a plan', () => {
  const report = spliceReport('a\nb\n', id, [{ after: 1, indent: '', lines: ['> x'] }], []);
  expect(restorePlan(report.replace(`<!-- /proofplan ${id} -->\n`, ''))).not.toBe('a\nb\n');
  expect(restorePlan('a\nb\n')).toBeUndefined();
});

test('a plan that holds half a marker, and a value that holds the other', () => {
  for (const [before, value, after] of [
    ['<!-- proofplan ', id, ' -->'],
    ['<!-- /proofplan ', id, ' -->'],
    ['<!-- proof', `plan ${id}`, ' -->'],
  ] as const) {
    const document = `# x\n\n${before}<a>${after}\nb\nc\n`;
    const [from, to] = [before.length + 1, before.length + 4];
    const report = spliceReport(document, id, [{ after: 1, indent: '', lines: ['> x'] }], [{ line: 3, from, to, text: value }]);
    expect(restorePlan(report)).toBe(document);
  }
});
