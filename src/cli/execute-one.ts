/** Executes one plan that is ready: progress while it goes on, the ending afterwards. Its exit code is the verdict. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { ExecuteOptions, ExecutionEnd } from '../execute/execution-option.ts';
import type { Resumption } from '../execute/execution-history.ts';
import type { NoteKey } from '../journal/signed-note.ts';
import { messageOf, type Diagnostic } from '../model/diagnostic.ts';
import type { StateRequest } from '../model/environment.ts';
import type { ExecutionEvent, PrerequisiteOutcome, SetMembership } from '../model/event.ts';
import { executionFiles } from '../model/journal-entry.ts';
import type { Plan } from '../model/plan.ts';
import { settledEvents } from '../model/settled-event.ts';
import { slimEvent } from '../model/slim-event.ts';
import type { Binding } from '../model/value.ts';
import { stripToLine } from '../report/strip-control.ts';
import type { Verbosity } from '../report/terminal-progress.ts';
import { readable, say, type CommandContext } from './command-context.ts';
import { configName, findConfig } from './config-file.ts';
import { loadReports } from './execution-report.ts';
import { cacheFolder, runnerFolders, shortPath, stateFolder } from './folder.ts';
import type { InputFile } from './input-file.ts';
import { lockPath } from './lock.ts';
import { addendumPath } from '../compile/addendum-path.ts';
import type { CompiledFile } from './compiled-file.ts';
import type { EndedPlan } from './report-option.ts';

/** What an execution itself is told, whether it begins or goes on. */
export interface ExecutionOptions {
  readonly out: string;
  readonly json?: true;
  readonly quiet?: true;
  readonly verbosity?: Verbosity;
  readonly timeout?: number;
  readonly dryRun?: true;
  readonly only?: string;
  readonly attest: readonly { readonly task: string; readonly by: string }[];
  readonly locked?: true;
  /** Keep `live.html` up to date while it goes on. */
  readonly live?: true;
  readonly key?: NoteKey;
  readonly resume?: Resumption;
  /** Plans that were executed before this one because it links them. */
  readonly prerequisites?: readonly PrerequisiteOutcome[];
  readonly membership?: SetMembership;
  /** A database that another one is a copy of, and what becomes of this one afterwards. */
  readonly state?: StateRequest;
  /** Is told how it ended, instead of standard output. */
  readonly told?: (end: ExecutionEnd, data: unknown) => void;
  /** Told once how the plan came out. */
  readonly onEnd?: (ended: EndedPlan) => void;
}

export function verbosityOf(given: number | true): Verbosity {
  const times = Number(given);
  return times > 1 ? 2 : times === 1 ? 1 : 0;
}

/** A plan that may be executed: read, compiled, without errors. */
export interface Ready extends CompiledFile {
  readonly file: InputFile;
  readonly plan: Plan;
}

/** Refusals do not stand in the way: they are recorded by an execution in which nothing runs. */
export function isReady(each: CompiledFile, diagnostics: readonly Diagnostic[]): each is Ready {
  return each.file !== undefined && each.plan !== undefined && diagnostics.every(({ severity }) => severity === 'warning' || severity === 'refused');
}

