import { describe, expect, it } from 'vitest';
import type { RecordedDecision } from '../../src/execute/decision-log.ts';
import { judgePolicy, type PolicyFacts } from '../../src/execute/judge-policy.ts';
import type { DatabaseGuardFacts } from '../../src/policy/guard-layer.ts';
import type { PolicyRule } from '../../src/model/policy.ts';
import { policy, search, shell } from './sample-plan.ts';

const withoutGuard: PolicyFacts = {
  steps: [shell('1.1', 'true'), search('2.1', ['a'], ['b'], [])],
  canaries: [
    { name: 'insert', layer: 'gateway', moment: 'start', refused: true, detail: '' },
    { name: 'sqlite file', layer: 'sqlite', moment: 'start', refused: true, detail: '' },
  ],
  decisions: [],
  executed: true,
  inherited: [],
  workspaceTracked: true,
  isolationOf: () => 'network',
  freshClaims: [],
};
const database: DatabaseGuardFacts = { ownServer: false, serverVersion: 150_000, user: 'app', superuser: false, countsTables: true, pooler: undefined };
const facts: PolicyFacts = { ...withoutGuard, database };
const writes: PolicyRule = { kind: 'no-manual-writes', tables: [] };
const sqlite: PolicyRule = { kind: 'no-sqlite-fallback', identifiers: [], files: [] };

