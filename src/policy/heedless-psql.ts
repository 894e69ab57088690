/** psql that carries out a script and goes on after an error: its exit code is 0 whatever failed (its documentation, "ON_ERROR_STOP"). */
import { programOf } from './shell-program.ts';
import type { ShellScript } from './shell-script.ts';
import { inputsOf } from './shell-source.ts';
import { readPsqlInvocation } from './psql-invocation.ts';

/** The command in the text's own words; undefined where none is called so. What a file of statements sets is not known here. */
export function heedlessPsql(script: ShellScript): string | undefined {
  for (const command of script.commands) {
    const program = programOf(command);
    if (program?.name !== 'psql') continue;
    const { commands, files, variables } = readPsqlInvocation(program.arguments);
    // One `-c` fails with its statement; of several the last one answers.
    if (commands.length === 1 && files.length === 0) continue;
    const stops = variables.get('ON_ERROR_STOP') ?? 'off';
    const own = inputsOf(script, command, true).some(({ text }) => /^\s*\\set\s+ON_ERROR_STOP\b(?!\s+(?:off|0|false|no)\b)/im.test(text));
    if (!own && /^(?:off|0|false|no|)$/i.test(stops)) return `\`${script.text.slice(command.start, command.end).split('\n')[0]}\``;
  }
  return undefined;
}