export async function executeOne(
  ready: Ready,
  values: readonly Binding[],
  signal: AbortSignal,
  options: ExecutionOptions,
  context: CommandContext,
): Promise<number> {
  const [{ executePlan }, { createLiveRegion }, { createProgress }, reports, { createLiveView }, { endLivePage }, { rgPath }] = await Promise.all([
    import('../execute/execute-plan.ts'),
    import('../report/live-region.ts'),
    import('../report/terminal-progress.ts'),
    loadReports(),
    import('./live-view.ts'),
    import('../report/page-live.ts'),
    import('@vscode/ripgrep'),
    // Needed at the end alone; but what is loaded after a step may be what the step has put there.
    import('../report/render-ending.ts'),
    import('../report/render-failure.ts'),
    import('../report/render-diagnostic.ts'),
    import('../review/placed-diagnostic.ts'),
  ]);
  const refusals = ready.diagnostics.filter((diagnostic) => diagnostic.severity === 'refused');
  await say(
    context,
    ready.diagnostics.filter((diagnostic) => diagnostic.severity === 'warning'),
  );
  const region = context.region?.() ?? createLiveRegion({ write: context.err, colours: context.errColours, live: false });
  const progress = createProgress({
    slot: region.open(),
    colours: context.errColours,
    columns: context.errWidth ?? (() => undefined),
    live: context.errLive,
    verbosity: options.verbosity ?? 0,
    ...(context.aroundOutput === undefined ? {} : { around: context.aroundOutput }),
  });
  const events: ExecutionEvent[] = (options.resume?.history.events ?? []).map(slimEvent);
  let shown = false;
  const tellPreparation = (line: string): void => {
    shown = true;
    quietly(() => progress.line(line));
  };
  const live = options.live === true ? createLiveView(options.resume?.history.events ?? [], options.quiet === true, context) : undefined;
  const postgresFolder = context.environment['PROOFPLAN_POSTGRES_BIN'];
  const end = await executePlan({
    plan: ready.plan,
    planBytes: ready.file.bytes,
    ...(ready.addendum === undefined ? {} : { addendumBytes: ready.addendum.bytes }),
    refusals,
    decisions: ready.decisions ?? [],
    environment: ready.environment,
    workspace: context.workingFolder,
    values,
    outFolder: resolve(context.workingFolder, options.out),
    stateFolder: stateFolder(),
    cacheFolder: cacheFolder(context),
    processEnvironment: context.environment,
    clock: Date.now,
    signal,
    argv: context.argv,
    toolVersion: context.version,
    onEvent: (event) => {
      events.push(slimEvent(event));
      quietly(() => live?.take(event));
      if (options.quiet === true) return;
      shown = true;
      progress.event(event);
    },
    ...(options.quiet === true ? {} : { onProgress: tellPreparation, onGuarded: progress.guarded }),
    ...(live ? { onFolder: live.open } : {}),
    reports,
    ...(options.timeout === undefined ? {} : { timeoutMs: options.timeout }),
    ...(options.only === undefined ? {} : { only: options.only }),
    dryRun: options.dryRun === true,
    attest: options.attest,
    ...(options.key === undefined ? {} : { key: options.key }),
    ...(options.resume === undefined ? {} : { resume: options.resume }),
    ...(options.prerequisites === undefined ? {} : { prerequisites: options.prerequisites }),
    ...(options.membership === undefined ? {} : { set: options.membership }),
    ...(options.state === undefined ? {} : { state: options.state }),
    toolFolders: [dirname(rgPath)],
    runnerFolders: runnerFolders(),
    ...besideFiles(ready, options, context),
    ...(postgresFolder === undefined || postgresFolder === '' ? {} : { postgresFolder }),
  });
  try {
    progress.close();
    region.close();
    const folder = end.opened ? end.folder : undefined;
    if (live) await live.end(folder);
    // Of the process before, where this one goes on without a view.
    else if (folder !== undefined) await endLivePage(folder);
    await sayDiagnostics(end, ready, events, shown, context);
    if (options.told) options.told(end, await endData(ready, end, context));
    else await writeEnding(ready, end, events, options, context);
  } catch (error) {
    // The verdict is recorded: whatever fails to show it does not change it.
    context.err(`${end.verdict}: ${end.reason}\nwarning: the ending cannot be shown: ${messageOf(error)}\n`);
  }
  options.onEnd?.({ path: ready.path, ...(end.opened ? { folder: end.folder } : {}), reason: end.reason, exitCode: end.exitCode, diagnostics: end.diagnostics });
  return end.exitCode;
}

/** A reader that throws changes nothing. */
function quietly(show: () => void): void {
  try {
    show();
  } catch {
    // What it would have shown is seen when it is done.
  }
}

