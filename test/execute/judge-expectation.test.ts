import { describe, expect, it } from 'vitest';
import type { Claim, Operand, Operator } from '../../src/model/claim.ts';
import type { StatementRecord } from '../../src/model/contract.ts';
import type { StepEvidence } from '../../src/model/evidence.ts';
import type { Binding, Value, ValueType } from '../../src/model/value.ts';
import type { Gathered, Judgement } from '../../src/execute/judgement.ts';
import { bound, judge, type Given } from './judge-claim.ts';

const name = (text: string): Operand => ({ kind: 'name', name: text });
const literal = (text: string | null, type: ValueType = 'integer'): Operand => ({ kind: 'literal', value: { type, text } });
const compare = (left: Operand, operator: Operator, right: Operand): Claim => ({ kind: 'compare', left, operator, right });
const text = (value: string): Value => ({ type: 'text', text: value });

describe('compare', () => {
  const rows: readonly (readonly [string, readonly Binding[], Operator, Operand, Judgement['verdict']])[] = [
    ['an integer that is equal', [bound('n', '7', 'integer')], '==', literal('7'), 'passed'],
    ['an integer beyond the doubles', [bound('n', '9007199254740993', 'integer')], '==', literal('9007199254740992'), 'failed'],
    ['an integer that is at least', [bound('n', '7', 'integer')], '>=', literal('1'), 'passed'],
    ['an integer that is less', [bound('n', '0', 'integer')], '>=', literal('1'), 'failed'],
    ['a number of another spelling', [bound('n', '1.50', 'number')], '==', literal('1.5', 'number'), 'passed'],
    ['a sum that doubles get wrong', [bound('n', '0.3', 'number')], '==', literal('0.30000000000000004', 'number'), 'failed'],
    ['an exponent', [bound('n', '1e3', 'number')], '==', literal('1000'), 'passed'],
    ['text that counts, with an integer', [bound('n', '12')], '>', literal('9'), 'passed'],
    ['text that is no number', [bound('n', 'many')], '>', literal('9'), 'failed'],
    ['text that is no number, unequal', [bound('n', 'many')], '!=', literal('9'), 'failed'],
    ['NaN', [bound('n', 'NaN', 'number')], '!=', literal('9'), 'failed'],
    ['an empty text and 0', [bound('n', '')], '==', literal('0'), 'failed'],
    ['text exactly', [bound('n', 'HASH_CHAIN')], '==', literal('HASH_CHAIN', 'text'), 'passed'],
    ['text of another case', [bound('n', 'hash_chain')], '==', literal('HASH_CHAIN', 'text'), 'failed'],
    ['text with an order', [bound('n', 'b')], '>', literal('a', 'text'), 'failed'],
    ['null and a value', [bound('n', null)], '!=', literal('a', 'text'), 'failed'],
    ['null and null', [bound('n', null)], '==', literal(null, 'text'), 'passed'],
    ['a missing name', [], '==', literal('7'), 'failed'],
    ['a missing name, negated', [], '!=', literal('7'), 'failed'],
    [
      'a uuid of another case',
      [bound('n', '78D877A8-9F1E-4BF5-B060-1D5E23949A68', 'uuid')],
      '==',
      literal('78d877a8-9f1e-4bf5-b060-1d5e23949a68', 'text'),
      'passed',
    ],
    ['a boolean in words', [bound('n', 'True')], '==', literal('true', 'boolean'), 'passed'],
    ['a boolean that is something else', [bound('n', 'yes')], '!=', literal('true', 'boolean'), 'failed'],
    ['an instant in two zones', [bound('n', '2026-02-09 13:00:00+01', 'timestamp')], '==', literal('2026-02-09T12:00:00Z', 'timestamp'), 'passed'],
    ['a time without a zone', [bound('n', '2026-02-09 13:00:00', 'timestamp')], '>', literal('2026-02-09T12:00:00Z', 'timestamp'), 'failed'],
    ['a day that is none', [bound('n', '2026-02-30', 'timestamp')], '!=', literal('2026-02-01', 'timestamp'), 'failed'],
    ['a duration of another unit', [bound('n', '1500 ms', 'duration')], '<=', literal('1.5s', 'duration'), 'passed'],
    ['a size of another unit', [bound('n', '4 KiB', 'size')], '>', literal('4 KB', 'size'), 'passed'],
    ['contains', [bound('n', 'run-proof')], 'contains', literal('proof', 'text'), 'passed'],
    ['contains nothing', [bound('n', 'run-proof')], 'contains', literal('', 'text'), 'unproven'],
    ['matches', [bound('n', 'run-42')], 'matches', literal('^run-[0-9]+$', 'text'), 'passed'],
    ['a pattern that is none', [bound('n', 'run-42')], 'matches', literal('(', 'text'), 'failed'],
    ['a pattern that never ends', [bound('n', `${'a'.repeat(50)}b`)], 'matches', literal('^(a+)+$', 'text'), 'failed'],
  ];
  it.each(rows)('%s', (_, names, operator, right, verdict) => {
    expect(judge(compare(name('n'), operator, right), { names }).verdict).toBe(verdict);
  });

  it('says both values and where they came from', () => {
    const names = [bound('chain_length', '0', 'integer', '4.1'), bound('step_count', '7', 'integer', '3.2')];
    const judgement = judge(compare(name('chain_length'), '==', name('step_count')), { names });
    expect(judgement).toEqual({
      verdict: 'failed',
      actual: 'chain_length is 0, step_count is 7',
      notes: ['chain_length: stdout of step 4.1, line 1', 'step_count: stdout of step 3.2, line 1'],
    });
  });

  it.each(['==', '>=', '<='] as const)('proves nothing by 0 %s 0 of two counters', (operator) => {
    const names = [bound('a', '0', 'integer'), bound('b', '0', 'integer')];
    expect(judge(compare(name('a'), operator, name('b')), { names }).verdict).toBe('unproven');
  });

  it('accepts 0 where the plan itself says 0', () => {
    expect(judge(compare(name('a'), '==', literal('0')), { names: [bound('a', '0', 'integer')] }).verdict).toBe('passed');
  });

  it('never shows a secret', () => {
    const secret: Binding = { ...bound('token', 'planted-secret'), secret: true };
    expect(JSON.stringify(judge(compare(name('token'), '==', literal('x', 'text')), { names: [secret] }))).not.toContain('planted-secret');
  });
});

