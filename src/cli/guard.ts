/** `proofplan guard -- CMD…`: one command under the guard alone, between any program and a database. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { isatty } from 'node:tty';
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { CommandCapability, GuardReady } from '../execute/guard-command.ts';
import type { StatementRecord } from '../model/contract.ts';
import { messageOf, type Checked, type Diagnostic } from '../model/diagnostic.ts';
import type { DatabaseAddress } from '../model/environment.ts';
import { usageExitCode } from '../model/verdict.ts';
import { say, type CommandContext } from './command-context.ts';
import { configName } from './config-file.ts';
import { chooseDatabase } from './database-choice.ts';
import { examples, type Finish, type Program } from './program.ts';

/** Names of the command line; `write` is what a plan calls writing all but the protected tables. */
export const capabilityNames = { read: 'read', write: 'write-except-protected', ddl: 'ddl', full: 'full' } as const satisfies Record<string, CommandCapability>;
export type CapabilityName = keyof typeof capabilityNames;

interface GuardOptions {
  readonly environment?: string;
  readonly database?: string;
  readonly capability: CapabilityName;
  readonly protect: readonly string[];
  readonly alone?: true;
  readonly json?: true;
  readonly record?: string;
  readonly quiet?: true;
}

/** Of a terminal these come to the command from the terminal itself, which sends them to everything in its foreground. */
const terminalSignals = ['SIGINT', 'SIGQUIT'] as const;
const otherSignals = ['SIGTERM', 'SIGHUP', 'SIGUSR2', 'SIGWINCH'] as const;

export function addGuard(program: Program, context: CommandContext, finish: Finish): void {
  program
    .command('guard')
    .description('run one command with the gateway between it and a database; adds nothing to the database. The exit code is the command\'s own, or 3 when anything was refused')
    .argument('<command...>', 'the command and its arguments, after --')
    .option('-e, --environment <name>', `environment of ${configName} whose database is guarded`)
    .option('-d, --database <url>', 'a PostgreSQL URL, env:NAME, or embedded for the server of db start')
    .addOption(capabilityOption())
    .option('--protect <tables>', 'tables that are never written, comma-separated: name (in any schema) or schema.name', collectNames, [])
    .option('--alone', 'nobody else uses the database meanwhile: what did not come through the gateway counts as refused')
    .option('--json', "the account as lines of JSON on stdout; the command's own output goes to stderr")
    .option('--record <file>', 'the same lines in a file, which must not be there yet')
    .option('-q, --quiet', 'no account at the end')
    .addHelpText('after', examples('guard -d embedded -- pg_dump --schema-only', 'guard -d embedded --json -- psql --no-psqlrc --file=/dev/null'))
    .action(async (command, options) => finish(await guard(command, options, context)));
}

export function capabilityOption() {
  return new Option('--capability <name>', 'what it may do: read; write, all but the protected tables; ddl, their schema too; full').choices(Object.keys(capabilityNames) as CapabilityName[]).default('read' as const);
}

/** `a,"b,c",d.e` → three names. Quotes keep a comma and are taken off, as SQL would. */
export function collectNames(text: string, before: readonly string[]): readonly string[] {
  const names = (text.match(/(?:"(?:[^"]|"")*"|[^,"])+/g) ?? []).map((name) => name.trim().replaceAll(/"((?:[^"]|"")*)"/g, (_, inner: string) => inner.replaceAll('""', '"')));
  if (names.length === 0 || names.some((name) => name === '')) throw new InvalidArgumentError('Write names of tables, separated by commas.');
  return [...before, ...names];
}

