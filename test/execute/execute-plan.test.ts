import { exec } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Claim } from '../../src/model/claim.ts';
import { startTestServer, type TestServer } from '../support/postgres.ts';
import { ask, createSample, environmentFor, execute, pgScript, readAll, writeIn, type Executed, type Sample } from './run-sample.ts';
import { capture, coordinator, exitsWithZero, plan, policy, search, shell, spanAt, sql } from './sample-plan.ts';

const run = promisify(exec);

let server: TestServer;
let sample: Sample;

beforeAll(async () => {
  server = await startTestServer();
  await ask(
    server.owner,
    'CREATE TABLE runs (id text PRIMARY KEY, status text NOT NULL, plan_json text)',
    'CREATE TABLE steps (run_id text NOT NULL, step_index integer NOT NULL, skill_name text NOT NULL, status text NOT NULL)',
    'CREATE TABLE notes (note text)',
  );
});
afterAll(() => server.close());
beforeEach(async () => {
  sample = await createSample();
  await ask(server.owner, 'TRUNCATE runs, steps, notes');
});
afterEach(() => sample.close());

const noManualWrites = policy('P1', { kind: 'no-manual-writes', tables: ['runs', 'steps'], writer: '2.1' });
const guarded = { policies: [noManualWrites], protectedTables: ['runs', 'steps'] } as const;
const send = (...statements: readonly string[]): string => `node ${pgScript} ${statements.map((statement) => `"${statement}"`).join(' ')}`;
const atLeastOne: Claim = { kind: 'rows', bound: 'at-least', count: 1, noun: 'row' };
const produce = shell(
  '2.1',
  `${send("insert into runs values ('r1', 'succeeded', '{}')", "insert into steps values ('r1', 0, 'http_call', 'success')")} && echo 'Run ID: r1'`,
  { capability: 'production', captures: [capture('run_id')] },
);

/** The record is whole, closed, and nobody's afterwards: for both verifiers. */
async function expectWhole(executed: Executed): Promise<void> {
  expect(await executed.audit()).toEqual([]);
  expect(executed.verifyByPython()).toMatch(/ok/i);
  await executed.verdictFile();
}

describe('an execution that passes', () => {
  it('runs every step in order, under the guard, and leaves a whole record', async () => {
    const steps = [
      produce,
      sql('3.1', 'SELECT id, status FROM runs WHERE id = $1', {
        parameters: ['run_id'],
        claims: [atLeastOne],
        columns: [{ column: 'status', name: 'runs.status' }],
      }),
    ];
    const executed = await execute(
      sample,
      plan(steps, { ...guarded, report: [{ label: 'Run ID', span: spanAt(120), hole: spanAt(121), source: { kind: 'name', name: 'run_id' } }] }),
      environmentFor(sample, server.owner),
    );
    expect(executed.end.diagnostics).toEqual([]);
    expect(executed.end).toMatchObject({ verdict: 'passed', exitCode: 0, opened: true, attempt: 1 });
    expect(executed.steps).toEqual(['2.1: completed passed', '3.1: completed passed']);
    expect(executed.of('canary').every((canary) => canary.refused)).toBe(true);
    expect(executed.of('policy-enforced')).toMatchObject([{ id: 'P1', strength: 'PREVENTED', refused: 0, verdict: 'passed' }]);
    expect(executed.of('report-field')).toMatchObject([{ label: 'Run ID', value: 'r1' }]);
    expect(await executed.verdictFile()).toMatchObject({
      verdict: 'passed',
      exitCode: 0,
      captures: { run_id: { value: 'r1' }, 'runs.status': { value: 'succeeded' } },
    });
    await expectWhole(executed);
  });

  it('gives steps the address of the guard and not one variable that nobody declared', async () => {
    const steps = [shell('1.1', 'env')];
    const executed = await execute(sample, plan(steps, guarded), environmentFor(sample, server.owner), {
      processEnvironment: { ...process.env, PLANTED: 'x', PGPASSWORD: server.owner.password },
    });
    const head = executed.of('step-ended')[0]?.outputs[0]?.head ?? '';
    expect(head).toContain('DATABASE_URL=postgresql://');
    expect(head).not.toContain('PLANTED');
    expect(head).not.toContain(server.owner.password);
    expect(head).not.toContain('PGPASSWORD');
    // The token of the step is masked in everything that is kept.
    expect(head).toMatch(/DATABASE_URL=postgresql:\/\/[^:]+:\*\*\*@127\.0\.0\.1/);
  });
});

