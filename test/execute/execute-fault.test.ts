/** What goes wrong around an execution: the database dies, the disk is full, somebody interrupts, somebody tampers, a program lies. */
import { appendFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { computeChainRoot } from '../../src/execute/hash-chain-witness.ts';
import type { Claim } from '../../src/model/claim.ts';
import type { HashChainWitness } from '../../src/model/environment.ts';
import { startTestServer, type TestServer } from '../support/postgres.ts';
import type { ExecuteOptions } from '../../src/execute/execution-option.ts';
import { ask, createSample, environmentFor, execute, pgScript, type Sample } from './run-sample.ts';
import { capture, coordinator, exitsWithZero, plan, policy, shell, spanAt, sql } from './sample-plan.ts';

const schema = [
  'CREATE TABLE runs (id text PRIMARY KEY, origin text NOT NULL, plan_json text)',
  'CREATE TABLE steps (run_id text NOT NULL, step_index integer NOT NULL, skill_name text NOT NULL, status text NOT NULL)',
] as const;

let server: TestServer;
let sample: Sample;

beforeAll(async () => {
  server = await startTestServer();
  await ask(server.owner, ...schema);
});
afterAll(() => server.close());
beforeEach(async () => {
  sample = await createSample();
  await ask(server.owner, 'TRUNCATE runs, steps');
});
afterEach(() => sample.close());

const guarded = {
  policies: [policy('P1', { kind: 'no-manual-writes', tables: ['runs', 'steps'], writer: '2.1' })],
  protectedTables: ['runs', 'steps'],
} as const;
const send = (...statements: readonly string[]): string => `node ${pgScript} ${statements.map((statement) => `"${statement}"`).join(' ')}`;
const production = (...statements: readonly string[]) =>
  shell('2.1', `${send("insert into runs values ('r1', 'cli', null)", ...statements)} && echo 'run_id: r1'`, {
    capability: 'production',
    captures: [capture('run_id')],
  });

/** Somebody else on the machine acts while the step runs: a step itself cannot, where processes are kept apart. */
function during(id: string, act: () => void): Pick<ExecuteOptions, 'onEvent'> {
  return {
    onEvent: (event) => {
      if (event.kind === 'step-started' && event.data.step === id) setTimeout(act, 100);
    },
  };
}

describe('a database that dies in the middle', () => {
  it.each([
    ['a program', shell('3.1', `sleep 0.6; ${send('select 1')}`)],
    ['an assertion', shell('3.1', 'sleep 0.6')],
  ] as const)('under %s: exit 5, the step named, the record closed', async (_, victim) => {
    const doomed = await startTestServer();
    try {
      await ask(doomed.owner, ...schema);
      const [row] = await ask(doomed.superuser, "select pg_read_file('postmaster.pid') as pid");
      const postmaster = Number.parseInt(String(row?.['pid']), 10);
      const after = sql('3.2', 'SELECT 1 AS one', { claims: [{ kind: 'rows', bound: 'at-least', count: 1, noun: 'row' }] });
      const executed = await execute(
        sample,
        plan([production(), victim, after, shell('4.1', 'echo never')], guarded),
        environmentFor(sample, doomed.owner),
        during('3.1', () => process.kill(postmaster, 'SIGKILL')),
      );
      expect(executed.end).toMatchObject({ verdict: 'error', exitCode: 5 });
      expect(executed.end.reason).toMatch(/^the database did not answer any more in step 3\.[12]$/);
      expect(executed.end.diagnostics.map(({ code }) => code)).toContain('execute/database-lost');
      expect(executed.end.diagnostics.map(({ code }) => code)).not.toContain('policy/changed-behind-guard');
      expect(executed.notRun).toContain('4.1');
      expect(await executed.audit()).toEqual([]);
    } finally {
      await doomed.close();
    }
  });
});

describe('interruption', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends the step, closes the record, and exits with %i', async (name, exitCode) => {
    const controller = new AbortController();
    const executed = await execute(sample, plan([shell('1.1', 'sleep 30'), shell('1.2', 'echo never')]), undefined, {
      signal: controller.signal,
      // As soon as the first step is under way.
      onEvent: (event) => {
        if (event.kind === 'step-started') setTimeout(() => controller.abort(name), 100);
      },
    });
    expect(executed.end).toMatchObject({ verdict: 'error', exitCode, opened: true });
    expect(executed.end.reason).toBe('interrupted in step 1.1');
    expect(executed.end.diagnostics.map(({ code }) => code)).toEqual(['execute/interrupted']);
    expect(await executed.audit()).toEqual([]);
    expect(await executed.verdictFile()).toMatchObject({
      exitCode,
      steps: [
        { id: '1.1', outcome: 'interrupted' },
        { id: '1.2', outcome: 'not run' },
      ],
    });
  });
});

