/** What a block may print whatever became of the commands in it. */
import { lostFailures } from './failure-path.ts';
import type { ShellScript } from './shell-script.ts';
import { printedBy } from './shell-source.ts';

export interface PrintedText {
  /** With stand-ins for what is only known when it runs. */
  readonly text: string;
  /** What loses the failure. */
  readonly what: string;
}

/**
 * Texts of a block's own that may be printed whether or not the commands before them failed (`./check || true; echo VERIFIED`), so
 * that nothing is shown by their being there: of `echo`, `printf` and `cat`, and the words of what may fail, which its error repeats.
 */
export function printedAnyway(script: ShellScript): readonly PrintedText[] {
  const goesOn = script.commands.some(({ words: [name, ...rest] }) => name?.value === 'set' && rest.some(({ value }) => /^\+(?:[a-z]*e|o$)/.test(value ?? '')));
  const lost = lostFailures(script, !goesOn);
  const repeated = lost.map(({ command: { start, end }, what }) => ({ text: script.text.slice(start, end), what }));
  const printed = script.commands.flatMap((command) => {
    const before = lost.filter(({ start }) => start < command.start).at(-1);
    if (before === undefined || command.after === '&&') return [];
    const answers = before.what.startsWith('`||') && command.end <= before.end;
    if (!answers && command.within !== 'top' && command.within !== 'pipeline') return [];
    return printedBy(script, command).map(({ text }) => ({ text, what: before.what }));
  });
  return [...printed, ...repeated.filter(({ text }) => !/^(?:if|echo|printf)\b/.test(text))];
}
