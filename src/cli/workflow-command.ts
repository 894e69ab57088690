import type { CommandContext } from './command-context.ts';

/**
 * The one way by which commands for a CI's runner (`::error …::`) leave the program: everything else that is written is kept from
 * looking like one. Beside `--json` they go to standard error, which GitHub's runner reads as well.
 */
export function writeWorkflowCommands(commands: string, context: CommandContext, toErrors = false): void {
  const write = (toErrors ? context.errCommand : context.outCommand) ?? ((line: string) => (toErrors ? context.err : context.out)(`${line}\n`));
  for (const line of commands.split('\n')) if (line !== '') write(line);
}
