/** `proofplan run PLAN…`: executes. The exit code is the verdict. */
import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Diagnostic } from '../model/diagnostic.ts';
import { nearestName } from '../model/nearest-name.ts';
import type { Binding } from '../model/value.ts';
import { exitCodes, interruptionExitCodes, usageExitCode } from '../model/verdict.ts';
import type { NoteKey } from '../journal/signed-note.ts';
import { stripToLine } from '../report/strip-control.ts';
import type { CompileRequest } from './compiled-file.ts';
import { attestedTasks, attestProblems } from './attestation.ts';
import { say, type CommandContext } from './command-context.ts';
import { configName } from './config-file.ts';
import { collect, more, parseDurationOption } from './duration.ts';
import { executeOne, isReady, verbosityOf, type Ready } from './execute-one.ts';
import { readGiven, untakenValues } from './given-value.ts';
import { readSigningKey } from './signing-key.ts';
import { lockProblems } from './lock.ts';
import type { JobOrder } from './job.ts';
import { compileFile, needsDatabase, openSession, type CompiledFile } from './plan-file.ts';
import { listPlans } from './plan-path.ts';
import { demandedBy } from './planned-job.ts';
import { parseJobsOption, parseShardOption, type ShardOption } from './shard-option.ts';
import { examples, exitCodeHelp, type Finish, type Program } from './program.ts';
import { parseReports, prepareReports, writeReports, type EndedPlan } from './report-option.ts';

interface RunOptions {
  readonly environment?: string;
  readonly database?: string;
  readonly set: readonly string[];
  readonly setSecret: readonly string[];
  readonly params?: string;
  readonly out: string;
  readonly json?: true;
  readonly quiet?: true;
  readonly verbose: number | true;
  readonly timeout?: number;
  readonly dryRun?: true;
  readonly only?: string;
  readonly attest: readonly string[];
  readonly by?: string;
  readonly locked?: true;
  readonly live?: true;
  readonly key?: string;
  readonly report: readonly string[];
  readonly jobs: number;
  readonly shard?: ShardOption;
}

export function addRun(program: Program, context: CommandContext, finish: Finish): void {
  program
    .command('run')
    .description('execute plans exactly as they are written; the exit code is the verdict')
    .argument('<plan...>', "plan documents, folders of them, patterns such as 'plans/**/*.md', or - for standard input")
    .option('-e, --environment <name>', `environment of ${configName}`)
    .option('-d, --database <url>', 'a PostgreSQL URL, embedded, or env:NAME; replaces the database of the environment')
    .option('--set <name=value>', 'a value for a placeholder; may be repeated', collect, [])
    .option(
      '--set-secret <name[=value]>',
      'a value that is masked in every record; without =value it is taken from the environment variable of that name',
      collect,
      [],
    )
    .option('--params <file>', 'values as a YAML or JSON mapping, or - for standard input')
    .option('-o, --out <dir>', 'where the record is kept', '.proofplan')
    .option('--json', 'verdict.json on stdout, one line a plan')
    .option('-q, --quiet', 'no progress')
    .option('-v, --verbose', 'also what held, names, decisions and policies; -vv: also what steps printed', more, 0)
    .option('--timeout <duration>', 'time for each step that says nothing else, such as 90s or 10m', parseDurationOption)
    .option('--dry-run', 'do all but act; ends unproven')
    .option('--only <step>', 'execute one step; ends unproven')
    .option('--attest <task>', 'attest that a person has done a task; may be repeated', collect, [])
    .option('--by <name>', 'who attests')
    .option('--key <file>', 'sign the checkpoint with this key (`proofplan key new`); else PROOFPLAN_KEY names the file')
    .option('--report <format=path>', 'also write a report, such as junit=out/junit.xml; `github` alone: annotations and job summary; may be repeated', collect, [])
    .option('-j, --jobs <n>', 'so many plans side by side, where they leave each other alone', parseJobsOption, 1)
    .option('--shard <i/n>', 'only this shard of the plans; `merge` joins what all have left', parseShardOption)
    .option('--locked', 'execute only what PLAN.lock beside the plan holds')
    .option('--live', "keep live.html in the execution's folder up to date while it goes on, for a browser")
    .addHelpText('after', `${examples('run plans/run-proof-v4.md', 'run plans --jobs 2 --quiet --json', 'run plans --shard 1/2 --out results-1')}${exitCodeHelp}`)
    .action(async (plans, options) => finish(await run(plans, options, context)));
}