describe('stop on failure', () => {
  it('runs nothing after a step that failed, and lists it', async () => {
    const executed = await execute(sample, plan([shell('1.1', 'exit 3'), shell('1.2', 'echo never')], guarded), environmentFor(sample, server.owner));
    expect(executed.end).toMatchObject({ verdict: 'failed', exitCode: 1 });
    expect(executed.steps).toEqual(['1.1: completed failed']);
    expect(executed.notRun).toEqual(['1.2']);
    expect(executed.of('expectation').map(({ verdict }) => verdict)).toEqual(['failed', 'none']);
    expect(executed.end.diagnostics[0]).toMatchObject({ severity: 'failed', code: 'execute/expectation-not-met' });
    await expectWhole(executed);
  });

  it('ends a step at its time limit', async () => {
    const executed = await execute(sample, plan([shell('1.1', 'sleep 30', { timeoutMs: 300 })]), undefined);
    expect(executed.steps).toEqual(['1.1: timed out failed']);
    expect(executed.end.diagnostics.map(({ code }) => code)).toContain('execute/step-timed-out');
  });

  it('tells what a step left behind', async () => {
    const executed = await execute(sample, plan([shell('1.1', 'sleep 60 > /dev/null 2>&1 & sort /dev/null')]), undefined);
    expect(executed.end.diagnostics).toMatchObject([{ severity: 'warning', code: 'execute/process-left' }]);
  });

  it('waits with a section until the section before it holds', async () => {
    const order = policy('P2', { kind: 'order', before: '1', after: '2' });
    const vacuous = shell('1.1', 'true', { claims: [exitsWithZero, { kind: 'output', operator: 'contains', text: '', negated: false }] });
    const executed = await execute(sample, plan([vacuous, shell('2.1', 'echo x')], { policies: [order] }), undefined);
    expect(executed.notRun).toEqual(['2.1']);
    expect(executed.of('step-not-run')[0]?.reason).toContain('section 1 must hold before it');
    expect(executed.end.diagnostics.map(({ code }) => code)).toEqual(['execute/claim-unproven']);
    expect(executed.end.verdict).toBe('unproven');
  });

  it('lets it begin when it does, and says so in the policy row', async () => {
    const order = policy('P2', { kind: 'order', before: '1', after: '2' });
    const executed = await execute(sample, plan([shell('1.1', 'true'), shell('2.1', 'echo x')], { policies: [order] }), undefined);
    expect(executed.end.verdict).toBe('passed');
    expect(executed.of('policy-enforced')).toMatchObject([{ strength: 'PREVENTED', permitted: 1, refused: 0 }]);
  });
});

