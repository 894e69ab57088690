import { describe, expect, it } from 'vitest';
import { computeChainRoot, readChain } from '../../src/execute/hash-chain-witness.ts';
import type { AssertionAnswer } from '../../src/model/contract.ts';

const template = '{step_index}:{skill_name}:{status}';
const row = (step_index: string, skill_name: string, status: string) => ({ step_index, skill_name, status });

describe('computeChainRoot', () => {
  // The known answers of the tested system.
  it.each([
    [
      'run-proof-test-001',
      [row('0', 'validate_input', 'success'), row('1', 'process_data', 'success'), row('2', 'generate_report', 'success')],
      '0ca74e198c14a378a33c2ecad49ac725c74f3c33cce6dc1512fb32b258654c32',
    ],
    ['78d877a8-9f1e-4bf5-b060-1d5e23949a68', [row('0', 'http_call', 'failure')], '5583fbff25cd1129f6d19d662de123f367865ef69a24e0bc420040efc6480783'],
    ['cf6c5f9e-f642-4a86-ac8b-f61c689aaf72', [row('0', 'http_call', 'failure')], '743a5cb677203925459007dec87fbba007afd816e6ef70f91c14102821e348bc'],
    ['cd6567f1-3398-403b-8243-68ef3291c7ad', [row('0', 'http_call', 'success')], '9122e46a89bc7d832aa98a827e2c436e149a341dfc3248fd30a3b24bfaada44d'],
  ])('%s', (seed, rows, root) => {
    expect(computeChainRoot(seed, template, rows)).toEqual({ root });
  });

  it('has no root without rows', () => {
    expect(computeChainRoot('run', template, [])).toEqual({ root: null });
  });

  it('does not replace what a value says', () => {
    const nested = computeChainRoot('r', template, [row('0', '{status}', 'success')]);
    expect(nested).not.toEqual(computeChainRoot('r', template, [row('0', 'success', 'success')]));
  });

  it('names a column that the query does not have', () => {
    expect(computeChainRoot('r', '{step_index}:{skill}', [row('0', 'a', 'b')])).toEqual({ problem: "the witness's query has no column `skill`" });
  });
});

describe('readChain', () => {
  const witness = { name: 'chain', algorithm: 'sha256', seed: 'run_id', row: template, query: 'select …', root: 'root_hash' } as const;
  const answering = (answer: AssertionAnswer) => () => Promise.resolve(answer);
  const columns = ['step_index', 'skill_name', 'status'].map((name) => ({ name, type: 'text' }));
  it.each([
    ['no seed', undefined, { kind: 'rows', columns, rowCount: 0, rows: [] }, '`run_id` has no value'],
    ['a cut answer', 'r', { kind: 'rows', columns, rowCount: 2, rows: [['0', 'a', 'b']] }, 'of which only 1 were read'],
    ['a rejected query', 'r', { kind: 'failure', sqlstate: '42703', message: 'no such column' }, 'rejected the witness'],
    ['a refused query', 'r', { kind: 'refused', decision: { effect: 'refuse', rule: 'write', reason: 'a write' } }, 'refused the witness'],
    ['a lost connection', 'r', { kind: 'lost', message: 'gone' }, 'connection was lost'],
  ] as const)('%s is a problem and no root', async (_, seed, answer, problem) => {
    const reading = await readChain(witness, seed, '2.1', answering(answer));
    expect(reading.root).toBeNull();
    expect(reading.problem).toContain(problem);
  });

  const rows = (...rowsOf: readonly (readonly string[])[]): AssertionAnswer => ({ kind: 'rows', columns, rowCount: rowsOf.length, rows: rowsOf });
  /** The chain's own query, then the one for contradictions. */
  const both = (answer: AssertionAnswer) => (query: { readonly sql: string }) =>
    Promise.resolve(query.sql === 'select …' ? rows(['0', 'a', 'failure']) : answer);
  it.each<[string, AssertionAnswer, readonly string[] | undefined]>([
    ['none', rows(), undefined],
    ['one', rows(['0', 'a', 'failure']), ['step_index 0, skill_name a, status failure']],
    ['many', rows(...Array.from({ length: 7 }, (_, index) => [String(index), 'a', 'b'])), expect.arrayContaining(['2 more'])],
    ['an answer that is cut', { ...rows(['0', 'a', 'b']), rowCount: 3 } as AssertionAnswer, ['step_index 0, skill_name a, status b', '2 more']],
    ['a rejected query', { kind: 'failure', sqlstate: '42703', message: 'no such column' }, ['the query for contradictions was not answered: no such column']],
    [
      'a refused query',
      { kind: 'refused', decision: { effect: 'refuse', rule: 'write', reason: 'a write' } },
      ['the guard refused the query for contradictions: a write'],
    ],
  ])('contradictions: %s', async (_, answer, told) => {
    const reading = await readChain({ ...witness, contradiction: 'select contradictions' }, 'r', '2.1', both(answer));
    expect(reading.contradictions).toEqual(told);
    expect(reading.root).toBe((await readChain(witness, 'r', '2.1', both(answer))).root);
  });
});
