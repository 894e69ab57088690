/** `proofplan guard -- CMD…`: one command under the guard alone, between any program and a database. */
import { isatty } from 'node:tty';
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { CommandCapability, GuardReady } from '../execute/guard-command.ts';
import type { StatementRecord } from '../model/contract.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { DatabaseAddress } from '../model/environment.ts';
import type { IsolationLevel } from '../model/policy.ts';
import { exitCodes, usageExitCode } from '../model/verdict.ts';
import { say, type CommandContext } from './command-context.ts';
import { configName } from './config-file.ts';
import { chooseDatabase, settleDatabase } from './database-choice.ts';
import { stateFolder } from './folder.ts';
import { openGuardRecord } from './guard-record.ts';
import { examples, type Finish, type Program } from './program.ts';

/** Names of the command line; `write` is what a plan calls writing all but the protected tables. */
export const capabilityNames = { read: 'read', write: 'write-except-protected', ddl: 'ddl', full: 'full' } as const satisfies Record<string, CommandCapability>;
export type CapabilityName = keyof typeof capabilityNames;

interface GuardOptions {
  readonly environment?: string;
  readonly database?: string;
  readonly capability: CapabilityName;
  readonly protect: readonly string[];
  readonly isolation: IsolationLevel;
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
    .description(
      "run one command with the gateway between it and a database; adds nothing to the database. The exit code is the command's own, or 3 when anything was refused",
    )
    .argument('<command...>', 'the command and its arguments, after --')
    .option('-e, --environment <name>', `environment of ${configName} whose database is guarded`)
    .option('-d, --database <url>', 'a PostgreSQL URL, env:NAME, or embedded for the server of db start')
    .addOption(capabilityOption())
    .option('--protect <tables>', 'tables that are never written, comma-separated: name (in any schema) or schema.name', collectNames, [])
    .addOption(
      new Option('--isolation <level>', 'process: it sees no other process and no credentials of ours; network: the gateway is its only network')
        .choices(['none', 'process', 'network'] as const)
        .default('none' as const),
    )
    .option('--alone', 'nobody else uses the database meanwhile: what did not come through the gateway counts as refused')
    .option('--json', "the account as lines of JSON on stdout; the command's own output goes to stderr")
    .option('--record <file>', 'the same lines in a file, which must not be there yet')
    .option('-q, --quiet', 'no account at the end')
    .addHelpText('after', examples('guard -d embedded -- psql --file=query.sql', 'guard -d embedded --record record.ndjson -- python3 report.py'))
    .action(async (command, options) => finish(await guard(command, options, context)));
}

export function capabilityOption() {
  return new Option('--capability <name>', 'what it may do: read; write, all but the protected tables; ddl, their schema too; full')
    .choices(Object.keys(capabilityNames) as CapabilityName[])
    .default('read' as const);
}

/** `a,"b,c",d.e` → three names. Quotes keep a comma and are taken off, as SQL would. */
export function collectNames(text: string, before: readonly string[]): readonly string[] {
  // A comma separates where an even number of quotes follows.
  const parts = text.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/).map((part) => part.trim());
  const names = parts.map((part) => part.replaceAll(/"((?:[^"]|"")*)"/g, (_, inner: string) => inner.replaceAll('""', '"')));
  const unclosed = parts.some((part) => part.split('"').length % 2 === 0);
  if (unclosed || names.includes('')) throw new InvalidArgumentError('Write names of tables, separated by commas.');
  return [...before, ...names];
}

async function guard([program = '', ...parameters]: readonly string[], options: GuardOptions, context: CommandContext): Promise<number> {
  if (options.capability === 'full' && options.protect.length > 0) {
    const problem: Diagnostic = {
      severity: 'error',
      code: 'cli/usage',
      message: '`--capability full` may write everything, and `--protect` names tables',
      help: 'pass --capability ddl, or leave --protect out',
    };
    await say(context, [problem]);
    return usageExitCode;
  }
  // A password on the command line would stand in every list of processes for as long as the command runs.
  if (options.database?.includes('://') === true) process.title = 'proofplan guard';
  const database = await chooseDatabase({ environment: options.environment, database: options.database }, context);
  await say(context, database.diagnostics);
  if (database.value === undefined) return usageExitCode;
  const settled = await settleDatabase(database.value);
  await say(context, settled.diagnostics);
  if (settled.value === undefined) return exitCodes.error;
  const record = openGuardRecord(options.record, options.json === true, context);
  await say(context, record.diagnostics);
  if (record.value === undefined) return usageExitCode;
  const protect = [...new Set(options.protect)];
  const address = settled.value;
  const { write } = record.value;
  try {
    const [{ guardCommand }, { openedLine, statementLine, closedLine }, { renderAccount }] = await Promise.all([
      import('../execute/guard-command.ts'),
      import('./guard-line.ts'),
      import('./guard-account.ts'),
    ]);
    const end = await guardCommand({
      command: [program, ...parameters],
      workingFolder: context.workingFolder,
      stdout: options.json === true ? 'stderr' : 'stdout',
      database: address,
      capability: capabilityNames[options.capability],
      protectedTables: protect,
      alone: options.alone === true,
      isolation: options.isolation,
      privateFolders: [stateFolder()],
      processEnvironment: context.environment,
      onSignal: (listener) => onSignal(listener, options.isolation === 'none'),
      onReady: (ready) => {
        void sayBefore(ready, context);
        write(openedLine({ ...options, protect, alone: options.alone === true }, address, ready));
      },
      onStatement: (statement: StatementRecord) => write(statementLine(statement)),
    });
    const unwritten = record.value.end(closedLine(end));
    await say(context, [...end.diagnostics, ...unwritten]);
    if (options.quiet !== true && end.exit !== undefined)
      context.err(`${renderAccount(headOf(options, address, protect), end, options.isolation !== 'none', context)}\n`);
    return unwritten.length > 0 ? exitCodes.error : end.exitCode;
  } finally {
    record.value.close();
  }
}

function headOf({ capability, isolation }: GuardOptions, { database, host, port, user }: DatabaseAddress, protect: readonly string[]): string {
  const kept = protect.length === 0 ? '' : `, ${protect.join(', ')} protected`;
  const apart = isolation === 'none' ? '' : `, isolation ${isolation}`;
  return `${capability} on ${database} at ${host}:${port} as ${user}${kept}${apart}`;
}

/** Every signal is the command's affair: the guard ends when the command does. One in a sandbox has no terminal to send it any. */
function onSignal(listener: (name: NodeJS.Signals) => void, sharesTerminal: boolean): () => void {
  const onTerminal = sharesTerminal && [0, 1, 2].some(isatty);
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

/** Before the command starts: what this guard cannot do, and what the command will look for and not find. */
async function sayBefore({ diagnostics, environment: { removed } }: GuardReady, context: CommandContext): Promise<void> {
  const names = removed.map(({ name }) => `\`${name}\``).join(', ');
  const notPassed: readonly Diagnostic[] =
    removed.length === 0
      ? []
      : [
          {
            severity: 'warning',
            code: 'cli/variable-not-passed',
            message: `${removed.length === 1 ? 'a variable is' : `${removed.length} variables are`} not passed on to the command: ${names}`,
            notes: removed.map(({ name, reason }) => `\`${name}\` ${reason}`),
            help: 'the command reaches the guarded database alone; unset them to silence this',
          },
        ];
  await say(context, [...diagnostics, ...notPassed]);
}
