/** Every combination of facts: nothing is called stronger than it is, and what would raise it is one thing. */
import { describe, expect, test } from 'vitest';
import type { PolicyKind } from '../../src/model/policy.ts';
import { decideStrength, type StrengthFacts } from '../../src/policy/decide-strength.ts';
import { decideLayers, type DatabaseGuardFacts } from '../../src/policy/guard-layer.ts';

const bools = [true, false] as const;
const databases: readonly (DatabaseGuardFacts | undefined)[] = [
  undefined,
  ...bools.flatMap((ownServer) =>
    bools.flatMap((superuser) =>
      bools.flatMap((countsTables) =>
        [140_000, 150_000].flatMap((serverVersion) =>
          [undefined, 'a pooler'].map((pooler): DatabaseGuardFacts => ({ ownServer, superuser, countsTables, serverVersion, pooler, user: 'app' })),
        ),
      ),
    ),
  ),
];
const combinations: readonly StrengthFacts[] = databases.flatMap((database) =>
  (['none', 'process', 'network'] as const).flatMap((isolation) =>
    bools.flatMap((workspaceTracked) => [[], ['TOKEN']].map((inherited): StrengthFacts => ({ database, isolation, workspaceTracked, inherited }))),
  ),
);
const databaseKinds: readonly PolicyKind[] = ['no-manual-writes', 'read-only', 'no-ddl'];

describe('how strongly a policy can be kept', () => {
  test.each(combinations.map((facts) => [JSON.stringify(facts), facts] as const))('%s', (_name, facts) => {
    const { database } = facts;
    for (const kind of databaseKinds) {
      const { strength, raise } = decideStrength(kind, facts);
      if (database === undefined) expect(strength).toBe('UNENFORCED');
      else if ((database.superuser && !database.ownServer) || database.pooler !== undefined) expect(strength).toBe('DETECTED');
      else expect(strength).toBe('PREVENTED');
      // What is not at its strongest says what would make it so.
      expect(raise === undefined).toBe(strength === 'PREVENTED');
    }
    for (const kind of ['no-sqlite-fallback', 'fresh-evidence'] as const)
      expect(decideStrength(kind, facts).strength).toBe(database === undefined ? 'UNENFORCED' : 'DETECTED');
    expect(decideStrength('no-network', facts).strength).toBe(facts.isolation === 'network' ? 'PREVENTED' : 'UNENFORCED');
    expect(decideStrength('isolation', facts).strength).toBe(facts.isolation === 'none' ? 'UNENFORCED' : 'PREVENTED');
    expect(decideStrength('no-workspace-change', facts).strength).toBe(facts.workspaceTracked ? 'DETECTED' : 'UNENFORCED');
    expect(decideStrength('no-undeclared-env', facts).strength).toBe(facts.inherited.length === 0 ? 'PREVENTED' : 'ATTESTED');
    expect(decideStrength('accepted', facts).strength).toBe('UNENFORCED');
  });

  test('what only words say is attested at most', () => {
    for (const facts of combinations)
      for (const kind of ['no-execution', 'no-substitution', 'forbidden-target', 'forbidden-command'] as const)
        expect(decideStrength(kind, facts).strength).toBe('ATTESTED');
  });
});

describe('layers', () => {
  test.each(combinations.map((facts) => [JSON.stringify(facts), facts] as const))('%s', (_name, facts) => {
    const layers = decideLayers(facts);
    const inForce = (name: string): boolean => layers.find((layer) => layer.name === name)?.inForce ?? false;
    expect(layers).toHaveLength(10);
    expect(inForce('static judgement')).toBe(true);
    const { database } = facts;
    for (const name of ['catalogue closure', 'gateway']) expect(inForce(name)).toBe(database !== undefined);
    const outsideSuperuser = database !== undefined && database.superuser && !database.ownServer;
    expect(inForce('read-only session')).toBe(database !== undefined && !outsideSuperuser && database.pooler === undefined);
    expect(inForce('table counters')).toBe(database?.countsTables === true && !outsideSuperuser);
    expect(inForce('session counter')).toBe(database !== undefined && database.serverVersion >= 150_000 && database.pooler === undefined);
    for (const name of ['own reader role', 'ALWAYS triggers']) expect(inForce(name)).toBe(database?.ownServer === true);
    expect(inForce('isolation')).toBe(facts.isolation !== 'none');
  });
});
