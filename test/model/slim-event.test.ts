/** What a slim event leaves out is what no report and no ending shows. */
import { expect, test } from 'vitest';
import type { ExecutionEvent, StepEndedData } from '../../src/model/event.ts';
import { slimEvent } from '../../src/model/slim-event.ts';
import { createColours } from '../../src/report/colour.ts';
import { renderEnding } from '../../src/report/render-ending.ts';
import { renderReportMarkdown } from '../../src/report/report-markdown.ts';
import { sampleDocument, sampleEvents } from '../support/sample-execution.ts';

const events = sampleEvents();
const long = 'x'.repeat(4_096);

/** The sample's events with much in them, in steps that have this verdict. */
function laden(verdict: StepEndedData['verdict']): readonly ExecutionEvent[] {
  return events.map((event) => {
    if (event.kind !== 'step-ended') return event;
    const { data } = event;
    const searches = [{ pattern: 'a', matches: 200, hits: Array.from({ length: 200 }, (_, lineNumber) => ({ path: 'a', lineNumber, text: long })), hidden: 0 }];
    return { ...event, data: { ...data, verdict, searches, outputs: data.outputs.map((output) => ({ ...output, head: long, tail: long })) } };
  });
}

test.each(['passed', 'failed'] as const)('a report and an ending say the same of slim events, where steps have %s', (verdict) => {
  const whole = laden(verdict);
  const slim = whole.map(slimEvent);
  const report = (given: readonly ExecutionEvent[]): string => renderReportMarkdown({ execution: 'e', document: sampleDocument, events: given });
  expect(report(slim)).toBe(report(whole));
  const journal = { entries: 1, head: '', root: '' };
  const ending = { verdict, reason: 'r', folder: 'f', execution: 'e', attempt: 1, journal, reports: ['report.md'] };
  const options = { colours: createColours(0), command: 'proofplan' };
  expect(renderEnding(ending, slim, options)).toBe(renderEnding(ending, whole, options));
});

test('a step that passed keeps none of its output, whatever it printed', () => {
  for (const event of laden('passed').map(slimEvent)) {
    if (event.kind === 'step-ended') expect(JSON.stringify(event).length).toBeLessThan(3_000);
  }
});