describe('judgePolicy', () => {
  const rows: readonly (readonly [string, PolicyRule, PolicyFacts, string, string])[] = [
    ['writes, an ordinary account', writes, facts, 'PREVENTED', 'passed'],
    ['writes, a superuser elsewhere', writes, { ...facts, database: { ...database, superuser: true, ownServer: false } }, 'DETECTED', 'passed'],
    ['writes, a superuser of our own server', writes, { ...facts, database: { ...database, superuser: true, ownServer: true } }, 'PREVENTED', 'passed'],
    ['writes, behind a pooler', writes, { ...facts, database: { ...database, pooler: 'a pooler' } }, 'DETECTED', 'passed'],
    ['writes, no database', writes, withoutGuard, 'UNENFORCED', 'unproven'],
    ['SQLite', sqlite, facts, 'DETECTED', 'passed'],
    ['SQLite, nobody looks', sqlite, withoutGuard, 'UNENFORCED', 'unproven'],
    ['DDL', { kind: 'no-ddl' }, facts, 'PREVENTED', 'passed'],
    ['stop on failure', { kind: 'stop-on-failure', evidence: true }, facts, 'PREVENTED', 'passed'],
    ['order', { kind: 'order', before: '1', after: '2' }, facts, 'PREVENTED', 'passed'],
    ['order of steps', { kind: 'order', before: 'step 1.1', after: 'step 2.1' }, facts, 'PREVENTED', 'passed'],
    ['order after a step that is not there', { kind: 'order', before: 'step 1.9', after: 'step 2.1' }, facts, 'UNENFORCED', 'unproven'],
    ['order after an empty section', { kind: 'order', before: '7', after: '2' }, facts, 'UNENFORCED', 'unproven'],
    ['environment', { kind: 'no-undeclared-env' }, facts, 'PREVENTED', 'passed'],
    ['environment with inherited names', { kind: 'no-undeclared-env' }, { ...facts, inherited: ['LANG'] }, 'ATTESTED', 'passed'],
    ['workspace', { kind: 'no-workspace-change' }, facts, 'DETECTED', 'passed'],
    ['workspace without version control', { kind: 'no-workspace-change' }, { ...facts, workspaceTracked: false }, 'UNENFORCED', 'unproven'],
    ['substitution', { kind: 'no-substitution' }, facts, 'ATTESTED', 'passed'],
    ['freshness that nobody claims', { kind: 'fresh-evidence', names: [] }, facts, 'UNENFORCED', 'unproven'],
    ['freshness that held', { kind: 'fresh-evidence', names: [] }, { ...facts, freshClaims: [{ name: 'run_id', verdict: 'passed' }] }, 'DETECTED', 'passed'],
    [
      'freshness that did not hold',
      { kind: 'fresh-evidence', names: ['run_id'] },
      { ...facts, freshClaims: [{ name: 'run_id', verdict: 'failed' }] },
      'DETECTED',
      'failed',
    ],
    [
      'freshness of another name',
      { kind: 'fresh-evidence', names: ['id'] },
      { ...facts, freshClaims: [{ name: 'run_id', verdict: 'passed' }] },
      'UNENFORCED',
      'unproven',
    ],
    [
      'freshness that was not judged',
      { kind: 'fresh-evidence', names: [] },
      { ...facts, freshClaims: [{ name: 'run_id', verdict: 'none' }] },
      'DETECTED',
      'unproven',
    ],
    ['execution in a section of searches', { kind: 'no-execution' }, facts, 'UNENFORCED', 'unproven'],
    ['network', { kind: 'no-network', permit: [] }, facts, 'PREVENTED', 'passed'],
    ['network without a network of its own', { kind: 'no-network', permit: [] }, { ...facts, isolationOf: () => 'process' }, 'UNENFORCED', 'unproven'],
    ['network with permitted hosts', { kind: 'no-network', permit: ['registry.example'] }, facts, 'UNENFORCED', 'unproven'],
    ['isolation', { kind: 'isolation', level: 'process' }, { ...facts, isolationOf: () => 'process' }, 'PREVENTED', 'passed'],
    ['less isolation than demanded', { kind: 'isolation', level: 'network' }, { ...facts, isolationOf: () => 'process' }, 'UNENFORCED', 'unproven'],
    ['no isolation', { kind: 'isolation', level: 'process' }, { ...facts, isolationOf: () => 'none' }, 'UNENFORCED', 'unproven'],
    ['a place that is ruled out', { kind: 'forbidden-target', names: ['production'] }, facts, 'ATTESTED', 'passed'],
    ['a command that is ruled out', { kind: 'forbidden-command', commands: ['git push'] }, facts, 'ATTESTED', 'passed'],
    ['accepted by name', { kind: 'accepted', by: 'Ada' }, facts, 'UNENFORCED', 'passed'],
    ['nothing was executed', writes, { ...facts, executed: false }, 'ATTESTED', 'none'],
  ];
  it.each(rows)('%s', (_, rule, given, strength, verdict) => {
    expect(judgePolicy(policy('P1', rule), given)).toMatchObject({ strength, verdict });
  });

  it('attests what holds searches only', () => {
    expect(judgePolicy(policy('P1', { kind: 'read-only' }, { scope: { kind: 'section', section: '2' } }), facts).strength).toBe('ATTESTED');
  });

  it('is not enforced by a step that may write where nothing must be written', () => {
    const steps = [shell('3.1', 'true', { capability: 'write', writes: ['notes'] })];
    const row = judgePolicy(policy('P1', { kind: 'read-only' }, { scope: { kind: 'section', section: '3' } }), { ...facts, steps });
    expect(row).toMatchObject({ strength: 'UNENFORCED', verdict: 'unproven', by: 'nothing: step 3.1 may write' });
  });

  it('counts its own decisions, and is refused by one', () => {
    const decision = (policies: readonly string[], effect: 'permit' | 'refuse', count: number, entry: number): RecordedDecision => ({
      step: '1.1',
      source: 'gateway',
      effect,
      policies,
      reason: '',
      count,
      entry,
    });
    const decisions = [decision(['P1'], 'permit', 4, 10), decision(['P2'], 'refuse', 1, 11), decision(['P1'], 'refuse', 2, 12)];
    const row = judgePolicy(policy('P1', writes), { ...facts, decisions });
    expect(row).toMatchObject({ permitted: 4, refused: 2, firstEntry: 10, lastEntry: 12, verdict: 'refused', canary: 'insert: refused' });
  });
});
