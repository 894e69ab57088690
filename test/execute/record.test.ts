import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { groupStatements } from '../../src/execute/decision-log.ts';
import { createJournalDriver, type Entry } from '../../src/execute/driver.ts';
import { createExecutionRecord, plainData, type ExecutionRecord } from '../../src/execute/execution-record.ts';
import { findPattern, findText } from '../../src/execute/search-output.ts';
import type { StatementRecord } from '../../src/model/contract.ts';
import { eventOf } from '../../src/model/event.ts';
import { readingOf } from '../../src/model/reading.ts';
import { createRedactor } from '../../src/model/redaction.ts';
import { plan, policy, shell, spanAt, sql } from './sample-plan.ts';

describe('the record', () => {
  it('is redacted, plain, and told to readers only once it is written', async () => {
    const order: string[] = [];
    const record = createExecutionRecord({
      journal: {
        record: (kind, data) => {
          order.push(`written ${kind} ${JSON.stringify(data)}`);
          return Promise.resolve({ seq: 7, hash: '' });
        },
      },
      redactor: createRedactor(['planted-secret']),
      clock: () => 0,
      onEvent: (event) => order.push(`told ${event.seq} ${event.ts}`),
    });
    const data = { verdict: 'failed', exitCode: 1, reason: 'planted-secret \ud800', extra: undefined } as const;
    await record.record('verdict', data);
    expect(order).toEqual(['written verdict {"verdict":"failed","exitCode":1,"reason":"*** \ufffd"}', 'told 7 1970-01-01T00:00:00.000Z']);
  });

  it('tells nothing that could not be written', async () => {
    const told: unknown[] = [];
    const record = createExecutionRecord({
      journal: { record: () => Promise.reject(new Error('full')) },
      redactor: createRedactor([]),
      clock: () => 0,
      onEvent: (event) => told.push(event),
    });
    await expect(record.record('closed', { verdict: 'passed' })).rejects.toThrow('full');
    expect(told).toEqual([]);
  });

  it('keeps what JSON has', () => {
    expect(plainData({ a: [1, null, { b: true }], c: undefined }, createRedactor([]))).toEqual({ a: [1, null, { b: true }] });
  });

  it('is read back as events, and a kind of a later version is left out', () => {
    const entry = { v: 1, execution: 'e', seq: 3, ts: 't', kind: 'closed', data: { verdict: 'passed' }, prev: '' } as const;
    expect(eventOf(entry)).toEqual({ kind: 'closed', seq: 3, ts: 't', data: { verdict: 'passed' } });
    expect(eventOf({ ...entry, kind: 'toString' })).toBeUndefined();
  });
});

describe('the one door to the world', () => {
  const started: Entry & { readonly durable: boolean } = { kind: 'closed', data: { verdict: 'none' }, durable: true };
  const recording = (log: string[]): ExecutionRecord => ({
    record: (kind, data, options) => {
      log.push(`${kind} ${JSON.stringify(data)} ${options?.durable === true ? 'durable' : 'lazy'}`);
      return Promise.resolve(log.length);
    },
    resume: () => Promise.resolve(),
    clockSetBack: () => undefined,
  });
  it('writes the intent before the act and the outcome after it', async () => {
    const log: string[] = [];
    const driver = createJournalDriver(recording(log));
    await driver.step('a', { once: false, intent: started, outcome: (verdict) => ({ kind: 'closed', data: { verdict } }) }, () => {
      log.push('act');
      return Promise.resolve('passed' as const);
    });
    expect(log).toEqual(['closed {"verdict":"none"} durable', 'act', 'closed {"verdict":"passed"} lazy']);
  });
  it('does not act when the intent cannot be written', async () => {
    let acted = false;
    const driver = createJournalDriver({ record: () => Promise.reject(new Error('full')) });
    const act = (): Promise<void> => {
      acted = true;
      return Promise.resolve();
    };
    await expect(driver.step('a', { once: true, intent: started }, act)).rejects.toThrow('full');
    expect(acted).toBe(false);
  });
  it('writes no outcome for an act that threw, and does nothing twice', async () => {
    const log: string[] = [];
    const driver = createJournalDriver(recording(log));
    await expect(driver.step('a', { once: true, intent: started, outcome: () => started }, () => Promise.reject(new Error('cut')))).rejects.toThrow('cut');
    expect(log).toHaveLength(1);
    await expect(driver.step('a', { once: true }, () => Promise.resolve())).rejects.toThrow('done before');
  });
});