describe('member and null', () => {
  const statuses: Claim = { kind: 'member', name: 'status', values: [text('succeeded'), text('failed')] };
  it.each([
    ['one of them', [bound('status', 'failed')], 'passed'],
    ['another', [bound('status', 'retry')], 'failed'],
    ['null', [bound('status', null)], 'failed'],
    ['missing', [], 'failed'],
  ] as const)('member: %s', (_, names, verdict) => {
    expect(judge(statuses, { names }).verdict).toBe(verdict);
  });
  it.each([
    ['is null, and is', null, false, 'passed'],
    ['is null, and is not', 'x', false, 'failed'],
    ['is not null, and is not', 'x', true, 'passed'],
    ['is not null, and is', null, true, 'failed'],
    ['is not null, and is empty', '', true, 'unproven'],
  ] as const)('null: %s', (_, value, negated, verdict) => {
    expect(judge({ kind: 'null', name: 'n', negated }, { names: [bound('n', value)] }).verdict).toBe(verdict);
  });
  it('is null: a name that nobody supplied is no null', () => {
    expect(judge({ kind: 'null', name: 'n', negated: false }).verdict).toBe('failed');
  });
});

describe('processes', () => {
  it.each([
    ['the code', { exitCode: 0 }, 'passed'],
    ['another code', { exitCode: 1 }, 'failed'],
    ['a signal', { signal: 'SIGKILL' }, 'failed'],
    ['no code at all', {}, 'failed'],
  ] as const)('exit-code: %s', (_, evidence, verdict) => {
    expect(judge({ kind: 'exit-code', code: 0 }, { evidence }).verdict).toBe(verdict);
  });
  it.each([
    ['a failure', { exitCode: 2 }, 'passed'],
    ['success', { exitCode: 0 }, 'failed'],
    ['a program that does not exist', { exitCode: 127 }, 'failed'],
    ['a program that cannot be executed', { exitCode: 126 }, 'failed'],
    ['killed', { signal: 'SIGTERM' }, 'failed'],
    ['a rejected statement', { sqlFailure: { sqlstate: '23502', message: 'null value' } }, 'passed'],
  ] as const)('fails: %s', (_, evidence, verdict) => {
    expect(judge({ kind: 'fails' }, { evidence }).verdict).toBe(verdict);
  });
  it('fails with a text: the text must be there', () => {
    expect(judge({ kind: 'fails', pattern: 'no such agent' }, { evidence: { exitCode: 1 }, gathered: { kind: 'output', found: false } }).verdict).toBe(
      'failed',
    );
    expect(
      judge({ kind: 'fails', pattern: 'no such agent' }, { evidence: { exitCode: 1 }, gathered: { kind: 'output', found: true, place: 'stderr, line 2' } })
        .verdict,
    ).toBe('passed');
    expect(judge({ kind: 'fails', pattern: 'no such agent' }, { evidence: { exitCode: 1 } }).verdict).toBe('unproven');
  });
  it.each([
    ['found', false, { kind: 'output', found: true, place: 'stdout, line 1' }, 'passed'],
    ['not found', false, { kind: 'output', found: false }, 'failed'],
    ['forbidden and found', true, { kind: 'output', found: true, place: 'stdout, line 1' }, 'failed'],
    ['forbidden and not found', true, { kind: 'output', found: false }, 'passed'],
    ['not searched', true, undefined, 'unproven'],
    ['not searchable', true, { kind: 'output', found: false, problem: 'cannot be read' }, 'failed'],
  ] as const)('output: %s', (_, negated, gathered, verdict) => {
    expect(judge({ kind: 'output', operator: 'contains', text: 'x', negated }, gathered ? { gathered } : {}).verdict).toBe(verdict);
  });
  it.each([
    ['all passed', { passed: 3, failed: 0, skipped: 0, errors: 0 }, 0, 'passed'],
    ['some skipped', { passed: 3, failed: 0, skipped: 1, errors: 0 }, 0, 'passed'],
    ['none collected', { passed: 0, failed: 0, skipped: 0, errors: 0 }, 5, 'failed'],
    ['none collected, exit code forced to 0', { passed: 0, failed: 0, skipped: 0, errors: 0 }, 0, 'failed'],
    ['all skipped', { passed: 0, failed: 0, skipped: 4, errors: 0 }, 0, 'failed'],
    ['one failed, exit code forced to 0', { passed: 3, failed: 1, skipped: 0, errors: 0 }, 0, 'failed'],
    ['an error', { passed: 3, failed: 0, skipped: 0, errors: 1 }, 1, 'failed'],
    ['passed, and yet another exit code', { passed: 3, failed: 0, skipped: 0, errors: 0 }, 1, 'failed'],
    ['no closing line', undefined, 0, 'failed'],
  ] as const)('tests-pass: %s', (_, tests, exitCode, verdict) => {
    expect(judge({ kind: 'tests-pass' }, { evidence: { exitCode, ...(tests ? { tests } : {}) } }).verdict).toBe(verdict);
  });
  it.each([
    ['one field', [bound('model', 'HASH_CHAIN')], 'passed'],
    ['no field', [bound('model', 'NONE')], 'failed'],
    ['two fields', [bound('model', 'HASH_CHAIN'), bound('other', 'HASH_CHAIN')], 'failed'],
    ['part of a field', [bound('model', 'HASH_CHAIN_2')], 'failed'],
  ] as const)('returns: %s', (_, observations, verdict) => {
    expect(judge({ kind: 'returns', value: 'HASH_CHAIN' }, { evidence: { observations } }).verdict).toBe(verdict);
  });
});

