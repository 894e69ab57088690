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
  return written.trim().replace(/[^A-Za-z0-9_]+/g, '_').replace(/^(\d)/, '_$1').toLowerCase();
}

/** The environment variable that carries a hole's value into a shell step. */
export function carrierOf(name: string, format: Splice['format']): string {
  return format === 'plain' ? `PP_${name}` : `PP_${name}_${format}`;
}

/**
 * The splices of a shell text. `known` says whether something may supply a name: only then is a `<x>` in a quoted here-document
 * a hole (a problem, as nothing expands there) rather than text of that program.
 */
export function shellSplices(script: ShellScript, known: (name: string) => boolean): { readonly splices: readonly Splice[]; readonly problems: readonly HoleProblem[] } {
  const splices: Splice[] = [];
  const problems: HoleProblem[] = [];
  for (const hole of holesIn(script.text)) {
    const context = quoteContextAt(script, hole.offset);
    if (context === 'comment') continue;
    if (context === 'heredoc-quoted' || context === 'ansi-c') {
      if (known(hole.name)) problems.push({ hole, kind: 'nothing-expands' });
      continue;
    }
    if (context === 'unquoted') {
      if (known(hole.name) || script.errors.length > 0) problems.push({ hole, kind: 'unquoted' });
      continue;
    }
    if (context === 'heredoc-expanding' && !known(hole.name)) continue;
    const word = wordAt(script, hole.offset);
    if (word && isProgramText(script, word.start) && context === 'single') {
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
export function sqlSplices(text: string): { readonly splices: readonly Splice[]; readonly parameters: readonly string[] } {
  const parameters: string[] = [];
  const splices: Splice[] = [];
  for (const hole of holesIn(text)) {
    if (inSqlComment(text, hole.offset)) continue;
    const quoted = text.charAt(hole.offset - 1) === "'" && text.charAt(hole.offset + hole.length) === "'";
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
  return { splices, parameters };
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

/** Is the word at this offset the program text of `sh -c`, `python -c`, `node -e` and their like? */
function isProgramText(script: ShellScript, start: number): boolean {
  for (const command of script.commands) {
    const index = command.words.findIndex((word) => word.start === start);
    if (index < 1) continue;
    const program = command.words[0]?.value?.split('/').at(-1) ?? '';
    return /^(ba|z|da|k)?sh$|^python[\d.]*$|^node$|^perl$|^ruby$/.test(program) && /^-\w*[ce]$/.test(command.words[index - 1]?.value ?? '');
  }
  return false;
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