/** What decided stands next to the verdict, where people look first, with what the record shows about it. `shown`: there is progress above it. */
async function sayDiagnostics(end: ExecutionEnd, ready: Ready, events: readonly ExecutionEvent[], shown: boolean, context: CommandContext): Promise<void> {
  if (end.diagnostics.length === 0) return;
  const { decidingDiagnostic, renderFailure } = await import('../report/render-failure.ts');
  const deciding = end.verdict === 'passed' ? undefined : decidingDiagnostic(end.diagnostics, end.reason);
  if (shown) context.err('\n');
  await say(context, [
    ...worstLast(end.diagnostics.filter((each) => each !== deciding && !wasSaid(each, ready))),
    ...(deciding === undefined ? [] : [deciding]),
  ]);
  const columns = context.errWidth ?? (() => undefined);
  const details = deciding === undefined ? undefined : renderFailure(deciding, settledEvents(events), { colours: context.errColours, columns });
  const around = context.aroundOutput ?? ((write: () => void) => write());
  if (details !== undefined) around(() => context.err(`\n${details}\n`));
}

/** That no witness is bound for a criterion stands above already, where the plan was read. */
function wasSaid({ code, span, notes = [] }: Diagnostic, { diagnostics }: Ready): boolean {
  if (code !== 'execute/criterion-unproven' || !notes.every((note) => note.endsWith(': no witness'))) return false;
  return diagnostics.some((each) => each.code === 'compile/unwitnessed-clause' && each.span?.start.offset === span?.start.offset);
}

async function writeEnding(
  ready: Ready,
  end: ExecutionEnd,
  events: readonly ExecutionEvent[],
  options: ExecutionOptions,
  context: CommandContext,
): Promise<void> {
  const { renderAuditLine, renderEnding } = await import('../report/render-ending.ts');
  if (options.json === true) context.out(`${JSON.stringify(await endData(ready, end, context))}\n`);
  else {
    context.passing?.();
    const plain = context.plain ?? ((text: string) => text);
    const columns = readable(context.outWidth?.());
    const reports = end.opened ? [executionFiles.report, executionFiles.page].filter((name) => existsSync(join(end.folder, name))) : [];
    if (end.opened && options.quiet !== true)
      context.out(
        plain(
          `\n${renderEnding({ ...end, folder: shortPath(end.folder, context), reports }, events, { colours: context.outColours, command: context.command, ...(columns === undefined ? {} : { columns }) })}\n`,
        ),
      );
    else context.out(plain(`${end.verdict === 'none' ? 'unproven' : end.verdict}: ${stripToLine(end.reason)}\n`));
  }
  if (end.opened) (options.json === true ? context.err : context.out)(`${renderAuditLine(end)}\n`);
}

/** verdict.json as it is on the disk, and where; the same names where an execution was never opened. */
async function endData(ready: Ready, end: ExecutionEnd, context: CommandContext): Promise<unknown> {
  const { placeDiagnostic } = await import('../review/placed-diagnostic.ts');
  const common = {
    verdict: end.verdict === 'none' ? 'unproven' : end.verdict,
    exitCode: end.exitCode,
    reason: end.reason,
    diagnostics: end.diagnostics.map(placeDiagnostic),
  };
  if (!end.opened) return { schemaVersion: 1, plan: { path: ready.path, sha256: ready.plan.sha256 }, ...common };
  const written = await readFile(join(end.folder, executionFiles.verdict), 'utf8').then(
    (text) => JSON.parse(text) as object,
    () => ({ schemaVersion: 1, execution: end.execution, plan: { path: ready.path, sha256: ready.plan.sha256 } }),
  );
  return { ...written, ...common, folder: shortPath(end.folder, context), journal: end.journal };
}

/** What is read with the plan, and what would be, were it there: no step may change either. */
function besideFiles(
  { file, addendum }: Ready,
  { locked }: ExecutionOptions,
  { workingFolder }: CommandContext,
): Pick<ExecuteOptions, 'watchedFiles' | 'absentFiles'> {
  const folder = file.absolute === undefined ? workingFolder : dirname(file.absolute);
  const config = findConfig(folder);
  const nearest = join(folder, configName);
  return {
    watchedFiles: [...(config === undefined ? [] : [config]), ...(locked === true && file.absolute !== undefined ? [lockPath(file.absolute)] : [])],
    absentFiles: [...(addendum === undefined && file.absolute !== undefined ? [addendumPath(file.absolute)] : []), ...(config === nearest ? [] : [nearest])],
  };
}

/** The worst last. */
function worstLast(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const order: readonly Diagnostic['severity'][] = ['warning', 'failed', 'refused', 'error'];
  return diagnostics.toSorted((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
}