describe('queries', () => {
  const rows = (rowCount: number): Partial<StepEvidence> => ({ rows: { columns: [], rowCount, rows: [] } });
  it.each([
    ['exactly', 1, 1, 'passed'],
    ['exactly', 1, 2, 'failed'],
    ['exactly', 0, 0, 'passed'],
    ['at-least', 1, 3, 'passed'],
    ['at-least', 1, 0, 'failed'],
    ['at-least', 0, 3, 'unproven'],
    ['at-most', 2, 2, 'passed'],
    ['at-most', 2, 3, 'failed'],
  ] as const)('rows: %s %i of %i', (bound_, count, rowCount, verdict) => {
    expect(judge({ kind: 'rows', bound: bound_, count, noun: 'row' }, { evidence: rows(rowCount) }).verdict).toBe(verdict);
  });
  it('rows: none were answered', () => {
    expect(judge({ kind: 'rows', bound: 'at-most', count: 2, noun: 'row' }).verdict).toBe('failed');
  });

  const claim: Claim = { kind: 'sql-fails', sqlstate: '23502', column: 'origin_system_id' };
  it.each([
    ['state and column', { sqlstate: '23502', message: 'm', column: 'origin_system_id' }, 'passed'],
    ['another column', { sqlstate: '23502', message: 'm', column: 'goal' }, 'failed'],
    ['no column', { sqlstate: '23502', message: 'm' }, 'failed'],
    ['the trigger answers instead', { sqlstate: '23514', message: 'm', constraint: 'c' }, 'failed'],
    ['not rejected', undefined, 'failed'],
  ] as const)('sql-fails: %s', (_, sqlFailure, verdict) => {
    expect(judge(claim, { evidence: sqlFailure ? { sqlFailure } : {} }).verdict).toBe(verdict);
  });
  it('sql-fails: by a constraint', () => {
    const byConstraint: Claim = { kind: 'sql-fails', sqlstate: '23514', constraint: 'chk' };
    expect(judge(byConstraint, { evidence: { sqlFailure: { sqlstate: '23514', message: 'm', constraint: 'chk' } } }).verdict).toBe('passed');
    expect(judge(byConstraint, { evidence: { sqlFailure: { sqlstate: '23514', message: 'm', constraint: 'other' } } }).verdict).toBe('failed');
  });
});

