/**
 * JSON in the one form of RFC 8785: sorted keys, no white space, the shortest numbers. Our own function and a strict one:
 * what JSON cannot carry is refused, where `JSON.stringify` and the usual libraries drop or bend it without a word.
 */

import { hash } from 'node:crypto';

/** Deeper values are refused, on both sides: a reader must not be brought down by its input. */
export const deepestNesting = 256;

/**
 * The RFC 8785 text of a value. Throws a TypeError that names the place for what JSON cannot carry: undefined, functions,
 * symbols, bigints, NaN, infinities, half surrogate pairs, holes in arrays, cycles, and every object that is not plain (Map, Date, …).
 */
export function renderCanonicalJson(value: unknown): string {
  return render(value, '$', 0);
}

/** SHA-256 of a value's RFC 8785 text, in lower hex: the same for all who say the same. */
export function digestCanonicalJson(value: unknown): string {
  return hash('sha256', renderCanonicalJson(value));
}

function render(value: unknown, place: string, depth: number): string {
  if (depth > deepestNesting) throw new TypeError(`${place} is nested more than ${deepestNesting} deep`);
  switch (typeof value) {
    case 'string':
      return renderString(value, place);
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`${place} is ${value}, which JSON cannot carry`);
      // RFC 8785, 3.2.2.3: ECMAScript's own shortest form; minus zero is 0.
      return String(value);
    case 'boolean':
      return String(value);
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? renderArray(value, place, depth) : renderObject(value, place, depth);
    default:
      throw new TypeError(`${place} is ${typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`}, which JSON cannot carry`);
  }
}

function renderString(text: string, place: string): string {
  // ECMAScript's escapes are the RFC's (3.2.2.2): \b \t \n \f \r \" \\, lower case \u00xx for other controls; but also half surrogate pairs.
  const json = JSON.stringify(text);
  if (json.includes('\\ud') && /\p{Surrogate}/u.test(text)) throw new TypeError(`${place} holds half a surrogate pair, which UTF-8 cannot carry`);
  return json;
}

function renderArray(values: readonly unknown[], place: string, depth: number): string {
  if (Object.keys(values).length !== values.length) throw new TypeError(`${place} is an array with holes or with names`);
  return `[${values.map((value, index) => render(value, `${place}[${index}]`, depth + 1)).join(',')}]`;
}

function renderObject(value: object, place: string, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw new TypeError(`${place} is not a plain object`);
  if (Object.getOwnPropertySymbols(value).length > 0) throw new TypeError(`${place} has a symbol for a key`);
  // The default order of `sort` is by UTF-16 units, which is the RFC's (3.2.3).
  const members = Object.keys(value)
    .sort()
    .map((key) => `${renderString(key, place)}:${render((value as Record<string, unknown>)[key], `${place}.${key}`, depth + 1)}`);
  return `{${members.join(',')}}`;
}

/** A text that is not RFC 8785 JSON: where its first bad character is, and whether it is JSON at all. */
export interface CanonicalProblem {
  readonly kind: 'not-json' | 'not-canonical';
  /** In UTF-16 units of the text. */
  readonly offset: number;
}

/** Reads a text that must be exactly the RFC 8785 form of what it says. Doubled keys, white space and `1.0` are problems. */
export function parseCanonicalJson(text: string): { readonly value: unknown } | { readonly problem: CanonicalProblem } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: { kind: 'not-json', offset: firstSyntaxError(text) } };
  }
  if (isCanonical(value, text)) return { value };
  let canonical: string;
  try {
    canonical = renderCanonicalJson(value);
  } catch {
    return { problem: { kind: 'not-canonical', offset: 0 } };
  }
  if (canonical === text) return { value };
  // Code points, not units: half of a pair is no place in a file.
  const [found, wanted] = [text[Symbol.iterator](), canonical[Symbol.iterator]()];
  for (let offset = 0; ; ) {
    const character = found.next();
    if (character.done === true || character.value !== wanted.next().value) return { problem: { kind: 'not-canonical', offset } };
    offset += character.value.length;
  }
}

/**
 * The short way for what is canonical, which nearly every line is: ECMAScript's own text of a value differs from the RFC's in the order of keys,
 * in half surrogate pairs (escaped) and in how deep it goes. What is in doubt here is rendered and compared.
 */
function isCanonical(value: unknown, text: string): boolean {
  return !text.includes('\\ud') && isSorted(value, 0) && JSON.stringify(value) === text;
}

/** Are all keys in the RFC's order? Those of a parsed text stand as in the text, but for whole numbers, which come first. */
function isSorted(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (depth >= deepestNesting) return false;
  if (Array.isArray(value)) return value.every((item) => isSorted(item, depth + 1));
  let before: string | undefined;
  for (const [key, item] of Object.entries(value)) {
    if ((before !== undefined && key <= before) || !isSorted(item, depth + 1)) return false;
    before = key;
  }
  return true;
}

/** JSON's tokens (RFC 8259) at `lastIndex`. */
const whitespace = /[\t\n\r ]*/y;
const escape = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const scalar = /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;

/**
 * The offset of the first character that cannot stand there (of a misspelt `true`: its first). Only called for a text that JSON.parse has refused (its own
 * message names no place for short texts). Walks tokens with a list of open brackets instead of recursion.
 */
function firstSyntaxError(text: string): number {
  let offset = 0;
  const take = (token: RegExp): boolean => {
    token.lastIndex = offset;
    const found = token.exec(text);
    offset += found?.[0].length ?? 0;
    return found !== null;
  };
  const takeCharacter = (character: string): boolean => {
    take(whitespace);
    const found = text[offset] === character;
    if (found) offset += 1;
    return found;
  };
  const takeString = (): boolean => {
    take(whitespace);
    if (text[offset] !== '"') return false;
    offset += 1;
    // A loop and not one expression: a string of many megabytes would exhaust an expression's stack.
    for (let character = text[offset]; character !== undefined && character >= ' '; character = text[offset]) {
      if (character !== '\\') offset += 1;
      else if (!take(escape)) return false;
      if (character === '"') return true;
    }
    return false;
  };
  const open: string[] = [];
  for (;;) {
    // A value, or the end of an empty list; `{` and `[` open another round.
    if (takeCharacter('{')) {
      open.push('}');
      if (!takeCharacter('}')) {
        if (!takeString() || !takeCharacter(':')) return offset;
        continue;
      }
      open.pop();
    } else if (takeCharacter('[')) {
      open.push(']');
      if (!takeCharacter(']')) continue;
      open.pop();
    } else if (text[offset] === '"') {
      if (!takeString()) return offset;
    } else if (!take(scalar)) return offset;
    // What follows a value: the ends of open lists, then a comma, or the end of the text.
    for (let closing = open.at(-1); closing !== undefined && takeCharacter(closing); closing = open.at(-1)) open.pop();
    const innermost = open.at(-1);
    if (innermost === undefined || !takeCharacter(',')) {
      take(whitespace);
      return offset;
    }
    if (innermost === '}' && (!takeString() || !takeCharacter(':'))) return offset;
  }
}
