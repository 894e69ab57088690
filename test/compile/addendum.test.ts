import { describe, expect, it } from 'vitest';
import { compileAddendum, type Addendum } from '../../src/compile/addendum.ts';
import { announced, fixtureNames, fixtureText, shown, yamlOf } from './fixture.ts';

function compile(text: string): Addendum {
  const { value, diagnostics } = compileAddendum(yamlOf(text, 'a.addendum.yaml'));
  expect(diagnostics).toEqual([]);
  if (value === undefined) throw new Error('no value');
  return value;
}

/** The same without places. */
function spanless(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, inner: unknown) => (/span$/i.test(key) ? undefined : inner)));
}

describe('a whole addendum', () => {
  const text = fixtureText('addendum/whole.yaml');
  const addendum = compile(text);
  const source = (span: { readonly start: { readonly offset: number }; readonly end: { readonly offset: number } } | undefined): string =>
    text.slice(span?.start.offset, span?.end.offset);

  it('belongs to a plan', () => {
    expect(spanless({ path: addendum.path, plan: addendum.plan })).toEqual({ path: 'a.addendum.yaml', plan: { text: 'run-proof-v2.md' } });
    expect(source(addendum.plan.span)).toBe('run-proof-v2.md');
  });

  it('gives defaults and inputs', () => {
    expect(spanless(addendum.defaults)).toEqual([
      { kind: 'shell', workingDirectory: 'backend', timeoutMs: 60000 },
      { kind: 'coordinator-call', workingDirectory: 'backend' },
      { kind: 'sql-assert', timeoutMs: 5000 },
      { kind: 'rg-check', workingDirectory: '.' },
    ]);
    expect(spanless(addendum.inputs)).toEqual([
      { name: 'db_url', type: 'database', secret: true },
      { name: 'tenant_id', type: 'uuid', secret: false },
    ]);
    expect(source(addendum.inputs[0]?.span)).toBe('db_url');
  });

  it('judges preconditions in three ways', () => {
    expect(spanless(addendum.preconditions.map(({ check }) => check))).toEqual([
      { kind: 'database-reachable' },
      { kind: 'sql', sql: { text: 'select version from schema_migrations' }, expect: [{ text: 'version == 125' }] },
      {
        kind: 'run',
        run: { text: 'python -m app.hoc.cus.integrations.cus_cli list-skills' },
        expect: [{ text: 'output contains "http_call"' }, { text: 'exit code 0' }],
        environment: { PYTHONPATH: '.', USE_POSTGRES_TRACES: 'true', LEVEL: '1.10' },
        workingDirectory: 'backend',
        timeoutMs: 30000,
      },
    ]);
  });

  it('binds searches and probes', () => {
    expect(spanless(addendum.searches)).toEqual([
      { at: 'contains no customer run creation', pattern: { text: 'create_run|Run\\(' }, in: [{ text: 'backend/app' }], absent: true, fixed: false },
      { at: 'Required CLI arg', pattern: { text: '--tenant-id' }, in: [], absent: false, fixed: true },
    ]);
    expect(spanless(addendum.probes)).toEqual([
      {
        at: 'Insert without `origin_system_id` fails with a NOT NULL violation.',
        sql: { text: "insert into runs (id) values ('probe')" },
        expect: [{ text: 'fails with 23502 on column origin_system_id' }],
      },
    ]);
  });

  it('binds steps, and keeps apart what was not said', () => {
    expect(spanless(addendum.steps)).toEqual([
      {
        at: 'python -m app.hoc.cus.integrations.cus_cli run',
        productionPath: true,
        writes: [{ text: 'runs' }, { text: 'public.aos_traces' }],
        workingDirectory: 'backend',
        timeoutMs: 120000,
        environment: { PORT: '0x10' },
        expect: [{ text: 'exit code 0' }],
        once: true,
        kind: 'shell',
        carries: [{ text: 'RUN_DIR' }],
        title: 'the run',
      },
      { at: 'crontab -e', productionPath: false, writes: [], environment: {}, expect: [], carries: [], kind: 'reference' },
    ]);
  });

  it('captures from several sources in their order', () => {
    expect(spanless(addendum.captures)).toEqual([
      {
        name: 'agent_id',
        type: 'uuid',
        sources: [
          { kind: 'line', pattern: '<uuid>: <name> (<status>)', first: true, take: 'uuid' },
          { kind: 'line', pattern: 'Created agent: <uuid>', first: false },
          { kind: 'column', column: 'id' },
          { kind: 'label', label: 'Agent' },
          { kind: 'stdout' },
        ],
      },
      { at: 'Record the resulting `run_id`', sources: [{ kind: 'line', pattern: 'Run ID: <uuid>', first: false }] },
      { at: 'Error (if any)', type: 'text', optional: true, sources: [] },
      { name: 'revision', sources: [{ kind: 'column', column: 'version' }] },
      { name: 'folder', sources: [{ kind: 'stdout' }] },
      { name: 'status', sources: [{ kind: 'label', label: 'Status' }] },
    ]);
  });

  it('strengthens', () => {
    expect(spanless(addendum.expectations)).toEqual([
      { at: '- Status', expect: [{ text: 'status in { succeeded, failed }' }], step: { text: 'cus_cli run' } },
      { at: '- Run ID', expect: [{ text: 'run_id exists' }] },
    ]);
  });

  it('gives policies their meaning, in every kind', () => {
    expect(addendum.policies.map(({ binding }) => (binding.kind === 'rule' ? binding.rule : binding))).toEqual([
      { kind: 'no-manual-writes', tables: ['runs'], writer: 'cus_cli run' },
      { kind: 'no-manual-writes', tables: [] },
      { kind: 'no-sqlite-fallback', identifiers: ['SQLiteTraceStore'], files: ['*.db'] },
      { kind: 'stop-on-failure', evidence: true },
      { kind: 'stop-on-failure', evidence: false },
      { kind: 'order', before: '1', after: '2' },
      { kind: 'fresh-evidence', names: ['run_id'] },
      { kind: 'attempt-limit', attempts: 1 },
      { kind: 'no-network', permit: ['127.0.0.1'] },
      { kind: 'forbidden-target', names: ['production'] },
      { kind: 'forbidden-command', commands: ['git push'] },
      { kind: 'read-only' },
      { kind: 'no-execution' },
      { kind: 'no-ddl' },
      { kind: 'no-undeclared-env' },
      { kind: 'no-workspace-change' },
      { kind: 'no-substitution' },
      { kind: 'accept', by: 'Ada Lovelace', reason: 'nothing to enforce' },
    ]);
  });

  it('verifies tasks', () => {
    expect(spanless(addendum.tasks)).toEqual([
      { at: 'DB Migration', verifiedBy: [{ kind: 'quotation', quotation: { text: 'Insert without `origin_system_id` fails' } }] },
      { at: 'ORM Model Fix', verifiedBy: [{ kind: 'search', pattern: { text: 'default=' }, in: [{ text: 'backend/app/db.py' }], absent: true }] },
      {
        at: 'Run Creation Paths',
        verifiedBy: [
          { kind: 'quotation', quotation: { text: 'one quotation' } },
          { kind: 'search', pattern: { text: 'origin_system_id' }, in: [{ text: 'backend/app' }], absent: false },
        ],
      },
    ]);
  });

  it('finds witnesses of every kind', () => {
    expect(spanless(addendum.criteria)).toEqual([
      {
        at: 'schema is no longer self-contradictory',
        clause: { text: 'default removed' },
        witnesses: [{ kind: 'expectation', quotation: { text: 'Insert without' } }],
      },
      {
        at: 'Coordinator tests pass.',
        witnesses: [
          { kind: 'step', quotation: { text: 'pytest' } },
          { kind: 'claim', claim: { text: 'integrity_model = HASH_CHAIN' } },
          { kind: 'claim', claim: { text: 'status = VERIFIED' }, step: { text: 'RunProofCoordinator' } },
          { kind: 'policy', quotation: { text: 'No manual DB inserts.' } },
          { kind: 'write-order', first: { relation: 'public.runs', column: 'plan_json' }, then: { relation: 'aos_trace_steps' } },
          { kind: 'fresh', name: 'run_id', relation: 'runs', column: 'id' },
          { kind: 'each-hit', search: { text: 'rg -n "INSERT INTO runs"' }, contains: 'origin_system_id', withinLines: 12, except: 'class Run\\(' },
        ],
      },
    ]);
  });

  it('fills report fields and accepts blocks', () => {
    expect(spanless(addendum.report.map((field) => field.source))).toEqual([
      { kind: 'name', name: { text: 'run_id' } },
      { kind: 'sql', sql: { text: 'select version from schema_migrations' } },
      { kind: 'word', of: [{ text: 'pytest' }, { text: 'passed' }], words: ['pass', 'fail'] },
      { kind: 'word', of: [{ text: 'Insert without' }] },
      { kind: 'files', search: { text: 'rg -n "INSERT INTO runs"' }, except: 'tests/' },
    ]);
    expect(spanless(addendum.accept)).toEqual([{ at: '## Hintergrund', by: 'Ada Lovelace', as: 'unread', reason: 'background' }]);
  });

  it('places every entry and every quotation', () => {
    const lists = [
      addendum.preconditions,
      addendum.searches,
      addendum.probes,
      addendum.steps,
      addendum.expectations,
      addendum.policies,
      addendum.tasks,
      addendum.criteria,
      addendum.report,
      addendum.accept,
    ];
    for (const entry of lists.flat()) {
      expect(source(entry.atSpan).replace(/^'|'$/g, '')).toBe(entry.at);
      expect(entry.span.start.offset).toBeLessThan(entry.atSpan.start.offset);
      expect(entry.span.end.offset).toBeGreaterThan(entry.atSpan.end.offset);
    }
    expect(source(addendum.probes[0]?.expect[0]?.span)).toBe('fails with 23502 on column origin_system_id');
    expect(source(addendum.captures[0]?.sources[1]?.span)).toBe("'Created agent: <uuid>'");
  });

  it('is frozen through and through', () => {
    const unfrozen: unknown[] = [];
    const walk = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      if (!Object.isFrozen(value)) unfrozen.push(value);
      for (const inner of Object.values(value)) walk(inner);
    };
    walk(addendum);
    expect(unfrozen).toEqual([]);
  });
});

