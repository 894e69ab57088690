/**
 * Runs what the project's configuration says must be done before an execution opens: directly on the database, as the role that
 * owns it, before any guard stands. It is recorded as preparation and is never a step of a plan.
 */
import { stat } from 'node:fs/promises';
import { delimiter, isAbsolute, resolve } from 'node:path';
import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import type { DatabaseAddress, EnvironmentConfig, PreparationRecord, PrepareCommand, ReadyEnvironment } from '../model/environment.ts';
import { createRedactor } from '../model/redaction.ts';
import { renderDatabaseUrl } from './database-url.ts';
import { cannot, lastLines } from './finding.ts';
import { findProgram } from './program-path.ts';
import { readProvided } from './provided-value.ts';
import type { ProcessEnvironment } from './python-program.ts';
import { runTethered, type CommandEnd } from './tethered-command.ts';

export interface PrepareContext {
  /** The plan's file name without extension; commands for other plans are left out. */
  readonly plan: string;
  /** Names that the plan needs from outside; commands for other names are left out. All commands run where it is absent. */
  readonly inputs?: readonly string[];
  /** The owner role. */
  readonly database?: DatabaseAddress;
  /** Is the database ours (the embedded server's)? Another one is prepared only with `prepareOutside`. */
  readonly ownServer: boolean;
  readonly processEnvironment: ProcessEnvironment;
  readonly progress?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** From here on a tail may be cut, and so much of its beginning is left out then. */
const fullTail = 16_000;
const cutAway = 4_096;

export type Preparation = Pick<ReadyEnvironment, 'preparation' | 'provided'>;

/** Names of the process environment that a command may see in any case, beside PATH. */
const inheritedNames = ['HOME', 'LANG', 'LC_ALL', 'TMPDIR', 'TZ'];

/** Never inherited, whatever the configuration says: with these a shell reads other code, or none (`SHELLOPTS=noexec` succeeds at everything). */
const shellNames = /^(SHELLOPTS|BASHOPTS|BASH_ENV|ENV|BASH_FUNC_.*)$/;

/**
 * Runs the commands in order and stops at the first that fails. A command finds the values provided so far (constants, and
 * what earlier commands printed) in the environment variables `PP_<name>`: `--tenant-id "$PP_tenant_id"`.
 */
export async function prepareEnvironment(config: EnvironmentConfig, context: PrepareContext): Promise<Checked<Preparation>> {
  const { value, diagnostics } = await prepareAll(config, context);
  // Whoever is told may not know the password of an embedded server, which was made a moment ago.
  const redact = redactFor(context.database);
  return {
    value,
    diagnostics: diagnostics.map(({ message, notes, ...rest }) => ({
      ...rest,
      message: redact(message),
      ...(notes === undefined ? {} : { notes: notes.map(redact) }),
    })),
  };
}

function redactFor(database: DatabaseAddress | undefined): (text: string) => string {
  return createRedactor(database === undefined ? [] : [database.password]).text;
}

async function prepareAll(config: EnvironmentConfig, context: PrepareContext): Promise<Checked<Preparation>> {
  const misplaced = misplacedProvides(config);
  if (misplaced.length > 0) return { value: undefined, diagnostics: misplaced };
  const commands = config.prepare.map((command, index) => ({ command, index })).filter(({ command }) => isFor(command, context));
  if (commands.length > 0 && context.database !== undefined && !context.ownServer && !config.prepareOutside) {
    return cannot('environment/prepare-outside', `the environment \`${config.name}\` would prepare a database that is not the embedded one`, {
      notes: [
        `at ${context.database.host}:${context.database.port}, database \`${context.database.database}\``,
        `its first command: \`${firstLine(commands[0]?.command.run ?? '')}\``,
      ],
      help: 'set `prepareOutside: true` if these commands may change that database',
    });
  }
  const bash = (await findProgram('bash', '/bin:/usr/bin')) ?? (await findProgram('bash', context.processEnvironment['PATH'] ?? ''));
  if (bash === undefined && commands.length > 0) {
    return cannot('environment/no-bash', 'no `bash` for the prepare commands', { help: 'install bash' });
  }
  const values = new Map(config.provides.filter((value) => value.kind === 'constant').map((value) => [value.name, value.text]));
  const preparation: PreparationRecord[] = [];
  for (const { command, index } of commands) {
    const ended = await runCommand(bash ?? '', command, config, context, values);
    if (ended.value === undefined) return { value: undefined, diagnostics: ended.diagnostics };
    preparation.push({ command: command.run, ...ended.value });
    for (const wanted of config.provides) {
      if (wanted.kind !== 'prepare-line' || wanted.prepare !== index) continue;
      const taken = readProvided(wanted, firstLine(command.run), ended.value.stdout);
      if (taken.value === undefined) return { value: undefined, diagnostics: taken.diagnostics };
      values.set(wanted.name, taken.value);
    }
  }
  // A value of a command that this plan leaves out is not provided: the plan finds its own.
  const provided = config.provides.flatMap((wanted) => {
    const text = values.get(wanted.name);
    return text === undefined ? [] : [{ name: wanted.name, text, ...(wanted.type === undefined ? {} : { type: wanted.type }) }];
  });
  return { value: { preparation, provided }, diagnostics: [] };
}

/** Does this command prepare this plan? */
export function isFor(command: PrepareCommand, { plan, inputs }: Pick<PrepareContext, 'plan' | 'inputs'>): boolean {
  return (command.plans?.includes(plan) ?? true) && (inputs === undefined || (command.forInputs?.some((name) => inputs.includes(name)) ?? true));
}

async function runCommand(
  bash: string,
  command: PrepareCommand,
  config: EnvironmentConfig,
  context: PrepareContext,
  values: ReadonlyMap<string, string>,
): Promise<Checked<Omit<PreparationRecord, 'command'>>> {
  const shown = firstLine(command.run);
  const folder = resolve(config.workspace, command.workingDirectory);
  if (
    !(await stat(folder).then(
      (status) => status.isDirectory(),
      () => false,
    ))
  ) {
    return cannot('environment/prepare-failed', `the prepare command \`${shown}\` has no working directory \`${command.workingDirectory}\``, {
      help: 'correct `workingDirectory`; it starts at the workspace',
    });
  }
  context.progress?.(`preparing: ${shown}`);
  const end = await runTethered(bash, ['--noprofile', '--norc', '-p', '-eo', 'pipefail', '-c', command.run], {
    workingDirectory: folder,
    environment: environmentOf(command, config, context, values),
    timeoutMs: command.timeoutMs,
    ...(context.signal === undefined ? {} : { signal: context.signal }),
  });
  if (end.exitCode !== 0 || end.timedOut) return failed(shown, command, end, context.database);
  return { value: { exitCode: 0, durationMs: Math.round(end.durationMs), stdoutSha256: end.stdoutSha256, stdout: end.stdout }, diagnostics: [] };
}

function environmentOf(
  command: PrepareCommand,
  config: EnvironmentConfig,
  context: PrepareContext,
  values: ReadonlyMap<string, string>,
): Record<string, string> {
  const inherited = [...inheritedNames, ...config.inherit].flatMap((name) => {
    const value = context.processEnvironment[name];
    return value === undefined || shellNames.test(name) ? [] : [[name, value]];
  });
  const folders = [...config.path, ...(context.processEnvironment['PATH'] ?? '/usr/local/bin:/usr/bin:/bin').split(delimiter).filter(isAbsolute)];
  return {
    ...Object.fromEntries(inherited),
    PATH: folders.join(delimiter),
    ...Object.fromEntries([...values].map(([name, value]) => [`PP_${name}`, value])),
    ...command.environment,
    ...(context.database === undefined ? {} : { DATABASE_URL: renderDatabaseUrl(context.database) }),
  };
}

function failed(shown: string, command: PrepareCommand, end: CommandEnd, database: DatabaseAddress | undefined): Checked<never> {
  const how = end.timedOut ? `did not end within ${command.timeoutMs} ms` : (end.problem ?? `ended with exit code ${end.exitCode}`);
  const redacted = redactFor(database)(end.tail);
  // Where a long output was cut, half a secret may stand.
  const lines = lastLines(Buffer.byteLength(end.tail) < fullTail ? redacted : redacted.slice(cutAway));
  return cannot('environment/prepare-failed', `the prepare command \`${shown}\` ${how}`, {
    notes: lines.length > 0 ? lines : ['it printed nothing'],
    help: 'correct `prepare` in the configuration, or what the command needs; nothing of the plan was executed',
  });
}

/** A value that names a command which does not exist. */
function misplacedProvides(config: EnvironmentConfig): readonly Diagnostic[] {
  return config.provides.flatMap((wanted) =>
    wanted.kind === 'prepare-line' && config.prepare[wanted.prepare] === undefined
      ? cannot(
          'environment/provides-pattern',
          `\`${wanted.name}\` is taken from \`prepare.${wanted.prepare}\`, and there are ${config.prepare.length} prepare commands`,
          {
            help: 'commands count from `prepare.0`',
          },
        ).diagnostics
      : [],
  );
}

function firstLine(text: string): string {
  const [line = '', ...rest] = text.trim().split('\n');
  return rest.length > 0 ? `${line} …` : line;
}