describe('refusals', () => {
  const intruder = shell('3.1', send("insert into runs values ('forged', 'succeeded')"), { claims: [exitsWithZero] });

  it('takes effect without the guard: the attack is real', async () => {
    await ask(server.owner, "insert into runs values ('forged', 'succeeded')");
    expect(await ask(server.owner, 'select * from runs')).toHaveLength(1);
  });

  it('refuses an INSERT of a step, points at the sentence, and runs nothing further', async () => {
    const executed = await execute(sample, plan([produce, intruder, shell('4.1', 'echo never')], guarded), environmentFor(sample, server.owner));
    expect(executed.end).toMatchObject({ verdict: 'refused', exitCode: 3 });
    expect(executed.steps).toEqual(['2.1: completed passed', '3.1: refused refused']);
    expect(executed.notRun).toEqual(['4.1']);
    const [first] = executed.end.diagnostics;
    expect(first).toMatchObject({
      severity: 'refused',
      code: 'policy/forbidden-write',
      message: 'step 3.1 sent an INSERT into `runs`, which only the production path (step 2.1) may write',
      span: spanAt(1),
    });
    expect(first?.notes?.[0]).toBe('the gateway answered in place of the database; no row was written');
    expect(await ask(server.owner, 'select id from runs')).toEqual([{ id: 'r1' }]);
    expect(await executed.verdictFile()).toMatchObject({
      decisions: [{ step: '3.1', effect: 'refuse', policy: 'no-manual-writes', line: 1, sqlstate: '25006' }],
    });
    expect(executed.of('policy-enforced')).toMatchObject([{ refused: 1, verdict: 'refused' }]);
    await expectWhole(executed);
  });

  it('refuses it also when the program swallows the error and ends with 0', async () => {
    const swallowing = shell('3.1', `SWALLOW=1 ${send("insert into runs values ('forged', 'succeeded')")}; exit 0`);
    const executed = await execute(sample, plan([swallowing], guarded), environmentFor(sample, server.owner));
    expect(executed.of('step-ended')[0]).toMatchObject({ exitCode: 0, outcome: 'refused', statements: { refused: 1 } });
    expect(executed.end.exitCode).toBe(3);
  });

  it('runs nothing when the text itself is refused', async () => {
    const refusals = [
      {
        severity: 'refused',
        code: 'policy/forbidden-write',
        message: 'step 3.1 holds an INSERT into `runs`',
        span: spanAt(1),
        notes: ['rule: protected-relation'],
      },
    ] as const;
    const executed = await execute(sample, plan([produce, intruder], guarded), environmentFor(sample, server.owner), { refusals });
    expect(executed.end).toMatchObject({ verdict: 'refused', exitCode: 3 });
    expect(executed.notRun).toEqual(['2.1', '3.1']);
    expect(executed.of('decision')).toMatchObject([{ step: '3.1', source: 'static', effect: 'refuse', rule: 'protected-relation', policies: ['P1'] }]);
    expect(executed.of('policy-enforced')).toMatchObject([{ strength: 'ATTESTED', refused: 1, verdict: 'refused' }]);
    expect(await ask(server.owner, 'select * from runs')).toEqual([]);
    await expectWhole(executed);
  });

  it('refuses what is no write, too, and names it as a statement', async () => {
    const executed = await execute(
      sample,
      plan([shell('2.1', send('grant select on notes to public'), { capability: 'production' })], guarded),
      environmentFor(sample, server.owner),
    );
    expect(executed.end.exitCode).toBe(3);
    expect(executed.end.diagnostics[0]).toMatchObject({ code: 'policy/forbidden-statement', span: spanAt(20) });
    expect(await ask(server.owner, "select relacl::text as acl from pg_class where relname = 'notes'")).toEqual([{ acl: null }]);
  });

  it('finds rows that came round the gateway', async () => {
    // The step has stolen the real credential: what the gateway cannot prevent the tripwires detect.
    const { host, port, user, password, database } = server.owner;
    const round = shell(
      '3.1',
      `DATABASE_URL='postgresql://${user}:${password}@${host}:${port}/${database}' ${send("insert into runs values ('forged', 'succeeded')")}`,
    );
    const executed = await execute(sample, plan([round], guarded), environmentFor(sample, server.owner));
    expect(executed.end).toMatchObject({ verdict: 'refused', exitCode: 3 });
    expect(executed.of('tripwire').find((finding) => finding.kind === 'rows')).toMatchObject({ explained: false, effect: 'refuse', policies: ['P1'] });
    expect(executed.end.diagnostics[0]).toMatchObject({ code: 'policy/changed-behind-guard' });
    await expectWhole(executed);
  });

  it('finds an SQLite file where the policy forbids the fallback', async () => {
    const noSqlite = policy('P2', { kind: 'no-sqlite-fallback', identifiers: [], files: [] });
    const header = `printf 'SQLite format 3\\0%04096d' 0 > traces.bin`;
    const executed = await execute(
      sample,
      plan([shell('1.1', header)], { ...guarded, policies: [noManualWrites, noSqlite] }),
      environmentFor(sample, server.owner),
    );
    expect(executed.end).toMatchObject({ verdict: 'refused', exitCode: 3 });
    expect(executed.end.diagnostics[0]).toMatchObject({ code: 'policy/sqlite-fallback', span: spanAt(2) });
    expect(executed.end.diagnostics[0]?.message).toContain('traces.bin');
    expect(executed.of('policy-enforced')[1]).toMatchObject({ strength: 'DETECTED', refused: 1 });
  });
});