describe('the least addendum', () => {
  it('names its plan and binds nothing', () => {
    expect(compile('plan: a.md\n')).toMatchObject({ plan: { text: 'a.md' }, defaults: [], inputs: [], steps: [], captures: [], accept: [] });
  });
});

describe('refused addenda', () => {
  it.each(fixtureNames('addendum/refused'))('%s', (name) => {
    const text = fixtureText(`addendum/refused/${name}`);
    const { value, diagnostics } = compileAddendum(yamlOf(text));
    expect(value).toBeUndefined();
    expect(diagnostics.map(shown)).toEqual(announced(text));
    expect(diagnostics).not.toEqual([]);
    expect(new Set(diagnostics.map(({ severity }) => severity))).toEqual(new Set(['error']));
  });

  it('lists the keys that are known beside an unknown one', () => {
    const { diagnostics } = compileAddendum(yamlOf('plan: a.md\nprobes:\n  - { at: a, sql: b, expect: c, colour: red }\n'));
    expect(diagnostics[0]?.notes).toEqual(['known here: `at`, `sql`, `expect`']);
  });

  it('points at one line, however long the entry is', () => {
    const { diagnostics } = compileAddendum(yamlOf('plan: a.md\nsearches:\n  - at: a\n    absent: true\n    fixed: true\n'));
    expect(diagnostics[0]?.span).toMatchObject({ start: { line: 3, column: 5 }, end: { line: 3, column: 10 } });
  });

  it.each(['5', 'text', '[]', '[plan]', '~'])('wants a mapping, not %s', (text) => {
    expect(compileAddendum(yamlOf(text)).diagnostics[0]).toMatchObject({ code: 'compile/wrong-type', span: { start: { line: 1, column: 1 } } });
  });
});
