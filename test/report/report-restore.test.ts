/** Taking out of report.md what was added gives the plan's bytes back, whatever the plan holds and whatever programs printed. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderReportMarkdown } from '../../src/report/report-markdown.ts';
import { restorePlan } from '../../src/report/report-splice.ts';
import { eventsOfTexts, sampleId } from '../support/page-sample.ts';
import { sampleDocument, sampleEvents } from '../support/sample-execution.ts';

const report = renderReportMarkdown({ execution: sampleId, document: sampleDocument, events: sampleEvents() });

/** Markers of this very execution, as a plan that is an earlier report, or a program that knows the id, would have them. */
const markers = [
  `<!-- proofplan ${sampleId} -->`,
  `<!-- /proofplan ${sampleId} -->`,
  `  <!-- /proofplan ${sampleId} -->`,
  `> <!-- proofplan ${sampleId} -->`,
  `<!-- proofplan ${sampleId}, after a last line without line feed -->`,
  `<!-- proofplan ${sampleId}.2 -->`,
  '<!-- line 3 was "x" -->',
];

const pieces = [
  ...sampleDocument.split('\n'),
  ...markers,
  ...[
    '```',
    '~~~~',
    '````md',
    '- ',
    '  - x',
    '> q',
    '>',
    '| a | b |',
    '|--|--|',
    '| x | `<run_id>` |',
    '<!--',
    '-->',
    '<div>',
    '1. x',
    '   y',
    '\t- tab',
    '[a]: b',
    '---',
    '+++',
  ],
  ...['\ufeff', '\u2028', '\u0085', '\f', '\v', '\u0000', '\ud800'],
  report,
];

function restored(document: string, text: (place: string) => string): string | undefined {
  return restorePlan(renderReportMarkdown({ execution: sampleId, document, events: eventsOfTexts(text, 'failed', document) }));
}

test.each([[['\n']], [['\r\n']], [['\r']], [['\n', '\r\n', '\r']]])('plans of these pieces, with line ends %j', (ends) => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...pieces), fc.constantFrom(...ends)), { minLength: 1, maxLength: 25 }),
      fc.boolean(),
      fc.boolean(),
      fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...markers)),
      (parts, bom, ended, text) => {
        const all = (bom ? '\ufeff' : '') + parts.map((part) => part.join('')).join('');
        const document = ended ? all : all.replace(/[\r\n]+$/, '');
        fc.pre(document.length > 0);
        expect(restored(document, (place) => `${text}\n${place}`)).toBe(document);
      },
    ),
    { numRuns: 150 },
  );
});

describe('a text of a record cannot end what was added', () => {
  test.each(markers)('%s', (marker) => {
    for (const end of ['\n', '\r\n', '\r']) expect(restored(sampleDocument, () => `a${end}${marker}${end}b`)).toBe(sampleDocument);
  });
});

test('a report of a report of a report', () => {
  let document = sampleDocument;
  const before: string[] = [];
  for (let round = 0; round < 4; round += 1) {
    before.push(document);
    document = renderReportMarkdown({ execution: sampleId, document, events: eventsOfTexts((place) => place, 'passed', document) });
  }
  for (const each of before.toReversed()) {
    document = restorePlan(document) ?? '';
    expect(document).toBe(each);
  }
});

test('2 MB with a remark behind each of 10,000 blocks, in time', () => {
  const lines = Array.from({ length: 10_000 }, (_, index) => `\`\`\`\necho ${index} ${'x'.repeat(200)}\n\`\`\`\n`);
  const document = lines.join('\n');
  const base = sampleEvents().find((event) => event.kind === 'expectation');
  const events = [
    ...sampleEvents().slice(0, 1),
    ...lines.flatMap((_, index) => {
      const at = { offset: 0, line: 4 * index + 2, column: 1 };
      return base?.kind === 'expectation'
        ? [{ ...base, data: { ...base.data, id: `E${index}`, span: { path: 'plans/sample.md', start: at, end: { ...at, column: 3 } } } }]
        : [];
    }),
  ];
  const rendered = renderReportMarkdown({ execution: sampleId, document, events });
  expect(rendered.split('<!-- proofplan').length).toBeGreaterThan(10_000);
  expect(restorePlan(rendered)).toBe(document);
});
