/**
 * Executes a frozen plan: environment, record, guard, steps, verdict, end. Whatever happens on the way, the answer is a
 * verdict or an error, everything that was started is ended, and the record is closed or says where it stopped.
 */
import { basename, dirname, extname, resolve } from 'node:path';
import { hasErrors, messageOf, type Diagnostic } from '../model/diagnostic.ts';
import type { ReadyEnvironment } from '../model/environment.ts';
import type { JournalState } from '../model/journal-entry.ts';
import type { Binding } from '../model/value.ts';
import { exitCodes, usageExitCode, type Verdict } from '../model/verdict.ts';
import { probeDatabase } from '../environment/probe.ts';
import { readyEnvironment } from '../environment/ready-environment.ts';
import { createExecutionFolder, type ExecutionFolder } from '../journal/execution-folder.ts';
import { JournalFailure } from '../journal/journal-failure.ts';
import { openJournal, type Journal } from '../journal/journal-writer.ts';
import { registerExecution, type Registration } from '../journal/ledger.ts';
import { runsPrograms } from './attempt-step.ts';
import { closeRecord, type ExecutionVerdict } from './close-record.ts';
import { changedDocuments, damagedEvidence, evidenceIn, readDocuments } from './check-integrity.ts';
import { concludeExecution } from './conclude-execution.ts';
import { conductExecution, isHeldBack } from './conduct-execution.ts';
import { createContext } from './create-context.ts';
import { createDiagnosticLog, type DiagnosticLog } from './diagnostic-log.ts';
import { earlyProblems } from './early-problem.ts';
import { listNotRun } from './execute-sequence.ts';
import { isolationRefusals, openIsolation } from './execution-isolation.ts';
import type { ExecuteOptions, ExecutionEnd } from './execution-option.ts';
import { judgeParts } from './execution-part.ts';
import { createExecutionRecord, type ExecutionRecord } from './execution-record.ts';
import { keepDocument } from './keep-document.ts';
import { openedData } from './opened-event.ts';
import { openGuard } from './open-guard.ts';
import { resolveInputs } from './resolve-input.ts';
import { createSecretSet, passwordsOf, secretsOf, type SecretSet } from './secret-set.ts';
import { refusedInheritance } from './step-environment.ts';
import { targetRefusals } from './judge-target.ts';
import { createVerdictReader } from './verdict-file.ts';
import { findNamedScripts, findQuietFiles } from './named-script.ts';
import { readWorkspace } from './workspace-state.ts';
import { WorkspaceWatch } from './workspace-watch.ts';

export type { ExecuteOptions, ExecutionEnd } from './execution-option.ts';

/** Never rejects. */
export async function executePlan(given: ExecuteOptions): Promise<ExecutionEnd> {
  const options = { ...given, refusals: [...given.refusals, ...targetRefusals(given), ...(await isolationRefusals(given))] };
  const secrets = createSecretSet();
  const diagnostics = createDiagnosticLog(secrets.redactor);
  let ready: ReadyEnvironment | undefined;
  try {
    const flagged = secretsOf(options.values);
    secrets.add(flagged.secrets);
    const early = [...flagged.diagnostics, ...earlyProblems(options)];
    if (early.length > 0) return notOpened(usageExitCode, early, diagnostics);
    if (options.environment && !isHeldBack(options)) {
      const { plan, stateFolder, cacheFolder, processEnvironment, signal, onProgress, postgresFolder } = options;
      const made = await readyEnvironment(options.environment, {
        plan: basename(plan.path, extname(plan.path)),
        inputs: plan.inputs.map((input) => input.name),
        stateFolder,
        cacheFolder,
        processEnvironment,
        signal,
        ...(onProgress ? { progress: onProgress } : {}),
        ...(postgresFolder === undefined ? {} : { postgresFolder }),
      });
      ready = made.value;
      if (!ready) return notOpened(signal.aborted ? interruptionCode(signal) : exitCodes.error, made.diagnostics, diagnostics);
      secrets.add(passwordsOf(ready.database, ready.superuser));
      diagnostics.keep(...made.diagnostics, ...refusedInheritance(options.environment));
    }
    const inputs = isHeldBack(options) ? { value: options.values, diagnostics: [] } : resolveInputs(options.plan, options.values, ready?.provided ?? []);
    if (!inputs.value) return notOpened(usageExitCode, inputs.diagnostics, diagnostics);
    return await executeRecorded(options, { inputs: inputs.value, ready, secrets, diagnostics });
  } catch (error) {
    return notOpened(exitCodes.error, [runnerFailed(error)], diagnostics);
  } finally {
    await ready?.close().catch(() => undefined);
  }
}