async function run(named: readonly string[], options: RunOptions, context: CommandContext): Promise<number> {
  const given = await readGiven({ set: options.set, setSecret: options.setSecret, params: options.params }, context);
  const values = given.value ?? [];
  const signing = readSigningKey(options.key, context);
  const misused = [...given.diagnostics, ...signing.diagnostics, ...misuse(named, options)];
  if (misused.length > 0) {
    await say(context, misused);
    return usageExitCode;
  }
  const request = {
    use: 'chosen',
    cached: false,
    environment: options.environment,
    database: options.database,
    given: values.map((value) => value.name),
  } as const;
  const compiled = await compileAll(named, request, context);
  const read = { plans: compiled.map(({ path }) => path), others: options.params === undefined ? [] : [options.params] };
  const reports = await parseReports(options.report, read, context);
  if (reports.value === undefined) {
    await say(context, reports.diagnostics);
    return usageExitCode;
  }
  const requested = reports.value;
  await prepareReports(requested, context);
  const ended: EndedPlan[] = [];
  const report = (): Promise<void> => writeReports(requested, ended, context, options.json === true);
  // What a plan demands first is executed, too, and must be fit for it in its own right.
  const demanded = compiled.flatMap(demandedBy).filter((each, index, all) => all.findIndex((other) => other.path === each.path) === index);
  const problems = new Map<CompiledFile, readonly Diagnostic[]>();
  for (const each of compiled)
    problems.set(each, [...each.diagnostics, ...unfit(each, options), ...(options.locked === true ? await lockProblems(each, context) : [])]);
  for (const each of demanded) {
    const { only: _step, ...others } = options;
    const found = [...unfit(each, others), ...(options.locked === true ? await lockProblems(each, context) : [])];
    if (found.length > 0) problems.set(each, found);
  }
  const [first] = compiled;
  const plans = [...compiled, ...demanded].flatMap(({ plan }) => plan ?? []);
  // What the values and attestations mean is known when all plans are; a plan alone says itself what it has no input for.
  if (first !== undefined && plans.length === compiled.length + demanded.length) {
    const untaken = plans.length > 1 || options.shard !== undefined ? untakenValues(plans, values) : [];
    problems.set(first, [...(problems.get(first) ?? []), ...untaken, ...attestProblems(plans, options.attest)]);
  }
  const ready = compiled.filter((each): each is Ready => isReady(each, problems.get(each) ?? []));
  if (ready.length < compiled.length || demanded.some((each) => (problems.get(each) ?? []).length > 0)) {
    for (const [each, found] of problems) {
      await say(context, found);
      if (options.json === true && compiled.includes(each)) context.out(`${JSON.stringify(await notCompiled(each, found))}\n`);
    }
    for (const [{ path }, diagnostics] of problems) ended.push({ path, reason: notExecuted(diagnostics), exitCode: usageExitCode, diagnostics });
    await report();
    return usageExitCode;
  }
  const { out, json, quiet, timeout, dryRun, only, locked, live, verbose, key: _file, report: _reports, ...others } = options;
  const key = signing.value === undefined ? {} : { key: signing.value };
  const common = { out, verbosity: verbosityOf(verbose), ...present({ json, quiet, timeout, dryRun, only, locked, live }), ...key };
  const optionsOf = ({ plan }: Ready): PlanOptions => ({
    ...common,
    attest: attestedTasks(plan, options.attest, options.by ?? ''),
  });
  const [single] = ready;
  let exitCode: number;
  if (single !== undefined && ready.length === 1 && demanded.length === 0 && options.shard === undefined)
    exitCode = await executeOne(single, values, context.interruption(), { ...optionsOf(single), onEnd: (end) => ended.push(end) }, context);
  else exitCode = await runSeveral(ready, { ...others, ...common, values, optionsOf, onEnd: (end) => ended.push(end) }, context);
  await report();
  return exitCode;
}

type PlanOptions = JobOrder['options'] & { readonly json?: true };

interface ManyRun extends Omit<RunOptions, 'key' | 'report' | 'verbose'> {
  readonly values: readonly Binding[];
  readonly key?: NoteKey;
  readonly optionsOf: (plan: Ready) => PlanOptions;
  readonly onEnd: (ended: EndedPlan) => void;
}

/** Each in a process of its own. */
async function runSeveral(
  ready: readonly Ready[],
  { values, key, optionsOf, onEnd, ...options }: ManyRun,
  context: CommandContext,
): Promise<number> {
  const [{ runMany }, { planJobs }, { openShard }, { worstExitCode, writeMany }] = await Promise.all([
    import('./run-many.ts'),
    import('./planned-job.ts'),
    import('./shard.ts'),
    import('./run-output.ts'),
  ]);
  const shard = options.shard === undefined ? undefined : openShard(ready, options.shard, resolve(context.workingFolder, options.out), key, context);
  if (shard !== undefined && shard.value === undefined) {
    const { diagnostics } = shard;
    await say(context, diagnostics);
    for (const { path } of ready) onEnd({ path, reason: notExecuted(diagnostics), exitCode: usageExitCode, diagnostics });
    return usageExitCode;
  }
  const jobs = planJobs(shard?.value?.plans ?? ready);
  const signal = context.interruption();
  const quiet = options.quiet === true;
  const ended = await runMany(
    jobs,
    {
      jobs: options.jobs,
      ...(options.environment === undefined ? {} : { environment: options.environment }),
      ...(options.database === undefined ? {} : { database: options.database }),
      values,
      optionsOf: ({ ready: plan, role }) => {
        const { only, json: _json, ...others } = optionsOf(plan);
        return role === 'plan' && only !== undefined ? { ...others, only } : others;
      },
      ...(shard?.value === undefined ? {} : { membership: shard.value.membership }),
      quiet,
      signal,
    },
    context,
  );
  for (const { job, end } of ended) {
    const { folder, reason, exitCode, diagnostics = [] } = end;
    onEnd({ path: job.path, ...(folder === undefined ? {} : { folder }), reason, exitCode, diagnostics });
  }
  const unwritten = (await shard?.value?.close(ended)) ?? [];
  await say(context, unwritten);
  await writeMany(ended, { json: options.json === true, quiet }, context);
  const rest = ended.filter(({ begun }) => !begun).map(({ job }) => job.path);
  const exitCode = worstExitCode([...ended.map(({ end }) => end.exitCode), ...(unwritten.length > 0 ? [exitCodes.error] : [])]);
  if (!signal.aborted || rest.length === 0) return exitCode;
  // However the plan ended that was under way: what was not begun is no part of a pass.
  context.err(`${signal.reason}: not begun: ${rest.map(stripToLine).join(', ')}\n`);
  return interruptionExitCodes[signal.reason as keyof typeof interruptionExitCodes];
}