describe('a record that cannot be written', () => {
  it('stops, exits with 5, and does not look closed', async () => {
    // Somebody writes into the journal while it is open: what follows proves nothing any more.
    const meddle = during('1.1', () => {
      for (const name of readdirSync(join(sample.out, 'executions'))) appendFileSync(join(sample.out, 'executions', name, 'journal.jsonl'), 'forged\n');
    });
    const executed = await execute(sample, plan([shell('1.1', 'sleep 0.5'), shell('1.2', 'echo never')]), undefined, meddle);
    expect(executed.end).toMatchObject({ verdict: 'error', exitCode: 5, opened: true });
    expect(executed.end.diagnostics.at(-1)?.code).toBe('journal/disturbed');
    expect(executed.steps).toEqual([]);
    expect((await executed.audit()).length).toBeGreaterThan(0);
  });

  it('does not let anybody leave a verdict or a report of his own', async () => {
    const forge = during('1.1', () => {
      for (const name of readdirSync(join(sample.out, 'executions'))) {
        writeFileSync(join(sample.out, 'executions', name, 'verdict.json'), '{"verdict":"passed"}');
        writeFileSync(join(sample.out, 'executions', name, 'report.md'), 'fine');
      }
    });
    const executed = await execute(sample, plan([shell('1.1', 'sleep 0.5')]), undefined, {
      ...forge,
      reports: [{ name: 'report.md', render: () => Promise.resolve('# ours\n') }],
    });
    expect(executed.end).toMatchObject({ verdict: 'error', exitCode: 5, reason: '`verdict.json` was already there before the execution had a verdict' });
    expect(executed.end.diagnostics.map(({ code }) => code)).toEqual(['execute/planted-file', 'execute/planted-file']);
    expect(await executed.verdictFile()).toMatchObject({ verdict: 'error', exitCode: 5 });
    expect(await executed.audit()).toEqual([]);
  });

  it('says that a step could not be given a temporary folder', async () => {
    const before = process.env['TMPDIR'];
    const executing = execute(sample, plan([shell('1.1', 'true'), shell('1.2', 'true')]), undefined, {
      onEvent: (event) => {
        if (event.kind === 'step-started') process.env['TMPDIR'] = join(sample.out, 'nowhere');
      },
    });
    const executed = await executing.finally(() => {
      if (before === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = before;
    });
    expect(executed.end).toMatchObject({ verdict: 'error', exitCode: 5, diagnostics: [{ code: 'execute/runner-failed' }] });
    expect(executed.notRun).toEqual(['1.2']);
    expect(await executed.audit()).toEqual([]);
  });

  it('says that the output folder cannot be written', async () => {
    await writeFile(sample.out, 'a file');
    const executed = await execute(sample, plan([shell('1.1', 'true')]), undefined);
    expect(executed.end).toMatchObject({ opened: false, verdict: 'error', exitCode: 5 });
    expect(executed.end.diagnostics[0]?.code).toBe('journal/output-unusable');
  });

  it.each([
    ['the record could not be closed', (folder: string) => mkdirSync(join(folder, 'checkpoint'))],
    ['the ledger does not take the end', (folder: string) => rmSync(join(folder, '..', '..', 'ledger.jsonl'))],
  ])('leaves no verdict.json where %s', async (_what, meddle) => {
    const executed = await execute(sample, plan([shell('1.1', 'true')]), undefined, {
      reports: [
        {
          name: 'report.md',
          render: (folder) => {
            meddle(folder);
            return Promise.resolve('# passed\n');
          },
        },
      ],
    });
    expect(executed.end).toMatchObject({ verdict: 'error', exitCode: 5, opened: true });
    const [name = ''] = readdirSync(join(sample.out, 'executions'));
    expect(readdirSync(join(sample.out, 'executions', name)).filter((file) => /^(?:verdict|report)/.test(file))).toEqual([]);
  });

  it('keeps its verdict when a report or a reader throws', async () => {
    const executed = await execute(sample, plan([shell('1.1', 'true')]), undefined, {
      reports: [{ name: 'report.md', render: () => Promise.reject(new Error('no ink')) }],
      onEvent: () => {
        throw new Error('no terminal');
      },
    });
    expect(executed.end).toMatchObject({ verdict: 'passed', exitCode: 0 });
    expect(executed.end.diagnostics).toMatchObject([{ severity: 'warning', code: 'execute/report-failed' }]);
    expect(await executed.audit()).toEqual([]);
  });

  it('writes the report that is given, and its digest', async () => {
    const executed = await execute(sample, plan([shell('1.1', 'true')]), undefined, {
      reports: [{ name: 'report.md', render: () => Promise.resolve('# a report\n') }],
    });
    expect(executed.of('files')).toMatchObject([{ files: [{ path: 'verdict.json' }, { path: 'report.md', bytes: 11 }] }]);
    expect(await executed.audit()).toEqual([]);
  });
});

describe('a hash chain', () => {
  const witness: HashChainWitness = {
    name: 'chain',
    algorithm: 'sha256',
    seed: 'run_id',
    row: '{step_index}:{skill_name}:{status}',
    query: 'select step_index, skill_name, status from steps where run_id = $1 order by step_index',
    root: 'root_hash',
  };
  const environment = () => environmentFor(sample, server.owner, { witnesses: [witness] });
  const stored = "insert into steps values ('r1', 0, 'http_call', 'success')";
  const computed = computeChainRoot('r1', witness.row, [{ step_index: '0', skill_name: 'http_call', status: 'success' }]);
  const root = 'root' in computed ? computed.root : '';

  it('agrees with what the coordinator prints', async () => {
    const executed = await execute(sample, plan([production(stored), coordinator('4.1', `echo root_hash: ${root}`, ['root_hash'])], guarded), environment());
    expect(executed.end.diagnostics).toEqual([]);
    expect(executed.end.verdict).toBe('passed');
    expect(executed.of('witness').map(({ moment, root: read }) => [moment, read])).toEqual([
      ['production', root],
      ['coordinator-call', root],
      ['end', root],
    ]);
  });

  it('does not believe a coordinator that prints VERIFIED for a wrong root', async () => {
    const liar = coordinator('4.1', `echo verification_status: VERIFIED; echo root_hash: ${'0'.repeat(64)}`, ['verification_status', 'root_hash'], {
      claims: [{ kind: 'returns', value: 'VERIFIED' }],
    });
    const executed = await execute(sample, plan([production(stored), liar], guarded), environment());
    expect(executed.end).toMatchObject({ verdict: 'failed', exitCode: 1 });
    expect(executed.of('expectation').at(-1)).toMatchObject({ claim: 'hash-chain', origin: 'implied', verdict: 'failed' });
  });

  it('finds stored rows that were changed between the production path and the coordinator', async () => {
    // The declared write of another step: the tripwires have no objection, the chain has.
    const tamper = shell('3.1', send("update steps set status = 'failure'"), { capability: 'write', writes: ['steps'] });
    const changed = computeChainRoot('r1', witness.row, [{ step_index: '0', skill_name: 'http_call', status: 'failure' }]);
    const open = { policies: [], protectedTables: [] };
    const executed = await execute(
      sample,
      plan([production(stored), tamper, coordinator('4.1', `echo root_hash: ${'root' in changed ? changed.root : ''}`, ['root_hash'])], open),
      environment(),
    );
    expect(executed.end.verdict).toBe('failed');
    expect(executed.of('expectation').at(-1)?.notes[0]).toBe('stored steps changed between step 2.1 and 4.1');
    const late = await execute(
      sample,
      plan(
        [shell('2.1', `${send('delete from steps', stored)}; echo 'run_id: r1'`, { capability: 'production', captures: [capture('run_id')] }), tamper],
        open,
      ),
      environment(),
    );
    expect(late.end.verdict).toBe('failed');
    expect(late.end.reason).toBe('stored steps changed between step 2.1 and the end');
    expect(late.end.diagnostics.map(({ code }) => code)).toContain('execute/stored-rows-changed');
  });
});

describe('probes', () => {
  const notNull: Claim = { kind: 'sql-fails', sqlstate: '23502', column: 'origin' };
  it('shows that the database rejects what the plan must not send, and writes nothing', async () => {
    const probe = sql('1.1', "insert into runs (id) values ('probe')", { mode: 'probe', claims: [notNull] });
    const executed = await execute(sample, plan([probe, production()], guarded), environmentFor(sample, server.owner));
    expect(executed.end.diagnostics).toEqual([]);
    expect(executed.of('decision')[0]).toMatchObject({ step: '1.1', source: 'session', rule: 'probe', effect: 'permit', fates: ['rolled back'] });
    expect(await ask(server.owner, 'select id from runs')).toEqual([{ id: 'r1' }]);
  });

  it('fails when the database takes it, and still writes nothing', async () => {
    const probe = sql('1.1', "insert into runs (id, origin) values ('probe', 'x')", { mode: 'probe', claims: [notNull] });
    const executed = await execute(sample, plan([probe], guarded), environmentFor(sample, server.owner));
    expect(executed.end.verdict).toBe('failed');
    expect(await ask(server.owner, 'select id from runs')).toEqual([]);
  });
});

describe('an environment of our own', () => {
  it('prepares, provides, and ignores what the plan captures itself', async () => {
    await mkdir(join(sample.workspace, 'deep'));
    const prepare = [
      {
        run: send('create table runs (id text primary key, tenant text)', "insert into runs values ('old', 't1')"),
        workingDirectory: '.',
        environment: {},
        timeoutMs: 60_000,
      },
    ];
    const provides = [
      { name: 'tenant_id', kind: 'constant', text: 't1' },
      { name: 'run_id', kind: 'constant', text: 'ignored' },
    ] as const;
    const splices = [{ name: 'tenant_id', offset: 0, length: 0, replacement: '"$PP_tenant_id"', format: 'plain', carrier: 'PP_tenant_id' }] as const;
    const fresh: Claim = { kind: 'fresh', name: 'run_id', relation: 'runs', column: 'id' };
    const run = shell('2.1', `${send("insert into runs values ('new', '$PP_tenant_id')")}; echo run_id: new`, {
      capability: 'production',
      captures: [capture('run_id')],
      claims: [exitsWithZero, fresh],
      splices,
    });
    const check = sql('3.1', 'select tenant from runs where id = $1', {
      parameters: ['run_id'],
      columns: [{ column: 'tenant', name: 'tenant_id' }],
      claims: [{ kind: 'rows', bound: 'exactly', count: 1, noun: 'row' }],
    });
    const inputs = [{ name: 'tenant_id', type: 'text', span: spanAt(3), neededBy: '2.1', secret: false }] as const;
    const policies = [policy('P1', { kind: 'no-manual-writes', tables: ['runs'], writer: '2.1' }), policy('P2', { kind: 'fresh-evidence', names: [] })];
    const executed = await execute(
      sample,
      plan([run, check], { inputs, policies, protectedTables: ['runs'] }),
      environmentFor(sample, 'embedded', { prepare, provides }),
    );
    expect(executed.end.diagnostics).toEqual([]);
    expect(executed.end).toMatchObject({ verdict: 'passed', exitCode: 0 });
    expect(executed.of('preparation')).toHaveLength(1);
    expect(executed.of('opened')[0]).toMatchObject({
      database: { ownServer: true, superuser: false },
      inputs: [{ name: 'tenant_id', text: 't1', origin: { kind: 'input', source: 'environment' } }],
    });
    expect(executed.of('policy-enforced')).toMatchObject([{ strength: 'PREVENTED' }, { strength: 'DETECTED', verdict: 'passed' }]);
    expect(await executed.audit()).toEqual([]);
  });

  it("calls nothing prevented under a superuser of somebody else's server", async () => {
    const executed = await execute(sample, plan([production()], guarded), environmentFor(sample, server.superuser));
    expect(executed.of('policy-enforced')).toMatchObject([{ strength: 'DETECTED' }]);
    expect(executed.of('opened')[0]?.database).toMatchObject({ superuser: true, ownServer: false });
  });
});
