/** One shard of a set of plans: which plans are its own, and what it leaves for `merge`. */
import { mkdirSync } from 'node:fs';
import { join, normalize, relative } from 'node:path';
import { holdLock } from '../journal/ledger-lock.ts';
import { ledgerPath, readLedger } from '../journal/ledger.ts';
import { createPlanSet, dealPlans, digestPlanSet, type PlanSet, type SetPlan } from '../journal/plan-set.ts';
import { readShardRecord, writeShardRecord, type ShardExecution, type ShardRecord } from '../journal/shard-record.ts';
import type { NoteKey } from '../journal/signed-note.ts';
import { messageOf, type Checked, type Diagnostic } from '../model/diagnostic.ts';
import type { SetMembership } from '../model/event.ts';
import type { CompiledFile } from './compiled-file.ts';
import type { CommandContext } from './command-context.ts';
import type { Ready } from './execute-one.ts';
import { demandedBy } from './planned-job.ts';
import type { EndedJob } from './run-many.ts';
import type { ShardOption } from './shard-option.ts';

/** A shard while it is executed. */
export interface OpenShard {
  readonly plans: readonly Ready[];
  readonly membership: SetMembership;
  /** Writes what came of it. Answers with what stood in the way. */
  readonly close: (ended: readonly EndedJob[]) => Promise<readonly Diagnostic[]>;
}

/** Chooses the shard's plans, and writes that it is open: the file of an earlier one must not stand for it. */
export function openShard(all: readonly Ready[], shard: ShardOption, output: string, key: NoteKey | undefined, context: CommandContext): Checked<OpenShard> {
  const refused = (code: 'cli/usage' | 'cli/shard-unwritable', message: string, help: string): Checked<never> => ({
    value: undefined,
    diagnostics: [{ severity: 'error', code, message, help }],
  });
  if (all.some(({ file }) => file.absolute === undefined)) return refused('cli/usage', 'a plan from standard input is in no set', 'name the plans as files');
  if (shard.count > all.length)
    return refused('cli/usage', `${shard.count} shards cannot share ${all.length} plans: one of them would have none`, `use at most ${all.length} shards`);
  const set = setOf(all, context);
  const setSha256 = digestPlanSet(set);
  const dealt = dealPlans(set, shard.count);
  const base = { v: 1, set, setSha256, index: shard.index, count: shard.count } as const;
  const before = readShardRecord(output);
  if ('record' in before && before.record.setSha256 === setSha256 && (before.record.index !== shard.index || before.record.count !== shard.count))
    return refused(
      'cli/shard-unwritable',
      `\`${output}\` holds shard ${before.record.index}/${before.record.count} of the same plans`,
      'give each shard an output folder of its own with --out',
    );
  try {
    mkdirSync(output, { recursive: true, mode: 0o700 });
    const lock = holdLock(join(output, 'shard.lock'));
    if ('busy' in lock)
      return refused(
        'cli/shard-unwritable',
        `another shard is executed with the output folder \`${output}\``,
        'give each shard an output folder of its own with --out',
      );
    writeShardRecord(output, { ...base, state: 'open', executions: [], ledger: null }, key);
    const close = async (ended: readonly EndedJob[]): Promise<readonly Diagnostic[]> => {
      try {
        const { next, problems } = await readLedger(ledgerPath(output));
        // A ledger that cannot be followed binds nothing: the shard stays open.
        if (problems.length > 0) throw new Error('its ledger is damaged');
        const record: ShardRecord = {
          ...base,
          state: 'closed',
          executions: ended.filter(({ begun }) => begun).map((each) => executionOf(each, context)),
          ledger: { entries: next.seq - 1, head: next.prev },
        };
        writeShardRecord(output, record, key);
        return [];
      } catch (error) {
        return refused(
          'cli/shard-unwritable',
          `what the shard has executed cannot be written into \`${output}\`: ${messageOf(error)}`,
          'execute the shard again with a folder that can be written',
        ).diagnostics;
      } finally {
        lock.release();
      }
    };
    const plans = all.filter((plan) => dealt.get(nameOf(plan, context)) === shard.index);
    return { value: { plans, membership: { sha256: setSha256, ...shard }, close }, diagnostics: [] };
  } catch (error) {
    return refused('cli/shard-unwritable', `\`${output}\` cannot be written: ${messageOf(error)}`, 'give a folder that can be written with --out');
  }
}

function executionOf({ job, end }: EndedJob, context: CommandContext): ShardExecution {
  return {
    path: nameOf(job.ready, context),
    sha256: job.ready.plan.sha256,
    role: job.role,
    execution: end.execution ?? null,
    verdict: end.verdict,
    exitCode: end.exitCode,
    journal: end.journal ?? null,
  };
}

function setOf(plans: readonly Ready[], context: CommandContext): PlanSet {
  const of = (each: CompiledFile): SetPlan => ({
    path: nameOf(each, context),
    sha256: each.plan?.sha256 ?? '',
    addendum: each.plan?.addendum?.sha256 ?? null,
    environment: each.environment?.name ?? null,
    prerequisites: demandedBy(each).map((one) => nameOf(one, context)),
  });
  const named = new Set(plans.map((plan) => nameOf(plan, context)));
  const linked = new Map(plans.flatMap(demandedBy).map((each) => [nameOf(each, context), each]));
  return createPlanSet(
    plans.map(of),
    [...linked].filter(([name]) => !named.has(name)).map(([, each]) => of(each)),
  );
}

/** From the folder of the command, the same on every machine. */
function nameOf({ path, file }: Pick<CompiledFile, 'path' | 'file'>, { workingFolder }: CommandContext): string {
  return posixOf(normalize(file?.absolute === undefined ? path : relative(workingFolder, file.absolute)));
}

function posixOf(path: string): string {
  return path.replaceAll('\\', '/');
}
