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
  const unread =
    name === 'set' || name === 'shopt'
      ? words
          .slice(0, words.includes('--') ? words.indexOf('--') : undefined)
          .some((word, index) => /^-[a-z]*n[a-z]*$/.test(word ?? '') || (word === 'noexec' && words[index - 1]?.endsWith('o') === true))
      : false;
  if (unread) return `\`${command.words.map(({ text }) => text).join(' ')}\`, after which nothing is carried out`;
  if (name === 'set') {
    const off = words
      .slice(1)
      .some((word, index) => /^\+[a-z]*e/.test(word ?? '') || (word === '+o' && ['errexit', 'pipefail'].includes(words[index + 2] ?? '')));
    return off ? `\`${command.words.map(({ text }) => text).join(' ')}\`` : undefined;
  }
  if (name === 'shopt' && words.includes('-u') && words.includes('-o') && (words.includes('errexit') || words.includes('pipefail')))
    return `\`${command.words.map(({ text }) => text).join(' ')}\``;
  if (
    name === 'exit' &&
    words.length === 1 &&
    command.within === 'top' &&
    command.after === undefined &&
    script.commands.some(({ start }) => start > command.end)
  )
    return '`exit`, after which nothing more of the block is carried out';
  if (name === 'hash' && words.includes('-p')) return '`hash -p`, which puts another program in the place of a command';
  if (name === 'alias' && command.words.length > 1) return '`alias`, which puts something else in the place of a command';
  // What follows a program that the shell became is never carried out.
  if (command.words[0]?.value === 'exec' && name !== undefined && command.within === 'top' && script.commands.some(({ start }) => start > command.end))
    return '`exec`, after which nothing more of the block is carried out';
  if (command.after === undefined && isUnfinishedList(script, command)) return '`&&`, whose failure does not stop the script before its end';
  if (name === 'trap' && /\bexit 0\b|^(?:true|:)$/.test(words[1] ?? '') && /^(?:EXIT|ERR|0)$/.test(words.at(-1) ?? ''))
    return '`trap`, which answers for the command that failed';
  if (declarations.has(name ?? '') && holdsSubstitution(script, command)) return `\`${name}\`, whose exit code stands for that of the command inside`;
  if (command.background && command.within !== 'top' && command.within !== 'pipeline') return 'a command in the background, whose exit code nobody asks for';
  return undefined;
}

/**
 * POSIX, "set -e": only the last command of an and-list ends the script, so that a failure before it goes on with what stands
 * after the list. A test that guards a command (`[ -e x ] && rm x`) is meant so.
 */
function isUnfinishedList(script: ShellScript, command: ShellCommand): boolean {
  const statement = script.statements.find(({ kind, start, end }) => kind === 'list' && start <= command.start && command.end <= end);
  if (statement === undefined || statement === script.statements.at(-1) || command.within !== 'top') return false;
  const members = script.commands.filter(({ start, end, within }) => within === 'top' && start >= statement.start && end <= statement.end);
  const tests = new Set(['[', '[[', 'test', 'grep', 'command', 'which', 'type']);
  return members[0] === command && members.slice(1).every(({ after }) => after === '&&') && !tests.has(command.words[0]?.value ?? '');
}

function holdsSubstitution(script: ShellScript, command: ShellCommand): boolean {
  return script.commands.some((other) => other.within === 'substitution' && other.start > command.start && other.end <= command.end);
}
