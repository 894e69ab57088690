/**
 * One command under the guard alone, without a plan: canaries first, then the command with the door in place of the database, then
 * the account of what came through. Nothing is added to the database: no role, no object.
 */
import { createGuard } from '../guard/guard.ts';
import type { CanaryResult, Guard, StatementRecord, TripwireFinding } from '../model/contract.ts';
import { hasErrors, messageOf, type Diagnostic } from '../model/diagnostic.ts';
import type { DatabaseAddress } from '../model/environment.ts';
import { nearestName } from '../model/nearest-name.ts';
import { createRedactor, shortestSecret } from '../model/redaction.ts';
import type { Access, Capability } from '../model/step.ts';
import { exitCodes, usageExitCode } from '../model/verdict.ts';
import { decideSql } from '../policy/decide-sql.ts';
import { plainJudgement } from '../policy/plain-reason.ts';
import { createSqlParser } from '../policy/sql-parser.ts';
import { guardEnvironment, type GuardedEnvironment } from './guarded-environment.ts';
import { startGuardedProcess, type GuardedProcess, type GuardedProcessOptions, type ProcessExit } from './guarded-process.ts';
import { StatementCount, type StatementSummary } from './statement-summary.ts';

/** What a command may be given; the other capabilities need a plan. */
export type CommandCapability = Extract<Capability, 'read' | 'write-except-protected' | 'ddl' | 'full'>;

export interface GuardCommandOptions extends Pick<GuardedProcessOptions, 'command' | 'workingFolder' | 'stdout'> {
  readonly database: DatabaseAddress;
  readonly capability: CommandCapability;
  readonly protectedTables: readonly string[];
  /** Nobody else uses the database meanwhile: a session or change that did not come through the door is the command's. */
  readonly alone: boolean;
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
  /** Processes that the command left behind, `pid command`: they go on, without a door. */
  readonly leftover: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

const step = 'command';
/** Programs that could not be started, as shells say it. */
const notFound = 127;
/** How often the guard is asked whether it still judges. */
const pulseMs = 5000;

/** Never rejects for what a command, a database or the death of the guard can cause. */
export async function guardCommand(options: GuardCommandOptions): Promise<GuardCommandEnd> {
  const { database, protectedTables, alone, workingFolder } = options;
  const count = new StatementCount();
  const parser = createSqlParser();
  const nothing = { canaries: [], summary: count.summary(), findings: [], leftover: [] };
  const interruption = watchSignals(options.onSignal);
  let redact = (text: string): string => text;
  const opened = await createGuard({
    execution: 'guard',
    database,
    ownServer: alone,
    protectedTables,
    sqlitePolicy: false,
    workspace: workingFolder,
    decide: async (text, access) => plainJudgement(await decideSql(parser, text, { access, protectedTables })),
    onStatement: (record) => {
      if (record.step !== step) return;
      const shown = { ...record, text: redact(record.text) };
      count.note(shown);
      options.onStatement?.(shown);
    },
  });
  const guard = opened.value;
  const close = async (): Promise<void> => {
    interruption.end();
    await guard?.close();
    await parser.close();
  };
  try {
    if (guard === undefined || hasErrors(opened.diagnostics)) {
      const diagnostics = await Promise.all(opened.diagnostics.map((diagnostic) => rephrase(diagnostic, guard, database)));
      return { ...nothing, exitCode: guard === undefined ? exitCodes.error : usageExitCode, diagnostics };
    }
    const canaries = await guard.canaries();
    const dead = canaries.filter(({ refused }) => !refused);
    if (dead.length > 0 || interruption.signal !== undefined) {
      const exitCode = dead.length > 0 ? exitCodes.error : 128 + interruption.number;
      return { ...nothing, canaries, exitCode, diagnostics: [...opened.diagnostics, ...dead.map(notRefused)] };
    }
    const access: Access = { capability: options.capability, writes: [] };
    const watch = await guard.watch(step, access);
    const door = await guard.open(step, access);
    const doorAddress = addressOfDoor(door.url, database);
    const redactor = createRedactor([doorAddress.password, database.password].filter((secret) => secret.length >= shortestSecret));
    redact = (text) => redactor.text(text);
    const environment = guardEnvironment(options.processEnvironment, database, doorAddress);
    options.onReady?.({ canaries, environment });
    const started = await startGuardedProcess({ ...options, variables: environment.variables });
    if (started.value === undefined) {
      await door.close();
      return { ...nothing, canaries, environment, exitCode: notFound, diagnostics: [...opened.diagnostics, ...started.diagnostics] };
    }
    const process = started.value;
    interruption.passTo(process.signal);
    const { exit, death } = await follow(guard, process);
    const leftover = process.leftover().map((left) => `${left.pid} ${redact(left.command)}`);
    await door.close().catch(() => []);
    process.release();
    const findings = death === undefined ? await watch.compare() : [];
    const diagnostics = [...opened.diagnostics, ...(death === undefined ? [] : [guardDied(death)])];
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

function notRefused({ name, detail }: CanaryResult): Diagnostic {
  return {
    severity: 'error',
    code: 'execute/canary-not-refused',
    message: `the guard does not hold: ${name} was not refused`,
    notes: [detail, 'the command was not started'],
    help: 'see with `proofplan doctor` what this account and this server allow',
  };
}

function guardDied(reason: string): Diagnostic {
  return {
    severity: 'error',
    code: 'execute/guard-failed',
    message: 'the guard ended in the middle, and the command was ended with it',
    notes: [reason],
    help: 'see that the database server runs, then start the command again',
  };
}

/** The guard speaks to plans; here a name stands on the command line. */
async function rephrase(diagnostic: Diagnostic, guard: Guard | undefined, { database }: DatabaseAddress): Promise<Diagnostic> {
  if (diagnostic.code !== 'guard/no-such-table' || guard === undefined) return diagnostic;
  const name = /`([^`]+)`/.exec(diagnostic.message)?.[1] ?? '';
  const near = nearestName(name, await tableNames(guard));
  const help = near === undefined ? 'name a table as `name` (in any schema) or `schema.name`, in the case that the catalogue has' : `did you mean \`${near}\`?`;
  return { severity: 'error', code: 'guard/no-such-table', message: `\`${name}\` is to be protected, and the database \`${database}\` has no table of that name`, help };
}

const tableQuery = `SELECT CASE WHEN n.nspname = 'public' THEN c.relname ELSE n.nspname || '.' || c.relname END AS name
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_' ORDER BY 1 LIMIT 2000`;

async function tableNames(guard: Guard): Promise<readonly string[]> {
  const answer = await guard.assertion({ sql: tableQuery, parameters: [], mode: 'read', timeoutMs: 10_000 });
  return answer.kind === 'rows' ? answer.rows.flatMap(([name]) => name ?? []) : [];
}