describe('the workspace', () => {
  const frozen = policy('P1', { kind: 'no-workspace-change' });
  const edit = shell('1.1', 'echo changed > source.py');
  beforeEach(async () => {
    await writeIn(sample, 'source.py', 'original\n');
    await run('git init -q && git add . && git -c user.name=t -c user.email=t@example.org commit -q -m first', { cwd: sample.workspace });
  });

  it('proves nothing by a tested source that was edited in the middle, and refuses it where the plan forbids it', async () => {
    const shown = await execute(sample, plan([edit]), undefined);
    expect(shown.end).toMatchObject({ verdict: 'unproven', reason: expect.stringContaining('step 1.1: `source.py` was edited') });
    expect(shown.of('tripwire')).toMatchObject([{ step: '1.1', kind: 'workspace', what: '`source.py` was edited', effect: 'shown' }]);
    await writeIn(sample, 'source.py', 'original\n');
    const refused = await execute(sample, plan([edit], { policies: [frozen] }), undefined);
    expect(refused.end).toMatchObject({ verdict: 'refused', exitCode: 3 });
    expect(refused.of('policy-enforced')).toMatchObject([{ strength: 'DETECTED', refused: 1 }]);
  });

  it('is held to the sentence without version control, too', async () => {
    await run('rm -rf .git', { cwd: sample.workspace });
    const still = await execute(sample, plan([shell('1.1', 'cat source.py')], { policies: [frozen] }), undefined);
    expect(still.end).toMatchObject({ verdict: 'passed' });
    expect(still.of('policy-enforced')).toMatchObject([{ strength: 'DETECTED', refused: 0 }]);
    const edited = await execute(sample, plan([edit], { policies: [frozen] }), undefined);
    expect(edited.end).toMatchObject({ verdict: 'refused', exitCode: 3 });
    expect(edited.of('tripwire')).toMatchObject([{ step: '1.1', what: '`source.py` was edited', effect: 'refuse' }]);
    const added = await execute(sample, plan([shell('1.1', 'echo new > more.py')], { policies: [frozen] }), undefined);
    expect(added.end).toMatchObject({ verdict: 'refused', exitCode: 3 });
    expect(added.of('tripwire')).toMatchObject([{ step: 'execution', what: 'new files: more.py', effect: 'refuse' }]);
  });

  it('keeps still about what the repository ignores', async () => {
    await writeIn(sample, '.gitignore', '__pycache__/\n.gitignore\n');
    const executed = await execute(sample, plan([shell('1.1', 'mkdir __pycache__ && touch __pycache__/a.pyc')], { policies: [frozen] }), undefined);
    expect(executed.end.verdict).toBe('passed');
    expect(executed.of('opened')[0]?.workspace.commit).toMatch(/^[0-9a-f]{40}$/);
  });
});

