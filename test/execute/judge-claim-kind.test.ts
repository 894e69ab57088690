/** Every kind of claim that the language has: met, not met, and never met by what is not there. */
import { describe, expect, it } from 'vitest';
import type { CellTest, Claim, Operator } from '../../src/model/claim.ts';
import type { OutputEvidence, RowsEvidence, StepEvidence } from '../../src/model/evidence.ts';
import type { Value, ValueType } from '../../src/model/value.ts';
import { bound, judge } from './judge-claim.ts';

const value = (type: ValueType, text: string | null): Value => ({ type, text });

function column(name: string, type: ValueType, ...texts: readonly (string | null)[]): RowsEvidence {
  return { columns: [{ name, type }], rowCount: texts.length, rows: texts.map((text) => [value(type, text)]) };
}

const compare = (operator: Operator, type: ValueType, text: string): CellTest => ({ kind: 'compare', operator, value: value(type, text) });
const eachRow = (test: CellTest, name = 'orders.status'): Claim => ({ kind: 'each-row', name, test });

describe('each-row', () => {
  const paid = compare('==', 'text', 'paid');
  const notPaid = compare('!=', 'text', 'paid');
  const status = (...texts: readonly (string | null)[]) => column('status', 'text', ...texts);
  it.each([
    ['every one', paid, status('paid', 'paid'), 'passed'],
    ['one is not', paid, status('paid', 'open'), 'failed'],
    ['one is null', paid, status('paid', null), 'failed'],
    ['no row', paid, status(), 'unproven'],
    ['no answer', paid, undefined, 'failed'],
    ['another column', paid, column('state', 'text', 'paid'), 'failed'],
    [
      'two columns of that name',
      paid,
      {
        columns: [
          { name: 'status', type: 'text' },
          { name: 'status', type: 'text' },
        ],
        rowCount: 1,
        rows: [[value('text', 'paid'), value('text', 'open')]],
      },
      'failed',
    ],
    ['more rows than are kept', paid, { ...status('paid'), rowCount: 2_000 }, 'unproven'],
    ['more rows than are kept, and one is wrong', paid, { ...status('open'), rowCount: 2_000 }, 'failed'],
    ['rows counted, none kept', paid, { ...status(), rowCount: 2_000 }, 'unproven'],
    ['none is', notPaid, status('open', 'void'), 'passed'],
    ['none is, and there is none', notPaid, status(), 'unproven'],
    ['none is, and one is null', notPaid, status('open', null), 'failed'],
    ['in a list', { kind: 'member', values: [value('text', 'paid'), value('text', 'void')], negated: false }, status('paid', 'void'), 'passed'],
    ['in a list, and one is null', { kind: 'member', values: [value('text', 'paid')], negated: false }, status('paid', null), 'failed'],
    ['outside a list', { kind: 'member', values: [value('text', 'paid')], negated: true }, status('open'), 'passed'],
    ['outside a list, null', { kind: 'member', values: [value('text', 'paid')], negated: true }, status(null), 'failed'],
    ['outside a list, not comparable', { kind: 'member', values: [value('integer', '5')], negated: true }, status('five'), 'failed'],
    ['not null', { kind: 'null', negated: true }, status('x'), 'passed'],
    ['not null, and empty', { kind: 'null', negated: true }, status('x', ''), 'failed'],
    ['null', { kind: 'null', negated: false }, status(null), 'passed'],
    ['numbers without an order', compare('>', 'integer', '5'), column('status', 'text', '9', 'many'), 'failed'],
    ['numbers beyond the doubles', compare('<=', 'integer', '9007199254740992'), column('status', 'integer', '9007199254740993'), 'failed'],
  ] as const)('%s', (_, test, rows, verdict) => {
    expect(judge(eachRow(test), { evidence: rows ? { rows } : {} }).verdict).toBe(verdict);
  });
  it.each([
    ['one of them', column('status', 'text', 'open', 'paid'), 'passed'],
    ['none of them', column('status', 'text', 'open', null), 'failed'],
    ['no row', column('status', 'text'), 'unproven'],
    ['one of the kept ones', { ...column('status', 'text', 'paid'), rowCount: 5_000 }, 'passed'],
    ['none of the kept ones', { ...column('status', 'text', 'open'), rowCount: 5_000 }, 'unproven'],
    ['no answer', undefined, 'failed'],
  ] as const)('some row: %s', (_, rows, verdict) => {
    expect(judge({ kind: 'each-row', name: 'orders.status', test: paid, some: true }, { evidence: rows ? { rows } : {} }).verdict).toBe(verdict);
  });
  it('names the rows', () => {
    expect(judge(eachRow(paid), { evidence: { rows: status('paid', 'open') } })).toEqual({
      verdict: 'failed',
      actual: '1 of 2 rows',
      notes: ['row 2: orders.status is open'],
    });
  });
});

