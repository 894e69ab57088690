import { describe, expect, test } from 'vitest';
import { bareClaim } from '../../src/compile/bare-value.ts';
import type { StepDraft } from '../../src/compile/draft.ts';

const shell = { kind: 'shell' } as unknown as StepDraft;
const query = (...names: readonly string[]): StepDraft =>
  ({ kind: 'sql-assert', sql: { mode: 'read', columns: names.map((name) => ({ name, column: name })) } }) as unknown as StepDraft;
const output = (operator: string, text: string): unknown => ({ kind: 'output', operator, text, negated: false });
const compared = (operator: string, type: string, text: string): unknown => ({
  kind: 'compare',
  left: { kind: 'name', name: 'n' },
  operator,
  right: { kind: 'literal', value: { type, text } },
});

describe('a value alone below a command', () => {
  test.each([
    ['Expected: `0`', output('is', '0')],
    ['-> 4', output('is', '4')],
    ['=> `404`.', output('is', '404')],
    ['\u2192 `A08`', output('contains', 'A08')],
    ['Expected: `ALL CHECKS PASSED`', output('contains', 'ALL CHECKS PASSED')],
    ['should print "ok"', output('is', 'ok')],
    ['Result: 1 (planted record no. 77)', output('is', '1')],
    ['PONG', output('contains', 'PONG')],
  ])('%j is what a command prints', (text, claim) => expect(bareClaim(text, shell)).toEqual(claim));

  test.each([
    ['Expected: 0', compared('==', 'integer', '0')],
    ['`>= 12`', compared('>=', 'integer', '12')],
    ['\u2264 0.5', compared('<=', 'number', '0.5')],
    ['"paid"', compared('==', 'text', 'paid')],
  ])('%j is what the only column shows', (text, claim) => expect(bareClaim(text, query('n'))).toEqual(claim));

  test.each(['', 'Expected:', 'around 5', 'the dashboards look fine', '`<run_id>`', '`a` and `b`', 'Expected: `0` or `1`', '5 or so', '`\u2026`', '< 200 ms'])(
    '%j is none',
    (text) => expect(bareClaim(text, shell)).toBeUndefined(),
  );
  test('of two columns none is guessed', () => expect(bareClaim('0', query('a', 'b'))).toBeUndefined());
  test('a limit says nothing about a text', () => expect(bareClaim('>= 5', shell)).toBeUndefined());
  test('without a step there is nothing to claim', () => expect(bareClaim('0', undefined)).toBeUndefined());
});
