/** Places of a shell text that hide an exit code, so that a failure would look like success. Warnings, not refusals: the author may mean them. */
import { lostFailures } from './failure-path.ts';
import { programOf } from './shell-program.ts';
import type { ShellCommand, ShellScript } from './shell-script.ts';

export interface ConcealedFailure {
  readonly offset: number;
  readonly length: number;
  /** What hides it, in the text's own words. */
  readonly what: string;
}

/** In order of text. Judged as it runs under `-eo pipefail`. */
export function concealedFailures(script: ShellScript): readonly ConcealedFailure[] {
  const lost = lostFailures(script).map(({ start, end, what }) => ({ offset: start, length: end - start, what }));
  const said = script.commands.flatMap((command) => {
    const what = concealedBy(script, command);
    const within = lost.some(({ offset, length }) => offset <= command.start && command.end <= offset + length);
    return what === undefined || within ? [] : [{ offset: command.start, length: command.end - command.start, what }];
  });
  const found = new Map([...said, ...lost].map((each) => [`${each.offset} ${each.length}`, each]));
  return [...found.values()].sort((a, b) => a.offset - b.offset || b.length - a.length);
}

function concealedBy(script: ShellScript, command: ShellCommand): string | undefined {
  const name = programOf(command)?.name;
  const words = command.words.map(({ value }) => value);
  const ends = command.within !== 'function' && command.within !== 'substitution';
  if (name === 'exit' && words[1] === '0' && ends) return '`exit 0`';
  if (name === 'exit' && /^\$\(/.test(command.words[1]?.text ?? '') && ends) return `\`exit ${command.words[1]?.text}\``;
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
  if (name === 'trap' && /^(?:EXIT|ERR|0)$/.test(words.at(-1) ?? '') && answersForOthers(script, command))
    return '`trap`, which answers for the command that failed';
  return undefined;
}

/** A trap that ends the shell with another exit code than it was called with. */
function answersForOthers(script: ShellScript, { words: [, text] }: ShellCommand): boolean {
  if (text === undefined) return false;
  const said = text.value ?? text.sketch;
  if (/\bexit\s+0\b|^(?:true|:)$/.test(said)) return true;
  // A function that it calls: its commands stand in the text.
  const called = said.split(/[\s;&|]+/);
  const bodies = Array.from(script.text.matchAll(/(?:^|[\s;])(?:function\s+)?([\w-]+)\s*\(\)\s*\{/g), ({ 1: name = '', index }) => ({ name, index }));
  return bodies.some(
    ({ name, index }) =>
      called.includes(name) &&
      script.commands.some(
        ({ within, start, words }) => within === 'function' && start > index && words[0]?.value === 'exit' && /^(?:0+|\$\()/.test(words[1]?.text ?? ''),
      ),
  );
}
