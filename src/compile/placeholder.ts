/**
 * Holes in text and what stands in their place when it runs. A value never becomes text of a program: in a shell block the
 * word refers to an environment variable, in SQL to a parameter.
 */
import type { Splice } from '../model/step.ts';
import { quoteContextAt, wordAt, type ShellScript } from '../policy/shell-syntax.ts';

/** A `<name>` in a text. `name` is folded to an identifier (`<Cluster Name>` → `cluster_name`). */
export interface Hole {
  readonly name: string;
  readonly written: string;
  readonly offset: number;
  readonly length: number;
}

/** What is wrong with a hole where it stands. */
export interface HoleProblem {
  readonly hole: Hole;
  readonly kind: 'unquoted' | 'nothing-expands';
}

const holePattern = /<([A-Za-z_](?:[\w. /-]*[\w])?)>/g;

/** All `<name>` of a text, in order. Whether one is a hole where it stands is the caller's to decide. */
export function holesIn(text: string): readonly Hole[] {
  return [...text.matchAll(holePattern)].map((match) => ({
    name: holeName(match[1] ?? ''),
    written: match[0],
    offset: match.index,
    length: match[0].length,
  }));
}

export function holeName(written: string): string {
  return written
    .trim()
    .replace(/[^A-Za-z0-9_]+/g, '_')
    .replace(/^(\d)/, '_$1')
    .toLowerCase();
}

/** The environment variable that carries a hole's value into a shell step. */
export function carrierOf(name: string, format: Splice['format']): string {
  return format === 'plain' ? `PP_${name}` : `PP_${name}_${format}`;
}

/**
 * The splices of a shell text. `known` says whether something may supply a name: only then is a `<x>` in a quoted here-document
 * a hole (a problem, as nothing expands there) rather than text of that program.
 */
export function shellSplices(
  script: ShellScript,
  known: (name: string) => boolean,
): { readonly splices: readonly Splice[]; readonly problems: readonly HoleProblem[] } {
  const splices: Splice[] = [];
  const problems: HoleProblem[] = [];
  for (const hole of holesIn(script.text)) {
    const context = quoteContextAt(script, hole.offset);
    if (context === 'comment') continue;
    const enclosed = /^(['"])/.exec(script.text.charAt(hole.offset - 1))?.[1];
    // `'<run_id>'` in the text of another program is a hole; a bare `<b>` may be its own syntax.
    const meant = known(hole.name) || (enclosed !== undefined && script.text.charAt(hole.offset + hole.length) === enclosed && /_/.test(hole.name));
    if (context === 'heredoc-quoted' || context === 'ansi-c') {
      if (meant) problems.push({ hole, kind: 'nothing-expands' });
      continue;
    }
    if (context === 'unquoted') {
      if (known(hole.name) || script.errors.length > 0) problems.push({ hole, kind: 'unquoted' });
      continue;
    }
    if (context === 'heredoc-expanding' && !meant) continue;
    const word = wordAt(script, hole.offset);
    // Where the shell expands it, the value would become text of the program that reads it.
    if (context === 'heredoc-expanding' ? feedsProgram(script, hole.offset) : word !== undefined && isProgramText(script, word.start)) {
      problems.push({ hole, kind: 'nothing-expands' });
      continue;
    }
    const format = formatOf(word?.text ?? '');
    const carrier = carrierOf(hole.name, format);
    // The word `'<x>'` becomes `"$PP_x"`: the quotes go with the hole where they hold nothing else.
    const alone = context === 'single' && script.text.charAt(hole.offset - 1) === "'" && script.text.charAt(hole.offset + hole.length) === "'";
    if (alone) splices.push({ name: hole.name, offset: hole.offset - 1, length: hole.length + 2, replacement: `"$${carrier}"`, format, carrier });
    else if (context === 'single') splices.push({ name: hole.name, offset: hole.offset, length: hole.length, replacement: `'"$${carrier}"'`, format, carrier });
    else splices.push({ name: hole.name, offset: hole.offset, length: hole.length, replacement: `\${${carrier}}`, format, carrier });
  }
  return { splices, problems };
}

/** The splices of an SQL text: each hole, with the quotes around it, becomes a parameter; a name used twice is one parameter. */
export function sqlSplices(text: string): {
  readonly splices: readonly Splice[];
  readonly parameters: readonly string[];
  readonly problems: readonly HoleProblem[];
} {
  const parameters: string[] = [];
  const problems: HoleProblem[] = [];
  const splices: Splice[] = [];
  for (const hole of holesIn(text)) {
    if (inSqlComment(text, hole.offset)) continue;
    const quoted = text.charAt(hole.offset - 1) === "'" && text.charAt(hole.offset + hole.length) === "'";
    if (!quoted && inSqlText(text, hole.offset)) {
      problems.push({ hole, kind: 'nothing-expands' });
      continue;
    }
    // Outside quotes `a<b and c>d` are two comparisons.
    if (!quoted && (/\s/.test(hole.written) || /[\w)\]]/.test(text.charAt(hole.offset - 1)))) continue;
    if (!parameters.includes(hole.name)) parameters.push(hole.name);
    const number = parameters.indexOf(hole.name) + 1;
    const start = quoted ? hole.offset - 1 : hole.offset;
    const typed = text.slice(0, start).match(/\b(interval|timestamptz|timestamp|date|time|uuid|jsonb?)\s+$/i);
    const from = typed ? start - typed[0].length : start;
    splices.push({
      name: hole.name,
      offset: from,
      length: (quoted ? hole.offset + hole.length + 1 : hole.offset + hole.length) - from,
      replacement: typed ? `$${number}::${(typed[1] ?? '').toLowerCase()}` : `$${number}`,
      format: 'plain',
      carrier: `$${number}`,
    });
  }
  return { splices, parameters, problems };
}

