/** `proofplan resume DIR`: goes on with an execution that was cut. The exit code is the verdict. */
import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ExecutionHistory } from '../execute/execution-history.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { exitCodes, usageExitCode } from '../model/verdict.ts';
import { renderShellWord } from '../model/shell-word.ts';
import { say, type CommandContext } from './command-context.ts';
import { collect, more } from './duration.ts';
import { executeOne, isReady, verbosityOf } from './execute-one.ts';
import { findExecution } from './execution-path.ts';
import { stateFolder } from './folder.ts';
import { readGiven } from './given-value.ts';
import { parseReports, prepareReports, writeReports, type EndedPlan } from './report-option.ts';
import { readSigningKey } from './signing-key.ts';
import { compileFile } from './plan-file.ts';
import { examples, type Finish, type Program } from './program.ts';

interface ResumeOptions {
  readonly database?: string;
  readonly set: readonly string[];
  readonly setSecret: readonly string[];
  readonly params?: string;
  readonly done: readonly string[];
  readonly notDone: readonly string[];
  readonly by?: string;
  readonly dryRun?: true;
  readonly json?: true;
  readonly quiet?: true;
  readonly verbose: number | true;
  readonly key?: string;
  readonly report: readonly string[];
  readonly live?: true;
}

export function addResume(program: Program, context: CommandContext, finish: Finish): void {
  program
    .command('resume')
    .description('go on with an execution whose process was killed; what it had done is not done again')
    .argument('<dir>', "an execution's folder, or the output folder for its newest")
    .argument('[plan]', 'the plan document, where it is not at the path that the record names')
    .option('-d, --database <url>', 'as it was given to run')
    .option('--set <name=value>', 'as it was given to run; may be repeated', collect, [])
    .option('--set-secret <name[=value]>', 'a secret, which is in no record, once more; may be repeated', collect, [])
    .option('--params <file>', 'as it was given to run')
    .option('--done <step>', 'the step that was under way has done its work: what it showed is lost, and stays unproven', collect, [])
    .option('--not-done <step>', 'the step that was under way has done nothing: it is attempted again', collect, [])
    .option('--by <name>', 'who says so')
    .option('--key <file>', 'sign the checkpoint with this key; else PROOFPLAN_KEY names the file')
    .option('--report <format=path>', 'also write a report, as `run` does; may be repeated', collect, [])
    .option('--live', "keep live.html in the execution's folder up to date while it goes on, for a browser")
    .option('--dry-run', 'only say what is done, and what was under way')
    .option('--json', 'verdict.json on stdout')
    .option('-q, --quiet', 'no progress')
    .option('-v, --verbose', 'also what held, names, decisions and policies; -vv: also what steps printed', more, 0)
    .addHelpText('after', examples('resume .proofplan/latest --dry-run', "resume .proofplan/latest --not-done 2.1 --by 'Ada Lovelace'"))
    .action(async (folder, plan, options) => finish(await resume(folder, plan, options, context)));
}

