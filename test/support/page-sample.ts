/** Events in which every text is given, for pages: one of each kind of thing that a page shows. */
import { writeFileSync, mkdirSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { openJournal } from '../../src/journal/journal-writer.ts';
import type { EventData, ExecutionEvent } from '../../src/model/event.ts';
import type { Verdict } from '../../src/model/verdict.ts';
import { sampleDocument, sampleEvents, sampleOpened, sequence, spanOf } from './sample-execution.ts';

export const sampleId = '2026-02-09T12-00-00Z-abcdef';

/** `text` is asked for each text, with the name of its place. */
export function eventsOfTexts(text: (place: string) => string, verdict: Verdict = 'failed', document = sampleDocument): readonly ExecutionEvent[] {
  const at = (part: string): EventData['task']['span'] => (document.includes(part) ? spanOf(document, part) : spanOf(document, document.slice(0, 1)));
  const opened = sampleOpened(sampleDocument);
  const step = { step: '1.1', attempt: 1, kind: 'shell', title: text('step title'), span: at('echo "Run ID: 7"') } as const;
  const output = { stream: 'stdout', bytes: 10_000, lines: 3, sha256: 'cd'.repeat(32), head: text('output head'), tail: text('output tail') } as const;
  const origin = { kind: 'output', step: '1.1', stream: 'stdout', lineNumber: 1 } as const;
  const policy = {
    id: 'P1',
    text: text('policy text'),
    span: at('No manual DB inserts.'),
    rule: { kind: 'no-manual-writes', tables: [text('table')] },
  } as const;
  return sequence(
    {
      opened: {
        ...opened,
        plan: { ...opened.plan, title: text('plan title'), sha256: createHash('sha256').update(document).digest('hex') },
        argv: ['run', text('argument')],
        environment: text('environment'),
        workspace: { path: text('workspace'), commit: 'ab'.repeat(20), dirty: [text('changed file')], dirtyCount: 1 },
        isolation: { level: 'network', reason: text('isolation reason') },
        inputs: [{ name: text('input name'), text: text('input value'), type: 'text', origin: { kind: 'input', source: '--set' } }],
      },
    },
    { preparation: { command: text('preparation'), exitCode: 0, durationMs: 5, stdoutSha256: 'ef'.repeat(32) } },
    { 'policy-declared': { ...policy, scope: { kind: 'document' }, origin: 'text' } },
    { canary: { name: text('canary'), layer: 'gateway', moment: 'start', refused: true, detail: text('canary detail') } },
    { precondition: { id: 'Q1', text: text('precondition'), span: at('A sample'), verdict: 'passed', notes: [text('precondition note')] } },
    {
      'step-started': {
        ...step,
        section: '1',
        role: 'step',
        text: 'as written',
        action: text('action'),
        splices: [],
        access: { capability: 'write', writes: [text('written table')] },
        once: true,
        timeoutMs: 1_000,
        environmentNames: [],
        values: [{ name: text('value name'), text: text('value'), type: 'text', origin }],
      },
    },
    { decision: { step: '1.1', source: 'gateway', effect: 'permit', rule: 'read', reason: '', policies: [], text: text('permitted'), count: 1, fates: [] } },
    {
      decision: {
        step: '1.1',
        source: 'gateway',
        effect: 'refuse',
        rule: 'protected-relation',
        reason: text('refusal reason'),
        policies: ['P1'],
        text: text('refused'),
        sqlstate: '25006',
        count: 1,
        fates: [],
      },
    },
    { tripwire: { kind: 'rows', what: text('tripwire'), explained: false, step: '1.1', effect: 'refuse', policies: ['P1'] } },
    { capture: { step: '1.1', name: text('capture name'), text: text('capture'), type: 'text', origin, captured: true, again: false } },
    {
      expectation: {
        id: 'E1',
        step: '1.1',
        text: text('expectation'),
        span: at('n == 1'),
        origin: 'text',
        claim: 'compare',
        verdict: 'passed',
        actual: text('actual'),
        notes: [text('note')],
      },
    },
    {
      'step-ended': {
        ...step,
        outcome: 'completed',
        verdict: 'failed',
        reason: text('step reason'),
        durationMs: 1_234,
        exitCode: 1,
        outputs: [output],
        rows: { columns: [{ name: text('column'), type: 'text' }], rowCount: 1, rows: [[{ type: 'text', text: text('cell') }]] },
        sqlFailure: { sqlstate: '23514', message: text('server') },
        searches: [{ pattern: text('pattern'), matches: 1, hits: [{ path: text('hit path'), lineNumber: 1, text: text('hit') }], hidden: 0 }],
        leftover: [text('leftover')],
        program: { path: text('program'), sha256: 'ab'.repeat(32) },
        statements: { permitted: 1, refused: 1 },
      },
    },
    {
      'step-not-run': {
        step: '1.2',
        kind: 'sql-assert',
        title: text('title not run'),
        span: at('SELECT 1 AS n;'),
        reason: text('why not run'),
        notNeeded: false,
      },
    },
    {
      witness: {
        witness: text('witness'),
        moment: 'end',
        step: '1.1',
        seed: null,
        root: null,
        rows: 0,
        problem: text('witness problem'),
        contradictions: [text('contradiction')],
      },
    },
    { task: { id: 'T1', text: text('task'), span: at('It works.'), verdict: 'unproven', verifiedBy: [], attestedBy: text('attested by') } },
    {
      criterion: {
        id: 'C1',
        text: text('criterion'),
        span: at('It works.'),
        verdict: 'failed',
        clauses: [
          { text: text('clause'), verdict: 'failed', witnesses: [{ kind: 'expectation', id: 'E1', verdict: 'passed' }] },
          { text: text('clause without'), verdict: 'none', witnesses: [] },
        ],
      },
    },
    {
      'policy-enforced': {
        ...policy,
        strength: 'PREVENTED',
        by: text('enforced by'),
        canary: text('canary told'),
        permitted: 1,
        refused: 1,
        firstEntry: 1,
        lastEntry: 2,
        verdict: 'refused',
      },
    },
    { 'report-field': { label: text('label'), span: at('**Run ID:** `<run_id>`'), hole: at('<run_id>'), value: text('filled'), origin: text('field origin') } },
    { 'report-field': { label: text('label open'), span: at('**Root:** `<root_hash>`'), hole: at('<root_hash>') } },
    {
      diagnostic: {
        severity: 'failed',
        code: 'engine/wrong-type',
        message: text('message'),
        span: at('m == 2'),
        label: text('frame'),
        notes: [text('diagnostic note')],
        help: text('help'),
      },
    },
    { verdict: { verdict, exitCode: 1, reason: text('verdict reason') } },
    { files: { files: [] } },
    { closed: { verdict } },
  );
}

/** A plan with so many steps, one of which fails in the end. */
export function longExecution(count: number): { readonly document: string; readonly events: readonly ExecutionEvent[] } {
  const lines = ['# Long', ''];
  for (let step = 1; step <= count; step += 1) lines.push('```bash', `echo ${step}`, '```', '');
  const document = lines.join('\n');
  const base = sampleEvents();
  const find = (kind: ExecutionEvent['kind']): ExecutionEvent => base.find((event) => event.kind === kind) as ExecutionEvent;
  const [opened, started, ended, expectation] = [find('opened'), find('step-started'), find('step-ended'), find('expectation')];
  const span = (
    step: number,
  ): {
    readonly path: string;
    readonly start: { offset: number; line: number; column: number };
    readonly end: { offset: number; line: number; column: number };
  } => {
    const at = { offset: 0, line: 4 * step, column: 1 };
    return { path: 'plans/sample.md', start: at, end: { ...at, column: 9 } };
  };
  const events: ExecutionEvent[] = [];
  const push = (event: ExecutionEvent, data: object): void =>
    void events.push({ ...event, seq: events.length + 1, data: { ...event.data, ...data } } as ExecutionEvent);
  push(opened, {
    steps: Array.from({ length: count }, (_, index) => ({
      id: `1.${index + 1}`,
      kind: 'shell',
      title: `step ${index + 1}`,
      section: '1',
      role: 'step',
      span: span(index + 1),
      expectations: 1,
    })),
  });
  const output = { stream: 'stdout', bytes: 1_000_000, lines: 20_000, sha256: 'cd'.repeat(32), head: 'head\n'.repeat(200), tail: 'tail\n'.repeat(200) };
  for (let step = 1; step <= count; step += 1) {
    const verdict = step === count ? 'failed' : 'passed';
    const own = { step: `1.${step}`, span: span(step), title: `step ${step}` };
    push(started, { ...own, text: `echo ${step}`, action: `echo ${step}` });
    push(expectation, { ...own, id: `1.${step}/1`, verdict });
    push(ended, { ...own, verdict, outputs: [output], rows: undefined });
  }
  push(find('verdict'), {});
  return { document, events };
}

/** An execution of a document that says only these expectations; they are made from one of the sample's. */
export function sampleOpening(
  document: string,
  expectations: (one: EventData['expectation']) => readonly EventData['expectation'][],
): readonly ExecutionEvent[] {
  const events = sampleEvents();
  const one = events.find((event) => event.kind === 'expectation');
  const opened = { ...sampleOpened(), plan: { ...sampleOpened().plan, bytes: Buffer.byteLength(document) } };
  return sequence(
    { opened },
    ...(one?.kind === 'expectation' ? expectations(one.data) : []).map((expectation) => ({ expectation })),
    { verdict: { verdict: 'failed', exitCode: 1, reason: 'one does not hold' } },
    { closed: { verdict: 'failed' } },
  );
}

/** Writes a record whose journal holds these events. `until`: only what stands before that kind. */
export async function writeRecord(folder: string, events: readonly ExecutionEvent[], document: string, until?: ExecutionEvent['kind']): Promise<string> {
  mkdirSync(join(folder, 'evidence/sha256'), { recursive: true });
  writeFileSync(join(folder, 'evidence/sha256', createHash('sha256').update(document).digest('hex')), document);
  const journal = await openJournal({ folder, execution: sampleId, clock: () => 1_770_638_400_000 });
  for (const event of events) {
    if (event.kind === until) break;
    // As the record would have it: without members that are undefined.
    await journal.record(event.kind, JSON.parse(JSON.stringify(event.data)) as Readonly<Record<string, unknown>>);
  }
  await journal.close();
  return folder;
}
