/**
 * Executes a frozen plan: environment, record, guard, steps, verdict, end. Whatever happens on the way, the answer is a
 * verdict or an error, everything that was started is ended, and the record is closed or says where it stopped.
 */
import { basename, extname, join } from 'node:path';
import { hasErrors, messageOf, type Diagnostic } from '../model/diagnostic.ts';
import type { ReadyEnvironment } from '../model/environment.ts';
import { executionFiles, type JournalState } from '../model/journal-entry.ts';
import { exitCodes, usageExitCode, type Verdict } from '../model/verdict.ts';
import { leaveState } from '../environment/database-state.ts';
import { readyEnvironment } from '../environment/ready-environment.ts';
import { createExecutionFolder, discardExecutionFolder, type ExecutionFolder, findExecutionFolder, settleLatest } from '../journal/execution-folder.ts';
import { readPrefix } from '../journal/file-prefix.ts';
import { headMarkPath } from '../journal/head-mark.ts';
import { JournalFailure } from '../journal/journal-failure.ts';
import { holdLock } from '../journal/ledger-lock.ts';
import { openJournal, type Journal } from '../journal/journal-writer.ts';
import { isRegistered, ledgerPath, registerExecution } from '../journal/ledger.ts';
import { closeRecord, type ExecutionVerdict, removeResults } from './close-record.ts';
import { damagedEvidence, evidenceIn } from './check-integrity.ts';
import { isHeldBack } from './conduct-execution.ts';
import { createDiagnosticLog, type DiagnosticLog } from './diagnostic-log.ts';
import { earlyProblems } from './early-problem.ts';
import { isolationRefusals } from './execution-isolation.ts';
import type { ExecuteOptions, ExecutionEnd } from './execution-option.ts';
import { executeOpened, interruptionCode, type Prepared } from './execute-opened.ts';
import { createExecutionRecord } from './execution-record.ts';
import { groundOf } from './opened-event.ts';
import { resolveInputs } from './resolve-input.ts';
import { compareOpening, documentsOf, registrationOf, reopenOf, restoreInputs, ResumeRefused, stillRunning } from './resume-ground.ts';
import { createSecretSet, environmentSecrets, passwordsOf, secretsInPlan, secretsOf, redactArgv, withSecrecy } from './secret-set.ts';
import { refusedInheritance } from './step-environment.ts';
import { targetRefusals } from './judge-target.ts';
import { createVerdictReader } from './verdict-file.ts';

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
        ...(resume ? { reopen: reopenOf(resume) } : options.state?.from ? { from: options.state.from } : {}),
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
    return await leaveDatabase(await executeRecorded(options, { inputs: inputs.value, ready, secrets, diagnostics }), ready, options);
  } catch (error) {
    // Nothing was written: what the execution rests on stays for another try.
    if (options.resume) await ready?.leave?.().catch(() => undefined);
    return notOpened(exitCodes.error, error instanceof ResumeRefused ? error.diagnostics : [runnerFailed(error)], diagnostics);
  } finally {
    await ready?.close().catch(() => undefined);
  }
}

/** Only what a passed plan has left is worth going on from. */
async function leaveDatabase(end: ExecutionEnd, ready: ReadyEnvironment | undefined, { state }: ExecuteOptions): Promise<ExecutionEnd> {
  if (!end.opened || end.verdict !== 'passed' || ready === undefined || state?.leaveTo === undefined) return end;
  const left = await leaveState(ready, state.leaveTo, `the execution ${end.execution}`);
  return left === undefined ? end : { ...end, state: left };
}

async function executeRecorded(options: ExecuteOptions, prepared: Prepared): Promise<ExecutionEnd> {
  const { clock, outFolder, resume } = options;
  const { diagnostics } = prepared;
  const made = resume ? { value: findExecutionFolder(resume.folder), diagnostics: [] } : createExecutionFolder(outFolder, clock);
  if (!made.value) return notOpened(exitCodes.error, made.diagnostics, diagnostics);
  diagnostics.keep(...made.diagnostics);
  const folder = made.value;
  options.onFolder?.(folder.folder);
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
    const evidence = new Set(resume?.history.events.flatMap(({ data }) => evidenceIn(data)));
    // A verdict that is recorded already rests on evidence that has to be there still.
    const damaged = resume?.history.verdict ? await damagedEvidence(folder.folder, evidence) : [];
    if (damaged.length > 0) throw new ResumeRefused(damaged);
    journal = await openJournal({
      folder: folder.folder,
      execution: folder.execution,
      clock,
      headMark: headMarkPath(options.stateFolder, folder.execution),
      ...(key ? { key } : {}),
      ...(resume ? { begun: resume.begun } : {}),
    });
    const verdictFile = createVerdictReader();
    for (const event of resume?.history.events ?? []) verdictFile.take(event);
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
      ...(options.reports ? { reports: options.reports } : {}),
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

function runnerFailed(error: unknown): Diagnostic {
  return {
    severity: 'error',
    code: 'execute/runner-failed',
    message: `the runner failed: ${messageOf(error)}`,
    help: 'report this as a defect of proofplan, with the message',
  };
}
