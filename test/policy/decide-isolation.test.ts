import { describe, expect, it } from 'vitest';
import type { Policy, PolicyRule, PolicyScope } from '../../src/model/policy.ts';
import { decideIsolation, isStronger } from '../../src/policy/decide-isolation.ts';

const span = { path: 'plan.md', start: { line: 1, column: 1, offset: 0 }, end: { line: 1, column: 2, offset: 1 } };
const policy = (rule: PolicyRule, scope: PolicyScope = { kind: 'document' }): Policy => ({ id: 'P1', text: 'x', span, scope, rule, origin: 'text' });
const everywhere = (): boolean => true;

describe('decideIsolation', () => {
  const process = policy({ kind: 'isolation', level: 'process' });
  const network = policy({ kind: 'isolation', level: 'network' });
  const offline = policy({ kind: 'no-network', permit: [] });
  const nearly = policy({ kind: 'no-network', permit: ['registry.example'] });
  const other = policy({ kind: 'read-only' });

  it.each([
    ['nothing', [], 'none', 'none', undefined],
    ['another kind', [other], 'none', 'none', undefined],
    ['a process of its own', [process], 'process', 'process', process],
    ['no network', [network], 'network', 'network', network],
    ['the strongest, in either order', [process, network], 'network', 'network', network],
    ['the strongest, the other way round', [network, process], 'network', 'network', network],
    // Without the word isolation it is wanted, and what a machine cannot do leaves the sentence unenforced.
    ['offline', [offline], 'none', 'network', undefined],
    ['offline, with hosts that a network of its own would cut off', [nearly], 'none', 'none', undefined],
    ['offline beside a lesser demand', [process, offline], 'process', 'network', process],
    ['a demand before an offline that names hosts', [network, nearly], 'network', 'network', network],
  ] as const)('%s', (_, policies, demanded, wanted, by) => {
    const decided = decideIsolation(policies, everywhere);
    expect({ demanded: decided.demanded, wanted: decided.wanted, by: decided.policy }).toEqual({ demanded, wanted, by });
  });

  it('asks the scope of each policy', () => {
    const section = policy({ kind: 'isolation', level: 'network' }, { kind: 'section', section: '2' });
    expect(decideIsolation([section], (scope) => scope.kind === 'document')).toEqual({ demanded: 'none', wanted: 'none' });
    expect(decideIsolation([section], (scope) => scope.kind === 'section').demanded).toBe('network');
  });
});

describe('isStronger', () => {
  it.each([
    ['none', 'none', false],
    ['process', 'none', true],
    ['network', 'process', true],
    ['process', 'network', false],
    ['network', 'network', false],
  ] as const)('%s than %s: %s', (level, than, stronger) => {
    expect(isStronger(level, than)).toBe(stronger);
  });
});