async function resume(path: string, planPath: string | undefined, options: ResumeOptions, context: CommandContext): Promise<number> {
  const given = await readGiven({ set: options.set, setSecret: options.setSecret, params: options.params }, context);
  const signing = readSigningKey(options.key, context);
  const misused = [...given.diagnostics, ...signing.diagnostics, ...misuse(options)];
  if (misused.length > 0) return refuse(misused, usageExitCode, context);
  const found = findExecution(path, context);
  if (found.value === undefined) return refuse(found.diagnostics, usageExitCode, context);
  // `latest` is a link; the folder has its name from the execution.
  const folder = realpathSync(found.value.absolute);
  const [{ readBegunJournal }, { readHistory, cutAttempts }, { eventOf }, { ledgerPath, readLedger }] = await Promise.all([
    import('../journal/journal-begun.ts'),
    import('../execute/execution-history.ts'),
    import('../model/event.ts'),
    import('../journal/ledger.ts'),
  ]);
  const begun = await readBegunJournal(folder, stateFolder());
  if (begun.value === undefined) return refuse(begun.diagnostics, exitCodes.error, context);
  const history = readHistory(begun.value.entries.map(eventOf).filter((event) => event !== undefined));
  if (history === undefined) return refuse([notResumable('it has not begun', 'execute the plan again')], usageExitCode, context);
  const { execution } = begun.value;
  const ledger = history.closed ? await readLedger(ledgerPath(dirname(dirname(folder)))) : undefined;
  const end = ledger?.entries.findLast((entry) => entry.kind === 'ended' && entry.execution === execution);
  if (end?.kind === 'ended') return refuse([notResumable(`it has come to its end: ${end.verdict}`, `\`${context.command} show ${renderShellWord(found.value.path)}\``)], usageExitCode, context);
  const cut = cutAttempts(history).map(({ started }) => started);
  const strange = [...options.done, ...options.notDone].filter((id) => !cut.some(({ step }) => step === id));
  if (strange.length > 0) {
    const under = cut.length === 0 ? 'none was' : `step ${cut.map(({ step }) => step).join(', ')}`;
    return refuse(
      [{ ...notResumable(`step \`${strange[0]}\` was not under way`, 'leave --done and --not-done out'), notes: [`under way: ${under}`] }],
      usageExitCode,
      context,
    );
  }
  if (options.dryRun === true) {
    context.out(`${options.json === true ? JSON.stringify(stateOf(history, cut)) : renderState(history, cut)}\n`);
    return 0;
  }
  const { opened } = history;
  const plan = planPath ?? opened.plan.path;
  const reports = await parseReports(options.report, { plans: [plan], others: options.params === undefined ? [] : [options.params] }, context);
  if (reports.value === undefined) return refuse(reports.diagnostics, usageExitCode, context);
  const requested = reports.value;
  const ended: EndedPlan[] = [];
  await prepareReports(requested, context);
  const report = async (exitCode: number): Promise<number> => {
    await writeReports(requested, ended, context, options.json === true);
    return exitCode;
  };
  const compiled = await compileFile(
    plan,
    { use: 'chosen', cached: false, environment: opened.environment ?? undefined, database: options.database, given: opened.inputs.map(({ name }) => name) },
    context,
  );
  if (!isReady(compiled, compiled.diagnostics)) {
    await say(context, compiled.diagnostics);
    ended.push({ path: plan, reason: 'the execution was not gone on with: its plan does not compile as it is now', exitCode: usageExitCode, diagnostics: compiled.diagnostics });
    return report(usageExitCode);
  }
  const { done, notDone, by } = options;
  const exitCode = await executeOne(
    compiled,
    given.value ?? [],
    context.interruption(),
    {
      out: dirname(dirname(folder)),
      ...(options.json === undefined ? {} : { json: options.json }),
      ...(options.quiet === undefined ? {} : { quiet: options.quiet }),
      verbosity: verbosityOf(options.verbose),
      ...(opened.options.timeoutMs === undefined ? {} : { timeout: opened.options.timeoutMs }),
      ...(opened.options.dryRun ? { dryRun: true } : {}),
      ...(opened.options.only === null ? {} : { only: opened.options.only }),
      attest: opened.options.attest ?? [],
      ...(signing.value === undefined ? {} : { key: signing.value }),
      ...(options.live === undefined ? {} : { live: options.live }),
      resume: { folder, begun: begun.value, history, answers: { done, notDone, ...(by === undefined ? {} : { by }) } },
      onEnd: (end) => ended.push(end),
    },
    context,
  );
  return report(exitCode);
}

async function refuse(diagnostics: readonly Diagnostic[], exitCode: number, context: CommandContext): Promise<number> {
  await say(context, diagnostics);
  return exitCode;
}

function notResumable(what: string, help: string): Diagnostic {
  return { severity: 'error', code: 'execute/not-resumable', message: `the execution cannot be resumed: ${what}`, help };
}

function misuse({ done, notDone, by, dryRun, report, live }: ResumeOptions): readonly Diagnostic[] {
  const usage = (message: string, help: string): Diagnostic => ({ severity: 'error', code: 'cli/usage', message, help });
  return [
    ...(done.length + notDone.length > 0 && (by ?? '').trim() === ''
      ? [usage('nobody says what became of the step', "name who says it: --by 'Ada Lovelace'")]
      : []),
    ...(by !== undefined && done.length + notDone.length === 0
      ? [usage('--by says who, but not what', 'give --done STEP or --not-done STEP, or leave --by out')]
      : []),
    ...(dryRun === true && (report.length > 0 || live === true)
      ? [usage('--dry-run goes on with nothing: there is nothing to report, and nothing to watch', `leave ${live === true ? '--live' : '--report'} out`)]
      : []),
    ...(done.some((step) => notDone.includes(step)) ? [usage('a step cannot be done and not done', 'name it once')] : []),
  ];
}

interface CutState {
  readonly step: string;
  readonly attempt: number;
  readonly once: boolean;
}

function stateOf({ opened, attempts, verdict }: ExecutionHistory, cut: readonly CutState[]): unknown {
  const finished = [...attempts.values()].flatMap(({ ended }) =>
    ended === undefined || ended.again === true ? [] : [{ step: ended.step, verdict: ended.verdict }],
  );
  return {
    execution: { plan: opened.plan.path, planned: opened.steps.length },
    finished,
    underWay: cut.map(({ step, attempt, once }) => ({ step, attempt, once })),
    verdict: verdict?.verdict ?? null,
  };
}

function renderState(history: ExecutionHistory, cut: readonly CutState[]): string {
  const { finished } = stateOf(history, cut) as { readonly finished: readonly { readonly step: string; readonly verdict: string }[] };
  const lines = [
    `${history.opened.plan.path}: ${finished.length} of ${history.opened.steps.length} steps are done and are not done again`,
    ...finished.map(({ step, verdict }) => `  ${step}  ${verdict}`),
    ...cut.map(({ step, once }) =>
      once
        ? `step ${step} was under way, and may be done only once: look what it did, and resume with --done ${step} or --not-done ${step}, and --by NAME`
        : `step ${step} was under way, and is attempted again`,
    ),
    ...(history.verdict === undefined ? [] : [`the verdict is recorded: ${history.verdict.verdict}; only the record is to be closed`]),
  ];
  return lines.join('\n');
}