describe('searches', () => {
  const search = (pattern: string, matches: number, hidden = 0) => ({
    pattern,
    matches,
    hidden,
    hits: Array.from({ length: matches }, (_, index) => ({ path: 'a.py', lineNumber: 10 * (index + 1), text: pattern })),
  });
  it.each([
    ['each', [1, 2], 'passed'],
    ['each', [1, 0], 'failed'],
    ['each', [], 'unproven'],
    ['any', [0, 1], 'passed'],
    ['any', [0, 0], 'failed'],
    ['none', [0, 0], 'passed'],
    ['none', [0, 1], 'failed'],
    ['none', [], 'unproven'],
  ] as const)('found %s of %j', (quantity, matches, verdict) => {
    const searches = matches.map((count, index) => search(`p${index}`, count));
    expect(judge({ kind: 'found', quantity }, { evidence: { searches } }).verdict).toBe(verdict);
  });
  it('names the one alternative of four that is missing', () => {
    const searches = ['a', 'b', 'c'].map((pattern) => search(pattern, 1)).concat(search('d', 0));
    expect(judge({ kind: 'found', quantity: 'each' }, { evidence: { searches } }).notes).toContain('not found: `d`');
  });
  it('tells hits that the command as written leaves out', () => {
    expect(judge({ kind: 'found', quantity: 'none' }, { evidence: { searches: [search('p', 0, 3)] } }).notes[0]).toContain(
      '3 lines of ignored, hidden or binary files',
    );
  });

  const eachHit: Claim = { kind: 'each-hit', contains: 'origin_system_id', withinLines: 12, except: 'class Run' };
  const around = (...lines: readonly (readonly string[])[]): Gathered => ({
    kind: 'neighbourhood',
    linesOf: new Map(lines.map((own, index) => [`a.py:${10 * (index + 1)}`, own])),
  });
  it.each([
    ['all have it', [search('Run(', 2)], around(['Run(', 'origin_system_id=x'], ['Run(origin_system_id=x)']), 'passed'],
    ['one lacks it', [search('Run(', 2)], around(['Run(', 'origin_system_id=x'], ['Run()']), 'failed'],
    ['none was found', [search('Run(', 0)], around(), 'unproven'],
    ['only what is left out was found', [search('class Run', 1)], around(['class Run']), 'unproven'],
    ['files could not be read', [search('Run(', 1)], { kind: 'neighbourhood', linesOf: new Map(), problem: 'gone' } as Gathered, 'failed'],
    ['more hits than are kept', [{ ...search('Run(', 1), matches: 2 }], around(['Run(origin_system_id=x)']), 'unproven'],
  ] as const)('each-hit: %s', (_, searches, gathered, verdict) => {
    expect(judge(eachHit, { evidence: { searches }, gathered }).verdict).toBe(verdict);
  });
});

