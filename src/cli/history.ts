/** `proofplan history [PLAN]`: past executions, from the ledger and what is left of their folders. */
import { resolve } from 'node:path';
import { messageOf, type Diagnostic } from '../model/diagnostic.ts';
import type { History, PlanHistory } from '../model/history.ts';
import { executionIdPattern } from '../model/journal-entry.ts';
import { nearestName } from '../model/nearest-name.ts';
import { exitCodes, usageExitCode } from '../model/verdict.ts';
import { say, type CommandContext } from './command-context.ts';
import { collect } from './duration.ts';
import { choosePlan, parseLimit, parseSince, sourcesOf } from './history-option.ts';
import { examples, type Finish, type Program } from './program.ts';

interface HistoryCommand {
  readonly out: readonly string[];
  readonly limit: number;
  readonly since?: (nowMs: number) => number;
  readonly step?: string;
  readonly html?: string;
  readonly vkey?: string;
  readonly json?: true;
}

/** Attempts of each plan in the overview's strip, and of one plan by itself. */
const defaultLimit = 20;

export function addHistory(program: Program, context: CommandContext, finish: Finish): void {
  program
    .command('history')
    .description('past executions: of all plans in short, of one plan with what changed, what is flaky and how long it took')
    .argument('[plan]', 'the path of a plan, or the id of one of its executions')
    .option('-o, --out <dir>', 'the output folder; may be repeated', collect, [])
    .option('--limit <number>', 'so many of the newest of a plan, or all', parseLimit, defaultLimit)
    .option('--since <age|day>', 'only the ones from then on: 7d, 2026-02-09', parseSince)
    .option('--step <step>', 'one step through all of them')
    .option('--vkey <key>', 'the verifier key that prunings must be signed with')
    .option('--html <file>', 'write a page about all of them')
    .option('--json', 'JSON on stdout')
    .addHelpText('after', examples('history', 'history plans/run-proof-v4.md', 'history plans/run-proof-v4.md --step 2.1 --limit 5'))
    .action(async (plan, options) => finish(await history(plan, options, context)));
}

async function history(wanted: string | undefined, options: HistoryCommand, context: CommandContext): Promise<number> {
  const misused = misuse(wanted, options);
  if (misused !== undefined) {
    await say(context, [misused]);
    return usageExitCode;
  }
  const { readHistory } = await import('../review/history.ts');
  const paths = options.out.length === 0 ? ['.proofplan'] : options.out;
  const sources = sourcesOf(paths, context, options.vkey);
  const sinceMs = options.since?.(Date.now());
  const read = await readHistory({
    sources,
    clock: Date.now,
    limit: options.limit,
    ...(sinceMs === undefined ? {} : { sinceMs }),
    ...(wanted === undefined ? { brief: options.html === undefined } : { choose: choosePlan(wanted, context) }),
  });
  await say(context, read.diagnostics);
  if (read.value === undefined) return usageExitCode;
  if (wanted !== undefined && read.value.plans.length === 0) {
    await say(context, [await unknownPlan(wanted, sources, context)]);
    return usageExitCode;
  }
  const stranger = options.step === undefined ? undefined : unknownStep(options.step, read.value.plans);
  if (stranger !== undefined) {
    await say(context, [stranger]);
    return usageExitCode;
  }
  const { renderFlaws } = await import('./history-flaw.ts');
  await say(context, read.value.sources.flatMap(renderFlaws));
  const whole = read.value.sources.every(({ flaws, strangers }) => flaws.length === 0 && strangers.length === 0) ? 0 : exitCodes.failed;
  if (options.html !== undefined) return (await writePage(options.html, read.value, sources, context)) ?? whole;
  if (options.json === true) context.out(`${JSON.stringify(read.value, undefined, 2)}\n`);
  else context.out(`${await rendered(read.value, wanted, options.step, context)}\n`);
  return whole;
}

async function rendered({ plans, sources }: History, wanted: string | undefined, step: string | undefined, context: CommandContext): Promise<string> {
  const { renderOverview, renderPlanHistory } = await import('./history-text.ts');
  const style = { columns: context.outColumns, colours: context.outColours, command: context.command };
  const [plan] = plans;
  if (plan === undefined) return `nothing was executed yet with ${sources.map(({ path }) => path).join(', ')}`;
  return wanted === undefined ? renderOverview(plans, style) : renderPlanHistory(plan, style, step);
}

function misuse(wanted: string | undefined, { step, html, json }: HistoryCommand): Diagnostic | undefined {
  const usage = (message: string, help: string): Diagnostic => ({ severity: 'error', code: 'cli/usage', message, help });
  if (step !== undefined && wanted === undefined) return usage('a step is one of a plan', 'name the plan: history PLAN --step 2.1');
  if (step !== undefined && html !== undefined) return usage('the page shows executions, not one step', 'leave --step or --html out');
  if (html !== undefined && json === true) return usage('--html writes a page, and --json writes to stdout', 'leave one of them out');
  return undefined;
}

async function unknownPlan(wanted: string, sources: ReturnType<typeof sourcesOf>, context: CommandContext): Promise<Diagnostic> {
  const { readHistory } = await import('../review/history.ts');
  const all = await readHistory({ sources, clock: Date.now, limit: 1, brief: true });
  const known = (all.value?.plans ?? []).map(({ path }) => path);
  const near = nearestName(wanted, known);
  const folders = sources.map(({ path }) => `\`${path}\``).join(', ');
  const what = executionIdPattern.test(wanted) ? 'execution' : 'execution of the plan';
  return {
    severity: 'error',
    code: 'cli/unknown-plan',
    message: `the ledger of ${folders} knows no ${what} \`${wanted}\``,
    ...(known.length === 0 ? {} : { notes: [`plans: ${known.slice(0, 10).join(', ')}${known.length > 10 ? ` and ${known.length - 10} more` : ''}`] }),
    help: near === undefined ? `look at all of them: \`${context.command} history\`` : `did you mean \`${near}\`?`,
  };
}

function unknownStep(step: string, plans: readonly PlanHistory[]): Diagnostic | undefined {
  const ids = [...new Set(plans.flatMap(({ attempts }) => attempts.flatMap(({ detail }) => (detail?.steps ?? []).map(({ id }) => id))))];
  if (ids.includes(step)) return undefined;
  const near = nearestName(step, ids);
  return {
    severity: 'error',
    code: 'cli/unknown-step',
    message: `no execution that is shown has a step \`${step}\``,
    notes: [ids.length === 0 ? 'none of them has a record with steps' : `steps: ${ids.slice(0, 40).join(', ')}`],
    help: near === undefined ? 'name one of these, or show more with --limit all' : `did you mean \`${near}\`?`,
  };
}

/** The page lies wherever it was asked for: its links lead from there. */
async function writePage(path: string, value: History, sources: ReturnType<typeof sourcesOf>, context: CommandContext): Promise<number | undefined> {
  const [{ renderIndexPage }, { writeWhole }] = await Promise.all([import('../report/page-index.ts'), import('./history-file.ts')]);
  const target = resolve(context.workingFolder, path);
  const folders = new Map(sources.map((source) => [source.path, source.folder]));
  try {
    writeWhole(target, renderIndexPage(value, { page: target, folders, version: context.version }));
  } catch (error) {
    const help = 'name a file in a folder that exists and can be written';
    await say(context, [{ severity: 'error', code: 'cli/unwritable-file', message: `\`${path}\` cannot be written: ${messageOf(error)}`, help }]);
    return usageExitCode;
  }
  context.err(`the page is in ${path}\n`);
  return undefined;
}
