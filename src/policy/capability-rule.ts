/** What each capability permits, as one table: everything that `judgeEffect` asks of it. */
import type { Capability } from '../model/step.ts';

export interface CapabilityRule {
  /** Tables whose rows it may change. `declared`: those that the step names; `unprotected`: all that the plan does not protect. */
  readonly writes: 'none' | 'declared' | 'unprotected' | 'all';
  /** Changes of the schema. `absent`: only `CREATE … IF NOT EXISTS`; `unprotected`: of what is not protected, and nothing that acts by itself. */
  readonly schema: 'none' | 'absent' | 'unprotected' | 'all';
  /** Side effects: a sequence's next value, a notification, a lock; `upkeep` also VACUUM, ANALYZE, setting a sequence, large objects. */
  readonly side: 'none' | 'ordinary' | 'upkeep';
  /** May it call what nobody can look into? `known`: only where nothing is made at run time. */
  readonly unseen: 'none' | 'known' | 'all';
  /** May it call functions that nobody here knows? */
  readonly calls: boolean;
  /** Are settings on which no guard rests its own affair? */
  readonly settings: boolean;
  /** Does PostgreSQL's own word for a read-only transaction fit its refusals? */
  readonly readOnly: boolean;
}

const reading: CapabilityRule = { writes: 'none', schema: 'none', side: 'none', unseen: 'none', calls: false, settings: false, readOnly: true };
const writing: CapabilityRule = { ...reading, writes: 'declared', schema: 'absent', side: 'ordinary', readOnly: false };

export const capabilityRules: Readonly<Record<Capability, CapabilityRule>> = {
  none: { ...reading, readOnly: false },
  read: reading,
  write: writing,
  'write-except-protected': { ...writing, writes: 'unprotected' },
  ddl: { ...writing, writes: 'unprotected', schema: 'unprotected', side: 'upkeep' },
  full: { writes: 'all', schema: 'all', side: 'upkeep', unseen: 'all', calls: true, settings: true, readOnly: false },
  production: { writes: 'all', schema: 'unprotected', side: 'upkeep', unseen: 'known', calls: true, settings: true, readOnly: false },
  // Its one statement is rolled back, whatever it reaches.
  probe: { writes: 'all', schema: 'absent', side: 'ordinary', unseen: 'none', calls: true, settings: false, readOnly: false },
};
