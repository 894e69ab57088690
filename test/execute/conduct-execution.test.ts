/** The gates before the first step, with a guard that fails on purpose: a real one cannot be made to. */
import { describe, expect, it } from 'vitest';
import { conductExecution } from '../../src/execute/conduct-execution.ts';
import { createContext } from '../../src/execute/create-context.ts';
import { createDiagnosticLog } from '../../src/execute/diagnostic-log.ts';
import type { ExecuteOptions } from '../../src/execute/execution-option.ts';
import type { ExecutionRecord } from '../../src/execute/execution-record.ts';
import { createSecretSet } from '../../src/execute/secret-set.ts';
import { JournalFailure } from '../../src/journal/journal-failure.ts';
import type { CanaryResult, Guard } from '../../src/model/contract.ts';
import type { Plan } from '../../src/model/plan.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { plan, planBytes, shell, sql } from './sample-plan.ts';

const refused: CanaryResult = { name: 'an INSERT', layer: 'gateway', refused: true, detail: '42501' };
const guard: Guard = {
  canaries: () => Promise.resolve([refused]),
  pulse: () => Promise.resolve(),
  strangers: () => [],
  tally: () => ({ permitted: 0, refused: 0 }),
  fingerprint: () => Promise.resolve(''),
  open: () => Promise.reject(new Error('no door')),
  assertion: () => Promise.resolve({ kind: 'lost', message: 'gone' }),
  preflight: (queries) => Promise.resolve(queries.map(() => undefined)),
  watch: () => Promise.reject(new Error('cannot look')),
  holdSnapshot: () => Promise.reject(new Error('cannot hold')),
  died: new Promise<never>(() => undefined),
  close: () => Promise.resolve(),
};

async function conduct(sample: Plan, own: Partial<Guard>, recording: (kind: string) => void = () => undefined) {
  const options: ExecuteOptions = {
    plan: sample,
    planBytes,
    refusals: [],
    environment: undefined,
    values: [],
    outFolder: '',
    stateFolder: '',
    cacheFolder: '',
    processEnvironment: {},
    clock: () => 0,
    signal: new AbortController().signal,
    argv: [],
    toolVersion: '0',
    onEvent: () => undefined,
  };
  const events: { readonly kind: string; readonly data: unknown }[] = [];
  const record: ExecutionRecord = {
    record: (kind, data) => {
      recording(kind);
      events.push({ kind, data });
      return Promise.resolve(events.length);
    },
    resume: () => Promise.resolve(),
    clockSetBack: () => undefined,
  };
  const secrets = createSecretSet();
  const diagnostics = createDiagnosticLog(secrets.redactor, record);
  // Nothing listens there: the question whether the database is lost is answered at once.
  const database = { host: '127.0.0.1', port: 1, user: 'u', password: 'p', database: 'd', tls: false };
  const guarded = {
    guard: { ...guard, ...own },
    database,
    facts: { ownServer: false, serverVersion: 150_000, user: 'app', superuser: false, countsTables: true, pooler: undefined },
    died: new AbortController().signal,
  };
  const context = createContext({ options, inputs: [], secrets, evidenceFolder: temporaryFolder(), record, diagnostics, workspace: '/', guarded });
  const parts = await conductExecution(options, 1, context);
  return {
    parts,
    context,
    codes: diagnostics.all().map(({ code }) => code),
    notRun: events.filter(({ kind }) => kind === 'step-not-run').length,
    started: events.filter(({ kind }) => kind === 'step-started').length,
  };
}

describe('conductExecution', () => {
  const two = plan([shell('1.1', 'true'), shell('1.2', 'true')]);

  it.each([
    ['a canary that was not refused', () => Promise.resolve([refused, { ...refused, refused: false }])],
    ['no canary at all', () => Promise.resolve([])],
  ] as const)('starts nothing under a guard with %s', async (_, canaries) => {
    const { parts, codes, notRun, started } = await conduct(two, { canaries });
    expect(parts).toMatchObject([{ verdict: 'error' }]);
    expect(codes).toEqual(['execute/canary-not-refused']);
    expect({ notRun, started }).toEqual({ notRun: 2, started: 0 });
  });

  it.each([
    ['canaries', { canaries: () => Promise.reject(new Error('dead')) }],
    ['preflight', { preflight: () => Promise.reject(new Error('dead')) }],
  ] as const)('starts nothing when the guard fails at its %s', async (_, own) => {
    const { parts, codes, notRun, started } = await conduct(plan([sql('1.1', 'select 1'), shell('1.2', 'true')]), own);
    expect(parts).toEqual([{ verdict: 'error', reason: 'the guard of the database failed: dead' }]);
    expect(codes).toEqual(['execute/guard-failed']);
    expect({ notRun, started }).toEqual({ notRun: 2, started: 0 });
  });

  it('does not run a production path without the snapshot that its freshness needs', async () => {
    const { parts, notRun, started } = await conduct(plan([shell('2.1', 'true', { capability: 'production' })]), {});
    expect(parts).toEqual([{ verdict: 'error', reason: 'the execution could not go on: no snapshot could be held: cannot hold' }]);
    expect({ notRun, started }).toEqual({ notRun: 1, started: 0 });
  });

  it.each([
    ['door', {}],
    ['watch', { open: () => Promise.resolve({ url: 'postgresql://s:token@127.0.0.1:1/d', close: () => Promise.resolve([]) }) }],
  ] as const)('runs no program without a %s', async (_, own) => {
    const { context, notRun, started } = await conduct(two, own);
    expect(context.results.get('1.1')).toMatchObject({ verdict: 'error' });
    expect({ notRun, started }).toEqual({ notRun: 1, started: 1 });
  });

  it('runs no program when the guard has lost its judgement since the last step', async () => {
    let asked = 0;
    const door = { url: 'postgresql://s:token@127.0.0.1:1/d', close: () => Promise.resolve([]) };
    const watch = { processStarted: () => undefined, compare: () => Promise.resolve([]) };
    const pulse = (): Promise<void> => ((asked += 1) === 1 ? Promise.resolve() : Promise.reject(new Error('blind')));
    const { context, notRun } = await conduct(plan([shell('1.1', 'true'), shell('1.2', 'true'), shell('1.3', 'true')]), {
      pulse,
      open: () => Promise.resolve(door),
      watch: () => Promise.resolve(watch),
    });
    expect(context.results.get('1.2')).toMatchObject({ verdict: 'error' });
    expect(notRun).toBe(1);
  });

  it('does not trust what was executed when a canary is let through at the end', async () => {
    let asked = 0;
    const canaries = (): Promise<readonly CanaryResult[]> => Promise.resolve([{ ...refused, refused: (asked += 1) === 1 }]);
    const { parts, codes } = await conduct(plan([shell('1.1', 'true', { capability: 'none' })]), {
      canaries,
      watch: () => Promise.resolve({ processStarted: () => undefined, compare: () => Promise.resolve([]) }),
    });
    expect(parts).toMatchObject([{ verdict: 'error', reason: 'the canary `an INSERT` was not refused' }]);
    expect(codes).toContain('execute/canary-not-refused');
  });

  it('goes no further when the record cannot be written', async () => {
    const full = (kind: string): void => {
      if (kind === 'step-started') throw new JournalFailure('write', 'no space left', []);
    };
    await expect(conduct(plan([shell('1.1', 'true', { capability: 'none' })]), {}, full)).rejects.toThrow('no space left');
  });
});