interface Prepared {
  readonly inputs: readonly Binding[];
  readonly ready: ReadyEnvironment | undefined;
  readonly secrets: SecretSet;
  /** What was said before the record was open. */
  readonly diagnostics: DiagnosticLog;
}

async function executeRecorded(options: ExecuteOptions, prepared: Prepared): Promise<ExecutionEnd> {
  const { plan, clock, outFolder } = options;
  const { secrets, diagnostics } = prepared;
  const made = createExecutionFolder(outFolder, clock);
  if (!made.value) return notOpened(exitCodes.error, made.diagnostics, diagnostics);
  diagnostics.keep(...made.diagnostics);
  const folder = made.value;
  const ledger = { output: folder.output, execution: folder.execution, plan: { path: plan.path, sha256: plan.sha256 }, clock };
  const registered = await registerExecution(ledger);
  if (!registered.value) return notOpened(exitCodes.error, registered.diagnostics, diagnostics);
  const registration = registered.value;
  let journal: Journal | undefined;
  let log: DiagnosticLog | undefined;
  let state: JournalState = { entries: 0, head: '', root: '' };
  const opened = (end: ExecutionVerdict, all: readonly Diagnostic[]): ExecutionEnd => ({
    ...end,
    reason: secrets.redactor.text(end.reason),
    opened: true,
    folder: folder.folder,
    execution: folder.execution,
    attempt: registration.attempt,
    journal: state,
    diagnostics: all,
  });
  try {
    journal = await openJournal({ folder: folder.folder, execution: folder.execution, clock });
    const verdictFile = createVerdictReader();
    const evidence = new Set<string>();
    const record = createExecutionRecord({
      journal,
      redactor: secrets.redactor,
      clock,
      onEvent: (event) => {
        verdictFile.take(event);
        for (const digest of evidenceIn(event.data)) evidence.add(digest);
        options.onEvent(event);
      },
    });
    log = createDiagnosticLog(secrets.redactor, record);
    const verdict = await executeOpened(options, { ...prepared, folder, registration, record, log, evidence });
    const closed = await closeRecord({
      folder,
      journal,
      record,
      diagnostics: log,
      redactor: secrets.redactor,
      ledger: { ...ledger, attempt: registration.attempt },
      verdict,
      verdictFile,
      ...(options.renderReport ? { renderReport: options.renderReport } : {}),
    });
    state = closed.journal;
    return opened(closed.verdict, [...diagnostics.all(), ...log.all()]);
  } catch (error) {
    const diagnostic = error instanceof JournalFailure ? error.diagnostic : runnerFailed(error);
    diagnostics.keep(diagnostic);
    state = journal?.state() ?? state;
    await journal?.close().catch(() => undefined);
    return opened({ verdict: 'error', reason: diagnostic.message, exitCode: exitCodes.error }, [...diagnostics.all(), ...(log?.all() ?? [])]);
  }
}

interface Opened extends Prepared {
  readonly folder: ExecutionFolder;
  readonly registration: Registration;
  readonly record: ExecutionRecord;
  readonly log: DiagnosticLog;
  /** Digests of all evidence that was recorded so far. */
  readonly evidence: ReadonlySet<string>;
}

