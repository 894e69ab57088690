/**
 * `proofplan prune`: removes the folders of old executions. The ledger stays, and says of each that it was pruned. Says first what it
 * will do, and does it with `--yes`, or after asking whoever sits there.
 */
import { join } from 'node:path';
import { messageOf, type Diagnostic } from '../model/diagnostic.ts';
import type { PastExecution } from '../model/history.ts';
import { exitCodes, interruptionExitCodes, usageExitCode } from '../model/verdict.ts';
import type { SourceOptions } from '../review/history-source.ts';
import type { PruneChoice, PruneRule } from '../review/prune-rule.ts';
import { say, type CommandContext } from './command-context.ts';
import { parseAge, parseLimit, sourcesOf } from './history-option.ts';
import { examples, type Finish, type Program } from './program.ts';
import type { PruneAct, PruneEnd } from './prune-act.ts';
import { readSigningKey } from './signing-key.ts';

interface PruneOptions {
  readonly out: string;
  readonly keep?: number;
  readonly olderThan?: { readonly text: string; readonly ageMs: number };
  readonly failures?: true;
  readonly caches?: true;
  readonly key?: string;
  readonly dryRun?: true;
  readonly yes?: true;
  readonly json?: true;
}

/** What caches are not used for in that time, nobody needs. */
const cacheAgeMs = 30 * 24 * 3_600_000;

export function addPrune(program: Program, context: CommandContext, finish: Finish): void {
  program
    .command('prune')
    .description('remove the folders of old executions; the ledger keeps that there were such, and how they ended')
    .option('-o, --out <dir>', 'the output folder', '.proofplan')
    .option('--keep <number>', 'so many of the newest of each plan stay', parseLimit)
    .option('--older-than <age>', 'only what is older goes: 12h, 30d, 4w', (text) => ({ text: text.trim(), ageMs: parseAge(text) }))
    .option('--failures', 'the records of what did not pass go, too')
    .option('--caches', 'databases that are kept for nobody and caches that nobody uses go, too')
    .option('--key <file>', 'sign what the ledger is told; else PROOFPLAN_KEY names the file')
    .option('--dry-run', 'only say what would be removed')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'JSON on stdout')
    .addHelpText('after', examples('prune --keep 20 --dry-run', 'prune --keep 20 --older-than 30d --yes'))
    .action(async (options) => finish(await prune(options, context)));
}

async function prune(options: PruneOptions, context: CommandContext): Promise<number> {
  const signing = readSigningKey(options.key, context);
  const misused = [...signing.diagnostics, ...misuse(options)];
  const [source] = sourcesOf([options.out], context);
  if (misused.length > 0 || source === undefined) return refuse(misused, usageExitCode, context);
  const { readPruneSource } = await import('./prune-source.ts');
  const rule = ruleOf(options);
  const read = await readPruneSource(source, rule);
  if (read.value === undefined) return refuse(read.diagnostics, exitCodes.error, context);
  const { choice, unfinished } = read.value;
  const { countBytes, renderChoice } = await import('./prune-text.ts');
  const bytes = countBytes(source.folder, choice.remove);
  const told = async (end?: PruneEnd): Promise<void> => {
    if (options.json === true) context.out(`${JSON.stringify(dataOf(ruleText(options), choice, bytes, end), undefined, 2)}\n`);
  };
  if (options.json !== true)
    context.out(`${renderChoice(choice, bytes, source.path, context)}${unfinished > 0 ? `\n${unfinished} half removed by a prune that was killed` : ''}\n`);
  const nothing = choice.remove.length === 0 && unfinished === 0 && options.caches !== true;
  if (options.dryRun === true || nothing) {
    await told();
    return 0;
  }
  if (options.yes !== true) {
    const { askYes } = await import('./prune-question.ts');
    const agreed = await askYes('remove them?', context);
    if (agreed !== true) return refuse([notAgreed(agreed)], usageExitCode, context);
  }
  const act = { rule: ruleText(options), ...(signing.value ? { key: signing.value } : {}), clock: Date.now, signal: context.interruption() };
  const end = await pruneLocked(source, rule, choice, act);
  if ('refused' in end) return refuse([end.refused], exitCodes.error, context);
  await told(end);
  await say(context, [...end.diagnostics, ...end.kept.map(stayed)]);
  if (options.json !== true) context.out(`removed: ${end.removed.length} of ${choice.remove.length}\n`);
  const caches = options.caches === true ? await pruneCaches(source, options, context) : 0;
  if (act.signal.aborted) return interruptionExitCodes.SIGINT;
  return end.diagnostics.some(({ severity }) => severity === 'error') ? exitCodes.error : caches;
}

