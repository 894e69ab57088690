/**
 * One attempt at a step, and nothing else: door open, state marked, engine, door closed, state compared. No judgement. The
 * order matters: counters are final only when the step's sessions have ended.
 */
import { mkdirSync, mkdtempSync, rmdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AssertionAnswer, AssertionQuery, EngineContext, Sandbox, StatementRecord, StepDoor, StepWatch, TripwireFinding } from '../model/contract.ts';
import { messageOf, type Diagnostic } from '../model/diagnostic.ts';
import type { StepEvidence } from '../model/evidence.ts';
import type { Step } from '../model/step.ts';
import type { Binding } from '../model/value.ts';
import { runStep } from '../engine/engine.ts';
import { defaultStepTimeoutMs } from './execution-option.ts';
import type { ExecutionContext } from './execution-context.ts';
import { startsProcesses } from './execution-isolation.ts';
import { homeFolder, stepEnvironment } from './step-environment.ts';

export interface Attempt {
  readonly evidence: StepEvidence;
  /** What came through the step's door. */
  readonly statements: readonly StatementRecord[];
  /** What the runner sent for it in the assertion session. */
  readonly assertions: readonly StatementRecord[];
  readonly findings: readonly TripwireFinding[];
  /** The guard or the runner could not do its work: whatever the step shows, nobody watched it. */
  readonly guardProblem?: Diagnostic;
  /** Did the tripwires look before and after it, because it may change the database? */
  readonly watched?: boolean;
}

/** Does the step run programs, which may reach a database by themselves? */
export function runsPrograms(step: Step): boolean {
  return step.kind === 'shell' || step.kind === 'coordinator-call';
}

/** The time limit that is in force: what the plan says, else what the command line says. */
export function timeLimitOf(step: Step, timeoutMs: number | undefined): number {
  return step.timeoutMs === defaultStepTimeoutMs && timeoutMs !== undefined ? timeoutMs : step.timeoutMs;
}

/** An attempt that did not begin. */
const nothing: Attempt = { evidence: { outcome: 'interrupted', durationMs: 0, observations: [] }, statements: [], assertions: [], findings: [] };

function unfit(step: Step, code: 'execute/guard-failed' | 'execute/runner-failed', message: string, error: unknown, help: string): Diagnostic {
  return { severity: 'error', code, message, span: step.span, notes: [messageOf(error)], help };
}

/** Never rejects: whatever keeps the step from being attempted is in `guardProblem`. */
export async function attemptStep(step: Step, context: ExecutionContext): Promise<Attempt> {
  // A question of the runner's own starts no program: to make and remove a folder would take longer than the question.
  if (step.kind === 'sql-assert' && step.mode === 'read') return attemptIn(tmpdir(), step, context);
  let temporaryFolder: string;
  try {
    // Small calls, made at once: through the thread pool they would cost ten times as much, in every step.
    temporaryFolder = mkdtempSync(join(tmpdir(), 'proofplan-step-'));
    mkdirSync(homeFolder(temporaryFolder));
  } catch (error) {
    return {
      ...nothing,
      guardProblem: unfit(
        step,
        'execute/runner-failed',
        `step ${step.id} could not be given a temporary folder`,
        error,
        'make room in the temporary folder (TMPDIR), and execute the plan again',
      ),
    };
  }
  try {
    return await attemptIn(temporaryFolder, step, context);
  } finally {
    await removeFolder(temporaryFolder);
  }
}

/** Most steps leave nothing in it. What cannot be removed is the system's to clean up: no verdict hangs on it. */
async function removeFolder(folder: string): Promise<void> {
  try {
    rmdirSync(homeFolder(folder));
    rmdirSync(folder);
  } catch {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  }
}

