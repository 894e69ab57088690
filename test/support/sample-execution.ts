/** The events of a small execution, made by hand around a document, for readers of events. */
import { createHash } from 'node:crypto';
import type { EventData, EventKind, ExecutionEvent } from '../../src/model/event.ts';
import type { Span } from '../../src/model/span.ts';

export const samplePath = 'plans/sample.md';

export const sampleDocument = [
  '# A sample',
  '',
  '**Policy:** No manual DB inserts.',
  '',
  '## 1. Run',
  '',
  '- Do it:',
  '  ```bash',
  '  echo "Run ID: 7"',
  '  ```',
  '- **Expected:** `n == 1`,',
  '  and `m == 2`.',
  '',
  '```sql',
  'SELECT 1 AS n;',
  '```',
  '',
  '## 2. Acceptance',
  '',
  '1. It works.',
  '2. It is proven.',
  '',
  '## 3. Report',
  '',
  '**Run ID:** `<run_id>`  ',
  '**Root:** `<root_hash>`',
  '',
].join('\n');

/** The span of the first occurrence of a text in a document; the whole lines with `lines`. */
export function spanOf(document: string, text: string, path = samplePath): Span {
  const offset = document.indexOf(text);
  if (offset < 0) throw new Error(`\`${text}\` is not in the document`);
  const position = (at: number): Span['start'] => {
    const before = document.slice(0, at).split(/\r\n|\n|\r/);
    return { offset: at, line: before.length, column: (before.at(-1) ?? '').length + 1 };
  };
  return { path, start: position(offset), end: position(offset + text.length) };
}

export function sequence(...events: readonly { readonly [K in EventKind]?: EventData[K] }[]): readonly ExecutionEvent[] {
  return events.map((event, index) => {
    const [kind, data] = Object.entries(event)[0] ?? [];
    return { kind, data, seq: index + 1, ts: `2026-02-09T12:00:0${Math.min(9, index)}.000Z` } as ExecutionEvent;
  });
}

export function sampleOpened(document = sampleDocument): EventData['opened'] {
  const planned = { section: '1', role: 'step', expectations: 1 } as const;
  return {
    plan: {
      path: samplePath,
      sha256: createHash('sha256').update(document).digest('hex'),
      bytes: Buffer.byteLength(document),
      stream: 'plan',
      title: 'A sample',
      form: 'markdown',
    },
    readingSha256: 'ab'.repeat(32),
    attempt: 1,
    ledger: { seq: 1, hash: '12'.repeat(32) },
    tool: { name: 'proofplan', version: '0.1.0', node: '20.19.0' },
    host: { platform: 'linux', release: '6', architecture: 'x64', user: 1000 },
    argv: ['run', samplePath],
    workspace: { path: '.', commit: null, dirty: [], dirtyCount: 0 },
    isolation: { level: 'network' },
    environment: 'sample',
    environmentNames: ['PATH'],
    database: { version: '15.4', user: 'app', name: 'app', ownServer: true, superuser: false },
    inputs: [],
    options: { dryRun: false, only: null },
    steps: [
      { ...planned, id: '1.1', kind: 'shell', title: 'Do it', span: spanOf(document, 'echo "Run ID: 7"') },
      { ...planned, id: '1.2', kind: 'sql-assert', title: 'Run', span: spanOf(document, 'SELECT 1 AS n;') },
    ],
  };
}