describe('unique', () => {
  const unique: Claim = { kind: 'unique', name: 'users.id' };
  it.each([
    ['all different', column('id', 'integer', '1', '2'), 'passed'],
    ['one twice', column('id', 'integer', '1', '2', '1'), 'failed'],
    ['one number in two spellings', column('id', 'number', '1.50', '1.5'), 'failed'],
    ['one uuid in two spellings', column('id', 'uuid', 'AA', 'aa'), 'failed'],
    ['one instant in two zones', column('id', 'timestamp', '2026-01-01 12:00:00+00', '2026-01-01 13:00:00+01'), 'failed'],
    ['two nulls', column('id', 'integer', null, null), 'failed'],
    ['one null', column('id', 'integer', '1', null), 'unproven'],
    ['the word null and a null', column('id', 'text', 'null', null), 'unproven'],
    ['no row', column('id', 'integer'), 'unproven'],
    ['more rows than are kept', { ...column('id', 'integer', '1', '2'), rowCount: 5_000 }, 'unproven'],
    ['no such column', column('nr', 'integer', '1'), 'failed'],
    ['no answer', undefined, 'failed'],
  ] as const)('%s', (_, rows, verdict) => {
    expect(judge(unique, { evidence: rows ? { rows } : {} }).verdict).toBe(verdict);
  });
});

describe('how a step ended', () => {
  const codes: Claim = { kind: 'exit-codes', codes: [0, 2] };
  it.each([
    [{ exitCode: 0 }, 'passed'],
    [{ exitCode: 2 }, 'passed'],
    [{ exitCode: 1 }, 'failed'],
    [{ signal: 'SIGKILL' }, 'failed'],
    [{ signal: 'SIGKILL', exitCode: 0 }, 'failed'],
    [{}, 'failed'],
  ] as const)('exit-codes: %j', (evidence, verdict) => {
    expect(judge(codes, { evidence }).verdict).toBe(verdict);
  });

  const fails: Claim = { kind: 'fails' };
  it.each([
    ['rejected by a constraint', '23505', 'passed'],
    ['no permission', '42501', 'passed'],
    ['raised by a function', 'P0001', 'passed'],
    ['a syntax error', '42601', 'failed'],
    ['no such table', '42P01', 'failed'],
    ['the server shuts down', '57P01', 'failed'],
    ['no connection', '08006', 'failed'],
    ['no disk', '53100', 'failed'],
    ['an internal error', 'XX000', 'failed'],
  ] as const)('fails by itself: %s', (_, sqlstate, verdict) => {
    expect(judge(fails, { evidence: { sqlFailure: { sqlstate, message: 'm' } } }).verdict).toBe(verdict);
  });
  it.each(['refused', 'timed out', 'interrupted', 'blocked', 'in doubt', 'not run'] as const)(
    'fails: an attempt that was %s is none that failed',
    (outcome) => {
      const evidence: Partial<StepEvidence> = { outcome, exitCode: 1, sqlFailure: { sqlstate: '23505', message: 'm' } };
      for (const claim of [fails, { kind: 'sql-fails', sqlstate: '23505' }, { kind: 'exit-code', code: 1 }] as const)
        expect(judge(claim, { evidence }).verdict).toBe('unproven');
    },
  );
  const refused = {
    sequence: 1,
    step: '1.1',
    session: 1,
    text: 'delete from payments',
    decision: { effect: 'refuse', rule: 'protected', reason: '' },
    writes: [{ relation: 'payments', columns: [] }],
    fate: 'none',
  } as const;
  it.each([fails, { kind: 'exit-code', code: 3 }, { kind: 'sql-fails', sqlstate: '42501' }] as const)(
    '%j: what a guard refused did not fail by itself',
    (claim) => {
      const evidence: Partial<StepEvidence> = { exitCode: 3, sqlFailure: { sqlstate: '42501', message: 'm' } };
      expect(judge(claim, { evidence, statements: [refused] }).verdict).toBe('failed');
      expect(judge(claim, { evidence, statements: [{ ...refused, step: '9.9' }] }).verdict).toBe('passed');
    },
  );
  it.each([
    ['the table', { sqlstate: '23502', message: 'm', column: 'email', table: 'users' }, 'passed'],
    ['another table', { sqlstate: '23502', message: 'm', column: 'email', table: 'clients' }, 'failed'],
    ['no table', { sqlstate: '23502', message: 'm', column: 'email' }, 'failed'],
  ] as const)('sql-fails on %s', (_, sqlFailure, verdict) => {
    expect(judge({ kind: 'sql-fails', sqlstate: '23502', column: 'email', table: 'public.users' }, { evidence: { sqlFailure } }).verdict).toBe(verdict);
  });
});