/** Every plan that the arguments name, once; one parser for all. */
async function compileAll(named: readonly string[], request: CompileRequest, context: CommandContext): Promise<readonly CompiledFile[]> {
  const session = openSession(false, context);
  const compiled: CompiledFile[] = [];
  const places = new Map<string, string>();
  try {
    for (const { path, diagnostic } of named.flatMap((each) => listPlans([each], context))) {
      const place = realPath(path, context);
      const known = places.get(place);
      if (known !== undefined) {
        // Of a folder and a pattern it is no mistake that they overlap.
        if (known !== path)
          await say(context, [{ severity: 'warning', code: 'cli/plan-named-twice', message: `\`${path}\` is \`${known}\`, and is executed once`, help: 'name it once' }]);
        continue;
      }
      places.set(place, path);
      if (diagnostic === undefined) compiled.push(await compileFile(path, { ...request, session }, context));
      else compiled.push({ path, file: undefined, addendum: undefined, plan: undefined, environment: undefined, diagnostics: [diagnostic] });
    }
    return compiled;
  } finally {
    await session.close();
  }
}

/** What was given. */
function present<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

function realPath(path: string, { workingFolder }: CommandContext): string {
  const absolute = resolve(workingFolder, path);
  try {
    return path === '-' ? path : realpathSync(absolute);
  } catch {
    return absolute;
  }
}

/** One sentence for the reports of a command that executed nothing. */
function notExecuted(problems: readonly Diagnostic[]): string {
  const [first] = problems.filter(({ severity }) => severity !== 'warning');
  return first === undefined ? 'nothing was executed, because another plan of the command does not compile' : `nothing was executed: ${first.message}`;
}

async function notCompiled({ path, plan }: CompiledFile, diagnostics: readonly Diagnostic[]): Promise<unknown> {
  const { placeDiagnostic } = await import('../review/placed-diagnostic.ts');
  return {
    schemaVersion: 1,
    plan: { path, ...(plan === undefined ? {} : { sha256: plan.sha256 }) },
    exitCode: usageExitCode,
    reason: 'nothing was executed',
    diagnostics: diagnostics.map(placeDiagnostic),
  };
}

/** What is wrong with the options themselves. */
function misuse(paths: readonly string[], options: RunOptions): readonly Diagnostic[] {
  const usage = (message: string, help: string): Diagnostic => ({ severity: 'error', code: 'cli/usage', message, help });
  return [
    ...([...paths, options.params].filter((path) => path === '-').length > 1 ? [usage('standard input `-` is named more than once', 'name it once')] : []),
    ...(options.attest.length > 0 && (options.by ?? '').trim() === ''
      ? [usage('an attestation needs the name of who attests', "pass --by 'Name Surname'")]
      : []),
    ...(options.by !== undefined && options.attest.length === 0
      ? [usage('`--by` names who attests, and nothing is attested', "pass --attest 'TASK', too")]
      : []),
  ];
}

/** What the options ask of this plan and it does not have, or it asks of the environment. */
function unfit({ plan, environment, diagnostics }: CompiledFile, options: RunOptions): readonly Diagnostic[] {
  if (plan === undefined || diagnostics.some(({ severity }) => severity === 'error')) return [];
  const found: Diagnostic[] = [];
  if (environment === undefined && needsDatabase(plan)) {
    found.push({
      severity: 'error',
      code: 'cli/no-config',
      message: `the plan needs a database, and no \`${configName}\` was found that names one`,
      help: `pass --database embedded or --database <url>, or write \`${configName}\` beside the plan or above it`,
    });
  }
  if (options.only !== undefined && !plan.steps.some((step) => step.id === options.only)) {
    const ids = plan.steps.map((step) => step.id);
    const near = nearestName(options.only, ids);
    found.push({
      severity: 'error',
      code: 'cli/unknown-step',
      message: `the plan has no step \`${options.only}\``,
      notes: [`steps: ${ids.join(', ')}`],
      help: near === undefined ? 'name one of these' : `did you mean \`${near}\`?`,
    });
  }
  return found;
}
