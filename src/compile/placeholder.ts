/**
 * Holes in text and what stands in their place when it runs. A value never becomes text of a program: in a shell block the
 * word refers to an environment variable, in SQL to a parameter.
 */
import type { Splice } from '../model/step.ts';

/** A hole of a text. `name` is folded to an identifier (`<Cluster Name>` → `cluster_name`); `written` is the author's text. */
export interface Hole {
  readonly name: string;
  readonly written: string;
  readonly offset: number;
  readonly length: number;
}

/** What is wrong with a hole where it stands. */
export interface HoleProblem {
  readonly hole: Hole;
  readonly kind: /** A quoted here-document, the text of a `-c` program, a part of a longer SQL string. */
    | 'nothing-expands'
    /** It names the program that would be executed. */
    | 'names-program'
    /** It stands in JSON outside a string, where its value could be anything. */
    | 'bare-json'
    /** It stands where SQL wants the name of a table or column. */
    | 'names-relation'
    /** `...` or `$1`: nothing says what it is called. */
    | 'nameless';
}

const holePattern = /<([\p{L}_](?:[\p{L}\p{N}\p{M}_. /-]*[\p{L}\p{N}\p{M}_])?)>/gu;

/** All `<name>` of a text, in order. Whether one is a hole where it stands is the caller's to decide. */
export function holesIn(text: string): readonly Hole[] {
  return [...text.matchAll(holePattern)].map((match) => ({
    name: holeName(match[1] ?? ''),
    written: match[0],
    offset: match.index,
    length: match[0].length,
  }));
}

/** Letters of other alphabets become their code points, so that `<имя>` and `<город>` stay two names. */
export function holeName(written: string): string {
  return written
    .trim()
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/ß/g, 'ss')
    .replace(/[^\p{ASCII}]/gu, (letter) => (/\p{L}/u.test(letter) ? `u${(letter.codePointAt(0) ?? 0).toString(16)}` : '_'))
    .replace(/[^A-Za-z0-9_]+/g, '_')
    .replace(/^(\d)/, '_$1')
    .toLowerCase();
}

/** The environment variable that carries a hole's value into a shell step. */
export function carrierOf(name: string, format: Splice['format']): string {
  return format === 'plain' ? `PP_${name}` : `PP_${name}_${format}`;
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
