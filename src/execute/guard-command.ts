/**
 * One command under the guard alone, without a plan: canaries first, then the command with the door in place of the database, then
 * the account of what came through. Nothing is added to the database: no role, no object.
 */
import { createGuard } from '../guard/guard.ts';
import type { CanaryResult, Guard, StatementRecord, TripwireFinding } from '../model/contract.ts';
import { hasErrors, messageOf, type Diagnostic } from '../model/diagnostic.ts';
import type { DatabaseAddress } from '../model/environment.ts';
import { createRedactor } from '../model/redaction.ts';
import type { IsolationLevel } from '../model/policy.ts';
import type { Access, Capability } from '../model/step.ts';
import { exitCodes, usageExitCode } from '../model/verdict.ts';
import { decideSql } from '../policy/decide-sql.ts';
import { plainJudgement } from '../policy/plain-reason.ts';
import { createSqlParser } from '../policy/sql-parser.ts';
import { guardEnvironment, type GuardedEnvironment } from './guarded-environment.ts';
import { openCommandIsolation } from './command-isolation.ts';
import { guardDied, notRefused, notStarted, recordNotBegun, rephrase } from './guard-command-diagnostic.ts';
import { plainData } from './execution-record.ts';
import { startGuardedProcess } from './guarded-process.ts';
import type { GuardedProcess, GuardedProcessOptions, ProcessExit } from './guarded-process-type.ts';
import { passwordsOf } from './secret-set.ts';
import { StatementCount, type StatementSummary } from './statement-summary.ts';

/** What a command may be given; the other capabilities need a plan. */
export type CommandCapability = Extract<Capability, 'read' | 'write-except-protected' | 'ddl' | 'full'>;

export interface GuardCommandOptions extends Pick<GuardedProcessOptions, 'command' | 'workingFolder' | 'stdout'> {
  readonly database: DatabaseAddress;
  readonly capability: CommandCapability;
  readonly protectedTables: readonly string[];
  /** Nobody else uses the database meanwhile: a session or change that did not come through the door is the command's. */
  readonly alone: boolean;
  /** How far the command is kept apart from the machine; what cannot be had keeps it from starting. */
  readonly isolation: IsolationLevel;
  /** What the command must not see, absolute: where servers of the runner's own are kept. */
  readonly privateFolders: readonly string[];
  readonly processEnvironment: Readonly<Record<string, string | undefined>>;
  /** Calls the listener for each signal that the command is to get; gives back what ends that. */
  readonly onSignal: (listener: (name: NodeJS.Signals) => void) => () => void;
  /** The guard is proven and the command starts now. */
  readonly onReady?: (ready: GuardReady) => void;
  /** Each statement once its fate is known; a refused one at once. No secret of the guard's stands in it. */
  readonly onStatement?: (record: StatementRecord) => void;
}

export interface GuardReady {
  readonly canaries: readonly CanaryResult[];
  readonly environment: GuardedEnvironment;
  /** What is to be known of this guard before it is relied on. */
  readonly diagnostics: readonly Diagnostic[];
}

