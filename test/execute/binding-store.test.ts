import { describe, expect, it } from 'vitest';
import { createBindingStore, renderOrigin } from '../../src/execute/binding-store.ts';
import type { Binding, ValueType } from '../../src/model/value.ts';

const row = (name: string, text: string | null, step: string, type: ValueType = 'text'): Binding => ({
  name,
  value: { type, text },
  origin: { kind: 'row', step, row: 1, column: 'c' },
});
const line = (name: string, text: string, step: string): Binding => ({
  name,
  value: { type: 'text', text },
  origin: { kind: 'output', step, stream: 'stdout', lineNumber: 3 },
});

describe('createBindingStore', () => {
  it('takes a value once, and keeps the first origin', () => {
    const store = createBindingStore();
    expect(store.observe(row('n', '7', '3.2', 'integer')).kind).toBe('new');
    expect(store.observe(line('n', '7', '4.1')).kind).toBe('again');
    expect(store.get('n')?.origin).toEqual({ kind: 'row', step: '3.2', row: 1, column: 'c' });
    expect(store.disputed('n')).toBe(false);
  });

  it.each([
    ['another text', line('n', '8', '4.1')],
    ['null', row('n', null, '4.1')],
    ['a text that is no number', line('n', 'seven', '4.1')],
    ['nothing', line('n', '', '4.1')],
  ])('is in conflict with %s, and stays what it was', (_, other) => {
    const store = createBindingStore([row('n', '7', '3.2', 'integer')]);
    expect(store.observe(other)).toMatchObject({ kind: 'conflict', binding: { value: { text: '7' } }, other });
    expect(store.get('n')?.value.text).toBe('7');
    expect(store.disputed('n')).toBe(true);
  });

  it('keeps the columns of two tables apart, and lets a table say something new', () => {
    const store = createBindingStore([row('runs.status', 'queued', '3.1'), row('traces.status', 'completed', '3.2')]);
    expect(store.observe(row('runs.status', 'succeeded', '6.1')).kind).toBe('new');
    expect(store.get('runs.status')?.value.text).toBe('succeeded');
    expect(store.get('traces.status')?.value.text).toBe('completed');
  });
});

describe('renderOrigin', () => {
  it.each([
    [{ kind: 'input', source: '--set' }, '--set'],
    [{ kind: 'output', step: '4.1', stream: 'stdout', lineNumber: 3 }, 'stdout of step 4.1, line 3'],
    [{ kind: 'row', step: '3.2', row: 1, column: 'step_count' }, 'row 1 of step 3.2, column step_count'],
    [{ kind: 'variable', step: '1.1', variable: 'DIR' }, 'variable DIR of step 1.1'],
    [{ kind: 'search', step: '1.2' }, 'search of step 1.2'],
    [{ kind: 'verdict', of: ['step 5.1'] }, 'verdict of step 5.1'],
    [{ kind: 'witness', step: '4.1', witness: 'chain' }, 'witness chain at step 4.1'],
  ] as const)('%j', (origin, text) => {
    expect(renderOrigin(origin)).toBe(text);
  });
});
