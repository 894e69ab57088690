import { describe, expect, it } from 'vitest';
import { isOfType, resolveInputs } from '../../src/execute/resolve-input.ts';
import { createSecretSet, redactArgv, secretsOf } from '../../src/execute/secret-set.ts';
import type { Binding, ValueType } from '../../src/model/value.ts';
import { capture, plan, shell, spanAt } from './sample-plan.ts';

const input = (name: string, type: ValueType = 'text', secret = false) => ({ name, type, span: spanAt(3), neededBy: '1.1', secret });
const given = (name: string, text: string, source: '--set' | '--params' | '--set-secret' = '--set'): Binding => ({
  name,
  value: { type: 'text', text },
  origin: { kind: 'input', source },
  ...(source === '--set-secret' ? { secret: true } : {}),
});
const sample = plan([shell('1.1', 'true', { captures: [capture('run_id')] })], { inputs: [input('tenant_id'), input('db_url', 'database')] });

describe('resolveInputs', () => {
  it('takes what is given, with its type and origin', () => {
    const typed = plan([], { inputs: [input('n', 'integer')] });
    expect(resolveInputs(typed, [given('n', '7')], []).value).toEqual([
      { name: 'n', value: { type: 'integer', text: '7' }, origin: { kind: 'input', source: '--set' } },
    ]);
  });
  it('takes what the environment provides, and ignores it for a name that the plan captures', () => {
    const { value, diagnostics } = resolveInputs(
      sample,
      [],
      [
        { name: 'tenant_id', text: 't1' },
        { name: 'run_id', text: 'old' },
        { name: 'unused', text: 'x' },
      ],
    );
    expect(diagnostics).toEqual([]);
    expect(value?.map(({ name }) => name)).toEqual(['tenant_id']);
  });
  it('takes two sources that agree', () => {
    expect(resolveInputs(sample, [given('tenant_id', 't1')], [{ name: 'tenant_id', text: 't1' }]).diagnostics).toEqual([]);
  });
  it.each([
    ['two that differ', [given('tenant_id', 't1'), given('tenant_id', 't2', '--params')], [], 'execute/two-values'],
    ['one that the environment contradicts', [given('tenant_id', 't1')], [{ name: 'tenant_id', text: 't2' }], 'execute/two-values'],
    ['none', [], [], 'execute/missing-input'],
    ["an address for the guard's place", [given('tenant_id', 't1'), given('db_url', 'postgresql://x')], [], 'execute/database-input'],
    ['what the plan finds out', [given('tenant_id', 't1'), given('run_id', 'r')], [], 'execute/captured-input'],
    ['what the plan does not know', [given('tenant_id', 't1'), given('tenantid', 't')], [], 'execute/unknown-input'],
  ])('refuses %s', (_, values, provided, code) => {
    const { value, diagnostics } = resolveInputs(sample, values, provided);
    expect(value).toBeUndefined();
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toEqual([code]);
  });
  it('names the value of a secret nowhere', () => {
    const secret = plan([], { inputs: [input('key', 'integer', true)] });
    expect(
      JSON.stringify(resolveInputs(secret, [given('key', 'planted-secret', '--set-secret'), given('key', 'other-secret', '--set-secret')], []).diagnostics),
    ).not.toMatch(/planted-secret|other-secret/);
    expect(JSON.stringify(resolveInputs(secret, [given('key', 'planted-secret', '--set-secret')], []).diagnostics)).not.toContain('planted-secret');
  });
  it.each([
    ['uuid', '78d877a8-9f1e-4bf5-b060-1d5e23949a68', true],
    ['uuid', '78d877a8', false],
    ['integer', '-7', true],
    ['integer', '7.0', false],
    ['number', '1e3', true],
    ['boolean', 'yes', false],
    ['timestamp', '2026-02-30', false],
    ['duration', '10s', true],
    ['size', '10 MB', true],
    ['text', '', false],
  ] as const)('%s: %j is %s', (type, text, held) => {
    expect(isOfType({ type, text })).toBe(held);
  });
});

describe('secrets', () => {
  it('refuses by name what is too short to be masked', () => {
    expect(secretsOf([given('pin', '123', '--set-secret')]).diagnostics).toMatchObject([{ code: 'execute/secret-too-short' }]);
  });
  it('masks lasting secrets always, and a token until the next', () => {
    const secrets = createSecretSet();
    const { redactor } = secrets;
    secrets.add(['first-secret']);
    secrets.lend('token-one');
    expect(redactor.text('first-secret token-one')).toBe('*** ***');
    secrets.lend('token-two');
    expect(redactor.text('first-secret token-one token-two')).toBe('*** token-one ***');
  });
  it('masks the command line', () => {
    const secrets = createSecretSet();
    secrets.add(['planted-secret']);
    expect(
      redactArgv(['--set-secret', 'key=planted-secret', '--database', 'postgresql://app:pass%20word@host:5432/db?sslmode=disable'], secrets.redactor),
    ).toEqual(['--set-secret', 'key=***', '--database', 'postgresql://***@host:5432/db?sslmode=disable']);
  });
});
