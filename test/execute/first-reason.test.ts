/** Which of several messages about one step is told first: the cause, and what follows from it after it. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Claim } from '../../src/model/claim.ts';
import { need } from '../support/machine-need.ts';
import { startTestServer, type TestServer } from '../support/postgres.ts';
import { createSample, environmentFor, execute, type Sample } from './run-sample.ts';
import { capture, exitsWithZero, plan, policy, shell, sql } from './sample-plan.ts';

let sample: Sample;

beforeEach(async () => {
  sample = await createSample();
});
afterEach(() => sample.close());

const printed: Claim = { kind: 'output', operator: 'contains', text: 'ready', negated: false };
const equalsOne: Claim = {
  kind: 'compare',
  left: { kind: 'name', name: 'n' },
  operator: '==',
  right: { kind: 'literal', value: { type: 'integer', text: '1' } },
};

describe('a step whose program did not end as expected', () => {
  // Claims stand in the order of the compiler: what the plan says, then what is implied.
  it.each([
    { so: 'no such program', command: 'no-such-program-anywhere', ended: 'exit code 127', note: 'the shell found no program of that name' },
    {
      so: 'a program that must not be executed',
      command: 'touch plain && ./plain',
      ended: 'exit code 126',
      note: 'the shell found it and could not execute it',
    },
    { so: 'its own failure', command: 'echo "n: 2"; exit 3', ended: 'exit code 3', note: undefined },
    { so: 'a signal', command: 'kill -SEGV $$', ended: 'ended by SIGSEGV', note: undefined },
  ])('is told by that: $so', async ({ command, ended, note }) => {
    const step = shell('1.1', command, { claims: [printed, equalsOne, exitsWithZero], captures: [capture('port')] });
    const { end } = await execute(sample, plan([step]), undefined);
    expect(end).toMatchObject({ verdict: 'failed', reason: expect.stringContaining(ended) });
    const [first, ...others] = end.diagnostics;
    expect(first).toMatchObject({ code: 'execute/expectation-not-met', label: ended });
    expect(first?.notes?.[0]).toBe(note);
    expect(others.map(({ code }) => code)).toEqual(['execute/missing-capture', 'execute/expectation-not-met', 'execute/expectation-not-met']);
  });

  it('is told by the missing value where it ended well', async () => {
    const step = shell('1.1', 'echo ready', { claims: [printed, equalsOne, exitsWithZero], captures: [capture('n')] });
    const { end } = await execute(sample, plan([step]), undefined);
    expect(end.reason).toBe('step 1.1 did not show `n`');
    expect(end.diagnostics.map(({ code }) => code)).toEqual(['execute/missing-capture', 'execute/expectation-not-met']);
  });

  it('has the sentence beside it that took its network away', async (context) => {
    need(context, 'bubblewrap');
    const { end } = await execute(sample, plan([shell('1.1', 'exit 6')], { policies: [policy('P1', { kind: 'no-network', permit: [] })] }), undefined);
    expect(end.diagnostics[0]?.notes).toContainEqual(expect.stringMatching(/^a policy of the plan keeps its processes from every network/));
  });

  it('is told by its tests where they were counted', async () => {
    const command = "echo '==== 2 failed, 3 passed in 0.1s ===='; exit 1";
    const step = shell('1.1', command, { claims: [exitsWithZero, { kind: 'tests-pass' }], testRunner: 'pytest' });
    const { end } = await execute(sample, plan([step]), undefined);
    expect(end.reason).toContain('3 passed, 2 failed');
  });
});

describe('a statement that the server rejects', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());
  const division = 'SELECT 1 / (i - i) AS n FROM generate_series(1, 1) AS i';
  const play = (...steps: Parameters<typeof plan>[0]) => execute(sample, plan(steps), environmentFor(sample, server.owner));

  it('is a failure that is told first, with what the server said', async () => {
    const { end, steps } = await play(sql('1.1', division, { claims: [equalsOne], captures: [capture('n')] }));
    expect(steps).toEqual(['1.1: completed failed']);
    expect(end.reason).toBe('the server rejected the statement of step 1.1: division by zero');
    expect(end.diagnostics[0]).toMatchObject({ severity: 'failed', code: 'execute/statement-rejected', notes: ['SQLSTATE 22012'] });
  });

  it('never passes, whatever its step is for and whatever else is claimed of it', async () => {
    const absent: Claim = { kind: 'output', operator: 'contains', text: 'x', negated: true };
    const accidental: Claim = { kind: 'output', operator: 'contains', text: 'division', negated: false };
    const cleansUp = sql('4.1', division, { role: 'teardown' });
    const besides = await play(shell('1.1', 'true'), sql('2.1', division, { claims: [absent, accidental] }), cleansUp);
    expect(besides.end).toMatchObject({ verdict: 'failed', exitCode: 1 });
    expect(besides.steps.slice(1)).toEqual(['2.1: completed failed', '4.1: completed failed']);
    const reports = await play(shell('1.1', 'true'), sql('3.1', division, { role: 'report' }));
    expect(reports.steps.at(-1)).toBe('3.1: completed failed');
  });

  it('holds where the plan expects it', async () => {
    const expected: readonly Claim[] = [{ kind: 'fails' }, { kind: 'sql-fails', sqlstate: '22012' }];
    const { end } = await play(...expected.map((claim, index) => sql(`1.${index + 1}`, division, { claims: [claim] })));
    expect(end.diagnostics).toEqual([]);
    expect(end.verdict).toBe('passed');
  });
});
