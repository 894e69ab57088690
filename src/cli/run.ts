/** `proofplan run PLAN…`: executes. The exit code is the verdict. */
import type { Diagnostic } from '../model/diagnostic.ts';
import { nearestName } from '../model/nearest-name.ts';
import type { Plan } from '../model/plan.ts';
import { interruptionExitCodes, usageExitCode } from '../model/verdict.ts';
import { say, type CommandContext } from './command-context.ts';
import { configName } from './config-file.ts';
import { collect, more, parseDurationOption } from './duration.ts';
import { executeOne, isReady, verbosityOf, type Ready } from './execute-one.ts';
import { readGiven } from './given-value.ts';
import { readSigningKey } from './signing-key.ts';
import { lockProblems } from './lock.ts';
import { compileFile, needsDatabase, type CompiledFile } from './plan-file.ts';
import { examples, type Finish, type Program } from './program.ts';
import { parseReports, removeReports, writeReports, type EndedPlan } from './report-option.ts';

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
}

/** Worst last. A misused command is worse than a verdict about the tested system: it says nothing about it. */
const exitCodeOrder: readonly number[] = [0, 4, 1, 3, usageExitCode, 5, ...Object.values(interruptionExitCodes)];

export function addRun(program: Program, context: CommandContext, finish: Finish): void {
  program
    .command('run')
    .description('execute plans exactly as they are written; the exit code is the verdict')
    .argument('<plan...>', 'plan documents, or - for standard input')
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
    .option('--locked', 'execute only what PLAN.lock beside the plan holds')
    .option('--live', "keep live.html in the execution's folder up to date while it goes on, for a browser")
    .addHelpText('after', examples('run plans/run-proof-v4.md', 'run plans/run-proof-v2.md --quiet --json'))
    .action(async (plans, options) => finish(await run(plans, options, context)));
}

async function run(paths: readonly string[], options: RunOptions, context: CommandContext): Promise<number> {
  const given = await readGiven({ set: options.set, setSecret: options.setSecret, params: options.params }, context);
  const values = given.value ?? [];
  const signing = readSigningKey(options.key, context);
  const reports = await parseReports(options.report, [...paths, ...(options.params === undefined ? [] : [options.params])], context);
  const misused = [...given.diagnostics, ...signing.diagnostics, ...reports.diagnostics, ...misuse(paths, options)];
  if (misused.length > 0) {
    await say(context, misused);
    return usageExitCode;
  }
  const key = signing.value;
  await removeReports(reports.value ?? [], context);
  const ended: EndedPlan[] = [];
  const report = (): Promise<void> => writeReports(reports.value ?? [], ended, context, options.json === true);
  const request = {
    use: 'chosen',
    cached: false,
    environment: options.environment,
    database: options.database,
    given: values.map((value) => value.name),
  } as const;
  const compiled: CompiledFile[] = [];
  for (const path of paths) compiled.push(await compileFile(path, request, context));
  const problems: Diagnostic[][] = [];
  for (const each of compiled)
    problems.push([...each.diagnostics, ...unfit(each, options), ...(options.locked === true ? await lockProblems(each, context) : [])]);
  const ready = compiled.filter((each, index): each is Ready => isReady(each, problems[index] ?? []));
  if (ready.length < compiled.length) {
    for (const [index, each] of compiled.entries()) {
      await say(context, problems[index] ?? []);
      if (options.json === true) context.out(`${JSON.stringify(await notCompiled(each, problems[index] ?? []))}\n`);
    }
    ended.push(...compiled.map(({ path }, index) => ({ path, reason: notExecuted(problems[index] ?? []), exitCode: usageExitCode })));
    await report();
    return usageExitCode;
  }
  const signal = context.interruption();
  let exitCode = 0;
  for (const [index, plan] of ready.entries()) {
    const attest = options.attest.map((task) => ({ task: findTask(plan.plan, task)?.id ?? task, by: options.by ?? '' }));
    const { key: _file, report: _reports, verbose, ...common } = options;
    const code = await executeOne(plan, values, signal, { ...common, verbosity: verbosityOf(verbose), attest, ...(key === undefined ? {} : { key }), onEnd: (end) => ended.push(end) }, context);
    exitCode = exitCodeOrder.indexOf(code) > exitCodeOrder.indexOf(exitCode) ? code : exitCode;
    const rest = signal.aborted ? ready.slice(index + 1) : [];
    if (rest.length === 0) continue;
    // However the plan ended that was under way: what was not begun is no part of a pass.
    context.err(`${signal.reason}: not begun: ${rest.map(({ path }) => path).join(', ')}\n`);
    const interrupted = interruptionExitCodes[signal.reason as keyof typeof interruptionExitCodes];
    ended.push(...rest.map(({ path }) => ({ path, reason: `not begun: the command was ended by ${signal.reason}`, exitCode: interrupted })));
    await report();
    return interrupted;
  }
  await report();
  return exitCode;
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
  for (const task of options.attest) {
    if (findTask(plan, task) !== undefined) continue;
    const help = plan.tasks.length === 0 ? 'leave --attest out: the plan has no tasks' : 'name a task by its number or its words';
    found.push({
      severity: 'error',
      code: 'cli/unknown-task',
      message: `the plan has no task \`${task}\``,
      notes: plan.tasks.map((each) => `${each.id}: ${each.text}`),
      help,
    });
  }
  return found;
}

function findTask(plan: Plan, wanted: string): Plan['tasks'][number] | undefined {
  const fold = (text: string): string => text.toLowerCase().replace(/[`*_]/g, '').replace(/\s+/g, ' ').trim();
  return plan.tasks.find((task) => fold(task.id) === fold(wanted)) ?? plan.tasks.find((task) => fold(task.text) === fold(wanted));
}