/** The text as it is executed. */
export function applySplices(text: string, splices: readonly Splice[]): string {
  let result = '';
  let at = 0;
  for (const splice of splices) {
    result += text.slice(at, splice.offset) + splice.replacement;
    at = splice.offset + splice.length;
  }
  return result + text.slice(at);
}

/** Programs whose `-c`, `-e` or standard input is a program. */
const interpreter = /^(?:ba|z|da|k)?sh$|^python[\d.]*$|^node$|^perl$|^ruby$|^psql$|^mysql$|^sqlite3$|^mongosh?$|^cqlsh$|^ssh$/;

/** Is the word at this offset the program text of `sh -c`, `python -c`, `psql -c`, `eval` and their like? */
function isProgramText(script: ShellScript, start: number): boolean {
  for (const command of script.commands) {
    const index = command.words.findIndex((word) => word.start === start);
    if (index < 1) continue;
    const names = command.words.slice(0, index).map((word) => word.value?.split('/').at(-1) ?? '');
    if (names[0] === 'eval') return true;
    if (!names.some((name) => interpreter.test(name))) return false;
    const own = command.words[index];
    return (
      /^(?:-\w*[ce]|--command|--eval|--execute)$/.test(command.words[index - 1]?.value ?? '') ||
      /^--(?:command|eval|execute)=/.test(own === undefined ? '' : script.text.slice(own.start, own.end))
    );
  }
  return false;
}

/** Does the here-document that holds this offset go to a program that executes it? */
function feedsProgram(script: ShellScript, offset: number): boolean {
  return script.commands.some(
    (command) =>
      command.heredocs.some((heredoc) => offset >= heredoc.bodyStart && offset < heredoc.bodyEnd) &&
      command.words.some((word) => interpreter.test(word.value?.split('/').at(-1) ?? '')),
  );
}

/** Shapes of a value that is still to be written, where no `<name>` stands for it; each would reach the program as it is. */
const blanks =
  /\{\{\s*[A-Za-z_][\w-]*\s*\}\}|\bYOUR[_-][A-Z][A-Z0-9_-]*\b|\b(?:CHANGE_?ME|REPLACE_?ME|FIX_?ME)\b|\bx{4,}\b|\bX{4,}\b|(?<=[\s/='"])\[[A-Z][A-Z0-9_]{2,}\](?=[\s/'"]|$)/g;

export function blanksIn(text: string): readonly { readonly written: string; readonly offset: number }[] {
  return [...text.matchAll(blanks)]
    .filter((match) => !/mktemp|\/tmp\/\S*$/.test(text.slice(text.lastIndexOf('\n', match.index) + 1, match.index)))
    .map((match) => ({ written: match[0], offset: match.index }));
}

function formatOf(word: string): Splice['format'] {
  const text = word.replace(/^['"]/, '').trimStart();
  if (/^[{[]/.test(text) && /["{[]/.test(text)) return 'json';
  return /^\w+:\/\/[^<]/.test(text) ? 'url' : 'plain';
}

function inSqlComment(text: string, offset: number): boolean {
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
  if (/--/.test(line.replace(/'[^']*'/g, ''))) return true;
  const before = text.slice(0, offset);
  return before.lastIndexOf('/*') > before.lastIndexOf('*/');
}

/** Inside `'…'`: a parameter there would be a dollar sign and a number, not a value. */
function inSqlText(text: string, offset: number): boolean {
  const before = text.slice(0, offset).replace(/--[^\n]*/g, '');
  return (before.match(/'/g) ?? []).length % 2 === 1;
}
