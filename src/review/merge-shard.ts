/** One shard as `merge` finds it: its own file, its ledger, and each execution verified as `audit verify` does. Reads only. */
import { join } from 'node:path';
import { isRecord } from '../journal/journal-line.ts';
import { isSamePlan, ledgerPath, readLedger, type LedgerEntry } from '../journal/ledger.ts';
import { createSetMemory, type SetMemory, type SetPlan } from '../journal/plan-set.ts';
import { readShardRecord, type ShardExecution, type ShardRecord } from '../journal/shard-record.ts';
import { messageOf } from '../model/diagnostic.ts';
import { worse, type Verdict, verdictOrder } from '../model/verdict.ts';
import type { AuditCode } from './audit-finding.ts';
import { auditExecution } from './audit-verify.ts';

/** One thing that keeps the union from being shown; `folder` as it was named. */
export interface MergeFinding {
  readonly code: AuditCode;
  readonly message: string;
  readonly folder: string | null;
}

/** An execution with what the audit leaves of its verdict. */
export interface MergedExecution {
  readonly path: string;
  readonly role: ShardExecution['role'];
  readonly execution: string | null;
  readonly verdict: Verdict;
  readonly exitCode: number;
  /** What was tested, where version control says so. */
  readonly source?: { readonly environment: string; readonly commit: string; readonly digest: string };
  /** Earlier attempts that the ledger of the shard tells of, and how they ended. */
  readonly earlier: readonly { readonly execution: string; readonly verdict: Verdict | null }[];
}

export interface ReadShard {
  readonly folder: string;
  readonly record?: ShardRecord;
  readonly executions: readonly MergedExecution[];
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
    return { folder: name, executions: [], findings };
  }
  const { record } = read;
  if (record.state !== 'closed') find('review/shard-open', `shard ${record.index}/${record.count} in \`${name}\` was begun, and did not come to its end`);
  const plans = new Map([...record.set.plans, ...record.set.linked].map((plan) => [plan.path, plan]));
  const ledger = await verifyShardLedger(folder, record, plans, find);
  const executions: MergedExecution[] = [];
  for (const execution of record.executions)
    executions.push(await verifyOne(folder, record, execution, { plan: plans.get(execution.path), ledger, verifierKey, find }));
  verifyParts(record, memory.deal(record.set, record.count), executions, find);
  return { folder: name, record, executions, findings };
}

type Find = (code: AuditCode, message: string) => void;

/** Is the ledger the one that the shard was closed with, and has nothing happened to its plans since? */
async function verifyShardLedger(folder: string, record: ShardRecord, plans: ReadonlyMap<string, SetPlan>, find: Find): Promise<readonly LedgerEntry[]> {
  try {
    const { entries, next, problems } = await readLedger(ledgerPath(folder));
    const [problem] = problems;
    if (problem) find('review/shard-ledger-differs', `line ${problem.lineNumber} of its ledger is damaged or not chained`);
    const { ledger } = record;
    if (ledger === null) return entries;
    const head = next.seq - 1 === ledger.entries ? next.prev : entries.find(({ seq }) => seq === ledger.entries + 1)?.prev;
    if (head !== ledger.head) find('review/shard-ledger-differs', `its ledger has not the ${ledger.entries} lines that it was closed with`);
    const isOurs = ({ plan }: LedgerEntry): boolean => [...plans.values()].some((own) => isSamePlan(plan, own));
    for (const later of entries.filter((entry) => entry.kind === 'registered' && entry.seq > ledger.entries && isOurs(entry)))
      find('review/shard-attempt-later', `\`${later.plan.path}\` was executed again after the shard was closed (\`${later.execution}\`)`);
    for (const entry of entries)
      if (entry.kind === 'registered' && isOurs(entry) && !entries.some((end) => end.kind === 'ended' && end.execution === entry.execution))
        find('review/shard-open', `the execution \`${entry.execution}\` of \`${entry.plan.path}\` did not come to its end`);
    return entries;
  } catch (error) {
    find('review/shard-ledger-differs', `its ledger cannot be read: ${messageOf(error)}`);
    return [];
  }
}

interface Ground {
  readonly plan: SetPlan | undefined;
  readonly ledger: readonly LedgerEntry[];
  readonly verifierKey: string | undefined;
  readonly find: Find;
}

