import { expect, test } from 'vitest';
import { createColours } from '../../src/report/colour.ts';
import { renderAuditLine, renderEnding } from '../../src/report/render-ending.ts';
import { createLiveRegion } from '../../src/report/live-region.ts';
import { createProgress, type Verbosity } from '../../src/report/terminal-progress.ts';
import type { ExecutionEvent } from '../../src/model/event.ts';
import { sampleEvents, sequence } from '../support/sample-execution.ts';

function show(events: readonly ExecutionEvent[], verbosity: Verbosity = 0, columns?: number): string {
  let text = '';
  const region = createLiveRegion({ write: (part) => (text += part), colours: createColours(0), live: false });
  const progress = createProgress({ slot: region.open(), colours: createColours(0), live: false, columns: () => columns, verbosity });
  progress.line('starting PostgreSQL 15');
  for (const event of events) progress.event(event);
  progress.close();
  region.close();
  return text.replace(/prepared in \d+\.\ds/, 'prepared in 0.0s');
}

test('in a pipe: a line for each thing that happened, no escape code, nothing written over', () => {
  const text = show(sampleEvents());
  expect(text).toBe(
    [
      'starting PostgreSQL 15',
      'prepared in 0.0s',
      'A sample',
      'plans/sample.md · environment sample · PostgreSQL 15.4, started for this execution · 2 steps · no version control · attempt 1',
      '✓ guards  1 of 1 canaries refused',
      '✓ 1.1 shell  Do it  1.2s',
      '✗ 1.2 sql-assert  Run  1 of 2 expectations held, 0.0s',
      '    ✗ `m == 2`: m is 3',
      '✗ criterion  It works.  failed',
      '? criterion  It is proven.  unproven',
      '',
    ].join('\n'),
  );
});

test('titles, values and messages of a plan steer no terminal', () => {
  const evil = 'x\u001b[2J\r\nAUDIT root=0';
  const events = sampleEvents().map(
    (event) => JSON.parse(JSON.stringify(event).replaceAll(/"(Do it|Run|m is 3|It works\.|A sample)"/g, JSON.stringify(evil))) as ExecutionEvent,
  );
  const text = show(events);
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  expect(text.split('\n').some((line) => line.startsWith('AUDIT'))).toBe(false);
});

test('a canary that was not refused, a refusal, a step that was not run', () => {
  const span = sampleEvents().find((event) => event.kind === 'criterion')?.data.span;
  if (span === undefined) throw new Error('no span');
  const text = show(
    sequence(
      { canary: { name: 'insert', layer: 'gateway', moment: 'start', refused: false, detail: 'one row written' } },
      {
        decision: {
          step: '4.1',
          source: 'gateway',
          effect: 'refuse',
          rule: 'protected-relation',
          reason: 'only the production path may write `runs`',
          policies: ['P1'],
          text: 'insert into runs …',
          count: 1,
          fates: ['rolled back'],
        },
      },
      { tripwire: { step: '4.1', effect: 'refuse', policies: ['P2'], kind: 'sqlite-file', what: 'traces.sqlite', explained: false } },
      { 'step-not-run': { step: '5.1', kind: 'shell', title: 'Tests', span, reason: 'step 4.1 was refused', notNeeded: false } },
      { 'step-not-run': { step: '2.2', kind: 'shell', title: 'Create', span, reason: '`agent_id` was found', notNeeded: true } },
    ),
  );
  expect(text.split('\n').slice(1)).toEqual([
    '! canary insert was not refused by gateway: one row written',
    '    ⊘ step 4.1: only the production path may write `runs`',
    '    ⊘ tripwire after step 4.1: traces.sqlite',
    '– 5.1 shell  Tests  not run: step 4.1 was refused',
    '· 2.2 shell  Create  not needed: `agent_id` was found',
    '',
  ]);
});

test('the ending: verdict, counts, reason, report, what to do next; the audit line', () => {
  const ending = {
    verdict: 'failed',
    reason: '`m == 2` does not hold',
    folder: '.proofplan/executions/x',
    execution: 'x',
    attempt: 2,
    reports: ['report.md'],
    journal: { entries: 17, head: 'aa', root: 'bb' },
  } as const;
  expect(renderEnding(ending, sampleEvents(), { colours: createColours(0), command: 'proofplan' })).toBe(
    [
      '✗ failed  2 of 2 steps run · 1 of 2 expectations held · 0 of 2 criteria met · 1 of 1 policy kept · 1 of 2 report fields filled',
      '  `m == 2` does not hold',
      '',
      'report  .proofplan/executions/x/report.md',
      'next    proofplan show .proofplan/executions/x 1.2',
      '        proofplan audit verify .proofplan/executions/x',
    ].join('\n'),
  );
  expect(renderAuditLine(ending)).toBe('AUDIT root=bb size=17 execution=x attempt=2');
});

test('an execution that judged nothing is called unproven', () => {
  const ending = {
    verdict: 'none',
    reason: 'nothing was judged',
    folder: 'f',
    execution: 'x',
    attempt: 1,
    reports: ['report.md'],
    journal: { entries: 1, head: 'aa', root: 'bb' },
  } as const;
  expect(renderEnding(ending, [], { colours: createColours(0), command: 'proofplan' }).split('\n')[0]).toBe('· unproven  0 of 0 steps run');
});
