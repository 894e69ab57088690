/** `proofplan merge DIR…`: the strict union of the shards of one set. Reads only; the exit code is the verdict. */
import { usageExitCode } from '../model/verdict.ts';
import { misusedExpectations, shown } from './audit-option.ts';
import { say, type CommandContext } from './command-context.ts';
import { examples, type Finish, type Program } from './program.ts';

interface MergeOptions {
  readonly vkey?: string;
  readonly expectSet?: string;
  readonly json?: true;
}

export function addMerge(program: Program, context: CommandContext, finish: Finish): void {
  program
    .command('merge')
    .description('join what the shards of `run --shard` have left; passed only where every plan of the set is shown to have passed')
    .argument('<dir...>', 'the output folder of each shard')
    .option('--vkey <key>', 'the verifier key that must have signed each shard and each record')
    .option('--expect-set <sha256>', 'the digest of the set of plans, as another place tells it')
    .option('--json', 'JSON on stdout')
    .addHelpText('after', examples('merge results-1 results-2', 'merge --json results-1 results-2'))
    .action(async (folders, options) => finish(await merge(folders, options, context)));
}

async function merge(folders: readonly string[], { vkey, expectSet, json }: MergeOptions, context: CommandContext): Promise<number> {
  const misused = await misusedExpectations({
    ...(vkey === undefined ? {} : { vkey }),
    ...(expectSet === undefined ? {} : { expectSet }),
  });
  await say(context, misused);
  if (misused.length > 0) return usageExitCode;
  const [{ mergeShards }, { renderMerge }] = await Promise.all([import('../review/merge-set.ts'), import('../review/render-merge.ts')]);
  const merged = await mergeShards(folders, context.workingFolder, {
    ...(vkey === undefined ? {} : { verifierKey: vkey }),
    ...(expectSet === undefined ? {} : { setSha256: expectSet }),
  });
  context.out(json === true ? `${JSON.stringify({ schemaVersion: 1, ...merged })}\n` : shown(renderMerge(merged, context.command)));
  return merged.exitCode;
}