describe('decisions', () => {
  const sample = plan([], {
    policies: [policy('P1', { kind: 'no-manual-writes', tables: [] }), policy('P2', { kind: 'read-only' }, { scope: { kind: 'section', section: '3' } })],
  });
  const statement = (sequence: number, text: string, more: Partial<StatementRecord> = {}): StatementRecord => ({
    sequence,
    step: '1.1',
    session: 1,
    text,
    decision: { effect: 'permit', rule: 'read', reason: '' },
    writes: [],
    rowCount: 2,
    fate: 'committed',
    ...more,
  });
  const refusal = { effect: 'refuse', rule: 'write-in-read-step', reason: 'r', policy: 'no-manual-writes', sqlstate: '25006' } as const;

  it('counts equal statements, and keeps different ends apart', () => {
    const data = groupStatements(sample, shell('1.1', ''), 'gateway', [
      statement(1, 'select 1'),
      statement(2, 'select 1'),
      statement(3, 'select 1', { sqlstate: '40001' }),
      statement(4, 'select 1', { decision: refusal }),
    ]);
    expect(data).toMatchObject([
      { text: 'select 1', effect: 'permit', count: 2, rowCount: 4, policies: ['P1'] },
      { text: 'select 1', effect: 'permit', count: 1, sqlstate: '40001' },
      { text: 'select 1', effect: 'refuse', count: 1, sqlstate: '25006', policies: ['P1'], span: spanAt(1) },
    ]);
  });
  it('names every sentence that forbids it', () => {
    expect(groupStatements(sample, sql('3.1', ''), 'session', [statement(1, 'x', { decision: refusal })])[0]?.policies).toEqual(['P1', 'P2']);
  });
  it('lists a hundred different reads and counts the others; writes and refusals are all there', () => {
    const reads = Array.from({ length: 500 }, (_, index) => statement(index, `select ${index}`));
    const writes = Array.from({ length: 200 }, (_, index) => statement(index, `insert ${index}`, { writes: [{ relation: 'notes', columns: [] }] }));
    const data = groupStatements(sample, shell('1.1', ''), 'gateway', [...reads, ...writes]);
    expect(data).toHaveLength(301);
    expect(data.at(-1)).toMatchObject({ text: '(400 more statements that only read)', count: 400 });
  });
});

describe('searching an output', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'proofplan-search-'));
    // More than one chunk of a file stream, the text across the border.
    await writeFile(join(folder, 'big'), `${'x'.repeat(65_533)}\nneedle\nlast line`);
    await writeFile(join(folder, 'long'), `${'y'.repeat(300_000)}\nneedle`);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  it.each([
    ['big', 'needle', 2],
    ['big', 'needle\nlast', 2],
    ['big', 'last line', 3],
    ['long', 'needle', 2],
  ])('finds in %s the text %j in line %i', async (file, text, lineNumber) => {
    expect(await findText({ path: join(folder, file), parts: [] }, text)).toEqual({ lineNumber });
  });
  it('does not find what is not there', async () => {
    expect(await findText({ path: join(folder, 'big'), parts: [] }, 'needles')).toBeUndefined();
    expect(await findPattern({ path: join(folder, 'big'), parts: [] }, '^needles$')).toBeUndefined();
  });
  it.each([
    ['big', '^needle$', 2],
    ['big', 'line$', 3],
    ['long', '^needle$', 2],
  ])('finds in %s the pattern %s in line %i', async (file, pattern, lineNumber) => {
    expect(await findPattern({ path: join(folder, file), parts: [] }, pattern)).toEqual({ lineNumber });
  });
  it('says that a pattern is none', async () => {
    expect(await findPattern({ path: join(folder, 'big'), parts: [] }, '(')).toMatchObject({
      problem: expect.stringContaining('`(` is no regular expression') as unknown,
    });
  });
});

describe('readingOf', () => {
  it('does not change when words move, and changes when they mean something else', () => {
    const a = plan([shell('1.1', 'true')]);
    const moved = plan([{ ...shell('1.1', 'true'), span: spanAt(99) }], { path: 'other.md', sha256: '0' });
    const other = plan([shell('1.1', 'false')]);
    expect(readingOf(moved)).toEqual(readingOf(a));
    expect(readingOf(other)).not.toEqual(readingOf(a));
  });
});