async function verifyOne(folder: string, record: ShardRecord, stated: ShardExecution, { plan, ledger, verifierKey, find }: Ground): Promise<MergedExecution> {
  const { path, role, execution, exitCode } = stated;
  const verdict = verdictOf(stated.verdict);
  const earlier = plan === undefined ? [] : earlierAttempts(ledger, plan, record);
  const unproven: MergedExecution = { path, role, execution, verdict: worse(verdict, 'unproven'), exitCode, earlier };
  if (plan === undefined || plan.sha256 !== stated.sha256) {
    find('review/shard-execution-differs', `\`${path}\` is, as it was executed, no plan of the set`);
    return unproven;
  }
  if (execution === null || !/^[\w.-]+$/.test(execution)) {
    find('review/shard-plan-missing', `\`${path}\` was never begun: ${verdict}`);
    return unproven;
  }
  const audit = await auditExecution(join(folder, 'executions', execution), {
    expectExecution: execution,
    expectPlan: plan.sha256,
    ...(stated.journal === null ? {} : { expectRoot: stated.journal.root }),
    ...(verifierKey === undefined ? {} : { verifierKey }),
  });
  const [first] = audit.findings;
  const differences = first
    ? [`${first.message}${audit.findings.length > 1 ? `, and ${audit.findings.length - 1} more findings` : ''}`]
    : differencesOf(audit, stated, record, plan);
  const source = sourceOf(audit.opened);
  if (differences.length === 0) return { ...unproven, verdict, ...(source === undefined ? {} : { source }) };
  find('review/shard-execution-differs', `the record of \`${path}\` (\`${execution}\`) is not what the shard says: ${differences.join('; ')}`);
  return { ...unproven, verdict: worse(unproven.verdict, verdictOf(audit.journal?.verdict)) };
}

/** What an intact record says otherwise than the shard's file. */
function differencesOf(
  { journal, opened = {} }: Awaited<ReturnType<typeof auditExecution>>,
  stated: ShardExecution,
  { setSha256, index, count }: ShardRecord,
  plan: SetPlan,
): readonly string[] {
  const set = isRecord(opened['set']) ? opened['set'] : {};
  const addendum = isRecord(opened['addendum']) ? opened['addendum']['sha256'] : null;
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['verdict', verdictOf(journal?.verdict), verdictOf(stated.verdict)],
    ['head', journal?.state.head, stated.journal?.head],
    ['entries', journal?.state.entries, stated.journal?.entries],
    ['set', set['sha256'], setSha256],
    ['shard', `${String(set['index'])}/${String(set['count'])}`, `${index}/${count}`],
    ['addendum', addendum, plan.addendum],
  ];
  return pairs.filter(([, recorded, told]) => recorded !== told).map(([name, recorded, told]) => `${name} ${String(recorded)}, not ${String(told)}`);
}

function sourceOf(opened: Readonly<Record<string, unknown>> = {}): MergedExecution['source'] {
  const { workspace, environment } = opened;
  if (!isRecord(workspace) || typeof workspace['commit'] !== 'string') return undefined;
  return { environment: String(environment), commit: workspace['commit'], digest: typeof workspace['trackedDigest'] === 'string' ? workspace['trackedDigest'] : '' };
}

/** Whoever reads a passed plan must see what it took. */
function earlierAttempts(ledger: readonly LedgerEntry[], plan: SetPlan, { executions }: ShardRecord): MergedExecution['earlier'] {
  return ledger
    .filter((entry) => entry.kind === 'registered' && isSamePlan(entry.plan, plan) && !executions.some(({ execution }) => execution === entry.execution))
    .map(({ execution }) => {
      const ended = ledger.findLast((entry) => entry.kind === 'ended' && entry.execution === execution);
      return { execution, verdict: ended?.kind === 'ended' ? ended.verdict : null };
    });
}

/** Exactly the plans of this shard, each once, and before them what they demand. */
function verifyParts({ set, index, count }: ShardRecord, dealt: ReadonlyMap<string, number>, executions: readonly MergedExecution[], find: Find): void {
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

function verdictOf(text: unknown): Verdict {
  const known = verdictOrder.find((verdict) => verdict === text);
  return known === undefined || known === 'none' ? 'unproven' : known;
}