describe('freshness', () => {
  const fresh: Claim = { kind: 'fresh', name: 'run_id', relation: 'runs', column: 'id' };
  const claiming = { capability: 'production', captures: [capture('run_id')], claims: [exitsWithZero, fresh] } as const;

  it('holds for a row that the production path wrote', async () => {
    const executed = await execute(sample, plan([shell('2.1', produce.command, claiming)], guarded), environmentFor(sample, server.owner));
    expect(executed.end.diagnostics).toEqual([]);
    expect(executed.of('expectation')[1]).toMatchObject({ claim: 'fresh', verdict: 'passed' });
  });

  it('does not hold for an old row whose id a program prints again', async () => {
    await ask(server.owner, "insert into runs values ('r1', 'succeeded', '{}')");
    const liar = shell('2.1', `${send("update runs set status = 'succeeded' where id = 'r1'")} && echo 'Run ID: r1'`, claiming);
    const executed = await execute(sample, plan([liar], guarded), environmentFor(sample, server.owner));
    expect(executed.end.verdict).toBe('failed');
    expect(executed.of('expectation')[1]).toMatchObject({ claim: 'fresh', verdict: 'failed', actual: 'it was there before' });
  });

  it('does not hold for a row that a step before the production path made', async () => {
    const seed = shell('1.1', send("insert into notes values ('x')"), { capability: 'write', writes: ['notes'] });
    const printer = shell('2.1', "echo 'Run ID: r1'", claiming);
    const executed = await execute(sample, plan([seed, printer], guarded), environmentFor(sample, server.owner));
    expect(executed.of('expectation')[2]).toMatchObject({ verdict: 'failed', actual: 'it is not there' });
  });
});

describe('names', () => {
  it('shows a conflict of two observations, and fails', async () => {
    const steps = [
      sql('1.1', 'SELECT 7 AS step_count', { claims: [atLeastOne], columns: [{ column: 'step_count', name: 'step_count' }] }),
      coordinator('1.2', 'echo step_count: 6', ['step_count']),
    ];
    const executed = await execute(sample, plan(steps, guarded), environmentFor(sample, server.owner));
    expect(executed.end.verdict).toBe('failed');
    expect(executed.end.diagnostics[0]).toMatchObject({
      code: 'execute/conflicting-values',
      notes: ['row 1 of step 1.1, column step_count: 7', 'stdout of step 1.2, line 1: 6'],
    });
    expect(executed.of('capture')[1]).toMatchObject({ name: 'step_count', text: '6', conflict: { text: '7' } });
  });

  it('fails when a step shows another value than was given', async () => {
    const tenant = { name: 'tenant_id', type: 'text', span: spanAt(3), neededBy: '1.1', secret: false } as const;
    const values = [{ name: 'tenant_id', value: { type: 'text', text: 't1' }, origin: { kind: 'input', source: '--set' } }] as const;
    const other = coordinator('1.1', 'echo tenant_id: t2', ['tenant_id']);
    expect((await execute(sample, plan([other], { inputs: [tenant] }), undefined, { values })).end.verdict).toBe('failed');
    const same = coordinator('1.1', 'echo tenant_id: t1', ['tenant_id']);
    expect((await execute(sample, plan([same], { inputs: [tenant] }), undefined, { values })).end.verdict).toBe('passed');
  });

  it('fails when a value that is to be recorded is missing', async () => {
    const executed = await execute(sample, plan([shell('1.1', 'echo nothing', { captures: [capture('run_id')] })]), undefined);
    expect(executed.end.verdict).toBe('failed');
    expect(executed.end.diagnostics[0]).toMatchObject({ code: 'execute/missing-capture', message: 'step 1.1 did not show `run_id`' });
  });

  it('runs a conditional step only when its name was not captured', async () => {
    const list = (text: string) => shell('1.1', `echo '${text}'`, { captures: [capture('agent_id', { optional: true })] });
    const create = shell('1.2', "echo 'agent_id: a2'", {
      captures: [capture('agent_id')],
      condition: { kind: 'not-captured', name: 'agent_id', span: spanAt(4) },
    });
    const found = await execute(sample, plan([list('agent_id: a1'), create]), undefined);
    expect(found.steps).toEqual(['1.1: completed passed']);
    expect(found.of('step-not-run')).toMatchObject([{ step: '1.2', notNeeded: true }]);
    expect(found.end.verdict).toBe('passed');
    const none = await execute(sample, plan([list('No agents found'), create]), undefined);
    expect(none.steps).toEqual(['1.1: completed passed', '1.2: completed passed']);
    expect(none.of('capture')).toMatchObject([{ name: 'agent_id', text: 'a2' }]);
  });

  it('masks a secret in every file of the record', async () => {
    const key = { name: 'api_key', type: 'text', span: spanAt(3), neededBy: '1.1', secret: true } as const;
    const values = [
      { name: 'api_key', value: { type: 'text', text: 'planted-secret-value' }, origin: { kind: 'input', source: '--set-secret' }, secret: true },
    ] as const;
    const splices = [{ name: 'api_key', offset: 0, length: 0, replacement: '"$PP_api_key"', format: 'plain', carrier: 'PP_api_key' }] as const;
    const printer = shell('1.1', 'echo "key: $PP_api_key"; printf %s "$PP_api_key" | base64', { splices, captures: [capture('key')] });
    const executed = await execute(sample, plan([printer], { inputs: [key] }), undefined, {
      values,
      argv: ['run', 'sample.md', '--set-secret', 'api_key=planted-secret-value'],
    });
    expect(executed.end.verdict).toBe('passed');
    const forms = ['planted-secret-value', Buffer.from('planted-secret-value').toString('base64')];
    const files = await readAll(sample.out);
    expect(files.length).toBeGreaterThan(4);
    expect(files.filter(({ text }) => forms.some((form) => text.includes(form)))).toEqual([]);
  });
});

