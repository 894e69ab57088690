/**
 * Executes a frozen plan: environment, record, guard, steps, verdict, end. Whatever happens on the way, the answer is a
 * verdict or an error, everything that was started is ended, and the record is closed or says where it stopped.
 */
import { basename, dirname, extname, join, resolve } from 'node:path';
import { hasErrors, messageOf, type Diagnostic } from '../model/diagnostic.ts';
import type { ReadyEnvironment } from '../model/environment.ts';
import { executionFiles, type JournalState } from '../model/journal-entry.ts';
import type { Binding } from '../model/value.ts';
import { exitCodes, interruptionExitCodes, usageExitCode, type Verdict } from '../model/verdict.ts';
import { probeDatabase } from '../environment/probe.ts';
import { readyEnvironment } from '../environment/ready-environment.ts';
import { createExecutionFolder, discardExecutionFolder, type ExecutionFolder, findExecutionFolder, settleLatest } from '../journal/execution-folder.ts';
import { readPrefix } from '../journal/file-prefix.ts';
import { headMarkPath } from '../journal/head-mark.ts';
import { JournalFailure } from '../journal/journal-failure.ts';
import { holdLock } from '../journal/ledger-lock.ts';
import { openJournal, type Journal } from '../journal/journal-writer.ts';
import { isRegistered, ledgerPath, registerExecution, type Registration } from '../journal/ledger.ts';
import { runsPrograms } from './attempt-step.ts';
import { closeRecord, type ExecutionVerdict, removeResults } from './close-record.ts';
import { damagedEvidence, evidenceIn, readDocuments } from './check-integrity.ts';
import { concludeExecution } from './conclude-execution.ts';
import { conductExecution, isHeldBack } from './conduct-execution.ts';
import { createContext } from './create-context.ts';
import { createDiagnosticLog, type DiagnosticLog } from './diagnostic-log.ts';
import { DocumentWatch } from './document-watch.ts';
import { earlyProblems } from './early-problem.ts';
import { listNotRun } from './execute-sequence.ts';
import { isolationRefusals, openIsolation } from './execution-isolation.ts';
import type { Resumption } from './execution-history.ts';
import type { ExecuteOptions, ExecutionEnd } from './execution-option.ts';
import { judgeParts } from './execution-part.ts';
import { createExecutionRecord, type ExecutionRecord } from './execution-record.ts';
import { keepDocument, keepManifest } from './keep-document.ts';
import { groundOf, openedData } from './opened-event.ts';
import { openGuard } from './open-guard.ts';
import { resolveInputs } from './resolve-input.ts';
import { recordResumption, takeUp } from './resume-cut.ts';
import { compareOpening, documentsOf, mismatch, readManifest, registrationOf, reopenOf, restoreInputs, ResumeRefused, stillRunning } from './resume-ground.ts';
import { changedRunnerFiles, markRunnerFiles } from './runner-file.ts';
import {
  createSecretSet,
  environmentSecrets,
  maskNames,
  passwordsOf,
  secretsInPlan,
  secretsOf,
  redactArgv,
  withSecrecy,
  type SecretSet,
} from './secret-set.ts';
import { refusedInheritance } from './step-environment.ts';
import { targetRefusals } from './judge-target.ts';
import { createVerdictReader } from './verdict-file.ts';
import { findNamedScripts, findQuietFiles } from './named-script.ts';
import { readWorkspace, type WorkspaceReading } from './workspace-state.ts';
import { WorkspaceWatch } from './workspace-watch.ts';

export type { ExecuteOptions, ExecutionEnd } from './execution-option.ts';

