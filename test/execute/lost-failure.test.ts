/** What a block says or leaves unsaid after a failure that it hides is no evidence. */
import { describe, expect, it } from 'vitest';
import { emptyTestRun } from '../../src/execute/empty-test-run.ts';
import type { Claim } from '../../src/model/claim.ts';
import { bound, judge, type Given } from './judge-claim.ts';

const found = { kind: 'output', found: true, place: 'stdout, line 1' } as const;
const contains = (text: string, negated = false): Claim => ({ kind: 'output', operator: 'contains', text, negated });
const verified: Claim = {
  kind: 'compare',
  left: { kind: 'name', name: 'verification_status' },
  operator: '==',
  right: { kind: 'literal', value: { type: 'text', text: 'VERIFIED' } },
};
const printed = (text: string): NonNullable<Given['printed']> => [{ text, what: '`|| true`' }];
const names = [bound('verification_status', 'VERIFIED')];
const empty = { stream: 'stdout', bytes: 0, lines: 0, sha256: '', head: '', tail: '' } as const;
const doubt = '`|| true`';

describe('a claim that holds', () => {
  it.each<[string, Claim, Given, string]>([
    ['an exit code', { kind: 'exit-code', code: 0 }, { evidence: { exitCode: 0 } }, 'passed'],
    ['an exit code that nothing could change', { kind: 'exit-code', code: 0 }, { evidence: { exitCode: 0 }, doubt }, 'unproven'],
    ['another exit code than 0', { kind: 'exit-codes', codes: [0, 3] }, { evidence: { exitCode: 3 }, doubt }, 'passed'],
    ['one of several exit codes', { kind: 'exit-codes', codes: [0, 3] }, { evidence: { exitCode: 0 }, doubt }, 'unproven'],
    ['a word of the program', contains('OK'), { gathered: found, printed: printed('checking') }, 'passed'],
    ['a word that the block prints', contains('OK'), { gathered: found, printed: printed('all OK') }, 'unproven'],
    [
      'a pattern that the block meets',
      { kind: 'output', operator: 'matches', text: '^O[K]$', negated: false },
      { gathered: found, printed: printed('OK') },
      'unproven',
    ],
    ['a value of the program', verified, { names, printed: printed('Verification status: unknown') }, 'passed'],
    ['a value that the block prints', verified, { names, printed: printed('x\nVerification status: VERIFIED') }, 'unproven'],
    [
      'a status of the server',
      { kind: 'http-status', statuses: ['200'] },
      { gathered: { kind: 'http-status', status: '200' }, printed: printed('500') },
      'passed',
    ],
    [
      'a status that the block prints',
      { kind: 'http-status', statuses: ['2xx'] },
      { gathered: { kind: 'http-status', status: '200' }, printed: printed('200') },
      'unproven',
    ],
    ['absence', contains('ERROR', true), { gathered: { ...found, found: false } }, 'passed'],
    ['absence where nothing may have been looked for', contains('ERROR', true), { gathered: { ...found, found: false }, doubt }, 'unproven'],
    ['silence', { kind: 'output-empty', negated: false }, { evidence: { outputs: [empty] } }, 'passed'],
    ['silence where nothing may have been done', { kind: 'output-empty', negated: false }, { evidence: { outputs: [empty] }, doubt }, 'unproven'],
    [
      'no line where nothing may have been done',
      { kind: 'output-lines', stream: 'stdout', bound: 'exactly', count: 0 },
      { evidence: { outputs: [empty] }, doubt },
      'unproven',
    ],
  ])('%s', (_, claim, given, verdict) => {
    expect(judge(claim, given).verdict).toBe(verdict);
  });
});

it('a claim that does not hold fails, whatever speaks against the evidence', () => {
  expect(judge({ kind: 'exit-code', code: 0 }, { evidence: { exitCode: 1 }, doubt }).verdict).toBe('failed');
  expect(judge(contains('ERROR', true), { gathered: found, doubt }).verdict).toBe('failed');
  expect(judge(contains('OK'), { gathered: { ...found, found: false }, printed: printed('OK') }).verdict).toBe('failed');
});

describe('runs of tests', () => {
  const ran = (head: string): string | undefined => emptyTestRun({ outcome: 'completed', durationMs: 1, observations: [], outputs: [{ ...empty, head }] });
  it.each([
    '\n----\nRan 0 tests in 0.000s\n\nOK\n',
    'No tests found, exiting with code 0\n',
    '\n  0 passing (1ms)\n',
    '0 examples, 0 failures\n',
    'running 0 tests\n\ntest result: ok. 0 passed; 0 failed\n',
    '?   \texample.com/a\t[no test files]\n',
    '[INFO] Tests run: 0, Failures: 0\n',
    '1..0\n',
  ])('none: %j', (head) => expect(ran(head)).toContain('no test ran'));
  it.each([
    'Ran 3 tests in 0.1s\n\nOK\n',
    'running 2 tests\n\nrunning 0 tests\n',
    'ok  \texample.com/a\t0.003s\n?   \texample.com/b\t[no test files]\n',
    '  12 passing (1s)\n  0 failing\n',
    '1..20\nok 1\n',
    'migrated 10 rows\n',
    '',
  ])('some, or no run of tests: %j', (head) => expect(ran(head)).toBeUndefined());
});