/** From the first entry to the last judgement. Rejects with a JournalFailure, or for a defect of the runner. */
async function executeOpened(options: ExecuteOptions, opened: Opened): Promise<ExecutionVerdict> {
  const { plan, planBytes, addendumBytes, environment, processEnvironment, signal } = options;
  const { inputs, ready, secrets, folder, registration, record, log, diagnostics, evidence } = opened;
  const workspace = environment?.workspace ?? options.workspace ?? resolve(dirname(plan.path));
  await keepDocument(folder.folder, planBytes);
  if (addendumBytes) await keepDocument(folder.folder, addendumBytes);
  const [before, workspaceWatch] = await Promise.all([readWorkspace(workspace, processEnvironment), watchWorkspace(options, workspace)]);
  const documents = await readDocuments([plan, ...(plan.addendum ? [plan.addendum] : [])], options.absentFiles);
  // Before the guard stands, so that the question is nobody's session.
  const asked = ready?.database ? await probeDatabase(ready.database) : undefined;
  const account = asked?.value;
  const isolation = isHeldBack(options) || options.dryRun === true ? undefined : await openIsolation({ options, workspace, guarded: account !== undefined });
  await record.record('opened', openedData({ options, registration, workspace: before, inputs, ready, account, isolation, redactor: secrets.redactor }), {
    durable: true,
  });
  for (const { command, exitCode, durationMs, stdoutSha256 } of ready?.preparation ?? [])
    await record.record('preparation', { command, exitCode, durationMs, stdoutSha256 });
  for (const diagnostic of diagnostics.all()) await record.record('diagnostic', diagnostic);

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
    await log.report(...(guard?.diagnostics ?? []));
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
    });
    const failed =
      guard && !guard.value && hasErrors(guard.diagnostics)
        ? ({ verdict: 'error', reason: guard.diagnostics.find(({ severity }) => severity === 'error')?.message ?? 'no guard' } as const)
        : undefined;
    if (failed) await listNotRun(plan.steps, failed.reason, context);
    const parts = failed ? [failed] : await conductExecution(options, registration.attempt, context);
    const dead = guard?.value?.died.aborted ? guardDied(guard.value.died.reason) : undefined;
    if (dead && !log.all().some(({ code }) => code === 'execute/database-lost')) await log.report(dead);
    const concluded = await concludeExecution(options, before, context);
    const damaged = [...(await changedDocuments(documents)), ...(await damagedEvidence(folder.folder, evidence))];
    await log.report(...damaged);
    const end = judgeParts([
      ...parts,
      ...concluded,
      ...damaged.map(({ message }) => ({ verdict: 'error', reason: message }) as const),
      ...(dead ? [{ verdict: 'error', reason: dead.message } as const] : []),
      ...(signal.aborted ? [{ verdict: 'error', reason: 'interrupted' } as const] : []),
    ]);
    await context.snapshot.held?.close().catch(() => undefined);
    return { ...end, exitCode: signal.aborted ? interruptionCode(signal) : exitCodes[end.verdict] };
  } finally {
    await guard?.value?.close();
    isolation?.close();
  }
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

function notOpened(exitCode: number, problems: readonly Diagnostic[], diagnostics: DiagnosticLog): ExecutionEnd {
  diagnostics.keep(...problems);
  const verdict: Verdict = 'error';
  return {
    opened: false,
    verdict,
    exitCode,
    reason: problems.find(({ severity }) => severity !== 'warning')?.message ?? 'nothing was executed',
    diagnostics: diagnostics.all(),
  };
}

/** 128 and the signal's number, as a shell says it. */
function interruptionCode({ reason }: AbortSignal): number {
  return (reason instanceof Error ? reason.message : reason) === 'SIGTERM' ? 143 : 130;
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

function runnerFailed(error: unknown): Diagnostic {
  return {
    severity: 'error',
    code: 'execute/runner-failed',
    message: `the runner failed: ${messageOf(error)}`,
    help: 'report this as a defect of proofplan, with the message',
  };
}