/** Step 1.1 passes, one of two expectations of 1.2 does not, one report field stays open. */
export function sampleEvents(document = sampleDocument): readonly ExecutionEvent[] {
  const at = (text: string): Span => spanOf(document, text);
  const output = { stream: 'stdout', bytes: 10, lines: 1, sha256: 'cd'.repeat(32), head: 'Run ID: 7\n', tail: '' } as const;
  const ended = { attempt: 1, outcome: 'completed', searches: [], leftover: [], outputs: [], statements: { permitted: 1, refused: 0 } } as const;
  const started = { attempt: 1, section: '1', role: 'step', splices: [], once: true, timeoutMs: 1000, environmentNames: [], values: [] } as const;
  const access = { capability: 'read', writes: [] } as const;
  return sequence(
    { opened: sampleOpened(document) },
    { preparation: { command: 'python -m app.migrate', exitCode: 0, durationMs: 1200, stdoutSha256: 'ef'.repeat(32) } },
    { canary: { name: 'insert', layer: 'gateway', moment: 'start', refused: true, detail: 'SQLSTATE 25006' } },
    {
      'step-started': {
        ...started,
        step: '1.1',
        kind: 'shell',
        title: 'Do it',
        span: at('echo "Run ID: 7"'),
        text: 'echo "Run ID: 7"',
        action: 'echo "Run ID: 7"',
        access,
      },
    },
    {
      capture: {
        step: '1.1',
        name: 'run_id',
        text: '7',
        type: 'integer',
        origin: { kind: 'output', step: '1.1', stream: 'stdout', lineNumber: 1 },
        captured: true,
        again: false,
      },
    },
    {
      'step-ended': {
        ...ended,
        step: '1.1',
        kind: 'shell',
        title: 'Do it',
        span: at('echo "Run ID: 7"'),
        verdict: 'passed',
        durationMs: 1234,
        exitCode: 0,
        isolation: 'process',
        outputs: [output],
      },
    },
    {
      'step-started': {
        ...started,
        step: '1.2',
        kind: 'sql-assert',
        title: 'Run',
        span: at('SELECT 1 AS n;'),
        text: 'SELECT 1 AS n;',
        action: 'SELECT 1 AS n;',
        access,
      },
    },
    {
      expectation: {
        id: 'E1',
        step: '1.2',
        text: '`n == 1`',
        span: at('n == 1'),
        origin: 'text',
        claim: 'compare',
        verdict: 'passed',
        actual: 'n is 1',
        notes: [],
      },
    },
    {
      expectation: {
        id: 'E2',
        step: '1.2',
        text: '`m == 2`',
        span: at('m == 2'),
        origin: 'text',
        claim: 'compare',
        verdict: 'failed',
        actual: 'm is 3',
        notes: ['m: row 1 of step 1.2'],
      },
    },
    {
      'step-ended': {
        ...ended,
        step: '1.2',
        kind: 'sql-assert',
        title: 'Run',
        span: at('SELECT 1 AS n;'),
        verdict: 'failed',
        durationMs: 10,
        rows: { columns: [{ name: 'n', type: 'int4' }], rowCount: 1, rows: [[{ type: 'integer', text: '1' }]] },
      },
    },
    {
      criterion: {
        id: 'C1',
        text: 'It works.',
        span: at('It works.'),
        verdict: 'failed',
        clauses: [{ text: 'It works', verdict: 'failed', witnesses: [{ kind: 'expectation', id: 'E2', verdict: 'failed' }] }],
      },
    },
    {
      criterion: {
        id: 'C2',
        text: 'It is proven.',
        span: at('It is proven.'),
        verdict: 'unproven',
        clauses: [{ text: 'It is proven', verdict: 'none', witnesses: [] }],
      },
    },
    {
      'policy-enforced': {
        id: 'P1',
        text: 'No manual DB inserts.',
        span: at('No manual DB inserts.'),
        rule: { kind: 'no-manual-writes', tables: ['runs'] },
        strength: 'PREVENTED',
        by: 'gateway',
        canary: 'insert',
        permitted: 3,
        refused: 0,
        firstEntry: 4,
        lastEntry: 9,
        verdict: 'passed',
      },
    },
    { 'report-field': { label: 'Run ID', span: at('**Run ID:** `<run_id>`'), hole: at('<run_id>'), value: '7', origin: 'stdout of step 1.1, line 1' } },
    { 'report-field': { label: 'Root', span: at('**Root:** `<root_hash>`'), hole: at('<root_hash>') } },
    { diagnostic: { severity: 'failed', code: 'engine/wrong-type', message: '`m == 2` does not hold: 3 is not 2', span: at('m == 2'), label: 'm is 3' } },
    { verdict: { verdict: 'failed', exitCode: 1, reason: '`m == 2` does not hold: 3 is not 2' } },
    { files: { files: [] } },
    { closed: { verdict: 'failed' } },
  );
}
