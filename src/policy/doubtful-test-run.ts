/**
 * Whether the exit code of a block is that of its test run. What a test runner prints is only text: another program can print
 * the same, so a count of passed tests is evidence only where the exit code stands behind it.
 */
import { concealedFailures } from './concealed-failure.ts';
import { programOf } from './shell-program.ts';
import type { ShellCommand, ShellScript } from './shell-script.ts';

/** Why the exit code says nothing about the tests, in words that stand before "so …"; undefined where nothing speaks against it. */
export function doubtfulTestRun(script: ShellScript): string | undefined {
  const concealed = concealedFailures(script)[0];
  if (concealed) return concealed.what;
  const first = script.commands.find(isTestRun);
  const replaced = script.commands
    .filter((command) => first !== undefined && command.start < first.start)
    .flatMap((command) => replacementBy(script, command) ?? [])[0];
  if (replaced !== undefined) return replaced;
  return script.commands.filter(isTestRun).flatMap((command) => detachment(script, command) ?? [])[0];
}

function isTestRun(command: ShellCommand): boolean {
  const program = programOf(command);
  if (program?.name === undefined) return false;
  const words = program.arguments.map(({ value }) => value);
  return (
    /^(?:pytest|py\.test)$/.test(program.name) ||
    (/^python[\d.]*$/.test(program.name) && words.some((word, index) => word === '-m' && words[index + 1] === 'pytest'))
  );
}

/** What may make the shell carry out something else under the test runner's name. */
function replacementBy(script: ShellScript, command: ShellCommand): string | undefined {
  const [program, ...words] = command.words;
  const shown = `\`${command.words.map(({ text }) => text).join(' ')}\``;
  const replaces = `${shown}, which may put something else in the place of the test runner`;
  switch (program?.value) {
    case 'eval':
    case 'enable':
      return replaces;
    case 'source':
    case '.':
      // What makes a virtual environment and a file of variables known is everywhere.
      return /(?:^|\/)(?:activate|\.env[\w.-]*)$/.test(words[0]?.value ?? '') ? undefined : replaces;
    case 'trap':
      return words.some(({ value }) => value === 'DEBUG') ? `${shown}, which may leave commands out` : undefined;
    default:
      return script.statements.some(({ kind, start, end }) => kind === 'function' && start <= command.start && command.end <= end)
        ? 'a function, which may stand in the place of the test runner'
        : undefined;
  }
}

/** Where the run stands so that its exit code is not the block's. */
function detachment(script: ShellScript, command: ShellCommand): string | undefined {
  const shown = `\`${command.words.map(({ text }) => text).join(' ')}\``;
  if (script.commands.some(({ start, end }) => start < command.start && command.end <= end)) return `${shown} inside a substitution`;
  if (command.background) return `${shown} in the background`;
  if (command.after === '||') return `${shown} after \`||\``;
  const statement = script.statements.find(({ start, end }) => start <= command.start && command.end <= end);
  if (statement?.kind === 'negation') return `\`!\` before ${shown}`;
  const head = statement === undefined ? '' : script.text.slice(statement.start, statement.end);
  if (statement?.kind === 'compound' && /^(?:if|while|until|case)\b/.test(head)) return `${shown} inside \`${head.split(/\s/)[0]}\``;
  if (
    statement?.kind === 'list' &&
    statement !== script.statements.at(-1) &&
    script.commands.some(({ after, start, end }) => after === '&&' && start >= statement.start && end <= statement.end)
  )
    return `${shown} in a list, whose failure does not stop the script`;
  return undefined;
}
