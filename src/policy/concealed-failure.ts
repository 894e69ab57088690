/** Places of a shell text that hide an exit code, so that a failure would look like success. Warnings, not refusals: the author may mean them. */
import { programOf } from './shell-program.ts';
import type { ShellCommand, ShellScript } from './shell-script.ts';

export interface ConcealedFailure {
  readonly offset: number;
  readonly length: number;
  /** What hides it, in the text's own words. */
  readonly what: string;
}

const alwaysSucceed = new Set([':', 'true', 'echo', 'printf']);
const declarations = new Set(['export', 'declare', 'typeset', 'local', 'readonly']);

/** In order of text. Judged as it runs under `-eo pipefail`. */
export function concealedFailures(script: ShellScript): readonly ConcealedFailure[] {
  const found: ConcealedFailure[] = [];
  for (const command of script.commands) {
    const { start, end } = command;
    const what = concealedBy(script, command);
    if (what === undefined) continue;
    const from = command.after === '||' ? Math.max(0, script.text.lastIndexOf('||', start)) : start;
    found.push({ offset: from, length: end - from, what });
  }
  const last = script.statements.at(-1);
  for (const statement of script.statements) {
    const at = { offset: statement.start, length: statement.end - statement.start };
    if (statement.background) found.push({ ...at, what: 'a command in the background, whose exit code nobody asks for' });
    // POSIX, "set -e": a pipeline that begins with `!` never ends the script.
    if (statement.kind === 'negation' && statement !== last) found.push({ ...at, what: '`!`, whose failure does not stop the script' });
  }
  return found.sort((a, b) => a.offset - b.offset);
}

function concealedBy(script: ShellScript, command: ShellCommand): string | undefined {
  const name = programOf(command)?.name;
  const words = command.words.map(({ value }) => value);
  const succeeds = alwaysSucceed.has(name ?? '') || (name === 'exit' && words[1] === '0');
  if (command.after === '||' && succeeds) return `\`|| ${command.words.map(({ text }) => text).join(' ')}\``;
  if (name === 'exit' && words[1] === '0' && command.within !== 'function' && command.within !== 'substitution') return '`exit 0`';
  if (name === 'set') {
    const off = words
      .slice(1)
      .some((word, index) => /^\+[a-z]*e/.test(word ?? '') || (word === '+o' && ['errexit', 'pipefail'].includes(words[index + 2] ?? '')));
    return off ? `\`${command.words.map(({ text }) => text).join(' ')}\`` : undefined;
  }
  if (name === 'trap' && /\bexit 0\b|^(?:true|:)$/.test(words[1] ?? '') && /^(?:EXIT|ERR|0)$/.test(words.at(-1) ?? ''))
    return '`trap`, which answers for the command that failed';
  if (declarations.has(name ?? '') && holdsSubstitution(script, command)) return `\`${name}\`, whose exit code stands for that of the command inside`;
  if (command.background && command.within !== 'top' && command.within !== 'pipeline') return 'a command in the background, whose exit code nobody asks for';
  return undefined;
}

function holdsSubstitution(script: ShellScript, command: ShellCommand): boolean {
  return script.commands.some((other) => other.within === 'substitution' && other.start > command.start && other.end <= command.end);
}