describe('gates before the first step', () => {
  it('blocks on a precondition that does not hold, with exit 4', async () => {
    const check = shell('0.1', 'exit 1', { role: 'precondition' });
    const precondition = {
      id: 'C1',
      text: 'migrated to head',
      span: spanAt(5),
      checks: [{ kind: 'database-reachable' }, { kind: 'step', step: '0.1' }],
    } as const;
    const executed = await execute(sample, plan([check, produce], { ...guarded, preconditions: [precondition] }), environmentFor(sample, server.owner));
    expect(executed.end).toMatchObject({ verdict: 'unproven', exitCode: 4 });
    expect(executed.end.reason).toBe('blocked: the precondition `migrated to head` does not hold');
    expect(executed.steps).toEqual(['0.1: blocked unproven']);
    expect(executed.notRun).toEqual(['2.1']);
    expect(executed.of('precondition')).toMatchObject([{ verdict: 'unproven' }]);
    expect(executed.end.diagnostics.map(({ code }) => code)).toContain('execute/precondition-not-met');
    await expectWhole(executed);
  });

  it('blocks on a variable that the text does not set, and prepares nothing for it', async () => {
    const precondition = {
      id: 'C1',
      text: '`USE_POSTGRES_TRACES=true`',
      span: spanAt(5),
      checks: [{ kind: 'environment', variable: 'USE_POSTGRES_TRACES', value: 'true', unmetBy: [{ step: '2.1', span: spanAt(20) }] }],
    } as const;
    const executed = await execute(
      sample,
      plan([produce], { ...guarded, preconditions: [precondition] }),
      environmentFor(sample, { ...server.owner, port: 1 }),
    );
    expect(executed.end).toMatchObject({ verdict: 'unproven', exitCode: 4, reason: 'blocked: the precondition `USE_POSTGRES_TRACES=true` does not hold' });
    expect(executed.notRun).toEqual(['2.1']);
    await expectWhole(executed);
  });

  it('finds a query that the server rejects before anything runs', async () => {
    const executed = await execute(
      sample,
      plan([produce, sql('3.1', 'SELECT no_such_column FROM runs', { claims: [atLeastOne] })], guarded),
      environmentFor(sample, server.owner),
    );
    expect(executed.end).toMatchObject({ verdict: 'error', exitCode: 5 });
    expect(executed.end.diagnostics[0]).toMatchObject({ code: 'execute/query-rejected', span: spanAt(30) });
    expect(executed.end.diagnostics[0]?.message).toContain('no_such_column');
    expect(executed.notRun).toEqual(['2.1', '3.1']);
    expect(await ask(server.owner, 'select * from runs')).toEqual([]);
  });

  it('passes nothing that has no step, and nothing of which nothing was expected', async () => {
    const empty = await execute(sample, plan([]), undefined);
    expect(empty.end).toMatchObject({ verdict: 'unproven', exitCode: 4, reason: 'no step was executed' });
    const silent = await execute(sample, plan([shell('1.1', 'true', { claims: [] })]), undefined);
    expect(silent.end).toMatchObject({ verdict: 'unproven', exitCode: 4 });
    expect(silent.end.diagnostics[0]).toMatchObject({ code: 'execute/unasserted-step' });
  });

  it('acts on nothing in a dry run, and on one step with --only', async () => {
    const dry = await execute(sample, plan([produce], guarded), environmentFor(sample, server.owner), { dryRun: true });
    expect(dry.end).toMatchObject({ verdict: 'unproven', exitCode: 4 });
    expect(dry.of('canary').length).toBeGreaterThan(0);
    expect(dry.notRun).toEqual(['2.1']);
    const only = await execute(sample, plan([shell('1.1', 'true'), shell('1.2', 'true')]), undefined, { only: '1.2' });
    expect(only.steps).toEqual(['1.2: completed passed']);
    expect(only.end.verdict).toBe('unproven');
  });

  it('does not open for an input that is missing, of a wrong type, or unknown', async () => {
    const input = { name: 'count', type: 'integer', span: spanAt(3), neededBy: '1.1', secret: false } as const;
    const given = (name: string, text: string) => ({ name, value: { type: 'text', text }, origin: { kind: 'input', source: '--set' } }) as const;
    const wanting = plan([shell('1.1', 'true')], { inputs: [input] });
    const missing = await execute(sample, wanting, undefined);
    expect(missing.end).toMatchObject({ opened: false, exitCode: 2 });
    expect(missing.end.diagnostics).toMatchObject([{ code: 'execute/missing-input', help: 'pass --set count=<value>' }]);
    expect((await execute(sample, wanting, undefined, { values: [given('count', 'many')] })).end.diagnostics).toMatchObject([
      { code: 'execute/wrong-input-type' },
    ]);
    const misspelt = await execute(sample, wanting, undefined, { values: [given('count', '1'), given('cuont', '2')] });
    expect(misspelt.end.diagnostics).toMatchObject([{ code: 'execute/unknown-input', help: 'did you mean `count`?' }]);
  });

  it('does not open for a document that is not the compiled one, or without a database that it needs', async () => {
    const edited = await execute(sample, plan([shell('1.1', 'true')]), undefined, { planBytes: new TextEncoder().encode('edited') });
    expect(edited.end).toMatchObject({ opened: false, diagnostics: [{ code: 'execute/plan-changed' }] });
    const homeless = await execute(sample, plan([sql('1.1', 'select 1', { claims: [atLeastOne] })]), undefined);
    expect(homeless.end).toMatchObject({ opened: false, exitCode: 2, diagnostics: [{ code: 'execute/no-database' }] });
  });

  it('says that the database cannot be reached, and leaves nothing', async () => {
    const executed = await execute(sample, plan([produce], guarded), environmentFor(sample, { ...server.owner, port: 1 }));
    expect(executed.end).toMatchObject({ opened: false, verdict: 'error', exitCode: 5 });
    expect(executed.end.diagnostics[0]?.code).toBe('environment/unreachable');
  });
});