describe('duration', () => {
  const within = (operator: '<' | '<=' | '>' | '>=', text: string): Claim => ({ kind: 'duration', operator, limit: value('duration', text) });
  it.each([
    [within('<=', '5 s'), 5_000, 'passed'],
    [within('<=', '5 s'), 5_000.001, 'failed'],
    [within('<', '5 s'), 5_000, 'failed'],
    [within('<', '200 ms'), 0.5, 'passed'],
    [within('<=', '1 minute'), 61_000, 'failed'],
    [within('>', '1 s'), 999, 'failed'],
    [within('<=', 'soon'), 1, 'failed'],
    [within('<=', '5 s'), Number.NaN, 'failed'],
  ] as const)('%j after %d ms', (claim, durationMs, verdict) => {
    expect(judge(claim, { evidence: { durationMs } }).verdict).toBe(verdict);
  });
  it('a step that was ended at its limit was not in time', () => {
    expect(judge(within('<=', '5 s'), { evidence: { outcome: 'timed out', durationMs: 1_000 } }).verdict).toBe('unproven');
  });
});

describe('outputs', () => {
  const output = (stream: 'stdout' | 'stderr', text: string): OutputEvidence => ({
    stream,
    bytes: text.length,
    lines: text.split('\n').length - 1,
    sha256: '',
    head: text,
    tail: '',
  });
  const printed = (stdout: string, stderr = ''): Partial<StepEvidence> => ({ outputs: [output('stdout', stdout), output('stderr', stderr)] });
  it.each([
    ['both are', { kind: 'output-empty', negated: false }, printed(''), 'passed'],
    ['stdout is not', { kind: 'output-empty', negated: false }, printed('x\n'), 'failed'],
    ['stderr is not', { kind: 'output-empty', negated: false }, printed('', 'warning\n'), 'failed'],
    ['stderr is, stdout is not', { kind: 'output-empty', negated: false, stream: 'stderr' }, printed('x\n'), 'passed'],
    ['a line end', { kind: 'output-empty', negated: false }, printed('\n'), 'failed'],
    ['nothing was kept', { kind: 'output-empty', negated: false }, {}, 'failed'],
    ['only the other stream was kept', { kind: 'output-empty', negated: false, stream: 'stderr' }, { outputs: [output('stdout', '')] }, 'failed'],
    ['not, and there is something', { kind: 'output-empty', negated: true, stream: 'stdout' }, printed('x\n'), 'passed'],
    ['not, and there is nothing', { kind: 'output-empty', negated: true, stream: 'stdout' }, printed(''), 'failed'],
    ['not, and it is on stderr', { kind: 'output-empty', negated: true, stream: 'stdout' }, printed('', 'usage: …\n'), 'failed'],
    ['not, and there is a line end', { kind: 'output-empty', negated: true, stream: 'stdout' }, printed('\n \n'), 'unproven'],
    ['not, and nothing was kept', { kind: 'output-empty', negated: true, stream: 'stdout' }, {}, 'failed'],
  ] as const)('output-empty: %s', (_, claim, evidence, verdict) => {
    expect(judge(claim, { evidence }).verdict).toBe(verdict);
  });
  it.each([
    ['exactly', 2, 'passed'],
    ['exactly', 3, 'failed'],
    ['at-least', 2, 'passed'],
    ['at-least', 3, 'failed'],
    ['at-least', 0, 'unproven'],
    ['at-most', 2, 'passed'],
    ['at-most', 1, 'failed'],
  ] as const)('output-lines: %s %d of 2', (bound, count, verdict) => {
    expect(judge({ kind: 'output-lines', bound, count, stream: 'stdout' }, { evidence: printed('a\nb\n') }).verdict).toBe(verdict);
  });
  it('output-lines: none of a stream that was not kept', () => {
    expect(judge({ kind: 'output-lines', bound: 'exactly', count: 0, stream: 'stderr' }, { evidence: { outputs: [output('stdout', '')] } }).verdict).toBe(
      'failed',
    );
    expect(judge({ kind: 'output-lines', bound: 'at-most', count: 5, stream: 'stdout' }).verdict).toBe('failed');
  });
  it.each([
    [['200'], { kind: 'http-status', status: '200' }, 'passed'],
    [['200', '204'], { kind: 'http-status', status: '204' }, 'passed'],
    [['2xx'], { kind: 'http-status', status: '204' }, 'passed'],
    [['2xx'], { kind: 'http-status', status: '302' }, 'failed'],
    [['200'], { kind: 'http-status', status: '500' }, 'failed'],
    [['200'], { kind: 'http-status' }, 'failed'],
    [['200'], { kind: 'http-status', status: '200', problem: 'several' }, 'failed'],
    [['200'], undefined, 'unproven'],
    [['200'], { kind: 'output', found: true }, 'unproven'],
  ] as const)('http-status: %j of %j', (statuses, gathered, verdict) => {
    expect(judge({ kind: 'http-status', statuses }, gathered ? { gathered } : {}).verdict).toBe(verdict);
  });
});