export interface GuardCommandEnd {
  /** The command's own; 3 when something was refused, 5 when the guard did not hold, 2 when the options do not fit the database. */
  readonly exitCode: number;
  /** Undefined where the command was not started. */
  readonly exit?: ProcessExit;
  readonly canaries: readonly CanaryResult[];
  readonly environment?: GuardedEnvironment;
  readonly summary: StatementSummary;
  readonly findings: readonly TripwireFinding[];
  /** Processes that the command left behind, `pid command`: they go on without a door; isolated ones were ended. */
  readonly leftover: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

const step = 'command';
/** Programs that could not be started, as shells say it. */
const notFound = 127;
/** How often the guard is asked whether it still judges. */
const pulseMs = 5000;
/** What the command started may take so long to end after it. */
const leavingMs = 300;

/** Never rejects for what a command, a database or the death of the guard can cause. */
export async function guardCommand(options: GuardCommandOptions): Promise<GuardCommandEnd> {
  const { database, protectedTables, alone, workingFolder } = options;
  const count = new StatementCount();
  const parser = createSqlParser();
  const nothing = { canaries: [], summary: count.summary(), findings: [], leftover: [] };
  const interruption = watchSignals(options.onSignal);
  let redactor = createRedactor(passwordsOf(database));
  const isolated = await openCommandIsolation({ level: options.isolation, workingFolder, privateFolders: options.privateFolders });
  const isolation = isolated.value;
  if (isolation === undefined) {
    interruption.end();
    return { ...nothing, exitCode: exitCodes.error, diagnostics: isolated.diagnostics };
  }
  const { socketFolder } = isolation;
  const opened = await createGuard({
    execution: 'guard',
    database,
    ownServer: alone,
    protectedTables,
    sqlitePolicy: false,
    workspace: workingFolder,
    ...(socketFolder === undefined ? {} : { socketFolder }),
    decide: async (text, access, catalogue) =>
      plainJudgement(await decideSql(parser, text, { access, protectedTables, ...(catalogue === undefined ? {} : { catalogue }) })),
    onStatement: (record) => {
      if (record.step !== step) return;
      const shown = plainData(record, redactor) as StatementRecord;
      count.note(shown);
      options.onStatement?.(shown);
    },
  });
  const guard = opened.value;
  const close = async (): Promise<void> => {
    interruption.end();
    await guard?.close();
    await parser.close();
    isolation.close();
  };
  try {
    const said = await Promise.all(opened.diagnostics.map((diagnostic) => rephrase(diagnostic, guard, database)));
    if (guard === undefined || hasErrors(opened.diagnostics)) {
      return { ...nothing, exitCode: guard === undefined ? exitCodes.error : usageExitCode, diagnostics: said };
    }
    const canaries = [...(await guard.canaries()), ...(await isolation.canaries())];
    const dead = canaries.filter(({ refused }) => !refused);
    if (dead.length > 0 || interruption.signal !== undefined) {
      const exitCode = dead.length > 0 ? exitCodes.error : 128 + interruption.number;
      return { ...nothing, canaries, exitCode, diagnostics: [...said, ...dead.map(notRefused)] };
    }
    const access: Access = { capability: options.capability, writes: [] };
    const watch = await guard.watch(step, access);
    const door = await guard.open(step, access);
    const doorAddress = addressOfDoor(door.url, database);
    redactor = createRedactor(passwordsOf(doorAddress, database));
    const environment = guardEnvironment(options.processEnvironment, database, doorAddress);
    try {
      options.onReady?.({ canaries, environment, diagnostics: said });
    } catch (error) {
      return { ...nothing, canaries, environment, exitCode: exitCodes.error, diagnostics: [...said, recordNotBegun(error)] };
    }
    const sandbox = isolation.sandbox(door);
    const started = await startGuardedProcess({ ...options, variables: environment.variables, ...(sandbox === undefined ? {} : { sandbox }) });
    if (started.value === undefined) {
      await door.close();
      return { ...nothing, canaries, environment, exitCode: notFound, diagnostics: started.diagnostics };
    }
    const process = started.value;
    interruption.passTo(process.signal);
    const { exit, death } = await follow(guard, process);
    if (exit.problem !== undefined) {
      await door.close();
      process.release();
      return { ...nothing, canaries, environment, exitCode: exitCodes.error, diagnostics: [notStarted(options.command[0], exit.problem)] };
    }
    const leftover = (sandbox === undefined ? await staying(process) : process.leftover()).map((left) => `${left.pid} ${redactor.text(left.command)}`);
    await door.close().catch(() => []);
    process.release();
    const findings = death === undefined ? (plainData(await watch.compare(), redactor) as readonly TripwireFinding[]) : [];
    const diagnostics = death === undefined ? [] : [guardDied(death)];
    const unexplained = findings.some((finding) => !finding.explained);
    const refused = count.refused > 0 || (alone && unexplained);
    const exitCode = death !== undefined ? exitCodes.error : refused ? exitCodes.refused : exit.exitCode;
    return { exitCode, exit, canaries, environment, summary: count.summary(), findings, leftover, diagnostics };
  } finally {
    await close().catch(() => undefined);
  }
}

/** The command to its end, or to the guard's: a command whose guard is dead is ended. */
async function follow(guard: Guard, process: GuardedProcess): Promise<{ readonly exit: ProcessExit; readonly death?: string }> {
  const died = guard.died.catch((error: unknown) => ({ death: messageOf(error) }));
  let timer: NodeJS.Timeout | undefined;
  const blind = new Promise<{ readonly death: string }>((resolve) => {
    timer = setInterval(() => void guard.pulse().catch((error: unknown) => resolve({ death: messageOf(error) })), pulseMs);
  });
  const first = await Promise.race([process.exited, died, blind]);
  clearInterval(timer);
  if (!('death' in first)) return { exit: first };
  await process.end();
  return { exit: await process.exited, death: first.death };
}

/** What is left a moment after the end: the last of a pipeline ends by itself. */
async function staying({ leftover }: GuardedProcess): Promise<ReturnType<GuardedProcess['leftover']>> {
  for (const until = performance.now() + leavingMs; ; ) {
    const left = leftover();
    if (left.length === 0 || performance.now() > until) return left;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

interface Interruption {
  /** The first one that came before there was a command. */
  readonly signal: NodeJS.Signals | undefined;
  readonly number: number;
  readonly passTo: (receiver: (name: NodeJS.Signals) => void) => void;
  readonly end: () => void;
}

const numbers: Readonly<Partial<Record<NodeJS.Signals, number>>> = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGTERM: 15 };

function watchSignals(onSignal: GuardCommandOptions['onSignal']): Interruption {
  let receiver: ((name: NodeJS.Signals) => void) | undefined;
  let early: NodeJS.Signals | undefined;
  const end = onSignal((name) => {
    if (receiver === undefined) early ??= name;
    else receiver(name);
  });
  return {
    get signal() {
      return early;
    },
    get number() {
      return early === undefined ? 0 : (numbers[early] ?? 0);
    },
    passTo: (next) => {
      receiver = next;
      if (early !== undefined) next(early);
    },
    end,
  };
}

/** What libpq and every program of the command's is given in place of the real address. */
function addressOfDoor(url: string, database: DatabaseAddress): DatabaseAddress {
  const { hostname, port, username, password } = new URL(url);
  return { ...database, host: hostname, port: Number(port), user: decodeURIComponent(username), password: decodeURIComponent(password), tls: false };
}
