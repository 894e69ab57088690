/** One shard as `merge` finds it: its own file, its ledger, and each execution verified as `audit verify` does. Reads only. */
import { createSetMemory, type SetMemory } from '../journal/plan-set.ts';
import { readShardRecord, type ShardRecord } from '../journal/shard-record.ts';
import type { AuditCode } from './audit-finding.ts';
import type { LedgerMemory } from './audit-ledger.ts';
import { verifyStated, type ReadExecution } from './merge-execution.ts';
import type { Find, MergeFinding } from './merge-finding.ts';
import { verifyShardLedger, type OtherAttempt } from './merge-ledger.ts';
import { verifyPrerequisites } from './merge-prerequisite.ts';

export interface ReadShard {
  readonly folder: string;
  readonly record?: ShardRecord;
  readonly executions: readonly ReadExecution[];
  /** Attempts at plans of the set before those that the shard shows. */
  readonly before: readonly OtherAttempt[];
  readonly findings: readonly MergeFinding[];
}

/** `folder` is the output folder, absolute; `name` is how messages call it. Never rejects: what cannot be read is a finding. */
export async function readShard(folder: string, name: string, verifierKey?: string, memory: SetMemory = createSetMemory()): Promise<ReadShard> {
  const findings: MergeFinding[] = [];
  const find = (code: AuditCode, message: string): void => void findings.push({ code, message, folder: name });
  const read = readShardRecord(folder, verifierKey, memory.digest);
  if ('problem' in read) {
    const codes = { missing: 'review/shard-missing', damaged: 'review/shard-damaged', unsigned: 'review/shard-unsigned' } as const;
    find(codes[read.kind], `\`${name}\`: ${read.problem}`);
    return { folder: name, executions: [], before: [], findings };
  }
  const { record } = read;
  if (record.state !== 'closed') find('review/shard-open', `shard ${record.index}/${record.count} in \`${name}\` was begun, and did not come to its end`);
  const plans = new Map([...record.set.plans, ...record.set.linked].map((plan) => [plan.path, plan]));
  const before = await verifyShardLedger(folder, record, find);
  const executions: ReadExecution[] = [];
  const ledgers: LedgerMemory = new Map();
  for (const execution of record.executions)
    executions.push(await verifyStated(folder, record, execution, { plan: plans.get(execution.path), verifierKey, ledgers, find }));
  verifyParts(record, memory.deal(record.set, record.count), executions, find);
  verifyPrerequisites(record.set, executions, find);
  return { folder: name, record, executions, before, findings };
}

/** Exactly the plans of this shard, each once, and before them what they demand. */
function verifyParts({ set, index, count }: ShardRecord, dealt: ReadonlyMap<string, number>, executions: readonly ReadExecution[], find: Find): void {
  const own = new Set([...dealt].filter(([, shard]) => shard === index).map(([path]) => path));
  const demanded = new Set(set.plans.filter(({ path }) => own.has(path)).flatMap(({ prerequisites }) => prerequisites));
  for (const path of own) {
    const found = executions.filter((each) => each.path === path && each.role === 'plan').length;
    if (found === 0) find('review/shard-plan-missing', `\`${path}\` belongs to shard ${index}/${count}, and was not executed there`);
    if (found > 1) find('review/shard-plan-doubled', `\`${path}\` was executed ${found} times in shard ${index}/${count}`);
  }
  for (const { path, role } of executions) {
    if (role === 'plan' && !own.has(path)) find('review/shard-plan-doubled', `\`${path}\` was executed in shard ${index}/${count}, and belongs to another one`);
    if (role === 'prerequisite' && !demanded.has(path))
      find('review/shard-plan-doubled', `\`${path}\` was executed in shard ${index}/${count}, where no plan demands it`);
  }
  for (const path of demanded) {
    const first = executions.filter((each) => each.path === path);
    if (first.length === 0) find('review/shard-plan-missing', `\`${path}\`, which plans of shard ${index}/${count} demand first, was not executed there`);
  }
}