describe('counts of tests and matches', () => {
  const tests = { passed: 3, failed: 0, skipped: 0, errors: 0 };
  it.each([
    ['exactly', 3, tests, 'passed'],
    ['exactly', 4, tests, 'failed'],
    ['at-least', 3, { ...tests, failed: 1 }, 'failed'],
    ['at-least', 1, { ...tests, passed: 0, skipped: 9 }, 'failed'],
    ['at-most', 3, { ...tests, passed: 0 }, 'failed'],
    ['at-least', 1, undefined, 'failed'],
  ] as const)('tests-pass: %s %d of %j', (bound, count, counts, verdict) => {
    expect(judge({ kind: 'tests-pass', passed: { bound, count } }, { evidence: { exitCode: 0, ...(counts ? { tests: counts } : {}) } }).verdict).toBe(verdict);
  });
  const search = (matches: number) => ({ pattern: 'p', matches, hits: [], hidden: 0 });
  it.each([
    ['exactly', 2, [search(2)], 'passed'],
    ['exactly', 2, [search(3)], 'failed'],
    ['at-least', 2, [search(1)], 'failed'],
    ['at-most', 2, [search(0)], 'passed'],
    ['at-most', 2, [], 'unproven'],
    ['exactly', 2, [search(1), search(1)], 'unproven'],
  ] as const)('match-count: %s %d of %j', (bound, count, searches, verdict) => {
    expect(judge({ kind: 'match-count', bound, count }, { evidence: { searches } }).verdict).toBe(verdict);
  });
});