/** Never rejects. */
export async function executePlan(given: ExecuteOptions): Promise<ExecutionEnd> {
  const options = { ...given, refusals: [...given.refusals, ...targetRefusals(given), ...(await isolationRefusals(given))] };
  const secrets = createSecretSet();
  const diagnostics = createDiagnosticLog(secrets.redactor);
  let ready: ReadyEnvironment | undefined;
  try {
    const flagged = secretsOf(withSecrecy(options.values, options.plan.inputs));
    secrets.add([...flagged.secrets, ...environmentSecrets(options.environment, options.processEnvironment)]);
    const { resume } = options;
    // What an execution that was cut began with was looked at then.
    const own = resume ? [] : [...secretsInPlan(withSecrecy(options.values, options.plan.inputs), options), ...earlyProblems(options)];
    const early = [...flagged.diagnostics, ...own];
    if (early.length > 0) return notOpened(usageExitCode, early, diagnostics);
    const unlike = resume ? compareOpening(resume.history.opened, { ...documentsOf(options), ...groundOf(options, secrets.redactor) }) : [];
    if (unlike.length > 0) return notOpened(exitCodes.error, unlike, diagnostics);
    if (options.environment && !isHeldBack(options) && resume?.history.verdict === undefined) {
      const { plan, stateFolder, cacheFolder, processEnvironment, signal, onProgress, postgresFolder } = options;
      const made = await readyEnvironment(options.environment, {
        plan: basename(plan.path, extname(plan.path)),
        inputs: plan.inputs.map((input) => input.name),
        stateFolder,
        cacheFolder,
        processEnvironment,
        signal,
        ...(onProgress ? { progress: (line) => onProgress(secrets.redactor.text(line)) } : {}),
        ...(postgresFolder === undefined ? {} : { postgresFolder }),
        ...(resume ? { reopen: reopenOf(resume) } : {}),
      });
      ready = made.value;
      if (!ready) return notOpened(signal.aborted ? interruptionCode(signal) : exitCodes.error, made.diagnostics, diagnostics);
      secrets.add(passwordsOf(ready.database, ready.superuser));
      diagnostics.keep(...made.diagnostics, ...refusedInheritance(options.environment));
    }
    const inputs = resume
      ? restoreInputs(resume, options.values)
      : isHeldBack(options)
        ? { value: options.values, diagnostics: [] }
        : resolveInputs(options.plan, options.values, ready?.provided ?? []);
    const provided = secretsOf(inputs.value ?? []);
    secrets.add(provided.secrets);
    if (!inputs.value || hasErrors(inputs.diagnostics) || provided.diagnostics.length > 0) {
      await ready?.leave?.();
      return notOpened(usageExitCode, [...inputs.diagnostics, ...provided.diagnostics], diagnostics);
    }
    return await executeRecorded(options, { inputs: inputs.value, ready, secrets, diagnostics });
  } catch (error) {
    // Nothing was written: what the execution rests on stays for another try.
    if (options.resume) await ready?.leave?.().catch(() => undefined);
    return notOpened(exitCodes.error, error instanceof ResumeRefused ? error.diagnostics : [runnerFailed(error)], diagnostics);
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
  const { clock, outFolder, resume } = options;
  const { diagnostics } = prepared;
  const made = resume ? { value: findExecutionFolder(resume.folder), diagnostics: [] } : createExecutionFolder(outFolder, clock);
  if (!made.value) return notOpened(exitCodes.error, made.diagnostics, diagnostics);
  diagnostics.keep(...made.diagnostics);
  const folder = made.value;
  const lock = holdLock(join(folder.folder, executionFiles.lock));
  if ('busy' in lock) throw new ResumeRefused([stillRunning(folder, lock.busy)]);
  let end: ExecutionEnd | undefined;
  try {
    end = await executeLocked(options, prepared, folder);
    return end;
  } finally {
    lock.release();
    if (end?.opened === false && !resume) discardExecutionFolder(folder);
  }
}

async function executeLocked(options: ExecuteOptions, prepared: Prepared, folder: ExecutionFolder): Promise<ExecutionEnd> {
  const { plan, clock, resume, key } = options;
  const { secrets, diagnostics } = prepared;
  const ledger = { output: folder.output, execution: folder.execution, plan: { path: secrets.redactor.text(plan.path), sha256: plan.sha256 }, clock };
  const registered = resume ? { value: registrationOf(resume.history.opened), diagnostics: [] } : await registerExecution(ledger);
  if (!registered.value) return notOpened(exitCodes.error, registered.diagnostics, diagnostics);
  diagnostics.keep(...registered.diagnostics);
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
  const turned = (): Promise<readonly Diagnostic[]> => settleLatest(folder, (execution) => isRegistered(folder.output, execution));
  try {
    const registeredIn = readPrefix(ledgerPath(folder.output));
    journal = await openJournal({
      folder: folder.folder,
      execution: folder.execution,
      clock,
      headMark: headMarkPath(options.stateFolder, folder.execution),
      ...(key ? { key } : {}),
      ...(resume ? { begun: resume.begun } : {}),
    });
    const verdictFile = createVerdictReader();
    const evidence = new Set<string>();
    for (const event of resume?.history.events ?? []) {
      verdictFile.take(event);
      for (const digest of evidenceIn(event.data)) evidence.add(digest);
    }
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
    const verdict = resume?.history.verdict ?? (await executeOpened(options, { ...prepared, folder, registration, record, log, evidence }));
    if (resume?.history.verdict && !resume.history.closed) await record.resume({ cut: [], argv: redactArgv(options.argv, secrets.redactor) });
    const closed = await closeRecord({
      ...(resume?.history.verdict ? { begun: { files: resume.history.files, closed: resume.history.closed } } : {}),
      folder,
      journal,
      record,
      diagnostics: log,
      // The plan's own text stays as it is there, but for the secrets.
      redactor: { ...secrets.redactor, text: secrets.document },
      ledger: { ...ledger, attempt: registration.attempt },
      registered: registeredIn,
      verdict,
      verdictFile,
      ...(options.renderReport ? { renderReport: options.renderReport } : {}),
    });
    state = closed.journal;
    diagnostics.keep(...(await turned()));
    return opened(closed.verdict, [...diagnostics.all(), ...log.all()]);
  } catch (error) {
    if (error instanceof ResumeRefused) {
      journal?.abandon();
      throw error;
    }
    const diagnostic = error instanceof JournalFailure ? error.diagnostic : runnerFailed(error);
    diagnostics.keep(diagnostic);
    state = journal?.state() ?? state;
    await journal?.close().catch(() => undefined);
    // Whoever disturbs the record may have laid a verdict there.
    await removeResults(folder.folder);
    diagnostics.keep(...(await turned()));
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
  } else if (asked && !account) throw new ResumeRefused(asked.diagnostics);

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
      ...(signal.aborted ? [{ verdict: 'error', reason: 'interrupted' } as const] : []),
    ]);
    await context.snapshot.held?.close().catch(() => undefined);
    return { ...end, exitCode: signal.aborted ? interruptionCode(signal) : exitCodes[end.verdict] };
  } finally {
    await guard?.value?.close();
    isolation?.close();
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

function notOpened(exitCode: number, problems: readonly Diagnostic[], diagnostics: DiagnosticLog): ExecutionEnd {
  const before = diagnostics.all().length;
  diagnostics.keep(...problems);
  const verdict: Verdict = 'error';
  return {
    opened: false,
    verdict,
    exitCode,
    // As they are kept: masked.
    reason:
      diagnostics
        .all()
        .slice(before)
        .find(({ severity }) => severity !== 'warning')?.message ?? 'nothing was executed',
    diagnostics: diagnostics.all(),
  };
}

/** The reason is the signal's name; ended by anything else counts as by SIGINT. */
function interruptionCode({ reason }: AbortSignal): number {
  const codes: Readonly<Record<string, number>> = interruptionExitCodes;
  return codes[messageOf(reason)] ?? interruptionExitCodes.SIGINT;
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