async function guard([program = '', ...parameters]: readonly string[], options: GuardOptions, context: CommandContext): Promise<number> {
  if (options.capability === 'full' && options.protect.length > 0) {
    const problem: Diagnostic = { severity: 'error', code: 'cli/usage', message: '`--capability full` may write everything, and `--protect` names tables', help: 'pass --capability ddl, or leave --protect out' };
    await say(context, [problem]);
    return usageExitCode;
  }
  const database = await chooseDatabase({ environment: options.environment, database: options.database }, context);
  const record = database.value === undefined ? { value: undefined, diagnostics: [] } : openRecord(options, context);
  await say(context, [...database.diagnostics, ...record.diagnostics]);
  if (database.value === undefined || record.value === undefined) return usageExitCode;
  // A password on the command line would stand in every list of processes for as long as the command runs.
  if (options.database?.includes('://') === true) process.title = 'proofplan guard';
  const protect = [...new Set(options.protect)];
  const address = database.value;
  const { write } = record.value;
  try {
    const [{ guardCommand }, lines, { renderAccount }] = await Promise.all([import('../execute/guard-command.ts'), import('./guard-line.ts'), import('./guard-account.ts')]);
    const end = await guardCommand({
      command: [program, ...parameters],
      workingFolder: context.workingFolder,
      stdout: options.json === true ? 'stderr' : 'stdout',
      database: address,
      capability: capabilityNames[options.capability],
      protectedTables: protect,
      alone: options.alone === true,
      processEnvironment: context.environment,
      onSignal,
      onReady: (ready) => {
        void sayRemoved(ready, context);
        write(lines.openedLine({ ...options, protect, alone: options.alone === true }, address, ready));
      },
      onStatement: (statement: StatementRecord) => write(lines.statementLine(statement)),
    });
    write(lines.closedLine(end));
    await say(context, end.diagnostics);
    if (options.quiet !== true && end.exit !== undefined) context.err(`${renderAccount(headOf(options, address, protect), end, context)}\n`);
    return end.exitCode;
  } finally {
    record.value.close();
  }
}

function headOf({ capability }: GuardOptions, { database, host, port, user }: DatabaseAddress, protect: readonly string[]): string {
  const kept = protect.length === 0 ? '' : `, ${protect.join(', ')} protected`;
  return `${capability} on ${database} at ${host}:${port} as ${user}${kept}`;
}

/** Every signal is the command's affair: the guard ends when the command does. */
function onSignal(listener: (name: NodeJS.Signals) => void): () => void {
  const onTerminal = [0, 1, 2].some(isatty);
  const pass = (name: NodeJS.Signals): void => listener(name);
  const stay = (): void => undefined;
  const forTerminal = onTerminal ? stay : pass;
  for (const name of terminalSignals) process.on(name, forTerminal);
  for (const name of otherSignals) process.on(name, pass);
  return () => {
    for (const name of terminalSignals) process.off(name, forTerminal);
    for (const name of otherSignals) process.off(name, pass);
  };
}

/** One message before the command starts: what it will look for and not find. */
async function sayRemoved({ environment: { removed } }: GuardReady, context: CommandContext): Promise<void> {
  if (removed.length === 0) return;
  const names = removed.map(({ name }) => `\`${name}\``).join(', ');
  await say(context, [
    {
      severity: 'warning',
      code: 'cli/variable-not-passed',
      message: `${removed.length === 1 ? 'a variable is' : `${removed.length} variables are`} not passed on to the command: ${names}`,
      notes: removed.map(({ name, reason }) => `\`${name}\` ${reason}`),
      help: 'the command reaches the guarded database alone; unset them to silence this',
    },
  ]);
}

interface OpenRecord {
  /** Throws when the line could not be kept: a guard without its record does not hold. */
  readonly write: (line: string) => void;
  readonly close: () => void;
}

function openRecord(options: GuardOptions, context: CommandContext): Checked<OpenRecord> {
  const toStdout = options.json === true ? context.out : undefined;
  if (options.record === undefined) return { value: { write: (line) => toStdout?.(line), close: () => undefined }, diagnostics: [] };
  try {
    // It holds what the statements hold: for its owner alone, and never over something that is there.
    const file = openSync(resolve(context.workingFolder, options.record), 'wx', 0o600);
    const write = (line: string): void => {
      toStdout?.(line);
      writeSync(file, line);
    };
    return { value: { write, close: () => closeSync(file) }, diagnostics: [] };
  } catch (error) {
    const exists = (error as NodeJS.ErrnoException).code === 'EEXIST';
    const problem: Diagnostic = exists
      ? { severity: 'error', code: 'cli/file-exists', message: `\`${options.record}\` is already there and is not overwritten`, help: 'name another file, or remove this one' }
      : { severity: 'error', code: 'cli/unwritable-file', message: `\`${options.record}\` cannot be written: ${messageOf(error)}`, help: 'name a file in a folder that exists and can be written' };
    return { value: undefined, diagnostics: [problem] };
  }
}
