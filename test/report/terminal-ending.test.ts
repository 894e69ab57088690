import { expect, test } from 'vitest';
import type { Diagnostic } from '../../src/model/diagnostic.ts';
import type { ExecutionEvent } from '../../src/model/event.ts';
import { createColours } from '../../src/report/colour.ts';
import { displayWidth } from '../../src/report/display-width.ts';
import { renderEnding, type Ending } from '../../src/report/render-ending.ts';
import { decidingDiagnostic, renderFailure } from '../../src/report/render-failure.ts';
import { sampleDocument, sampleEvents, sequence, spanOf } from '../support/sample-execution.ts';

const style = { colours: createColours(0), columns: () => 80 };
const ending: Ending = {
  verdict: 'failed',
  reason: 'step 1.2: `m == 2` does not hold: m is 3, and that is a reason which is longer than a narrow terminal',
  folder: '.proofplan/executions/x',
  execution: 'x',
  attempt: 1,
  reports: ['report.md', 'report.html'],
  journal: { entries: 17, head: 'aa', root: 'bb' },
};
const unmet: Diagnostic = {
  severity: 'failed',
  code: 'execute/expectation-not-met',
  message: '`m == 2` does not hold: m is 3',
  span: spanOf(sampleDocument, 'm == 2'),
  label: 'm is 3',
};

test('what was expected, what there was, and which entry of the journal says so', () => {
  expect(renderFailure(unmet, sampleEvents(), style)).toBe(
    ['  expected  `m == 2` (line 12)', '  actual    m is 3 (journal entry 9)', '  step      1.2 sql-assert (journal entry 10)'].join('\n'),
  );
});

test('values with their origins, and the end of what the step printed', () => {
  const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`).join('\n');
  const events = sampleEvents().map((event): ExecutionEvent => {
    if (event.kind === 'capture') return { ...event, data: { ...event.data, name: 'm', text: '3\u001b[2J' } };
    if (event.kind !== 'step-ended' || event.data.step !== '1.2') return event;
    const output = { stream: 'stderr', bytes: lines.length + 2, lines: 30, sha256: '', head: `${lines}\n\u0007`, tail: '' } as const;
    return { ...event, data: { ...event.data, kind: 'shell', exitCode: 3, outputs: [output] } };
  });
  expect(renderFailure(unmet, events, style)?.split('\n')).toEqual([
    '  expected  `m == 2` (line 12)',
    '  actual    m is 3 (journal entry 9)',
    '  value     m is 3: stdout of step 1.1, line 1 (journal entry 5)',
    '  step      1.2 shell: exit code 3 (journal entry 10)',
    '  stderr    of 30 lines the last 10',
    ...Array.from({ length: 10 }, (_, index) => `    │ line ${index + 20}`),
  ]);
});

test('a refusal: the sentence, the statement, the answer', () => {
  const span = spanOf(sampleDocument, 'No manual DB inserts.');
  const events = [
    ...sampleEvents(),
    ...sequence(
      {
        'policy-declared': {
          id: 'P1',
          text: 'No manual DB inserts.',
          span,
          scope: { kind: 'document' },
          rule: { kind: 'no-manual-writes', tables: ['runs'] },
          origin: 'text',
        },
      },
      {
        decision: {
          step: '1.2',
          source: 'gateway',
          effect: 'refuse',
          rule: 'protected-relation',
          reason: 'only …',
          policies: ['P1'],
          text: 'insert into\n  runs values (1)',
          sqlstate: '42501',
          count: 2,
          fates: ['none'],
          span,
        },
      },
    ),
  ];
  const refused: Diagnostic = { severity: 'refused', code: 'policy/forbidden-write', message: 'step 1.2 sent an INSERT into `runs`', span };
  expect(renderFailure(refused, events, style)?.split('\n').slice(0, 3)).toEqual([
    '  forbidden  No manual DB inserts. (line 3)',
    '  refused    insert into runs values (1) (journal entry 2)',
    '  answer     SQLSTATE 42501, rule protected-relation, 2 times',
  ]);
});

test('a message of which the record knows nothing more has nothing below it', () => {
  expect(renderFailure({ severity: 'error', code: 'execute/runner-failed', message: 'the runner failed' }, sampleEvents(), style)).toBeUndefined();
  expect(renderFailure(unmet, [], style)).toBeUndefined();
});

test('the message that decided: the one of the reason, else the first of the worst', () => {
  const warning: Diagnostic = { severity: 'warning', code: 'execute/claim-unproven', message: 'unproven' };
  const error: Diagnostic = { severity: 'error', code: 'execute/database-lost', message: 'the database did not answer' };
  expect(decidingDiagnostic([warning, unmet, error], 'step 1.2: `m == 2` does not hold: m is 3')).toBe(unmet);
  expect(decidingDiagnostic([warning, unmet, error], 'interrupted')).toBe(error);
  expect(decidingDiagnostic([warning], 'x')).toBe(warning);
  expect(decidingDiagnostic([], 'x')).toBeUndefined();
});

test('refusals are counted one by one, findings of tripwires too; the time in which nobody ran does not count', () => {
  const decision = { step: '1.2', source: 'gateway', effect: 'refuse', rule: 'r', reason: 'r', policies: [], text: 't', count: 41, fates: [] } as const;
  const at = (second: number, event: ExecutionEvent): ExecutionEvent => ({ ...event, ts: `2026-02-09T12:00:${String(second).padStart(2, '0')}.000Z` });
  const [refused, found, resumed] = sequence(
    { decision },
    { tripwire: { step: '1.2', effect: 'refuse', policies: [], kind: 'rows', what: 'x', explained: false } },
    { resumed: { after: 3, torn: null, cut: [], argv: [] } },
  );
  const [opened] = sampleEvents();
  if (opened === undefined || refused === undefined || found === undefined || resumed === undefined) throw new Error('no events');
  const text = renderEnding(ending, [at(0, opened), at(2, refused), at(40, resumed), at(41, found)], { colours: createColours(0), command: 'proofplan' });
  expect(text.split('\n')[0]).toBe('✗ failed  0 of 2 steps run · 42 refusals · 3.0s');
});

test.each([40, 80])('at %i columns counts stay whole, and only what is to be copied is longer', (columns) => {
  const lines = renderEnding(ending, sampleEvents(), { colours: createColours(0), command: 'proofplan', columns }).split('\n');
  for (const line of lines.filter((each) => !each.includes('.proofplan'))) expect(displayWidth(line)).toBeLessThan(columns);
  expect(lines.join('\n')).toContain('1 of 2 expectations held');
  expect(lines.slice(-3)).toEqual([
    'report  .proofplan/executions/x/report.md',
    '        .proofplan/executions/x/report.html',
    'next    proofplan show .proofplan/executions/x 1.2',
  ]);
});

test('a pass is to be verified, and nothing else is next', () => {
  const text = renderEnding({ ...ending, verdict: 'passed', reports: [] }, sampleEvents(), { colours: createColours(0), command: 'proofplan' });
  expect(text.split('\n').slice(2)).toEqual(['', 'next    proofplan audit verify .proofplan/executions/x']);
});

test('what is next is to look at the step that did not pass, not at one that passed when it was tried again', () => {
  const events = sampleEvents().map((event): ExecutionEvent =>
    event.kind === 'step-ended' && event.data.step === '1.1' ? { ...event, data: { ...event.data, verdict: 'failed', again: true } } : event,
  );
  expect(renderEnding(ending, events, { colours: createColours(0), command: 'proofplan' })).toMatch(/show \.proofplan\/executions\/x 1\.2$/);
});