describe('compare', () => {
  const named = (operator: Operator, type: ValueType, text: string): Claim => ({
    kind: 'compare',
    left: { kind: 'name', name: 'n' },
    operator,
    right: { kind: 'literal', value: value(type, text) },
  });
  it.each([
    ['does not contain, and does not', bound('n', 'abc'), named('does not contain', 'text', 'x'), 'passed'],
    ['does not contain, and does', bound('n', 'axc'), named('does not contain', 'text', 'x'), 'failed'],
    ['does not contain, of nothing', bound('n', ''), named('does not contain', 'text', 'x'), 'unproven'],
    ['does not contain, of null', bound('n', null), named('does not contain', 'text', 'x'), 'failed'],
    ['does not match, of null', bound('n', null), named('does not match', 'text', 'x'), 'failed'],
    ['does not match, of nothing', bound('n', ''), named('does not match', 'text', 'x'), 'unproven'],
    ['does not match, and the pattern is none', bound('n', 'abc'), named('does not match', 'text', '('), 'failed'],
    ['does not match, with a look ahead', bound('n', 'abc'), named('does not match', 'text', '(?=z)'), 'failed'],
    ['starts with', bound('n', 'eu-west'), named('starts with', 'text', 'eu-'), 'passed'],
    ['starts with another', bound('n', 'us-west'), named('starts with', 'text', 'eu-'), 'failed'],
    ['starts with nothing', bound('n', 'us-west'), named('starts with', 'text', ''), 'unproven'],
    ['ends with', bound('n', 'a.example.com'), named('ends with', 'text', '.com'), 'passed'],
    ['ends with nothing', bound('n', 'a'), named('ends with', 'text', ''), 'unproven'],
    ['a number is not another duration', bound('n', '200', 'integer'), named('!=', 'duration', '200 ms'), 'failed'],
    ['a number is no duration', bound('n', '100', 'integer'), named('<', 'duration', '200 ms'), 'failed'],
    ['a duration in text', bound('n', '150ms'), named('<', 'duration', '200 ms'), 'passed'],
    ['an interval of the server', bound('n', '00:00:01.5', 'duration'), named('<=', 'duration', '1500 ms'), 'passed'],
    ['an interval of days', bound('n', '1 day 00:00:01', 'duration'), named('>', 'duration', '1 day'), 'passed'],
    ['an interval of a month', bound('n', '1 mon', 'duration'), named('!=', 'duration', '30 days'), 'failed'],
    ['a duration in parts', bound('n', '1h30m'), named('==', 'duration', '90 minutes'), 'passed'],
    ['a share is no percentage', bound('n', '0.005', 'number'), named('<', 'percentage', '1 %'), 'failed'],
    ['a percentage', bound('n', '0.50%'), named('<', 'percentage', '1 %'), 'passed'],
    ['a percentage that is more', bound('n', '1.01 %'), named('<=', 'percentage', '1 %'), 'failed'],
    ['a size is no duration', bound('n', '5 MB', 'size'), named('!=', 'duration', '5 s'), 'failed'],
    ['a boolean is no number', bound('n', 'true', 'boolean'), named('!=', 'integer', '1'), 'failed'],
    ['0.1 + 0.2 and 0.3', bound('n', '0.30000000000000001', 'number'), named('==', 'number', '0.3'), 'failed'],
  ] as const)('%s', (_, binding, claim, verdict) => {
    expect(judge(claim, { names: [binding] }).verdict).toBe(verdict);
  });

  const sum = (plus: string): Claim => ({
    kind: 'compare',
    left: { kind: 'name', name: 'after' },
    operator: '==',
    right: { kind: 'name', name: 'before', plus },
  });
  it.each([
    ['one more', '8', '7', '1', 'passed'],
    ['none more', '7', '7', '1', 'failed'],
    ['less', '0.2', '0.3', '-0.1', 'passed'],
    ['beyond the doubles', '9007199254740993', '9007199254740992', '1', 'passed'],
    ['beyond the doubles, none more', '9007199254740992', '9007199254740992', '1', 'failed'],
    ['no number', 'x', 'x', '1', 'failed'],
    ['from nothing to one', '1', '0', '1', 'passed'],
  ] as const)('sum: %s', (_, after, before, plus, verdict) => {
    expect(judge(sum(plus), { names: [bound('after', after), bound('before', before)] }).verdict).toBe(verdict);
  });
  it('sum: of a name without value, of null, of another type', () => {
    expect(judge(sum('1'), { names: [bound('after', '1')] }).verdict).toBe('failed');
    expect(judge(sum('1'), { names: [bound('after', '1'), bound('before', null)] }).verdict).toBe('failed');
    expect(judge(sum('1'), { names: [bound('after', '2'), bound('before', '1', 'boolean')] }).verdict).toBe('failed');
  });
});

describe('member, denied', () => {
  const outside: Claim = { kind: 'member', name: 'status', values: [value('text', 'failed'), value('text', 'void')], negated: true };
  it.each([
    ['another', [bound('status', 'paid')], 'passed'],
    ['one of them', [bound('status', 'void')], 'failed'],
    ['null', [bound('status', null)], 'failed'],
    ['missing', [], 'failed'],
  ] as const)('%s', (_, names, verdict) => {
    expect(judge(outside, { names }).verdict).toBe(verdict);
  });
  it('what cannot be compared is not outside', () => {
    expect(judge({ ...outside, values: [value('integer', '5')] }, { names: [bound('status', 'five')] }).verdict).toBe('failed');
  });
});
