/**
 * Shell text as data: commands, words, quotes and variables with their offsets, on unbash's syntax tree. Says what stands
 * where; knows no policy, and never rewrites the text. All offsets are UTF-16 units into the text.
 */
import { parse } from 'unbash';
import { collectCommands } from './shell-command.ts';
import { segmentQuotes } from './shell-quote.ts';
import type { QuoteContext, ShellScript, ShellWord } from './shell-script.ts';
import { collectVariables } from './shell-variable.ts';
import { walkShell } from './shell-walk.ts';
import { unsoundOffset } from './text-soundness.ts';

export type {
  QuoteContext,
  ShellAssignment,
  ShellCommand,
  ShellHeredoc,
  ShellRedirect,
  ShellScript,
  ShellStatement,
  ShellUse,
  ShellWord,
} from './shell-script.ts';

/** unbash reads each level of nesting again, so that a megabyte of `$(` would take minutes; plans nest three or four deep. */
const maximumDepth = 100;

/** Reads shell text. Never throws: what cannot be read is an entry of `errors`, and what was understood before it stays. */
export function parseShell(text: string): ShellScript {
  const empty = { text, statements: [], commands: [], assigned: [], used: [], words: [], quotes: [{ start: 0, context: 'unquoted' as const }] };
  const unsound = unsoundOffset(text);
  if (unsound !== undefined) return { ...empty, errors: [{ offset: unsound, message: 'a character that no shell text can hold' }] };
  const tooDeep = offsetOfDepth(text, maximumDepth);
  if (tooDeep !== undefined) return { ...empty, errors: [{ offset: tooDeep, message: 'nested too deeply to be read' }] };
  try {
    const visits = walkShell(parse(text));
    return {
      text,
      ...collectCommands(text, visits),
      ...collectVariables(visits),
      quotes: segmentQuotes(text, visits),
    };
  } catch {
    // unbash is recursive in places: an expression nested by the ten thousand ends in a RangeError.
    return { ...empty, errors: [{ offset: 0, message: 'nested too deeply to be read' }] };
  }
}

/** Where more than so many expansions are open at once, counted without regard to quotes; undefined when nowhere. */
function offsetOfDepth(text: string, depth: number): number | undefined {
  let open = 0;
  for (const { 0: sign, index } of text.matchAll(/[$<>][({]|[)}]/g)) {
    open = Math.max(0, open + (sign.length === 2 ? 1 : -1));
    if (open > depth) return index;
  }
  return undefined;
}

/** How the character at the offset is quoted; quotation marks themselves count as inside. `unquoted` past the end. */
export function quoteContextAt(script: ShellScript, offset: number): QuoteContext {
  if (offset >= script.text.length) return 'unquoted';
  return script.quotes[lastAtOrBefore(script.quotes, offset)]?.context ?? 'unquoted';
}

/** The innermost word (with its start and end) that holds the offset, if any. A here-document's body is no word. */
export function wordAt(script: ShellScript, offset: number): ShellWord | undefined {
  for (let index = lastAtOrBefore(script.words, offset); index >= 0; index -= 1) {
    const word = script.words[index];
    if (word !== undefined && offset < word.end) return word;
  }
  return undefined;
}

/** Index of the last element that starts at or before the offset; -1 when none does. */
function lastAtOrBefore(sorted: readonly { readonly start: number }[], offset: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle]?.start ?? Number.POSITIVE_INFINITY) <= offset) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
