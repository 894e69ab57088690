/**
 * How strongly each kind of policy can be kept under the layers that are in force: one judgement for what `doctor` foretells and what an
 * execution reached. Told honestly: under a superuser account on a server that is not the runner's, nothing about the database is PREVENTED.
 */
import type { CanaryResult } from '../model/contract.ts';
import type { PolicyKind, Strength } from '../model/policy.ts';
import type { DatabaseGuardFacts, GuardFacts } from './guard-layer.ts';

export interface StrengthFacts extends GuardFacts {
  /** Is there anything in the workspace whose change can be seen? */
  readonly workspaceTracked: boolean;
  /** Names of the process environment that steps inherit by configuration. */
  readonly inherited: readonly string[];
}

/** `layers`: whose canaries speak for it. `raise`: the one thing that would make it stronger. */
export interface PolicyStrength {
  readonly strength: Strength;
  readonly by: string;
  readonly layers: readonly CanaryResult['layer'][];
  readonly raise?: string;
}

const nothing: PolicyStrength = { strength: 'UNENFORCED', by: 'nothing', layers: [] };
const databaseLayers = ['gateway', 'session', 'catalogue', 'token', 'tripwire'] as const;

/** The strength that a sentence of this kind can reach; what its steps make of it (a contradiction, no step at all) is not looked at here. Pure. */
export function decideStrength(kind: PolicyKind, facts: StrengthFacts): PolicyStrength {
  switch (kind) {
    case 'no-manual-writes':
    case 'read-only':
    case 'no-ddl':
      return facts.database === undefined
        ? { ...nothing, by: 'nothing: no database is guarded', raise: 'name the database, so that the gateway stands before it' }
        : decideDatabaseStrength(facts.database);
    case 'no-execution':
      return { strength: 'ATTESTED', by: 'the steps: searches only', layers: [] };
    case 'no-sqlite-fallback':
      return facts.database === undefined
        ? { ...nothing, raise: 'name the database, so that there is a guard' }
        : { strength: 'DETECTED', by: 'files and open descriptors, around each step', layers: ['sqlite'] };
    case 'stop-on-failure':
    case 'order':
      return { strength: 'PREVENTED', by: 'the order of execution', layers: [] };
    case 'no-undeclared-env':
      return facts.inherited.length === 0
        ? { strength: 'PREVENTED', by: 'the permitted list of variables', layers: [] }
        : {
            strength: 'ATTESTED',
            by: `the permitted list of variables; inherited by configuration: ${facts.inherited.join(', ')}`,
            layers: [],
            raise: 'take the names out of `inherit` of the environment',
          };
    case 'no-workspace-change':
      return facts.workspaceTracked
        ? { strength: 'DETECTED', by: 'commit and content of the workspace, before and after', layers: [] }
        : { ...nothing, raise: 'name the folder that holds what is tested as `workspace`: this one holds nothing' };
    case 'no-substitution':
      return { strength: 'ATTESTED', by: 'the record of each text and what was executed', layers: [] };
    case 'fresh-evidence':
      return facts.database === undefined ? nothing : { strength: 'DETECTED', by: 'the snapshot held from before the production path', layers: [] };
    case 'attempt-limit':
      return { strength: 'PREVENTED', by: 'the ledger', layers: [] };
    case 'no-network':
      return decideIsolationStrength(facts.isolation === 'network', 'network');
    case 'isolation':
      return decideIsolationStrength(facts.isolation !== 'none', facts.isolation === 'network' ? 'network' : 'process');
    case 'forbidden-target':
      return {
        strength: 'ATTESTED',
        by: 'names in the address of the database, in the words of each command and in the values that it is given, before it runs',
        layers: [],
      };
    case 'forbidden-command':
      return { strength: 'ATTESTED', by: 'the words of each command, before the first step', layers: [] };
    case 'accepted':
      return { ...nothing, by: 'nothing: its author accepted that' };
  }
}

/** A superuser can blind every counter and lift every right; a pooler hands a session with other settings to whom it likes. */
function decideDatabaseStrength({ superuser, ownServer, pooler }: DatabaseGuardFacts): PolicyStrength {
  const layers = databaseLayers;
  if (superuser && !ownServer) {
    return {
      strength: 'DETECTED',
      by: 'gateway and tripwires, under a superuser account',
      layers,
      raise: "use an ordinary role that owns the application's tables",
    };
  }
  if (pooler !== undefined) {
    return {
      strength: 'DETECTED',
      by: `gateway and tripwires, behind ${pooler}, which keeps no settings of a session`,
      layers,
      raise: 'name the server itself, not the pooler before it',
    };
  }
  return { strength: 'PREVENTED', by: 'gateway and read-only session', layers };
}

function decideIsolationStrength(reached: boolean, level: 'process' | 'network'): PolicyStrength {
  return reached
    ? { strength: 'PREVENTED', by: `isolation \`${level}\` of each process`, layers: ['isolation'] }
    : { ...nothing, raise: 'install bubblewrap and let it make user namespaces: `apt-get install bubblewrap`' };
}
