/** Reads the command line and runs one command. The exit code of anything unforeseen is 5, never one that stands for a verdict. */
import { CommanderError } from '@commander-js/extra-typings';
import { messageOf } from '../model/diagnostic.ts';
import { renderShellWord } from '../model/shell-word.ts';
import { exitCodes, usageExitCode } from '../model/verdict.ts';
import { say, type CommandContext } from './command-context.ts';
import { maskMessages, tellsSecrets } from './command-secret.ts';
import { createProgram } from './create-program.ts';
import { refuseDebugger } from './interruption.ts';
import type { Program } from './program.ts';
import { createTerminal } from './terminal.ts';
import { usageDiagnostic } from './usage.ts';

/** Runs and ends the process: whatever a command has left open does not keep it. */
export async function main(process: NodeJS.Process, version: string): Promise<void> {
  refuseDebugger(process);
  const terminal = createTerminal(process, version);
  const context = maskMessages(terminal.context);
  // A secret on the command line would stand in every list of processes for as long as the command runs.
  if (tellsSecrets(context.argv)) process.title = 'proofplan';
  const crash = (error: unknown): void => {
    void sayInternal(context, error).finally(() => process.exit(exitCodes.error));
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
  const exitCode = await runCommand(context);
  await terminal.flush();
  process.exit(exitCode);
}

/** Runs the command that the context's arguments name, and answers with its exit code. */
export async function runCommand(given: CommandContext): Promise<number> {
  const context = given.redact === undefined ? maskMessages(given) : given;
  let exitCode = 0;
  let complaint = '';
  const program = createProgram(
    context,
    (code) => {
      exitCode = code;
    },
    (text) => {
      // Before its quotes are made ours.
      complaint += context.redact?.(text) ?? text;
    },
  );
  try {
    await program.parseAsync(context.argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) {
      await sayInternal(context, error);
      return exitCodes.error;
    }
    if (error.exitCode === 0) return 0;
    if (complaint !== '') {
      const found = usageDiagnostic(complaint, commandPath(program, context));
      const help = displaced(complaint, program, context);
      await say(context, [help === undefined ? found : { ...found, help }]);
    }
    return usageExitCode;
  }
}

/** The command that the arguments name, as far as it was understood: `proofplan audit verify`. */
function commandPath(program: Program, context: CommandContext): string {
  let path = context.command;
  let commands: readonly { readonly name: () => string; readonly commands: readonly unknown[] }[] = program.commands;
  for (const word of context.argv) {
    const next = commands.find((command) => command.name() === word);
    if (next === undefined) break;
    path += ` ${word}`;
    commands = next.commands as typeof commands;
  }
  return path;
}

/** An option before its command, and a plan without one: what was meant is known. */
function displaced(complaint: string, program: Program, { argv, command }: CommandContext): string | undefined {
  const [, kind, word = ''] = /^error: unknown (option|command) '(.+)'$/m.exec(complaint) ?? [];
  if (kind === 'command' && word === argv[0] && /\.(?:md|markdown|ya?ml)$/.test(word)) return `did you mean \`${command} run ${renderShellWord(word)}\`?`;
  const flag = word.replace(/=.*$/, '');
  const named = program.commands.find((each) => argv.includes(each.name()));
  if (kind !== 'option' || named === undefined || argv.indexOf(named.name()) < argv.findIndex((each) => each.replace(/=.*$/, '') === flag)) return undefined;
  return named.options.some(({ long, short }) => flag === long || flag === short)
    ? `options stand behind their command: \`${command} ${named.name()} ${flag}\` …`
    : undefined;
}

/** What a machine runs out of, by the system's code, and what is to be done about it. */
const shortages: Readonly<Record<string, string>> = {
  EMFILE: 'allow more open files (`ulimit -n`), and try again',
  ENFILE: 'end other programs, or allow the machine more open files, and try again',
  EAGAIN: 'allow more processes (`ulimit -u`), or end some, and try again',
  ENOMEM: 'end other programs, and try again',
  ENOSPC: 'make room on the disk, and try again',
  EDQUOT: 'make room in the quota, and try again',
};

async function sayInternal(context: CommandContext, error: unknown): Promise<void> {
  const shortage = error instanceof Error && 'code' in error ? shortages[String(error.code)] : undefined;
  const stack = shortage === undefined && error instanceof Error && error.stack !== undefined ? [error.stack] : [];
  const message = messageOf(error);
  const help = shortage ?? 'this is a mistake in proofplan: please report it with these lines';
  const code = shortage === undefined ? 'cli/internal' : 'cli/machine-short';
  // Without a descriptor the renderer cannot be loaded either.
  await say(context, [{ severity: 'error', code, message, notes: stack, help }]).catch(() => context.err(`error[${code}]: ${message}\n  = help: ${help}\n`));
}
