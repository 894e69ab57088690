/** From the first entry of a record to the last judgement: workspace, guard, steps, conclusion. Whoever calls it closes the record. */
import { dirname, resolve } from 'node:path';
import type { Guard } from '../model/contract.ts';
import { hasErrors, messageOf, type Diagnostic } from '../model/diagnostic.ts';
import type { ReadyEnvironment } from '../model/environment.ts';
import type { Binding } from '../model/value.ts';
import { exitCodes, interruptionExitCodes } from '../model/verdict.ts';
import { probeDatabase } from '../environment/probe.ts';
import type { ExecutionFolder } from '../journal/execution-folder.ts';
import type { Registration } from '../journal/ledger.ts';
import { runsPrograms } from './attempt-step.ts';
import type { ExecutionVerdict } from './close-record.ts';
import { damagedEvidence, readDocuments } from './check-integrity.ts';
import { concludeExecution } from './conclude-execution.ts';
import { conductExecution, isHeldBack } from './conduct-execution.ts';
import { createContext } from './create-context.ts';
import type { DiagnosticLog } from './diagnostic-log.ts';
import { DocumentWatch } from './document-watch.ts';
import { listNotRun } from './execute-sequence.ts';
import { openIsolation } from './execution-isolation.ts';
import type { Resumption } from './execution-history.ts';
import type { ExecuteOptions } from './execution-option.ts';
import { judgeParts } from './execution-part.ts';
import type { ExecutionRecord } from './execution-record.ts';
import { keepDocument, keepManifest } from './keep-document.ts';
import { openedData } from './opened-event.ts';
import { openGuard } from './open-guard.ts';
import { recordResumption, takeUp } from './resume-cut.ts';
import { mismatch, readManifest, ResumeRefused } from './resume-ground.ts';
import { changedRunnerFiles, markRunnerFiles } from './runner-file.ts';
import { maskNames, redactArgv, type SecretSet } from './secret-set.ts';
import { findNamedScripts, findQuietFiles } from './named-script.ts';
import { readWorkspace, type WorkspaceReading } from './workspace-state.ts';
import { WorkspaceWatch } from './workspace-watch.ts';

/** What is made ready before the record is opened. */
export interface Prepared {
  readonly inputs: readonly Binding[];
  readonly ready: ReadyEnvironment | undefined;
  readonly secrets: SecretSet;
  /** What was said before the record was open. */
  readonly diagnostics: DiagnosticLog;
}

/** What stands when the record is open. */
export interface Opened extends Prepared {
  readonly folder: ExecutionFolder;
  readonly registration: Registration;
  readonly record: ExecutionRecord;
  readonly log: DiagnosticLog;
  /** Digests of all evidence that was recorded so far. */
  readonly evidence: ReadonlySet<string>;
}

/** From the first entry to the last judgement. Rejects with a JournalFailure, or for a defect of the runner. */
export async function executeOpened(options: ExecuteOptions, opened: Opened): Promise<ExecutionVerdict> {
  const { plan, planBytes, addendumBytes, environment, processEnvironment, signal } = options;
  const { inputs, ready, secrets, folder, registration, record, log, diagnostics, evidence } = opened;
  const workspace = environment?.workspace ?? options.workspace ?? resolve(dirname(plan.path));
  await keepDocument(folder.folder, planBytes);
  if (addendumBytes) await keepDocument(folder.folder, addendumBytes);
  const { resume } = options;
  const [found, workspaceWatch] = await Promise.all([readWorkspace(workspace, processEnvironment), watchWorkspace(options, workspace)]);
  const before = resume ? await sameWorkspace(resume, found, workspaceWatch) : found;
  const documents = new DocumentWatch(await readDocuments([plan, ...(plan.addendum ? [plan.addendum] : [])], options.absentFiles, options.watchedFiles));
  // Where nothing runs, nothing can change it.
  const runner = isHeldBack(options) || options.dryRun === true ? [] : (options.runnerFolders ?? []);
  const runnerBefore = markRunnerFiles(runner);
  // Before the guard stands, so that the question is nobody's session.
  const asked = ready?.database ? await probeDatabase(ready.database) : undefined;
  const account = asked?.value;
  const isolation = isHeldBack(options) || options.dryRun === true ? undefined : await openIsolation({ options, workspace, guarded: account !== undefined });
  if (!resume) {
    const manifest = workspaceWatch ? await keepManifest(folder.folder, maskNames(workspaceWatch.manifest(), secrets.redactor)) : undefined;
    const { execution } = folder;
    await record.record(
      'opened',
      openedData({
        options,
        registration,
        execution,
        workspace: before,
        ...(manifest ? { manifest } : {}),
        inputs,
        ready,
        account,
        isolation,
        redactor: secrets.redactor,
      }),
      { durable: true },
    );
    await ready?.keep?.(execution);
    for (const { command, exitCode, durationMs, stdoutSha256 } of ready?.preparation ?? [])
      await record.record('preparation', { command, exitCode, durationMs, stdoutSha256 });
    for (const diagnostic of diagnostics.all()) await record.record('diagnostic', diagnostic);
  } else if (asked && !account) {
    isolation?.close();
    throw new ResumeRefused(asked.diagnostics);
  }

  const guard =
    ready && asked
      ? account
        ? await openGuard({
            execution: folder.execution,
            plan,
            ready,
            account,
            workspace,
            ...(isolation?.socketFolder === undefined ? {} : { socketFolder: isolation.socketFolder }),
          })
        : { value: undefined, diagnostics: asked.diagnostics }
      : undefined;
  try {
    if (guard?.value) tell(options, guard.value.guard);
    if (resume && guard && !guard.value && hasErrors(guard.diagnostics)) throw new ResumeRefused(guard.diagnostics);
    const context = createContext({
      options,
      inputs,
      secrets,
      evidenceFolder: folder.evidenceFolder,
      record,
      diagnostics: log,
      workspace,
      guarded: guard?.value,
      ...(workspaceWatch ? { workspaceWatch } : {}),
      ...(isolation ? { isolation } : {}),
      documents,
      ...(resume ? { history: resume.history } : {}),
    });
    if (resume) await recordResumption(await takeUp(resume, context), redactArgv(options.argv, secrets.redactor), context);
    await log.report(...(guard?.diagnostics ?? []));
    const failed =
      guard && !guard.value && hasErrors(guard.diagnostics)
        ? ({ verdict: 'error', reason: guard.diagnostics.find(({ severity }) => severity === 'error')?.message ?? 'no guard' } as const)
        : undefined;
    if (failed) await listNotRun(plan.steps, failed.reason, context);
    const parts = failed ? [failed] : await conductExecution(options, registration.attempt, context);
    const dead = guard?.value?.died.aborted ? guardDied(guard.value.died.reason) : undefined;
    if (dead && !log.all().some(({ code }) => code === 'execute/database-lost')) await log.report(dead);
    const concluded = await concludeExecution(options, before, context);
    const damaged = [
      ...clockProblems(record),
      ...(await documents.look({ thorough: true })),
      ...changedRunnerFiles(runner, runnerBefore),
      ...(await damagedEvidence(folder.folder, evidence)),
    ];
    await log.report(...damaged);
    const end = judgeParts([
      ...parts,
      ...concluded,
      ...damaged.map(({ message }) => ({ verdict: 'error', reason: message }) as const),
      ...(dead ? [{ verdict: 'error', reason: dead.message } as const] : []),
      ...(signal.aborted ? [{ verdict: 'error', reason: `interrupted by ${signalName(signal)}` } as const] : []),
    ]);
    await context.snapshot.held?.close().catch(() => undefined);
    return { ...end, exitCode: signal.aborted ? interruptionCode(signal) : exitCodes[end.verdict] };
  } finally {
    await guard?.value?.close();
    isolation?.close();
  }
}