describe('criteria, tasks and policies that nobody enforces', () => {
  const criterion = (witnesses: readonly { readonly kind: 'expectation' | 'step' | 'policy'; readonly id: string }[]) => ({
    id: 'A1',
    text: 'it works',
    span: spanAt(7),
    clauses: [{ text: 'it works', witnesses }],
  });
  it.each([
    ['an expectation that held', [{ kind: 'expectation', id: '1.1/1' }], 'passed', 'passed'],
    ['no witness', [], 'unproven', 'unproven'],
    ['a witness that was never judged', [{ kind: 'step', id: '9.9' }], 'unproven', 'unproven'],
  ] as const)('a criterion with %s', async (_, witnesses, met, verdict) => {
    const executed = await execute(sample, plan([shell('1.1', 'true')], { criteria: [criterion(witnesses)] }), undefined);
    expect(executed.of('criterion')).toMatchObject([{ verdict: met }]);
    expect(executed.end.diagnostics.map(({ code }) => code)).toEqual(met === 'passed' ? [] : ['execute/criterion-unproven']);
    expect(executed.end.verdict).toBe(verdict);
  });

  it('a task that nothing verifies needs a name', async () => {
    const tasks = [{ id: 'T1', text: 'patch the model', span: spanAt(8), verifiedBy: [] }];
    const unattested = await execute(sample, plan([shell('1.1', 'true')], { tasks }), undefined);
    expect(unattested.end).toMatchObject({ verdict: 'unproven', exitCode: 4 });
    expect(unattested.end.diagnostics).toMatchObject([{ code: 'execute/task-not-attested' }]);
    const attested = await execute(sample, plan([shell('1.1', 'true')], { tasks }), undefined, { attest: [{ task: 'T1', by: 'Ada' }] });
    expect(attested.end.verdict).toBe('passed');
    expect(attested.of('task')).toMatchObject([{ attestedBy: 'Ada', verdict: 'passed' }]);
  });

  it('a policy that nothing enforces is unproven, unless it was accepted by name', async () => {
    const network = await execute(
      sample,
      plan([shell('1.1', 'true')], { policies: [policy('P1', { kind: 'no-network', permit: ['registry.example'] })] }),
      undefined,
    );
    expect(network.end).toMatchObject({ verdict: 'unproven', exitCode: 4 });
    expect(network.end.diagnostics).toMatchObject([{ code: 'execute/policy-not-enforced' }]);
    expect(network.of('policy-enforced')).toMatchObject([{ strength: 'UNENFORCED' }]);
    const accepted = await execute(sample, plan([shell('1.1', 'true')], { policies: [policy('P1', { kind: 'accepted', by: 'Ada' })] }), undefined);
    expect(accepted.end.verdict).toBe('passed');
  });

  it('an attempt beyond the limit is refused, and the failures before it count', async () => {
    const limited = plan([shell('1.1', 'exit 1')], { policies: [policy('P1', { kind: 'attempt-limit', attempts: 1 })] });
    expect((await execute(sample, limited, undefined)).end.verdict).toBe('failed');
    const second = await execute(sample, limited, undefined);
    expect(second.end).toMatchObject({ verdict: 'refused', exitCode: 3, attempt: 2 });
    expect(second.notRun).toEqual(['1.1']);
  });
});

describe('searches', () => {
  it('needs each alternative, and each hit with what must stand near it', async () => {
    await writeIn(sample, 'a.py', 'Run(\n  origin_system_id=x,\n)\n\nRun(\n  goal=y,\n)\n');
    const each: Claim = { kind: 'each-hit', contains: 'origin_system_id', withinLines: 12 };
    const executed = await execute(sample, plan([search('1.1', ['Run\\('], ['a.py'], [each])]), undefined);
    expect(executed.of('expectation')).toMatchObject([{ verdict: 'failed', actual: '1 of 2 hits with `origin_system_id`', notes: ['without it: a.py:5'] }]);
    const absent = await execute(sample, plan([search('1.1', ['goal', 'nowhere'], ['a.py'], [{ kind: 'found', quantity: 'each' }])]), undefined);
    expect(absent.end.verdict).toBe('failed');
    const noFile = await execute(sample, plan([search('1.1', ['goal'], ['b.py'], [{ kind: 'found', quantity: 'none' }])]), undefined);
    expect(noFile.end).toMatchObject({ verdict: 'failed', exitCode: 1 });
  });
});