describe('the record of writes', () => {
  const wrote = (sequence: number, sql: string, relation: string, columns: readonly string[] = [], more: Partial<StatementRecord> = {}): StatementRecord => ({
    sequence,
    step: '2.1',
    session: 1,
    text: sql,
    decision: { effect: 'permit', rule: 'production-write', reason: '' },
    writes: [{ relation, columns }],
    rowCount: 1,
    fate: 'committed',
    settledAt: sequence,
    ...more,
  });
  const fresh: Claim = { kind: 'fresh', name: 'run_id', relation: 'runs', column: 'id' };
  const names = [bound('run_id', 'r1')];
  const snapshot = (before: boolean | undefined, now?: boolean): Gathered => ({
    kind: 'freshness',
    ...(before === undefined ? {} : { before }),
    ...(now === undefined ? {} : { now }),
  });
  const insert = wrote(1, 'insert into runs (id) values ($1)', 'runs');
  it.each([
    ['new and inserted', names, snapshot(false, true), [insert], 'passed'],
    ['new and inserted, with its schema', names, snapshot(false, true), [wrote(1, 'insert into public.runs (id) values ($1)', 'public.runs')], 'passed'],
    ['an old row', names, snapshot(true, true), [insert], 'failed'],
    ['no row', names, snapshot(false, false), [insert], 'failed'],
    ['written by nobody', names, snapshot(false, true), [], 'failed'],
    ['written by another step', names, snapshot(false, true), [{ ...insert, step: '3.1' }], 'failed'],
    ['rolled back', names, snapshot(false, true), [{ ...insert, fate: 'rolled back' }], 'failed'],
    ['inserted nothing', names, snapshot(false, true), [{ ...insert, rowCount: 0 }], 'failed'],
    ['only updated', names, snapshot(false, true), [wrote(1, 'update runs set status = $1', 'runs')], 'failed'],
    ['another table', names, snapshot(false, true), [wrote(1, 'insert into audit.runs_log values (1)', 'audit.runs_log')], 'failed'],
    ['no snapshot', names, snapshot(undefined), [insert], 'unproven'],
    ['not asked', names, undefined, [insert], 'unproven'],
    ['no name', [], snapshot(false, true), [insert], 'failed'],
  ] as const)('fresh: %s', (_, bindings, gathered, statements, verdict) => {
    expect(judge(fresh, { names: bindings, statements, ...(gathered ? { gathered } : {}) }).verdict).toBe(verdict);
  });

  const order: Claim = { kind: 'write-order', first: { relation: 'runs', column: 'plan_json' }, then: { relation: 'aos_trace_steps' } };
  const plan = wrote(3, 'update runs set plan_json = $1', 'runs', ['plan_json']);
  const step = wrote(5, 'insert into aos_trace_steps values ($1)', 'aos_trace_steps');
  it.each([
    ['in order', [plan, step], 'passed'],
    ['the other way round', [step, { ...plan, sequence: 8, settledAt: 8 }], 'failed'],
    [
      'in one transaction',
      [
        { ...plan, settledAt: 6 },
        { ...step, settledAt: 6 },
      ],
      'failed',
    ],
    ['rolled back', [{ ...plan, fate: 'rolled back' }, step], 'failed'],
    ['another column', [wrote(3, 'update runs set status = $1', 'runs', ['status']), step], 'failed'],
    ['never written', [step], 'failed'],
    ['nothing to precede', [plan], 'failed'],
    ['by another step', [{ ...plan, step: '1.1' }, step], 'failed'],
    ['no row was changed', [{ ...plan, rowCount: 0 }, step], 'failed'],
    ['written again afterwards', [plan, step, { ...plan, sequence: 9, settledAt: 9 }], 'unproven'],
  ] as const)('write-order: %s', (_, statements, verdict) => {
    expect(judge(order, { statements }).verdict).toBe(verdict);
  });
});