/** A reader of progress that throws changes nothing. */
function tell({ onGuarded }: ExecuteOptions, { tally }: Guard): void {
  try {
    onGuarded?.(tally);
  } catch {
    // What it would have shown is in the record.
  }
}

function clockProblems({ clockSetBack }: ExecutionRecord): readonly Diagnostic[] {
  const jump = clockSetBack();
  if (!jump) return [];
  return [
    {
      severity: 'error',
      code: 'execute/clock-set-back',
      message: "the machine's clock was set back during the execution",
      notes: [`from ${jump.from} to ${jump.to}`, 'the order of the record stands; its times cannot be believed'],
      help: 'find out what sets the clock, and execute the plan again',
    },
  ];
}

/** The workspace as it was at the beginning; refuses to go on where it is not so any more. */
async function sameWorkspace({ folder, history }: Resumption, found: WorkspaceReading, watch: WorkspaceWatch | undefined): Promise<WorkspaceReading> {
  const { digest, trackedDigest, files, ...state } = history.opened.workspace;
  const known = new Set(history.events.flatMap((event) => (event.kind === 'tripwire' && event.data.kind === 'workspace' ? [event.data.what] : [])));
  const edits = files && watch ? watch.continueFrom(await readManifest(folder, files)) : [];
  // What was told before is in the verdict already.
  const news = edits.filter((what) => ![...known].some((told) => told.startsWith(what)));
  if (found.state.commit !== state.commit) news.push(`commit ${found.state.commit ?? 'none'} instead of ${state.commit ?? 'none'}`);
  if (news.length > 0) throw new ResumeRefused([mismatch('the workspace is not as it was', ...news.slice(0, 5))]);
  return { state, ...(digest === undefined ? {} : { digest }), ...(trackedDigest === undefined ? {} : { trackedDigest }) };
}

/** Only programs edit files. */
async function watchWorkspace(options: ExecuteOptions, workspace: string): Promise<WorkspaceWatch | undefined> {
  const { plan, processEnvironment, toolFolders = [], outFolder, stateFolder, cacheFolder, watchedFiles = [] } = options;
  if (options.dryRun === true || isHeldBack(options) || !plan.steps.some(runsPrograms)) return undefined;
  const documents = [plan.path, ...(plan.addendum ? [plan.addendum.path] : [])].map((path) => resolve(path));
  return WorkspaceWatch.begin({
    workspace,
    processEnvironment,
    toolFolders,
    named: [...documents, ...watchedFiles, ...findNamedScripts(plan, workspace), ...findQuietFiles(resolve(workspace), options.environment?.path ?? [])],
    own: [outFolder, stateFolder, cacheFolder],
  });
}

/** The reason is the signal's name; ended by anything else counts as by SIGINT. */
export function interruptionCode(signal: AbortSignal): number {
  return interruptionExitCodes[signalName(signal)];
}

function signalName({ reason }: AbortSignal): keyof typeof interruptionExitCodes {
  const name = messageOf(reason);
  return name === 'SIGHUP' || name === 'SIGTERM' ? name : 'SIGINT';
}

function guardDied(reason: unknown): Diagnostic {
  return {
    severity: 'error',
    code: 'execute/guard-failed',
    message: `the guard of the database died: ${messageOf(reason)}`,
    notes: ['what was not run is listed in the record'],
    help: 'look at the database server, and execute the plan again',
  };
}
