/** One execution of a shard: is it whole, of the plan and the set that the shard names, and what the shard says of it? Reads only. */
import { realpathSync } from 'node:fs';
import { isAbsolute, join, posix } from 'node:path';
import { isRecord } from '../journal/journal-line.ts';
import type { SetPlan } from '../journal/plan-set.ts';
import type { ShardExecution, ShardRecord } from '../journal/shard-record.ts';
import { executionIdPattern } from '../model/journal-entry.ts';
import { worse, type Verdict, verdictOrder } from '../model/verdict.ts';
import { readVerdict } from './audit-file.ts';
import type { LedgerMemory } from './audit-ledger.ts';
import { auditExecution } from './audit-verify.ts';
import { conditionsOf, type Condition } from './merge-condition.ts';
import type { Find } from './merge-finding.ts';

/** An execution with what the audit leaves of its verdict. What stands behind `reason` is only there where the record is whole. */
export interface ReadExecution {
  readonly path: string;
  readonly role: ShardExecution['role'];
  readonly execution: string | null;
  readonly verdict: Verdict;
  readonly exitCode: number;
  /** Why it did not pass, as its record says. */
  readonly reason: string | null;
  readonly root?: string;
  /** The data of its journal's first entry. */
  readonly opened?: Readonly<Record<string, unknown>>;
  readonly conditions: readonly Condition[];
}

interface Ground {
  readonly plan: SetPlan | undefined;
  readonly verifierKey: string | undefined;
  readonly ledgers: LedgerMemory;
  readonly find: Find;
}

/** Verifies one execution that a shard states, and tells what is wrong with it. Never rejects. */
export async function verifyStated(
  folder: string,
  record: ShardRecord,
  stated: ShardExecution,
  { plan, verifierKey, ledgers, find }: Ground,
): Promise<ReadExecution> {
  const { path, role, execution, exitCode } = stated;
  const verdict = verdictOf(stated.verdict);
  const unproven: ReadExecution = { path, role, execution, verdict: worse(verdict, 'unproven'), exitCode, reason: null, conditions: [] };
  if (plan === undefined || plan.sha256 !== stated.sha256) {
    find('review/shard-execution-differs', `\`${path}\` is, as it was executed, no plan of the set`);
    return unproven;
  }
  if (execution === null || !executionIdPattern.test(execution)) {
    find('review/shard-plan-missing', `\`${path}\` was never begun: ${verdict}`);
    return unproven;
  }
  const place = join(folder, 'executions', execution);
  if (!liesIn(folder, execution)) {
    // The ledger of this shard would not be the one that its record was written with.
    find('review/shard-execution-differs', `the record of \`${path}\` (\`${execution}\`) does not lie in the folder of the shard`);
    return unproven;
  }
  const expected = {
    expectExecution: execution,
    expectPlan: plan.sha256,
    ...(stated.journal === null ? {} : { expectRoot: stated.journal.root }),
    ...(verifierKey === undefined ? {} : { verifierKey }),
  };
  const audit = await auditExecution(place, expected, ledgers);
  const [first] = audit.findings;
  const differences = first
    ? [`${first.message}${audit.findings.length > 1 ? `, and ${audit.findings.length - 1} more findings` : ''}`]
    : differencesOf(audit, stated, record, plan);
  if (differences.length > 0) {
    find('review/shard-execution-differs', `the record of \`${path}\` (\`${execution}\`) is not what the shard says: ${differences.join('; ')}`);
    return { ...unproven, verdict: worse(unproven.verdict, verdictOf(audit.journal?.verdict)) };
  }
  const { opened = {} } = audit;
  const reason = verdict === 'passed' ? undefined : (await readVerdict(place))?.['reason'];
  return {
    ...unproven,
    verdict,
    reason: typeof reason === 'string' ? reason : null,
    ...(stated.journal === null ? {} : { root: stated.journal.root }),
    opened,
    conditions: conditionsOf(opened),
  };
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
  const recorded = isRecord(opened['plan']) ? opened['plan']['path'] : undefined;
  const passed = journal?.verdict === 'passed';
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['plan', isNamedAs(recorded, plan.path) ? plan.path : recorded, plan.path],
    ['verdict', verdictOf(journal?.verdict), verdictOf(stated.verdict)],
    ['exit code', passed ? 'of a pass' : 'of no pass', stated.exitCode === 0 ? 'of a pass' : 'of no pass'],
    ['head', journal?.state.head, stated.journal?.head],
    ['entries', journal?.state.entries, stated.journal?.entries],
    ['set', set['sha256'], setSha256],
    ['shard', `${String(set['index'])}/${String(set['count'])}`, `${index}/${count}`],
    ['addendum', addendum, plan.addendum],
    ['environment', opened['environment'] ?? null, plan.environment],
  ];
  return pairs.filter(([, recorded, told]) => recorded !== told).map(([name, recorded, told]) => `${name} ${String(recorded)}, not ${String(told)}`);
}

/** A record names its plan as the command did: from the folder of the command, or whole. */
function isNamedAs(recorded: unknown, path: string): boolean {
  if (typeof recorded !== 'string') return false;
  const [one, other] = [recorded, path].map((each) => posix.normalize(each.replaceAll('\\', '/')).replace(/^(\.\.\/)+/, '')) as [string, string];
  return one === other || (isAbsolute(one) && one.endsWith(`/${other}`));
}

/** Does it lie there through no link? */
function liesIn(folder: string, execution: string): boolean {
  try {
    return realpathSync(join(folder, 'executions', execution)) === join(realpathSync(folder), 'executions', execution);
  } catch {
    // That it is not there is said by the audit.
    return true;
  }
}

function verdictOf(text: unknown): Verdict {
  const known = verdictOrder.find((verdict) => verdict === text);
  return known === undefined || known === 'none' ? 'unproven' : known;
}