async function attemptIn(temporaryFolder: string, step: Step, context: ExecutionContext): Promise<Attempt> {
  const guard = context.guarded?.guard;
  const assertions: StatementRecord[] = [];
  let door: StepDoor | undefined;
  let watch: StepWatch | undefined;
  let evidence: StepEvidence | undefined;
  let statements: readonly StatementRecord[] = [];
  let findings: readonly TripwireFinding[] = [];
  try {
    await guard?.pulse();
    if (guard && runsPrograms(step) && step.access.capability !== 'none') {
      door = await guard.open(step.id, step.access);
      context.secrets.lend(tokenOf(door.url));
    }
    if (guard && (runsPrograms(step) || step.access.capability === 'probe')) watch = await guard.watch(step.id, step.access, [temporaryFolder]);
    const edited = runsPrograms(step) ? context.workspaceWatch?.look(step.id, 'before this step began') : undefined;
    const sandbox = context.isolation?.sandbox(step, temporaryFolder, door);
    evidence = await runStep(
      { ...step, timeoutMs: timeLimitOf(step, context.timeoutMs) },
      engineContext(step, context, { temporaryFolder, door, watch, assertions, sandbox }),
      context.engines,
    );
    if (startsProcesses(step)) evidence = { ...evidence, isolation: sandbox?.level ?? 'none' };
    statements = (await door?.close()) ?? [];
    door = undefined;
    findings = [
      ...(watch ? await watch.compare() : (guard?.strangers() ?? [])),
      ...(edited ?? []),
      ...((edited && context.workspaceWatch?.look(step.id)) ?? []),
    ];
    return { evidence, statements, assertions, findings, watched: watch !== undefined };
  } catch (error) {
    const guardProblem = unfit(
      step,
      'execute/guard-failed',
      `the guard could not watch step ${step.id}`,
      error,
      'look at the database server, and execute the plan again',
    );
    return { evidence: evidence ?? nothing.evidence, statements, assertions, findings, guardProblem };
  } finally {
    await door?.close().catch(() => undefined);
  }
}

interface StepMeans {
  readonly temporaryFolder: string;
  readonly door: StepDoor | undefined;
  readonly watch: StepWatch | undefined;
  readonly assertions: StatementRecord[];
  readonly sandbox: Sandbox | undefined;
}

function engineContext(step: Step, context: ExecutionContext, { temporaryFolder, door, watch, assertions, sandbox }: StepMeans): EngineContext {
  const { workspace, config, processEnvironment, toolFolders, evidenceFolder, guarded } = context;
  const bindings = new Map(context.store.all());
  if (door) for (const input of context.databaseInputs) bindings.set(input.name, databaseBinding(input.name, door.url));
  return {
    workspace,
    environment: stepEnvironment({ config, processEnvironment, toolFolders, temporaryFolder, ...(door ? { databaseUrl: door.url } : {}) }),
    bindings,
    evidenceFolder,
    temporaryFolder,
    redactor: context.secrets.redactor,
    secretFound: (text) => context.secrets.add([text]),
    signal: context.signal,
    ...(guarded ? { assertion: (query) => askAndNote(query, step, guarded.guard.assertion, assertions) } : {}),
    ...(watch ? { processStarted: watch.processStarted } : {}),
    ...(sandbox ? { sandbox } : {}),
  };
}

/** A database hole is the address of the step's own door: one identity a step, and never the real one. */
function databaseBinding(name: string, url: string): Binding {
  return { name, value: { type: 'database', text: url }, origin: { kind: 'input', source: 'runner' }, secret: true };
}

/** What the runner sends for a step stands in the record like what a program sends. */
async function askAndNote(
  query: AssertionQuery,
  step: Step,
  assertion: (query: AssertionQuery) => Promise<AssertionAnswer>,
  notes: StatementRecord[],
): Promise<AssertionAnswer> {
  const answer = await assertion(query);
  const permitted = {
    effect: 'permit',
    rule: query.mode,
    reason: query.mode === 'probe' ? 'sent by the runner and rolled back' : 'sent by the runner in a read-only session',
  } as const;
  notes.push({
    sequence: notes.length + 1,
    step: step.id,
    session: 0,
    text: query.sql,
    decision: answer.kind === 'refused' ? answer.decision : permitted,
    writes: [],
    ...(answer.kind === 'rows' ? { rowCount: answer.rowCount } : {}),
    ...(answer.kind === 'failure' ? { sqlstate: answer.sqlstate } : {}),
    fate: query.mode === 'probe' && answer.kind !== 'refused' ? 'rolled back' : 'none',
  });
  return answer;
}

function tokenOf(url: string): string | undefined {
  return URL.canParse(url) ? decodeURIComponent(new URL(url).password) || undefined : undefined;
}
