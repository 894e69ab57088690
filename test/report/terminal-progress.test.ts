import { expect, test } from 'vitest';
import { createColours } from '../../src/report/colour.ts';
import { renderAuditLine, renderEnding } from '../../src/report/render-ending.ts';
import { createLiveRegion } from '../../src/report/live-region.ts';
import { createProgress, type Verbosity } from '../../src/report/terminal-progress.ts';
import type { ExecutionEvent } from '../../src/model/event.ts';
import { displayWidth } from '../../src/report/display-width.ts';
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

test('what held, names, decisions and policies with -v; what a step printed with -vv, between the signs of whoever asks for them', () => {
  const decision = {
    step: '1.1',
    source: 'gateway',
    effect: 'permit',
    rule: 'read',
    reason: 'reads',
    policies: [],
    text: 'SELECT\n 1',
    count: 3,
    rowCount: 3,
    fates: ['none'],
  } as const;
  const [before, after] = [sampleEvents().slice(0, 4), sampleEvents().slice(4)];
  const events = [...before, ...sequence({ decision }), ...after];
  const plain = show(events);
  const more = show(events, 1);
  expect(plain).not.toMatch(/n is 1|SELECT|run_id|policy|Run ID/);
  expect(more.split('\n').filter((line) => line.startsWith('    '))).toEqual([
    '    · permitted: SELECT 1  read, 3 times, 3 rows, entry 1',
    '    = run_id is 7  stdout of step 1.1, line 1, entry 5',
    '    ✓ `n == 1`: n is 1',
    '    ✗ `m == 2`: m is 3',
  ]);
  expect(more).toContain('✓ policy  No manual DB inserts.  PREVENTED by gateway, 3 permitted, 0 refused\n');
  expect(more).not.toContain('Run ID');
  expect(show(events, 2)).toContain('    stdout, 1 line\n    │ Run ID: 7\n');
});

test('what a step printed steers no terminal, and is shown from both ends', () => {
  const head = 'a\u001b]0;evil\u0007b\rFAKE \u001b[32m✓ passed\u001b[0m\n\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\\u202e\n';
  const tail = 'the end\u0007\r\n\r\n';
  const bytes = Buffer.byteLength(head) + 5_000 + Buffer.byteLength(tail);
  const events = sampleEvents().map(
    (event): ExecutionEvent =>
      event.kind === 'step-ended' && event.data.step === '1.1' ? { ...event, data: { ...event.data, outputs: [{ stream: 'stderr', bytes, lines: 400, sha256: '', head, tail }] } } : event,
  );
  const text = show(events, 2);
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  expect(text).toContain('    stderr, 400 lines\n    │ ab\n    │ FAKE ✓ passed\n    │ link\n    │ … 5000 bytes, which are in the record\n    │ the end\n✗');
});

test.each([40, 80, 200])('at %i columns no line is longer than the terminal, and none is broken within a word', (columns) => {
  const long = sampleEvents().map((event) =>
    event.kind === 'step-ended' || event.kind === 'step-started'
      ? { ...event, data: { ...event.data, title: 'A title with 日本語 that is long enough to be broken on any terminal that is not very wide' } }
      : event,
  ) as readonly ExecutionEvent[];
  const lines = show(long, 1, columns).split('\n');
  for (const line of lines) expect(displayWidth(line)).toBeLessThan(columns);
  const words = lines.flatMap((line) => line.split(/\s+/));
  expect(words).toContain('environment');
  expect(words.filter((word) => word === 'broken').length).toBe(2);
});

test('while a step runs, what the gateway decided so far is asked for, and not told', () => {
  let asked: (() => string) | undefined;
  let closed = false;
  const progress = createProgress({
    slot: { line: () => undefined, set: (doing) => (asked = doing?.facts), close: () => (closed = true) },
    colours: createColours(0),
    live: true,
    columns: () => 80,
  });
  for (const event of sampleEvents().slice(0, 4)) progress.event(event);
  expect(asked?.()).toBe('');
  let permitted = 1;
  progress.guarded(() => ({ permitted, refused: 2 }));
  expect(asked?.()).toBe('gateway: 1 permitted, 2 refused');
  permitted = 412;
  expect(asked?.()).toBe('gateway: 412 permitted, 2 refused');
  progress.close();
  expect(closed).toBe(true);
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
      '✗ failed  2 of 2 steps run · 1 of 2 expectations held · 0 of 2 criteria met · 1 of 1 policy kept · 0 refusals · 1 of 2 report fields filled · 9.0s',
      '  `m == 2` does not hold',
      '',
      'report  .proofplan/executions/x/report.md',
      'next    proofplan show .proofplan/executions/x 1.2',
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
  expect(renderEnding(ending, [], { colours: createColours(0), command: 'proofplan' }).split('\n')[0]).toBe('· unproven  0 of 0 steps run · 0 refusals · 0.0s');
});