describe('hash-chain', () => {
  const chain: Claim = { kind: 'hash-chain', root: 'root_hash' };
  const reading = (root: string | null, step: string, rows = 3) => ({ root, step, rows });
  const printed = (root: string | null): Given => ({ evidence: { observations: [bound('root_hash', root, 'text', '4.1')] } });
  const gathered = (first: ReturnType<typeof reading> | undefined, now: ReturnType<typeof reading> | undefined): Gathered => ({
    kind: 'hash-chain',
    witness: 'chain',
    ...(first ? { first } : {}),
    ...(now ? { now } : {}),
  });
  it.each([
    ['all three agree', gathered(reading('aa', '2.1'), reading('aa', '4.1')), printed('aa'), 'passed'],
    ['in capitals', gathered(reading('aa', '2.1'), reading('aa', '4.1')), printed('AA'), 'passed'],
    ['the rows changed', gathered(reading('aa', '2.1'), reading('bb', '4.1')), printed('bb'), 'failed'],
    ['another root is printed', gathered(reading('aa', '2.1'), reading('aa', '4.1')), printed('bb'), 'failed'],
    ['no root is printed', gathered(reading('aa', '2.1'), reading('aa', '4.1')), {}, 'failed'],
    ['null is printed', gathered(reading('aa', '2.1'), reading('aa', '4.1')), printed(null), 'failed'],
    ['no rows', gathered(reading(null, '2.1', 0), reading(null, '4.1', 0)), printed(null), 'unproven'],
    ['no production path', gathered(undefined, reading('aa', '4.1')), printed('aa'), 'passed'],
    ['not recomputed', gathered(undefined, undefined), printed('aa'), 'unproven'],
    ['no witness', undefined, printed('aa'), 'unproven'],
    [
      'the query failed',
      { kind: 'hash-chain', witness: 'chain', now: { step: '4.1', root: null, rows: 0, problem: 'no such column' } } as Gathered,
      printed('aa'),
      'unproven',
    ],
  ] as const)('%s', (_, facts, given, verdict) => {
    expect(judge(chain, { ...given, ...(facts ? { gathered: facts } : {}) }).verdict).toBe(verdict);
  });
  it('names the steps between which the rows changed', () => {
    expect(judge(chain, { ...printed('bb'), gathered: gathered(reading('aa', '2.1'), reading('bb', '4.1')) }).notes[0]).toBe(
      'stored steps changed between step 2.1 and 4.1',
    );
  });
});

describe('an attempt that did not complete', () => {
  it.each(['timed out', 'interrupted', 'refused', 'in doubt', 'blocked', 'not run'] as const)('%s proves nothing', (outcome) => {
    expect(judge({ kind: 'exit-code', code: 0 }, { evidence: { outcome, exitCode: 0 } }).verdict).toBe('unproven');
  });
});