/** What was agreed to and is still to be removed when nobody else prunes: an execution may have ended, or begun, meanwhile. */
async function pruneLocked(
  source: SourceOptions,
  rule: PruneRule | undefined,
  agreed: PruneChoice,
  act: Omit<PruneAct, 'source' | 'remove'>,
): Promise<PruneEnd | { readonly refused: Diagnostic }> {
  const [{ holdLock }, { readPruneSource }, { prunePast }] = await Promise.all([
    import('../journal/ledger-lock.ts'),
    import('./prune-source.ts'),
    import('./prune-act.ts'),
  ]);
  const path = join(source.folder, 'prune.lock');
  let lock: ReturnType<typeof holdLock>;
  try {
    lock = holdLock(path);
  } catch (error) {
    const help = 'make the output folder writable';
    return {
      refused: { severity: 'error', code: 'journal/prune-failed', message: `nothing can be removed from \`${source.path}\`: ${messageOf(error)}`, help },
    };
  }
  if ('busy' in lock) {
    const message = `another prune is at work in \`${source.path}\``;
    return {
      refused: {
        severity: 'error',
        code: 'journal/prune-running',
        message,
        notes: [`holder: ${lock.busy}`],
        help: `wait for its end; if there is none, remove \`${path}\``,
      },
    };
  }
  try {
    const now = await readPruneSource(source, rule);
    if (now.value === undefined) return { removed: [], kept: [], diagnostics: now.diagnostics };
    const wanted = new Set(agreed.remove.map(({ execution }) => execution));
    return await prunePast({ ...act, source, remove: now.value.choice.remove.filter(({ execution }) => wanted.has(execution)) });
  } finally {
    lock.release();
  }
}

async function pruneCaches(source: SourceOptions, { olderThan }: PruneOptions, context: CommandContext): Promise<number> {
  const [{ cacheFolder }, { sweepCaches }, { readHistorySource }] = await Promise.all([
    import('./folder.ts'),
    import('../environment/cache-sweep.ts'),
    import('../review/history-source.ts'),
  ]);
  const read = await readHistorySource(source);
  const done = (read.value?.executions ?? []).filter(({ ending, folder }) => ending === 'ended' || folder !== 'there').map(({ execution }) => execution);
  const swept = await sweepCaches({
    stateFolder: source.stateFolder,
    cacheFolder: cacheFolder(context),
    ageMs: olderThan?.ageMs ?? cacheAgeMs,
    done: new Set(done),
    nowMs: Date.now(),
  });
  for (const line of swept.removed) context.err(`${line}\n`);
  await say(context, swept.diagnostics);
  return 0;
}

function ruleOf({ keep, olderThan, failures }: PruneOptions): PruneRule | undefined {
  if (keep === undefined && olderThan === undefined) return undefined;
  return {
    ...(keep === undefined ? {} : { keep }),
    ...(olderThan === undefined ? {} : { olderThanMs: olderThan.ageMs }),
    ...(failures === undefined ? {} : { failures }),
  };
}

/** As the ledger keeps it. */
function ruleText({ keep, olderThan, failures }: PruneOptions): string {
  return [
    ...(keep === undefined ? [] : [`--keep ${keep}`]),
    ...(olderThan === undefined ? [] : [`--older-than ${olderThan.text}`]),
    ...(failures === undefined ? [] : ['--failures']),
  ].join(' ');
}

function misuse(options: PruneOptions): readonly Diagnostic[] {
  const usage = (message: string, help: string): Diagnostic => ({ severity: 'error', code: 'cli/usage', message, help });
  const rule = ruleOf(options);
  if (rule === undefined && options.caches !== true)
    return [usage('no rule says what is to be removed', 'give --keep NUMBER or --older-than AGE; with both, what either keeps stays')];
  if (rule === undefined && options.failures === true)
    return [usage('--failures says of which records, but not how old', 'give --keep NUMBER or --older-than AGE with it')];
  if (options.keep !== undefined && options.keep >= Number.MAX_SAFE_INTEGER) return [usage('--keep all keeps all', 'leave it out, or give a number')];
  return [];
}

function notAgreed(agreed: boolean | undefined): Diagnostic {
  const message = agreed === undefined ? 'nothing was removed: nobody is there to be asked' : 'nothing was removed';
  return { severity: 'error', code: 'cli/usage', message, help: 'pass --yes to remove what stands above, or --dry-run to look only' };
}

function stayed({ past, because }: PruneEnd['kept'][number]): Diagnostic {
  return {
    severity: 'warning',
    code: 'journal/prune-failed',
    message: `\`${past.execution}\` stays: ${because}`,
    help: `proofplan audit verify ${past.output}/executions/${past.execution}`,
  };
}

function dataOf(rule: string, choice: PruneChoice, bytes: number, end: PruneEnd | undefined): unknown {
  const row = ({ execution, plan, verdict, registeredAt }: PastExecution): object => ({ execution, plan: plan.path, verdict, registeredAt });
  return {
    schemaVersion: 1,
    rule,
    bytes,
    remove: choice.remove.map(row),
    kept: choice.kept.map(({ past, because }) => ({ ...row(past), because })),
    ...(end
      ? { removed: end.removed.map(({ execution }) => execution), stayed: end.kept.map(({ past, because }) => ({ execution: past.execution, because })) }
      : {}),
  };
}

async function refuse(diagnostics: readonly Diagnostic[], exitCode: number, context: CommandContext): Promise<number> {
  await say(context, diagnostics);
  return exitCode;
}
