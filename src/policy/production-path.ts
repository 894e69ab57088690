/** The production path has to be one simple command: no other program may hide in the block that may write the protected tables. */
import { carriedCommands, programOf } from './shell-program.ts';
import type { ShellScript, ShellStatement } from './shell-script.ts';
import { nestedShellOf } from './shell-source.ts';

const kinds: Readonly<Record<Exclude<ShellStatement['kind'], 'command'>, string>> = {
  negation: 'its exit code is negated',
  list: 'it is a list of commands',
  pipeline: 'it is a pipeline',
  subshell: 'it is a subshell',
  function: 'it defines a function',
  compound: 'it is a compound command',
};

/** Why the text is no single simple command; undefined when it is one. Files and here-documents are no other programs. */
export function productionPathProblem(script: ShellScript): string | undefined {
  if (script.errors.length > 0) return 'it cannot be read';
  const [statement, ...others] = script.statements;
  if (!statement) return 'it holds no command';
  if (others.length > 0) return `it holds ${script.statements.length} commands`;
  if (statement.kind !== 'command') return kinds[statement.kind];
  if (statement.background) return 'it runs in the background';
  const [command, inner] = script.commands;
  if (inner) return `it holds another command (\`${inner.words.map(({ text }) => text).join(' ')}\`)`;
  const program = command && programOf(command);
  if (!program) return 'it starts no program';
  if (program.name === undefined) return 'its program is only known when it runs';
  if (carriedCommands(command, program).length > 0) return 'it starts another program';
  if (nestedShellOf(script, command, program).length > 0) return 'it starts a shell with a text of its own';
  return undefined;
}
