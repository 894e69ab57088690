import { describe, expect, test } from 'vitest';
import { oppositeOf } from '../../src/compile/claim-phrase.ts';
import { compileClaim, splitTerms } from '../../src/compile/claim.ts';

const known = ['step_count', 'chain_length', 'integrity_model', 'verification_status', 'run_id', 'runs.status', 'has_plan'];
const names = { resolve: (name: string) => (known.includes(name) ? name : known.find((candidate) => candidate.endsWith(`.${name}`))) };
const literal = (type: string, text: string) => ({ kind: 'literal', value: { type, text } });
const named = (name: string) => ({ kind: 'name', name });

describe('claims of the text', () => {
  test.each([
    ['step_count >= 1', { kind: 'compare', left: named('step_count'), operator: '>=', right: literal('integer', '1') }],
    ['`step_count` ≥ 1', { kind: 'compare', left: named('step_count'), operator: '>=', right: literal('integer', '1') }],
    ['integrity_model = HASH_CHAIN', { kind: 'compare', left: named('integrity_model'), operator: '==', right: literal('text', 'HASH_CHAIN') }],
    ['verification_status equals VERIFIED', { kind: 'compare', left: named('verification_status'), operator: '==', right: literal('text', 'VERIFIED') }],
    ['`chain_length == step_count`', { kind: 'compare', left: named('chain_length'), operator: '==', right: named('step_count') }],
    ['status = "succeeded"', { kind: 'compare', left: named('runs.status'), operator: '==', right: literal('text', 'succeeded') }],
    ['has_plan is true', { kind: 'compare', left: named('has_plan'), operator: '==', right: literal('boolean', 'true') }],
    [
      'status in { succeeded, failed }',
      {
        kind: 'member',
        name: 'runs.status',
        values: [
          { type: 'text', text: 'succeeded' },
          { type: 'text', text: 'failed' },
        ],
      },
    ],
    ['run_id is not null', { kind: 'null', name: 'run_id', negated: true }],
    ['run_id exists', { kind: 'null', name: 'run_id', negated: true }],
    ['1 trace row', { kind: 'rows', bound: 'exactly', count: 1, noun: 'trace' }],
    ['at least one row', { kind: 'rows', bound: 'at-least', count: 1, noun: '' }],
    ['no orphan rows', { kind: 'rows', bound: 'exactly', count: 0, noun: 'orphan' }],
    ['exit code 0', { kind: 'exit-code', code: 0 }],
    ['fails with a NOT NULL violation', { kind: 'sql-fails', sqlstate: '23502' }],
    ['fails with 23502 on column origin_system_id', { kind: 'sql-fails', sqlstate: '23502', column: 'origin_system_id' }],
    ['fails with 23514 on constraint chk_x', { kind: 'sql-fails', sqlstate: '23514', constraint: 'chk_x' }],
    ['stdout contains "At head"', { kind: 'output', operator: 'contains', text: 'At head', negated: false, stream: 'stdout' }],
    ['no matches', { kind: 'found', quantity: 'none' }],
  ])('%s', (text, claim) => {
    expect(compileClaim(text, names)).toEqual({ kind: 'claims', claims: [claim] });
  });

  test('a conjunction becomes one claim each', () => {
    const reading = compileClaim('1 trace row, `step_count >= 1`.', names);
    expect(reading.kind === 'claims' && reading.claims.map((claim) => claim.kind)).toEqual(['rows', 'compare']);
    expect(splitTerms("a = 'x, y' and b in { 1, 2 } && c >= 1")).toEqual(["a = 'x, y'", 'b in { 1, 2 }', 'c >= 1']);
  });
});

describe('what is no claim is never guessed', () => {
  test.each(['it looks fine', 'everything works', 'the output should be reasonable', 'response time is acceptable to users', ''])('%j', (text) => {
    expect(['none', 'unknown-name']).toContain(compileClaim(text, names).kind);
  });

  test('a name that nothing supplies is said', () => {
    expect(compileClaim('step_cout >= 1', names)).toEqual({ kind: 'unknown-name', names: ['step_cout'] });
  });

  test.each(['step_count == step_count', '1 == 1', 'at least 0 rows', 'stdout contains ""'])('%s is vacuous', (text) => {
    expect(compileClaim(text, names).kind).toBe('vacuous');
  });

  test('a conjunction with one unclear term is unclear as a whole', () => {
    expect(compileClaim('step_count >= 1 and all is well', names).kind).not.toBe('claims');
  });
});

describe('the opposite, for "if …, stop"', () => {
  test.each([
    ['n = 0', 'n != 0'],
    ['`n = 0`', 'n != 0'],
    ['n != 0', 'n = 0'],
    ['n is not 0', 'n = 0'],
    ['n is null', 'n is not null'],
    ['n is not null', 'n is null'],
    ['n exists', 'n is null'],
    ['n > 5', 'n <= 5'],
    ['n < 3', 'n >= 3'],
    ['status is "failed"', 'status != "failed"'],
    ['no rows are returned', 'at least 1 row'],
    ['any rows are returned', 'no rows'],
    ['the output contains `x`', 'the output does not contain `x`'],
    ['n is empty', undefined],
    ['n in { a }', undefined],
    ['n == 0 or m == 1', undefined],
    ['n >= 5 and m = 2', undefined],
    ['something is odd', undefined],
  ])('%s', (text, opposite) => {
    expect(oppositeOf(text)).toBe(opposite);
  });
});
